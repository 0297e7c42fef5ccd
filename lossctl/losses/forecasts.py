"""Losses of forecasts that are more than a point: distributions, intervals, quantiles, ensembles. Throughout, y = y_true."""

import math

import numpy as np

from lossctl.kinds import (
    Ends,
    Flag,
    Floats,
    Integers,
    Levels,
    LevelsOfEnds,
    Members,
    MembersOfEach,
    NonNegative,
    PerElement,
    PerRow,
    Real,
    Spread,
    UnitShare,
    Vector,
)
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import difference, half_distance, in_rows, row_length, row_mean, row_sum

FAMILY = "forecasts"

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_ROOT_2PI = math.sqrt(2 * math.pi)
_ROOT_PI = math.sqrt(math.pi)
_erf = np.frompyfunc(math.erf, 1, 1)


@np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore")
def _gaussian_nll_slope(y_true: Floats, y_pred: Floats, var: Floats, *, full: bool = False, eps: float = 0.0) -> Floats:
    return (y_pred - y_true) / np.maximum(var, eps)


@np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore")
def _logs_normal_slope(y_true: Floats, y_pred: Floats, scale: Floats) -> Floats:
    return (y_pred - y_true) / scale / scale


@np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore")
def _crps_normal_slope(y_true: Floats, y_pred: Floats, scale: Floats) -> Floats:
    """0 where the mean is right."""
    z = np.where(y_pred == y_true, 0.0, (y_pred - y_true) / scale)
    return np.asarray(_erf(z / math.sqrt(2)), z.dtype)


def _wis_slope(y_true: Floats, y_pred: Floats, lower: Floats, upper: Floats, *, alpha: tuple[float, ...]) -> Floats:
    """0 where the median is right."""
    slope: Floats = np.sign(y_pred - y_true) / (2.0 * len(alpha) + 1.0)
    return slope


def _crps_ensemble_slope(y_true: Floats, y_pred: Floats, *, fair: bool = False) -> Floats:
    """0 for the sign of what is equal."""
    count = y_pred.shape[1]
    pairs = count * (count - 1) if fair else count * count
    rank = sum((np.sign(y_pred - y_pred[:, [other]]) for other in range(count)), np.zeros_like(y_pred))
    slope: Floats = np.sign(y_pred - y_true[:, None]) / count - rank / pairs
    return slope


def _crps_quantile_slope(y_true: Floats, y_pred: Floats, *, level: tuple[float, ...]) -> Floats:
    """0 where a quantile is right, as for the absolute error."""
    levels = np.array(level)
    true = y_true[:, None]
    return np.where(y_pred == true, 0.0, np.where(y_pred > true, 1.0 - levels, -levels)) * (2.0 / len(level))


@loss("gaussian_nll_loss", "normal_nll", family=FAMILY, called={"mean": "y_pred"}, slope=_gaussian_nll_slope)
def gaussian_nll(y_true: Real, y_pred: Real, var: Spread, *, full: Flag = False, eps: NonNegative = 0.0) -> PerElement:
    """Negative log-likelihood under a normal distribution of predicted mean and variance.

    Formula:
        ½ (ln v + (y_true - y_pred)² / v),   v = var, but no less than eps;   full adds ½ ln 2π

    Range:
        -inf to inf; at a variance of 0 it is -inf where the mean is right, inf elsewhere.

    Use:
        For regression that also predicts its own uncertainty. A model that claims too small a variance pays without bound,
        and the value depends on the unit of y_true; crps_normal is milder and has that unit.

    References:
        Nix and Weigend (1994), Estimating the Mean and Variance of the Target Probability Distribution.

    Example:
        >>> gaussian_nll(np.array([1.0]), np.array([3.0]), np.array([1.0]))
        array([2.])
    """
    variance = np.maximum(var, eps)
    with np.errstate(divide="ignore"):
        loss = _surprise(half_distance(y_true, y_pred), np.sqrt(variance), np.log(variance) / 2)
    return loss + _HALF_LOG_2PI if full else loss


