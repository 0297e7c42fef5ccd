"""Counts of rows: used, set aside and why, and those worth a note."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows were read and what became of them.

    Attributes:
        rows: all data rows.
        filtered: rows left out by a filter.
        dropped: rows left out because a cell was missing.
    """

    rows: int = 0
    filtered: int = 0
    dropped: int = 0

    @property
    def used(self) -> int:
        """Rows that count in the losses."""
        return self.rows - self.filtered - self.dropped

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.rows + other.rows, self.filtered + other.filtered, self.dropped + other.dropped)


@dataclass(frozen=True, slots=True)
class Mentions:
    """How many rows a note is about, and the first of them.

    >>> Mentions.of([9, 2]) + Mentions.of([4])
    Mentions(count=3, first=(2, 4, 9))
    """

    count: int = 0
    first: tuple[int, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[int]) -> Mentions:
        """Mentions of the rows with these numbers."""
        numbers = sorted(rows)
        return cls(len(numbers), tuple(numbers[:_SHOWN]))

    @classmethod
    def among(cls, rows: NDArray[np.intp]) -> Mentions:
        """Mentions of the rows with these numbers, which ascend; shape (n,)."""
        return cls(rows.size, tuple(rows[:_SHOWN].tolist()))

    def __add__(self, other: Mentions) -> Mentions:
        return Mentions(self.count + other.count, tuple(sorted(self.first + other.first)[:_SHOWN]))
