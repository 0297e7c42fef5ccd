"""The tables as tab-separated text without borders or padding, an empty line between two."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lossctl.cards import Listing
from lossctl.render.grid import Grid, grids
from lossctl.render.pages import blocks, grid, written

if TYPE_CHECKING:
    from lossctl.render import Look, Page
    from lossctl.results import Result


def render(result: Result, look: Look) -> str:
    """The headings and the rows."""
    return "\n".join(_table(cells) for cells in grids(result, look))


def page(record: Page, look: Look) -> str:
    """A list as its table, other records as text whose lines are not folded."""
    if isinstance(record, Listing):
        return _table(grid(record, look))
    return written(blocks(record, look), look._replace(width=sys.maxsize, color=False))


def _table(cells: Grid) -> str:
    return "".join("\t".join(row) + "\n" for row in (cells.names, *cells.rows))