@loss(
    "normal_log_score",
    "log_score_normal",
    family=FAMILY,
    called={"mean": "y_pred", "sigma": "scale"},
    slope=_logs_normal_slope,
)
def logs_normal(y_true: Real, y_pred: Real, scale: Spread) -> PerElement:
    """Logarithmic score of a normal distribution of predicted mean and standard deviation.

    Formula:
        ln σ + ½ ((y_true - y_pred) / σ)² + ½ ln 2π,   σ = scale

    Range:
        -inf to inf; at a scale of 0 it is -inf where the mean is right, inf elsewhere.

    Use:
        For comparing normal forecasts by the density they gave to what came. One forecast that was too sure may decide
        the mean; crps_normal is milder.

    References:
        Good (1952), Rational Decisions.

    Example:
        >>> logs_normal(np.array([1.0]), np.array([1.0]), np.array([1.0])).round(7)
        array([0.9189385])
    """
    with np.errstate(divide="ignore"):
        return _surprise(half_distance(y_true, y_pred), scale, np.log(scale)) + _HALF_LOG_2PI


@loss(
    "normal_crps",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    called={"mean": "y_pred", "sigma": "scale"},
    slope=_crps_normal_slope,
)
def crps_normal(y_true: Real, y_pred: Real, scale: Spread) -> PerElement:
    """Continuous ranked probability score of a normal distribution of predicted mean and standard deviation.

    Formula:
        σ (z (2 Φ(z) - 1) + 2 φ(z) - 1 / √π),   z = (y_true - y_pred) / σ,   σ = scale

    Range:
        0 to inf, in the unit of y_true; at a scale of 0 it is the absolute error.

    Use:
        For comparing normal forecasts in the unit of y_true; for a scale of 0 it is the absolute error of a point
        forecast. scale is the standard deviation, not the variance.

    References:
        Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation.

    Example:
        >>> crps_normal(np.array([0.3]), np.array([0.0]), np.array([1.0])).round(7)
        array([0.2693329])
    """
    size = np.abs(y_true - y_pred)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        z = np.where(size == 0, 0.0, size / scale)
        inside = size * np.asarray(_erf(z / math.sqrt(2)), size.dtype)
        density = np.exp(-np.square(z) / 2) * (2 / _ROOT_2PI)
        return np.where(scale == 0, size, inside + scale * (density - 1 / _ROOT_PI))


@loss("interval_score", "winkler", "winkler_score", family=FAMILY, claims=NEVER_NEGATIVE, ordered=("lower", "upper"))
def interval(y_true: Real, lower: Real, upper: Real, *, alpha: UnitShare) -> PerElement:
    """Interval score: the width of a prediction interval, and a fine where the truth lies outside of it.

    Formula:
        (u - l) + 2/α max(0, l - y) + 2/α max(0, y - u),   l = lower,   u = upper,   α = alpha

    Range:
        0 to inf, in the unit of y_true.

    Use:
        For prediction intervals: narrow ones that hold what comes are best. alpha is the share that should fall outside,
        0.1 for an interval of 90 %, and must be that of the forecast.

    References:
        Winkler (1972), A Decision-Theoretic Approach to Interval Estimation; Gneiting and Raftery (2007), Strictly Proper
        Scoring Rules, Prediction, and Estimation, equation 43.

    Example:
        >>> interval(np.array([0.3]), np.array([0.5]), np.array([0.9]), alpha=0.2)
        array([2.4])
    """
    with np.errstate(over="ignore"):
        return (upper - lower) + _outside(y_true, lower, upper) * (2.0 / alpha)


@loss(
    "weighted_interval_score",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    called={"median": "y_pred"},
    ordered=("lower", "upper"),
    slope=_wis_slope,
)
def wis(y_true: Real, y_pred: Real, lower: Ends, upper: Ends, *, alpha: LevelsOfEnds) -> PerRow:
    """Weighted interval score of a median and several prediction intervals, an approximation of the CRPS.

    Formula:
        (½ |y_true - m| + Σ_k (α_k/2 (u_k - l_k) + max(0, l_k - y_true) + max(0, y_true - u_k))) / (K + ½),
        m = y_pred, the median,   l = lower,   u = upper,   α = alpha, one for each of K intervals

    Range:
        0 to inf, in the unit of y_true.

    Use:
        For forecasts given as a median and intervals, as of epidemics. The alphas must stand in the order of the columns,
        and files with other intervals have other values.

    References:
        Bracher, Ray, Gneiting and Reich (2021), Evaluating Epidemic Forecasts in an Interval Format.

    Example:
        >>> wis(np.array([2.0]), np.array([1.0]), np.array([[0.5]]), np.array([[1.5]]), alpha=(0.5,)).round(7)
        array([0.8333333])
    """
    with np.errstate(over="ignore"):
        lower, upper = in_rows(lower), in_rows(upper)
        widths = (upper - lower) * (np.array(alpha, lower.dtype) / 2)
        fines = _outside(y_true[:, None], lower, upper)
        middle = np.abs(y_true - y_pred)[:, None] / 2
        score: Floats = row_sum(np.concatenate((middle, widths, fines), axis=1)) / (lower.shape[1] + 0.5)
    return score


