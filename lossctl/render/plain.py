"""The table as tab-separated text without borders or padding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render.grid import grid

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result


def render(result: Result, look: Look) -> str:
    """The headings and the rows."""
    cells = grid(result, look.digits)
    return "".join("\t".join(row) + "\n" for row in (cells.names, *cells.rows))
