"""Parquet and Arrow IPC through polars, a batch at a time: the columns in use, as arrays wherever arrays hold them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from lossctl.errors import InputError, quoted
from lossctl.readers import arrow
from lossctl.readers.cells import unheld
from lossctl.readers.streams import is_url
from lossctl.readers.table import Chunk, Column, Header, MemoryOrigin, described

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from lossctl.readers.cells import Cells
    from lossctl.readers.locate import Options
    from lossctl.readers.streams import Stream
    from lossctl.results import Warn

    Frames: TypeAlias = Callable[[Sequence[str]], Iterator[pl.DataFrame]]

CHUNK_ROWS = 1 << 16
"""How many rows are given at a time: calls cost little beside so many, and their arrays stay in a cache."""

_SAMPLE = 100
_NAMES = {"parquet": "Parquet", "arrow": "Arrow"}
_TOLD_APART = 10**15  # a float64 tells all numbers of 15 digits apart
_EXACT_SCALE = 22  # and ten to the 22 is the last power of ten that it holds, so that a quotient is rounded once


class Typed(NamedTuple):
    """Cells of a typed column, and which of them no float64 holds, None for none."""

    cells: Cells
    unheld: NDArray[np.bool_] | None = None


class Columnar(NamedTuple):
    """An input of typed columns.

    Attributes:
        label: its name in results.
        path: as messages name it.
        name: the format as messages name it.
        schema: the type of each column, in file order.
        sample: the first rows of the columns whose type does not say what they hold.
        frames: what gives the rows of some columns, once.
    """

    label: str
    path: str
    name: str
    schema: Mapping[str, pl.DataType]
    sample: pl.DataFrame
    frames: Frames

    def header(self) -> Header:
        """The columns, typed by the file."""
        return Header(tuple(self._column(name, kind) for name, kind in self.schema.items()))

    def notes(self) -> tuple[Warn, ...]:
        """Nothing."""
        return ()

    def chunks(
        self, columns: Sequence[str], rows: int = CHUNK_ROWS, numbers: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """The rows, at their own pace.

        Raises:
            InputError: a column holds neither numbers nor text, or the file is damaged.
        """
        for name in columns:
            if not _is_readable(self.schema[name]):
                raise InputError(
                    f"{self.path}: column {quoted(name)} is of type {quoted(self.schema[name])}, neither numbers nor text",
                    help="choose another column, or save this one as numbers or text",
                )
        first_row = 1
        with _quiet(), _reading(self.path, self.name):
            for frame in self.frames(columns):
                for start in range(0, frame.height, CHUNK_ROWS):
                    part = frame.slice(start, CHUNK_ROWS)
                    typed = {name: _typed(part.get_column(name)) for name in columns}
                    cells = {name: column.cells for name, column in typed.items()}
                    masks = {name: column.unheld for name, column in typed.items() if column.unheld is not None}
                    yield Chunk(cells, part.height, first_row, MemoryOrigin(self.path, cells), unheld=masks)
                    first_row += part.height

    def _column(self, name: str, kind: pl.DataType) -> Column:
        if name not in self.sample.columns:
            import polars as pl

            return Column(name, 1, kind == pl.Boolean)
        return described(name, _typed(self.sample[name]).cells)


def read(label: str, stream: Stream, format: str, options: Options) -> Columnar:
    """The reader of a file or stream of typed columns.

    Raises:
        InputError: polars is not there, or the file is damaged.
    """
    name = _NAMES[format]
    _require(stream.path, name)
    import polars as pl

    with _quiet(), _reading(stream.path, name):
        try:
            schema, sample, frames = (_parquet_file if format == "parquet" else _arrow)(stream)
        except pl.exceptions.DuplicateError:
            raise InputError(f"{stream.path}: two columns have the same name", help="rename one of them") from None
    return Columnar(label, stream.path, name, schema, sample, frames)


def stored(label: str, url: str, format: str) -> Columnar:
    """The reader of a Parquet or Arrow file in a store.

    Raises:
        InputError: it is not there, or of another format.
    """
    from lossctl.readers.stores import LONGER, asked

    name = _NAMES[format]
    _require(url, name)
    with _quiet(), _reading(url, name):
        schema, sample, frames = asked(url, lambda: _scanned(url, url, name))

    def waited(columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        rest = frames(columns)
        while (frame := asked(url, lambda: next(rest, None), LONGER)) is not None:
            yield frame

    return Columnar(label, url, name, schema, sample, waited)


def _require(path: str, name: str) -> None:
    try:
        import polars as pl  # noqa: F401
    except ImportError:
        raise InputError(
            f"{path}: {name} needs the extra fast",
            help="python -m pip install 'lossctl[fast]', or export the table as CSV",
        ) from None


def _parquet_file(stream: Stream) -> tuple[pl.Schema, pl.DataFrame, Frames]:
    from io import BytesIO

    source = stream.file if stream.file.isprintable() and stream.file else BytesIO(stream.all())
    return _scanned(source, stream.path, "Parquet")


def _scanned(source: str | io.BytesIO, path: str, name: str) -> tuple[pl.Schema, pl.DataFrame, Frames]:
    import polars as pl

    scanner = pl.scan_parquet if name == "Parquet" else pl.scan_ipc
    scan = scanner(source, glob=False, hive_partitioning=False)
    schema = scan.collect_schema()
    rows = scan.select(pl.len()).collect().item()
    sample = scan.select(_untold(schema)).head(_SAMPLE).collect()

    def frames(columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        found = 0
        for frame in scan.select(columns).collect_batches(chunk_size=CHUNK_ROWS):
            found += frame.height
            yield frame
        if found != rows:  # of a row group that is damaged polars may lose the rows without a word
            raise _damaged(path, name)

    return schema, sample, frames


def _arrow(stream: Stream) -> tuple[pl.Schema, pl.DataFrame, Frames]:
    import polars as pl

    raw = stream.open() if stream.head.startswith(arrow.STREAM_MAGIC) else stream.seekable()
    parts = _told(stream, arrow.parts(raw))
    schema = pl.read_ipc_stream(next(parts)).schema
    first = [*islice(parts, 1)]
    untold = _untold(schema)
    sample = pl.read_ipc_stream(first[0], columns=untold, n_rows=_SAMPLE) if first and untold else pl.DataFrame()

    def frames(columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        for part in chain(first, parts):
            first.clear()  # no part is held for longer than it is read
            yield pl.read_ipc_stream(part, columns=list(columns))

    return schema, sample, frames


def _told(stream: Stream, parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts; a fault of the file below them is told as one."""
    while True:
        with stream.reading():
            part = next(parts, None)
        if part is None:
            return
        yield part


