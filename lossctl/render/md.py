"""The table as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lossctl.render.grid import footer, grid

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result

_SPECIAL = re.compile(r"([\\|*`\[\]<>~])")


def render(result: Result, look: Look) -> str:
    """The table and its footer."""
    cells = grid(result, look.digits)
    rule = ["--:" if numeric else "---" for numeric in cells.numeric]
    rows = [map(_escaped, cells.names), rule, *(map(_escaped, row) for row in cells.rows)]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return table + "".join(f"\n{_escaped(line)}\n" for line in footer(result))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
