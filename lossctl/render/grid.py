"""The rows and columns that the human formats share, and the lines under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lossctl.errors import count, printable
from lossctl.render.numbers import short

if TYPE_CHECKING:
    from lossctl.results import Input, Result, Value

ALL_ROWS = "all"
_ROLES = {"by": "grouped by"}


class Grid(NamedTuple):
    """A table as text.

    Attributes:
        names: the headings.
        numeric: for each column whether it holds numbers.
        rows: the cells.
    """

    names: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


def grid(result: Result, digits: int) -> Grid:
    """The values of a result; columns that would say the same in each row are left out."""
    several = len(result.inputs) > 1
    groups = list(dict.fromkeys(name for value in result.values for name in value.group or ()))
    weighted = any(value.weight != value.n for value in result.values)
    names = [*(["input"] if several else []), "loss", *groups, "n", *(["weight"] if weighted else []), "value"]
    rows = []
    for value in result.values:
        cells = [value.input] if several else []
        cells += [value.text, *(_group_cell(value, name) for name in groups), str(value.n)]
        cells += [short(value.weight, digits)] if weighted else []
        rows.append(tuple(printable(cell) for cell in [*cells, short(value.value, digits)]))
    text_columns = int(several) + 1 + len(groups)
    numeric = tuple(index >= text_columns for index in range(len(names)))
    return Grid(tuple(map(printable, names)), numeric, tuple(rows))


def _group_cell(value: Value, name: str) -> str:
    if value.group is None:
        return ALL_ROWS
    part = value.group.get(name)
    return "" if part is None else str(part)


def footer(result: Result) -> list[str]:
    """For each input the columns taken and the rows set aside, then the reduction where it is not the usual one."""
    lines = [printable(_about(record)) for record in result.inputs]
    first = result.values[0]
    if first.reduction != "mean" or first.like != "exact":
        lines.append(f"reduction {first.reduction}, convention {first.like}")
    return lines


def set_aside(record: Input) -> str:
    """How many rows of an input count, and what became of the others.

    >>> from lossctl.results import Input
    >>> set_aside(Input("a.csv", "a.csv", 10, 8, 2, 0, {}))
    '8 of 10 rows used, 2 dropped for a missing cell'
    """
    if record.used == record.rows:
        return f"{'the only row' if record.rows == 1 else f'all {record.rows:,} rows'} used"
    parts = [f"{record.filtered:,} left out by --where"] if record.filtered else []
    parts += [f"{record.dropped:,} dropped for a missing cell"] if record.dropped else []
    return f"{record.used:,} of {count(record.rows, 'row')} used, {', '.join(parts)}"


def taken(record: Input) -> str:
    """The columns of an input by role.

    >>> from lossctl.results import Input
    >>> taken(Input("a", "a", 1, 1, 0, 0, {"y_true": ("label",), "y_pred": ("p_0", "p_1"), "weight": ("w",)}))
    'y_true is label, y_pred is p_0, p_1, weight is w'
    """
    return ", ".join(f"{_ROLES.get(role, role + ' is')} {_named(names)}" for role, names in record.columns.items())


def _about(record: Input) -> str:
    file = "standard input" if record.path == "-" else record.path
    label = file if record.label in {"-", file} else record.label
    parts = [f"{label or file}{f' ({file})' if file not in {None, label} else ''}: {set_aside(record)}"]
    parts += [taken(record)] if record.path is not None else []
    parts += [f"classes {_named(record.classes)}"] if record.classes else []
    return "; ".join([*parts, *record.notes])


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{names[0]}, {names[1]} … {names[-1]} ({len(names)})"
