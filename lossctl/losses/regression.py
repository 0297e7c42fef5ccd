"""Losses of real values. Throughout, r = y_pred - y_true."""

import numpy as np

from lossctl.kinds import (
    AboveMinusOne,
    Array,
    AtLeastOne,
    Flag,
    Floats,
    Floor,
    Level,
    NonNegative,
    NonNegativeOrNone,
    Normaliser,
    PerElement,
    PerRow,
    Positive,
    PowerOfNorm,
    Real,
    Reals,
)
from lossctl.losses.declare import BOUNDED_DISTANCE, DISTANCE, LEVEL, SYMMETRIC, ZERO_AT_TRUTH, loss
from lossctl.losses.stable import (
    Split,
    difference,
    half_distance,
    in_rows,
    log_ratio,
    power_of_ratio,
    quotient,
    row_length,
    row_mean,
    row_root_mean_square,
    row_sum,
)

FAMILY = "regression"


def _sign(y_true: Floats, y_pred: Floats) -> Floats:
    """0 at the kink, as PyTorch does."""
    return np.sign(y_pred - y_true)


def _mae_slope(y_true: Floats, y_pred: Floats, *, dead_zone: float | None) -> Floats:
    """0 at the kink, as PyTorch does."""
    return _past(y_true, y_pred, _sign(y_true, y_pred), dead_zone)


def _quantile_best(quantile: Floats, *, level: float = 0.5, dead_zone: float | None) -> Floats | None:
    """Not known where errors within a dead zone cost nothing."""
    del level
    return quantile if dead_zone is None else None


@loss(
    "l1",
    "l1_loss",
    "absolute_error",
    "mean_absolute_error",
    family=FAMILY,
    claims=DISTANCE,
    slope=_mae_slope,
    constant="quantile",
    best=_quantile_best,
)
def mae(y_true: Real, y_pred: Real, *, dead_zone: NonNegativeOrNone = None) -> PerElement:
    """Absolute error.

    Formula:
        |r|; with dead_zone: max(0, |r| - dead_zone)

    Range:
        0 to inf, in the unit of y.

    Use:
        Where errors cost in proportion to their size and a few outliers must not decide. The best constant is
        the median, so of amounts skewed to the right a model that is good here gets the total too low.

    References:
        Laplace (1774), Mémoire sur la probabilité des causes par les événements.

    Example:
        >>> mae(np.zeros(2), np.array([0.5, -3.0]))
        array([0.5, 3. ])
    """
    return _beyond(y_true, y_pred, dead_zone) if dead_zone else np.abs(y_pred - y_true)


def _mse_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return 2.0 * (y_pred - y_true)


@loss(
    "l2",
    "mse_loss",
    "squared_error",
    "mean_squared_error",
    family=FAMILY,
    claims=DISTANCE,
    slope=_mse_slope,
    constant="variance",
)
def mse(y_true: Real, y_pred: Real) -> PerElement:
    """Squared error.

    Formula:
        r²

    Range:
        0 to inf, in the unit of y squared.

    Use:
        Where large errors cost far more than small ones and the mean is wanted, which is the best constant. A
        few outliers may make up most of it (`lossctl breakdown mse` shows them), and its unit is that of y
        squared.

    References:
        Gauss (1809), Theoria motus corporum coelestium.

    Example:
        >>> mse(np.zeros(2), np.array([0.5, -3.0]))
        array([0.25, 9.  ])
    """
    return np.square(y_pred - y_true)


def _rmse_slope(y_true: Floats, y_pred: Floats, *, by_output: bool) -> Floats:
    """0 at the kink, as PyTorch does."""
    del by_output  # which is about rows together
    return _sign(y_true, y_pred)


def _rmse_best(mean: Floats, *, by_output: bool) -> Floats | None:
    """Not known of outputs that end each by itself."""
    return None if by_output else mean


@loss(
    "root_mean_squared_error",
    family=FAMILY,
    finish="root_mean_square",
    claims=DISTANCE,
    slope=_rmse_slope,
    constant="variance",
    best=_rmse_best,
)
def rmse(y_true: Real, y_pred: Real, *, by_output: Flag = False) -> PerElement:
    """Square root of the mean squared error.

    Formula:
        |r| for one row; over rows the square root of the mean of r²;
        by_output takes the root of each output over rows, then the mean of the roots

    Range:
        0 to inf, in the unit of y.

    Use:
        The mse in the unit of y, for reports; it ranks models as the mse does and minds outliers as much. It is
        no mean of rows, so the values of groups do not average to that of all rows.

    References:
        Gauss (1823), Theoria combinationis observationum erroribus minimis obnoxiae.

    Example:
        >>> rmse(np.zeros(2), np.array([0.5, -3.0]))
        array([0.5, 3. ])
    """
    del by_output  # which is about rows together
    return np.abs(y_pred - y_true)


