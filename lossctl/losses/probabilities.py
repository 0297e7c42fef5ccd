"""Losses of probabilities and logits that are not cross entropies: Brier scores, focal losses, ranked probabilities.

Throughout, y = y_true.
"""

import numpy as np

from lossctl.kinds import (
    Balance,
    Clip,
    Distribution,
    Flag,
    Floats,
    Label,
    Logits,
    NonNegative,
    PerElement,
    PerRow,
    Probability,
    TargetDistribution,
    Truth,
    UnitShare,
)
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import (
    clipped,
    counted,
    difference,
    entropy_of_two,
    of_label,
    product,
    renormalised,
    row_sum,
    slope_by_rows,
    slope_of_logits,
    softmax,
    surprise_of_logits,
    to_label,
    unclipped,
)

FAMILY = "probabilities"


def _brier_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return 2.0 * (y_pred - y_true)


@loss(
    "brier_score",
    "brier_score_loss",
    "brier_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_brier_slope,
    constant="variance",
)
def brier(y_true: Truth, y_pred: Probability) -> PerElement:
    """Brier score of a probability: its squared distance from what came.

    Formula:
        (p - y)²,   p = y_pred

    Range:
        0 to 1.

    Use:
        A bounded score of a probability, least when it is right; a sure mistake costs 1 where bce is infinite.
        Of rare events every forecast looks good, so compare with that of always giving their share.

    References:
        Brier (1950), Verification of Forecasts Expressed in Terms of Probability.

    Example:
        >>> brier(np.array([1.0, 0.0]), np.array([0.75, 0.5]))
        array([0.0625, 0.25  ])
    """
    return np.square(y_pred - y_true)


def _brier_multiclass_slope(y_true: Floats, y_pred: Floats, *, renormalise: bool, halve_two: bool) -> Floats:
    slope = (1.0 if halve_two and y_pred.shape[1] == 2 else 2.0) * (renormalised(y_pred, divide=renormalise) - y_true)
    return slope_by_rows(slope, y_pred, divide=renormalise)


@loss(
    "brier_score",
    "brier_score_loss",
    "brier_loss",
    "multiclass_brier",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_brier_multiclass_slope,
    constant="variance",
)
def brier_multiclass(
    y_true: TargetDistribution, y_pred: Distribution, *, renormalise: Flag = False, halve_two: Flag = False
) -> PerRow:
    """Brier score of the classes' probabilities against one-hot or soft targets.

    Formula:
        Σ_c (p_c - t_c)²,   t = y_true,   p = y_pred; renormalise first divides p by its sum, in float64;
        halve_two halves it where there are two classes

    Range:
        0 to 2. scikit-learn halves it for two classes.

    Use:
        Bounded, and least when all probabilities are right. Of two classes it is twice brier, and tools differ
        in which of them they print.

    References:
        Brier (1950), Verification of Forecasts Expressed in Terms of Probability.

    Example:
        >>> brier_multiclass(np.array([[0.0, 1.0, 0.0]]), np.array([[0.25, 0.5, 0.25]]))
        array([0.375])
    """
    score = row_sum(np.square(renormalised(y_pred, divide=renormalise) - y_true))
    return score / 2 if halve_two and y_pred.shape[1] == 2 else score


def _sparse_brier_slope(y_true: Label, y_pred: Floats, *, renormalise: bool, halve_two: bool) -> Floats:
    one_hot = to_label(np.ones(len(y_true)), y_true, y_pred.shape[1])
    return _brier_multiclass_slope(one_hot, y_pred, renormalise=renormalise, halve_two=halve_two)


@loss(
    "brier_score",
    "brier_score_loss",
    "brier_loss",
    "multiclass_brier",
    "brier_multiclass",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_sparse_brier_slope,
    constant="mean",
)
def sparse_brier(y_true: Label, y_pred: Distribution, *, renormalise: Flag = False, halve_two: Flag = False) -> PerRow:
    """Brier score of the classes' probabilities against class ids or names.

    Formula:
        Σ_c (p_c - [c = y])²,   p = y_pred; renormalise first divides p by its sum, in float64;
        halve_two halves it where there are two classes

    Range:
        0 to 2. scikit-learn halves it for two classes.

    Use:
        Bounded, and least when all probabilities are right. Of two classes it is twice brier, and tools differ
        in which of them they print.

    References:
        Brier (1950), Verification of Forecasts Expressed in Terms of Probability.

    Example:
        >>> sparse_brier(np.array([1]), np.array([[0.25, 0.5, 0.25]]))
        array([0.375])
    """
    shares = renormalised(y_pred, divide=renormalise)
    score = row_sum(np.square(shares - (np.arange(shares.shape[1]) == y_true[:, None])))
    return score / 2 if halve_two and y_pred.shape[1] == 2 else score


