"""CSV with every digit; parameters and groups are written as the command line takes them."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from lossctl.errors import printable
from lossctl.render.numbers import full
from lossctl.results import param_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lossctl.cards import Listing, Picture
    from lossctl.losses.declare import Params
    from lossctl.render import Look
    from lossctl.results import Group, Result, Value
    from lossctl.rows import Layout, Row
    from lossctl.verdict import Check

BETWEEN = ""
_LIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CHECKS = (
    *("name", "gate", "input", "loss", "params", "like", "reduction", "group"),
    *("op", "limit", "value", "status", "margin", "row", "reason"),
)
HEADER = ("input", "loss", "params", "like", "reduction", "group", "n", "weight", "value")

SKILL = ("best_constant", "skill")
"""The columns behind those of HEADER where skill is asked for."""


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
    if result.verdict is not None:
        checks = [_check(check) for check in result.verdict.checks]
        return _text([CHECKS, *map(_harmless, checks)], delimiter)
    if result.comparisons:
        from lossctl.render.comparisons import CSV_HEADER, csv_row  # values are faster without

        rows = [csv_row(comparison) for comparison in result.comparisons]
        return _text([CSV_HEADER, *map(_harmless, rows)], delimiter)
    skilled = any(value.skill is not None for value in result.values)
    cells = [[*_row(value), *(_skill(value) if skilled else ())] for value in result.values]
    return _text([(*HEADER, *(SKILL if skilled else ())), *map(_harmless, cells)], delimiter)


def header(layout: Layout, delimiter: str) -> str:
    """The names of the columns that rows have."""
    names = ["input"] if layout.several else []
    names += ["row", *(["id"] if layout.id else [])]
    for role, width in layout.roles:
        names += [role] if width == 1 else [f"{role}_{output}" for output in range(width)]
    names += layout.losses
    width = dict(layout.roles).get("y_pred", 1)
    for grad in map(layout.grad_name, layout.grads):
        names += [grad] if width == 1 else [f"{grad}_{output}" for output in range(width)]
    return _text([names], delimiter)


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
    for grads in zip(*(row.grads for row in rows), strict=True):
        columns += zip(*grads, strict=True) if isinstance(grads[0], tuple) else [grads]
    return _text(zip(*map(_harmless, columns), strict=True), delimiter)


def _harmless(cells: Sequence[object]) -> Sequence[object]:
    if str not in set(map(type, cells)):
        return cells
    return [_cell(cell) if isinstance(cell, str) else cell for cell in cells]


def _cell(text: str) -> str:
    """The text as it was read, line feeds too; what would steer a terminal is written as an escape."""
    return text if text.isprintable() else _LIVE.sub(lambda match: printable(match[0]), text)


def _text(records: Iterable[Iterable[object]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(records)
    return out.getvalue()


def _check(check: Check) -> list[str]:
    return [
        check.name,
        check.gate,
        check.input,
        check.loss or "",
        _params(check.params),
        check.like or "",
        check.reduction or "",
        _group(check.group),
        check.op,
        *("" if number is None else _number(number) for number in (check.limit, check.value)),
        check.status,
        "" if check.margin is None else _number(check.margin),
        "" if check.row is None else str(check.row),
        check.reason,
    ]


def _number(number: float) -> str:
    return str(number) if isinstance(number, int) else full(number)


def _group(group: Group | None) -> str:
    return ",".join(f"{name}={'' if part is None else part}" for name, part in (group or {}).items())


def _row(value: Value) -> list[str]:
    return [
        value.input,
        value.loss,
        _params(value.params),
        value.like,
        value.reduction,
        _group(value.group),
        str(value.n),
        full(value.weight),
        full(value.value),
    ]


def _skill(value: Value) -> list[str]:
    return ["", ""] if value.skill is None else [full(value.skill.value), full(value.skill.skill)]


def _params(params: Params) -> str:
    return ":".join(f"{name}={param_text(value)}" for name, value in params.items() if value is not None)
