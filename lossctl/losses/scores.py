"""Losses of scores, one per class or label: margins, ranks, log-probabilities. Throughout, y = y_true."""

import numpy as np

from lossctl.kinds import (
    Amounts,
    ClassId,
    ClassWeights,
    Flag,
    Floats,
    Label,
    LabelSet,
    Logits,
    LogProbabilities,
    OneHot,
    OneOrTwo,
    PerRow,
    Positive,
    Rank,
    Scores,
)
from lossctl.losses.declare import LEVEL, NEVER_NEGATIVE, loss
from lossctl.losses.stable import (
    counted,
    difference,
    of_label,
    row_mean,
    row_sum,
    sigmoid,
    slope_of_logits,
    softplus,
    surprise_of_logits,
    to_label,
    weights_of_labels,
)

FAMILY = "scores"


def _nll_slope(y_true: Label, y_pred: Floats, *, class_weight: ClassWeights, ignore_index: ClassId) -> Floats:
    weights = weights_of_labels(y_true, y_pred, class_weight=class_weight, ignore_index=ignore_index)
    slope = np.full(len(y_true), -1.0) if weights is None else 0.0 - weights
    return to_label(slope, y_true * (y_true != ignore_index), y_pred.shape[1])


def _nll_best(mean: Floats, *, class_weight: ClassWeights, ignore_index: ClassId) -> Floats | None:
    """Not known where rows weigh as their classes do."""
    return np.log(mean) if class_weight is None and ignore_index is None else None


@loss(
    "nll_loss",
    "negative_log_likelihood",
    family=FAMILY,
    weigh=weights_of_labels,
    claims=NEVER_NEGATIVE,
    slope=_nll_slope,
    constant="mean",
    best=_nll_best,
)
def nll(
    y_true: Label, y_pred: LogProbabilities, *, class_weight: ClassWeights = None, ignore_index: ClassId = None
) -> PerRow:
    """Negative log-likelihood of log-probabilities against class ids or names.

    Formula:
        -w_y x_y,   x = y_pred, the logarithms of probabilities,   w = class_weight;
        rows whose y is ignore_index weigh 0

    Range:
        0 to inf.

    Use:
        For log-probabilities, such as what log_softmax gives. It takes no logarithm itself: probabilities are
        refused, and logits that happen to be negative are taken for log-probabilities.

    References:
        PyTorch, nll_loss, which takes no logarithms either.

    Example:
        >>> nll(np.array([1]), np.array([[-0.25, -1.5]]))
        array([1.5])
    """
    weights = weights_of_labels(y_true, y_pred, class_weight=class_weight, ignore_index=ignore_index)
    surprise = 0.0 - of_label(y_pred, y_true * (y_true != ignore_index))
    return surprise if weights is None else counted(weights, surprise)


def _categorical_hinge_slope(y_true: OneHot, y_pred: Floats, *, with_zero: bool) -> Floats:
    """0 at the kink; of other classes that are equally high the first has the slope."""
    return _multiclass_hinge_slope(y_true.argmax(axis=1), y_pred, with_zero=with_zero)


@loss(
    "categorical_hinge_loss",
    "crammer_singer",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_categorical_hinge_slope,
)
def categorical_hinge(y_true: OneHot, y_pred: Scores, *, with_zero: Flag = False) -> PerRow:
    """Hinge loss of the classes' scores against one-hot targets.

    Formula:
        max(0, 1 + m - Σ_c t_c z_c),   m = max_{c: t_c = 0} z_c, the largest other score,   t = y_true,   z = y_pred;
        with with_zero m is max(max_{c: t_c = 0} z_c, 0)

    Range:
        0 to inf. Keras counts the true class as a score of 0 among the others, as with_zero does; it also takes soft
        targets.

    Use:
        As multiclass_hinge, where the true class is one-hot columns. Where all scores are below 0, what Keras prints
        does not say whether the true class leads.

    References:
        Crammer and Singer (2001), On the Algorithmic Implementation of Multiclass Kernel-Based Vector Machines.

    Example:
        >>> categorical_hinge(np.array([[0.0, 1.0, 0.0]]), np.array([[-3.0, -2.5, -4.0]]))
        array([0.5])
    """
    return multiclass_hinge(y_true.argmax(axis=1), y_pred, with_zero=with_zero)