def _rps_slope(y_true: Label, y_pred: Floats, *, renormalise: bool) -> Floats:
    apart = _cumulated(y_true, renormalised(y_pred, divide=renormalise))
    slope = 2.0 * np.cumsum(apart[:, ::-1], axis=1)[:, ::-1]
    return slope_by_rows(slope, y_pred, divide=renormalise)


@loss("rps_score", "ranked_probability_score", family=FAMILY, claims=NEVER_NEGATIVE, slope=_rps_slope, constant="mean")
def rps(y_true: Label, y_pred: Distribution, *, renormalise: Flag = False) -> PerRow:
    """Ranked probability score: how far probabilities of ordered classes lie from the class that came.

    Formula:
        Σ_k (Σ_{c ≤ k} p_c - [y ≤ k])²,   the classes in the order of the columns, p = y_pred;
        renormalise first divides p by its sum, in float64

    Range:
        0 to the number of classes less 1, by which some divide it.

    Use:
        For classes with an order, such as grades: a near miss costs less than a far one. The order is that of
        the columns, which may be that of the alphabet, and each further class may add to it.

    References:
        Epstein (1969), A Scoring System for Probability Forecasts of Ranked Categories.

    Example:
        >>> rps(np.array([0]), np.array([[0.25, 0.5, 0.25]]))
        array([0.625])
    """
    return row_sum(np.square(_cumulated(y_true, renormalised(y_pred, divide=renormalise))))


def _rls_slope(y_true: Label, y_pred: Floats, *, renormalise: bool) -> Floats:
    """Infinite by the classes on the wrong side of a cut whose other side has nothing."""
    shares = renormalised(y_pred, divide=renormalise)
    own, _ = _sides_of_cuts(y_true, shares)
    total, lost = np.zeros(len(shares)), np.zeros(len(shares))
    slope = np.empty_like(shares)
    for place in reversed(range(shares.shape[1])):
        with np.errstate(divide="ignore"):
            total, shed = difference(total, np.where(y_true <= place, 1.0, -1.0) / own[:, place])
        lost = lost + shed
        slope[:, place] = total + lost
    return slope_by_rows(slope, y_pred, divide=renormalise)


@loss(
    "rls_score",
    "ranked_logarithmic_score",
    "ranked_log_score",
    family=FAMILY,
    slope=_rls_slope,
    constant="mean",
)
def rls(y_true: Label, y_pred: Distribution, *, renormalise: Flag = False) -> PerRow:
    """Ranked logarithmic score: for each place to cut the ordered classes the log loss of the side that came.

    Formula:
        -Σ_k ln |Σ_{c ≤ k} p_c + [y ≤ k] - 1|,   the classes in the order of the columns, p = y_pred;
        renormalise first divides p by its sum, in float64

    Range:
        0 to inf; inf where p excludes all classes on the side of a cut that came.

    Use:
        For classes that have an order, where a miss by two classes is worse than by one. It punishes a probability
        of 0 without limit; rps stays finite.

    References:
        Tödter and Ahrens (2012), Generalization of the Ignorance Score: Continuous Ranked Version and Its Decomposition.

    Example:
        >>> rls(np.array([0]), np.array([[0.25, 0.5, 0.25]])).round(7)
        array([1.6739764])
    """
    return row_sum(_surprise_of_cuts(y_true, renormalised(y_pred, divide=renormalise)))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _binary_focal_slope(
    y_true: Floats, y_pred: Floats, *, gamma: float, alpha: float | None, clip: float | None
) -> Floats:
    negative = 1.0 - y_true
    rise = np.where(negative > 0, negative / (1.0 - y_pred), 0.0) - np.where(y_true > 0, y_true / y_pred, 0.0)
    rise = unclipped(rise, y_pred, clip)
    chance, lost = _missed(y_true, y_pred)
    entropy = entropy_of_two(y_true, negative, clipped(y_pred, clip))
    steep = np.where(entropy == 0, 0.0, _power(chance, lost, gamma - 1.0) * entropy)
    slope = counted(gamma * (1.0 - 2.0 * y_true), steep) + _power(chance, lost, gamma) * rise
    return _balanced(y_true, np.where(np.isinf(rise), rise, slope), alpha)


