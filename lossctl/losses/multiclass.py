"""Losses of several classes, given as one value per class."""

from typing import Any

import numpy as np

from lossctl.kinds import (
    ClassId,
    ClassWeights,
    Clip,
    Distribution,
    Flag,
    Floats,
    Label,
    Level,
    LogFloor,
    Logits,
    PerRow,
    TargetDistribution,
)
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import (
    clipped,
    counted,
    log_ratio,
    renormalised,
    row_rest,
    row_sum,
    signed_log_ratio,
    slope_of_logits,
    surprise_of_logits,
    to_label,
    unclipped,
    weights_of_labels,
)

FAMILY = "multi-class"


def _weights_of_targets(y_true: TargetDistribution, _: Floats, **params: ClassWeights) -> Floats | None:
    """Σ_c w_c y_c for each row, None without class weights."""
    weights = params["class_weight"]
    return None if weights is None else row_sum(y_true * np.array(weights))


def _cce_slope(
    y_true: Floats,
    y_pred: Floats,
    *,
    label_smoothing: float,
    class_weight: ClassWeights,
    renormalise: bool,
    clip: float | None,
) -> Floats:
    """0 where clip holds a probability."""
    target = _shares(y_true, label_smoothing, class_weight)
    return _fall(unclipped(target, renormalised(y_pred, divide=renormalise), clip), y_pred, divide=renormalise)


def _best(
    mean: Floats,
    *,
    label_smoothing: float = 0.0,
    class_weight: ClassWeights = None,
    ignore_index: ClassId = None,
    **_: object,
) -> Floats | None:
    """The shares of the classes; not known where rows weigh as their classes do."""
    weighs = class_weight is not None or ignore_index is not None
    return None if weighs else _shares(mean, label_smoothing, None)


def _best_logits(mean: Floats, **params: Any) -> Floats | None:
    shares = _best(mean, **params)
    return None if shares is None else np.log(shares)


@loss(
    "categorical_crossentropy",
    "categorical_cross_entropy",
    "multiclass_cross_entropy",
    "log_loss",
    family=FAMILY,
    weigh=_weights_of_targets,
    claims=NEVER_NEGATIVE,
    slope=_cce_slope,
    constant="mean",
    best=_best,
)
def cce(
    y_true: TargetDistribution,
    y_pred: Distribution,
    *,
    label_smoothing: Level = 0.0,
    class_weight: ClassWeights = None,
    renormalise: Flag = False,
    clip: Clip = None,
) -> PerRow:
    """Cross entropy of class probabilities against one-hot or soft targets.

    Formula:
        -Σ_c w_c t_c ln p_c,   t = y_true (1 - s) + s / k,   p = y_pred,
        s = label_smoothing,   w = class_weight,   k classes; renormalise divides p by its sum,
        then clip keeps it within clip and 1 - clip

    Range:
        0 to inf; inf where p excludes a class that the target holds.

    Use:
        The usual loss of several classes where the truth is one-hot or soft; sparse_cce takes ids or names. Of
        soft targets the least value is their entropy, not 0, and one class excluded wrongly makes it infinite.

    References:
        Good (1952), Rational Decisions.

    Example:
        >>> cce(np.array([[0.0, 1.0, 0.0]]), np.array([[0.25, 0.5, 0.25]])).round(7)
        array([0.6931472])
    """
    surprise = _surprise(y_pred, renormalise=renormalise)
    if clip is not None:
        # The surprise falls with p, and of p near 1 it keeps the digits.
        least, most = -np.log(np.array([1.0 - clip, clip], surprise.dtype))
        surprise = np.clip(surprise, least, most)
    return _expected(y_true, surprise, label_smoothing, class_weight)


def _cce_logits_slope(y_true: Floats, y_pred: Floats, *, label_smoothing: float, class_weight: ClassWeights) -> Floats:
    return slope_of_logits(_shares(y_true, label_smoothing, class_weight), y_pred)


@loss(
    "softmax_cross_entropy",
    "softmax_cross_entropy_with_logits",
    "safe_softmax_cross_entropy",
    "categorical_crossentropy_logits",
    "cross_entropy",
    "cross_entropy_loss",
    family=FAMILY,
    weigh=_weights_of_targets,
    claims=NEVER_NEGATIVE,
    slope=_cce_logits_slope,
    constant="mean",
    best=_best_logits,
)
def cce_logits(
    y_true: TargetDistribution, y_pred: Logits, *, label_smoothing: Level = 0.0, class_weight: ClassWeights = None
) -> PerRow:
    """Softmax cross entropy of logits against one-hot or soft targets.

    Formula:
        Σ_c w_c t_c (ln Σ_j exp z_j - z_c),   t = y_true (1 - s) + s / k,   z = y_pred,
        s = label_smoothing,   w = class_weight,   k classes

    Range:
        0 to inf.

    Use:
        For values before the softmax where the truth is one-hot or soft. Given probabilities by mistake it
        prints a number that looks plausible and is too near ln k, the cost of guessing among k classes.

    References:
        Bridle (1990), Probabilistic Interpretation of Feedforward Classification Network Outputs.

    Example:
        >>> cce_logits(np.array([[1.0, 0.0]]), np.array([[0.0, 1000.0]]))
        array([1000.])
    """
    return _expected(y_true, surprise_of_logits(y_pred), label_smoothing, class_weight)


