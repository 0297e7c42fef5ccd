"""Losses of counts and of positive amounts: deviances and negative log-likelihoods. Throughout, y = y_true, μ = y_pred.

The deviances add terms of both signs that nearly cancel where μ is near y, so there they are computed from y - μ.
"""

import math
from functools import cache

import numpy as np

from lossctl.kinds import (
    Amount,
    AtLeastOne,
    Booleans,
    Flag,
    Floats,
    NonNegative,
    NonNegativeOrNone,
    OneToTwo,
    PerElement,
    Positive,
    PositiveAmount,
    PositiveRate,
    Rate,
)
from lossctl.losses.declare import NEVER_NEGATIVE, ZERO_AT_TRUTH, loss
from lossctl.losses.stable import counted, difference, excess, log_ratio, shrunk, signed_log_ratio

FAMILY = "counts and amounts"

# Nodes s and weights times 1 - s of the Gauss-Legendre rule with 16 nodes on [0, 1], each rounded from 50 digits.
_QUADRATURE = (
    (0.005299532504175033, 0.013504282035266605),
    (0.02771248846338371, 0.030264161937346566),
    (0.06718439880608412, 0.04438267214191139),
    (0.12229779582249849, 0.05469356138767828),
    (0.19106187779867811, 0.06050694914106577),
    (0.2709916111713863, 0.06165826083200347),
    (0.35919822461037054, 0.058506296276498206),
    (0.4524937450811813, 0.051862697111169274),
    (0.5475062549188188, 0.04286260811636497),
    (0.6408017753896295, 0.032795411245963586),
    (0.7290083888286137, 0.0229199988654978),
    (0.8089381222013219, 0.014291045267222602),
    (0.8777022041775016, 0.007620924240088657),
    (0.9328156011939158, 0.0031965836993350055),
    (0.9722875115366163, 0.0008626000319773807),
    (0.994700467495825, 7.194767061044208e-05),
)


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _poisson_nll_slope(
    y_true: Floats, y_pred: Floats, *, log_input: bool, eps: float, full: bool, stirling: bool, clip: float | None
) -> Floats:
    """0 where clip raises the rate."""
    if log_input:
        return np.exp(y_pred) - y_true
    if clip is not None:
        slope = _poisson_nll_slope(y_true, y_pred, log_input=False, eps=eps, full=full, stirling=stirling, clip=None)
        return np.where(y_pred > clip, slope, 0.0)
    gap, lost = difference(y_pred, y_true)
    return np.where(y_true == 0, 1.0, (gap + (eps + lost)) / (y_pred + eps))


def _poisson_nll_best(
    mean: Floats, *, log_input: bool, eps: float, full: bool, stirling: bool, clip: float | None
) -> Floats | None:
    """Not known of a loss with ln y!, which is not linear in y."""
    del stirling, clip  # a rate raised to clip is the best of those that are left
    if full:
        return None
    return np.log(mean) if log_input else np.maximum(mean - eps, 0.0)


