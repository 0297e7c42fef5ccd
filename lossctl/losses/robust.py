"""Losses of real values that grow slowly, or not at all, in the tails. Throughout, r = y_pred - y_true and c = scale.

All are ½ r² near zero. Squares of c and of r / c may leave the range of float64 where the loss does not, so
r is squared where it is the smaller and c where it is.
"""

import numpy as np

from lossctl.kinds import Finite, Floats, PerElement, Positive, Real
from lossctl.losses.declare import BOUNDED_DISTANCE, DISTANCE, loss
from lossctl.losses.stable import difference, excess, half_distance

FAMILY = "robust regression"


def _fair_slope(y_true: Floats, y_pred: Floats, *, scale: float) -> Floats:
    ratio, inverse = _ratios(half_distance(y_true, y_pred), scale)
    return _near(y_true, y_pred, scale) / (ratio + inverse)


@loss("fair_loss", family=FAMILY, claims=DISTANCE, slope=_fair_slope)
def fair(y_true: Real, y_pred: Real, *, scale: Positive = 1.0) -> PerElement:
    """Squared near zero, nearly absolute in the tails, smooth throughout.

    Formula:
        c² (|r| / c - ln(1 + |r| / c))

    Range:
        0 to inf.

    Use:
        Where some rows are outliers and the loss must be convex and smooth. Its tails grow nearly as fast as
        the mae's, so outliers keep a say; scale is in the unit of y.

    References:
        Fair (1974), On the Robust Estimation of Econometric Models.

    Example:
        >>> fair(np.zeros(2), np.array([0.0, 1.0])).round(7)
        array([0.       , 0.3068528])
    """
    half = half_distance(y_true, y_pred)
    with np.errstate(over="ignore"):
        ratio = half / (scale / 2)
        share, rest = excess(ratio)
        # Beyond 1e20 the logarithm is less than a rounding.
        return np.where(ratio > 1e20, 2 * scale * half, (scale * share) * (scale * np.minimum(rest, 1e20)))


def _cauchy_slope(y_true: Floats, y_pred: Floats, *, scale: float) -> Floats:
    ratio, inverse = _ratios(half_distance(y_true, y_pred), scale)
    return _near(y_true, y_pred, scale) * inverse / (1.0 + np.square(np.minimum(ratio, inverse)))


@loss("cauchy_loss", "lorentzian", family=FAMILY, claims=DISTANCE, slope=_cauchy_slope)
def cauchy(y_true: Real, y_pred: Real, *, scale: Positive = 1.0) -> PerElement:
    """Logarithmic in the tails, the negative log-likelihood of the Cauchy distribution.

    Formula:
        ½ c² ln(1 + (r / c)²)

    Range:
        0 to inf.

    Use:
        Where some errors are gross: far out the loss grows as a logarithm. It is not convex for errors above
        the scale, so a fit needs a good start, and rows given up cost a model little.

    References:
        Zhang (1997), Parameter Estimation Techniques: A Tutorial with Application to Conic Fitting, table 1.

    Example:
        >>> cauchy(np.zeros(2), np.array([0.0, 1.0])).round(7)
        array([0.       , 0.3465736])
    """
    half = half_distance(y_true, y_pred)
    ratio, inverse = _ratios(half, scale)
    square = np.square(ratio)
    slope = np.where(square > 0, np.log1p(square) / np.where(square > 0, square, 1.0), 1.0)
    with np.errstate(divide="ignore", over="ignore"):
        size = np.maximum(half, scale / 2)
        plain = size / (scale / 2)
        log_size = np.where(np.isinf(plain), np.log(size) - np.log(scale / 2), np.log(plain))
        far = scale * (scale * (log_size + np.log1p(np.square(inverse)) / 2))
    near = np.minimum(half, scale / 2)
    return np.where(half <= scale / 2, 2 * near * near * slope, far)


def _geman_mcclure_slope(y_true: Floats, y_pred: Floats, *, scale: float) -> Floats:
    ratio, inverse = _ratios(half_distance(y_true, y_pred), scale)
    left = _near(y_true, y_pred, scale) * inverse * inverse * inverse
    return left / np.square(1.0 + np.square(np.minimum(ratio, inverse)))


