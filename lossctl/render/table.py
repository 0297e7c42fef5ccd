"""A table for people: no border but a line under the headings, decimals aligned, nothing cut."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from lossctl.render.grid import Grid, footer, grids
from lossctl.render.numbers import aligned
from lossctl.render.pages import blocks, written

if TYPE_CHECKING:
    from lossctl.render import Look, Page
    from lossctl.results import Result

_UNLIMITED = 100_000  # rich needs a number
_GAP = 3  # blanks between columns
_LEAST = 8  # text is folded down to so many columns before a table is turned


def render(result: Result, look: Look) -> str:
    """The tables and their footer."""
    out = io.StringIO()
    show(result, look, console(out, look))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def page(record: Page, look: Look) -> str:
    """The record as text, wrapped where the terminal ends."""
    return written(blocks(record, look), look)


def console(out: IO[str], look: Look, *, record: bool = False) -> Console:
    """A console that prints text as it is, whatever the surroundings."""
    return Console(
        file=out,
        width=look.width or _UNLIMITED,
        height=_UNLIMITED,  # without a height rich asks the terminal, and then ignores the width on a dumb one
        force_terminal=look.color,
        color_system="standard" if look.color else None,
        no_color=not look.color,
        legacy_windows=False,
        safe_box=False,
        markup=False,
        emoji=False,
        highlight=False,
        record=record,
    )


def show(result: Result, look: Look, console: Console) -> None:
    """Print the tables and their footer."""
    for cells in grids(result, look):
        if cells.title:
            console.print(Text(cells.title, style="dim"), crop=False)
        for part in _fitting(cells, look.width or _UNLIMITED):
            _print_table(part, look, console)
            console.print()
        for line in cells.remarks:
            console.print(Padding(Text(line, overflow="fold"), (0, 0)), crop=False)
        if cells.remarks:
            console.print()
    for line in footer(result, look):
        console.print(Padding(Text(line, style="dim", overflow="fold"), (0, 0)), crop=False)
    if result.verdict is not None:
        from lossctl.render.sentences import summed_up  # tables of values are faster without

        line = summed_up(result.verdict, look)
        console.print(
            Padding(
                Text(line if look.unicode else line.encode("ascii", "backslashreplace").decode(), overflow="fold"),
                (0, 0),
            ),
            crop=False,
        )


def _print_table(cells: Grid, look: Look, console: Console) -> None:
    columns = []
    for name, kind, *cells_of in zip(cells.names, cells.kinds, *cells.rows, strict=True):
        texts = aligned(cells_of) if kind == "number" else list(cells_of)
        width = max(map(cell_len, (name, *texts)))
        if kind == "number":
            columns.append((width, [text.rjust(width) for text in (name, *texts)]))
        else:
            columns.append((width, [text + " " * (width - cell_len(text)) for text in (name, *texts)]))
    widest = sum(width for width, _ in columns) + _GAP * (len(columns) - 1)
    if widest <= console.width:  # nothing to fold: rich would take a minute for some 100,000 rows
        head, *rows = map((" " * _GAP).join, zip(*(texts for _, texts in columns), strict=True))
        console.print(Text(head, style="bold"), soft_wrap=True)
        console.print(Text("\n".join([("─" if look.unicode else "-") * widest, *rows])), soft_wrap=True)
        return
    from rich import box  # only tables that are folded pay for it
    from rich.table import Table

    ascii = box.Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)
    table = Table(box=box.SIMPLE_HEAD if look.unicode else ascii, show_edge=False, pad_edge=False, header_style="bold")
    for kind, (width, (name, *_)) in zip(cells.kinds, columns, strict=True):
        if kind == "number":
            table.add_column(Text(name), no_wrap=True, min_width=width)
        else:
            table.add_column(Text(name.rstrip()), overflow="fold", no_wrap=kind == "bars")
    for row in zip(*(texts[1:] for _, texts in columns), strict=True):
        table.add_row(
            *(Text(text if kind == "number" else text.rstrip()) for kind, text in zip(cells.kinds, row, strict=True))
        )
    console.print(table, crop=False, soft_wrap=False)


def _fitting(cells: Grid, width: int) -> list[Grid]:
    """The table, or where its numbers do not fit the width, turned: a line for each column, some rows side by side."""
    least = [
        min(max(map(cell_len, texts)), _LEAST if kind == "text" else width)
        for kind, *texts in zip(cells.kinds, cells.names, *cells.rows, strict=True)
    ]
    if sum(least) + _GAP * (len(least) - 1) <= width:
        return [cells]
    label = max(map(cell_len, cells.names))
    turned: list[list[tuple[str, ...]]] = [[]]
    room = width - label
    for row in cells.rows:
        need = _GAP + max(map(cell_len, row))
        if turned[-1] and need > room:
            turned.append([])
            room = width - label
        turned[-1].append(row)
        room -= need
    first, *names = cells.names
    return [
        Grid(
            (first, *(row[0] for row in rows)),
            tuple(["text"] * (1 + len(rows))),
            tuple((name, *texts) for name, *texts in zip(names, *(row[1:] for row in rows), strict=True)),
        )
        for rows in turned
    ]
