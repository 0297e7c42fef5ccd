"""What rows amount to where it is no mean of their losses.

Ratios of sums, the largest loss, the median, and the mean of what each output amounts to by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lossctl.aggregates.distribution import Distribution
from lossctl.aggregates.exact import ExactSum
from lossctl.aggregates.groups import places
from lossctl.aggregates.mean import Mean, Reduction, RootMeanSquare, weighted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lossctl.kinds import Floats
    from lossctl.losses.stable import Once


def _numbers(once: tuple[Once, ...]) -> tuple[float, ...]:
    return tuple(map(float, once))


@dataclass(frozen=True, slots=True)
class Ratio(Mean):
    """Σwa over Σwb, of rows that have a numerator a and a denominator b, neither sum rounded; 0 where both are 0.

    What `Mean` calls the values are the numerators, and what it calls the factor the denominators.

    Attributes:
        below: Σwb.
        above_once, below_once: what is added to either sum, however many rows there are.
    """

    below: ExactSum = ExactSum()
    above_once: float = 0.0
    below_once: float = 0.0
    reductions: ClassVar[frozenset[Reduction]] = frozenset({"mean", "mean-weight"})

    @classmethod
    def of(cls, values: Floats, weights: Floats | None, factor: Floats | None = None, *once: Once) -> Self:
        """The ratio of some rows; without denominators each is 1. Once are two numbers, or none for zeros."""
        above = Mean.of(values, weights)
        below = np.ones(values.size) if factor is None else factor
        sums = ExactSum.of(weighted(below, weights))
        return cls(above.total, above.weight, above.rows, sums, *_numbers(once))

    @classmethod
    def by_code(
        cls,
        values: Floats,
        weights: Floats | None,
        factor: Floats | None,
        codes: NDArray[np.intp],
        groups: int,
        *once: Once,
    ) -> list[Self]:
        """One ratio per group."""
        below = np.ones(values.size) if factor is None else factor
        sums = ExactSum.by_code(weighted(below, weights), codes, groups)
        above = Mean.by_code(values, weights, None, codes, groups)
        numbers = _numbers(once)
        return [cls(one.total, one.weight, one.rows, part, *numbers) for one, part in zip(above, sums, strict=True)]

    def __add__(self, other: Self) -> Self:
        whole = Mean.__add__(self, other)
        once = max(self.above_once, other.above_once), max(self.below_once, other.below_once)
        # Rows of one loss agree on these, and no rows know of nothing to add.
        return type(self)(whole.total, whole.weight, whole.rows, self.below + other.below, *once)

    def value(self, reduction: Reduction) -> float:  # noqa: ARG002 — both it has are the same
        """The ratio, rounded once. It has no other reduction."""
        once = self.above_once, self.below_once
        above, below = (
            part + ExactSum.of(np.array([more])) for part, more in zip((self.total, self.below), once, strict=True)
        )
        return 0.0 if above == below == ExactSum() else above.over(below)


@dataclass(frozen=True, slots=True)
class Largest(Mean):
    """The largest loss of the rows whose weight is not 0. Nothing adds up to it, so its total stays empty.

    Attributes:
        top: the largest loss that is a number.
        unknown: whether some loss is none.
    """

    top: float = -math.inf
    unknown: bool = False
    reductions: ClassVar[frozenset[Reduction]] = frozenset({"mean", "mean-weight"})
    adds: ClassVar[bool] = False

    @classmethod
    def of(cls, values: Floats, weights: Floats | None, factor: Floats | None = None, *_: Once) -> Self:
        """The largest of some rows."""
        return cls.by_code(values, weights, factor, np.zeros(values.size, np.intp), 1)[0]

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
        """The largest of each group."""
        tops = np.full(groups, -np.inf)
        counted = ~np.isnan(values) if weights is None else ~np.isnan(values) & (weights != 0)
        np.maximum.at(tops, codes[counted], values[counted])
        unknown = np.isnan(values) if weights is None else np.isnan(values) & (weights != 0)
        odd = np.bincount(codes[unknown], minlength=groups) > 0
        means = Mean.by_code(np.zeros(values.size), weights, factor, codes, groups)
        found = zip(means, tops.tolist(), odd.tolist(), strict=True)
        return [cls(ExactSum(), mean.weight, mean.rows, top, nan) for mean, top, nan in found]

    def __add__(self, other: Self) -> Self:
        whole = Mean.__add__(self, other)
        top = max(self.top, other.top)
        return type(self)(whole.total, whole.weight, whole.rows, top, self.unknown or other.unknown)

    def value(self, reduction: Reduction) -> float:  # noqa: ARG002 — both it has are the same
        """The largest loss, NaN where one of them is. It has no other reduction."""
        return math.nan if self.unknown else self.top


@dataclass(frozen=True, slots=True)
class Median(Mean):
    """The median of the losses of the rows whose weight is not 0. Nothing adds up to it, so its total stays empty.

    Attributes:
        losses: the losses.
        lightest: the least weight that is not 0.
        heaviest: the largest weight.
    """

    losses: Distribution = field(default_factory=Distribution)
    lightest: float = math.inf
    heaviest: float = 0.0
    reductions: ClassVar[frozenset[Reduction]] = frozenset({"mean", "mean-weight"})
    adds: ClassVar[bool] = False

    @classmethod
    def of(cls, values: Floats, weights: Floats | None, factor: Floats | None = None, *_: Once) -> Self:
        """The median of some rows."""
        mean = Mean.of(np.zeros(values.size), weights, factor)
        if weights is not None:
            values, weights = values[weights != 0], weights[weights != 0]
        one, two = (1.0, 1.0) if weights is None else (weights.min(initial=math.inf), weights.max(initial=0.0))
        return cls(ExactSum(), mean.weight, mean.rows, Distribution.of(values), float(one), float(two))

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
        """The median of each group."""
        return [
            cls.of(values[part], None if weights is None else weights[part], None if factor is None else factor[part])
            for part in places(codes, groups)
        ]

    def __add__(self, other: Self) -> Self:
        whole = Mean.__add__(self, other)
        losses = self.losses + other.losses
        lightest, heaviest = min(self.lightest, other.lightest), max(self.heaviest, other.heaviest)
        return type(self)(whole.total, whole.weight, whole.rows, losses, lightest, heaviest)

    @property
    def approximate(self) -> bool:
        """Whether there are so many rows that the median is known within 1 % only."""
        return self.losses.approximate

    @property
    def uneven(self) -> bool:
        """Whether some weights differ, which a median of rows cannot heed."""
        return self.lightest < self.heaviest

    def value(self, reduction: Reduction) -> float:  # noqa: ARG002 — both it has are the same
        """The median, NaN where a loss is. It has no other reduction."""
        return self.losses.quantile(0.5)


def _columns(values: Floats | None) -> Floats | tuple[()]:
    """The outputs of values of shape (n, k), one after the other; none of no values."""
    return () if values is None else np.ascontiguousarray(values.T)


@dataclass(frozen=True, slots=True)
class _Outputs(Mean):
    """The mean of what each output of the rows amounts to by itself. No loss of a row adds up to it, so its total is empty.

    What `Mean` calls the factor are the values of each output, shape (n, k).

    Attributes:
        outputs: what each output amounts to; none where no values were given.
        each: what an output amounts to.
    """

    outputs: tuple[Mean, ...] = ()
    each: ClassVar[type[Mean]] = Mean
    adds: ClassVar[bool] = False

    @classmethod
    def of(cls, values: Floats, weights: Floats | None, factor: Floats | None = None, *_: Once) -> Self:
        """The mean of the outputs of some rows."""
        mean = Mean.of(np.zeros(values.size), weights)
        return cls(ExactSum(), mean.weight, mean.rows, tuple(cls.each.of(one, weights) for one in _columns(factor)))

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
        """The mean of the outputs of each group."""
        means = Mean.by_code(np.zeros(values.size), weights, None, codes, groups)
        outputs = [cls.each.by_code(one, weights, None, codes, groups) for one in _columns(factor)]
        return [
            cls(ExactSum(), mean.weight, mean.rows, tuple(output[group] for output in outputs))
            for group, mean in enumerate(means)
        ]

    def __add__(self, other: Self) -> Self:
        whole = Mean.__add__(self, other)
        outputs = self.outputs or other.outputs
        if self.outputs and other.outputs:
            outputs = tuple(one + two for one, two in zip(self.outputs, other.outputs, strict=True))
        return type(self)(whole.total, whole.weight, whole.rows, outputs)

    @property
    def approximate(self) -> bool:
        """Whether some output is known within 1 % only."""
        return any(output.approximate for output in self.outputs)

    @property
    def uneven(self) -> bool:
        """Whether there are weights that an output cannot heed."""
        return any(output.uneven for output in self.outputs)

    def value(self, reduction: Reduction) -> float:
        """The mean of the values of the outputs, each of which is rounded once."""
        return Mean.of(np.array([output.value(reduction) for output in self.outputs]), None).value("mean")


@dataclass(frozen=True, slots=True)
class Roots(_Outputs):
    """The mean of the root mean squares of the outputs."""

    each: ClassVar[type[Mean]] = RootMeanSquare
    reductions: ClassVar[frozenset[Reduction]] = RootMeanSquare.reductions


@dataclass(frozen=True, slots=True)
class Medians(_Outputs):
    """The mean of the medians of the outputs."""

    each: ClassVar[type[Mean]] = Median
    reductions: ClassVar[frozenset[Reduction]] = Median.reductions
