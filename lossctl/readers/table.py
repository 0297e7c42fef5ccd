"""What every reader gives: a header, then chunks of named columns."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from lossctl.batch import since
from lossctl.errors import InputError, NoRowsError, count, quoted
from lossctl.readers.cells import is_missing, is_number, unheld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lossctl.batch import Origin
    from lossctl.readers.cells import Cells
    from lossctl.results import Warn

CHUNK_ROWS = 8192
LARGE = 6 << 20
"""Bytes from which on polars saves more time than its import takes."""
WORTH_A_NOTE = 50_000_000
"""Bytes from which on it is told that polars would read them faster."""

_SLOW = "slow-reader"

CODES = {
    _SLOW: f"The input has more than {WORTH_A_NOTE // 10**6} MB, and polars, which reads such files faster, is not "
    "installed. The numbers are the same without it; python -m pip install 'lossctl[fast]' installs it."
}
"""What each note means, in words that hold for every input."""


class Column(NamedTuple):
    """A column of a header.

    Attributes:
        name: as the file has it; the 1-based number of the column where the file has no names.
        width: values in a cell: 1, or the length of the lists it holds.
        is_text: whether the sampled cells hold text that is no number, or true and false.
    """

    name: str
    width: int = 1
    is_text: bool = False


class Header(NamedTuple):
    """The columns of an input.

    Attributes:
        columns: in file order.
        named: whether the names come from the file.
        notes: decisions taken while looking: delimiter, decimal mark.
        truth: the columns of a second input, which alone may be y_true and otherwise stand in for missing ones.
        truth_path: the second input as messages name it.
        sampled: whether columns were sought in the first rows only.
        delimiter: of text that line tools can cut: uncompressed, a header in its first line, line feeds, no quotes,
            decimal points, as far as that was seen; else None.
        parts: of how many files the input consists, None where it is not a folder or pattern.
    """

    columns: tuple[Column, ...]
    named: bool = True
    notes: tuple[str, ...] = ()
    truth: Header | None = None
    truth_path: str = ""
    sampled: bool = False
    delimiter: str | None = None
    parts: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def by_name(self) -> dict[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}


class Chunk(NamedTuple):
    """Some rows of an input, as cells: text, JSON values, or NumPy arrays.

    Attributes:
        columns: the cells by column, n of each.
        rows: n.
        first_row: number of the first row, counted from 1.
        origin: where the rows were read.
        commas: the columns whose decimal mark is a comma.
        unheld: by column the rows whose number no float64 holds, shape (n,); columns without such rows are left out.
    """

    columns: Mapping[str, Cells]
    rows: int
    first_row: int
    origin: Origin
    commas: frozenset[str] = frozenset()
    unheld: Mapping[str, NDArray[np.bool_]] = MappingProxyType({})

    def cut(self, start: int, stop: int) -> Chunk:
        """Some of the rows."""
        if start == 0 and stop == self.rows:
            return self
        return self._replace(
            columns={name: cells[start:stop] for name, cells in self.columns.items()},
            rows=stop - start,
            first_row=self.first_row + start,
            origin=self.origin if start == 0 else since(self.origin, start),
            unheld={name: mask[start:stop] for name, mask in self.unheld.items()},
        )


class Place(NamedTuple):
    """Where a row stands: its line and its number, both counted from 1."""

    line: int
    row: int


class Source(Protocol):
    """An input: where its rows are and how they are read."""

    @property
    def label(self) -> str:
        """The name of the input in results."""

    @property
    def path(self) -> str:
        """The input as messages name it."""

    def header(self) -> Header:
        """The columns; reads as much as that takes."""

    def chunks(
        self, columns: Sequence[str], rows: int = CHUNK_ROWS, numbers: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """The rows, about `rows` at a time, with at least these columns. Can be asked for once.

        Of the columns in `numbers` only the numbers are wanted: text may come as float64, NaN for a missing cell.
        """

    def notes(self) -> tuple[Warn, ...]:
        """What is to be told when the rows are read."""


def slow_reader(label: str) -> Warn:
    """That a large input is read faster with polars."""
    from lossctl.results import Warn

    faster = "this file is read faster with the extra fast; python -m pip install 'lossctl[fast]'"
    return Warn(_SLOW, faster, label)


class MemoryOrigin(NamedTuple):
    """The origin of rows that stand in memory as columns."""

    path: str
    columns: Mapping[str, Cells]

    def line(self, row: int) -> int | None:
        """None: documents and arrays have no line per row."""
        return None

    def cell(self, row: int, column: str) -> str:
        """A cell as JSON has it, or NumPy."""
        return shown(self.columns[column][row])


def shown(cell: object) -> str:
    """A cell that is no text as messages show it.

    >>> shown(None), shown([0.5, None]), shown(2.0), shown("a")
    ('null', '[0.5, null]', '2.0', 'a')
    """
    if cell is None or isinstance(cell, (bool, list, dict)):
        import json  # only mistakes pay for it

        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)


class Memory(NamedTuple):
    """An input that stands in memory as columns; those in use must be of one length."""

    label: str
    path: str
    columns: Mapping[str, Cells]
    named: bool = True

    def header(self) -> Header:
        """The columns, typed by their first cells.

        Raises:
            NoRowsError: there are no rows.
        """
        if not any(map(len, self.columns.values())):
            raise NoRowsError(f"{self.path}: it holds no rows", help="at least one row is needed")
        return Header(tuple(described(name, cells) for name, cells in self.columns.items()), self.named)

    def chunks(
        self, columns: Sequence[str], rows: int = CHUNK_ROWS, numbers: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """Slices of the columns.

        Raises:
            InputError: their lengths differ.
        """
        (first, length), *others = ((name, len(self.columns[name])) for name in columns)
        for name, other in others:
            if other != length:
                raise InputError(
                    f"{self.path}: column {quoted(first)} has {count(length, 'row')} and column {quoted(name)} has "
                    f"{other:,}",
                    help="columns must be of one length",
                )
        for start in range(0, length, rows):
            part = {name: self.columns[name][start : start + rows] for name in columns}
            origin = MemoryOrigin(self.path, part)
            yield Chunk(part, min(rows, length - start), start + 1, origin, unheld=_unheld(part))

    def notes(self) -> tuple[Warn, ...]:
        """Nothing."""
        return ()


def _unheld(columns: Mapping[str, Cells]) -> dict[str, NDArray[np.bool_]]:
    masks = ((name, unheld(cells)) for name, cells in columns.items() if isinstance(cells, np.ndarray))
    return {name: mask for name, mask in masks if mask is not None}


_SAMPLE = 100


def described(name: str, cells: Cells) -> Column:
    """The column of a name and some of its cells."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiub":
        return Column(name, cells.shape[1] if cells.ndim > 1 else 1, cells.dtype.kind == "b")
    sample = cells[:_SAMPLE]
    first = next((cell for cell in sample if cell is not None), None)
    width = max(len(first), 1) if isinstance(first, (list, np.ndarray)) else 1
    parts = [part for cell in sample for part in (cell if isinstance(cell, list) else [cell])]
    is_text = any(isinstance(part, (str, bool)) and not is_missing(part) and not is_number(part) for part in parts)
    return Column(name, width, is_text)
