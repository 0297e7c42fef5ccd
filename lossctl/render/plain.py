"""The tables as tab-separated text without borders or padding, an empty line between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render.grid import grids

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result


def render(result: Result, look: Look) -> str:
    """The headings and the rows."""
    return "\n".join(
        "".join("\t".join(row) + "\n" for row in (cells.names, *cells.rows)) for cells in grids(result, look)
    )
