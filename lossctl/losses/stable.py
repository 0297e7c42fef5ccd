"""Pieces of formulas that keep their digits where the plain form rounds them away or overflows."""

from typing import NamedTuple, TypeAlias

import numpy as np

from lossctl.kinds import ClassId, ClassWeights, Floats, Integers, Label


def half_distance(y_true: Floats, y_pred: Floats) -> Floats:
    """½ |y_pred - y_true|, of halves because the difference may leave the range of float64 where a loss does not."""
    return np.abs(y_pred / 2 - y_true / 2)


def difference(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Left - right, and what its rounding took away; 0 where that is no number."""
    with np.errstate(invalid="ignore", over="ignore"):
        gap = left - right
        shift = gap - left
        lost = (left - (gap - shift)) - (right + shift)
    return gap, np.where(np.isfinite(lost), lost, 0.0)


def product(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The product, and what its rounding took away, of numbers far from the ends of the range."""
    whole = left * right
    (left_high, left_low), (right_high, right_low) = _halves(left), _halves(right)
    return whole, left_low * right_low - (
        ((whole - left_high * right_high) - left_low * right_high) - left_high * right_low
    )


def _halves(number: Floats) -> tuple[Floats, Floats]:
    """A number as the sum of two of half its digits."""
    wide = number * 134217729.0
    high = wide - (wide - number)
    return high, number - high


def excess(x: Floats) -> tuple[Floats, Floats]:
    """Two numbers of like size near 0 whose product is x - ln(1 + x) ≥ 0, for x > -1.

    With s = x / (2 + x), ln(1 + x) is 2 (s + s³/3 + s⁵/5 + …), and x - 2s is x s: near 0 only small terms are left.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = x / (x + 2.0)
        near = np.abs(share) < _EXCESS_NEAR
        square = np.where(near, np.square(share), 0.0)
        tail = np.zeros_like(square)
        for term in range(_EXCESS_TERMS, 0, -1):
            tail = tail * square + 2.0 / (2 * term + 1)
        rest = np.where(near, x - square * tail, np.where(np.isinf(x), x, x - np.log1p(x)))
    return np.where(near, share, 1.0), rest


_EXCESS_NEAR, _EXCESS_TERMS = 3 / 7, 20  # ratios from 0.4 to 2.5; the first term left out is below 1e-16 of the sum


def log_ratio(rise: Floats, base: Floats) -> Floats:
    """ln((base + rise) / base) for rise ≥ 0 and base ≥ 0, right to the last digits also where the ratio is near 1."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = rise / base
        return np.where(np.isinf(ratio), np.log(rise) - np.log(base), np.log1p(ratio))


def signed_log_ratio(left: Floats, right: Floats) -> Floats:
    """ln(left / right) of numbers that are at least 0."""
    size = log_ratio(np.abs(left - right), np.minimum(left, right))
    return np.where(left >= right, size, -size)


def softplus(z: Floats) -> Floats:
    """ln(1 + eᶻ)."""
    with np.errstate(under="ignore"):
        return np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0.0)


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + e⁻ᶻ)."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


def surprise_of_logits(logits: Floats) -> Floats:
    """-ln softmax(z)_c for each class c: (max z - z_c) + ln(1 + Σ exp(z_j - max z)), j over all but the largest.

    Both parts are non-negative, so nothing cancels. The differences carry their rounding error along, because exp
    would multiply it by their size.
    """
    gap, others, top = _behind(logits)
    others[top] = 0.0
    surprise: Floats = gap + np.log1p(row_sum(others))[:, None]
    return surprise


def softmax(logits: Floats) -> Floats:
    """e^(z_c) / Σ exp z_j for each class c."""
    _, shares, _ = _behind(logits)
    return shares / row_sum(shares)[:, None]


def slope_of_logits(weights: Floats, logits: Floats) -> Floats:
    """The derivative by each logit of Σ_c w_c ℓ_c, where ℓ_c is -ln softmax(z)_c and the weights are at least 0.

    It is Σ w softmax(z) - w, without what cancels in it.
    """
    chances = softmax(logits)
    return row_rest(weights) * chances - weights * row_rest(chances)


def power_of_rest(logits: Floats, gamma: float) -> Floats:
    """(1 - softmax(z)_c)^γ for each class c.

    What the other classes add up to counts γ times, with all that was rounded in it; so for the largest logit, beside
    which it may be tiny, the next largest goes before the sum.
    """
    with np.errstate(all="ignore"):
        _, shares, top = _behind(logits)
        total, shed = (part[:, None] for part in _sum_and_error(shares))
        others, lost = difference(total, shares)
        lost += shed
        below = logits.copy()
        below[top] = -np.inf
        gap, missed = difference(logits[top], below.max(axis=1))
        _, few, _ = _behind(below)
        few[top] = 0.0
        others[top], lost[top] = _sum_and_error(few)
        power = power_of_ratio((others, lost), (total, shed), gamma)
        power[top] *= shrunk(gap, gamma, missed)
        power[top] = np.where(np.isinf(gap), 0.0**gamma, power[top])
    return power