@loss("geman", "geman_mcclure_loss", family=FAMILY, claims=BOUNDED_DISTANCE, slope=_geman_mcclure_slope)
def geman_mcclure(y_true: Real, y_pred: Real, *, scale: Positive = 1.0) -> PerElement:
    """Squared near zero, level in the tails, with a slow passage.

    Formula:
        ½ r² / (1 + (r / c)²)

    Range:
        0 to ½ c².

    Use:
        Where errors beyond some size should cost about the same. It is convex only up to 0.58 of the scale, so
        a fit needs a good start; scale, in the unit of y, decides what an outlier is.

    References:
        Geman and McClure (1987), Statistical Methods for Tomographic Image Reconstruction.

    Example:
        >>> geman_mcclure(np.zeros(2), np.array([0.0, 1.0]))
        array([0.  , 0.25])
    """
    half = half_distance(y_true, y_pred)
    ratio, inverse = _ratios(half, scale)
    near = np.minimum(half, scale / 2)
    return 2 * near * near / (1.0 + np.square(np.minimum(ratio, inverse)))


def _welsch_slope(y_true: Floats, y_pred: Floats, *, scale: float) -> Floats:
    gap = y_pred - y_true
    with np.errstate(over="ignore"):
        return np.clip(gap, -100.0 * scale, 100.0 * scale) * np.exp(-np.square(np.minimum(np.abs(gap) / scale, 100.0)))


@loss("leclerc", "welsch_loss", family=FAMILY, claims=BOUNDED_DISTANCE, slope=_welsch_slope)
def welsch(y_true: Real, y_pred: Real, *, scale: Positive = 1.0) -> PerElement:
    """Squared near zero, level in the tails, with a passage like a bell curve.

    Formula:
        ½ c² (1 - exp(-(r / c)²))

    Range:
        0 to ½ c².

    Use:
        Like geman_mcclure, but it levels off sooner: at three times the scale the loss is full. It is convex
        only up to 0.71 of the scale, so a fit needs a good start.

    References:
        Dennis and Welsch (1978), Techniques for Nonlinear Least Squares and Robust Regression.

    Example:
        >>> welsch(np.zeros(2), np.array([0.0, 1.0])).round(7)
        array([0.       , 0.3160603])
    """
    half = half_distance(y_true, y_pred)
    with np.errstate(over="ignore"):
        ratio = np.minimum(half / (scale / 2), 100.0)
        near = np.minimum(half, scale / 2)
        # Below 1e-9 the exponential is its tangent, and the square of the ratio may be none.
        return np.where(ratio < 1e-9, 2 * near * near, scale * (scale * (-np.expm1(-np.square(ratio)) / 2)))


def _tukey_slope(y_true: Floats, y_pred: Floats, *, scale: float) -> Floats:
    gap, lost = difference(y_pred, y_true)
    near = _near(y_true, y_pred, scale)
    # 1 - (r / c)² is a product; near c what rounding took from the difference matters.
    rest = np.maximum((scale - np.abs(gap)) - np.copysign(1.0, gap) * lost, 0.0) / scale
    return near * np.square(rest * (1.0 + np.abs(near) / scale))


@loss(
    "biweight",
    "bisquare",
    "tukey_biweight",
    "tukey_bisquare",
    family=FAMILY,
    claims=BOUNDED_DISTANCE,
    slope=_tukey_slope,
)
def tukey(y_true: Real, y_pred: Real, *, scale: Positive = 4.685) -> PerElement:
    """Squared near zero, level from the scale on.

    Formula:
        c² / 6 (1 - (1 - (r / c)²)³)    where |r| ≤ c
        c² / 6                          elsewhere

    Range:
        0 to c² / 6.

    Use:
        Where outliers should have no pull at all: beyond the scale every error costs the same. The default
        4.685 is meant for errors of standard deviation 1, so set it to 4.685 times a robust estimate of theirs.

    References:
        Beaton and Tukey (1974), The Fitting of Power Series, Meaning Polynomials, Illustrated on Band-Spectroscopic
        Data.

    Example:
        >>> tukey(np.zeros(2), np.array([1.0, 9.0]), scale=2.0).round(7)
        array([0.3854167, 0.6666667])
    """
    half = half_distance(y_true, y_pred)
    near = np.minimum(half, scale / 2)
    ratio = near / (scale / 2)
    # 1 - v³ is (1 - v) (1 + v + v²), and 1 - v is (r / c)².
    left = (1.0 - ratio) * (1.0 + ratio)
    return near * near * (2 * (1.0 + left + left * left) / 3)


