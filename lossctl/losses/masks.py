"""Losses of masks: a row is a mask of k pixels. Throughout, y = y_true and p = y_pred, and sums are over the pixels."""

import numpy as np

from lossctl.kinds import Flag, Floats, Mask, MaskOfClass, NonNegative, NonNegativeOrNone, PerRow, Pixels, PixelsOfClass
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import Split, in_rows, quotient, row_sum

FAMILY = "masks"


def _wrong_and_both(y_true: Floats, y_pred: Floats) -> tuple[Floats, Floats]:
    true, pred = in_rows(y_true), in_rows(y_pred)
    wrong = row_sum(pred * (1.0 - true)) + row_sum(true * (1.0 - pred))
    return wrong, row_sum(pred) + row_sum(true)


def _dice(y_true: Mask, y_pred: Pixels, *, smooth: float, eps: float, **_: bool) -> Split:
    return Split(*_wrong_and_both(y_true, y_pred), (eps, eps + 2 * smooth))


def _dice_slope(y_true: Floats, y_pred: Floats, *, smooth: float, eps: float, pool: bool) -> Floats:
    """That of the row alone, also with pool: 0 of two empty masks with ε 0, where the loss jumps."""
    del pool
    true, pred = in_rows(y_true), in_rows(y_pred)
    both = (row_sum(pred * true) + smooth)[:, None]
    total = (row_sum(pred) + row_sum(true) + eps + 2 * smooth)[:, None]
    return _over_square((both - true * total) * 2.0, total).reshape(y_pred.shape)


