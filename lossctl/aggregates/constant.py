"""What the best constant prediction of rows follows from: moments of y_true, or its distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lossctl.aggregates.distribution import Distribution
from lossctl.aggregates.exact import UNIT, ExactSum
from lossctl.aggregates.groups import places
from lossctl.losses.stable import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lossctl.kinds import Array, Floats

_FAR = 250  # a weight times a square of numbers within 2**±250 has all its digits in range; others are multiplied as integers


@dataclass(frozen=True, slots=True)
class Moments:
    """Σw, Σwy and, where asked for, Σwy² of each output, none of the products rounded.

    Attributes:
        weight: Σw in units of 2**-1074; without weights of ones.
        first: Σwy of each output in units of 2**-2148; none where there are no rows.
        second: Σwy² of each output in units of 2**-3222; none where it was not asked for.
        odd: whether some y, or some weight, is no finite number.
    """

    weight: int = 0
    first: tuple[int, ...] = ()
    second: tuple[int, ...] = ()
    odd: bool = False

    @classmethod
    def by_code(
        cls,
        y: Floats,
        weights: Floats | None,
        codes: NDArray[np.intp],
        groups: int,
        *,
        squares: bool,
    ) -> list[Moments]:
        """The moments of each group.

        Args:
            y: shape (n, k); of a row of weight 0 it is not looked at.
            weights: shape (n,) or None for weights of 1.
            codes: shape (n,), the group of each row.
            groups: how many there are.
            squares: whether Σwy² is asked for.
        """
        odd, rows = _sane(y, weights, codes, groups)
        if not rows.all():
            y, codes, weights = y[rows], codes[rows], None if weights is None else weights[rows]
        if weights is None:
            weight = [count << UNIT for count in np.bincount(codes, minlength=groups).tolist()]
        else:
            weight = _units(weights, codes, groups)
        moments = [
            list(zip(*(_powers(column, weights, codes, groups, power) for column in y.T), strict=True))
            for power in ((1, 2) if squares else (1,))
        ]
        second = moments[1] if squares else [()] * groups
        return [cls(*parts) for parts in zip(weight, moments[0], second, odd, strict=True)]

    @classmethod
    def of_labels(
        cls, labels: Array, classes: int, weights: Floats | None, codes: NDArray[np.intp], groups: int
    ) -> list[Moments]:
        """The moments of each group of y that is 1 for the class of the row and 0 for the others.

        Args:
            labels: shape (n,), ids of classes; -1 where a row has none.
            classes: how many there are.
            weights: shape (n,) or None for weights of 1.
            codes: shape (n,), the group of each row.
            groups: how many there are.
        """
        odd, rows = _sane(np.where(labels < 0, np.nan, 0.0)[:, None], weights, codes, groups)
        cells = (codes * classes + labels)[rows]
        if weights is None:
            units = [count << UNIT for count in np.bincount(cells, minlength=groups * classes).tolist()]
        else:
            units = _units(weights[rows], cells, groups * classes)
        by_group = [units[start : start + classes] for start in range(0, groups * classes, classes)]
        return [
            cls(sum(one), tuple(part << UNIT for part in one), (), bad) for one, bad in zip(by_group, odd, strict=True)
        ]

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.weight + other.weight,
            _added(self.first, other.first),
            _added(self.second, other.second),
            self.odd or other.odd,
        )

    @property
    def means(self) -> Floats:
        """The mean of each output, rounded once; NaN where it is not known. Shape (k,)."""
        if self.odd or not self.weight:
            return np.full(max(len(self.first), 1), np.nan)
        return np.array([part / (self.weight << UNIT) for part in self.first])

    @property
    def variances(self) -> tuple[int, int]:
        """The sum over outputs of the mean square of y less its mean, unrounded: a numerator and a denominator."""
        above = sum(second * self.weight - first * first for first, second in zip(self.first, self.second, strict=True))
        return above, (self.weight * self.weight) << (2 * UNIT)


@dataclass(frozen=True, slots=True)
class Order:
    """The values of each output in their order, of as many rows as are kept.

    Attributes:
        outputs: the distribution of each output over rows whose weight is not 0.
        lightest: the least weight that is not 0.
        heaviest: the largest weight.
    """

    outputs: tuple[Distribution, ...] = ()
    lightest: float = math.inf
    heaviest: float = 0.0

    @classmethod
    def by_code(cls, y: Floats, weights: Floats | None, codes: NDArray[np.intp], groups: int) -> list[Order]:
        """The order of each group; y has shape (n, k), weights and codes (n,)."""
        parts = places(codes, groups)
        return [cls._of(y[part], None if weights is None else weights[part]) for part in parts]

    @classmethod
    def _of(cls, y: Floats, weights: Floats | None) -> Order:
        low, high = 1.0, 1.0
        if weights is not None:
            y, weights = y[weights != 0], weights[weights != 0]
            low, high = float(weights.min(initial=math.inf)), float(weights.max(initial=0.0))
        return cls(tuple(Distribution.of(np.ascontiguousarray(column)) for column in y.T), low, high)

    def __add__(self, other: Order) -> Order:
        return Order(
            tuple(one + two for one, two in zip(self.outputs, other.outputs, strict=True))
            if self.outputs and other.outputs
            else self.outputs or other.outputs,
            min(self.lightest, other.lightest),
            max(self.heaviest, other.heaviest),
        )

    @property
    def uneven(self) -> bool:
        """Whether some weights differ."""
        return not self.lightest >= self.heaviest

    @property
    def values(self) -> tuple[Floats, ...] | None:
        """The values of each output in ascending order; None where there were too many to keep them."""
        kept = tuple(one.values for one in self.outputs if one.values is not None)
        return kept if len(kept) == len(self.outputs) else None

    @property
    def odd(self) -> bool:
        """Whether some value is no finite number."""
        return any(one.infinite for one in self.outputs)

    def quantiles(self, level: float) -> Floats:
        """For each output a value that at most `level` of the values are below, and at most the rest above; shape (k,).

        Where all values between two have that, it is their middle: the median for a level of ½.
        """
        found = []
        for values in self.values or ():
            last = values.size - 1
            place = level * values.size
            high = min(max(math.floor(place), 0), last)
            low = min(max(math.ceil(place) - 1, 0), last)
            found.append(values[low] / 2 + values[high] / 2 if values[low] != values[high] else values[low])
        return np.array(found)


def _sane(
    y: Floats, weights: Floats | None, codes: NDArray[np.intp], groups: int
) -> tuple[list[bool], NDArray[np.bool_]]:
    """Which groups have a row of some weight that is no finite number, and which rows are and have."""
    seen = np.ones(codes.size, np.bool_) if weights is None else weights != 0
    known = np.isfinite(y).all(axis=1) if weights is None else np.isfinite(y).all(axis=1) & np.isfinite(weights)
    odd = (np.bincount(codes[seen & ~known], minlength=groups) > 0).tolist()
    return odd, seen & known


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    if not one or not other:
        return one or other
    return tuple(left + right for left, right in zip(one, other, strict=True))


def _powers(y: Floats, weights: Floats | None, codes: NDArray[np.intp], groups: int, power: int) -> list[int]:
    """The sum of wy to the power of each group, in units of 2**-1074 to the power and one more."""
    far = _is_far(y) if weights is None else _is_far(y) | _is_far(weights)
    extra = [0] * groups
    if far.any():
        heavy = np.ones(int(far.sum())) if weights is None else weights[far]
        for value, weight, code in zip(y[far].tolist(), heavy.tolist(), codes[far].tolist(), strict=True):
            extra[code] += _integer(value) ** power * _integer(weight)
        y, codes, weights = y[~far], codes[~far], None if weights is None else weights[~far]
    parts = [y] if power == 1 else [*product(y, y)]
    if weights is not None:
        parts = [piece for part in parts for piece in product(part, weights)]
    sums = [_units(part, codes, groups) for part in parts]
    return [more + (sum(one) << (power * UNIT)) for more, *one in zip(extra, *sums, strict=True)]


def _is_far(values: Floats) -> NDArray[np.bool_]:
    size = np.abs(values)
    far: NDArray[np.bool_] = (size > 2.0**_FAR) | ((size < 2.0**-_FAR) & (size > 0))
    return far


def _integer(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator << (UNIT + 1 - denominator.bit_length())


def _units(values: Floats, codes: NDArray[np.intp], groups: int) -> list[int]:
    if groups == 1:
        return [ExactSum.of(np.ascontiguousarray(values)).units]
    return [one.units for one in ExactSum.by_code(values, codes, groups)]
