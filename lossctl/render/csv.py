"""CSV with every digit; parameters and groups are written as the command line takes them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from lossctl.errors import printable
from lossctl.render.numbers import full
from lossctl.results import param_text

if TYPE_CHECKING:
    from lossctl.losses.declare import Params
    from lossctl.render import Look
    from lossctl.results import Result, Value

HEADER = ("input", "loss", "params", "like", "reduction", "group", "n", "weight", "value")


def render(result: Result, look: Look) -> str:
    """The header and one row a value."""
    return separated(result, ",")


def separated(result: Result, delimiter: str) -> str:
    """The header and the rows with a delimiter."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(HEADER)
    for value in result.values:
        writer.writerow([printable(cell) for cell in _row(value)])
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
