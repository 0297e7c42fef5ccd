"""The first rows of an input, kept to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lossctl.kinds import Array

FEWEST_ROWS = 10
"""Fewer rows are no evidence of anything."""
MOST_ROWS = 4096
_MOST_VALUES = 1 << 18  # of one array: rows with very many columns are kept fewer


class Piece(NamedTuple):
    """Some rows one behind the other: their numbers, and what they hold."""

    rows: NDArray[np.intp]
    arrays: Mapping[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Specimen:
    """The first rows, by their numbers: what it holds depends on no chunks.

    Attributes:
        pieces: the rows in their order.
    """

    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of(cls, rows: NDArray[np.intp], arrays: Mapping[str, Array]) -> Specimen:
        """Those of some rows that are among the first.

        Args:
            rows: shape (n,), the numbers of the rows, counted from 1, ascending.
            arrays: each of shape (n,) or (n, k).
        """
        kept = int(np.searchsorted(rows, most_rows(arrays), side="right"))
        # Copies: views would hold the whole batch in memory.
        copies = {name: array[:kept].copy() for name, array in arrays.items()}
        return cls((Piece(rows[:kept].copy(), copies),) if kept else ())

    def __add__(self, other: Specimen) -> Specimen:
        if not self.pieces or not other.pieces:
            return self if self.pieces else other
        return Specimen(tuple(sorted(self.pieces + other.pieces, key=_first_row)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Specimen) and self._whole() == other._whole()

    __hash__ = None  # type: ignore[assignment]  # it holds arrays

    @property
    def size(self) -> int:
        """How many rows there are."""
        return sum(piece.rows.size for piece in self.pieces)

    def together(self) -> Piece:
        """All the rows as one piece."""
        names = self.pieces[0].arrays if self.pieces else ()
        return Piece(
            np.concatenate([piece.rows for piece in self.pieces]) if self.pieces else np.empty(0, np.intp),
            {name: np.concatenate([piece.arrays[name] for piece in self.pieces]) for name in names},
        )

    def _whole(self) -> tuple[object, ...]:
        rows, arrays = self.together()
        return rows.tolist(), {name: array.tolist() for name, array in arrays.items()}


def most_rows(arrays: Mapping[str, Array]) -> int:
    """How many rows are looked at.

    >>> most_rows({"y_true": np.zeros(3), "y_pred": np.zeros((3, 10))})
    4096
    """
    widest = max((array.shape[1] for array in arrays.values() if array.ndim > 1), default=1)
    return max(min(MOST_ROWS, _MOST_VALUES // max(widest, 1)), 1)


def _first_row(piece: Piece) -> int:
    return int(piece.rows[0])