def _msle_slope(y_true: Floats, y_pred: Floats, *, clip: float | None) -> Floats:
    """0 where clip raises y_pred."""
    if clip is not None:
        y_true = np.maximum(y_true, clip)
        return np.where(y_pred > clip, _msle_slope(y_true, np.maximum(y_pred, clip), clip=None), 0.0)
    return 2.0 * (_sign(y_true, y_pred) * (rmsle(y_true, y_pred) / (1.0 + y_pred)))


@loss(
    "mean_squared_log_error",
    "mean_squared_logarithmic_error",
    "squared_log_error",
    family=FAMILY,
    claims=ZERO_AT_TRUTH,
    slope=_msle_slope,
)
def msle(y_true: AboveMinusOne, y_pred: AboveMinusOne, *, clip: Floor = None) -> PerElement:
    """Squared difference of ln(1 + y).

    Formula:
        (ln(1 + f) - ln(1 + y))²,   f = y_pred,   y = y_true; clip raises f and y below it to it

    Range:
        0 to inf; both inputs lie above -1.

    Use:
        For amounts that span powers of ten, where ratios matter more than differences. A prediction too low
        costs more than one too high by as much, and for values below 1 the 1 in the logarithm hides the ratio.

    References:
        scikit-learn, metrics.mean_squared_log_error.

    Example:
        >>> msle(np.zeros(2), np.array([0.0, np.e - 1])).round(12)
        array([0., 1.])
    """
    if clip is not None:
        y_true, y_pred = np.maximum(y_true, clip), np.maximum(y_pred, clip)
    lower = np.minimum(y_true, y_pred)
    return np.square(log_ratio(np.maximum(y_true, y_pred) - lower, lower + 1.0))


def _huber_slope(y_true: Floats, y_pred: Floats, *, delta: float) -> Floats:
    return np.clip(y_pred - y_true, -delta, delta)


@loss("huber_loss", family=FAMILY, claims=DISTANCE, slope=_huber_slope)
def huber(y_true: Real, y_pred: Real, *, delta: Positive = 1.0) -> PerElement:
    """Squared near zero, absolute in the tails.

    Formula:
        ½ r²             where |r| ≤ δ
        δ (|r| - ½ δ)    elsewhere,   δ = delta

    Range:
        0 to inf.

    Use:
        Where most errors are small and some rows are outliers: half the mse up to delta, in proportion to the
        error beyond. delta is in the unit of y, so the default 1 suits only errors of about that size.

    References:
        Huber (1964), Robust Estimation of a Location Parameter.

    Example:
        >>> huber(np.zeros(2), np.array([0.5, 3.0]))
        array([0.125, 2.5  ])
    """
    half = half_distance(y_true, y_pred)
    near = np.minimum(half, delta / 2)
    return 4 * near * (half - near / 2)


def _smooth_l1_slope(y_true: Floats, y_pred: Floats, *, beta: float) -> Floats:
    """With beta 0, 0 at the kink, as PyTorch does."""
    return _sign(y_true, y_pred) if beta == 0 else np.clip(y_pred - y_true, -beta, beta) / beta


@loss("smooth_l1_loss", family=FAMILY, claims=DISTANCE, slope=_smooth_l1_slope)
def smooth_l1(y_true: Real, y_pred: Real, *, beta: NonNegative = 1.0) -> PerElement:
    """Huber loss divided by its threshold, so that the tails keep slope 1.

    Formula:
        r² / (2 β)    where |r| < β
        |r| - ½ β     elsewhere,   β = beta; β = 0 is the absolute error

    Range:
        0 to inf.

    Use:
        Usual for the coordinates of boxes. It is huber divided by beta, so the two agree at 1 alone; to compare
        with a detector's numbers, set the beta it was trained with, often 1/9.

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


def _pseudo_huber_slope(y_true: Floats, y_pred: Floats, *, delta: float) -> Floats:
    gap = y_pred - y_true
    near = np.clip(gap, -delta, delta)
    return near / np.hypot(near / delta, delta / np.maximum(np.abs(gap), delta))


@loss("charbonnier", "pseudo_huber_loss", family=FAMILY, claims=DISTANCE, slope=_pseudo_huber_slope)
def pseudo_huber(y_true: Real, y_pred: Real, *, delta: Positive = 1.0) -> PerElement:
    """A smooth Huber loss: squared near zero, slope delta in the tails.

    Formula:
        δ² (√(1 + (r/δ)²) - 1),   δ = delta

    Range:
        0 to inf.

    Use:
        Like huber, where a second derivative must exist everywhere, as in boosting. It nears the straight line
        slowly: an error of delta costs 0.41 delta², not 0.5 delta² as in huber, and delta is in the unit of y.

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


