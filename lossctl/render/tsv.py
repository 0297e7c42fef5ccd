"""CSV with tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render import csv
from lossctl.render.csv import closing, header, lines, separated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.cards import Listing, Picture
    from lossctl.render import Look
    from lossctl.results import Result
    from lossctl.rows import Layout, Row

__all__ = ["BETWEEN", "block", "closing", "opening", "render"]

BETWEEN = ""


def render(result: Result, look: Look) -> str:
    """The header and one row a value."""
    return separated(result, "\t")


def page(record: Listing | Picture, look: Look) -> str:
    """The headings and one row an entry."""
    return csv.page(record, look, "\t")


def opening(layout: Layout, look: Look) -> str:
    """The header of rows."""
    return header(layout, "\t")


def block(layout: Layout, rows: Sequence[Row], look: Look) -> str:
    """One line a row."""
    return lines(layout, rows, "\t")