@loss(
    "poisson",
    "poisson_loss",
    "poisson_nll_loss",
    "poisson_nloglik",
    family=FAMILY,
    slope=_poisson_nll_slope,
    constant="mean",
    best=_poisson_nll_best,
)
def poisson_nll(
    y_true: Amount,
    y_pred: Rate,
    *,
    log_input: Flag = False,
    eps: NonNegative = 0.0,
    full: Flag = False,
    stirling: Flag = False,
    clip: NonNegativeOrNone = None,
) -> PerElement:
    """Negative log-likelihood of counts under the Poisson distribution, without what y_pred does not change.

    Formula:
        μ - y ln(μ + ε),   ε = eps;   with log_input, where y_pred is ln μ: exp(y_pred) - y y_pred.
        full adds g,   g = ln Γ(y + 1), which is ln y!; with stirling g is [y > 1] (y ln y - y + ½ ln(2 π y));
        clip raises μ below it to it

    Range:
        y - y ln y to inf; inf where the rate 0 excludes a count. Keras and PyTorch add a small number inside the
        logarithm, and PyTorch takes logarithms of rates unless told otherwise.

    Use:
        For counts and rates; the best constant is the mean. Without ln y! the value may be negative and says
        nothing alone: compare models on the same rows, or take poisson_deviance, which is 0 at the truth.

    References:
        Cameron and Trivedi (1998), Regression Analysis of Count Data.

    Example:
        >>> poisson_nll(np.array([2.0, 0.0]), np.array([1.0, 0.5]))
        array([1. , 0.5])
    """
    rest: Floats | float = _log_factorial(y_true, stirling=stirling) if full else 0.0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if log_input:
            rate = np.exp(y_pred)
            return rate - np.where((y_true == 0) | np.isinf(rate), 0.0, y_true * y_pred) + rest
        y_pred = _raised(y_pred, clip)
        rate, lost = difference(y_pred, np.asarray(-eps, y_pred.dtype))
        logarithm = np.log(rate) + lost / np.where(rate == 0, 1.0, rate)
        return y_pred - np.where(y_true == 0, 0.0, y_true * logarithm) + rest


def _poisson_deviance_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return 2.0 * _surplus(y_true, y_pred)


@loss("mean_poisson_deviance", family=FAMILY, claims=ZERO_AT_TRUTH, slope=_poisson_deviance_slope)
def poisson_deviance(y_true: Amount, y_pred: PositiveAmount) -> PerElement:
    """Twice what the Poisson log-likelihood falls short of its maximum.

    Formula:
        2 (y ln(y / μ) - y + μ);   2 μ where y is 0

    Range:
        0 to inf.

    Use:
        For counts, where an error of 5 matters more at 10 than at 1,000; the best constant is the mean. It
        ranks models as poisson_nll does, and predictions must be above 0.

    References:
        McCullagh and Nelder (1989), Generalized Linear Models.

    Example:
        >>> poisson_deviance(np.array([2.0, 0.0]), np.array([1.0, 0.5])).round(7)
        array([0.7725887, 1.       ])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share, rest = excess((y_pred - y_true) / y_true)
        near = y_true * share * rest
        far = y_true * (signed_log_ratio(y_true, y_pred) - 1.0) + y_pred
        return 2 * np.where(y_true == 0, y_pred, np.where(_near(y_true, y_pred), near, far))


def _gamma_deviance_slope(y_true: Floats, y_pred: Floats, *, eps: float, eps_true: float) -> Floats:
    rise = _shifted_rise(y_true, y_pred, eps, eps_true)
    return -2.0 * (rise / (y_pred + eps) / (y_pred + eps))


@loss("mean_gamma_deviance", family=FAMILY, claims=NEVER_NEGATIVE, slope=_gamma_deviance_slope)
def gamma_deviance(
    y_true: Amount, y_pred: PositiveAmount, *, eps: NonNegative = 0.0, eps_true: NonNegative = 0.0
) -> PerElement:
    """Twice what the gamma log-likelihood falls short of its maximum; it depends on y / μ alone.

    Formula:
        2 (q - ln q - 1),   q = (y + δ) / (μ + ε),   ε = eps,   δ = eps_true

    Range:
        0 to inf; inf where y is 0, which scikit-learn refuses. The Itakura-Saito divergence is half of it.

    Use:
        For positive amounts such as the size of claims, where only the ratio to the prediction matters. One y
        of 0 makes it infinite; tweedie_deviance with a power between 1 and 2 takes zeros.

    References:
        McCullagh and Nelder (1989), Generalized Linear Models.

    Example:
        >>> gamma_deviance(np.array([2.0, 3.0]), np.array([1.0, 3.0])).round(7)
        array([0.6137056, 0.       ])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rise = _shifted_rise(y_true, y_pred, eps, eps_true)
        y_true, y_pred = y_true + eps_true, y_pred + eps
        share, rest = excess(rise / y_pred)
        far = (y_true / y_pred - 1.0) - signed_log_ratio(y_true, y_pred)
        return 2 * np.where(_near(y_true, y_pred), share * rest, far)