def _untold(schema: Mapping[str, pl.DataType]) -> list[str]:
    """The columns whose type says neither how many values a cell holds nor whether its text is a number."""
    import polars as pl

    return [
        name for name, kind in schema.items() if _is_readable(kind) and not kind.is_numeric() and kind != pl.Boolean
    ]


def _is_readable(kind: pl.DataType) -> bool:
    """Whether cells of a type are numbers, text, true or false, or lists of these."""
    import polars as pl

    while isinstance(kind, (pl.List, pl.Array)):
        inner = kind.inner
        kind = inner() if isinstance(inner, type) else inner
    texts = (pl.Boolean, pl.String, pl.Categorical, pl.Enum, pl.Null)
    return kind.is_numeric() or isinstance(kind, texts)


def _typed(column: pl.Series) -> Typed:
    """The cells of a column: arrays of numbers, NaN where they are missing, or else text, bools and lists."""
    import polars as pl

    kind = column.dtype
    if isinstance(kind, (pl.List, pl.Array)):
        return _of_lists(column)
    if kind.is_float():
        return Typed(column.to_numpy())
    if kind in {pl.Int128, pl.UInt128}:
        return _of_decimals(column, 0)
    if kind.is_integer():
        return _of_integers(column)
    if isinstance(kind, pl.Decimal):
        return _of_decimals(column, kind.scale)
    if kind == pl.Boolean and not column.null_count():
        return Typed(column.to_numpy())
    return Typed(column.cast(pl.String).to_list() if isinstance(kind, (pl.Categorical, pl.Enum)) else column.to_list())