def _log_cosh_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return np.tanh(y_pred - y_true)


@loss("logcosh_loss", "log_cosh_error", family=FAMILY, claims=DISTANCE, slope=_log_cosh_slope)
def log_cosh(y_true: Real, y_pred: Real) -> PerElement:
    """Logarithm of the hyperbolic cosine of the error.

    Formula:
        ln cosh r

    Range:
        0 to inf; near ½ r² for small r, near |r| - ln 2 for large r.

    Use:
        A smooth passage from the mse to the mae with nothing to set. The passage lies at errors of about 1 in
        the unit of y: where errors are far larger it is the mae less 0.69, far smaller half the mse.

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


def _quantile_slope(y_true: Floats, y_pred: Floats, *, level: float, dead_zone: float | None) -> Floats:
    """0 at the kink, as for the absolute error."""
    slope = np.where(y_true == y_pred, 0.0, np.where(y_true > y_pred, -level, 1.0 - level))
    return _past(y_true, y_pred, slope, dead_zone)


@loss(
    "pinball",
    "pinball_loss",
    "mean_pinball_loss",
    "quantile_loss",
    "quantile_score",
    family=FAMILY,
    claims=DISTANCE,
    slope=_quantile_slope,
    constant="quantile",
    best=_quantile_best,
)
def quantile(y_true: Real, y_pred: Real, *, level: Level = 0.5, dead_zone: NonNegativeOrNone = None) -> PerElement:
    """Pinball loss, least at the quantile of the given level.

    Formula:
        α s          where y_true ≥ y_pred
        (1 - α) s    elsewhere,   α = level,   s = |y_true - y_pred|;
        with dead_zone s is max(0, |y_true - y_pred| - dead_zone)

    Range:
        0 to inf; level 0.5 gives half the absolute error.

    Use:
        For forecasts of a quantile: at level 0.9 a forecast too low costs nine times one too high by as much.
        At level 0.5 it is half the mae, and it does not see that quantiles forecast apart may cross.

    References:
        Koenker and Bassett (1978), Regression Quantiles.

    Example:
        >>> quantile(np.array([3.0, 1.0]), np.array([2.0, 2.0]), level=0.9).round(12)
        array([0.9, 0.1])
    """
    share = np.where(y_true >= y_pred, level, 1.0 - level)
    if dead_zone:
        return 2 * (share * _half_beyond(y_true, y_pred, dead_zone))
    return 2 * share * half_distance(y_true, y_pred)


def _half_mse_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return y_pred - y_true


@loss(
    "half_squared_error",
    "half_mean_squared_error",
    family=FAMILY,
    claims=DISTANCE,
    slope=_half_mse_slope,
    constant="variance",
)
def half_mse(y_true: Real, y_pred: Real) -> PerElement:
    """Half the squared error.

    Formula:
        ½ r²

    Range:
        0 to inf.

    Use:
        The mse as optax and boosting libraries halve it, so that its slope is the error itself. Beside numbers
        of other tools first see which of the two they print.

    References:
        optax, l2_loss; scikit-learn, HalfSquaredError.

    Example:
        >>> half_mse(np.zeros(2), np.array([0.5, -3.0]))
        array([0.125, 4.5  ])
    """
    half = half_distance(y_true, y_pred)
    return 2 * half * half


def _rmsle_slope(y_true: Floats, y_pred: Floats, *, by_output: bool) -> Floats:
    """0 at the kink, as for the absolute error."""
    del by_output  # which is about rows together
    return _sign(y_true, y_pred) / (1.0 + y_pred)


@loss(
    "root_mean_squared_log_error",
    "root_mean_squared_logarithmic_error",
    family=FAMILY,
    finish="root_mean_square",
    claims=ZERO_AT_TRUTH,
    slope=_rmsle_slope,
)
def rmsle(y_true: AboveMinusOne, y_pred: AboveMinusOne, *, by_output: Flag = False) -> PerElement:
    """Square root of the mean squared difference of ln(1 + y).

    Formula:
        |ln(1 + y_pred) - ln(1 + y_true)| for one row; over rows the square root of the mean of its square;
        by_output takes the root of each output over rows, then the mean of the roots

    Range:
        0 to inf; both inputs lie above -1.

    Use:
        The msle as competitions report it; 0.1 is about 10 % off where values are well above 1. A prediction
        too low costs more than one too high by as much, and it is no mean of rows.

    References:
        scikit-learn, metrics.root_mean_squared_log_error.

    Example:
        >>> rmsle(np.zeros(2), np.array([0.0, np.e - 1])).round(12)
        array([0., 1.])
    """
    del by_output  # which is about rows together
    lower = np.minimum(y_true, y_pred)
    return log_ratio(np.maximum(y_true, y_pred) - lower, lower + 1.0)


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _mape_slope(y_true: Floats, y_pred: Floats, *, eps: float, percent: bool) -> Floats:
    """0 at the kink, as for the absolute error; infinite where y_true alone is 0."""
    sign = _sign(y_true, y_pred)
    return np.where(sign == 0, 0.0, (100.0 if percent else 1.0) * sign / np.maximum(np.abs(y_true), eps))


@loss(
    "mean_absolute_percentage_error",
    "absolute_percentage_error",
    "absolute_relative_error",
    family=FAMILY,
    claims=ZERO_AT_TRUTH,
    slope=_mape_slope,
)
def mape(y_true: Real, y_pred: Real, *, eps: NonNegative = 0.0, percent: Flag = False) -> PerElement:
    """Absolute error as a share of the true value.

    Formula:
        |r| / max(|y_true|, ε),   ε = eps;   0 where y_pred is y_true; percent multiplies by 100

    Range:
        0 to inf; inf where y_true is 0 and y_pred is not. A share: Keras multiplies it by 100, and the frameworks
        replace a true value of 0 by a small number of their own.

    Use:
        To compare forecasts of series of different size, all well away from 0. A few true values near 0 may
        make up all of it, and of amounts a forecast too low costs at most 1, one too high any number: it
        rewards forecasting low.

    References:
        Makridakis (1993), Accuracy Measures: Theoretical and Practical Concerns.

    Example:
        >>> mape(np.array([2.0, -4.0, 0.0]), np.array([3.0, -3.0, 0.0]))
        array([0.5 , 0.25, 0.  ])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        size = np.abs(y_pred - y_true)
        beyond = np.isinf(size)  # the difference may leave the range where the share does not
        base = np.maximum(np.abs(y_true), eps)
        share = np.where(beyond, half_distance(y_true, y_pred) / (base / 2), size / np.where(size == 0, 1.0, base))
        return 100.0 * share if percent else share


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _smape_slope(y_true: Floats, y_pred: Floats, *, percent: bool) -> Floats:
    """0 at the kink; where y_pred alone is 0 the mean of the slopes on its two sides, as |y_pred| has slope 0 there."""
    half = np.abs(y_true) / 2 + np.abs(y_pred) / 2
    sides = (1.0 + np.sign(y_true) * np.sign(y_pred)) / 2
    steep = _sign(y_true, y_pred) * (sides * (np.abs(y_true) / half) / half)
    return (100.0 if percent else 1.0) * np.where((y_true == 0) | (y_pred == y_true) | np.isinf(half), 0.0, steep)


