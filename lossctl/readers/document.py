"""JSON documents, read whole: an object of columns, a list of records, pandas' two orients, a nameless array."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lossctl.errors import InputError, count, quoted
from lossctl.readers.table import Memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lossctl.readers.cells import Cells
    from lossctl.readers.locate import Options
    from lossctl.readers.streams import Stream

_SHAPES = "an object of columns, a list of records, or pandas' orient columns or split"
_DIGITS = 300  # whole numbers of more digits are read as floats, so that no text can cost more than its length


class _Twice(Exception):
    """A key that stands twice in one object."""


def read(label: str, stream: Stream, format: str, options: Options) -> Memory:
    """The columns of a document."""
    with stream.reading():
        data = stream.open().read()
    value = loads(data, stream.path, 1)
    if isinstance(value, list) and not any(isinstance(item, dict) for item in value):
        columns: Mapping[str, Cells] = {"1": value}
        named = False
    else:
        columns, named = _columns(value, stream.path), True
    lengths = {name: len(cells) for name, cells in columns.items()}
    refuse_unequal(lengths, stream.path)
    return Memory(label, stream.path, columns, named)


def loads(data: bytes, path: str, line: int) -> object:
    """The value of a JSON text that begins on a line of an input.

    Raises:
        InputError: it is no JSON, is nested too deep, or has a key twice.
    """
    try:
        return json.loads(data.decode("utf-8-sig"), parse_int=_whole, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}:{line + error.lineno - 1}: character {error.colno}: this is not JSON: {_said(error.msg)}",
            help="--input-format names another format",
        ) from None
    except UnicodeDecodeError as error:
        at = line + data.count(b"\n", 0, error.start)
        raise InputError(
            f"{path}:{at}: this is not UTF-8 text", help="for Latin-1: iconv -f LATIN1 -t UTF-8 FILE"
        ) from None
    except RecursionError:
        raise InputError(f"{path}:{line}: its brackets are nested too deep", help=f"wanted is {_SHAPES}") from None
    except _Twice as twice:
        raise InputError(f"{path}:{line}: an object has the key {quoted(twice)} twice", help="rename one") from None


def refuse_unequal(lengths: Mapping[str, int], path: str) -> None:
    """Refuse columns of different lengths, and inputs without a row."""
    if not lengths or not any(lengths.values()):
        raise InputError(f"{path}: it holds no rows", help="at least one row is needed")
    (first, rows), *others = lengths.items()
    for name, length in others:
        if length != rows:
            raise InputError(
                f"{path}: column {quoted(first)} has {count(rows, 'row')} and column {quoted(name)} has {length:,}",
                help="columns must be of one length",
            )


def _columns(value: object, path: str) -> Mapping[str, Sequence[object]]:
    if isinstance(value, list):
        return _of_records(value, path)
    if not isinstance(value, dict):
        raise InputError(f"{path}: it holds a single value, not a table", help=f"wanted is {_SHAPES}")
    if {"columns", "data"} <= value.keys() and isinstance(value["data"], list) and isinstance(value["columns"], list):
        return _of_split(value["columns"], value["data"], path)
    if value and all(isinstance(cells, dict) for cells in value.values()):
        return _of_indexed(value, path)
    if all(isinstance(cells, list) for cells in value.values()):
        return value
    if not any(isinstance(cells, (list, dict)) for cells in value.values()):
        return {name: [cell] for name, cell in value.items()}
    name = next(name for name, cells in value.items() if not isinstance(cells, list))
    raise InputError(f"{path}: {quoted(name)} is no list, so it is no column", help=f"wanted is {_SHAPES}")


def _of_records(records: Sequence[Any], path: str) -> Mapping[str, Sequence[object]]:
    names: dict[str, None] = {}
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise InputError(f"{path}: row {number}: it is no record like the others", help=f"wanted is {_SHAPES}")
        names.update(dict.fromkeys(record))
    return {name: [record.get(name) for record in records] for name in names}


def _of_split(names: Sequence[object], rows: Sequence[Any], path: str) -> Mapping[str, Sequence[object]]:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(names):
            found = f"has {count(len(row), 'cell')}" if isinstance(row, list) else "is no list"
            raise InputError(
                f"{path}: row {number} {found}, there are {count(len(names), 'column')}", help=f"wanted is {_SHAPES}"
            )
    return {str(name): [row[index] for row in rows] for index, name in enumerate(names)}


def _of_indexed(value: Mapping[str, Mapping[str, object]], path: str) -> Mapping[str, Sequence[object]]:
    (first, cells), *others = value.items()
    index = list(cells)
    for name, column in others:
        if column.keys() != cells.keys():
            raise InputError(
                f"{path}: columns {quoted(first)} and {quoted(name)} have different row keys",
                help="each column needs the same rows",
            )
    return {name: [column[row] for row in index] for name, column in value.items()}


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS else float(digits)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for index, name in enumerate(names) if name in names[:index]))
    return found


def _said(message: str) -> str:
    return message[:1].lower() + message[1:]
