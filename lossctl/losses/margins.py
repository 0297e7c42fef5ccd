"""Losses of decision values with signs. Throughout, m = s y_pred, with s = 1 where y_true is 1, -1 where it is -1 or 0."""

import numpy as np

from lossctl.kinds import Flag, Floats, PerElement, Real, Sign
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import sigmoid, signed, softplus

FAMILY = "margins"

# tan ½: the float64 number, and what it lacks.
_TAN_HALF, _TAN_HALF_REST = 0.5463024898437905, 2.9096576216837176e-17


def _perceptron_slope(y_true: Floats, y_pred: Floats, *, raw_labels: bool) -> Floats:
    """0 at the kink."""
    fall = np.where(signed(y_true, y_pred) < 0, -1.0, 0.0)
    return signed(y_true, fall, raw=raw_labels)


@loss("perceptron_loss", family=FAMILY, claims=NEVER_NEGATIVE, slope=_perceptron_slope)
def perceptron(y_true: Sign, y_pred: Real, *, raw_labels: Flag = False) -> PerElement:
    """Perceptron loss: how far a decision value lies on the wrong side.

    Formula:
        max(0, -m); with raw_labels m is y_true y_pred

    Range:
        0 to inf.

    Use:
        How far rows lie on the wrong side, the right ones free. No margin is asked, so a model that gives 0 to
        every row costs nothing.

    References:
        Rosenblatt (1958), The Perceptron: A Probabilistic Model for Information Storage and Organization in the Brain.

    Example:
        >>> perceptron(np.array([1.0, -1.0]), np.array([0.25, 0.5]))
        array([0. , 0.5])
    """
    return np.maximum(-signed(y_true, y_pred, raw=raw_labels), 0.0)


def _soft_margin_slope(y_true: Floats, y_pred: Floats, *, raw_labels: bool) -> Floats:
    return signed(y_true, -sigmoid(-signed(y_true, y_pred)), raw=raw_labels)


@loss("soft_margin_loss", "logistic", family=FAMILY, claims=NEVER_NEGATIVE, slope=_soft_margin_slope)
def soft_margin(y_true: Sign, y_pred: Real, *, raw_labels: Flag = False) -> PerElement:
    """Logistic loss of a decision value; bce_logits with signs as labels.

    Formula:
        ln(1 + exp(-m)); with raw_labels m is y_true y_pred

    Range:
        0 to inf. PyTorch's overflows from m = -710 on.

    Use:
        For logits with labels -1 and 1; with labels 0 and 1, of which 0 is read as -1, it is bce_logits. A
        probability of ½ is the value 0, and guessing it costs ln 2.

    References:
        Friedman, Hastie and Tibshirani (2000), Additive Logistic Regression: A Statistical View of Boosting.

    Example:
        >>> soft_margin(np.array([1.0, -1.0]), np.array([0.0, 1000.0])).round(7)
        array([6.931472e-01, 1.000000e+03])
    """
    return softplus(-signed(y_true, y_pred, raw=raw_labels))


def _exponential_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return signed(y_true, -exponential(y_true, y_pred))


@loss("exponential_loss", "adaboost", family=FAMILY, claims=NEVER_NEGATIVE, slope=_exponential_slope)
def exponential(y_true: Sign, y_pred: Real) -> PerElement:
    """Exponential loss, that of AdaBoost.

    Formula:
        exp(-m)

    Range:
        0 to inf.

    Use:
        What AdaBoost lowers. One sure mistake outweighs everything: a value of 10 on the wrong side costs
        22,026, so wrong labels decide.

    References:
        Freund and Schapire (1997), A Decision-Theoretic Generalization of On-Line Learning and an Application to
        Boosting.

    Example:
        >>> exponential(np.array([1.0, -1.0]), np.array([0.0, 1.0])).round(7)
        array([1.       , 2.7182818])
    """
    with np.errstate(over="ignore"):
        return np.exp(-signed(y_true, y_pred))


