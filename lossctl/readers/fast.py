"""Large inputs of delimited text, the fast way: blocks of lines, each parsed by polars from memory.

A block is taken only where the careful reader would read the same; for any other `parse` gives None, and the careful
reader is the judge of it.
"""

from __future__ import annotations

import csv
import io
import math
from collections import deque
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from lossctl.readers.cells import MISSING
from lossctl.readers.streams import BOM, LINE_END
from lossctl.readers.table import Chunk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from types import ModuleType
    from typing import IO

    from numpy.typing import NDArray

    from lossctl.readers.cells import Cells

BLOCK = 8 << 20
SLICE = 1 << 16
"""Rows of a chunk: few enough for its arrays to stay in the cache while losses are computed."""
AHEAD = 2  # blocks read before their turn
_COUNTED = 1 << 19
_LOOK = 1 << 16  # bytes in which quotes are sought before polars is asked
_QUOTE, _DELIMITER, _FEED, _RETURN = b"\x1e", b"\x1f", b"\x1d", b"\x1c"  # stand for those within quotes


def polars() -> ModuleType | None:
    """The library, None where the extra is not installed."""
    try:
        import polars as pl
    except ImportError:
        return None
    return pl


class Block(NamedTuple):
    """The origin of some rows of a block.

    Attributes:
        path: the input as messages name it.
        first_line: the line on which the block begins.
        parsed: the block.
        start: how many rows of the block stand before these.
        delimiter: what parts the cells.
        names: the columns.
    """

    path: str
    first_line: int
    parsed: Parsed
    start: int
    delimiter: str
    names: Sequence[str]

    def line(self, row: int) -> int | None:
        """The line on which a row begins, or would begin behind the last."""
        return self.first_line + self.parsed.lines(self.start + row)

    def cell(self, row: int, column: str) -> str:
        """A cell as it stands in the file."""
        begin, end = map(self.parsed.begin, (self.start + row, self.start + row + 1))
        text = self.parsed.data[begin:end].decode("utf-8", "surrogateescape")
        cells = next(
            csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True, skipinitialspace=True)
        )
        return cells[self.names.index(column)]