@loss(
    "symmetric_mean_absolute_percentage_error",
    "symmetric_absolute_percentage_error",
    family=FAMILY,
    claims=SYMMETRIC | {"bounded"},
    slope=_smape_slope,
)
def smape(y_true: Real, y_pred: Real, *, percent: Flag = False) -> PerElement:
    """Absolute error as a share of the mean size of the true and the predicted value.

    Formula:
        2 |r| / (|y_true| + |y_pred|);   0 where both are 0; percent multiplies by 100

    Range:
        0 to 2; other tools leave out the factor 2 or multiply by 100.

    Use:
        Like mape, but bounded. Where y_true is 0 every other prediction costs 2, however close it is, and in
        spite of its name a prediction too low costs more than one too high by as much.

    References:
        Makridakis (1993), Accuracy Measures: Theoretical and Practical Concerns.

    Example:
        >>> smape(np.array([1.0, -1.0, 0.0]), np.array([3.0, 1.0, 0.0]))
        array([1., 2., 0.])
    """
    larger = np.maximum(np.abs(y_true), np.abs(y_pred))
    with np.errstate(invalid="ignore"):
        # Twice the difference over the sum, each as a share of the larger: an infinite value leaves 2.
        _, exponent = np.frexp(np.where(np.isfinite(larger), larger, 1.0))
        true, pred = np.ldexp(y_true, -exponent), np.ldexp(y_pred, -exponent)
        share = 2 * np.abs(pred - true) / (np.abs(true) + np.abs(pred))
    share = np.where(larger == 0, 0.0, np.where(np.isinf(larger), 2.0, share))
    return 100.0 * share if percent else share