@loss(
    "focal",
    "focal_loss",
    "binary_focal_crossentropy",
    "binary_focal_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_binary_focal_slope,
)
def binary_focal(
    y_true: Truth, y_pred: Probability, *, gamma: NonNegative = 2.0, alpha: Balance = None, clip: Clip = None
) -> PerElement:
    """Focal loss of probabilities: a cross entropy that makes little of rows already right.

    Formula:
        a q^γ (-y ln r - (1 - y) ln(1 - r)),   q = y (1 - p) + (1 - y) p,
        a = α y + (1 - α) (1 - y), 1 without alpha,   p = y_pred,   r = p,   γ = gamma,   α = alpha;
        clip keeps r within clip and 1 - clip

    Range:
        0 to inf. Keras balances classes by alpha only when told to.

    Use:
        For training where positives are rare and most rows easy, as in detection. With gamma above 0 it is not
        least at the right probability, so judge the probabilities themselves by bce or brier.

    References:
        Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection, equation 5.

    Example:
        >>> binary_focal(np.array([1.0, 0.0]), np.array([0.5, 0.5])).round(7)
        array([0.1732868, 0.1732868])
    """
    negative = 1.0 - y_true
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        missing = _power(*_missed(y_true, y_pred), gamma)
        entropy = entropy_of_two(y_true, negative, clipped(y_pred, clip))
        focal = np.where(np.isinf(entropy), entropy, missing * entropy)
    return _balanced(y_true, focal, alpha)


def _categorical_focal_slope(
    y_true: Floats, y_pred: Floats, *, gamma: float, alpha: float, renormalise: bool, clip: float | None
) -> Floats:
    """0 where clip holds a probability."""
    shares = renormalised(y_pred, divide=renormalise)
    slope = unclipped(counted(alpha * y_true, _focal_slope(clipped(shares, clip), gamma)), shares, clip)
    return slope_by_rows(slope, y_pred, divide=renormalise)


@loss(
    "focal",
    "focal_loss",
    "categorical_focal_crossentropy",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_categorical_focal_slope,
)
def categorical_focal(
    y_true: TargetDistribution,
    y_pred: Distribution,
    *,
    gamma: NonNegative = 2.0,
    alpha: NonNegative = 1.0,
    renormalise: Flag = False,
    clip: Clip = None,
) -> PerRow:
    """Focal loss of class probabilities against one-hot or soft targets.

    Formula:
        -α Σ_c t_c (1 - p_c)^γ ln p_c,   t = y_true,   p = y_pred,   γ = gamma,   α = alpha;
        renormalise first divides p by its sum, in float64, then clip keeps it within clip and 1 - clip

    Range:
        0 to inf. The default α of Keras is 0.25.

    Use:
        For training where most rows are easy. With gamma above 0 it is not least at the right probabilities, so
        judge the probabilities themselves by cce or brier_multiclass.

    References:
        Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection.

    Example:
        >>> categorical_focal(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]])).round(7)
        array([0.1732868])
    """
    shares = clipped(renormalised(y_pred, divide=renormalise), clip)
    return row_sum(counted(alpha * y_true, _focal(shares, gamma)))


def _sparse_categorical_focal_slope(
    y_true: Label, y_pred: Floats, *, gamma: float, alpha: float, renormalise: bool, clip: float | None
) -> Floats:
    """0 where clip holds the probability."""
    own = of_label(renormalised(y_pred, divide=renormalise), y_true)
    slope = unclipped(counted(np.full_like(own, alpha), _focal_slope(clipped(own, clip), gamma)), own, clip)
    return slope_by_rows(to_label(slope, y_true, y_pred.shape[1]), y_pred, divide=renormalise)


