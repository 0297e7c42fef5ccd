"""Losses of vectors as wholes."""

import numpy as np

from lossctl.kinds import (
    Amount,
    AtLeastOne,
    Cosine,
    Finite,
    Flag,
    Floats,
    Integers,
    NonNegative,
    PerElement,
    PerRow,
    Real,
    Sign,
    Vector,
)
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import difference, row_length, row_sum

FAMILY = "vectors"


@np.errstate(divide="ignore", invalid="ignore")
def _cosine_slope(y_true: Floats, y_pred: Floats, *, similarity: bool) -> Floats:
    """0 where a vector is zero."""
    del similarity  # which only adds a number
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
def cosine(y_true: Vector, y_pred: Vector, *, similarity: Flag = False) -> PerRow:
    """One minus the cosine of the angle between two vectors.

    Formula:
        1 - Σ_c a_c b_c / (‖a‖ ‖b‖),   a = y_true,   b = y_pred;   1 where one of them is zero;
        with similarity: -Σ_c a_c b_c / (‖a‖ ‖b‖); 0 where one of them is zero

    Range:
        0 to 2; with similarity, as Keras has it, -1 to 1.

    Use:
        For embeddings, where directions matter and lengths do not. A prediction ten times too long costs
        nothing, and it does not tell which of the components is off.

    References:
        Salton and McGill (1983), Introduction to Modern Information Retrieval.

    Example:
        >>> cosine(np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [3.0, 4.0]]))
        array([1., 0.])
    """
    a, b = _unit(y_true), _unit(y_pred)
    if similarity:
        return 0.0 - row_sum(a * b)
    # Of near directions the difference is small, and half its square is the loss without cancellation.
    apart = row_sum(np.square(a - b)) / 2
    zero = ~(a.any(axis=1) & b.any(axis=1))
    return np.where(zero, 1.0, np.where(apart < 0.5, apart, np.maximum(1.0 - row_sum(a * b), 0.0)))


@loss("cosine_embedding_loss", family=FAMILY, claims=NEVER_NEGATIVE, called={"input1": "x1", "input2": "x2"})
def cosine_embedding(y_true: Sign, x1: Vector, x2: Vector, *, margin: Cosine = 0.0) -> PerRow:
    """Whether two vectors point the same way, as they should where y_true is 1, and should not elsewhere.

    Formula:
        1 - c where y_true is 1,   max(0, c - margin) where it is -1 or 0,
        c = Σ x1 x2 / (‖x1‖ ‖x2‖), 0 where one of them is zero

    Range:
        0 to 2.

    Use:
        For pairs of embeddings that are alike or not. With a margin of 0 pairs that are not alike cost nothing once they
        are at right angles.

    References:
        PyTorch, CosineEmbeddingLoss.

    Example:
        >>> cosine_embedding(np.array([1.0, -1.0]), np.array([[1.0, 0.0]] * 2), np.array([[0.0, 2.0], [3.0, 0.0]]))
        array([1., 1.])
    """
    a, b = _unit(x1), _unit(x2)
    return np.where(y_true > 0, cosine(x1, x2), np.maximum(row_sum(a * b) - margin, 0.0))


@np.errstate(invalid="ignore", over="ignore", under="ignore")
def _triplet_margin_slope(
    y_true: Floats, y_pred: Floats, anchor: Floats, *, margin: float, p: float, eps: float, root_eps: float
) -> Floats:
    """At the kink that of a loss above 0, as PyTorch does; 0 where anchor and y_pred are one."""
    gap = anchor - y_pred + eps if eps else anchor - y_pred
    length = _distance(anchor, y_pred, p, eps, root_eps)
    share = gap / np.where(length == 0, 1.0, length)[:, None]
    ahead, lost = difference(_distance(anchor, y_true, p, eps, root_eps), length)
    lacks = (ahead + margin + lost >= 0)[:, None]
    return np.where(lacks, np.sign(gap) * np.power(np.abs(share), p - 1.0), 0.0)


