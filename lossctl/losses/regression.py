"""Losses of real values. Throughout, r = y_pred - y_true."""

import numpy as np

from lossctl.kinds import AboveMinusOne, Floats, Level, NonNegative, PerElement, Positive, Real
from lossctl.losses.declare import DISTANCE, ZERO_AT_TRUTH, loss
from lossctl.losses.stable import log_ratio

FAMILY = "regression"


@loss("l1", "l1_loss", "absolute_error", "mean_absolute_error", family=FAMILY, claims=DISTANCE)
def mae(y_true: Real, y_pred: Real) -> PerElement:
    """Absolute error.

    Formula:
        |r|

    Range:
        0 to inf, in the unit of y.

    References:
        Laplace (1774), Mémoire sur la probabilité des causes par les événements.

    Example:
        >>> mae(np.zeros(2), np.array([0.5, -3.0]))
        array([0.5, 3. ])
    """
    return np.abs(y_pred - y_true)


@loss("l2", "mse_loss", "squared_error", "mean_squared_error", family=FAMILY, claims=DISTANCE)
def mse(y_true: Real, y_pred: Real) -> PerElement:
    """Squared error.

    Formula:
        r²

    Range:
        0 to inf, in the unit of y squared.

    References:
        Gauss (1809), Theoria motus corporum coelestium.

    Example:
        >>> mse(np.zeros(2), np.array([0.5, -3.0]))
        array([0.25, 9.  ])
    """
    return np.square(y_pred - y_true)


@loss("root_mean_squared_error", family=FAMILY, finish="root_mean_square", claims=DISTANCE)
def rmse(y_true: Real, y_pred: Real) -> PerElement:
    """Square root of the mean squared error.

    Formula:
        |r| for one row; over rows the square root of the mean of r²

    Range:
        0 to inf, in the unit of y.

    References:
        Gauss (1823), Theoria combinationis observationum erroribus minimis obnoxiae.

    Example:
        >>> rmse(np.zeros(2), np.array([0.5, -3.0]))
        array([0.5, 3. ])
    """
    return np.abs(y_pred - y_true)


@loss(
    "mean_squared_log_error",
    "mean_squared_logarithmic_error",
    "squared_log_error",
    family=FAMILY,
    claims=ZERO_AT_TRUTH,
)
def msle(y_true: AboveMinusOne, y_pred: AboveMinusOne) -> PerElement:
    """Squared difference of ln(1 + y).

    Formula:
        (ln(1 + y_pred) - ln(1 + y_true))²

    Range:
        0 to inf; both inputs lie above -1.

    References:
        scikit-learn, metrics.mean_squared_log_error.

    Example:
        >>> msle(np.zeros(2), np.array([0.0, np.e - 1])).round(12)
        array([0., 1.])
    """
    lower = np.minimum(y_true, y_pred)
    return np.square(log_ratio(np.maximum(y_true, y_pred) - lower, lower + 1.0))


@loss("huber_loss", family=FAMILY, claims=DISTANCE)
def huber(y_true: Real, y_pred: Real, *, delta: Positive = 1.0) -> PerElement:
    """Squared near zero, absolute in the tails.

    Formula:
        ½ r²             where |r| ≤ δ
        δ (|r| - ½ δ)    elsewhere,   δ = delta

    Range:
        0 to inf.

    References:
        Huber (1964), Robust Estimation of a Location Parameter.

    Example:
        >>> huber(np.zeros(2), np.array([0.5, 3.0]))
        array([0.125, 2.5  ])
    """
    half = half_distance(y_true, y_pred)
    near = np.minimum(half, delta / 2)
    return 4 * near * (half - near / 2)


