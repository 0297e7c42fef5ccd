"""The tables as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.cards import Listing
from lossctl.render.grid import footer, grids
from lossctl.render.pages import blocks, escaped, grid, marked_down

if TYPE_CHECKING:
    from lossctl.render import Look, Page
    from lossctl.render.grid import Grid
    from lossctl.results import Result


def render(result: Result, look: Look) -> str:
    """The tables and their footer."""
    tables = map(_table, grids(result, look))
    return "\n".join(tables) + "".join(f"\n{escaped(line)}\n" for line in footer(result, look))


def page(record: Page, look: Look) -> str:
    """A list as its table, other records with headings."""
    return _table(grid(record, look)) if isinstance(record, Listing) else marked_down(blocks(record, look), look)


def _table(cells: Grid) -> str:
    rule = ["--:" if kind == "number" else "---" for kind in cells.kinds]
    rows = [map(escaped, cells.names), rule, *(map(escaped, row) for row in cells.rows)]
    title = f"{escaped(cells.title)}:\n\n" if cells.title else ""
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return title + table + "".join(f"\n{escaped(line)}\n" for line in cells.remarks)
