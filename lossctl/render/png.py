"""Curves as a PNG picture, drawn by matplotlib."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from lossctl.errors import InputError, printable
from lossctl.render.curve import HEIGHT, LINE, REST, WIDTH, looks
from lossctl.render.sketch import frame

if TYPE_CHECKING:
    from lossctl.cards import Picture
    from lossctl.render import Look

_DOTS = 160  # an inch
_RIM = 0.12  # inches
_INK = "#24292f"


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
    height = HEIGHT + LINE * len(record.curves) + REST
    figure = Figure(figsize=(WIDTH / 100, height / 100), dpi=_DOTS)
    figure.set_layout_engine("constrained", w_pad=_RIM, h_pad=_RIM)
    axes = figure.subplots()
    axes.axhline(0, color=_INK, linewidth=0.8)
    for curve, (color, dashes) in zip(record.curves, looks(record), strict=True):
        lengths = tuple(float(dash) / 2 for dash in dashes.split())
        axes.plot(
            record.x,
            curve.y,
            color=color,
            linestyle=(0, lengths) if lengths else "-",
            linewidth=2,
            label=printable(curve.name).replace("$", r"\$"),
        )
    seen = frame([curve.y for curve in record.curves])
    rim = (seen.top - seen.bottom) / 50
    axes.set_ylim(seen.bottom - rim, seen.top + rim)
    axes.set_xlim(record.x[0], record.x[-1])
    axes.set_xlabel(f"{record.label}; {record.truth}")
    axes.grid(color="#d8dee4")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower left", frameon=False, handlelength=3.5)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
