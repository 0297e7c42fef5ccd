"""Focal losses of logits. Throughout, y = y_true, γ = gamma and z = y_pred."""

from functools import cache

import numpy as np

from lossctl.kinds import (
    Balance,
    BelowOne,
    Floats,
    Label,
    Logits,
    NonNegative,
    PerElement,
    PerRow,
    Real,
    TargetDistribution,
    There,
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
        a = α y + (1 - α) (1 - y), 1 without alpha,   z = y_pred,   y = y_true,   γ = gamma,   α = alpha

    Range:
        0 to inf. torchvision's alpha is 0.25 unless told otherwise, and -1 there stands for none.

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
        -Σ_c t_c (1 - p_c)^γ ln p_c,   t = y_true,   p = softmax of y_pred,   γ = gamma

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
        -(1 - p_y)^γ ln p_y,   y = y_true,   p = softmax of y_pred,   γ = gamma

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


def _asymmetric_slope(y_true: There, y_pred: Floats, *, gamma_pos: float, gamma_neg: float, margin: float) -> Floats:
    """0 at the kink, where the probability is the margin."""
    chance, rest = sigmoid(y_pred), sigmoid(-y_pred)
    missing = _power_of_miss(np.ones_like(y_true), y_pred, gamma_pos)
    power, above, entropy = _denied(y_pred, gamma_neg, margin)
    with np.errstate(all="ignore"):
        # Of 1 - p below the normal numbers what is multiplied by it would make the lost digits worse.
        large = y_pred > 100.0
        most, small = np.where(large, np.exp(50.0 - y_pred), rest), np.where(large, np.exp(-50.0), 1.0)
        rising = gamma_neg * (entropy / np.where(above == 0, 1.0, above)) * most
        rising += most / (rest + margin) if margin else 1.0 / small
        denied = np.where(above > 0, power * chance * rising * small, 0.0)
    return np.where(y_true == 1, -missing * (gamma_pos * chance * softplus(-y_pred) + rest), denied)


@loss(
    "asymmetric_loss",
    "asl",
    "asymmetric_focal",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_asymmetric_slope,
)
def asymmetric(
    y_true: There, y_pred: Real, *, gamma_pos: NonNegative = 1.0, gamma_neg: NonNegative = 4.0, margin: BelowOne = 0.05
) -> PerElement:
    """Focal loss of logits that makes less of labels that are not there, and nothing of those well denied.

    Formula:
        (1 - p)^a ln(1 + exp(-z))    where y_true is 1
        -r^b ln(1 - r)               elsewhere,   r = max(0, p - m),   p = 1 / (1 + exp(-z)),   z = y_pred,
        m = margin,   a = gamma_pos,   b = gamma_neg

    Range:
        0 to inf. The authors' code adds all labels of all rows, and lets no logarithm fall below ln 1e-8.

    Use:
        For training on many labels of which few are there in a row. A label that is not there costs nothing up to the
        probability margin, so judge the probabilities themselves by bce_logits, which it is with all three at 0.

    References:
        Ridnik, Ben-Baruch, Zamir, Noy, Friedman, Protter and Zelnik-Manor (2021), Asymmetric Loss for Multi-Label
        Classification.

    Example:
        >>> asymmetric(np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 0.0, -3.0]])).round(7)
        array([[0.3465736, 0.0245151, 0.       ]])
    """
    missing = _power_of_miss(np.ones_like(y_true), y_pred, gamma_pos) * softplus(-y_pred)
    power, _, entropy = _denied(y_pred, gamma_neg, margin)
    return np.where(y_true == 1, missing, counted(power, entropy))


def _denied(z: Floats, gamma: float, margin: float) -> tuple[Floats, Floats, Floats]:
    """r^γ, r and -ln(1 - r) of r = max(0, p - m), each rounding in which would count γ times; 0 where r is.

    With e = exp(-|z|), r is (1 - m - m e) / (1 + e) or ((1 - m) e - m) / (1 + e), and near the margin, where that
    cancels, m (exp(z - ln(m / (1 - m))) - 1) / (1 + exp z).
    """
    if not margin:
        return _power_of_miss(np.zeros_like(z), z, gamma), sigmoid(z), softplus(z)
    high, low = _logit(margin)
    with np.errstate(all="ignore"):
        gap, lost = difference(z, np.asarray(high))
        steps = gap + (lost - low)
        small, above = np.exp(-np.abs(z)), z >= 0
        base = difference(np.ones_like(z), -small)
        rest, cut = difference(np.ones(1), np.full(1, margin))
        (most, shed), (least, left) = product(rest, small), product(np.asarray(margin), small)
        total, off = difference(np.where(above, rest, most), np.where(above, least, margin))
        off += np.where(above, cut - left, shed + cut * small)
        step, missed = product(np.asarray(margin), np.expm1(steps) * np.where(above, small, 1.0))
        near = steps < 2.0
        ratio = np.where(near, step, total), np.where(near, missed, off)
        share = (ratio[0] + ratio[1]) / (base[0] + base[1])
        entropy = np.where(share < 0.5, -np.log1p(-share), -np.log(sigmoid(-z) + margin))
        power = power_of_ratio(ratio, base, gamma)
    power, share, entropy = np.where(steps > 0, (power, share, entropy), 0.0)
    return power, share, entropy


@cache
def _logit(share: float) -> tuple[float, float]:
    """ln(p / (1 - p)) of a probability as two numbers, the second what rounding took from the first."""
    from decimal import Decimal, localcontext  # no other loss needs it

    with localcontext(prec=60):
        whole = (Decimal(share) / (1 - Decimal(share))).ln()
        return float(whole), float(whole - Decimal(float(whole)))


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
