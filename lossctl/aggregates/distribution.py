"""How values are spread: quantiles, a histogram, and the sum of the largest."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lossctl.aggregates.exact import ExactSum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lossctl.kinds import Floats

EXACT_ROWS = 65_536
"""Up to so many rows every value is kept; beyond, values are counted in bins."""

_SHIFT = 45  # leaves sign, exponent and 7 bits of the mantissa: a bin is at most 0.8 % wide
_INFINITE = 0x7FF << 52  # the bits of inf


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The multiset of some values; of more than EXACT_ROWS only how many lie in each bin of 0.8 %.

    What it holds depends on the values alone, not on the order or the chunks they came in.

    Attributes:
        values: the values in ascending order, None where there are too many.
        bins: for each bin, the leading bits of its values, how many it holds; empty where the values are kept.
        rows: how many values there are, NaN not counted.
        low: the least value, inf where there are none.
        high: the largest, -inf where there are none.
        nans: how many NaN there were.
    """

    values: Floats | None = field(default_factory=lambda: np.empty(0))
    bins: Mapping[int, int] = field(default_factory=dict)
    rows: int = 0
    low: float = math.inf
    high: float = -math.inf
    nans: int = 0

    @classmethod
    def of(cls, values: Floats) -> Distribution:
        """The distribution of some values, shape (n,)."""
        known = values[~np.isnan(values)]
        return _of_sorted(np.sort(known) + 0.0, values.size - known.size)  # -0.0 becomes 0.0

    def __add__(self, other: Distribution) -> Distribution:
        nans = self.nans + other.nans
        if self.values is not None and other.values is not None:
            # Two sorted runs: the stable sort merges them.
            return _of_sorted(np.sort(np.concatenate((self.values, other.values)), kind="stable"), nans)
        bins = dict(self._binned())
        for key, count in other._binned().items():
            bins[key] = bins.get(key, 0) + count
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Distribution(None, bins, self.rows + other.rows, low, high, nans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distribution) and self._whole() == other._whole()

    __hash__ = None  # type: ignore[assignment]  # it holds an array

    @property
    def approximate(self) -> bool:
        """Whether quantiles and sums of the largest are those of bins, within 1 %."""
        return self.values is None

    @property
    def infinite(self) -> int:
        """How many values are not finite, NaN among them."""
        values, counts = self._counted()
        return self.nans + int(counts[np.isinf(values)].sum())

    def quantile(self, level: float) -> float:
        """The value below which the share `level` of the values lies, between two of them their linear mix.

        NaN where there are no values, and where one of them is NaN.
        """
        if self.nans or not self.rows:
            return math.nan
        place = level * (self.rows - 1)
        below, part = int(place), place - int(place)
        first, second = self._at(below), self._at(min(below + 1, self.rows - 1))
        if not part or first == second:
            return first
        return first * (1 - part) + second * part

    def largest(self, rows: int) -> ExactSum:
        """The sum of the `rows` largest values, NaN counted among them; in bins each is the middle of its bin."""
        nans = ExactSum(nans=min(rows, self.nans))
        rows = min(rows - nans.nans, self.rows)
        if self.values is not None:
            return nans + ExactSum.of(self.values[self.rows - rows :])
        found = nans
        for key in sorted(self.bins, reverse=True):
            taken = min(rows, self.bins[key])
            found += ExactSum.of(np.array([self._middle(key)])).times(taken)
            rows -= taken
        return found

    def histogram(self, bins: int) -> list[int]:
        """How many of the finite values lie in each of so many parts of equal width, from the least to the largest."""
        values, counts = self._counted()
        finite = np.isfinite(values)
        values, counts = values[finite], counts[finite]
        if not values.size:
            return [0] * bins
        low, high = float(values.min()), float(values.max())
        # Halved, because the distance of two floats may be infinite; a width of 0 puts all into the first part.
        width = (high / 2 - low / 2) or 1.0
        parts = np.minimum(((values / 2 - low / 2) / width * bins).astype(np.intp), bins - 1)
        return list(map(int, np.bincount(parts, counts, bins)))

    def _counted(self) -> tuple[Floats, Floats]:
        """Values, and how often each is there."""
        if self.values is not None:
            return self.values, np.ones(self.rows)
        keys = sorted(self.bins)
        return np.array([self._middle(key) for key in keys]), np.array([float(self.bins[key]) for key in keys])

    def _at(self, place: int) -> float:
        """The value with so many below it."""
        if self.values is not None:
            return float(self.values[place])
        if place in {0, self.rows - 1}:
            return self.high if place else self.low
        for key in sorted(self.bins):
            place -= self.bins[key]
            if place < 0:
                return self._middle(key)
        raise IndexError(place)

    def _middle(self, key: int) -> float:
        """The value that stands for those of a bin: its middle, as far as values are there."""
        low = key << _SHIFT
        middle = low if low in {0, _INFINITE} else low + (1 << (_SHIFT - 1))
        bits = middle if middle >= 0 else -(2**63) - middle
        return min(max(float(np.int64(bits).view(np.float64)), self.low), self.high)

    def _binned(self) -> Mapping[int, int]:
        return self.bins if self.values is None else _bins(self.values)

    def _whole(self) -> tuple[object, ...]:
        values = None if self.values is None else self.values.tolist()
        return values, self.bins, self.rows, self.low, self.high, self.nans


def _of_sorted(values: Floats, nans: int) -> Distribution:
    if not values.size:
        return Distribution(nans=nans)
    kept, bins = (values, {}) if values.size <= EXACT_ROWS else (None, _bins(values))
    return Distribution(kept, bins, values.size, float(values[0]), float(values[-1]), nans)


def _bins(values: Floats) -> dict[int, int]:
    bits = values.view(np.int64)
    # In the order of the values: the bits of negative floats count backwards.
    ordered = np.where(bits < 0, np.int64(-(2**63)) - bits, bits) >> _SHIFT
    keys, counts = np.unique(ordered, return_counts=True)
    return dict(zip(keys.tolist(), counts.tolist(), strict=True))