class Parsed(NamedTuple):
    """The rows of a block.

    Attributes:
        data: its lines.
        rows: how many rows they are.
        columns: float64 arrays, and lists of text.
        ends: where each row ends, None where each line is a row.
    """

    data: bytes
    rows: int
    columns: Mapping[str, Cells]
    ends: NDArray[np.intp] | None = None

    def begin(self, row: int) -> int:
        """Where a row begins, or would begin behind the last."""
        ends = np.flatnonzero(np.frombuffer(self.data, np.uint8) == ord("\n")) if self.ends is None else self.ends
        return int(ends[row - 1]) + 1 if row else 0

    def lines(self, rows: int) -> int:
        """How many lines the first rows take."""
        if self.ends is None:
            return rows
        end = self.begin(rows)
        returns = self.data.count(b"\r", 0, end) - self.data.count(b"\r\n", 0, end)
        return returns + _count(memoryview(self.data)[:end], np.equal, ord("\n"))


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
        """The rows of some whole lines, None where the careful reader might read others."""
        if not data.endswith(LINE_END):
            data += LINE_END
        if b'"' not in data[:_LOOK]:
            parsed = self._parse(data, data)
            if parsed is not None or b'"' not in data:
                return parsed
        bare = _bare(data, self.delimiter.encode())
        return None if bare is None else self._parse(bare.data, data, bare.ends)

    def _parse(self, bare: bytes, data: bytes, ends: NDArray[np.intp] | None = None) -> Parsed | None:
        """The rows of some whole lines.

        What polars does in another way than the careful reader, and what is done about it:
        it takes stray quotes (no quote is let in), ends a line at line feeds only (no other carriage return is let in),
        fills short rows, turns blank lines into rows of nulls, and overlooks what is behind the last column it reads
        (below). Its numbers are those of `cells.numbers`, rounded as correctly, with nothing more: no underscores, no
        other digits, no hexadecimals. It refuses blanks behind a number and missing markers other than an empty cell
        and NaN, so a block that it refuses is read again as text, which is then looked at. With decimal commas it
        takes points too (none is let in).

        Args:
            bare: the lines without quotes, one a row.
            data: the lines as they stand in the file.
            ends: where each row of the file ends, None where each line is a row.
        """
        if bare.startswith((BOM, b"\r", LINE_END)) or (self.decimal == "," and self.numbers and b"." in bare):
            return None
        frame = self._frame(bare, self.numbers)
        frame = self._frame(bare, frozenset()) if frame is None else frame
        if frame is None:
            return None
        last = frame[str(len(self.names) - 1)]
        gaps = last.null_count() > 0 or (last.dtype == self.polars.String and (last == "").any())
        if not self._as_told(bare, frame.height, gaps=gaps):
            return None
        columns: dict[str, Cells] = {}
        for name, place in self._places.items():
            column = frame[str(place)]
            if name in self.numbers:
                column = self._floats(column) if column.dtype == self.polars.String else column
                if column is None:
                    return None
                column = column.fill_null(math.nan) if column.null_count() else column
                columns[name] = np.ascontiguousarray(column.to_numpy(), np.float64)
            else:
                text = column.fill_null("").str.strip_chars_start(" ")
                if bare is not data:
                    for mark, meant in ((_QUOTE, '"'), (_DELIMITER, self.delimiter), (_FEED, "\n"), (_RETURN, "\r")):
                        text = text.str.replace_all(mark.decode(), meant, literal=True)
                columns[name] = text.to_list()
        return Parsed(data, frame.height, columns, ends)

    @property
    def _places(self) -> dict[str, int]:
        """The columns wanted, and which in the file each is; of several without a name the last."""
        places = {name: place for place, name in enumerate(self.names)}
        return {name: places[name] for name in self.wanted}

    def _frame(self, data: bytes, numbers: frozenset[str]) -> Any | None:
        """The columns wanted and the last one by their places; None where some cell of `numbers` is no number."""
        floats = {place for name, place in self._places.items() if name in numbers}
        last = len(self.names) - 1
        try:
            return self.polars.read_csv(
                data,
                has_header=False,
                columns=sorted({*self._places.values(), last}),
                schema={
                    str(place): self.polars.Float64 if place in floats else self.polars.String
                    for place in range(last + 1)
                },
                separator=self.delimiter,
                quote_char=None,
                decimal_comma=self.decimal == ",",
            )
        except self.polars.exceptions.PolarsError:
            return None

    def _floats(self, column: Any) -> Any | None:
        """Text as float64, nulls for missing cells; None where some cell is neither a number nor missing."""
        text = column.str.strip_chars(" \t")
        if self.decimal == ",":
            text = text.str.replace_all(",", ".", literal=True)
        floats = text.cast(self.polars.Float64, strict=False)
        others = text.filter(floats.is_null()).fill_null("").str.to_lowercase()
        return floats if others.is_in(list(MISSING)).all() else None

    def _as_told(self, data: bytes, rows: int, *, gaps: bool) -> bool:
        """Whether lines are what polars takes them for: so many rows of as many cells as there are columns.

        A short row, and a blank line too, leaves a gap in the last column. Where there are no gaps, no line has too few
        marks (delimiters and the line feed), so one mark for each column and row on the whole is that in each line.

        Args:
            data: lines that begin with no carriage return or line feed.
            rows: how many rows polars makes of them.
            gaps: whether the last column has nulls.
        """
        width = len(self.names)
        if self.delimiter == "," and not gaps and _count(data, np.less_equal, ord(",")) == rows * width:
            return True  # so no other byte up to the comma is here: no quote, no carriage return, no blank
        if b'"' in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
            return False
        if self.delimiter == " " and (data.startswith(b" ") or b"  " in data or b"\n " in data):
            return False  # blanks before a cell are skipped
        if width == 1 and (b"\n\n" in data or b"\n\r" in data):
            return False  # a blank line looks like a missing cell
        mark = ord(self.delimiter)
        if _count(data, np.equal, ord("\n")) != rows or _count(data, np.equal, mark) != rows * (width - 1):
            return False
        return not (gaps and _uneven(data, mark, width))

    def chunks(self, parsed: Parsed, first_line: int, first_row: int) -> Iterator[Chunk]:
        """The rows of a block, some at a time."""
        commas = frozenset(self.wanted) - self.numbers if self.decimal == "," else frozenset[str]()
        for start in range(0, parsed.rows, SLICE):
            stop = min(start + SLICE, parsed.rows)
            columns = {name: column[start:stop] for name, column in parsed.columns.items()}
            origin = Block(self.path, first_line, parsed, start, self.delimiter, self.names)
            yield Chunk(columns, stop - start, first_row + start, origin, commas)


class Parses(Protocol):
    """What parses blocks."""

    def parse(self, data: bytes) -> Parsed | None:
        """The rows of some whole lines, None where the careful reader might read others."""


class Ahead(Thread):
    """The parsing of a block, under way beside the work on the blocks before it."""

    def __init__(self, parser: Parses, data: bytes) -> None:
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


class Turn(NamedTuple):
    """A block whose turn has come.

    Attributes:
        data: its bytes.
        parsed: its rows, None where the careful reader has to read them.
        more: whether others follow.
    """

    data: bytes
    parsed: Parsed | None
    more: bool


