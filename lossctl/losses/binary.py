"""Losses of two classes: probabilities, logits, and decision values with signs."""

import numpy as np

from lossctl.kinds import Clip, Flag, Floats, Level, LogFloor, PerElement, Positive, Probability, Real, Sign, Truth
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import clipped, entropy_of_two, sigmoid, signed, softplus, unclipped

FAMILY = "binary"


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _bce_slope(
    y_true: Floats, y_pred: Floats, *, label_smoothing: float, clip: float | None, log_floor: float | None
) -> Floats:
    """0 where clip or log_floor holds a logarithm, and where it begins to."""
    positive, negative = _targets(y_true, label_smoothing)
    fall, rise = positive / y_pred, negative / (1.0 - y_pred)
    fall, rise = (unclipped(slope, y_pred, clip) for slope in (fall, rise))
    if log_floor is not None:
        fall = np.where(np.log(y_pred) > log_floor, fall, 0.0)
        rise = np.where(np.log1p(-y_pred) > log_floor, rise, 0.0)
    return np.where(negative > 0, rise, 0.0) - np.where(positive > 0, fall, 0.0)


def _bce_best(mean: Floats, *, label_smoothing: float, clip: float | None, log_floor: float | None) -> Floats:
    del clip, log_floor  # they change what the best constant costs only where it lies beyond them
    return _targets(mean, label_smoothing)[0]


@loss(
    "binary_crossentropy",
    "binary_cross_entropy",
    "bce_loss",
    "log_loss",
    "logistic_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_bce_slope,
    constant="mean",
    best=_bce_best,
)
def bce(
    y_true: Truth, y_pred: Probability, *, label_smoothing: Level = 0.0, clip: Clip = None, log_floor: LogFloor = None
) -> PerElement:
    """Binary cross entropy of probabilities.

    Formula:
        -y ln p - (1 - y) ln(1 - p),   y = y_true (1 - s) + s / 2,   p = y_pred,   s = label_smoothing;
        clip keeps p within clip and 1 - clip, and log_floor each logarithm from falling below it

    Range:
        0 to inf; inf where p excludes the class that came.

    Use:
        The usual loss of a probability; it is least when the probability is right. One row that is sure and
        wrong makes it infinite, which frameworks hide by clipping, each at a number of its own.

    References:
        Good (1952), Rational Decisions.

    Example:
        >>> bce(np.array([1.0, 0.0]), np.array([0.5, 0.0])).round(7)
        array([0.6931472, 0.       ])
    """
    positive, negative = _targets(y_true, label_smoothing)
    return entropy_of_two(positive, negative, clipped(y_pred, clip), -np.inf if log_floor is None else log_floor)


def _bce_logits_slope(y_true: Floats, y_pred: Floats, *, label_smoothing: float, pos_weight: float) -> Floats:
    positive, negative = _targets(y_true, label_smoothing)
    return negative * sigmoid(y_pred) - pos_weight * (positive * sigmoid(-y_pred))


def _bce_logits_best(mean: Floats, *, label_smoothing: float, pos_weight: float) -> Floats:
    positive, negative = _targets(mean, label_smoothing)
    logits: Floats = np.log(pos_weight) + (np.log(positive) - np.log(negative))
    return logits


@loss(
    "sigmoid_cross_entropy",
    "sigmoid_binary_cross_entropy",
    "sigmoid_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits",
    "binary_crossentropy_logits",
    "bce_with_logits",
    "bce_with_logits_loss",
    "multilabel_soft_margin_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_bce_logits_slope,
    constant="mean",
    best=_bce_logits_best,
)
def bce_logits(y_true: Truth, y_pred: Real, *, label_smoothing: Level = 0.0, pos_weight: Positive = 1.0) -> PerElement:
    """Binary cross entropy of logits, the values before the sigmoid.

    Formula:
        w y ln(1 + exp(-z)) + (1 - y) ln(1 + exp(z)),
        y = y_true (1 - s) + s / 2,   z = y_pred,   s = label_smoothing,   w = pos_weight

    Range:
        0 to inf.

    Use:
        For values before the sigmoid, also one for each label. Given probabilities by mistake it prints a
        number that looks plausible: no row then costs less than 0.31.

    References:
        Berkson (1944), Application of the Logistic Function to Bio-Assay.

    Example:
        >>> bce_logits(np.array([1.0, 0.0]), np.array([0.0, 1000.0])).round(7)
        array([6.931472e-01, 1.000000e+03])
    """
    positive, negative = _targets(y_true, label_smoothing)
    with np.errstate(invalid="ignore"):
        return np.where(positive > 0, pos_weight * (positive * softplus(-y_pred)), 0.0) + np.where(
            negative > 0, negative * softplus(y_pred), 0.0
        )


def _hinge_slope(y_true: Floats, y_pred: Floats, *, raw_labels: bool) -> Floats:
    """0 at the kink."""
    slope = np.where(y_true > 0, -1.0, np.where((y_true == 0) & raw_labels, 0.0, 1.0))
    return np.where(hinge(y_true, y_pred, raw_labels=raw_labels) > 0, slope, 0.0)


@loss("hinge_loss", family=FAMILY, claims=NEVER_NEGATIVE, slope=_hinge_slope)
def hinge(y_true: Sign, y_pred: Real, *, raw_labels: Flag = False) -> PerElement:
    """Hinge loss of a decision value.

    Formula:
        max(0, 1 - s y_pred),   s = 1 where y_true is 1, -1 where it is -1 or 0; with raw_labels s is y_true

    Range:
        0 to inf.

    Use:
        For decision values of support vector machines, where a margin of 1 is asked. They are no probabilities:
        values that all lie between -1 and 1 are inside the margin, and no row costs nothing.

    References:
        Cortes and Vapnik (1995), Support-Vector Networks.

    Example:
        >>> hinge(np.array([1.0, -1.0]), np.array([0.25, 0.5]))
        array([0.75, 1.5 ])
    """
    return np.maximum(1.0 - signed(y_true, y_pred, raw=raw_labels), 0.0)


def _squared_hinge_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return np.where(y_true > 0, -2.0, 2.0) * hinge(y_true, y_pred)


@loss("squared_hinge_loss", family=FAMILY, claims=NEVER_NEGATIVE, slope=_squared_hinge_slope)
def squared_hinge(y_true: Sign, y_pred: Real) -> PerElement:
    """Square of the hinge loss.

    Formula:
        max(0, 1 - s y_pred)²,   s = 1 where y_true is 1, -1 where it is -1 or 0

    Range:
        0 to inf.

    Use:
        Like hinge, but smooth at the margin and harder on large mistakes, so that a few wrong labels may
        decide. It measures decision values, not probabilities.

    References:
        Lee and Mangasarian (2001), SSVM: A Smooth Support Vector Machine for Classification.

    Example:
        >>> squared_hinge(np.array([1.0, -1.0]), np.array([0.5, 0.5]))
        array([0.25, 2.25])
    """
    return np.square(np.maximum(1.0 - signed(y_true, y_pred), 0.0))


def _targets(y_true: Truth, smoothing: float) -> tuple[Floats, Floats]:
    """What y_true gives to each class; the negative share is not 1 minus the positive, which would round it away."""
    positive, negative = y_true, 1.0 - y_true
    if smoothing:
        positive, negative = (share * (1.0 - smoothing) + smoothing / 2 for share in (positive, negative))
    return positive, negative