def _tweedie_deviance_slope(y_true: Floats, y_pred: Floats, *, power: float) -> Floats:
    return 2.0 * _tweedie_nll_slope(y_true, y_pred, power=power)


@loss("mean_tweedie_deviance", family=FAMILY, claims=NEVER_NEGATIVE, slope=_tweedie_deviance_slope)
def tweedie_deviance(y_true: Amount, y_pred: PositiveAmount, *, power: AtLeastOne = 1.5) -> PerElement:
    """Deviance of the Tweedie distributions, whose variance is a power of the mean.

    Formula:
        2 (y^(2 - p) / ((1 - p) (2 - p)) - y μ^(1 - p) / (1 - p) + μ^(2 - p) / (2 - p)),   p = power;
        its limits at p = 1 and p = 2 are poisson_deviance and gamma_deviance

    Range:
        0 to inf; inf where y is 0 and p at least 2, which scikit-learn refuses. Its default power 0 is the squared
        error, here mse.

    Use:
        For amounts that are often exactly 0 and otherwise positive, such as the cost of a policy: a power
        between 1 and 2. Values of different powers cannot be compared, so fix the power first.

    References:
        Jørgensen (1987), Exponential Dispersion Models.

    Example:
        >>> tweedie_deviance(np.array([2.0, 0.0]), np.array([1.0, 0.25])).round(7)
        array([0.6862915, 2.       ])
    """
    if power == 1.0:
        return poisson_deviance(y_true, y_pred)
    if power == 2.0:
        return gamma_deviance(y_true, y_pred)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # It is twice the integral of (y - t) / tᵖ from μ to y, which has no terms to cancel.
        rise = np.where(_near(y_true, y_pred), (y_true - y_pred) / y_pred, 0.0)
        total = np.zeros_like(rise)
        for node, weight in _QUADRATURE:
            total += weight * np.power(1.0 + node * rise, -power)
        near = np.where(rise == 0, 0.0, np.power(y_pred, 2.0 - power) * (np.square(rise) * total))
        far = _slope_times(y_true, y_pred, power) - _power_rise(y_true, y_pred, 2.0 - power)
        far = np.where(np.isnan(far), np.inf, far)  # two terms beyond the range leave one that is
        nothing = np.power(y_pred, 2.0 - power) / (2.0 - power) if power < 2.0 else np.inf
        zero = np.where(y_true == 0, nothing, np.maximum(far, 0.0))
        return 2 * np.where(_near(y_true, y_pred), near, zero)


@np.errstate(over="ignore")
def _gamma_nll_slope(y_true: Floats, y_pred: Floats, *, clip: float | None) -> Floats:
    """0 where clip raises μ."""
    raised = _raised(y_pred, clip)
    slope = _surplus(y_true, raised) / raised
    return slope if clip is None else np.where(y_pred > clip, slope, 0.0)


@loss("gamma_nloglik", family=FAMILY, slope=_gamma_nll_slope, constant="mean")
def gamma_nll(y_true: Amount, y_pred: PositiveAmount, *, clip: NonNegativeOrNone = None) -> PerElement:
    """Negative log-likelihood of amounts under the gamma distribution, without what y_pred does not change.

    Formula:
        y / μ + ln μ, for shape 1; another shape multiplies it; clip raises μ below it to it

    Range:
        1 + ln y to inf.

    Use:
        Half the gamma_deviance but for a constant of y, as XGBoost prints it. The value may be negative and
        says nothing alone: compare models on the same rows.

    References:
        McCullagh and Nelder (1989), Generalized Linear Models; XGBoost, gamma-nloglik.

    Example:
        >>> gamma_nll(np.array([2.0, 3.0]), np.array([1.0, 0.5])).round(7)
        array([2.       , 5.3068528])
    """
    with np.errstate(over="ignore"):
        y_pred = _raised(y_pred, clip)
        return y_true / y_pred + np.log(y_pred)