@loss(
    "triplet",
    "triplet_loss",
    "triplet_margin_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    called={"positive": "y_true", "negative": "y_pred"},
    slope=_triplet_margin_slope,
)
def triplet_margin(
    y_true: Vector,
    y_pred: Vector,
    anchor: Vector,
    *,
    margin: NonNegative = 1.0,
    p: AtLeastOne = 2.0,
    eps: NonNegative = 0.0,
    root_eps: NonNegative = 0.0,
) -> PerRow:
    """Whether an anchor lies nearer to a vector of its own kind than to one of another, by a margin.

    Formula:
        max(0, s - d + margin),   s = (Σ |a - y_true + eps|^p + ρ)^(1 / p), the distance to its own kind (positive),
        d = (Σ |a - y_pred + eps|^p + ρ)^(1 / p), that to another (negative),   a = anchor,   ρ = root_eps

    Range:
        0 to inf. PyTorch's eps is 1e-6, optax's root_eps.

    Use:
        For embeddings learnt from triplets. Triplets that hold the margin already are 0, so the mean falls with each easy
        triplet in the file; compare only means of the same triplets.

    References:
        Schroff, Kalenichenko and Philbin (2015), FaceNet: A Unified Embedding for Face Recognition and Clustering;
        Balntas, Riba, Ponsa and Mikolajczyk (2016), Learning Local Feature Descriptors with Triplets and Shallow
        Convolutional Neural Networks.

    Example:
        >>> triplet_margin(np.array([[3.0, 4.0]]), np.array([[0.0, 5.5]]), np.array([[0.0, 0.0]]))
        array([0.5])
    """
    near, far = (_distance(anchor, other, p, eps, root_eps) for other in (y_true, y_pred))
    gap, lost = difference(near, far)
    return np.maximum(gap + margin + lost, 0.0)


@loss("margin_ranking_loss", family=FAMILY, claims=NEVER_NEGATIVE, called={"input1": "x1", "input2": "x2"})
def margin_ranking(y_true: Sign, x1: Real, x2: Real, *, margin: Finite = 0.0) -> PerElement:
    """Whether the first of two scores is the higher, as it should be where y_true is 1.

    Formula:
        max(0, margin - s (x1 - x2)),   s = 1 where y_true is 1, -1 where it is -1 or 0

    Range:
        0 to inf.

    Use:
        For pairs of scores of which one should be the higher. With a margin of 0 equal scores cost nothing, so a constant
        score is never wrong.

    References:
        Herbrich, Graepel and Obermayer (2000), Large Margin Rank Boundaries for Ordinal Regression.

    Example:
        >>> margin_ranking(np.array([1.0, -1.0]), np.array([0.5, 0.5]), np.array([0.25, 0.25]), margin=0.5)
        array([0.25, 0.75])
    """
    gap, lost = difference(x2, x1)
    sign = np.where(y_true > 0, 1.0, -1.0)
    with np.errstate(over="ignore"):
        return np.maximum(sign * gap + margin + sign * lost, 0.0)


def _hinge_embedding_slope(y_true: Floats, y_pred: Floats, *, margin: float = 1.0) -> Floats:
    """-1 at the margin, as PyTorch does."""
    return np.where(y_true > 0, 1.0, np.where(y_pred <= margin, -1.0, 0.0))


@loss(
    "hinge_embedding_loss",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    called={"distance": "y_pred"},
    slope=_hinge_embedding_slope,
)
def hinge_embedding(y_true: Sign, y_pred: Amount, *, margin: NonNegative = 1.0) -> PerElement:
    """A distance that should be small where y_true is 1, and at least a margin elsewhere.

    Formula:
        d where y_true is 1,   max(0, margin - d) where it is -1 or 0,   d = y_pred

    Range:
        0 to inf.

    Use:
        For pairs whose distance was computed already. y_pred is a distance, so alike pairs cost without bound and others
        at most the margin.

    References:
        Hadsell, Chopra and LeCun (2006), Dimensionality Reduction by Learning an Invariant Mapping, without its squares.

    Example:
        >>> hinge_embedding(np.array([1.0, -1.0]), np.array([0.25, 0.25]))
        array([0.25, 0.75])
    """
    return np.where(y_true > 0, y_pred, np.maximum(margin - y_pred, 0.0))


def _distance(one: Floats, other: Floats, p: float, eps: float, root_eps: float) -> Floats:
    with np.errstate(over="ignore"):
        gap = one - other + eps if eps else one - other
    if root_eps:  # which is as much as one more component
        gap = np.concatenate((gap, np.full((len(gap), 1), root_eps ** (1 / p), gap.dtype)), axis=1)
    if p == 1:
        return row_sum(np.abs(gap))
    if p == 2:
        return row_length(gap)
    size = np.abs(gap)
    largest = size.max(axis=1)
    with np.errstate(under="ignore"):
        shares = np.power(size / np.where(largest == 0, 1.0, largest)[:, None], p)
    length: Floats = largest * np.power(row_sum(shares), 1 / p)
    return length


def _unit(vectors: Floats) -> Floats:
    """The directions of vectors; zero stays zero."""
    length, exponent = _length(vectors)
    unit: Floats = np.ldexp(vectors, -exponent) / np.where(length == 0, 1.0, length)
    return unit


def _length(vectors: Floats) -> tuple[Floats, Integers]:
    """The lengths of vectors, as a number and a power of two, so that no square leaves the range."""
    _, exponent = np.frexp(np.abs(vectors).max(axis=1, keepdims=True))
    return np.sqrt(row_sum(np.square(np.ldexp(vectors, -exponent))))[:, None], exponent