@loss("crps", "continuous_ranked_probability_score", family=FAMILY, slope=_crps_ensemble_slope)
def crps_ensemble(y_true: Real, y_pred: Members, *, fair: Flag = False) -> PerRow:
    """Continuous ranked probability score of an ensemble.

    Formula:
        Σ_i |x_i - y| / M - Σ_{i, j} |x_i - x_j| / d,   d = 2 M²,   x = y_pred, M members;
        with fair d is 2 M (M - 1), as if the members were drawn from an unknown distribution

    Range:
        0 to inf, in the unit of y_true; with fair it may be negative.

    Use:
        For ensembles of any size, in the unit of y_true. Small ensembles look worse than large ones of the same
        distribution; fair takes that out, and so can be negative.

    References:
        Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation; Ferro (2014), Fair Scores
        for Ensemble Forecasts.

    Example:
        >>> crps_ensemble(np.array([0.0]), np.array([[-1.0, 1.0]]))
        array([0.5])
    """
    # The integral of (F(t) - [t ≥ y])² over the gaps between the members, split at y: no term is negative.
    members = np.sort(y_pred, axis=1)
    count = members.shape[1]
    low, high = members[:, :-1], members[:, 1:]
    split = np.clip(y_true[:, None], low, high)
    rank = np.arange(1.0, count, dtype=members.dtype)
    with np.errstate(over="ignore"):
        terms = [
            (split - low) * (rank * rank / (count * count)),
            (high - split) * (rank[::-1] * rank[::-1] / (count * count)),
            _outside(y_true[:, None], members[:, :1], members[:, -1:]),
        ]
        if fair:
            terms.append((high - low) * (-rank * rank[::-1] / (count * count * (count - 1))))
    return row_sum(np.concatenate(terms, axis=1))


@loss("quantile_crps", family=FAMILY, claims=NEVER_NEGATIVE, slope=_crps_quantile_slope)
def crps_quantile(y_true: Real, y_pred: Members, *, level: Levels) -> PerRow:
    """Continuous ranked probability score of predicted quantiles: twice their mean quantile loss.

    Formula:
        2/K Σ_k max(τ_k (y_true - q_k), (τ_k - 1) (y_true - q_k)),   q = y_pred,   τ = level, one for each of K quantiles

    Range:
        0 to inf, in the unit of y_true.

    Use:
        For forecasts given as quantiles. With few or uneven levels it is only near the CRPS, and values of different
        levels do not compare.

    References:
        Laio and Tamea (2007), Verification Tools for Probabilistic Forecasts of Continuous Hydrological Variables.

    Example:
        >>> crps_quantile(np.array([1.0]), np.array([[0.0, 2.0]]), level=(0.25, 0.75))
        array([0.5])
    """
    levels = np.array(level, y_pred.dtype)
    with np.errstate(over="ignore"):
        gap = y_true[:, None] - y_pred
    return row_mean(2.0 * np.abs(gap) * np.where(gap >= 0, levels, 1.0 - levels))


