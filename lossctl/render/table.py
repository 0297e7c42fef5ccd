"""A table for people: no border but a line under the headings, decimals aligned, nothing cut."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lossctl.render.grid import footer, grid
from lossctl.render.numbers import aligned

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result

_UNLIMITED = 100_000  # rich needs a number


def render(result: Result, look: Look) -> str:
    """The table and its footer."""
    cells = grid(result, look.digits)
    table = Table(box=box.SIMPLE_HEAD if look.unicode else _ASCII, show_edge=False, pad_edge=False, header_style="bold")
    columns = []
    for index, (name, numeric) in enumerate(zip(cells.names, cells.numeric, strict=True)):
        texts = [row[index] for row in cells.rows]
        if numeric:  # padded here, because justifying to the right would drop the blanks that align the decimals
            texts = aligned(texts)
            width = max(map(len, (name, *texts)))
            texts = [text.rjust(width) for text in texts]
            table.add_column(Text(name.rjust(width)), no_wrap=True, min_width=width)
        else:
            table.add_column(Text(name), overflow="fold")
        columns.append(texts)
    for row in zip(*columns, strict=True):
        table.add_row(*map(Text, row))
    out = io.StringIO()
    console = Console(
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
    )
    console.print(table, crop=False, soft_wrap=False)
    console.print()
    for line in footer(result):
        console.print(Padding(Text(line, style="dim", overflow="fold"), (0, 0)), crop=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


_ASCII = box.Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)
