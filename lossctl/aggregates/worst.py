"""The rows with the largest losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lossctl.kinds import Floats

T = TypeVar("T")


class Ranked(NamedTuple, Generic[T]):
    """A row and its rank: rows compare as they are to be shown.

    Attributes:
        known: whether the loss is a number: NaN comes first.
        less: the loss with its sign turned, so that larger losses come first; 0 for NaN.
        row: number of the row; of equal losses the earlier comes first.
        shown: what is to be known of the row.
    """

    known: bool
    less: float
    row: int
    shown: T


@dataclass(frozen=True, slots=True)
class Worst(Generic[T]):
    """The `most` rows with the largest losses, NaN before all, ties to the earlier row.

    Attributes:
        most: how many rows are kept.
        rows: the rows, the worst first.
    """

    most: int
    rows: tuple[Ranked[T], ...] = ()

    @classmethod
    def of(
        cls, values: Floats, rows: NDArray[np.intp], most: int, shown: Callable[[NDArray[np.intp]], Sequence[T]]
    ) -> Worst[T]:
        """The worst of some rows.

        Args:
            values: shape (n,), the loss of each row.
            rows: shape (n,), the number of each row, ascending.
            most: how many rows to keep.
            shown: gives for indices of rows what is to be known of them; asked for the rows kept alone.
        """
        places = _first(values, most)
        return cls(most, _ranked(values[places], rows[places], shown(places)))

    @classmethod
    def by_code(
        cls,
        values: Floats,
        rows: NDArray[np.intp],
        codes: NDArray[np.intp],
        groups: int,
        shown: Callable[[NDArray[np.intp]], Sequence[T]],
    ) -> list[Worst[T]]:
        """The worst row of each group: row i belongs to group `codes[i]`, a number below `groups`."""
        order = np.lexsort((rows, -values, ~np.isnan(values), codes))
        seen, firsts = np.unique(codes[order], return_index=True)
        places = order[firsts]
        found: list[Worst[T]] = [cls(1)] * groups
        for code, row in zip(seen.tolist(), _ranked(values[places], rows[places], shown(places)), strict=True):
            found[code] = cls(1, (row,))
        return found

    def __add__(self, other: Worst[T]) -> Worst[T]:
        return Worst(self.most, tuple(sorted(self.rows + other.rows, key=_rank)[: self.most]))


def _ranked(values: Floats, rows: NDArray[np.intp], shown: Sequence[T]) -> tuple[Ranked[T], ...]:
    unknown = np.isnan(values)
    less = np.where(unknown, 0.0, -values).tolist()
    return tuple(map(Ranked, (~unknown).tolist(), less, rows.tolist(), shown))


def _rank(row: Ranked[T]) -> tuple[bool, float, int]:
    return row[:3]


def _first(values: Floats, most: int) -> NDArray[np.intp]:
    """The indices of the `most` largest values, the largest first, NaN before all, ties in their order."""
    places = np.arange(values.size)
    if values.size > most > 0:
        size = np.where(np.isnan(values), np.inf, values)
        least = np.partition(size, values.size - most)[values.size - most]
        places = np.flatnonzero(size >= least)
    chosen = values[places]
    return places[np.lexsort((places, -chosen, ~np.isnan(chosen)))[:most]]