@loss("smooth_l1_loss", family=FAMILY, claims=DISTANCE)
def smooth_l1(y_true: Real, y_pred: Real, *, beta: NonNegative = 1.0) -> PerElement:
    """Huber loss divided by its threshold, so that the tails keep slope 1.

    Formula:
        r² / (2 β)    where |r| < β
        |r| - ½ β     elsewhere,   β = beta; β = 0 is the absolute error

    Range:
        0 to inf.

    References:
        Girshick (2015), Fast R-CNN, equation 3.

    Example:
        >>> smooth_l1(np.zeros(2), np.array([0.5, 3.0]), beta=2.0)
        array([0.0625, 2.    ])
    """
    if beta == 0:
        return np.abs(y_pred - y_true)
    half = half_distance(y_true, y_pred)
    near = np.minimum(half, beta / 2)
    return 4 * near / beta * (half - near / 2)


@loss("charbonnier", "pseudo_huber_loss", family=FAMILY, claims=DISTANCE)
def pseudo_huber(y_true: Real, y_pred: Real, *, delta: Positive = 1.0) -> PerElement:
    """A smooth Huber loss: squared near zero, slope delta in the tails.

    Formula:
        δ² (√(1 + (r/δ)²) - 1),   δ = delta

    Range:
        0 to inf.

    References:
        Charbonnier, Blanc-Féraud, Aubert and Barlaud (1997), Deterministic Edge-Preserving Regularization in
        Computed Imaging.

    Example:
        >>> pseudo_huber(np.zeros(2), np.array([0.0, 0.75]))
        array([0.  , 0.25])
    """
    half = half_distance(y_true, y_pred)
    near = np.minimum(half, delta / 2)
    # δ²(√(1 + r²/δ²) - 1) is r² / (1 + √(1 + r²/δ²)); multiplied out by the larger of r and δ nothing overflows.
    quotient = near / np.maximum(half, delta / 2)
    root: Floats = np.where(half > delta / 2, quotient, 1.0) + np.hypot(1.0, quotient)
    return half * (4 * (near / root))


@loss("logcosh_loss", "log_cosh_error", family=FAMILY, claims=DISTANCE)
def log_cosh(y_true: Real, y_pred: Real) -> PerElement:
    """Logarithm of the hyperbolic cosine of the error.

    Formula:
        ln cosh r

    Range:
        0 to inf; near ½ r² for small r, near |r| - ln 2 for large r.

    References:
        Green (1990), Bayesian Reconstructions from Emission Tomography Data Using a Modified EM Algorithm.

    Example:
        >>> log_cosh(np.zeros(2), np.array([0.0, 1.0])).round(7)
        array([0.       , 0.4337808])
    """
    size = np.abs(y_pred - y_true)
    near = np.minimum(size, 1.0)
    return np.where(
        size < 1.0,
        np.log1p(2.0 * np.square(np.sinh(near / 2))),
        size + (np.log1p(np.exp(-2.0 * np.minimum(size, 400.0))) - np.log(2.0)),
    )


@loss("pinball", "pinball_loss", "mean_pinball_loss", "quantile_loss", "quantile_score", family=FAMILY, claims=DISTANCE)
def quantile(y_true: Real, y_pred: Real, *, level: Level = 0.5) -> PerElement:
    """Pinball loss, least at the quantile of the given level.

    Formula:
        α (y_true - y_pred)          where y_true ≥ y_pred
        (1 - α) (y_pred - y_true)    elsewhere,   α = level

    Range:
        0 to inf; level 0.5 gives half the absolute error.

    References:
        Koenker and Bassett (1978), Regression Quantiles.

    Example:
        >>> quantile(np.array([3.0, 1.0]), np.array([2.0, 2.0]), level=0.9).round(12)
        array([0.9, 0.1])
    """
    return 2 * np.where(y_true >= y_pred, level, 1.0 - level) * half_distance(y_true, y_pred)


def half_distance(y_true: Floats, y_pred: Floats) -> Floats:
    """½ |r|, of halves because r itself may leave the range of float64 where the loss does not."""
    return np.abs(y_pred / 2 - y_true / 2)