def _modified_huber_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return signed(y_true, -2.0 * (1.0 - np.clip(signed(y_true, y_pred), -1.0, 1.0)))


@loss("modified_huber_loss", family=FAMILY, claims=NEVER_NEGATIVE, slope=_modified_huber_slope)
def modified_huber(y_true: Sign, y_pred: Real) -> PerElement:
    """Squared hinge loss that goes on as a straight line.

    Formula:
        max(0, 1 - m)²    where m ≥ -1
        -4 m              elsewhere

    Range:
        0 to inf.

    Use:
        For decision values, where squared_hinge minds outliers too much; it is least where they are twice the
        probability less 1. It asks for a margin of 1, so values on another scale are to be brought to that one.

    References:
        Zhang (2004), Statistical Behavior and Consistency of Classification Methods Based on Convex Risk Minimization.

    Example:
        >>> modified_huber(np.array([1.0, -1.0]), np.array([0.5, 3.0]))
        array([ 0.25, 12.  ])
    """
    margin = signed(y_true, y_pred)
    with np.errstate(over="ignore"):
        return np.where(margin >= -1.0, np.square(1.0 - np.clip(margin, -1.0, 1.0)), -4.0 * margin)


def _savage_slope(y_true: Floats, y_pred: Floats) -> Floats:
    margin = signed(y_true, y_pred)
    return signed(y_true, -2.0 * (sigmoid(margin) * np.square(sigmoid(-margin))))


@loss("savage_loss", family=FAMILY, claims=NEVER_NEGATIVE, slope=_savage_slope)
def savage(y_true: Sign, y_pred: Real) -> PerElement:
    """Savage loss: bounded, the square of the probability that logits leave to the other class.

    Formula:
        1 / (1 + exp(m))²

    Range:
        0 to 1.

    Use:
        Where some labels are wrong: no row costs more than 1. It is not convex, and a row that is badly wrong
        has hardly any slope left to learn from.

    References:
        Masnadi-Shirazi and Vasconcelos (2008), On the Design of Loss Functions for Classification.

    Example:
        >>> savage(np.array([1.0, -1.0]), np.array([0.0, 1000.0]))
        array([0.25, 1.  ])
    """
    margin = signed(y_true, y_pred)
    small = np.exp(-np.abs(margin))
    return np.square(np.where(margin > 0, small, 1.0) / (1.0 + small))


def _tangent_slope(y_true: Floats, y_pred: Floats) -> Floats:
    margin = signed(y_true, y_pred)
    length = np.hypot(1.0, margin)
    return signed(y_true, 8.0 * (_angle(margin) / length / length))


@loss("tangent_loss", family=FAMILY, claims=NEVER_NEGATIVE, slope=_tangent_slope)
def tangent(y_true: Sign, y_pred: Real) -> PerElement:
    """Tangent loss: bounded, and it also rises where a decision value is too sure of itself.

    Formula:
        (2 arctan m - 1)²

    Range:
        0, at m = tan ½, to (π + 1)².

    Use:
        Where some labels are wrong: no row costs more than 17.2, and a value that is right but too sure costs
        again. It is least at a value of 0.55 on the right side, so values on the scale of logits cost too much.

    References:
        Masnadi-Shirazi, Mahadevan and Vasconcelos (2010), On the Design of Robust Classifiers for Computer Vision.

    Example:
        >>> tangent(np.array([1.0, -1.0]), np.array([0.0, 1.0])).round(7)
        array([1.       , 6.6089938])
    """
    return np.square(2.0 * _angle(signed(y_true, y_pred)))


def _angle(margin: Floats) -> Floats:
    """The arctangent of m, less ½: one angle, taken of the difference to tan ½."""
    margin = np.clip(margin, -1e17, 1e17)  # beyond, arctan m is that of infinity
    return np.arctan2((margin - _TAN_HALF) - _TAN_HALF_REST, 1.0 + margin * _TAN_HALF)