def _barron_slope(y_true: Floats, y_pred: Floats, *, shape: float, scale: float) -> Floats:
    gap, lost = difference(y_pred / 2, y_true / 2)
    with np.errstate(all="ignore"):
        ratio = np.abs(gap) / (scale / 2) * (1.0 + lost / np.where(gap == 0, 1.0, gap))
        if shape == 2:
            return np.sign(gap) * (ratio / scale)
        width = abs(shape - 2.0)
        # Powers of α and divisions, because α - 1 is rounded, and by how much counts as often as the logarithm is large.
        base = 1.0 + np.square(np.minimum(ratio, 1e100)) / width
        near = ratio * (np.power(base, shape / 2) / base)
        # Beyond, the 1 beside x² / |α - 2| is less than a rounding, and powers of x² may leave the range.
        parted = np.power(np.abs(gap), shape - 1.0) * np.power(scale / 2, 1.0 - shape)
        power = np.power(ratio, shape) / ratio if shape < 1 else np.power(ratio, shape - 1.0)
        far = np.where(np.isinf(ratio), parted, power) * np.power(width, 1.0 - shape / 2)
        steep = np.where(ratio > 1e12 * np.sqrt(width), far, near)
        return np.sign(gap) * np.where(gap == 0, 0.0, steep) / scale


@loss("adaptive_robust", "general_robust", family=FAMILY, claims=DISTANCE, slope=_barron_slope)
def barron(y_true: Real, y_pred: Real, *, shape: Finite = 1.0, scale: Positive = 1.0) -> PerElement:
    """A family of losses from the squared error to level tails, told apart by one number.

    Formula:
        |α - 2| / α ((x² / |α - 2| + 1)^(α / 2) - 1),   x = r / c,   α = shape;
        ½ x² where α is 2, ln(½ x² + 1) where α is 0

    Range:
        0 to inf; for a negative shape 0 to |α - 2| / -α.

    Use:
        To choose how much outliers count without choosing a loss: shape 2 is half the squared error, 1 pseudo_huber,
        0 cauchy, -2 geman_mcclure, each of another scale and divided by its square.

    References:
        Barron (2019), A General and Adaptive Robust Loss Function, equation 8.

    Example:
        >>> barron(np.zeros(2), np.array([0.0, 0.75])).round(7)
        array([0.  , 0.25])
    """
    gap, lost = difference(y_pred / 2, y_true / 2)
    with np.errstate(all="ignore"):
        # What rounding took from the difference counts as often as its power.
        ratio = np.abs(gap) / (scale / 2) * (1.0 + lost / np.where(gap == 0, 1.0, gap))
        square = np.square(np.minimum(ratio, 1e100))
        if shape == 2:
            return np.square(ratio) / 2
        # Beyond 1e100 the 1 beside x² is less than a rounding, and x² may leave the range where the loss does not.
        far = np.log(np.abs(gap)) - np.log(scale / 2)
        if abs(shape) < 1e-20:  # the loss is that of 0 to all digits
            return np.where(ratio > 1e100, 2 * far - np.log(2.0), np.log1p(square / 2))
        width = abs(shape - 2.0)
        exponent = np.where(ratio > 1e100, shape * (far - np.log(width) / 2), shape / 2 * np.log1p(square / width))
        large = np.power(np.abs(gap), shape) * np.power(scale / 2 * np.sqrt(width), -shape)
        power = np.where(ratio > 1e100, large, np.power(1.0 + square / width, shape / 2))
        rise = np.where(np.abs(exponent) < 1.0, np.expm1(exponent), power - 1.0)
        return np.where(square < 1e-18 * width, square / 2, width * (rise / shape))


def _ratios(half: Floats, scale: float) -> tuple[Floats, Floats]:
    """|r| / c where it is at most 1, and c / |r| where that is; 1 elsewhere."""
    bound = scale / 2
    return np.minimum(half, bound) / bound, bound / np.maximum(half, bound)


def _near(y_true: Floats, y_pred: Floats, scale: float) -> Floats:
    """The error where it lies between -c and c, else the nearer of them."""
    return np.clip(y_pred - y_true, -scale, scale)
