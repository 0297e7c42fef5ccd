"""Losses of vectors as wholes."""

import numpy as np
from numpy.typing import NDArray

from lossctl.kinds import Floats, PerRow, Vector
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import row_sum

FAMILY = "vectors"


@np.errstate(divide="ignore", invalid="ignore")
def _cosine_slope(y_true: Floats, y_pred: Floats) -> Floats:
    """0 where a vector is zero."""
    a, b = _unit(y_true), _unit(y_pred)
    apart = row_sum(np.square(a - b))[:, None] / 2
    # cos b - a, with 1 - cos for near directions.
    across = np.where(apart < 0.5, (b - a) - apart * b, row_sum(a * b)[:, None] * b - a)
    length, exponent = _length(y_pred)
    zero = ~(a.any(axis=1, keepdims=True) & b.any(axis=1, keepdims=True))
    return np.where(zero, 0.0, np.ldexp(across / length, -exponent))


@loss(
    "cosine_distance",
    "cosine_similarity",
    "cosine_proximity",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_cosine_slope,
)
def cosine(y_true: Vector, y_pred: Vector) -> PerRow:
    """One minus the cosine of the angle between two vectors.

    Formula:
        1 - Σ_c a_c b_c / (‖a‖ ‖b‖),   a = y_true,   b = y_pred;   1 where one of them is zero

    Range:
        0 to 2. Keras gives minus the cosine.

    References:
        Salton and McGill (1983), Introduction to Modern Information Retrieval.

    Example:
        >>> cosine(np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [3.0, 4.0]]))
        array([1., 0.])
    """
    a, b = _unit(y_true), _unit(y_pred)
    # Of near directions the difference is small, and half its square is the loss without cancellation.
    apart = row_sum(np.square(a - b)) / 2
    zero = ~(a.any(axis=1) & b.any(axis=1))
    return np.where(zero, 1.0, np.where(apart < 0.5, apart, np.maximum(1.0 - row_sum(a * b), 0.0)))


def _unit(vectors: Floats) -> Floats:
    """The directions of vectors; zero stays zero."""
    length, exponent = _length(vectors)
    unit: Floats = np.ldexp(vectors, -exponent) / np.where(length == 0, 1.0, length)
    return unit


def _length(vectors: Floats) -> tuple[Floats, NDArray[np.intc]]:
    """The lengths of vectors, as a number and a power of two, so that no square leaves the range."""
    _, exponent = np.frexp(np.abs(vectors).max(axis=1, keepdims=True))
    return np.sqrt(row_sum(np.square(np.ldexp(vectors, -exponent))))[:, None], exponent
