"""NDJSON: one record a line."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from lossctl.errors import InputError
from lossctl.readers.document import loads
from lossctl.readers.streams import BOM
from lossctl.readers.table import CHUNK_ROWS, Chunk, Header, described, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
        """The rows as JSON values.

        Raises:
            InputError: a line holds no JSON object.
        """
        with self.stream.reading():
            numbered = ((number, line) for number, line in enumerate(self.stream.open(), 1) if line.strip())
            first_row = 1
            while part := list(islice(numbered, rows)):
                records = [self._record(line, number) for number, line in part]
                cells = {name: [record.get(name) for record in records] for name in columns}
                yield Chunk(cells, len(part), first_row, RecordLines(self.path, [at for at, _ in part], records))
                first_row += len(part)

    def notes(self) -> tuple[Warn, ...]:
        """Nothing."""
        return ()

    def _record(self, line: bytes, number: int) -> Mapping[str, object]:
        value = loads(line, self.path, number)
        if not isinstance(value, dict):
            raise InputError(
                f"{self.path}:{number}: the line holds no JSON object",
                help="NDJSON has one record a line; --input-format json reads a document",
            )
        return value