def _errors_and_sizes(y_true: Reals, y_pred: Reals) -> Split:
    true, pred = in_rows(y_true), in_rows(y_pred)
    with np.errstate(over="ignore"):
        return Split(row_sum(np.abs(pred - true)), row_sum(np.abs(true)))


def _wmape_slope(y_true: Floats, y_pred: Floats) -> Floats:
    """That of the row alone: 0 at a kink, as for the absolute error; infinite where each true value of it is 0."""
    true, pred = in_rows(y_true), in_rows(y_pred)
    _, exponent = np.frexp(np.abs(true).max(axis=1, keepdims=True))
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        size = row_sum(np.abs(np.ldexp(true, -exponent)))[:, None]
        steep = np.ldexp(1.0 / size, -exponent)
    return np.where(pred == true, 0.0, np.sign(pred - true) * steep).reshape(y_pred.shape)


@loss(
    "weighted_mean_absolute_percentage_error",
    "weighted_absolute_percentage_error",
    "wape",
    family=FAMILY,
    finish="ratio",
    split=_errors_and_sizes,
    claims=ZERO_AT_TRUTH,
    slope=_wmape_slope,
)
def wmape(y_true: Reals, y_pred: Reals) -> PerRow:
    """Absolute errors as a share of the true values, both added up first.

    Formula:
        Σ_i |f_i - y_i| / Σ_i |y_i|,   f = y_pred,   y = y_true;
        i over all rows and their outputs, of one row over its outputs; 0 where both sums are 0

    Range:
        0 to inf; inf where each true value is 0 and some prediction is not. A share: some tools multiply it by 100.

    Use:
        For demand and other amounts that are 0 now and then, where mape is infinite. A row counts as much as its true
        value is large, so a few large rows may be all there is to see.

    References:
        Kolassa and Schütz (2007), Advantages of the MAD/Mean Ratio over the MAPE.

    Example:
        >>> wmape(np.array([[2.0, -4.0], [0.0, 0.0]]), np.array([[3.0, -3.5], [0.0, 0.0]]))
        array([0.25, 0.  ])
    """
    return _errors_and_sizes(*_in_range(y_true, y_pred)).alone


def _errors_and_truths(y_true: Reals, y_pred: Reals, *, normalise: str) -> Split:
    true = in_rows(y_true)
    with np.errstate(over="ignore"):
        return Split(row_root_mean_square(in_rows(y_pred) - true), true, (normalise,))


def _size_and_measure(y_true: Reals, y_pred: Reals, *, normalise: str) -> dict[str, Floats]:
    true = in_rows(y_true)
    (scaled, _), powers = _scaled(true, true)
    return {"n": np.full(len(true), float(true.shape[1])), "m": np.ldexp(_measure(scaled, normalise), -powers[:, 0])}


def _nrmse_slope(y_true: Reals, y_pred: Reals, *, normalise: str) -> Floats:
    """That of the row alone: 0 where no prediction is off; infinite where the measure is 0."""
    (true, pred), powers = _scaled(y_true, y_pred)
    root, measure = (part[:, None] for part in _root_and_measure(true, pred, normalise))
    gap = pred - true
    measure, exponent = np.frexp(measure)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        slope = np.ldexp(gap / (true.shape[1] * root) / measure, powers - exponent)
    return np.where(gap == 0, 0.0, slope).reshape(y_pred.shape)


@loss(
    "normalized_root_mean_squared_error",
    "normalised_root_mean_squared_error",
    "normalized_rmse",
    "cvrmse",
    family=FAMILY,
    finish="normalised",
    split=_errors_and_truths,
    claims=ZERO_AT_TRUTH,
    slope=_nrmse_slope,
    measures=_size_and_measure,
)
def nrmse(y_true: Reals, y_pred: Reals, *, normalise: Normaliser = "mean") -> PerRow:
    """Root mean squared error as a share of the size, or of the spread, of the true values.

    Formula:
        √(Σ_i (f_i - y_i)² / n) / m,   f = y_pred,   y = y_true,   n values and m, their measure, |Σ_i y_i / n|;
        i over all rows and their outputs, of one row over its outputs; 0 where no prediction is off;
        normalise takes another measure of y: range is max - min, std √(Σ_i (y_i - mean)² / n), l2 √(Σ_i y_i²)

    Range:
        0 to inf; inf where the measure is 0 and some prediction is off. A share: hydroGOF prints percent. torchmetrics
        and permetrics divide by the mean with its sign, hydroGOF by a standard deviation of n - 1.

    Use:
        To compare models of series of different units. The mean needs values well away from 0 on one side; std has 1
        for always predicting the mean. Of one row alone range and std are 0, so rank rows by rmse. l2 grows no less as
        rows do, so compare it on the same rows only.

    References:
        torchmetrics, NormalizedRootMeanSquaredError; hydroGOF, nrmse.

    Example:
        >>> nrmse(np.array([[2.0, 4.0]]), np.array([[2.5, 3.5]]), normalise="range")
        array([0.25])
    """
    return quotient(*_root_and_measure(*_in_range(y_true, y_pred), normalise))


