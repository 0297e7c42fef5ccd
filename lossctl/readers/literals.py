"""Values given on the command line: `0,1` or JSON `'[[0,1,0],[0,0,1]]'`, class names allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.errors import InputError, count
from lossctl.readers.columns import LITERAL
from lossctl.readers.document import loads
from lossctl.readers.table import Memory

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIKE = "write values like 0,1 or as JSON like [[0,1],[1,0]]"


def read(values: Mapping[str, tuple[str, str]]) -> Memory:
    """The input that the arguments make.

    Args:
        values: for each column the option it was given with and its text.

    Raises:
        InputError: a text is no list of values, or the lengths differ.
    """
    columns = {name: _cells(option, text) for name, (option, text) in values.items()}
    (first, cells), *others = columns.items()
    for name, column in others:
        if len(column) != len(cells):
            raise InputError(
                f"{first} has {count(len(cells), 'value')} ({values[first][0]}), "
                f"{name} has {len(column):,} ({values[name][0]})",
                help="give as many of one as of the other; rows of several values are like [[0,1],[1,0]]",
            )
    return Memory(LITERAL, LITERAL, columns)


def _cells(option: str, text: str) -> list[object]:
    if not text.strip():
        raise InputError(f"{option} holds no values", help=_LIKE)
    if not text.lstrip().startswith("["):
        return list(text.split(","))
    value = loads(text.encode("utf-8", "surrogateescape"), option, help=_LIKE)
    if not isinstance(value, list) or not value:
        raise InputError(f"{option} holds no values", help=_LIKE)
    return value
