"""Cells to arrays: what a number is, what a missing cell is, when two labels are the same.

A cell is text from CSV, or a JSON value (number, text, bool, None, list). NumPy arrays pass through.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from lossctl.errors import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from lossctl.kinds import Array, Floats

Cells: TypeAlias = "Sequence[Any] | Array"

MISSING = frozenset({"", "na", "n/a", "null", "none", "nan", "+nan", "-nan"})
_BLANKS = " \t"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?inf(?:inity)?", re.IGNORECASE)
_OTHER_BLANKS = re.compile(r"[\n\v\f\r\x1c-\x1f]")
_WHOLE = re.compile(r"[+-]?[0-9]+\.0*")
_PLAIN_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_PLAIN_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")


class BadCell(Exception):
    """A cell that is not what its column is read as.

    Args:
        row: index of the cell in its column.
        problem: what is wrong, a whole clause with the cell in it; empty for text that is no number.
    """

    def __init__(self, row: int, problem: str = "") -> None:
        super().__init__(problem)
        self.row = row
        self.problem = problem


def uneven(held: int, width: int) -> str:
    """What is wrong with a cell that holds another number of values than its column."""
    return f"holds {count(held, 'value')}, and the first rows hold {width}"


class Coded(NamedTuple):
    """An array and where its cells were missing, None for nowhere."""

    values: Array
    missing: NDArray[np.bool_] | None


def as_text(cell: Any) -> str:
    """A cell as filters, labels and messages compare it: without blanks around, 1.0 as 1, true in lower case.

    >>> as_text(" 1.0 "), as_text("True"), as_text(2.0), as_text("007")
    ('1', 'true', '2', '007')
    """
    if isinstance(cell, str):
        text = cell.strip(_BLANKS)
        if _WHOLE.fullmatch(text):
            return text.partition(".")[0]
        return text.lower() if text.lower() in {"true", "false"} else text
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    if cell is None:
        return ""
    if isinstance(cell, (float, np.floating)):
        value = float(cell)
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    return str(cell)


def is_missing(cell: Any) -> bool:
    """Whether a cell is one of the marks of a missing value."""
    if isinstance(cell, str):
        return cell.strip(_BLANKS).lower() in MISSING
    return cell is None or (isinstance(cell, (float, np.floating)) and cell != cell)


def is_undecodable(text: str) -> bool:
    """Whether a text holds bytes that are no UTF-8."""
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)


def is_number(cell: Any) -> bool:
    """Whether a cell is a number as it stands."""
    if isinstance(cell, str):
        return _NUMBER.fullmatch(cell.strip(_BLANKS)) is not None
    return isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool) and not is_missing(cell)


def group_part(cell: object) -> str | int | float | None:
    """A cell as part of a group's key: a number where it is plainly one, so that 1, 1.0 and "1" are one group."""
    if is_missing(cell):
        return None
    text = as_text(cell)
    if _PLAIN_INTEGER.fullmatch(text) and len(text) <= 300:
        return int(text)
    return float(text) if _PLAIN_DECIMAL.fullmatch(text) and repr(float(text)) == text.rstrip("0") else text


_HELD = 2**53


def unheld(array: Array) -> NDArray[np.bool_] | None:
    """Which rows of an array hold a whole number that no float64 is, None for none.

    Args:
        array: shape (n,) or (n, k), of any type.
    """
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 8 or not array.size:
        return None
    if array.max() <= _HELD and array.min() >= -_HELD:
        return None
    near = array.astype(np.float64)
    # The float64 next to the largest whole number may lie beyond it, where it cannot be turned back.
    inside = near < float(np.iinfo(array.dtype).max)
    wrong = ~inside
    wrong[inside] = near[inside].astype(array.dtype) != array[inside]
    rows: NDArray[np.bool_] = np.asarray(wrong.any(axis=1)) if array.ndim > 1 else wrong
    return rows if rows.any() else None


def numbers(cells: Cells, decimal: str = ".", width: int = 1) -> Coded:
    """Cells as float64.

    Args:
        cells: shape (n,), or (n, k) where cells are lists.
        decimal: the decimal mark of text.
        width: how many values each cell should hold.

    Raises:
        BadCell: a cell is neither a number nor missing, or holds another number of values.
    """
    return _coded(with_points(cells, decimal), _number, width)


def with_points(cells: Cells, decimal: str) -> Cells:
    """Text cells with a decimal point for the decimal mark; a point that is none makes the cell no number."""
    if decimal == ".":
        return cells
    return [cell.replace(".", "'").replace(decimal, ".") for cell in cells]


