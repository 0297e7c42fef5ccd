"""CSV with tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render.csv import closing, header, lines, separated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.render import Look
    from lossctl.results import Result
    from lossctl.rows import Layout, Row

__all__ = ["BETWEEN", "block", "closing", "opening", "render"]

BETWEEN = ""


def render(result: Result, look: Look) -> str:
    """The header and one row a value."""
    return separated(result, "\t")


def opening(layout: Layout, look: Look) -> str:
    """The header of rows."""
    return header(layout, "\t")


def block(layout: Layout, rows: Sequence[Row], look: Look) -> str:
    """One line a row."""
    return lines(layout, rows, "\t")
