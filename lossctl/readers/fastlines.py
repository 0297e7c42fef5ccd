"""Large inputs of NDJSON, the fast way: blocks of lines, each parsed by polars from memory.

A block is taken only where the careful reader would read the same; for any other `parse` gives None, and the careful
reader is the judge of it.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lossctl.errors import InputError
from lossctl.readers.document import loads
from lossctl.readers.fast import SLICE, Parsed
from lossctl.readers.streams import BOM, LINE_END
from lossctl.readers.table import Chunk, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lossctl.readers.cells import Cells

_DEEPEST = 64
"""Brackets that a line may open: polars and the standard library give up at different depths, both far beyond it."""


class Block(NamedTuple):
    """The origin of some records that stand one a line.

    Attributes:
        path: the input as messages name it.
        first_line: the line of the first of them.
        data: lines, that one and those behind it among them.
        start: how many lines of the data stand before it.
    """

    path: str
    first_line: int
    data: bytes
    start: int

    def line(self, row: int) -> int | None:
        """The line of a row."""
        return self.first_line + row

    def cell(self, row: int, column: str) -> str:
        """A cell as JSON has it; a missing key is null."""
        begin, end = _lines(self.data)[:, self.start + row].tolist()
        record: Any = loads(self.data[begin:end], self.path, self.first_line + row)
        return shown(record.get(column))


class Records(NamedTuple):
    """How blocks are parsed.

    Attributes:
        polars: the library.
        path: the input as messages name it.
        wanted: the columns to be read.
        numbers: those of them that become float64, NaN for a missing cell, lists of one length a row each; the others
            become JSON values.
    """

    polars: Any  # its types are not here where it is not installed
    path: str
    wanted: Sequence[str]
    numbers: frozenset[str]

    def parse(self, data: bytes) -> Parsed | None:
        """The rows of some whole lines, None where the careful reader might read others.

        Asked for float64, int64 or booleans polars takes nothing else, rounds as correctly, and refuses what is no
        JSON, NaN and Infinity, and numbers beyond float64. What it does in another way than the careful reader, and
        what is done about it: it skips blank lines (the rows are counted), turns half of a surrogate pair into a zero
        character (no escaped surrogate is let in), takes a key that stands twice, and makes text of all that stands
        where text is asked for (below).
        """
        data = data.removeprefix(BOM)  # the careful reader overlooks one on each line, polars refuses it
        if not data.endswith(LINE_END):
            data += LINE_END
        if _deep(data) or (b"\\" in data and (b"\\ud" in data or b"\\uD" in data)):  # one byte is found much sooner
            return None
        schema = self._schema(data[: data.index(LINE_END)])
        if schema is None:
            return None
        try:
            frame = self.polars.read_ndjson(data, schema=schema)
        except self.polars.exceptions.PolarsError:
            return None
        texts = [name for name in self.wanted if schema[name] == self.polars.String]
        if not self._as_told(data, frame, texts):
            return None
        columns: dict[str, Cells] = {}
        for name in self.wanted:
            if name in self.numbers:
                array = self._floats(frame[name])
                if array is None:
                    return None
                columns[name] = array
            else:
                columns[name] = frame[name].to_list()
        return Parsed(data, frame.height, columns)

    def _schema(self, line: bytes) -> Mapping[str, Any] | None:
        """The types of the columns wanted and of the others of the first record; None for what is better left alone.

        The others are read too: that none of them is missing shows that no key stands twice.
        """
        types = {str: self.polars.String, int: self.polars.Int64, bool: self.polars.Boolean}
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        numbers, lists = self.polars.Float64, self.polars.List(self.polars.Float64)
        schema = {name: numbers if type(cell) in {int, float} else self.polars.String for name, cell in record.items()}
        for name in self.wanted:
            cell = record.get(name)
            if name in self.numbers:
                if not (cell is None or type(cell) in {int, float, list}):
                    return None
                schema[name] = lists if type(cell) is list else numbers
            elif type(cell) in types:
                schema[name] = types[type(cell)]
            else:
                return None
        return schema

    def _floats(self, column: Any) -> NDArray[np.float64] | None:
        """Numbers as an array of shape (n,), lists as one of (n, k), NaN for nulls; None where lists differ in length."""
        if column.dtype == self.polars.Float64:
            return np.ascontiguousarray(column.fill_null(math.nan).to_numpy(), np.float64)
        lists = column.drop_nulls()
        lengths = lists.list.len()
        width = lengths.max()
        if not width or lengths.min() < width:
            return None
        table = np.full((len(column), width), math.nan)
        table[column.is_not_null().to_numpy()] = lists.explode().fill_null(math.nan).to_numpy().reshape(-1, width)
        return table

    def _as_told(self, data: bytes, frame: Any, texts: Sequence[str]) -> bool:
        """Whether lines are what polars takes them for: each a record without a key twice, and text where it is read.

        A colon stands behind each key. So where a line has cells in all columns and no more such colons than there are
        columns, each key is there once, and nothing else is. Any other line is read by the careful reader. Quotes
        stand unescaped behind the colon of a key only, never within text: so many, so many texts.

        Args:
            data: lines.
            frame: what polars makes of them.
            texts: the columns read as text.
        """
        array = np.frombuffer(data, np.uint8)
        colons = np.flatnonzero(array == ord(":"))
        before = array[colons - 1]
        if not np.isin(before, np.frombuffer(b" \t\r", np.uint8)).any():
            colons = colons[before == ord('"')]  # the others stand within text
        lines = _lines(data)
        if lines.shape[1] != frame.height:
            return False
        odd = np.zeros(frame.height, np.bool_)
        for name in frame.columns:
            if frame[name].null_count():
                odd |= frame[name].is_null().to_numpy()
        if colons.size != frame.height * frame.width or not _even(colons, lines[1], frame.width):
            odd |= np.diff(np.searchsorted(colons, lines[1]), prepend=0) != frame.width
        keys = [f"{json.dumps(name, ensure_ascii=False)}:".encode() for name in texts]
        marks = [key + (b' "' if key + b" " in data[: lines[1, 0]] else b'"') for key in keys]
        found = [data.count(mark) for mark in marks]
        for begin, end in lines[:, odd].T.tolist():
            line = data[begin:end]
            try:
                record: Any = loads(line, self.path)
            except InputError:
                return False
            if not all(isinstance(record.get(name), str | None) for name in texts):
                return False
            found = [count - line.count(mark) for count, mark in zip(found, marks, strict=True)]
        return found == [frame.height - np.count_nonzero(odd)] * len(texts)

    def chunks(self, parsed: Parsed, first_line: int, first_row: int) -> Iterator[Chunk]:
        """The rows of a block, some at a time."""
        for start in range(0, parsed.rows, SLICE):
            stop = min(start + SLICE, parsed.rows)
            columns = {name: column[start:stop] for name, column in parsed.columns.items()}
            yield Chunk(
                columns, stop - start, first_row + start, Block(self.path, first_line + start, parsed.data, start)
            )


def _lines(data: bytes) -> NDArray[np.intp]:
    """Where the lines of some data begin and end, shape (2, n)."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    return np.stack([np.concatenate([[0], ends[:-1] + 1]), ends])


def _even(marks: NDArray[np.intp], ends: NDArray[np.intp], width: int) -> bool:
    """Whether each line has as many marks as the others, where on the whole there are as many."""
    table = marks.reshape(-1, width)
    return bool((table[:, -1] < ends).all() and (table[1:, 0] > ends[:-1]).all())


def _deep(data: bytes) -> bool:
    """Whether a line opens very many brackets."""
    array = np.frombuffer(data, np.uint8)
    opened = np.flatnonzero((array & 0xDF) == ord("["))  # a brace differs from a bracket in this bit
    if opened.size <= _DEEPEST:
        return False
    ends = np.flatnonzero(array == ord("\n"))
    each, rest = divmod(opened.size, ends.size)
    if not rest and each <= _DEEPEST and _even(opened, ends, each):
        return False
    return bool((ends[np.searchsorted(ends, opened[:-_DEEPEST])] > opened[_DEEPEST:]).any())