def _root_and_measure(true: Floats, pred: Floats, normalise: str) -> tuple[Floats, Floats]:
    return row_root_mean_square(pred - true), _measure(true, normalise)


def _measure(true: Floats, normalise: str) -> Floats:
    if normalise == "l2":
        return row_length(true)
    if normalise == "range":
        width: Floats = true.max(axis=1) - true.min(axis=1)
        return width
    if normalise == "mean":
        return np.abs(row_mean(true))
    # From the first value on, the mean with what its rounding took: the values may be near each other.
    gap, lost = difference(true, true[:, :1])
    middle = row_mean(gap) + row_mean(lost)
    return row_root_mean_square((gap - middle[:, None]) + lost)


def _in_range(y_true: Floats, y_pred: Floats) -> tuple[Floats, Floats]:
    """Rows times powers of two that leave their shares alone, of numbers too small for a sum to leave the range."""
    return _scaled(y_true, y_pred)[0]


def _scaled(y_true: Floats, y_pred: Floats) -> tuple[tuple[Floats, Floats], Array]:
    """The rows in range, and the powers of two that brought them there, shape (n, 1)."""
    true, pred = in_rows(y_true), in_rows(y_pred)
    _, exponent = np.frexp(np.maximum(np.abs(true), np.abs(pred)).max(axis=1, keepdims=True))
    powers = 900 - exponent
    with np.errstate(under="ignore"):
        return (np.ldexp(true, powers), np.ldexp(pred, powers)), powers


def _errors_alone(y_true: Reals, y_pred: Reals, *, p: float) -> Split:
    return Split(minkowski(y_true, y_pred, p=p), None, (p,))


@np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore")
def _minkowski_slope(y_true: Reals, y_pred: Reals, *, p: float) -> Floats:
    """With p 1, 0 at the kinks; 0 also where all values are right."""
    # Each rounding in an error would count p times.
    (true, pred), _ = _scaled(y_true, y_pred)
    gap, lost = difference(pred, true)
    signs = np.sign(gap)
    errors = signs * gap, signs * lost
    top = errors[0].argmax(axis=1)[:, None]
    largest = np.take_along_axis(errors[0], top, axis=1), np.take_along_axis(errors[1], top, axis=1)
    length = np.power(row_sum(power_of_ratio(errors, largest, p)), (p - 1.0) / p)[:, None]
    slope = np.where(signs == 0, 0.0, signs * power_of_ratio(errors, largest, p - 1.0) / length)
    return slope.reshape(y_pred.shape)


@loss(
    "minkowski_distance",
    "p_norm",
    family=FAMILY,
    finish="norm",
    split=_errors_alone,
    claims=SYMMETRIC,
    slope=_minkowski_slope,
)
def minkowski(y_true: Reals, y_pred: Reals, *, p: PowerOfNorm) -> PerRow:
    """Minkowski distance of the predicted from the true values, taken as two vectors.

    Formula:
        (Σ_i |f_i - y_i|^p)^(1/p),   f = y_pred,   y = y_true;
        i over all rows and their outputs, of one row over its outputs

    Range:
        0 to inf, in the unit of y; it grows with the number of rows.

    Use:
        For the distance of two vectors, a row an element: p 1 adds the absolute errors, 2 is the Euclidean distance,
        and large p come near max_error. Nothing is divided by the number of rows, so compare it on the same rows only;
        lq is the mean of the powers.

    References:
        Minkowski (1896), Geometrie der Zahlen; torchmetrics, MinkowskiDistance.

    Example:
        >>> minkowski(np.array([[1.0, 1.0]]), np.array([[4.0, 5.0]]), p=2.0)
        array([5.])
    """
    largest, share = _shares_of_largest(y_true, y_pred)
    return largest * np.power(row_sum(np.power(share, p)), 1.0 / p)