def _sparse_cce_slope(
    y_true: Label,
    y_pred: Floats,
    *,
    label_smoothing: float,
    class_weight: ClassWeights,
    ignore_index: ClassId,
    renormalise: bool,
    clip: float | None,
    log_floor: float | None,
) -> Floats:
    """0 where clip or log_floor holds a probability."""
    target = _target(y_true, y_pred.shape[1], label_smoothing, class_weight, ignore_index)
    kept = clipped(y_pred, clip)
    if log_floor is not None:
        target = np.where(_surprise(kept, renormalise=renormalise) < -log_floor, target, 0.0)
    return unclipped(_fall(target, kept, divide=renormalise), y_pred, clip)


@loss(
    "scce",
    "sparse_categorical_crossentropy",
    "sparse_categorical_cross_entropy",
    "cce",
    "categorical_crossentropy",
    "categorical_cross_entropy",
    "multiclass_cross_entropy",
    "log_loss",
    family=FAMILY,
    weigh=weights_of_labels,
    claims=NEVER_NEGATIVE,
    slope=_sparse_cce_slope,
    constant="mean",
    best=_best,
)
def sparse_cce(
    y_true: Label,
    y_pred: Distribution,
    *,
    label_smoothing: Level = 0.0,
    class_weight: ClassWeights = None,
    ignore_index: ClassId = None,
    renormalise: Flag = False,
    clip: Clip = None,
    log_floor: LogFloor = None,
) -> PerRow:
    """Cross entropy of class probabilities against class ids or names.

    Formula:
        -w_y ln p_y,   y = y_true,   p = y_pred,   w = class_weight; rows whose y is ignore_index weigh 0;
        label_smoothing s makes it (1 - s) (-w_y ln p_y) + s / k Σ_c (-w_c ln p_c);
        clip keeps p within clip and 1 - clip, then renormalise divides it by its sum;
        log_floor keeps each logarithm from falling below it

    Range:
        0 to inf; inf where p excludes the class that came.

    Use:
        The usual loss of several classes; guessing among k of them costs ln k. Ids count the columns of y_pred
        from 0, so a file whose columns stand in another order needs names; one class excluded wrongly makes it
        infinite.

    References:
        Good (1952), Rational Decisions.

    Example:
        >>> sparse_cce(np.array([1]), np.array([[0.25, 0.5, 0.25]])).round(7)
        array([0.6931472])
    """
    y_pred = clipped(y_pred, clip)
    most = np.inf if log_floor is None else -log_floor
    if label_smoothing or renormalise:
        surprise = np.minimum(_surprise(y_pred, renormalise=renormalise), most)
        return _labelled(y_true, surprise, label_smoothing, class_weight, ignore_index)
    kept = y_true != ignore_index
    labels = y_true * kept
    surprise = np.minimum(_surprise(y_pred[np.arange(len(labels)), labels]), most)
    weights = kept * (1.0 if class_weight is None else np.array(class_weight)[labels])
    return counted(weights, surprise)


def _sparse_cce_logits_slope(
    y_true: Label, y_pred: Floats, *, label_smoothing: float, class_weight: ClassWeights, ignore_index: ClassId
) -> Floats:
    return slope_of_logits(_target(y_true, y_pred.shape[1], label_smoothing, class_weight, ignore_index), y_pred)