def _multiclass_hinge_slope(y_true: Label, y_pred: Floats, *, with_zero: bool) -> Floats:
    """0 at the kink; of other classes that are equally high the first has the slope."""
    lacks = np.where(multiclass_hinge(y_true, y_pred, with_zero=with_zero) > 0, 1.0, 0.0)
    others = _without_own(y_true, y_pred)
    ahead = np.where(others.max(axis=1) > 0, lacks, 0.0) if with_zero else lacks
    classes = y_pred.shape[1]
    return to_label(ahead, others.argmax(axis=1), classes) - to_label(lacks, y_true, classes)


@loss(
    "hinge_loss",
    "crammer_singer",
    "multiclass_hinge_loss",
    "categorical_hinge",
    "categorical_hinge_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_multiclass_hinge_slope,
)
def multiclass_hinge(y_true: Label, y_pred: Scores, *, with_zero: Flag = False) -> PerRow:
    """Hinge loss of the classes' scores, after Crammer and Singer.

    Formula:
        max(0, 1 + m - z_y),   m = max_{c ≠ y} z_c, the largest other score,   z = y_pred;
        with with_zero m is max(max_{c ≠ y} z_c, 0)

    Range:
        0 to inf.

    Use:
        For scores of several classes, where the true one should lead its strongest rival by 1. Scores on
        another scale change the loss: multiplying them all brings most rows beyond the margin.

    References:
        Crammer and Singer (2001), On the Algorithmic Implementation of Multiclass Kernel-Based Vector Machines.

    Example:
        >>> multiclass_hinge(np.array([1]), np.array([[-3.0, -2.5, -4.0]]))
        array([0.5])
    """
    other = _without_own(y_true, y_pred).max(axis=1)
    return _lack(np.maximum(other, 0.0) if with_zero else other, of_label(y_pred, y_true), 1.0)


def _multi_margin_slope(y_true: Label, y_pred: Floats, *, p: int, margin: float) -> Floats:
    """0 at the kinks, as PyTorch does."""
    lacks = _lacks(y_true, y_pred, margin)
    rises = np.where(lacks > 0, 1.0, 0.0) if p == 1 else 2.0 * lacks
    slope: Floats = (rises - to_label(row_sum(rises), y_true, y_pred.shape[1])) / y_pred.shape[1]
    return slope


@loss("multi_margin_loss", family=FAMILY, claims=NEVER_NEGATIVE, slope=_multi_margin_slope)
def multi_margin(y_true: Label, y_pred: Scores, *, p: OneOrTwo = 1, margin: Positive = 1.0) -> PerRow:
    """Mean over the classes of the hinge loss, or its square, of each wrong class's score.

    Formula:
        Σ_{c ≠ y} max(0, a - z_y + z_c)^p / k,   z = y_pred,   a = margin,   k classes

    Range:
        0 to inf.

    Use:
        Like multiclass_hinge, but each rival within the margin counts, not the strongest alone. It divides by
        all classes, so classes that are far behind make it smaller.

    References:
        Weston and Watkins (1999), Support Vector Machines for Multi-Class Pattern Recognition, who do not divide.

    Example:
        >>> multi_margin(np.array([1]), np.array([[0.5, 1.0, 0.75, -1.0]]))
        array([0.3125])
    """
    lacks = _lacks(y_true, y_pred, margin)
    with np.errstate(over="ignore"):
        return row_mean(lacks if p == 1 else np.square(lacks))


def _multiclass_perceptron_slope(y_true: Label, y_pred: Floats) -> Floats:
    """0 where the true class is among the highest; of equally high classes the first has the slope."""
    behind = np.where(of_label(y_pred, y_true) < y_pred.max(axis=1), 1.0, 0.0)
    best = y_pred.argmax(axis=1)
    return to_label(behind, best, y_pred.shape[1]) - to_label(behind, y_true, y_pred.shape[1])


