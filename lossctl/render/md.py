"""The tables as Markdown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lossctl.cards import Listing
from lossctl.render.grid import footer, grids
from lossctl.render.pages import blocks, escaped, grid, marked_down
from lossctl.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lossctl.render import Look, Page
    from lossctl.render.grid import Grid
    from lossctl.results import Result


def render(result: Result, look: Look) -> str:
    """The tables and their footer, below a heading where there is a verdict."""
    return "\n".join([*_heading(result, look), *map(_table, grids(result, look))]) + "".join(
        f"\n{escaped(line)}\n" for line in footer(result, look)
    )


def page(record: Page, look: Look) -> str:
    """A list as its table, other records with headings."""
    return _table(grid(record, look)) if isinstance(record, Listing) else marked_down(blocks(record, look), look)


def fitted(result: Result, look: Look, room: int) -> str:
    """The verdict in so many bytes of UTF-8, with the worst gates where there is no room for all; else nothing."""
    text = render(result, look)
    checks = result.verdict.checks if result.verdict is not None else ()
    most = len(checks)
    while most and (size := len(text.encode("utf-8", "backslashreplace"))) > room:
        most = most * max(room, 0) // size * 9 // 10
        text = _shortened(result, look, most)
    return text if len(text.encode("utf-8", "backslashreplace")) <= room else ""


def _shortened(result: Result, look: Look, most: int) -> str:
    """The heading and the gates that are worst."""
    verdict = result.verdict
    if verdict is None:
        return ""
    worst = {id(check) for check in verdict.ranked[:most]}
    kept = tuple(check for check in verdict.checks if id(check) in worst)
    tables = map(_table, grids(replace(result, verdict=Verdict(kept)), look)) if kept else ()
    left = f"{len(verdict.checks) - most:,} of {len(verdict.checks):,} gates are left out for want of room"
    left += "; those shown are the worst.\n" if kept else ".\n"
    return "\n".join([*_heading(result, look), *tables, left])


def _heading(result: Result, look: Look) -> Iterator[str]:
    if result.verdict is not None:
        from lossctl.render.sentences import STATUS, summed_up  # tables of values are faster without

        yield f"### lossctl check: {STATUS[result.verdict.status]}\n"
        yield f"{escaped(summed_up(result.verdict, look))}\n"


def _table(cells: Grid) -> str:
    rule = ["--:" if kind == "number" else "---" for kind in cells.kinds]
    rows = [map(escaped, cells.names), rule, *(map(escaped, row) for row in cells.rows)]
    title = f"{escaped(cells.title)}:\n\n" if cells.title else ""
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return title + table + "".join(f"\n{escaped(line)}\n" for line in cells.remarks)
