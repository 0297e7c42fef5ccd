"""Focal losses of logits. Throughout, γ = gamma."""

import numpy as np

from lossctl.kinds import (
    Balance,
    Floats,
    Label,
    Logits,
    NonNegative,
    PerElement,
    PerRow,
    Real,
    TargetDistribution,
    Truth,
)
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import (
    counted,
    difference,
    of_label,
    power_of_ratio,
    power_of_rest,
    product,
    row_rest,
    row_sum,
    shrunk,
    sigmoid,
    slope_of_logits,
    softmax,
    softplus,
    surprise_of_logits,
    to_label,
)

FAMILY = "probabilities"


def _sigmoid_focal_slope(y_true: Floats, y_pred: Floats, *, gamma: float, alpha: float | None) -> Floats:
    """It is a q^γ (γ (1 - 2 y) E p (1 - p) / q + p - y), where E is the cross entropy."""
    with np.errstate(all="ignore"):
        small, above, negative = np.exp(-np.abs(y_pred)), y_pred >= 0, 1.0 - y_true
        against, within = np.where(above, negative, y_true), np.where(above, y_true, negative)
        # p (1 - p) / q, with numerator and denominator divided by exp(-|z|), which may be 0.
        share = 1.0 / ((1.0 + small) * (within + np.where(against == 0, 0.0, against / small)))
        turn = counted(gamma * (1.0 - 2.0 * y_true), counted(share, _entropy(y_true, y_pred)))
        pull = negative * sigmoid(y_pred) - y_true * sigmoid(-y_pred)
        slope = _power_of_miss(y_true, y_pred, gamma) * (turn + pull)
    return slope if alpha is None else counted(_balance(y_true, alpha), slope)


@loss(
    "sigmoid_focal_loss",
    "binary_focal_logits",
    "binary_focal_loss_with_logits",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_sigmoid_focal_slope,
)
def sigmoid_focal(y_true: Truth, y_pred: Real, *, gamma: NonNegative = 2.0, alpha: Balance = None) -> PerElement:
    """Focal loss of logits: a cross entropy that makes little of rows already right.

    Formula:
        a q^γ (y ln(1 + exp(-z)) + (1 - y) ln(1 + exp(z))),   q = y (1 - p) + (1 - y) p,   p = 1 / (1 + exp(-z)),
        a = α y + (1 - α) (1 - y), 1 without alpha,   z = y_pred,   y = y_true,   α = alpha

    Range:
        0 to inf. torchvision's alpha is 0.25 unless told otherwise, and -1 there stands for none. What Keras makes of
        logits is binary_focal of their sigmoid, which it clips.

    Use:
        For training where positives are rare and most rows easy, as in detection. With gamma above 0 it is not
        least at the right probability, so judge the probabilities themselves by bce_logits.

    References:
        Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection, equation 5.

    Example:
        >>> sigmoid_focal(np.array([1.0, 0.0]), np.array([0.0, -1000.0])).round(7)
        array([0.1732868, 0.       ])
    """
    focal = _power_of_miss(y_true, y_pred, gamma) * _entropy(y_true, y_pred)
    return focal if alpha is None else counted(_balance(y_true, alpha), focal)


def _categorical_focal_logits_slope(y_true: Floats, y_pred: Floats, *, gamma: float) -> Floats:
    return slope_of_logits(counted(y_true, _steepness(y_pred, gamma)), y_pred)


@loss(
    "categorical_focal_loss_with_logits",
    "softmax_focal",
    "softmax_focal_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_categorical_focal_logits_slope,
)
def categorical_focal_logits(y_true: TargetDistribution, y_pred: Logits, *, gamma: NonNegative = 2.0) -> PerRow:
    """Focal loss of the classes' logits against one-hot or soft targets.

    Formula:
        -Σ_c t_c (1 - p_c)^γ ln p_c,   t = y_true,   p = softmax of y_pred

    Range:
        0 to inf. Keras multiplies it by 0.25.

    Use:
        For training on many classes of which most rows are easy. With gamma above 0 it is not least at the right
        probabilities, so judge those by cce_logits.

    References:
        Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection.

    Example:
        >>> categorical_focal_logits(np.array([[0.0, 1.0]]), np.array([[0.0, 0.0]])).round(7)
        array([0.1732868])
    """
    return row_sum(counted(y_true, _focal_of_classes(y_pred, gamma)))


