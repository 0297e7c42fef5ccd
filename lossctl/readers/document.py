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
_ANOTHER = "--input-format names another format"
_DIGITS = 300  # whole numbers of more digits are read as floats, so that no text can cost more than its length
_SHOWN = 20  # characters of the text that a message quotes


class _Twice(Exception):
    """A key that stands twice in one object."""


def read(label: str, stream: Stream, format: str, options: Options) -> Memory:
    """The columns of a document."""
    with stream.reading():
        data = stream.open().read()
    value = loads(data, stream.path)
    if isinstance(value, list) and not any(isinstance(item, dict) for item in value):
        columns: Mapping[str, Cells] = {"1": value}
        named = False
    else:
        columns, named = _columns(value, stream.path), True
    return Memory(label, stream.path, columns, named)


def loads(data: bytes, path: str, line: int = 0, help: str = _ANOTHER) -> object:
    """The value of a JSON text.

    Args:
        data: the text.
        path: the input as messages name it.
        line: the line that the text is, 0 for a text of several.
        help: what to type where it is no JSON.

    Raises:
        InputError: it is no JSON, is nested too deep, or has a key twice.
    """
    where = f"{path}:{line}" if line else path
    try:
        return json.loads(data.decode("utf-8-sig"), parse_int=_whole, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        at, problem = _fault(error.doc, error.pos)
        before = error.doc[:at]
        number = (line or 1) + before.count("\n")
        raise InputError(
            f"{path}:{number}: character {at - before.rfind(chr(10))}: this is not JSON{problem}", help=help
        ) from None
    except UnicodeDecodeError as error:
        number = (line or 1) + data.count(b"\n", 0, error.start)
        raise InputError(
            f"{path}:{number}: this is not UTF-8 text", help="for Latin-1: iconv -f LATIN1 -t UTF-8 FILE"
        ) from None
    except RecursionError:
        raise InputError(f"{where}: its brackets are nested too deep", help=f"wanted is {_SHAPES}") from None
    except _Twice as twice:
        raise InputError(f"{where}: an object has the key {quoted(twice)} twice", help="rename one of them") from None


def _columns(value: object, path: str) -> Mapping[str, Sequence[object]]:
    if isinstance(value, list):
        return _of_records(value, path)
    if not isinstance(value, dict):
        raise InputError(f"{path}: it holds a single value, not a table", help=f"wanted is {_SHAPES}")
    if {"columns", "data"} <= value.keys() and isinstance(value["data"], list) and isinstance(value["columns"], list):
        return _of_split(value["columns"], value["data"], path)
    if value and all(isinstance(cells, dict) for cells in value.values()):
        return _of_indexed(value, path)
    columns = {name: cells for name, cells in value.items() if isinstance(cells, list)}
    scalars = any(not isinstance(cells, (list, dict)) for cells in value.values())
    if len(columns) > 1 or (columns and not scalars):
        return columns  # what stands beside them, the name of a model or a date, is no column
    return {name: [cell] for name, cell in value.items()}  # one record, with a list of outputs perhaps


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
    texts = [str(name) for name in names]
    for index, name in enumerate(texts):
        if name in texts[:index]:
            raise InputError(f"{path}: two columns are named {quoted(name)}", help="rename one of them")
    return {name: [row[index] for row in rows] for index, name in enumerate(texts)}


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


def _fault(text: str, at: int) -> tuple[int, str]:
    """Where a text stops being JSON, and what stands there: Python's words for it change with its version."""
    rest = text[at:].lstrip()
    if rest.startswith(",") and rest[1:].lstrip()[:1] in {"]", "}"}:  # newer ones point at the comma itself
        rest = rest[1:].lstrip()
    if not rest:
        return len(text.rstrip()), ": it ends too early"
    at = len(text) - len(rest)
    comma = ", a comma stands before it" if text[:at].rstrip().endswith(",") and rest[0] in "]}" else ""
    return at, f" from {quoted(rest.splitlines()[0][:_SHOWN])} on{comma}"
