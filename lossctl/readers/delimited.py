"""CSV and its relatives, the careful way: the standard library's reader, cell by cell, with line and column."""

from __future__ import annotations

import csv
import io
import re
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from lossctl.errors import InputError, count, quoted, repeated
from lossctl.readers.cells import is_missing, is_number, is_undecodable, with_points
from lossctl.readers.streams import BOM, LINE_END, is_url, replayed
from lossctl.readers.table import CHUNK_ROWS, LARGE, WORTH_A_NOTE, Chunk, Header, Place, described, slow_reader

if TYPE_CHECKING:
    import _csv
    from collections.abc import Generator, Iterator, Sequence
    from typing import IO

    from lossctl.readers.cells import Cells
    from lossctl.readers.fast import Parser
    from lossctl.readers.locate import Options
    from lossctl.readers.streams import Stream
    from lossctl.results import Warn

_DELIMITERS = "\t;|, "
_SNIFFED = 50
_LONGEST_CELL = 1 << 24  # a quote that is never closed must not gather the rest of a large file
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_BREAK = re.compile(r"\r\n|\r|\n")
_BREAK_BYTES = re.compile(rb"\r\n|\r|\n")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_DECIMAL_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")


def read(label: str, stream: Stream, format: str, options: Options) -> Delimited:
    """The reader of a stream of delimited text, its dialect sniffed where the options leave it open."""
    text = stream.head.removeprefix(BOM).decode("utf-8", "surrogateescape")
    lines = [line for line in _BREAK.split(text) if line.strip(" \t")]
    cut = stream.cut and len(lines) > 1  # the last line seen may be half a line
    delimiter = options.delimiter or ("\t" if format == "tsv" else _delimiter(lines[: len(lines) - cut][:_SNIFFED]))
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows: list[list[str]] = []
    try:
        rows.extend(filter(None, islice(reader, _SNIFFED)))
    except csv.Error as error:  # below the header it may be for the cut, and is met again when the rows are read
        if not rows:
            raise _bad_quotes(stream.path, _first_line(text), error) from None
    rows = rows[:-1] if cut and len(rows) > 1 else rows
    if not any(cell.strip() for row in rows for cell in row):
        raise InputError(f"{stream.path}: it is empty", help="a header and at least one row are needed")
    decimal = options.decimal or _decimal(rows, delimiter)
    headed = not options.no_header and not all(
        is_missing(cell) or is_number(cell) for cell in with_points(rows[0], decimal)
    )
    return Delimited(label, stream, delimiter, decimal, headed, rows)


def _delimiter(lines: Sequence[str]) -> str:
    """The first of tab, semicolon, bar, comma and space that parts the first line, and most others as often."""
    bare = [_QUOTED.sub("", line) for line in lines]
    for delimiter in _DELIMITERS:
        wanted = bare[0].strip(" ").count(delimiter)
        alike = sum(line.strip(" ").count(delimiter) == wanted for line in bare)
        if wanted and (alike == len(bare) if delimiter == " " else 2 * alike > len(bare)):
            return delimiter
    return next((delimiter for delimiter in "\t;|," if delimiter in bare[0]), ",")


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in rows for cell in row]
    commas = [cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell)]
    if all(map(_THOUSANDS.fullmatch, commas)) or any(map(_DECIMAL_POINT.fullmatch, cells)):
        return "."  # 1,234 alone may be a thousand; then the cell is refused, and --decimal says what it is
    return ","


def _first_line(text: str) -> int:
    """The line on which text begins behind blank lines."""
    return 1 + len(_BREAK.findall(text[: len(text) - len(text.lstrip("\r\n"))]))


def _bad_quotes(path: str, line: int | None, error: csv.Error) -> InputError:
    if "expected after" in str(error):
        problem = "a quoted cell goes on behind its closing quote"
    elif "field limit" in str(error):
        return InputError(
            f"{path}:{line}: a cell is longer than {_LONGEST_CELL >> 20} MB",
            help="a quote may open here that is never closed, or -d chooses another delimiter",
        )
    else:
        problem = "a quoted cell begins and its closing quote never comes"
    return InputError(
        f"{path}:{line}: {problem}",
        help='a quoted cell is "like this", and a quote in it is written twice: "so ""called"""',
    )


def _end_of_line(data: bytes, lines: int) -> int:
    """How many bytes so many lines have; the last may lack its line end."""
    if not lines:
        return 0
    end = next(islice(_BREAK_BYTES.finditer(data), lines - 1, None), None)
    return len(data) if end is None else end.end()