def _shares_of_largest(y_true: Floats, y_pred: Floats) -> tuple[Floats, Floats]:
    """Of each row the largest absolute error, and all of them as shares of it."""
    true, pred = in_rows(y_true), in_rows(y_pred)
    with np.errstate(over="ignore", invalid="ignore"):
        largest = np.abs(pred - true).max(axis=1)
        # The largest may leave the range where shares do not; halves of subnormal numbers would lose a digit.
        half = np.isinf(largest)[:, None]
        size = np.where(half, half_distance(true, pred), np.abs(pred - true))
    top = size.max(axis=1, keepdims=True)
    return largest, size / np.where(top == 0, 1.0, top)


@loss(
    "max_absolute_error",
    "maximum_error",
    "linf",
    "chebyshev",
    family=FAMILY,
    finish="largest",
    claims=DISTANCE,
    slope=_sign,
)
def max_error(y_true: Real, y_pred: Real) -> PerElement:
    """The largest absolute error.

    Formula:
        |r| for one row; over rows and outputs the largest |r|

    Range:
        0 to inf, in the unit of y.

    Use:
        For tolerances that no row may break. One bad row decides it, and it grows with the number of rows, so compare
        it on the same rows only. Weights only leave out rows, those of weight 0.

    References:
        scikit-learn, metrics.max_error.

    Example:
        >>> max_error(np.zeros(2), np.array([0.5, -3.0]))
        array([0.5, 3. ])
    """
    return np.abs(y_pred - y_true)


@loss("median_ae", "medae", family=FAMILY, finish="median", claims=DISTANCE, slope=_rmse_slope)
def median_absolute_error(y_true: Real, y_pred: Real, *, by_output: Flag = False) -> PerElement:
    """The median of the absolute errors.

    Formula:
        |r| for one row, its mean for a row of several outputs; over rows the median, between two rows their mean;
        by_output takes the median of each output over rows, then the mean of the medians

    Range:
        0 to inf, in the unit of y.

    Use:
        For the error of a usual row, whatever the outliers do: up to half the rows may be wrong without any trace. Of
        more than 65,536 rows it is known within 1 %. Weights other than 0 must be equal.

    References:
        Hampel (1974), The Influence Curve and Its Role in Robust Estimation.

    Example:
        >>> median_absolute_error(np.zeros(2), np.array([0.5, -3.0]))
        array([0.5, 3. ])
    """
    del by_output  # which is about rows together
    return np.abs(y_pred - y_true)


def _expectile_slope(y_true: Floats, y_pred: Floats, *, level: float) -> Floats:
    return 4.0 * (np.where(y_true >= y_pred, level, 1.0 - level) * (y_pred / 2 - y_true / 2))


@loss("expectile_loss", "asymmetric_squared_error", family=FAMILY, claims=DISTANCE, slope=_expectile_slope)
def expectile(y_true: Real, y_pred: Real, *, level: Level = 0.5) -> PerElement:
    """Asymmetric squared error, least at the expectile of the given level.

    Formula:
        τ r²          where y_true ≥ y_pred
        (1 - τ) r²    elsewhere,   τ = level

    Range:
        0 to inf; level 0.5 gives half the squared error.

    Use:
        Where errors to one side cost more and, unlike with quantile, their size counts: the best constant is
        the expectile. It minds outliers as the mse does, and an expectile is no quantile of the same level.

    References:
        Newey and Powell (1987), Asymmetric Least Squares Estimation and Testing.

    Example:
        >>> expectile(np.array([3.0, 1.0]), np.array([1.0, 3.0]), level=0.75)
        array([3., 1.])
    """
    half = half_distance(y_true, y_pred)
    # Weighed before it is squared, because the square may leave the range where the loss does not.
    return 4 * np.where(y_true >= y_pred, level, 1.0 - level) * half * half


@np.errstate(over="ignore")
def _lq_slope(y_true: Floats, y_pred: Floats, *, p: float) -> Floats:
    """With p 1, 0 at the kink, as for the absolute error."""
    return _sign(y_true, y_pred) * (p * _power(y_true, y_pred, p - 1.0))


@loss("lq_loss", "lp", "lp_loss", family=FAMILY, claims=DISTANCE, slope=_lq_slope)
def lq(y_true: Real, y_pred: Real, *, p: AtLeastOne = 2.0) -> PerElement:
    """A power of the absolute error.

    Formula:
        |r|ᵖ

    Range:
        0 to inf; p 1 gives the absolute error and p 2 its square.

    Use:
        Between the mae and the mse with p from 1 to 2, harsher on outliers than both beyond. Its unit is that
        of y to the power p, so values of different p cannot be compared.

    References:
        Gentle (2007), Matrix Algebra; CatBoost calls it Lq.

    Example:
        >>> lq(np.zeros(2), np.array([0.25, -4.0]), p=1.5)
        array([0.125, 8.   ])
    """
    with np.errstate(over="ignore"):
        return _power(y_true, y_pred, p)


