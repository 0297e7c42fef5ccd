"""The tables as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lossctl.render.grid import footer, grids

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.render.grid import Grid
    from lossctl.results import Result

_SPECIAL = re.compile(r"([\\|*`\[\]<>~])")


def render(result: Result, look: Look) -> str:
    """The tables and their footer."""
    tables = map(_table, grids(result, look))
    return "\n".join(tables) + "".join(f"\n{_escaped(line)}\n" for line in footer(result, look))


def _table(cells: Grid) -> str:
    rule = ["--:" if kind == "number" else "---" for kind in cells.kinds]
    rows = [map(_escaped, cells.names), rule, *(map(_escaped, row) for row in cells.rows)]
    title = f"{_escaped(cells.title)}:\n\n" if cells.title else ""
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return title + table + "".join(f"\n{_escaped(line)}\n" for line in cells.remarks)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
