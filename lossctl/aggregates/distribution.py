"""How values are spread: quantiles, a histogram, and the largest of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lossctl.kinds import Floats

EXACT_ROWS = 65_536
"""Up to so many rows every value is kept; beyond, values are counted in bins."""

_SHIFT = 45  # leaves sign, exponent and 7 bits of the mantissa: a bin is at most 0.8 % wide


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The multiset of some values; of more than EXACT_ROWS only how many lie in each bin of 0.8 %.

    What it holds depends on the values alone, not on the order or the chunks they came in.

    Attributes:
        values: the finite values in ascending order, None where there are too many.
        bins: for each bin, the leading bits of its values, how many it holds; empty where the values are kept.
        finite: how many finite values there are.
        low: the least of them, inf where there are none.
        high: the largest of them, -inf where there are none.
        minus: how many values were -inf.
        plus: how many were inf.
        nans: how many were NaN.
    """

    values: Floats | None = field(default_factory=lambda: np.empty(0))
    bins: Mapping[int, int] = field(default_factory=dict)
    finite: int = 0
    low: float = math.inf
    high: float = -math.inf
    minus: int = 0
    plus: int = 0
    nans: int = 0

    @classmethod
    def of(cls, values: Floats) -> Distribution:
        """The distribution of some values, shape (n,)."""
        minus, plus, nans = (
            int(np.count_nonzero(where)) for where in (values == -np.inf, values == np.inf, np.isnan(values))
        )
        known = values[np.isfinite(values)] if minus or plus or nans else values
        return _of_sorted(np.sort(known) + 0.0, minus, plus, nans)  # -0.0 becomes 0.0

    def __add__(self, other: Distribution) -> Distribution:
        odd = self.minus + other.minus, self.plus + other.plus, self.nans + other.nans
        if self.values is not None and other.values is not None:
            # Two sorted runs: the stable sort merges them.
            return _of_sorted(np.sort(np.concatenate((self.values, other.values)), kind="stable"), *odd)
        bins = dict(self._binned())
        for key, count in other._binned().items():
            bins[key] = bins.get(key, 0) + count
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Distribution(None, bins, self.finite + other.finite, low, high, *odd)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distribution) and self._whole() == other._whole()

    __hash__ = None  # type: ignore[assignment]  # it holds an array

    @property
    def approximate(self) -> bool:
        """Whether quantiles and the largest values are those of bins, within 1 %."""
        return self.values is None

    @property
    def infinite(self) -> int:
        """How many values are not finite, NaN among them."""
        return self.minus + self.plus + self.nans

    def quantile(self, level: float) -> float:
        """The value below which the share `level` of the values lies, between two of them their linear mix.

        NaN where there are no values, and where one of them is NaN.
        """
        rows = self.minus + self.finite + self.plus
        if self.nans or not rows:
            return math.nan
        place = level * (rows - 1)
        below, part = int(place), place - int(place)
        first, second = self._at(below), self._at(min(below + 1, rows - 1))
        if not part or first == second:
            return first
        return first * (1 - part) + second * part

    def largest(self, rows: int) -> tuple[Floats, NDArray[np.int64]]:
        """The `rows` largest values, NaN before all: values, and how often each counts; in bins their middles."""
        found: list[tuple[float, int]] = []
        for value, count in ((math.nan, self.nans), (math.inf, self.plus)):
            found.append((value, min(count, rows)))
            rows -= found[-1][1]
        if self.values is not None:
            kept = self.values[self.finite - min(rows, self.finite) :]
            found += ((value, 1) for value in kept.tolist())
            rows -= kept.size
        else:
            for key in sorted(self.bins, reverse=True):
                found.append((self._middle(key), min(rows, self.bins[key])))
                rows -= found[-1][1]
        found.append((-math.inf, min(self.minus, rows)))
        found = [(value, count) for value, count in found if count]
        return np.array([value for value, _ in found]), np.array([count for _, count in found], np.int64)

    def histogram(self, bins: int) -> list[int]:
        """How many of the finite values lie in each of so many parts of equal width, from the least to the largest."""
        if not self.finite:
            return [0] * bins
        if self.values is not None:
            values, counts = self.values, np.ones(self.finite)
        else:
            values = np.array([self._middle(key) for key in self.bins])
            counts = np.array([float(count) for count in self.bins.values()])
        # Halved, because the distance of two floats may be infinite; a width of 0 puts all into the first part.
        width = (self.high / 2 - self.low / 2) or 1.0
        parts = np.minimum(((values / 2 - self.low / 2) / width * bins).astype(np.intp), bins - 1)
        return list(map(int, np.bincount(parts, counts, bins)))

    def _at(self, place: int) -> float:
        """The value with so many below it, none of them NaN."""
        place -= self.minus
        if not 0 <= place < self.finite:
            return math.inf if place >= 0 else -math.inf
        if self.values is not None:
            return float(self.values[place])
        if place in {0, self.finite - 1}:
            return self.high if place else self.low
        for key in sorted(self.bins):
            place -= self.bins[key]
            if place < 0:
                return self._middle(key)
        raise IndexError(place)

    def _middle(self, key: int) -> float:
        """The value that stands for those of a bin: its middle, as far as values are there."""
        low = key << _SHIFT
        middle = low + (1 << (_SHIFT - 1)) if low else 0  # 0 itself is by far the most frequent value of its bin
        bits = middle if middle >= 0 else -(2**63) - middle
        return min(max(float(np.int64(bits).view(np.float64)), self.low), self.high)

    def _binned(self) -> Mapping[int, int]:
        return self.bins if self.values is None else _bins(self.values)

    def _whole(self) -> tuple[object, ...]:
        values = None if self.values is None else self.values.tolist()
        return values, self.bins, self.finite, self.low, self.high, self.minus, self.plus, self.nans


def _of_sorted(values: Floats, minus: int, plus: int, nans: int) -> Distribution:
    if not values.size:
        return Distribution(minus=minus, plus=plus, nans=nans)
    kept, bins = (values, {}) if values.size <= EXACT_ROWS else (None, _bins(values))
    return Distribution(kept, bins, values.size, float(values[0]), float(values[-1]), minus, plus, nans)


def _bins(values: Floats) -> dict[int, int]:
    bits = values.view(np.int64)
    # In the order of the values: the bits of negative floats count backwards.
    ordered = np.where(bits < 0, np.int64(-(2**63)) - bits, bits) >> _SHIFT
    keys, counts = np.unique(ordered, return_counts=True)
    return dict(zip(keys.tolist(), counts.tolist(), strict=True))