def binary(cells: Cells, positive: str | None, decimal: str = ".", width: int = 1) -> Coded:
    """Cells of a truth with two outcomes: numbers as they are, true as 1, false as 0.

    With `positive` that label is 1 and every other is 0.

    Raises:
        BadCell: a cell is none of these, or holds another number of values than it should.
    """
    if positive is None:
        if isinstance(cells, np.ndarray) and cells.dtype.kind == "b":
            return Coded(cells.astype(np.float64), None)
        return _coded(with_points(cells, decimal), _truth, width)
    wanted = as_text(positive)

    def label(cell: object) -> float:
        text = as_text(cell)
        if is_undecodable(text):
            raise ValueError(text)
        return float(text == wanted)

    return _coded(cells, label, width, plain=False)


def class_ids(cells: Cells, ids: Mapping[str, int] | None, ignored: Mapping[int, int]) -> Coded:
    """Cells as int64 class ids: by name, or where there are no names the whole numbers they are.

    Args:
        cells: shape (n,).
        ids: the id of each class name.
        ignored: labels that need no name, and the id of each.

    Raises:
        BadCell: a cell names no class, or is no whole number.
    """
    if ids is None:
        values, missing = numbers(cells)
        whole = np.where(np.isfinite(values), np.floor(values), np.nan)
        wrong = (whole != values) | (np.abs(values) > 2**53)
        if missing is not None:
            wrong &= ~missing
            values = np.where(missing, 0.0, values)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise BadCell(row, "is no class id; ids are whole numbers from 0")
        return Coded(values.astype(np.int64), missing)
    found = {str(label): id_ for label, id_ in ignored.items()} | dict(ids)
    coded = np.zeros(len(cells), np.int64)
    missing = np.zeros(len(cells), np.bool_)
    for row, cell in enumerate(_plain(cells)):
        text = cell if isinstance(cell, str) and cell in found else as_text(cell)
        if text in found:
            coded[row] = found[text]
        elif is_missing(cell):
            missing[row] = True
        else:
            raise BadCell(row, "is none of the classes")
    return Coded(coded, missing if missing.any() else None)


def _coded(cells: Cells, one: Callable[[object], float], width: int, *, plain: bool = True) -> Coded:
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu" and plain:
        values = np.ascontiguousarray(cells, np.float64)
        unknown = np.isnan(values)
        missing: NDArray[np.bool_] = np.asarray(unknown.any(axis=1)) if values.ndim > 1 else unknown
        return Coded(values, missing if missing.any() else None)
    fast = _fast(cells) if plain else None
    if fast is not None:
        return Coded(fast, None)
    items = _plain(cells)
    values = np.zeros((len(items),) if width == 1 else (len(items), width))
    gaps = np.zeros(len(items), np.bool_)
    for row, cell in enumerate(items):
        parts = cell if isinstance(cell, list) else [cell]
        if any(map(is_missing, parts)) and (cell is None or len(parts) == width):
            gaps[row] = True
            values[row] = np.nan  # as arrays have it: a weight that is not known is not 0
            continue
        if len(parts) != width:
            raise BadCell(row, uneven(len(parts), width))
        try:
            values[row] = one(cell) if width == 1 else [one(part) for part in parts]
        except ValueError:
            raise BadCell(row) from None
    return Coded(values, gaps if gaps.any() else None)


def _fast(cells: Cells) -> Floats | None:
    """The same without a look at each cell, where nothing needs one: plain text of numbers, or JSON numbers."""
    try:
        if isinstance(cells[0], str):
            text = "".join(cells)
            if not text.isascii() or "_" in text or _OTHER_BLANKS.search(text):  # float takes more than a number is
                return None
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        elif {*map(type, cells)} <= {int, float} or (
            {*map(type, cells)} == {list} and {type(part) for cell in cells for part in cell} <= {int, float}
        ):
            values = np.array(cells, np.float64)
        else:
            return None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return None if np.isnan(values).any() else values


def _plain(cells: Cells) -> Sequence[Any]:
    return cells.tolist() if isinstance(cells, np.ndarray) else cells


def _number(cell: object) -> float:
    if isinstance(cell, str):
        text = cell.strip(_BLANKS)
        if _NUMBER.fullmatch(text):
            return float(text)
    elif isinstance(cell, (int, float, np.integer, np.floating)) and not isinstance(cell, bool):
        try:
            return float(cell)
        except OverflowError:
            return float("inf") if cell > 0 else float("-inf")
    raise ValueError(cell)


def _truth(cell: object) -> float:
    if isinstance(cell, (bool, np.bool_)):
        return float(cell)
    if isinstance(cell, str) and cell.strip(_BLANKS).lower() in {"true", "false"}:
        return float(cell.strip(_BLANKS).lower() == "true")
    return _number(cell)
