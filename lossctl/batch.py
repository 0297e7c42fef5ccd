"""Arrays on their way to the losses, and where they came from."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lossctl.kinds import Array, Floats

Key: TypeAlias = tuple[str | int | float | None, ...]
"""The values of the columns that make a group; a missing cell is None."""


class Origin(Protocol):
    """Where rows were read; asked only for errors and for the few rows shown."""

    @property
    def path(self) -> str:
        """The input, as messages name it."""

    def line(self, row: int) -> int | None:
        """The line on which a row begins, counted from 1; None where the format has no lines. Rows count from 0."""

    def cell(self, row: int, column: str) -> str:
        """A cell as it was written."""


class Batch(NamedTuple):
    """Some rows of an input.

    Attributes:
        arrays: C-contiguous float64 (int64 for class ids) of shape (m,) or (m, k), by role and coding: `y_true`,
            `y_true as class`. Without gaps m is n.
        weight: shape (n,), None for weights of 1.
        group: for each row the index of its group, shape (n,), and the keys of the groups; None without groups.
        present: shape (n,), the m rows without a missing cell; the others count as NaN. None where there are no gaps.
        kept: shape (n,), for each row its index among the rows read.
        first_row: number of the first row read, counted from 1.
        rows: how many rows were read.
        filtered: how many of them a filter left out.
        dropped: how many of them were left out for a missing cell.
        gone: the groups of these.
        labels: labels that the end of the input has to judge.
        origin: where the rows were read.
        cells: the columns as they were read, for rows that are shown.
        unheld: by role the numbers of the rows that hold a number which no float64 is.
        unread: by role, of those that losses can do without, the number of the first row that cannot be read, and why.
    """

    arrays: Mapping[str, Array]
    weight: Floats | None
    group: tuple[NDArray[np.intp], Sequence[Key]] | None
    present: NDArray[np.bool_] | None
    kept: NDArray[np.intp]
    first_row: int
    rows: int
    filtered: int
    dropped: int
    gone: frozenset[Key]
    labels: frozenset[str]
    origin: Origin
    cells: Mapping[str, Sequence[Any] | NDArray[Any]]
    unheld: Mapping[str, Sequence[int]]
    unread: Mapping[str, tuple[int, str]]

    @property
    def numbers(self) -> NDArray[np.intp]:
        """The numbers of the m rows that the arrays hold, counted from 1."""
        return (self.kept if self.present is None else self.kept[self.present]) + self.first_row


def key(role: str, coding: str) -> str:
    """The name under which a batch holds the array of a role.

    >>> key("y_true", "number"), key("y_true", "class")
    ('y_true', 'y_true as class')
    """
    return role if coding == "number" else f"{role} as {coding}"


class Within(NamedTuple):
    """The origin of rows that stand somewhere in another one.

    Attributes:
        whole: the other.
        start: the row of it that is the first here.
        first_row: number of that row in its own file, counted from 1, where rows are numbered through several files.
        same: cells that are the same in all rows, and so are none of the file.
    """

    whole: Origin
    start: int = 0
    first_row: int | None = None
    same: Mapping[str, str] | None = None

    @property
    def path(self) -> str:
        """The file."""
        return self.whole.path

    def line(self, row: int) -> int | None:
        """The line of the row in its file."""
        return self.whole.line(self.start + row)

    def cell(self, row: int, column: str) -> str:
        """A cell of the row."""
        if self.same is not None and column in self.same:
            return self.same[column]
        return self.whole.cell(self.start + row, column)


class Paired(NamedTuple):
    """The origin of rows whose cells come from two inputs.

    Attributes:
        first: the origin that gives the rows their number.
        second: the origin of some columns.
        columns: the columns of the second, with their names there.
        rows: for each row its index in the whole second input; None where both are read side by side.
    """

    first: Origin
    second: Origin
    columns: Mapping[str, str]
    rows: Sequence[int] | None = None

    @property
    def path(self) -> str:
        """The first input."""
        return self.first.path

    def line(self, row: int) -> int | None:
        """The line of the row in the first input."""
        return self.first.line(row)

    def cell(self, row: int, column: str) -> str:
        """A cell of whichever input has it."""
        if column not in self.columns:
            return self.first.cell(row, column)
        return self.second.cell(row if self.rows is None else self.rows[row], self.columns[column])


class Gathered(NamedTuple):
    """The origin of all rows of an input, gathered from chunks whose own origins are not kept.

    Attributes:
        cells: the origin of their cells.
        starts: the index of the first row of each chunk.
        places: for each chunk its file, the line of its first row, None where its rows do not stand one a line, and the
            number of that row in the file.
    """

    cells: Origin
    starts: list[int]
    places: list[tuple[str, int | None, int]]

    @property
    def path(self) -> str:
        """The input."""
        return self.cells.path

    def line(self, row: int) -> int | None:
        """The line of the row in its file."""
        chunk = bisect_right(self.starts, row) - 1
        _, line, _ = self.places[chunk]
        return None if line is None else line + row - self.starts[chunk]

    def cell(self, row: int, column: str) -> str:
        """A cell of the row."""
        return self.cells.cell(row, column)

    def place(self, row: int) -> str:
        """Where the row stands, as messages begin."""
        chunk = bisect_right(self.starts, row) - 1
        path, _, first_row = self.places[chunk]
        line = self.line(row)
        return f"{path}: row {first_row + row - self.starts[chunk]}" if line is None else f"{path}:{line}"

    def add(self, origin: Origin, start: int, rows: int, first_row: int) -> None:
        """Keep the place of a chunk of so many rows."""
        begin, end = origin.line(0), origin.line(rows - 1)
        even = begin is not None and end == begin + rows - 1
        self.starts.append(start)
        self.places.append((origin.path, begin if even else None, _own_row(origin, 0, first_row)))


def since(origin: Origin, start: int) -> Origin:
    """The origin of rows of which the first `start` are left out."""
    if not isinstance(origin, Paired):
        return Within(origin, start)
    rest = origin._replace(first=since(origin.first, start))
    if origin.rows is None:
        return rest._replace(second=since(origin.second, start))
    return rest._replace(rows=origin.rows[start:])


def named(origin: Origin, column: str) -> str:
    """The name that a column has in its own input."""
    while isinstance(origin, Paired):
        if column in origin.columns:
            return origin.columns[column]
        origin = origin.first
    return column


def place(origin: Origin, row: int, first_row: int, column: str = "") -> str:
    """Where a row, or its cell in a column, stands, as messages begin: `preds.csv:3` or `preds.json: row 2`."""
    while isinstance(origin, Paired):
        if column not in origin.columns:
            origin = origin.first
            continue
        if origin.rows is not None:
            row, first_row = origin.rows[row], 1
        column, origin = origin.columns[column], origin.second
    if isinstance(origin, Gathered):
        return origin.place(row)
    line = origin.line(row)
    if line is not None:
        return f"{origin.path}:{line}"
    return f"{origin.path}: row {_own_row(origin, row, first_row)}"


def _own_row(origin: Origin, row: int, first_row: int) -> int:
    """The number of a row in its own file."""
    while isinstance(origin, Within):
        first_row = first_row - origin.start if origin.first_row is None else origin.first_row
        row += origin.start
        origin = origin.whole
    return first_row + row