def shrunk(size: Floats, gamma: float, lost: Floats | float = 0.0) -> Floats:
    """exp(-γ size), with the rounding error of the product, and of the size where one is given."""
    if gamma == 0:
        return np.ones_like(size)
    with np.errstate(all="ignore"):
        whole, rest = product(np.asarray(gamma), size)
        left = rest + gamma * lost
        return np.exp(-whole) * (1.0 - np.where(np.abs(left) < 1.0, left, 0.0))


def power_of_ratio(above: tuple[Floats, Floats], below: tuple[Floats, Floats], gamma: float) -> Floats:
    """The quotient of two numbers to the power of γ, each with what rounding took from it."""
    (total, lost), (base, shed) = above, below
    ratio = total / base
    whole, rest = product(ratio, base)
    left = ((total - whole) - rest) + (lost - ratio * shed)
    power: Floats = np.power(ratio, gamma) * (1.0 + gamma * (left / np.where(total == 0, 1.0, total)))
    return power


def _behind(logits: Floats) -> tuple[Floats, Floats, tuple[Integers, Integers]]:
    """How far each logit lies below the largest of its row, e to minus that, and where the largest are."""
    top = np.arange(len(logits)), logits.argmax(axis=1)
    peak = logits[top][:, None]
    with np.errstate(invalid="ignore", under="ignore"):
        gap = peak - logits
        shift = gap - peak
        lost = (peak - (gap - shift)) - (logits + shift)
        shares = np.exp(-gap) * (1.0 - np.where(np.isfinite(lost), lost, 0.0))
    gap[top], shares[top] = 0.0, 1.0
    return gap, shares, top


def signed(labels: Floats, values: Floats, *, raw: bool = False) -> Floats:
    """The values with the signs of their labels, 0 counting as -1; with `raw` it makes the value 0."""
    margins: Floats = np.where(labels > 0, values, -values)
    return np.where(labels == 0, 0.0, margins) if raw else margins


def counted(weights: Floats, values: Floats) -> Floats:
    """The product, 0 where the weight is 0 even if the value is infinite."""
    with np.errstate(invalid="ignore"):
        return np.where(weights == 0, 0.0, weights * values)


def of_label(values: Floats, labels: Label) -> Floats:
    """For each row of an (n, k) array the value of its class."""
    chosen: Floats = values[np.arange(len(labels)), labels]
    return chosen


def weights_of_labels(y_true: Label, _: Floats, **params: ClassWeights | ClassId) -> Floats | None:
    """w_y for each row and 0 for ignored labels, None where neither is asked for."""
    weights, ignored = params["class_weight"], params["ignore_index"]
    if weights is None and ignored is None:
        return None
    kept = y_true != ignored
    return kept.astype(np.float64) if weights is None else np.where(kept, np.array(weights)[y_true * kept], 0.0)


def to_label(values: Floats, labels: Label, classes: int) -> Floats:
    """An (n, k) array of the values in the places of their classes, 0 elsewhere."""
    return np.where(np.arange(classes) == labels[:, None], values[:, None], 0.0)


