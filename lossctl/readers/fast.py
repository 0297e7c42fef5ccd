"""Large inputs of delimited text, the fast way: blocks of lines, each parsed by polars from memory.

A block is taken only where the careful reader would read the same; for any other `parse` gives None, and the careful
reader is the judge of it.
"""

from __future__ import annotations

import csv
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lossctl.readers.streams import LINE_END
from lossctl.readers.table import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType
    from typing import IO

    from numpy.typing import NDArray

    from lossctl.readers.cells import Cells

LARGE = 4 << 20
"""Bytes from which on the time saved exceeds the 0.1 s that the import of polars takes."""
BLOCK = 8 << 20
SLICE = 1 << 16
"""Rows of a chunk: few enough for its arrays to stay in the cache while losses are computed."""
AHEAD = 2  # blocks read before their turn
_COUNTED = 1 << 17


def polars() -> ModuleType | None:
    """The library, None where the extra is not installed."""
    try:
        import polars
    except ImportError:
        return None
    return polars


class Block(NamedTuple):
    """The origin of some rows that stand one a line.

    Attributes:
        path: the input as messages name it.
        first_line: the line of the first of them.
        data: lines, that one and those behind it among them.
        start: how many lines of the data stand before it.
        delimiter: what parts the cells.
        names: the columns.
    """

    path: str
    first_line: int
    data: bytes
    start: int
    delimiter: str
    names: Sequence[str]

    def line(self, row: int) -> int | None:
        """The line of a row."""
        return self.first_line + row

    def cell(self, row: int, column: str) -> str:
        """A cell as it stands in the file."""
        row += self.start
        ends = np.flatnonzero(np.frombuffer(self.data, np.uint8) == LINE_END[0])
        begin = int(ends[row - 1]) + 1 if row else 0
        text = self.data[begin : int(ends[row])].decode("utf-8", "surrogateescape")
        cells = next(csv.reader([text], delimiter=self.delimiter, strict=True, skipinitialspace=True))
        return cells[self.names.index(column)]


class Parsed(NamedTuple):
    """The rows of a block: float64 arrays, and lists of text."""

    data: bytes
    rows: int
    columns: Mapping[str, Cells]


class Parser(NamedTuple):
    """How blocks are parsed.

    Attributes:
        polars: the library.
        path: the input as messages name it.
        names: all columns.
        wanted: those to be read.
        numbers: those of them that become float64, NaN for a missing cell; the others become text.
        delimiter: what parts the cells.
        decimal: the decimal mark.
    """

    polars: Any  # its types are not here where it is not installed
    path: str
    names: Sequence[str]
    wanted: Sequence[str]
    numbers: frozenset[str]
    delimiter: str
    decimal: str

    def parse(self, data: bytes) -> Parsed | None:
        """The rows of some whole lines, None where the careful reader might read others.

        What polars does in another way than the careful reader, and what is done about it:
        it takes stray quotes (no quote is let in), ends a line at line feeds only (no other carriage return is let in),
        fills short rows, turns blank lines into rows of nulls, and overlooks what is behind the last column it reads
        (below). Its numbers are those of `cells.numbers`, rounded as correctly, with nothing more: no underscores, no
        other digits, no hexadecimals. It refuses blanks behind a number and missing markers other than an empty cell
        and NaN, and so hands the block on. With decimal commas it takes points too (none is let in).
        """
        if not data.endswith(LINE_END):
            data += LINE_END
        if b'"' in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
            return None
        if self.decimal == "," and self.numbers and b"." in data:
            return None
        width = len(self.names)
        lines = _count(data, LINE_END)
        if _count(data, self.delimiter.encode()) != lines * (width - 1):
            return None
        if (self.delimiter == " " and b"  " in data) or (
            (self.delimiter == " " or width == 1) and (data[:1] in b" \r\n" or b"\n " in data or b"\n\n" in data or b"\n\r" in data)
        ):  # blanks before a cell are skipped, and with one column nothing tells a blank line from a missing cell
            return None
        places = {self.names.index(name): name for name in self.wanted}
        last = width - 1
        schema = {
            str(place): self.polars.Float64 if places.get(place) in self.numbers else self.polars.String
            for place in range(width)
        }
        try:
            frame = self.polars.read_csv(
                data,
                has_header=False,
                columns=sorted({*places, last}),
                schema=schema,
                separator=self.delimiter,
                quote_char=None,
                decimal_comma=self.decimal == ",",
            )
        except self.polars.exceptions.PolarsError:
            return None
        if frame.height != lines:
            return None
        # A short row leaves a null in the last column. Where none is short, the count above says that none is long.
        if frame[str(last)].null_count() and not _even(data, self.delimiter.encode(), width):
            return None
        columns: dict[str, Cells] = {}
        for place, name in places.items():
            column = frame[str(place)]
            if name in self.numbers:
                columns[name] = np.ascontiguousarray(column.fill_null(float("nan")).to_numpy(), np.float64)
            else:
                columns[name] = column.fill_null("").str.strip_chars_start(" ").to_list()
        return Parsed(data, lines, columns)

    def chunks(self, parsed: Parsed, first_line: int, first_row: int) -> Iterator[Chunk]:
        """The rows of a block, some at a time."""
        commas = frozenset(self.wanted) - self.numbers if self.decimal == "," else frozenset[str]()
        for start in range(0, parsed.rows, SLICE):
            stop = min(start + SLICE, parsed.rows)
            columns = {name: column[start:stop] for name, column in parsed.columns.items()}
            origin = Block(self.path, first_line + start, parsed.data, start, self.delimiter, self.names)
            yield Chunk(columns, stop - start, first_row + start, origin, commas)


class Ahead(Thread):
    """The parsing of a block, under way beside the work on the blocks before it."""

    def __init__(self, parser: Parser, data: bytes) -> None:
        super().__init__(name="lossctl-parser")
        self.data = data
        self._parser = parser
        self._parsed: Parsed | None = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Parse it."""
        try:
            self._parsed = self._parser.parse(self.data)
        except BaseException as error:  # noqa: BLE001 — raised again where the rows are asked for
            self._error = error

    def parsed(self) -> Parsed | None:
        """The rows, when they are there; None where the careful reader has to read them."""
        self.join()
        if self._error is not None:
            raise self._error
        return self._parsed


def blocks(raw: IO[bytes], first: bytes) -> Iterator[bytes]:
    """The bytes of a stream, cut at line feeds.

    Args:
        raw: the stream.
        first: bytes that were read from it before.
    """
    data = first
    while data:
        yield data if data.endswith(LINE_END) else data + raw.readline()
        data = raw.read(BLOCK)


def _count(data: bytes, char: bytes) -> int:
    """How often a byte occurs; where it is frequent `bytes.count` takes four times as long."""
    array = np.frombuffer(data, np.uint8)
    return sum(
        int(np.count_nonzero(array[start : start + _COUNTED] == char[0])) for start in range(0, array.size, _COUNTED)
    )


def _even(data: bytes, delimiter: bytes, width: int) -> bool:
    """Whether each line has as many cells as there are columns, where that is so on average."""
    array = np.frombuffer(data, np.uint8)
    ends: NDArray[np.bool_] = array == LINE_END[0]
    marks = ends[ends | (array == delimiter[0])]
    return bool(marks[width - 1 :: width].all())