@np.errstate(invalid="ignore", over="ignore")
def _tweedie_nll_slope(
    y_true: Floats, y_pred: Floats, *, power: float, log_input: bool = False, clip: float | None = None
) -> Floats:
    """0 where clip raises μ."""
    if log_input:
        return shrunk(-y_pred, 2.0 - power) - counted(y_true, shrunk(y_pred, power - 1.0))
    raised = _raised(y_pred, clip)
    root = np.power(raised, (1.0 - power) / 2)
    slope = counted(_surplus(y_true, raised), root) * root
    return slope if clip is None else np.where(y_pred > clip, slope, 0.0)


def _tweedie_nll_best(mean: Floats, *, power: float, log_input: bool, clip: float | None) -> Floats:
    del power, clip  # a rate raised to clip is the best of those that are left
    return np.log(mean) if log_input else mean


@loss(
    "tweedie_nloglik",
    "tweedie_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_tweedie_nll_slope,
    constant="mean",
    best=_tweedie_nll_best,
)
def tweedie_nll(
    y_true: Amount,
    y_pred: PositiveRate,
    *,
    power: OneToTwo = 1.5,
    log_input: Flag = False,
    clip: NonNegativeOrNone = None,
) -> PerElement:
    """Negative log-likelihood of the Tweedie distributions between Poisson and gamma, without what y_pred leaves alone.

    Formula:
        y μ^(1 - p) / (p - 1) + μ^(2 - p) / (2 - p),   p = power;
        with log_input, where y_pred is ln μ: y exp((1 - p) y_pred) / (p - 1) + exp((2 - p) y_pred) / (2 - p).
        clip raises μ below it to it

    Range:
        0 to inf.

    Use:
        Half the tweedie_deviance but for a constant of y, as XGBoost and LightGBM print it. It is not 0 at the
        truth, and values of different powers cannot be compared.

    References:
        Jørgensen (1987), Exponential Dispersion Models; XGBoost and LightGBM, tweedie.

    Example:
        >>> tweedie_nll(np.array([2.0, 0.0]), np.array([1.0, 0.25]))
        array([6., 1.])
    """
    with np.errstate(over="ignore"):
        if log_input:
            scarce = counted(y_true, shrunk(y_pred, power - 1.0))
            return scarce / (power - 1.0) + shrunk(-y_pred, 2.0 - power) / (2.0 - power)
        y_pred = _raised(y_pred, clip)
        root = np.power(y_pred, (1.0 - power) / 2)
        return y_true * root * root / (power - 1.0) + np.power(y_pred, 2.0 - power) / (2.0 - power)


def _negbin_nll_slope(y_true: Floats, y_pred: Floats, *, dispersion: float) -> Floats:
    inverse = 1.0 / dispersion
    return _surplus(y_true, y_pred) * (inverse / (inverse + y_pred))


@loss(
    "negative_binomial_nll",
    "negative_binomial",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_negbin_nll_slope,
    constant="mean",
)
def negbin_nll(y_true: Amount, y_pred: PositiveAmount, *, dispersion: Positive = 1.0) -> PerElement:
    """Negative log-likelihood of counts whose variance is μ + a μ², without what y_pred does not change.

    Formula:
        y ln(1 + 1 / (a μ)) + ln(1 + a μ) / a,   a = dispersion;   ln Γ(y + 1) Γ(1 / a) / Γ(y + 1 / a) is left out

    Range:
        0 to inf.

    Use:
        For counts that vary more than Poisson's. Know the dispersion beforehand: what depends on it and y alone
        is left out, so values of different dispersions cannot be compared.

    References:
        Cameron and Trivedi (1998), Regression Analysis of Count Data.

    Example:
        >>> negbin_nll(np.array([2.0, 0.0]), np.array([1.0, 3.0])).round(7)
        array([2.0794415, 1.3862944])
    """
    with np.errstate(over="ignore"):
        # Not by a μ, which may leave the range where its logarithm does not.
        inverse = np.asarray(1.0 / dispersion)
        return y_true * log_ratio(inverse, y_pred) + log_ratio(y_pred, inverse) / dispersion