@loss(
    "softmax_cross_entropy_with_integer_labels",
    "sparse_softmax_cross_entropy",
    "sparse_softmax_cross_entropy_with_logits",
    "sparse_categorical_crossentropy_logits",
    "sparse_ce_logits",
    "cce_logits",
    "softmax_cross_entropy",
    "softmax_cross_entropy_with_logits",
    "categorical_crossentropy_logits",
    "cross_entropy",
    "cross_entropy_loss",
    family=FAMILY,
    weigh=weights_of_labels,
    claims=NEVER_NEGATIVE,
    slope=_sparse_cce_logits_slope,
    constant="mean",
    best=_best_logits,
)
def sparse_cce_logits(
    y_true: Label,
    y_pred: Logits,
    *,
    label_smoothing: Level = 0.0,
    class_weight: ClassWeights = None,
    ignore_index: ClassId = None,
) -> PerRow:
    """Softmax cross entropy of logits against class ids or names.

    Formula:
        w_y ℓ_y,   ℓ_c = ln Σ_j exp z_j - z_c,   y = y_true,   z = y_pred,   w = class_weight;
        rows whose y is ignore_index weigh 0;
        label_smoothing s makes it (1 - s) w_y ℓ_y + s / k Σ_c w_c ℓ_c

    Range:
        0 to inf.

    Use:
        For values before the softmax, what most training loops print. Given probabilities by mistake it prints
        a number that looks plausible; with class_weight the mean divides by the weights, not by the rows.

    References:
        Bridle (1990), Probabilistic Interpretation of Feedforward Classification Network Outputs.

    Example:
        >>> sparse_cce_logits(np.array([0]), np.array([[40.0, 0.0, 0.0]])).round(27)
        array([8.49670851e-18])
    """
    return _labelled(y_true, surprise_of_logits(y_pred), label_smoothing, class_weight, ignore_index)


def _kl_slope(y_true: Floats, y_pred: Floats, *, renormalise: bool, clip: float | None) -> Floats:
    """0 where clip holds a probability."""
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    if clip is not None:
        p = np.where((q > clip) & (q < 1.0), np.clip(p, clip, 1.0), 0.0)
    return _fall(p, y_pred, divide=renormalise)


@loss(
    "kl_div",
    "kl_div_loss",
    "kld",
    "kl_divergence",
    "kullback_leibler_divergence",
    "relative_entropy",
    family=FAMILY,
    slope=_kl_slope,
)
def kl(y_true: Distribution, y_pred: Distribution, *, renormalise: Flag = False, clip: Clip = None) -> PerRow:
    """Kullback-Leibler divergence of the predicted from the true distribution.

    Formula:
        Σ_c p_c ln(p_c / q_c),   p = y_true,   q = y_pred; renormalise first divides both by their sums, in float64,
        then clip keeps them within clip and 1

    Range:
        0 to inf where both add to 1; inf where q excludes a class that p holds.

    Use:
        How much is lost by taking the predicted for the true distribution. It is not symmetric: q pays for
        missing what p holds, with inf where it excludes it; where p is one-hot it is cce.

    References:
        Kullback and Leibler (1951), On Information and Sufficiency.

    Example:
        >>> kl(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])).round(7)
        array([0.143841])
    """
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    if clip is not None:
        p, q = np.clip(p, clip, 1.0), np.clip(q, clip, 1.0)
    return row_sum(counted(p, signed_log_ratio(p, q)))


def _surprise(probabilities: Floats, *, renormalise: bool = False) -> Floats:
    """-ln p, of rows divided by their sum where asked for."""
    with np.errstate(divide="ignore"):
        if not renormalise:
            return 0.0 - np.log(probabilities)
    # -ln(p / Σ) is ln((p + rest) / p): with the rest summed by itself, p near Σ keeps its digits.
    return log_ratio(row_rest(probabilities), probabilities)


def _expected(target: Floats, surprise: Floats, smoothing: float, weights: ClassWeights) -> Floats:
    return row_sum(counted(_shares(target, smoothing, weights), surprise))


def _shares(target: Floats, smoothing: float, weights: ClassWeights) -> Floats:
    """How much the surprise of each class counts."""
    if smoothing:
        target = target * (1.0 - smoothing) + smoothing / target.shape[1]
    return target if weights is None else target * np.array(weights)


def _labelled(labels: Label, surprise: Floats, smoothing: float, weights: ClassWeights, ignored: ClassId) -> Floats:
    return row_sum(counted(_target(labels, surprise.shape[1], smoothing, weights, ignored), surprise))


def _target(labels: Label, classes: int, smoothing: float, weights: ClassWeights, ignored: ClassId) -> Floats:
    """How much the surprise of each class counts: nothing where the label is ignored."""
    kept = labels != ignored
    one_hot = to_label(np.ones(len(labels)), labels * kept, classes)
    return np.where(kept[:, None], _shares(one_hot, smoothing, weights), 0.0)


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _fall(target: Floats, p: Floats, *, divide: bool) -> Floats:
    """The derivative of -Σ_c t_c ln p_c by each p_c as it is given, also where p is divided by its sum first."""
    if not divide:
        return np.where(target == 0, 0.0, -(target / p))
    # -t / p + Σ t / Σ p without what cancels in it.
    own = np.where(target == 0, 0.0, target / p * row_rest(p))
    fall: Floats = (row_rest(target) - own) / row_sum(p)[:, None]
    return fall
