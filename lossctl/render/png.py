"""Curves as a PNG picture, drawn by matplotlib."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from lossctl.errors import InputError, printable
from lossctl.render.curve import COLORS, DASHES, HEIGHT, WIDTH
from lossctl.render.sketch import frame

if TYPE_CHECKING:
    from lossctl.cards import Picture
    from lossctl.render import Look

_DOTS = 160  # an inch


def page(record: Picture, look: Look) -> bytes:
    """The curves as PNG.

    Raises:
        InputError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError(
            "PNG needs matplotlib, which is not installed",
            help="python -m pip install 'lossctl[plot]'; -o x.svg needs nothing",
        ) from None
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=_DOTS, layout="constrained")
    axes = figure.subplots()
    for place, curve in enumerate(record.curves):
        dashes = tuple(map(float, DASHES[place % len(DASHES)].split()))
        axes.plot(
            record.x,
            curve.y,
            color=COLORS[place % len(COLORS)],
            linestyle=(0, tuple(dash / 2 for dash in dashes)) if dashes else "-",
            linewidth=2,
            label=printable(curve.name).replace("$", r"\$"),
        )
    seen = frame(curve.y for curve in record.curves)
    rim = (seen.top - seen.bottom) / 50
    axes.set_ylim(seen.bottom - rim, seen.top + rim)
    axes.set_xlim(record.x[0], record.x[-1])
    axes.set_xlabel(f"{record.label}; {record.truth}")
    axes.grid(color="#d8dee4")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
