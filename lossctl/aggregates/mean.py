"""Weighted means of row losses, and the root of the mean of their squares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias, get_args

import numpy as np

from lossctl.aggregates.exact import ONE, UNIT, ExactSum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lossctl.kinds import Floats
    from lossctl.losses.stable import Once

Reduction: TypeAlias = Literal["mean", "sum", "mean-weight", "mean-count"]


@dataclass(frozen=True, slots=True)
class Mean:
    """Σwℓ over Σw: the mean loss of some rows, neither sum rounded.

    Attributes:
        total: Σwℓ, the sum of the rounded products.
        weight: Σw; without weights the number of rows.
        rows: the number of rows.
        reductions: what can be asked of it.
        adds: whether losses of rows add up to it, so that each has a part in it.
    """

    total: ExactSum = ExactSum()
    weight: ExactSum = ExactSum()
    rows: int = 0
    reductions: ClassVar[frozenset[Reduction]] = frozenset(get_args(Reduction))
    adds: ClassVar[bool] = True

    @classmethod
    def of(cls, values: Floats, weights: Floats | None, factor: Floats | None = None, *_: Once) -> Self:
        """The mean of some rows.

        Args:
            values: shape (n,), the loss of each row, multiplied by its factor already.
            weights: shape (n,) or None for weights of 1. The value of a row of weight 0 is not looked at.
            factor: shape (n,) or None: what the loss itself multiplies the weight of each row by.
            _: what a loss gives once for all rows, which means nothing to a mean.
        """
        total = reduce(add, (ExactSum.of(part) << shift for part, shift in cls._numerators(values, weights)))
        weight = denominators(weights, factor)
        return cls(total, ExactSum.of_count(values.size) if weight is None else ExactSum.of(weight), values.size)

    @classmethod
    def by_code(
        cls,
        values: Floats,
        weights: Floats | None,
        factor: Floats | None,
        codes: NDArray[np.intp],
        groups: int,
        *_: Once,
    ) -> list[Self]:
        """One mean per group: row i belongs to group `codes[i]`, a number below `groups`."""
        totals = [ExactSum()] * groups
        for part, shift in cls._numerators(values, weights):
            parts = ExactSum.by_code(part, codes, groups)
            totals = [total + (one << shift) for total, one in zip(totals, parts, strict=True)]
        rows = np.bincount(codes, minlength=groups).tolist()
        weight = denominators(weights, factor)
        sums = map(ExactSum.of_count, rows) if weight is None else ExactSum.by_code(weight, codes, groups)
        return [cls(*parts) for parts in zip(totals, sums, rows, strict=True)]

    def __add__(self, other: Self) -> Self:
        return type(self)(self.total + other.total, self.weight + other.weight, self.rows + other.rows)

    @property
    def approximate(self) -> bool:
        """Whether the value is known within 1 % only."""
        return False

    @property
    def uneven(self) -> bool:
        """Whether there are weights that it cannot heed."""
        return False

    def value(self, reduction: Reduction) -> float:
        """The mean or the sum, rounded once; NaN where the denominator is 0."""
        return self.total.over(self._denominator(reduction))

    def share(self, part: ExactSum) -> float | None:
        """The share that a part has of the total, which must be finite and above 0; else None.

        Args:
            part: the total of some of the rows.
        """
        if self.total.units <= 0 or self.total.plus or self.total.minus or self.total.nans:
            return None
        return part.over(self.total)

    def counted(self, values: Floats, counts: NDArray[np.int64]) -> ExactSum:
        """The total of values that count several times each, both of shape (n,)."""
        once = counts == 1
        total = self.part(values[once])
        for value, count in zip(values[~once], counts[~once].tolist(), strict=True):
            total += self.part(np.array([value])).times(count)
        return total

    def part(self, values: Floats, weights: Floats | None = None) -> ExactSum:
        """What some of its rows add to the total; both of shape (n,)."""
        return type(self).of(values, weights).total

    @classmethod
    def carried(cls, values: Floats, weights: Floats | None, *_: Once) -> Floats:
        """Losses that add to the total without weights what these add with them, shape (n,)."""
        return weighted(values, weights)

    def _denominator(self, reduction: Reduction) -> ExactSum:
        if reduction == "sum":
            return ONE
        return ExactSum.of_count(self.rows) if reduction == "mean-count" else self.weight

    @staticmethod
    def _numerators(values: Floats, weights: Floats | None) -> list[tuple[Floats, int]]:
        """Arrays whose sums, each times a power of two, add to the total."""
        return [(weighted(values, weights), 0)]


class RootMeanSquare(Mean):
    """√(Σwℓ² over Σw): its total counts squares, in units of 2**-2274 so that no square overflows or underflows.

    The product of a square with its weight is rounded as a float64 times one of three powers of two.
    """

    reductions: ClassVar[frozenset[Reduction]] = frozenset(get_args(Reduction)) - {"sum"}

    def value(self, reduction: Reduction) -> float:
        """The root of the mean square, rounded once. It has no sum."""
        total, over = self.total, self._denominator(reduction)
        if not total.units or total.nans or total.plus or over.units <= 0:
            return total.over(over)
        return root(total.units, over.units << (2 * _SCALE))

    @classmethod
    def carried(cls, values: Floats, weights: Floats | None, *_: Once) -> Floats:
        """Losses whose squares add without weights what the squares of these add with them, shape (n,)."""
        return weighted(np.abs(values), None if weights is None else np.sqrt(weights))

    @staticmethod
    def _numerators(values: Floats, weights: Floats | None) -> list[tuple[Floats, int]]:
        return [(weighted(part, weights), shift) for part, shift in squares(values)]


def root(above: int, below: int) -> float:
    """The root of a quotient of integers above 0, rounded once; inf where no float64 is large enough."""
    # A quotient of 128 bits or more has a root of 64; a bit behind it stands for all that was cut off.
    shift = max(128 - above.bit_length() + below.bit_length(), 0) // 2 + 1
    quotient, left = divmod(above << (2 * shift), below)
    whole = math.isqrt(quotient)
    whole = 2 * whole + (whole * whole != quotient or left != 0)
    try:
        return whole / (1 << (shift + 1))
    except OverflowError:
        return math.inf


_SCALE = 600  # values are multiplied by 2**±600 where their squares might leave the range of float64
_NEAR = 400

SQUARE_UNIT = UNIT + 2 * _SCALE
"""A sum of squares counts in units of 2**-2274."""


def squares(values: Floats) -> list[tuple[Floats, int]]:
    """Arrays whose sums, each times a power of two, add to the sum of the squares in units of 2**-2274."""
    size = np.abs(values)
    small = (size < 2.0**-_NEAR) & (size > 0.0)
    large = size >= 2.0**_NEAR
    scaled = [(small, 2.0**_SCALE, 0), (large, 2.0**-_SCALE, 4 * _SCALE)]
    others = [(np.square(np.where(mask, values, 0.0) * by), shift) for mask, by, shift in scaled if mask.any()]
    return [(np.square(np.where(small | large, 0.0, values) if others else values), 2 * _SCALE), *others]


def weighted(values: Floats, weights: Floats | None) -> Floats:
    """The losses of rows times their weights; where the weight is 0 the loss is not looked at. Shape (n,)."""
    if weights is None:
        return values
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        return np.where(weights == 0, 0.0, weights * values)


def denominators(weights: Floats | None, factor: Floats | None) -> Floats | None:
    """What each row adds to the denominator of a mean, shape (n,); None for 1."""
    if weights is None or factor is None:
        return factor if weights is None else weights
    return weights * factor