def _over_square(rise: Floats, total: Floats) -> Floats:
    """The rise over the square of the total, which may leave the range; 0 where there is no total."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total == 0, 0.0, rise / total / total)


@loss(
    "dice_loss",
    "binary_dice_loss",
    "sorensen_dice",
    family=FAMILY,
    finish="ratio",
    split=_dice,
    claims=NEVER_NEGATIVE,
    slope=_dice_slope,
)
def dice(
    y_true: Mask, y_pred: Pixels, *, smooth: NonNegative = 0.0, eps: NonNegative = 0.0, pool: Flag = False
) -> PerRow:
    """One minus the Dice coefficient of two masks.

    Formula:
        1 - (2 Σ_i p_i y_i + 2 s) / (Σ_i p_i + Σ_i y_i + 2 s + ε),   s = smooth,   ε = eps;
        0 where both masks are empty and ε is 0; pool takes all rows as one mask

    Range:
        0 to 1.

    Use:
        For segments that are small beside their picture, of which a pixel's cross entropy sees little. Each row counts
        alike however small its mask; pool=true counts each pixel alike, as Keras does unless told an axis. Of two empty
        masks Keras, where ε is 1e-7, makes 1, the worst there is. What others call smooth often is half of it here.

    References:
        Milletari, Navab and Ahmadi (2016), V-Net, whose denominator adds up squares.

    Example:
        >>> dice(np.array([[1.0, 1.0, 0.0, 0.0]]), np.array([[1.0, 0.5, 0.5, 0.0]]))
        array([0.25])
    """
    return _dice(y_true, y_pred, smooth=smooth, eps=eps, pool=pool).alone


def _weighed_and_both(y_true: Floats, y_pred: Floats, alpha: float, beta: float) -> tuple[Floats, Floats]:
    true, pred = in_rows(y_true), in_rows(y_pred)
    wrong = alpha * row_sum(pred * (1.0 - true)) + beta * row_sum(true * (1.0 - pred))
    return wrong, row_sum(pred * true)


def _tversky(y_true: Mask, y_pred: Pixels, *, alpha: float, beta: float, eps: float, swapped: bool, **_: bool) -> Split:
    alpha, beta = (beta, alpha) if swapped else (alpha, beta)
    wrong, both = _weighed_and_both(y_true, y_pred, alpha, beta)
    return Split(wrong, both + wrong, (eps, eps))


def _tversky_slope(
    y_true: Floats, y_pred: Floats, *, alpha: float, beta: float, eps: float, pool: bool, swapped: bool
) -> Floats:
    """That of the row alone, also with pool: 0 of two empty masks with ε 0, where the loss jumps."""
    del pool
    alpha, beta = (beta, alpha) if swapped else (alpha, beta)
    wrong, both = (part[:, None] for part in _weighed_and_both(y_true, y_pred, alpha, beta))
    true, missed = in_rows(y_true), wrong + eps
    slope = _over_square((1.0 - true) * alpha * both - true * (beta * both + missed), both + wrong + eps)
    return slope.reshape(y_pred.shape)


@loss("tversky_loss", family=FAMILY, finish="ratio", split=_tversky, claims=NEVER_NEGATIVE, slope=_tversky_slope)
def tversky(
    y_true: Mask,
    y_pred: Pixels,
    *,
    alpha: NonNegative = 0.5,
    beta: NonNegative = 0.5,
    eps: NonNegative = 0.0,
    pool: Flag = False,
    swapped: Flag = False,
) -> PerRow:
    """One minus the Tversky index of two masks: false positives and false negatives weigh differently.

    Formula:
        1 - Σ_i p_i y_i / (Σ_i p_i y_i + α Σ_i p_i (1 - y_i) + β Σ_i (1 - p_i) y_i + ε),
        α = alpha,   β = beta,   ε = eps;
        0 where both masks are empty and ε is 0; pool takes all rows as one mask; swapped lets α and β change places

    Range:
        0 to 1; α = β = 0.5 is dice, α = β = 1 is 1 minus the intersection over the union.

    Use:
        Where a pixel missed is worse than one too many: beta above alpha. Keras up to 3.15.1 gives alpha to the pixels
        missed, which is what swapped does.

    References:
        Salehi, Erdogmus and Gholipour (2017), Tversky Loss Function for Image Segmentation.

    Example:
        >>> tversky(np.array([[1.0, 1.0, 0.0, 0.0]]), np.array([[1.0, 0.5, 0.5, 0.0]]), alpha=0.25, beta=0.75)
        array([0.25])
    """
    return _tversky(y_true, y_pred, alpha=alpha, beta=beta, eps=eps, pool=pool, swapped=swapped).alone


def _generalized_dice(y_true: MaskOfClass, y_pred: PixelsOfClass, *, eps: float, smooth: float | None) -> Split:
    wrong, both = _wrong_and_both(y_true, y_pred)
    size = row_sum(in_rows(y_true))
    with np.errstate(divide="ignore", over="ignore"):
        weight = np.where((size == 0) & (eps == 0), 0.0, 1.0 / (np.square(size) + eps))
    if smooth is not None:
        wrong, both = quotient(wrong, both + 2 * smooth), np.ones(len(both))
    return Split(weight * wrong, weight * both)


def _generalized_dice_slope(y_true: Floats, y_pred: Floats, *, eps: float, smooth: float | None) -> Floats:
    """That of the row alone, which is that of dice; 0 where ε is 0 and no pixel true, as such a row counts nothing."""
    slope = in_rows(_dice_slope(y_true, y_pred, smooth=smooth or 0.0, eps=0.0, pool=False))
    nothing = (row_sum(in_rows(y_true)) == 0) & (eps == 0)
    return np.where(nothing[:, None], 0.0, slope).reshape(y_pred.shape)


@loss(
    "generalized_dice_loss",
    "generalised_dice",
    family=FAMILY,
    finish="ratio",
    split=_generalized_dice,
    claims=NEVER_NEGATIVE,
    slope=_generalized_dice_slope,
)
def generalized_dice(
    y_true: MaskOfClass, y_pred: PixelsOfClass, *, eps: NonNegative = 0.0, smooth: NonNegativeOrNone = None
) -> PerRow:
    """One minus the Dice coefficient of the masks of several classes, a class a row, small ones raised to equal weight.

    Formula:
        0                                                        where Σ_i y_i + ε = 0
        1 - (2 Σ_i p_i y_i + 2 s) / (Σ_i p_i + Σ_i y_i + 2 s)    elsewhere,   of one row,   ε = eps,
        s = smooth, 0 without smooth;
        over rows both sums are added up with the weight 1 / ((Σ y)² + ε) of each row, 0 where ε is 0 and no pixel true;
        with smooth, be it 0, the value is the mean of the rows' own by these weights

    Range:
        0 to 1.

    Use:
        For several classes of very different size in one picture: give each class a row, and several pictures a column
        for --by. A class that is nowhere true is left out, also where it is predicted; eps=1e-7 lets it rule the value.
        smooth averages the dice of the classes, as optax does, instead of adding up their pixels.

    References:
        Sudre, Li, Vercauteren, Ourselin and Cardoso (2017), Generalised Dice Overlap as a Deep Learning Loss Function.

    Example:
        >>> generalized_dice(np.array([[1.0, 1.0, 0.0, 0.0]]), np.array([[1.0, 0.5, 0.5, 0.0]]))
        array([0.25])
    """
    return _generalized_dice(y_true, y_pred, eps=eps, smooth=smooth).alone