def _power(y_true: Floats, y_pred: Floats, p: float) -> Floats:
    """|r|ᵖ; what rounding took from the difference counts p times."""
    gap, lost = difference(y_pred, y_true)
    return np.power(np.abs(gap), p) * (1.0 + p * (lost / np.where(gap == 0, 1.0, gap)))


def _epsilon_insensitive_slope(y_true: Floats, y_pred: Floats, *, epsilon: float) -> Floats:
    """0 at the kinks."""
    gap, lost = difference(y_pred, y_true)
    outside = (np.abs(gap) - epsilon) + np.copysign(1.0, gap) * lost > 0
    return np.where(outside, np.sign(gap), 0.0)


@loss(family=FAMILY, claims=ZERO_AT_TRUTH, slope=_epsilon_insensitive_slope)
def epsilon_insensitive(y_true: Real, y_pred: Real, *, epsilon: NonNegative = 0.1) -> PerElement:
    """Absolute error beyond a tolerance.

    Formula:
        max(0, |r| - ε),   ε = epsilon

    Range:
        0 to inf.

    Use:
        Where an error within a tolerance is as good as none, as in support vector regression. epsilon is in the
        unit of y: the default 0.1 may forgive everything or nothing.

    References:
        Vapnik (1995), The Nature of Statistical Learning Theory.

    Example:
        >>> epsilon_insensitive(np.zeros(2), np.array([0.25, -3.0]), epsilon=0.5)
        array([0. , 2.5])
    """
    return _beyond(y_true, y_pred, epsilon)


def _squared_epsilon_insensitive_slope(y_true: Floats, y_pred: Floats, *, epsilon: float) -> Floats:
    return 2.0 * (_sign(y_true, y_pred) * _beyond(y_true, y_pred, epsilon))


@loss(family=FAMILY, claims=ZERO_AT_TRUTH, slope=_squared_epsilon_insensitive_slope)
def squared_epsilon_insensitive(y_true: Real, y_pred: Real, *, epsilon: NonNegative = 0.1) -> PerElement:
    """Square of the absolute error beyond a tolerance.

    Formula:
        max(0, |r| - ε)²,   ε = epsilon

    Range:
        0 to inf.

    Use:
        Like epsilon_insensitive, but smooth at the tolerance and, like the mse, decided by outliers. epsilon is
        in the unit of y.

    References:
        Vapnik (1995), The Nature of Statistical Learning Theory.

    Example:
        >>> squared_epsilon_insensitive(np.zeros(2), np.array([0.25, -3.0]), epsilon=0.5)
        array([0.  , 6.25])
    """
    with np.errstate(over="ignore"):
        return np.square(_beyond(y_true, y_pred, epsilon))


def _past(y_true: Floats, y_pred: Floats, slope: Floats, epsilon: float | None) -> Floats:
    """The slope where the error is beyond a tolerance, 0 elsewhere."""
    return np.where(_beyond(y_true, y_pred, epsilon) > 0, slope, 0.0) if epsilon else slope


def _beyond(y_true: Floats, y_pred: Floats, epsilon: float) -> Floats:
    return 2 * _half_beyond(y_true, y_pred, epsilon)


def _half_beyond(y_true: Floats, y_pred: Floats, epsilon: float) -> Floats:
    # Halves, so that the difference of the largest numbers stays in range; near epsilon, what its rounding took matters.
    gap, lost = difference(y_pred / 2, y_true / 2)
    return np.maximum((np.abs(gap) - epsilon / 2) + np.copysign(1.0, gap) * lost, 0.0)


@loss(
    "zero_one_loss",
    "hamming",
    "hamming_loss",
    "misclassification_error",
    family=FAMILY,
    claims=SYMMETRIC | BOUNDED_DISTANCE | LEVEL,
)
def zero_one(y_true: Real, y_pred: Real) -> PerElement:
    """Whether the prediction is another number than the truth.

    Formula:
        1 where y_pred ≠ y_true, 0 elsewhere

    Range:
        0 or 1; the mean is the share of wrong values, also over the labels of a row. Of several labels zero_one_loss is
        subset_zero_one, as in scikit-learn.

    Use:
        The error rate of labels written as numbers; of several columns the share of wrong labels. Numbers are
        compared exactly, so 0.99 for 1 is wrong; where one label is rare, always giving the other looks good.

    References:
        Hamming (1950), Error Detecting and Error Correcting Codes.

    Example:
        >>> zero_one(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
        array([0., 1.])
    """
    return np.where(y_pred == y_true, 0.0, 1.0)
