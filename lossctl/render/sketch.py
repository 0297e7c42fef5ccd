"""Curves drawn with characters: dots of braille for one line, a mark of its own for each of several."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.cards import Picture

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille character, by line and column
_MARKS = "●○▲△■□◆◇abcdefghijklmnopqrstuvwxyz"
_ASCII_MARKS = "*o+x#@%&abcdefghijklmnpqrstuvwyz"
_STEEP, _APART = 4, 8  # how often its own usual height, and that of another line, one may rise before it leaves
_BESIDE = 2  # how often the height on the other side of 0, where it leaves


class Frame(NamedTuple):
    """The heights between which lines are drawn."""

    bottom: float
    top: float


def frame(curves: Sequence[Sequence[float]]) -> Frame:
    """Heights that show every line; a line that rises far above its usual height, and others, leaves the picture."""
    bottoms, tops = [], []
    for y in curves:
        finite = sorted(value for value in y if math.isfinite(value))
        if finite:
            usual = finite[len(finite) // 10 : -(len(finite) // 10) or None]
            tops.append(min(finite[-1], max(_STEEP * usual[-1], 0.0)) if usual[-1] > 0 else finite[-1])
            bottoms.append(max(finite[0], _STEEP * usual[0]) if usual[0] < 0 else min(finite[0], 0.0))
    top = min(max(tops), _APART * min([top for top in tops if top > 0], default=1.0))
    bottom = max(min([*bottoms, 0.0]), _APART * max([bottom for bottom in bottoms if bottom < 0], default=0.0))
    heights = [value for y in curves for value in y if math.isfinite(value)]
    if min(heights) < bottom and top > 0:
        bottom = max(bottom, -_BESIDE * top)
    if max(heights) > top and bottom < 0:
        top = min(top, -_BESIDE * bottom)
    return Frame(bottom, top if top > bottom else bottom + 1.0)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from low to high, at most so many.

    >>> ticks(-3, 3, 7), ticks(0, 4.5, 4)
    ([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0], [0.0, 2.0, 4.0])
    """
    raw = max((high - low) / max(most - 1, 1), abs(high) * 1e-12)
    power = 10.0 ** math.floor(math.log10(raw))
    for step in (power, 2 * power, 5 * power, 10 * power, 20 * power):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            digits = max(0, 1 - math.floor(math.log10(step)))
            return [round(place * step, digits) + 0.0 for place in range(first, last + 1)]
    return [low]


def sketch(picture: Picture, columns: int, rows: int, *, unicode: bool) -> list[str]:
    """The picture as lines of text.

    Args:
        picture: the curves.
        columns: of the terminal.
        rows: how high the part between the axes is.
        unicode: whether braille and other marks can be shown.
    """
    seen = frame([curve.y for curve in picture.curves])
    heights = ticks(*seen, 1 + rows // 3)
    labels = {round((seen.top - value) / (seen.top - seen.bottom) * (rows - 1)): f"{value:.12g}" for value in heights}
    margin = max(map(len, labels.values())) + 1
    room = max(columns - margin - 2, 10)
    many = len(picture.curves) > 1 or not unicode
    marks = (_MARKS if unicode else _ASCII_MARKS)[: len(picture.curves)] or "*"
    cells = _marked(picture, seen, room, rows, marks) if many else _dotted(picture, seen, room, rows)
    side, tick, corner, line, mark = ("│", "┤", "└", "─", "┴") if unicode else ("|", "+", "+", "-", "+")
    drawn = [
        f"{labels.get(row, ''):>{margin}} {tick if row in labels else side}{''.join(cells[row])}".rstrip()
        for row in range(rows)
    ]
    low, high = picture.x[0], picture.x[-1]
    below, numbers = [line] * room, [" "] * (room + margin + 8)
    for value in ticks(low, high, max(room // 10, 2)):
        at = round((value - low) / (high - low) * (room - 1))
        below[at] = mark
        text = f"{value:.12g}"
        start = margin + 2 + at - len(text) // 2
        numbers[start : start + len(text)] = text
    drawn += [" " * (margin + 1) + corner + "".join(below), "".join(numbers).rstrip()]
    return drawn


def legend(picture: Picture, *, unicode: bool) -> list[str]:
    """A line for each curve, with its mark where there are several."""
    names = [curve.name for curve in picture.curves]
    marks = _MARKS if unicode else _ASCII_MARKS
    if len(names) == 1:
        return names
    return [f"{marks[number % len(marks)]} {name}" for number, name in enumerate(names)]


def _heights(picture: Picture, y: Sequence[float], count: int) -> list[float]:
    """The heights of a line at so many places of equal distance, between two points on the straight line."""
    x, found = picture.x, []
    for place in range(count):
        at = x[0] + (x[-1] - x[0]) * place / (count - 1)
        right = min(max(bisect_left(x, at), 1), len(x) - 1)
        share = (at - x[right - 1]) / (x[right] - x[right - 1])
        left_y, right_y = y[right - 1], y[right]
        found.append(left_y if share == 0 else right_y if share == 1 else left_y + (right_y - left_y) * share)
    return found


def _levels(heights: Sequence[float], seen: Frame, count: int) -> list[range]:
    """For each place the levels, counted from the top, that the line passes there; none where it is outside."""
    levels = [
        None if value != value else round(min(max((seen.top - value) / (seen.top - seen.bottom), -1), 2) * (count - 1))
        for value in heights
    ]
    found = []
    for place, level in enumerate(levels):
        before = levels[place - 1] if place else level
        if level is None:
            found.append(range(0))
            continue
        start = level if before is None or abs(before - level) < 2 else before + (1 if level > before else -1)
        low, high = min(start, level), max(start, level)
        found.append(range(max(low, 0), min(high, count - 1) + 1))
    return found


def _dotted(picture: Picture, seen: Frame, columns: int, rows: int) -> list[list[str]]:
    cells = [[0] * columns for _ in range(rows)]
    heights = _heights(picture, picture.curves[0].y, 2 * columns)
    for place, levels in enumerate(_levels(heights, seen, 4 * rows)):
        for level in levels:
            cells[level // 4][place // 2] |= _DOTS[level % 4][place % 2]
    return [[chr(0x2800 + cell) if cell else " " for cell in row] for row in cells]


def _marked(picture: Picture, seen: Frame, columns: int, rows: int, marks: str) -> list[list[str]]:
    here: list[list[list[str]]] = [[[] for _ in range(columns)] for _ in range(rows)]
    for number, curve in enumerate(picture.curves):
        for place, levels in enumerate(_levels(_heights(picture, curve.y, columns), seen, rows)):
            for level in levels:
                here[level][place].append(marks[number % len(marks)])
    # Where lines meet, their marks take turns.
    return [[cell[place % len(cell)] if cell else " " for place, cell in enumerate(row)] for row in here]