def _blank(records: list[list[str]], start: int, width: int) -> None:
    """Make the records behind `start` that are a line of blanks as empty as those of an empty line."""
    if width > 1 and 1 in map(len, records[start:]):
        records[start:] = [
            [] if len(record) == 1 and not record[0].strip() and not _BREAK.search(record[0]) else record
            for record in records[start:]
        ]


class Lines(NamedTuple):
    """The origin of rows of delimited text.

    Attributes:
        path: the input as messages name it.
        first_line: the line on which the first record begins.
        records: the records as read, blank lines included as empty ones.
        names: the columns.
    """

    path: str
    first_line: int
    records: Sequence[Sequence[str]]
    names: Sequence[str]

    def line(self, row: int) -> int:
        """The line on which a row begins, or would begin behind the last."""
        line = self.first_line
        for record in self.records:
            if record:
                if row == 0:
                    break
                row -= 1
            line += 1
            for cell in record:
                if "\n" in cell or "\r" in cell:  # the line of a chunk's last row is asked for where inputs are joined
                    line += len(_BREAK.findall(cell))
        return line

    def cell(self, row: int, column: str) -> str:
        """A cell as it stands in the file."""
        return [record for record in self.records if record][row][self.names.index(column)]


class Delimited(NamedTuple):
    """An input of delimited text."""

    label: str
    stream: Stream
    delimiter: str
    decimal: str
    headed: bool
    sample: Sequence[Sequence[str]]

    @property
    def path(self) -> str:
        """The input as messages name it."""
        return self.stream.path

    def names(self) -> list[str]:
        """The names of the columns, from the first row or by number.

        Raises:
            InputError: two are the same, or one is no UTF-8.
        """
        first = self.sample[0]
        if not self.headed:
            return [str(number) for number in range(1, len(first) + 1)]
        names = [name.strip() for name in first]
        twice = repeated(filter(None, names))
        if twice is not None:
            raise InputError(f"{self.path}: two columns are named {quoted(twice)}", help="rename one of them")
        for index, name in enumerate(names):
            if is_undecodable(name):
                raise InputError(
                    f"{self.path}: the name of column {index + 1} is not UTF-8",
                    help="for Latin-1: iconv -f LATIN1 -t UTF-8 FILE",
                )
        return names

    def header(self) -> Header:
        """The columns, typed by the first rows."""
        names = self.names()
        rows = [row for row in self.sample[self.headed :] if len(row) == len(names)]
        notes = tuple(
            f"{what} {quoted(mark)}"
            for what, mark, usual in (
                ("delimiter", "tab" if self.delimiter == "\t" else self.delimiter, ","),
                ("decimal mark", self.decimal, "."),
            )
            if mark != usual
        )
        columns: list[Cells] = [[row[index] for row in rows] for index in range(len(names))]
        columns = [with_points(cells, self.decimal) for cells in columns]
        head = self.stream.head
        plain = self.headed and self.decimal == "." and not self.stream.compression and not is_url(self.path)
        plain = plain and head[:1].strip() != b"" and not any(mark in head for mark in (b'"', b"\r", BOM))
        described_columns = tuple(map(described, names, columns))
        return Header(described_columns, self.headed, notes, delimiter=self.delimiter if plain else None)

    def chunks(
        self, columns: Sequence[str], rows: int = CHUNK_ROWS, numbers: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """The rows as text, but for numbers of large inputs.

        Raises:
            InputError: a row has too few or too many cells, or stray quotes.
        """
        with self.stream.reading():
            raw = self.stream.open()
            begin, lines = self._begin()
            raw.read(begin)
            at = Place(1 + lines, 1)
            first = raw.read(LARGE)
            parser = self._parser(columns, numbers) if len(first) == LARGE else None
            if parser is None:
                yield from self._carefully(replayed(first, raw), columns, rows, at, more=False)
            else:
                yield from self._by_block(parser, raw, first, rows, at)

    def notes(self) -> tuple[Warn, ...]:
        """That a large input is read faster with polars."""
        if self.stream.size < WORTH_A_NOTE or self._parser((), frozenset()) is not None or not self._cuts:
            return ()
        return (slow_reader(self.label),)

    @property
    def _cuts(self) -> bool:
        """Whether polars can part such lines and cells."""
        return self.delimiter.isascii() and LINE_END in self.stream.head

    def _parser(self, columns: Sequence[str], numbers: frozenset[str]) -> Parser | None:
        """What parses blocks, None without polars and for text that it cannot take."""
        if not self._cuts:
            return None
        from lossctl.readers.fast import Parser, polars

        library = polars()
        if library is None:
            return None
        known = {column.name for column in self.header().columns if not column.is_text}
        return Parser(library, self.path, self.names(), columns, numbers & known, self.delimiter, self.decimal)

    def _begin(self) -> tuple[int, int]:
        """How many bytes stand before the rows, and how many lines."""
        head = self.stream.head
        if not self.headed:
            return len(head) - len(head.removeprefix(BOM)), 0
        reader = self._reader(io.BytesIO(head.removeprefix(BOM)))
        next(filter(None, reader))
        return _end_of_line(head, reader.line_num), reader.line_num

    def _reader(self, raw: IO[bytes]) -> _csv.Reader:
        text = io.TextIOWrapper(raw, "utf-8", "surrogateescape", newline="")
        return csv.reader(text, delimiter=self.delimiter, strict=True, skipinitialspace=True)

    def _by_block(self, parser: Parser, raw: IO[bytes], first: bytes, rows: int, at: Place) -> Iterator[Chunk]:
        """The rows block by block; those of a block that the parser does not take are read carefully."""
        from lossctl.readers.fast import records, turns

        left = b""  # the lines of a record that goes on behind its block
        with closing(turns(parser, records(raw, first))) as blocks:
            for block in blocks:
                if block.parsed is not None and not left:
                    yield from parser.chunks(block.parsed, at.line, at.row)
                    rows_read = block.parsed.rows
                    at = Place(at.line + block.parsed.lines(rows_read), at.row + rows_read)
                    continue
                data = left + block.data
                begin, (at, unfinished) = (
                    at,
                    (yield from self._carefully(io.BytesIO(data), parser.wanted, rows, at, more=block.more)),
                )
                left = data[_end_of_line(data, at.line - begin.line) :] if unfinished else b""

    def _carefully(
        self, raw: IO[bytes], columns: Sequence[str], rows: int, at: Place, *, more: bool
    ) -> Generator[Chunk, None, tuple[Place, bool]]:
        """The rows as text, cell by cell.

        Args:
            raw: lines.
            columns: the columns wanted.
            rows: how many rows a chunk holds.
            at: where the first row stands.
            more: whether these are not the last lines, so that the last record may go on behind them.

        Returns:
            Where the next record begins, and whether some lines of it were here.
        """
        names = self.names()
        places = {name: index for index, name in enumerate(names)}
        wanted = [(name, places[name]) for name in columns]
        reader = self._reader(raw)
        first_row = at.row
        while True:
            first_line = at.line + reader.line_num
            records: list[list[str]] = []
            broken: csv.Error | None = None
            try:
                read = -1
                while (missing := rows - sum(map(bool, records))) and read < len(records):
                    read = len(records)
                    try:
                        records.extend(islice(reader, missing))  # keeps the records before a fault
                    finally:
                        _blank(records, read, len(names))
            except csv.Error as error:
                broken = error
            full = [record for record in records if record] if [] in records else records
            origin = Lines(self.path, first_line, records, names)
            unfinished = more and broken is not None and "unexpected end" in str(broken)
            fault = None if broken is None or unfinished else _bad_quotes(self.path, origin.line(len(full)), broken)
            if not {*map(len, full)} <= {len(names)}:
                row = next(row for row, record in enumerate(full) if len(record) != len(names))
                fault = self._ragged(len(full[row]), origin.line(row))
                full = full[:row]
            if full:  # also before a fault: what is wrong further up is told first
                cells = {name: [record[index] for record in full] for name, index in wanted}
                yield Chunk(cells, len(full), first_row, origin, frozenset(cells if self.decimal == "," else ()))
                first_row += len(full)
            if fault is not None:
                raise fault
            if unfinished or not full:
                return Place(origin.line(len(full)), first_row), unfinished

    def _ragged(self, cells: int, line: int | None) -> InputError:
        first = "the header" if self.headed else "the first row"
        return InputError(
            f"{self.path}:{line}: the row has {count(cells, 'cell')}, {first} has {len(self.sample[0]):,}",
            help=f"the delimiter is {quoted('tab' if self.delimiter == chr(9) else self.delimiter)}; "
            "-d chooses another, and a cell that holds it needs quotes",
        )
