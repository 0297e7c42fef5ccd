"""NDJSON: one record a line."""

from __future__ import annotations

import io
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from lossctl.errors import InputError
from lossctl.readers.document import loads
from lossctl.readers.streams import BOM, replayed
from lossctl.readers.table import CHUNK_ROWS, LARGE, WORTH_A_NOTE, Chunk, Header, Place, described, shown, slow_reader

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from typing import IO

    from lossctl.readers.fastlines import Records as FastRecords
    from lossctl.readers.locate import Options
    from lossctl.readers.streams import Stream
    from lossctl.results import Warn


def read(label: str, stream: Stream, format: str, options: Options) -> Records:
    """The reader of a stream of records."""
    return Records(label, stream)


class RecordLines(NamedTuple):
    """The origin of records, with the line of each."""

    path: str
    lines: Sequence[int]
    records: Sequence[Mapping[str, object]]

    def line(self, row: int) -> int | None:
        """The line of a row."""
        return self.lines[row]

    def cell(self, row: int, column: str) -> str:
        """A cell as JSON has it; a missing key is null."""
        return shown(self.records[row].get(column))


class Records(NamedTuple):
    """An input of one JSON object a line."""

    label: str
    stream: Stream

    @property
    def path(self) -> str:
        """The input as messages name it."""
        return self.stream.path

    def header(self) -> Header:
        """The keys of the records that a first look sees."""
        lines = self.stream.head.removeprefix(BOM).split(b"\n")
        whole = lines[:-1] if self.stream.cut and len(lines) > 1 else lines
        sample = [self._record(line, number) for number, line in enumerate(whole, 1) if line.strip()]
        names = {name: None for record in sample for name in record}
        columns = tuple(described(name, [record.get(name) for record in sample]) for name in names)
        return Header(columns, sampled=self.stream.cut)

    def chunks(
        self, columns: Sequence[str], rows: int = CHUNK_ROWS, numbers: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """The rows as JSON values, but for numbers of large inputs.

        Raises:
            InputError: a line holds no JSON object.
        """
        with self.stream.reading():
            raw = self.stream.open()
            first = raw.read(LARGE)
            parser = self._parser(columns, numbers) if len(first) == LARGE else None
            if parser is None:
                yield from self._carefully(replayed(first, raw), columns, rows, Place(1, 1))
            else:
                yield from self._by_block(parser, raw, first, rows)

    def notes(self) -> tuple[Warn, ...]:
        """That a large input is read faster with polars."""
        if self.stream.size < WORTH_A_NOTE or self._parser((), frozenset()) is not None:
            return ()
        return (slow_reader(self.label),)

    def _parser(self, columns: Sequence[str], numbers: frozenset[str]) -> FastRecords | None:
        """What parses blocks, None without polars."""
        from lossctl.readers.fast import polars

        library = polars()
        if library is None:
            return None
        from lossctl.readers.fastlines import Records as FastRecords

        known = {column.name for column in self.header().columns if not column.is_text}
        return FastRecords(library, self.path, columns, numbers & known)

    def _by_block(self, parser: FastRecords, raw: IO[bytes], first: bytes, rows: int) -> Iterator[Chunk]:
        """The rows block by block; those of a block that the parser does not take are read carefully."""
        from lossctl.readers.fast import blocks, turns

        at = Place(1, 1)
        with closing(turns(parser, blocks(raw, first))) as parsed:
            for block in parsed:
                if block.parsed is None:
                    at = yield from self._carefully(io.BytesIO(block.data), parser.wanted, rows, at)
                else:
                    yield from parser.chunks(block.parsed, at.line, at.row)
                    at = Place(at.line + block.parsed.rows, at.row + block.parsed.rows)

    def _carefully(self, raw: IO[bytes], columns: Sequence[str], rows: int, at: Place) -> Generator[Chunk, None, Place]:
        """The rows line by line.

        Args:
            raw: lines.
            columns: the columns wanted.
            rows: how many rows a chunk holds.
            at: where the first of them stands.

        Returns:
            The place behind them.
        """
        line, row = at
        records: list[Mapping[str, object]] = []
        places: list[int] = []

        def chunk() -> Chunk:
            cells = {name: [record.get(name) for record in records] for name in columns}
            return Chunk(cells, len(records), row, RecordLines(self.path, places, records))

        for text in raw:
            if text.strip():
                try:
                    record = self._record(text, line)
                except InputError:
                    if records:  # what is wrong further up is told first
                        yield chunk()
                    raise
                records.append(record)
                places.append(line)
            line += 1
            if len(records) == rows:
                yield chunk()
                row += rows
                records, places = [], []
        if records:
            yield chunk()
        return Place(line, row + len(records))

    def _record(self, line: bytes, number: int) -> Mapping[str, object]:
        value = loads(line, self.path, number)
        if not isinstance(value, dict):
            raise InputError(
                f"{self.path}:{number}: the line holds no JSON object",
                help="NDJSON has one record a line; --input-format json reads a document",
            )
        return value
