"""CSV with every digit; parameters and groups are written as the command line takes them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from lossctl.errors import printable
from lossctl.render.numbers import full
from lossctl.results import param_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lossctl.cards import Listing, Picture
    from lossctl.losses.declare import Params
    from lossctl.render import Look
    from lossctl.results import Result, Value
    from lossctl.rows import Layout, Row

BETWEEN = ""
HEADER = ("input", "loss", "params", "like", "reduction", "group", "n", "weight", "value")


def render(result: Result, look: Look) -> str:
    """The header and one row a value."""
    return separated(result, ",")


def page(record: Listing | Picture, look: Look, delimiter: str = ",") -> str:
    """The headings and one row an entry."""
    return _text(map(_harmless, record.cells()), delimiter)


def opening(layout: Layout, look: Look) -> str:
    """The header of rows."""
    return header(layout, ",")


def block(layout: Layout, rows: Sequence[Row], look: Look) -> str:
    """One line a row."""
    return lines(layout, rows, ",")


def closing(result: Result, look: Look) -> str:
    """Nothing: the rows are all."""
    return ""


def separated(result: Result, delimiter: str) -> str:
    """The header and the rows with a delimiter."""
    if result.layout is not None:
        return header(result.layout, delimiter) + lines(result.layout, result.rows, delimiter)
    if result.comparisons:
        from lossctl.render.comparisons import CSV_HEADER, csv_row  # values are faster without

        rows = [map(printable, csv_row(comparison)) for comparison in result.comparisons]
        return _text([CSV_HEADER, *rows], delimiter)
    return _text([HEADER, *([printable(cell) for cell in _row(value)] for value in result.values)], delimiter)


def header(layout: Layout, delimiter: str) -> str:
    """The names of the columns that rows have."""
    names = ["input"] if layout.several else []
    names += ["row", *(["id"] if layout.id else [])]
    for role, width in layout.roles:
        names += [role] if width == 1 else [f"{role}_{output}" for output in range(width)]
    return _text([[*names, *layout.losses]], delimiter)


def lines(layout: Layout, rows: Sequence[Row], delimiter: str) -> str:
    """One line a row."""
    columns: list[Sequence[object]] = [[row.layout.input for row in rows]] if layout.several else []
    columns.append([row.row for row in rows])
    if layout.id:
        columns.append([row.id for row in rows])
    for index, (_, width) in enumerate(layout.roles):
        cells = [row.inputs[index] for row in rows]
        columns += [cells] if width == 1 else zip(*cells, strict=True)
    columns += zip(*(row.losses for row in rows), strict=True)
    return _text(zip(*map(_harmless, columns), strict=True), delimiter)


def _harmless(column: Sequence[object]) -> Sequence[object]:
    if str not in set(map(type, column)):
        return column
    return [printable(cell) if isinstance(cell, str) else cell for cell in column]


def _text(records: Iterable[Iterable[object]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(records)
    return out.getvalue()


def _row(value: Value) -> list[str]:
    group = ",".join(f"{name}={'' if part is None else part}" for name, part in (value.group or {}).items())
    return [
        value.input,
        value.loss,
        _params(value.params),
        value.like,
        value.reduction,
        group,
        str(value.n),
        full(value.weight),
        full(value.value),
    ]


def _params(params: Params) -> str:
    return ":".join(f"{name}={param_text(value)}" for name, value in params.items() if value is not None)
