"""The table, or the curves of losses, as a picture, for documents: light or dark as the page is, in whatever monospaced font there is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.terminal_theme import TerminalTheme

from lossctl.render import table
from lossctl.render.curve import draw

if TYPE_CHECKING:
    from lossctl.cards import Picture
    from lossctl.render import Look
    from lossctl.results import Result

_WIDEST = 100  # columns; a wider picture is hard to read in a page

_PAPER, _INK = (22, 24, 29), (222, 225, 230)
_THEME = TerminalTheme(_PAPER, _INK, [_INK] * 8)

# Rich fills the names in braces. Its own template loads fonts from the net and draws the buttons of a window.
_TEMPLATE = """\
<svg class="lossctl" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.lossctl {{ color-scheme: light dark }}
@media (prefers-color-scheme: light) {{ .lossctl > g {{ filter: invert(1) hue-rotate(180deg) }} }}
.{unique_id}-matrix {{
    font-family: ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
    font-variant-east-asian: full-width;
}}
{styles}
</style>
<defs>
{lines}
</defs>
<g>
<rect width="{width}" height="{height}" rx="8" fill="#16181d" />
<g transform="translate(9, 22)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</g>
</svg>
"""


def render(result: Result, look: Look) -> str:
    """The table and its footer as SVG."""
    look = look._replace(width=look.width or _WIDEST, color=True)
    widest = max(map(cell_len, table.render(result, look._replace(color=False)).splitlines()))
    look = look._replace(width=widest)
    console = table.console(io.StringIO(), look, record=True)
    table.show(result, look, console)
    return console.export_svg(title="", theme=_THEME, code_format=_TEMPLATE, unique_id="lossctl")


def page(record: Picture, look: Look) -> str:
    """The curves as SVG."""
    return draw(record)