def _of_integers(column: pl.Series) -> Typed:
    import polars as pl

    if not column.null_count():
        array = column.to_numpy()
        return Typed(array, unheld(array))
    mask = unheld(column.fill_null(0).to_numpy())
    if mask is None:
        return Typed(column.cast(pl.Float64).to_numpy())
    return Typed(column.to_list(), mask)


def _of_decimals(column: pl.Series, scale: int) -> Typed:
    """Decimals of up to 15 digits as float64, rounded as their text would be; longer ones as that text."""
    import polars as pl

    whole = column.to_physical().cast(pl.Int64, strict=False)
    few = whole.null_count() == column.null_count() and scale <= _EXACT_SCALE
    if few and bool(whole.is_between(1 - _TOLD_APART, _TOLD_APART - 1).all()):
        return Typed(whole.cast(pl.Float64).to_numpy() / 10.0**scale)
    from decimal import Decimal

    texts = column.cast(pl.String).to_list()
    mask = [text is not None and Decimal(repr(float(text))) != Decimal(text) for text in texts]
    return Typed(texts, np.array(mask) if any(mask) else None)


def _of_lists(column: pl.Series) -> Typed:
    """Lists of one length as an array of two dimensions, and others as lists."""
    import polars as pl

    if isinstance(column.dtype, pl.Array):
        column = column.arr.to_list()
    lengths = column.list.len()
    inner = _typed(column.filter(lengths > 0).explode())
    even = lengths.null_count() == 0 and lengths.n_unique() == 1
    if even and isinstance(inner.cells, np.ndarray) and inner.cells.ndim == 1 and inner.cells.size:
        mask = None if inner.unheld is None else np.asarray(inner.unheld.reshape(len(column), -1).any(axis=1))
        return Typed(inner.cells.reshape(len(column), -1), mask)
    flat = iter(inner.cells.tolist() if isinstance(inner.cells, np.ndarray) else inner.cells)
    gone = iter(np.zeros(len(inner.cells), np.bool_) if inner.unheld is None else inner.unheld)
    cells: list[list[object] | None] = []
    rows: list[bool] = []
    for length in lengths.to_list():
        cells.append(None if length is None else [next(flat) for _ in range(length)])
        rows.append(any([next(gone) for _ in range(length or 0)]))  # noqa: C419 — all of them have to be taken
    return Typed(cells, np.array(rows) if any(rows) else None)


@contextmanager
def _reading(path: str, name: str) -> Iterator[None]:
    """Turn what polars raises into a sentence that names the input; a panic of its engine is no Exception."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, OSError, arrow.Damaged) as error:
        if isinstance(error, FileNotFoundError):
            raise InputError(
                f"{path}: it was there and is gone", help="let nothing move it while it is read"
            ) from error
        raise _damaged(path, name) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(path, name) from error


def _damaged(path: str, name: str) -> InputError:
    help = "make the file again, or export the table as CSV"
    if is_url(path):
        from lossctl.readers.stores import pipe

        help = f"{pipe(path)} reads more kinds"
    return InputError(f"{path}: the {name} data are cut off, damaged or of a kind that is not known here", help=help)


@contextmanager
def _quiet() -> Iterator[None]:
    """Send elsewhere what the engine of polars prints to standard error past Python when it panics.

    Python's own standard error goes on where it went.
    """
    stderr = sys.stderr
    try:
        ours = stderr is not None and stderr.fileno() == 2
    except (OSError, ValueError):
        ours = False
    if not ours:
        yield
        return
    stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = open(kept, "w", encoding=stderr.encoding, errors=stderr.errors, closefd=False)  # noqa: SIM115
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = stderr
        os.dup2(kept, 2)
        os.close(kept)