def _surplus(y_true: Floats, y_pred: Floats) -> Floats:
    """1 - y / μ, from the difference, which keeps its digits."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(y_true == 0, 1.0, (y_pred - y_true) / y_pred)


def _log_factorial(y: Floats, *, stirling: bool) -> Floats:
    """The logarithm of y!, which is ln Γ(1 + y); or Stirling's formula for it where y > 1, and 0 elsewhere."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        formula = y * (np.log(y) - 1.0) + np.log(2 * np.pi * y) / 2
        if stirling:
            return np.where(y > 1, formula, 0.0)
        # Near 0 by the series -γ y + ζ(2) y² / 2 - ζ(3) y³ / 3 + …, because 1 + y rounds away the digits of y.
        small = np.where(y < 0.5, y, 0.0)
        near = np.zeros_like(small)
        for order, zeta in reversed(list(enumerate(_zetas(), 2))):
            near = small * ((-1) ** order * zeta / order + near)
        near = small * (near - np.euler_gamma)
        middle = np.array([math.lgamma(1.0 + value) for value in np.clip(y, 0.5, 1e10).ravel().tolist()])
        far = np.where(y > 1e10, formula, middle.reshape(y.shape))
        return np.where(y < 0.5, near, far)


@cache
def _zetas() -> list[float]:
    """ζ(2), ζ(3) …: the sum to 60, and of the rest the integral and the first terms of Euler and Maclaurin."""
    return [
        math.fsum(number**-order for number in range(1, 60))
        + 60.0 ** (1 - order) / (order - 1)
        + 60.0**-order / 2
        + order * 60.0 ** (-order - 1) / 12
        - order * (order + 1) * (order + 2) * 60.0 ** (-order - 3) / 720
        + order * (order + 1) * (order + 2) * (order + 3) * (order + 4) * 60.0 ** (-order - 5) / 30240
        for order in range(2, 56)
    ]


def _raised(rate: Floats, clip: float | None) -> Floats:
    return rate if clip is None else np.maximum(rate, clip)


def _shifted_rise(y_true: Floats, y_pred: Floats, eps: float, eps_true: float) -> Floats:
    """(y + eps_true) - (μ + eps), which keeps its digits."""
    gap, lost = difference(y_true, y_pred)
    if not (eps or eps_true):
        return gap
    total, shed = difference(gap, np.asarray(eps, gap.dtype))
    total, rest = difference(total, np.asarray(-eps_true, gap.dtype))
    return total + (lost + shed + rest)


def _near(y_true: Floats, y_pred: Floats) -> Booleans:
    """Whether neither number is more than 2.5 times the other."""
    near: Booleans = (y_true <= 2.5 * y_pred) & (y_pred <= 2.5 * y_true)
    return near


def _slope_times(y_true: Floats, y_pred: Floats, power: float) -> Floats:
    """Y (y^(1 - p) - μ^(1 - p)) / (1 - p)."""
    order = 1.0 - power
    root = np.power(y_pred, order / 2)
    swing = order * signed_log_ratio(y_true, y_pred)
    gap = np.where(
        np.abs(swing) < 1.0,
        y_true * root * root * np.expm1(swing),
        np.power(y_true, 2.0 - power) - y_true * root * root,
    )
    return gap / order


def _power_rise(y_true: Floats, y_pred: Floats, order: float) -> Floats:
    """(yᵃ - μᵃ) / a."""
    swing = order * signed_log_ratio(y_true, y_pred)
    start = np.power(y_pred, order)
    gap: Floats = np.where(np.abs(swing) < 1.0, start * np.expm1(swing), np.power(y_true, order) - start)
    return gap / order