@loss(
    "multiclass_perceptron_loss",
    "perceptron_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_multiclass_perceptron_slope,
)
def multiclass_perceptron(y_true: Label, y_pred: Scores) -> PerRow:
    """Perceptron loss of the classes' scores: by how much another class is ahead.

    Formula:
        max_c z_c - z_y,   z = y_pred

    Range:
        0 to inf.

    Use:
        By how much rows are wrong, the right ones free. No margin is asked, so equal scores for all classes
        cost nothing.

    References:
        Collins (2002), Discriminative Training Methods for Hidden Markov Models.

    Example:
        >>> multiclass_perceptron(np.array([1]), np.array([[0.5, 0.25]]))
        array([0.25])
    """
    own = of_label(y_pred, y_true)
    best = y_pred.max(axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(best == own, 0.0, best - own)


def _one_vs_all_slope(y_true: Label, y_pred: Floats) -> Floats:
    own = np.arange(y_pred.shape[1]) == y_true[:, None]
    slope: Floats = np.where(own, -sigmoid(-y_pred), sigmoid(y_pred)) / y_pred.shape[1]
    return slope


@loss(
    "ova",
    "multiclassova",
    "multiclass_ova",
    "one_vs_rest",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_one_vs_all_slope,
)
def one_vs_all(y_true: Label, y_pred: Scores) -> PerRow:
    """Mean over the classes of the binary cross entropy of each class's logit.

    Formula:
        (ln(1 + exp(-z_y)) + Σ_{c ≠ y} ln(1 + exp(z_c))) / k,   z = y_pred,   k classes

    Range:
        0 to inf.

    Use:
        For logits of one classifier a class, each asked whether it is its own; not for those of a softmax. With
        many classes what the true class costs is thinned by the many that are rightly denied.

    References:
        Rifkin and Klautau (2004), In Defense of One-Vs-All Classification; CatBoost, MultiClassOneVsAll.

    Example:
        >>> one_vs_all(np.array([1]), np.array([[0.0, 0.0]])).round(7)
        array([0.6931472])
    """
    own = np.arange(y_pred.shape[1]) == y_true[:, None]
    return row_mean(softplus(np.where(own, -y_pred, y_pred)))


@loss("multi_error", "merror", "top_k_categorical_error", family=FAMILY, claims=LEVEL)
def top_k_error(y_true: Label, y_pred: Scores, *, k: Rank = 1, ties: Flag = False) -> PerRow:
    """Whether the true class is not among the k with the highest scores.

    Formula:
        1    where n ≥ k
        0    elsewhere,   n = Σ_{c ≠ y} [z_c > z_y], the number of classes with a higher score,   z = y_pred;
        with ties n is Σ_{c ≠ y} [z_c ≥ z_y]

    Range:
        0 or 1. Of equal scores none is higher; LightGBM counts them as higher.

    Use:
        The error rate, or with k above 1 how often the class is not even among the k best. A tie counts for the
        truth, so equal scores for all classes make no error.

    References:
        Russakovsky et al. (2015), ImageNet Large Scale Visual Recognition Challenge.

    Example:
        >>> top_k_error(np.array([1, 1]), np.array([[0.2, 0.3, 0.5], [0.1, 0.5, 0.4]]))
        array([1., 0.])
    """
    above = np.greater_equal if ties else np.greater
    higher = above(y_pred, of_label(y_pred, y_true)[:, None]).sum(axis=1) - ties
    return np.where(higher >= k, 1.0, 0.0)


def _multilabel_margin_slope(y_true: Floats, y_pred: Floats) -> Floats:
    """0 at the kinks, as PyTorch does."""
    slope = np.zeros_like(y_pred)
    for place, (has, score) in enumerate(zip(y_true.T, y_pred.T, strict=True)):
        lacks = np.where((has == 1)[:, None] & (y_true == 0) & (_lack(y_pred, score[:, None], 1.0) > 0), 1.0, 0.0)
        slope += lacks
        slope[:, place] -= row_sum(lacks)
    slope /= y_pred.shape[1]
    return slope


@loss("multilabel_margin_loss", family=FAMILY, claims=NEVER_NEGATIVE, slope=_multilabel_margin_slope)
def multilabel_margin(y_true: LabelSet, y_pred: Scores) -> PerRow:
    """Hinge loss of each pair of a label the row has and one that it has not.

    Formula:
        Σ_{i, j: y_i = 1, y_j = 0} max(0, 1 - z_i + z_j) / k,   z = y_pred,   k labels

    Range:
        0 to inf. PyTorch takes the ids of the labels instead of a column for each.

    Use:
        For rows with several labels, where each should score above each missing one by 1. Rows with no label,
        or with all, cost nothing.

    References:
        Crammer and Singer (2003), A Family of Additive Online Algorithms for Category Ranking.

    Example:
        >>> multilabel_margin(np.array([[1.0, 0.0, 1.0]]), np.array([[0.5, 0.0, 2.0]])).round(7)
        array([0.1666667])
    """
    pairs = np.empty_like(y_pred)
    for place, (has, score) in enumerate(zip(y_true.T, y_pred.T, strict=True)):
        lacks = _lack(y_pred, score[:, None], 1.0)
        pairs[:, place] = row_sum(np.where((has == 1)[:, None] & (y_true == 0), lacks, 0.0))
    return row_mean(pairs)


def _ranking_softmax_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return slope_of_logits(y_true, y_pred)


@loss(
    "ranking_softmax_loss",
    "listnet",
    "softmax_ranking",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_ranking_softmax_slope,
)
def ranking_softmax(y_true: Amounts, y_pred: Logits) -> PerRow:
    """Softmax cross entropy of the scores of a list against the grades of its items, a list a row.

    Formula:
        Σ_i y_i (ln Σ_j exp z_j - z_i),   z = y_pred, the scores of a list

    Range:
        0 to inf; 0 for a list without any grade above 0.

    Use:
        For lists to be ranked, such as the answers to a query. Grades are not divided by their sum, so lists with much
        in them weigh more; grades that add to 1 make it cce_logits.

    References:
        Cao, Qin, Liu, Tsai and Li (2007), Learning to Rank: From Pairwise Approach to Listwise Approach.

    Example:
        >>> ranking_softmax(np.array([[2.0, 1.0]]), np.array([[0.0, 0.0]])).round(7)
        array([2.0794415])
    """
    return row_sum(counted(y_true, surprise_of_logits(y_pred)))


@loss("subset_zero_one_loss", "zero_one_loss", "exact_match_error", family=FAMILY, claims=LEVEL)
def subset_zero_one(y_true: LabelSet, y_pred: LabelSet) -> PerRow:
    """Whether any label of a row is predicted wrongly.

    Formula:
        1 where y_pred ≠ y_true for some label, 0 elsewhere

    Range:
        0 or 1; hamming is the share of wrong labels.

    Use:
        How often a set of labels is not exactly right. It is strict, near 1 where labels are many; zero_one
        counts each label by itself. Predictions are 0 or 1 already, so a threshold comes first.

    References:
        Dembczyński, Waegeman, Cheng and Hüllermeier (2012), On Label Dependence and Loss Minimization in Multi-Label
        Classification.

    Example:
        >>> subset_zero_one(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 0.0]]))
        array([0., 1.])
    """
    return np.where((y_true == y_pred).all(axis=1), 0.0, 1.0)


def _without_own(labels: Label, scores: Floats) -> Floats:
    """The scores, -inf in the place of the true class."""
    others = scores.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return others


def _lacks(labels: Label, scores: Floats, margin: float) -> Floats:
    """By how much the true class lacks the margin to each class, 0 to itself."""
    lacks = _lack(scores, of_label(scores, labels)[:, None], margin)
    lacks[np.arange(len(labels)), labels] = 0.0
    return lacks


def _lack(other: Floats, own: Floats, margin: float) -> Floats:
    """max(0, margin + other - own), with what the difference and the sum lost by rounding."""
    gap, lost = difference(other, own)
    total, shed = difference(gap, np.asarray(-margin))
    # Equal infinite scores are a tie.
    return np.maximum(np.where(np.isnan(gap), margin, total + (lost + shed)), 0.0)