@loss(
    "focal",
    "focal_loss",
    "sparse_focal",
    "sparse_categorical_focal_loss",
    "categorical_focal",
    "categorical_focal_crossentropy",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_sparse_categorical_focal_slope,
)
def sparse_categorical_focal(
    y_true: Label,
    y_pred: Distribution,
    *,
    gamma: NonNegative = 2.0,
    alpha: NonNegative = 1.0,
    renormalise: Flag = False,
    clip: Clip = None,
) -> PerRow:
    """Focal loss of class probabilities against class ids or names.

    Formula:
        -α (1 - p_y)^γ ln p_y,   p = y_pred,   γ = gamma,   α = alpha;
        renormalise first divides p by its sum, in float64, then clip keeps it within clip and 1 - clip

    Range:
        0 to inf. The default α of Keras is 0.25.

    Use:
        For training where most rows are easy. With gamma above 0 it is not least at the right probabilities, so
        judge the probabilities themselves by sparse_cce or sparse_brier.

    References:
        Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection.

    Example:
        >>> sparse_categorical_focal(np.array([1]), np.array([[0.5, 0.5]])).round(7)
        array([0.1732868])
    """
    own = clipped(of_label(renormalised(y_pred, divide=renormalise), y_true), clip)
    return counted(np.full_like(own, alpha), _focal(own, gamma))


@np.errstate(divide="ignore", invalid="ignore")
def _generalized_ce_slope(y_true: Label, y_pred: Floats, *, q: float, renormalise: bool) -> Floats:
    own = of_label(renormalised(y_pred, divide=renormalise), y_true)
    # p^(q - 1), but q - 1 is rounded where q is not.
    rise = np.where(own == 0, np.power(own, q - 1.0), np.power(own, q) / own)
    return slope_by_rows(to_label(-rise, y_true, y_pred.shape[1]), y_pred, divide=renormalise)


@loss(
    "categorical_generalized_cross_entropy",
    "generalized_cross_entropy",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_generalized_ce_slope,
)
def generalized_ce(y_true: Label, y_pred: Distribution, *, q: UnitShare = 0.5, renormalise: Flag = False) -> PerRow:
    """Between the cross entropy and the absolute error of a probability: sturdy where labels are wrong.

    Formula:
        (1 - p_y^q) / q,   p = y_pred; renormalise first divides p by its sum, in float64

    Range:
        0 to 1 / q.

    Use:
        For training where labels may be wrong: q towards 0 gives the cross entropy, q 1 the share 1 - p that is
        missed. It is not least at the right probabilities, and values of different q cannot be compared.

    References:
        Zhang and Sabuncu (2018), Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels.

    Example:
        >>> generalized_ce(np.array([1]), np.array([[0.75, 0.25]]))
        array([1.])
    """
    with np.errstate(divide="ignore"):
        return (0.0 - np.expm1(q * np.log(of_label(renormalised(y_pred, divide=renormalise), y_true)))) / q


def _poly_ce_slope(y_true: Floats, y_pred: Floats, *, epsilon: float) -> Floats:
    return slope_of_logits(y_true * (1.0 + epsilon * softmax(y_pred)), y_pred)


@loss(
    "poly_loss",
    "poly_loss_cross_entropy",
    "poly1_cross_entropy",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_poly_ce_slope,
)
def poly_ce(y_true: TargetDistribution, y_pred: Logits, *, epsilon: NonNegative = 2.0) -> PerRow:
    """Softmax cross entropy of logits plus the probability missed, against one-hot or soft targets.

    Formula:
        Σ_c t_c (-ln p_c + ε (1 - p_c)),   t = y_true,   p = softmax of y_pred,   ε = epsilon

    Range:
        0 to inf.

    Use:
        For training, where epsilon is tuned to make more of rows that are nearly right. It lies above
        cce_logits by up to epsilon, so compare it with no cross entropy.

    References:
        Leng, Tan, Liu, Cubuk, Shi, Cheng and Anguelov (2022), PolyLoss.

    Example:
        >>> poly_ce(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])).round(7)
        array([1.6931472])
    """
    return row_sum(counted(y_true, _poly(surprise_of_logits(y_pred), epsilon)))


def _sparse_poly_ce_slope(y_true: Label, y_pred: Floats, *, epsilon: float) -> Floats:
    return _poly_ce_slope(to_label(np.ones(len(y_true)), y_true, y_pred.shape[1]), y_pred, epsilon=epsilon)


