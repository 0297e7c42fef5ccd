"""Curves as an SVG picture that follows the page, light or dark, and loads nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from lossctl.errors import printable
from lossctl.render.sketch import frame, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lossctl.cards import Picture
    from lossctl.render.sketch import Frame

WIDTH, HEIGHT = 720, 440
LINE, REST = 22, 10  # of the legend, and above and below it
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 20, 62

# Told apart by people who see few colours (after Okabe and Ito), and by their dashes by everybody.
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f", "#8c6bb1")
_ON_DARK = ("#4aa8e0", "#ff8c42", "#2fc796", "#e39cc3", "#9ad4f7", "#f2bd4b", "#adadad", "#bb9fe0")
_DASHES = ("", "8 4", "2 4", "10 4 2 4", "14 4", "4 3", "12 3 2 3 2 3", "6 2 1 2")

_STYLE = """\
.lossctl { color-scheme: light dark }
.lossctl text { fill: #24292f; font: 14px system-ui, "DejaVu Sans", sans-serif }
.lossctl .grid { stroke: #d8dee4 }
.lossctl .axis { fill: none; stroke: #24292f }
.lossctl .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round }
@media (prefers-color-scheme: dark) {
.lossctl rect { fill: #16181d }
.lossctl text { fill: #dee1e6 }
.lossctl .grid { stroke: #343a42 }
.lossctl .axis { stroke: #dee1e6 }
"""
_STYLE += "".join(
    f'.lossctl [stroke="{light}"] {{ stroke: {dark} }}\n' for light, dark in zip(_COLORS, _ON_DARK, strict=True)
)
_STYLE += "}"


def draw(picture: Picture) -> str:
    """The picture as SVG."""
    return "\n".join(_lines(picture)) + "\n"


def looks(picture: Picture) -> list[tuple[str, str]]:
    """The colour of each line, which is that of its loss, and its dashes; no two lines are the same in both."""
    names = list(dict.fromkeys(curve.loss for curve in picture.curves))
    return [
        (_COLORS[names.index(curve.loss) % len(_COLORS)], _DASHES[(place + place // len(_DASHES)) % len(_DASHES)])
        for place, curve in enumerate(picture.curves)
    ]


def _lines(picture: Picture) -> Iterator[str]:
    seen = frame([curve.y for curve in picture.curves])
    low, high = picture.x[0], picture.x[-1]
    height = HEIGHT + LINE * len(picture.curves) + REST
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def across(x: float) -> float:
        return _LEFT + (x - low) / (high - low) * (right - _LEFT)

    def down(y: float) -> float:
        return bottom - (y - seen.bottom) / (seen.top - seen.bottom) * (bottom - _TOP)

    yield f'<svg class="lossctl" viewBox="0 0 {WIDTH} {height}" xmlns="http://www.w3.org/2000/svg" role="img">'
    yield f"<title>{_text(', '.join(curve.name for curve in picture.curves))}</title>"
    yield f"<style>\n{_STYLE}\n</style>"
    yield f'<clipPath id="inside"><path d="M{_LEFT} {_TOP - 2}H{right}V{bottom + 2}H{_LEFT}Z" /></clipPath>'
    yield f'<g><rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff" />'
    for value in ticks(*seen, 7):
        yield f'<path class="grid" d="M{_LEFT} {down(value):.2f}H{right}" />'
        yield f'<text x="{_LEFT - 8}" y="{down(value) + 5:.2f}" text-anchor="end">{value:.12g}</text>'
    for value in ticks(low, high, 9):
        yield f'<path class="grid" d="M{across(value):.2f} {_TOP}V{bottom}" />'
        yield f'<text x="{across(value):.2f}" y="{bottom + 20}" text-anchor="middle">{value:.12g}</text>'
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}M{_LEFT} {down(0):.2f}H{right}" />'
    yield (
        f'<text x="{(_LEFT + right) / 2}" y="{bottom + 46}" text-anchor="middle">'
        f"{_text(picture.label)}; {_text(picture.truth)}</text>"
    )
    for place, (curve, (color, dashes)) in enumerate(zip(picture.curves, looks(picture), strict=True)):
        look = f'class="curve" stroke="{color}" stroke-dasharray="{dashes}"'
        points = " ".join(_pieces(picture.x, curve.y, seen, across, down))
        yield f'<path {look} clip-path="url(#inside)" d="{points}" />'
        y = HEIGHT + LINE * place + REST
        yield f'<path {look} d="M{_LEFT} {y}h44" />'
        yield f'<text x="{_LEFT + 56}" y="{y + 5}">{_text(curve.name)}</text>'
    yield "</g>\n</svg>"


def _pieces(
    x: Sequence[float],
    y: Sequence[float],
    seen: Frame,
    across: Callable[[float], float],
    down: Callable[[float], float],
) -> Iterator[str]:
    """The line, broken where there is nothing; what leaves the picture ends a little beyond it."""
    beyond = seen.top - seen.bottom
    drawing = False
    for at, value in zip(x, y, strict=True):
        if math.isnan(value):
            drawing = False
            continue
        height = min(max(value, seen.bottom - beyond), seen.top + beyond)
        yield f"{'L' if drawing else 'M'}{across(at):.2f} {down(height):.2f}"
        drawing = True


def _text(text: str) -> str:
    return escape(printable(text))