def turns(parser: Parses, cut: Iterator[bytes]) -> Generator[Turn, None, None]:
    """Blocks in their order, some of them parsed ahead. To be closed: threads may be at work.

    Args:
        parser: what parses them.
        cut: the blocks.
    """
    ahead: deque[Ahead] = deque()
    fault: Exception | None = None
    try:
        while True:
            try:
                while fault is None and len(ahead) <= AHEAD and (data := next(cut, b"")):
                    ahead.append(Ahead(parser, data))
            except Exception as error:  # noqa: BLE001 — raised behind the rows before it
                fault = error
            if not ahead:
                break
            block = ahead.popleft()
            yield Turn(block.data, block.parsed(), bool(ahead) or fault is not None)
    finally:
        for block in ahead:
            block.join()
    if fault is not None:
        raise fault


def blocks(raw: IO[bytes], first: bytes) -> Iterator[bytes]:
    """The bytes of a stream, cut at line feeds.

    Args:
        raw: the stream.
        first: bytes that were read from it before.
    """
    data = first or raw.read(BLOCK)
    while data:
        yield data if data.endswith(LINE_END) else data + raw.readline()
        data = raw.read(BLOCK)


def records(raw: IO[bytes], first: bytes) -> Iterator[bytes]:
    """The blocks of a stream, cut at line feeds that stand within no quotes.

    Args:
        raw: the stream.
        first: bytes that were read from it before.
    """
    for data in blocks(raw, first):
        lines = [data]
        is_open = b'"' in data and _count(data, np.equal, ord('"')) % 2 == 1
        more = BLOCK
        while is_open and more > 0 and (line := raw.readline()):
            lines.append(line)
            is_open ^= line.count(b'"') % 2 == 1
            more -= len(line)
        yield b"".join(lines) if len(lines) > 1 else data


def _count(data: bytes | memoryview, test: np.ufunc, byte: int) -> int:
    """How many bytes pass a test; for frequent ones `bytes.count` takes four times as long."""
    array = np.frombuffer(data, np.uint8)
    parts = (array[start : start + _COUNTED] for start in range(0, array.size, _COUNTED))
    return sum(int(np.count_nonzero(test(part, byte))) for part in parts)


class _Bare(NamedTuple):
    """Rows without the quotes around their cells, one a line, and where each ends in the file, None for one a line."""

    data: bytes
    ends: NDArray[np.intp] | None


def _bare(data: bytes, delimiter: bytes) -> _Bare | None:
    """Lines without the quotes around their cells; None where more than quotes stands in the way.

    A quote opens a cell behind a delimiter or a line end, and closes it before one; two beside each other are one of
    the text. Within quotes this one, delimiters and line ends become bytes of their own.
    """
    if any(mark in data for mark in (_QUOTE, _DELIMITER, _FEED, _RETURN)):
        return None
    array = np.frombuffer(LINE_END + data, np.uint8).copy()  # the first cell stands behind a line end, too
    is_quote = array == ord('"')
    opened, closed = (quotes := np.flatnonzero(is_quote))[::2], quotes[1::2]
    if opened.size != closed.size:
        return None
    doubled = opened[1:] - closed[:-1] == 1
    begun, ended = np.delete(opened, np.flatnonzero(doubled) + 1), np.delete(closed, np.flatnonzero(doubled))
    around = np.frombuffer(LINE_END + delimiter, np.uint8)
    if not (np.isin(array[begun - 1], around).all() and np.isin(array[ended + 1], [*around, ord("\r")]).all()):
        return None
    if (array[begun + 1] == ord(" ")).any():  # blanks before a cell are skipped, and those within quotes are not
        return None
    within = np.bitwise_xor.accumulate(is_quote)
    own = {LINE_END: _FEED, b"\r": _RETURN, delimiter: _DELIMITER}
    places = {mark: within & (array == ord(mark)) for mark in own if mark in data}
    wrapped = any(places[mark].any() for mark in (LINE_END, b"\r") if mark in places)
    ends = np.flatnonzero((array == ord("\n")) & ~within)[1:] - 1 if wrapped else None
    for mark, place in places.items():
        array[place] = ord(own[mark])
    array[opened[1:][doubled]] = ord(_QUOTE)
    return _Bare(array[1:].tobytes().translate(None, b'"'), ends)


def _uneven(data: bytes, mark: int, width: int) -> bool:
    """Whether a line has more or fewer cells than there are columns, where on the whole there are as many."""
    array = np.frombuffer(data, np.uint8)
    ends: NDArray[np.bool_] = array == ord("\n")
    return not ends[ends | (array == mark)][width - 1 :: width].all()