@loss(
    "poly_ce",
    "poly_loss",
    "poly_loss_cross_entropy",
    "poly1_cross_entropy",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_sparse_poly_ce_slope,
)
def sparse_poly_ce(y_true: Label, y_pred: Logits, *, epsilon: NonNegative = 2.0) -> PerRow:
    """Softmax cross entropy of logits plus the probability missed, against class ids or names.

    Formula:
        -ln p_y + ε (1 - p_y),   p = softmax of y_pred,   ε = epsilon

    Range:
        0 to inf.

    Use:
        For training, where epsilon is tuned to make more of rows that are nearly right. It lies above
        sparse_cce_logits by up to epsilon, so compare it with no cross entropy.

    References:
        Leng, Tan, Liu, Cubuk, Shi, Cheng and Anguelov (2022), PolyLoss.

    Example:
        >>> sparse_poly_ce(np.array([0]), np.array([[0.0, 0.0]])).round(7)
        array([1.6931472])
    """
    return _poly(of_label(surprise_of_logits(y_pred), y_true), epsilon)


def _balanced(y_true: Floats, values: Floats, alpha: float | None) -> Floats:
    if alpha is None:
        return values
    share = alpha * y_true + (1.0 - alpha) * (1.0 - y_true)
    return counted(share, values)


def _focal(probability: Floats, gamma: float) -> Floats:
    with np.errstate(divide="ignore"):
        return _power_of_rest(probability, gamma) * (0.0 - np.log(probability))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _focal_slope(probability: Floats, gamma: float) -> Floats:
    surprise = (0.0 - np.log(probability)) / np.where(probability == 1, 1.0, 1.0 - probability)
    surprise = np.where(probability == 1, 1.0, surprise)
    return _power_of_rest(probability, gamma) * -(counted(np.asarray(gamma), surprise) + 1.0 / probability)


def _power_of_rest(probability: Floats, gamma: float) -> Floats:
    """(1 - p)^γ."""
    return _power(*difference(np.ones_like(probability), probability), gamma)


def _missed(y_true: Floats, y_pred: Floats) -> tuple[Floats, Floats]:
    """The chance y + p - 2 y p of a miss, and what each step of it lost by rounding."""
    total, shed = difference(y_true, -y_pred)
    both, rest = product(y_true, y_pred)
    chance, lost = difference(total, 2 * both)
    return difference(chance, 2 * rest - shed - lost)


def _power(base: Floats, lost: Floats, gamma: float) -> Floats:
    """The base to the power of γ; what rounding took from it counts γ times."""
    return np.power(base, gamma) * (1.0 + gamma * (lost / np.where(base == 0, 1.0, base)))


def _cumulated(labels: Label, shares: Floats) -> Floats:
    """Σ_{c ≤ k} p_c - [y ≤ k] for each class k."""
    total, lost = np.zeros(len(shares)), np.zeros(len(shares))
    apart = np.empty_like(shares)
    for place, share in enumerate(shares.T):
        before = total
        total = before + share
        shift = total - before
        lost = lost + ((before - (total - shift)) + (share - shift))
        apart[:, place] = (total - (labels <= place)) + lost
    return apart


def _sides_of_cuts(labels: Label, shares: Floats) -> tuple[Floats, Floats]:
    """What the classes on the side of y have, and those on the other, for a cut behind each class k."""
    up_to, lost, rest = np.zeros((3, len(shares)))
    own, other = np.empty_like(shares), np.empty_like(shares)
    for place, share in enumerate(shares.T):
        up_to, shed = difference(up_to, -share)
        lost, tail = difference(lost, -shed)
        rest = rest + tail
        behind, cut = difference(np.ones_like(up_to), up_to)
        sides = up_to + (lost + rest), behind + (cut - (lost + rest))
        own[:, place], other[:, place] = (np.where(labels <= place, one, two) for one, two in (sides, sides[::-1]))
    return own, other


def _surprise_of_cuts(labels: Label, shares: Floats) -> Floats:
    """-ln of what the classes on the side of y have, for a cut behind each class k."""
    own, other = _sides_of_cuts(labels, shares)
    with np.errstate(divide="ignore"):
        return -np.where(own > 0.5, np.log1p(-np.minimum(other, 0.5)), np.log(np.abs(own)))


def _poly(surprise: Floats, epsilon: float) -> Floats:
    return surprise - epsilon * np.expm1(-surprise)