def _sparse_categorical_focal_logits_slope(y_true: Label, y_pred: Floats, *, gamma: float) -> Floats:
    own = of_label(_steepness(y_pred, gamma), y_true)
    return slope_of_logits(to_label(own, y_true, y_pred.shape[1]), y_pred)


@loss(
    "sparse_categorical_focal_loss_with_logits",
    "categorical_focal_logits",
    "categorical_focal_loss_with_logits",
    "softmax_focal",
    "softmax_focal_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_sparse_categorical_focal_logits_slope,
)
def sparse_categorical_focal_logits(y_true: Label, y_pred: Logits, *, gamma: NonNegative = 2.0) -> PerRow:
    """Focal loss of the classes' logits against class ids or names.

    Formula:
        -(1 - p_y)^γ ln p_y,   y = y_true,   p = softmax of y_pred

    Range:
        0 to inf.

    Use:
        As categorical_focal_logits, where the true class is one column of ids or names.

    References:
        Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection.

    Example:
        >>> sparse_categorical_focal_logits(np.array([1]), np.array([[0.0, 0.0]])).round(7)
        array([0.1732868])
    """
    return of_label(_focal_of_classes(y_pred, gamma), y_true)


def _focal_of_classes(logits: Floats, gamma: float) -> Floats:
    surprise = surprise_of_logits(logits)
    with np.errstate(under="ignore"):
        return counted(surprise, power_of_rest(logits, gamma))


def _steepness(logits: Floats, gamma: float) -> Floats:
    """How much faster the focal loss of each class falls with its logit than its surprise does.

    With s = -ln p it is (1 - p)^γ (1 + γ p s / (1 - p)), of which the quotient is 1 to all digits where p is near 1.
    """
    with np.errstate(all="ignore"):
        chances = softmax(logits)
        rest = row_rest(chances)
        odds = np.where(rest < 1e-300, 1.0, counted(chances, surprise_of_logits(logits)) / rest)
        return power_of_rest(logits, gamma) * (1.0 + gamma * odds)


def _entropy(y_true: Floats, z: Floats) -> Floats:
    negative = 1.0 - y_true
    with np.errstate(invalid="ignore"):
        return np.where(y_true > 0, y_true * softplus(-z), 0.0) + np.where(negative > 0, negative * softplus(z), 0.0)


def _power_of_miss(y_true: Floats, z: Floats, gamma: float) -> Floats:
    """q^γ, of which each rounding in q would count γ times.

    With e = exp(-|z|), a what y gives to the class that z speaks against and b = 1 - a, q is (a + b e) / (1 + e). The
    larger term goes before the bracket: a, or e, whose power is exp(-γ |z|) and none of a rounded number.
    """
    with np.errstate(all="ignore"):
        size = np.abs(z)
        # Near 0 the exponential is 1 and something small, which has more digits by itself.
        small, tail = difference(np.ones_like(size), -np.expm1(-size))
        small, tail = np.where(size < 0.5, small, np.exp(-size)), np.where(size < 0.5, tail, 0.0)
        negative, shed = difference(np.ones_like(y_true), y_true)
        above = z >= 0
        against, over = np.where(above, negative, y_true), np.where(above, shed, 0.0)
        within, under = np.where(above, y_true, negative), np.where(above, 0.0, shed)
        far = (against == 0) | (against < within * small)
        # b e and a / e, with what rounding took from them; a is 0 where e may be.
        mixed, rest = product(within, small)
        rest += within * tail + under * small
        share = np.where(against == 0, 0.0, against / small)
        whole, left = product(share, small)
        left = np.where(against == 0, 0.0, (((against - whole) - left) + over - share * tail) / small)
        total, lost = difference(np.where(far, within, against), -np.where(far, share, mixed))
        lost += np.where(far, under + left, over + rest)
        base, cut = difference(np.ones_like(small), -small)
        power = power_of_ratio((total, lost), (base, cut + tail), gamma)
        return np.where(far, shrunk(size, gamma), 1.0) * power


def _balance(y_true: Floats, alpha: float) -> Floats:
    """α y + (1 - α) (1 - y), rounded once."""
    (negative, shed), (other, cut) = difference(np.ones_like(y_true), y_true), difference(np.ones(1), np.full(1, alpha))
    (one, rest), (two, left) = product(np.asarray(alpha), y_true), product(other, negative)
    total, lost = difference(one, -two)
    return total + (lost + rest + left + other * shed + cut * negative)