def _energy_score_slope(y_true: Floats, y_pred: Floats) -> Floats:
    """0 for the direction between vectors that are one."""
    rows, size = y_true.shape
    members = y_pred.reshape(rows, y_pred.shape[1] // size, size)
    count = members.shape[1]
    slope = np.empty_like(members)
    for one in range(count):
        away = [_direction(members[:, one] - members[:, other]) / -(count * count) for other in range(count)]
        slope[:, one] = sum(away, _direction(members[:, one] - y_true) / count)
    flat: Floats = slope.reshape(y_pred.shape)
    return flat


@loss("energy", family=FAMILY, slope=_energy_score_slope)
def energy_score(y_true: Vector, y_pred: MembersOfEach) -> PerRow:
    """Energy score of an ensemble of vectors, the CRPS of several dimensions.

    Formula:
        Σ_i ‖x_i - y‖ / M - Σ_{i, j} ‖x_i - x_j‖ / (2 M²),   x = y_pred, M vectors one after the other

    Range:
        0 to inf.

    Use:
        For ensembles of several quantities that belong together. It notices wrong correlations only weakly, and quantities
        of large numbers outweigh the others: scale them first.

    References:
        Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation.

    Example:
        >>> energy_score(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0, -3.0, -4.0]]))
        array([2.5])
    """
    rows, size = y_true.shape
    members = y_pred.reshape(rows, y_pred.shape[1] // size, size)
    count = members.shape[1]
    terms = [row_length(members[:, one] - y_true) / count for one in range(count)]
    terms += [
        row_length(members[:, one] - members[:, other]) / -(count * count)
        for one in range(count)
        for other in range(one)
    ]
    return row_sum(np.stack(terms, axis=1))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _dss_slope(y_true: Floats, y_pred: Floats) -> Floats:
    """NaN where all members agree."""
    count = y_pred.shape[1]
    off, spread, variance, exponent = _standardised(y_true, y_pred)
    root = np.sqrt(variance)[:, None]
    apart = off[:, None] / count + spread / root * (1.0 - np.square(off[:, None])) / (count - 1)
    slope: Floats = np.ldexp(2.0 * apart / root, -exponent[:, None])
    return slope


@loss("dawid_sebastiani", "dawid_sebastiani_score", "dssuv", family=FAMILY, slope=_dss_slope)
def dss(y_true: Real, y_pred: Members) -> PerRow:
    """Dawid-Sebastiani score of an ensemble: what its mean and variance say of the truth.

    Formula:
        (y - μ)² / v + ln v,   μ = Σ_i x_i / M,   v = Σ_i (x_i - μ)² / (M - 1),   x = y_pred, M members

    Range:
        -inf to inf; where all members agree it is -inf if they are right, inf if not.

    Use:
        For ensembles of which only mean and spread should count. A small ensemble that happens to agree has an enormous
        loss, and one whose members are equal an infinite one.

    References:
        Dawid and Sebastiani (1999), Coherent Dispersion Criteria for Optimal Experimental Design.

    Example:
        >>> dss(np.array([1.0]), np.array([[-1.0, 0.0, 1.0]]))
        array([1.])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        off, _, variance, exponent = _standardised(y_true, y_pred)
        score = np.square(off) + (np.log(variance) + exponent * (2 * math.log(2)))
    alike = (y_pred == y_pred[:, :1]).all(axis=1)
    return np.where(alike, np.where(y_pred[:, 0] == y_true, -np.inf, np.inf), np.where(np.isinf(y_true), np.inf, score))


def _direction(vectors: Floats) -> Floats:
    """The directions of vectors; zero stays zero."""
    length = row_length(vectors)
    direction: Floats = vectors / np.where(length == 0, 1.0, length)[:, None]
    return direction


def _standardised(y_true: Floats, members: Floats) -> tuple[Floats, Floats, Floats, Integers]:
    """(μ - y) / σ, and x - μ and σ² as numbers near 1: times 2ᵏ and 4ᵏ; and k."""
    count = members.shape[1]
    off, far = _scaled_mean(members, y_true)
    middle, near = _scaled_mean(members, members[:, 0])
    gap, lost = difference(members, members[:, :1])
    spread = np.ldexp(gap, -near[:, None]) - middle[:, None] + np.ldexp(lost, -near[:, None])
    rest = row_sum(spread)
    variance = (row_sum(np.square(spread)) - rest * rest / count) / (count - 1)
    return np.ldexp(off / np.sqrt(variance), far - near), spread, variance, near


def _scaled_mean(members: Floats, origin: Floats) -> tuple[Floats, Integers]:
    """The mean of members less an origin, as a number near 1 and a power of two, so that no square leaves the range."""
    gap, lost = difference(members, origin[:, None])
    exponent = np.frexp(np.abs(gap).max(axis=1))[1]
    parts = np.ldexp(np.concatenate((gap, lost), axis=1), -exponent[:, None])
    mean: Floats = row_sum(parts) / members.shape[1]
    return mean, exponent


def _surprise(half: Floats, scale: Floats, log_scale: Floats) -> Floats:
    """Ln σ + ½ (2 half / σ)²; where σ is 0, -inf if half is 0 and inf elsewhere."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        score = log_scale + 2.0 * np.square(half / scale)
    return np.where(scale == 0, np.where(half == 0, -np.inf, np.inf), score)


def _outside(y_true: Floats, lower: Floats, upper: Floats) -> Floats:
    """How far the truth lies outside of an interval."""
    return np.maximum(lower - y_true, 0.0) + np.maximum(y_true - upper, 0.0)