def entropy_of_two(positive: Floats, negative: Floats, probability: Floats, floor: float = -np.inf) -> Floats:
    """-positive ln p - negative ln(1 - p), no logarithm below a floor, a share of 0 outweighing an infinite one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(positive > 0, -positive * np.maximum(np.log(probability), floor), 0.0) + np.where(
            negative > 0, -negative * np.maximum(np.log1p(-probability), floor), 0.0
        )


def clipped(probability: Floats, clip: float | None) -> Floats:
    """Probabilities kept within clip and 1 - clip, as they are without a clip."""
    return probability if clip is None else np.clip(probability, clip, 1.0 - clip)


def unclipped(slope: Floats, probability: Floats, clip: float | None) -> Floats:
    """The slope by probabilities that are kept within clip and 1 - clip: 0 where they are held there."""
    return slope if clip is None else np.where((probability > clip) & (probability < 1.0 - clip), slope, 0.0)


def renormalised(rows: Floats, *, divide: bool) -> Floats:
    """The rows divided by their sums where asked for, otherwise as they are."""
    return rows / row_sum(rows)[:, None] if divide else rows


def slope_by_rows(slope: Floats, rows: Floats, *, divide: bool) -> Floats:
    """The derivative by the rows of what has this derivative by the rows as `renormalised` gives them."""
    if not divide:
        return slope
    sums = row_sum(rows)[:, None]
    with np.errstate(invalid="ignore", over="ignore"):
        return (slope - row_sum(counted(rows / sums, slope))[:, None]) / sums


def row_sum(terms: Floats) -> Floats:
    """The sum of each row of an (n, k) array, with the error of each addition carried along.

    Only elementwise operations are used, so a row's sum depends neither on its neighbours nor on the memory layout.
    """
    total, lost = _sum_and_error(terms)
    return np.where(np.isfinite(lost), total + lost, total)


def row_length(vectors: Floats) -> Floats:
    """The Euclidean length of each row of an (n, k) array, scaled so that no square leaves the range."""
    _, exponent = np.frexp(np.abs(vectors).max(axis=1))
    scaled = np.ldexp(vectors, -exponent[:, None])
    length: Floats = np.ldexp(np.sqrt(row_sum(np.square(scaled))), exponent)
    return length


def row_rest(terms: Floats) -> Floats:
    """For each value of a row the sum of the row's other values, all of them non-negative."""
    total, lost = (part[:, None] for part in _sum_and_error(terms))
    rest = total - terms
    shift = rest - total
    return np.maximum(rest + (lost + ((total - (rest - shift)) - (terms + shift))), 0.0)


def _sum_and_error(terms: Floats) -> tuple[Floats, Floats]:
    carried = np.zeros_like(terms)
    with np.errstate(invalid="ignore", over="ignore"):
        while terms.shape[1] > 1:
            half = terms.shape[1] // 2
            left, right, odd = terms[:, :half], terms[:, half : 2 * half], terms[:, 2 * half :]
            total = left + right
            shift = total - left
            lost = (left - (total - shift)) + (right - shift)
            lost += carried[:, :half] + carried[:, half : 2 * half]
            carried = np.concatenate((lost, carried[:, 2 * half :]), axis=1)
            terms = np.concatenate((total, odd), axis=1)
    return terms[:, 0], carried[:, 0]


def in_rows(values: Floats) -> Floats:
    """Values of shape (n,) or (n, k) as (n, k)."""
    return values[:, None] if values.ndim == 1 else values


def quotient(above: Floats, below: Floats) -> Floats:
    """The one over the other, neither negative; 0 where both are 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(above == 0, 0.0, above / below)


Once: TypeAlias = float | str
"""What a loss gives once for all of its rows: what is added to both sums of a ratio, a power, what to divide by."""


class Split(NamedTuple):
    """What rows add up by, of a loss that is no mean of their values.

    Attributes:
        above: shape (n,), the numerators of a ratio, at least 0; else the part of the loss that adds up.
        below: shape (n,), the denominators of a ratio, at least 0; or shape (n, k), what else must be known of the rows.
        once: what is known beside the rows: of a ratio what is added to the sum of the numerators, and of the denominators.
    """

    above: Floats
    below: Floats | None
    once: tuple[Once, ...] = ()

    @property
    def wide(self) -> "Split":
        """The same in float64, whatever the inputs were."""
        below = None if self.below is None else self.below.astype(np.float64)
        return self._replace(above=self.above.astype(np.float64), below=below)

    @property
    def alone(self) -> Floats:
        """The ratio of each row alone; 0 where both of its parts are 0."""
        if self.below is None:
            raise AssertionError("it is no ratio")
        above, below = map(float, self.once or (0.0, 0.0))
        return quotient(self.above + above, self.below + below)


def row_mean(values: Floats) -> Floats:
    """The mean of each row of an (n, k) array, finite wherever the mean itself is."""
    outputs = values.shape[1]
    if outputs == 1:
        first: Floats = values[:, 0]
        return first
    means: Floats = row_sum(values) / outputs
    large = np.isinf(means)
    if large.any():
        means[large] = row_sum(values[large] / outputs)
    return means


def row_max(values: Floats) -> Floats:
    """The largest value of each row of an (n, k) array."""
    largest: Floats = values.max(axis=1)
    return largest


def row_root_mean_square(values: Floats) -> Floats:
    """The root of the mean square of each row of an (n, k) array, scaled so that no square leaves the range."""
    if values.shape[1] == 1:
        return np.abs(values[:, 0])
    largest = np.abs(values).max(axis=1, keepdims=True)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    means: Floats = row_sum(np.square(values / scale)) / values.shape[1]
    return scale[:, 0] * np.sqrt(means)
