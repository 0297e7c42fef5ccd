"""One JSON value a line: the entries of `results` in their order, or rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render.json import dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.cards import Listing, Picture
    from lossctl.render import Look
    from lossctl.results import Result
    from lossctl.rows import Layout, Row

BETWEEN = ""


def render(result: Result, look: Look) -> str:
    """Each entry of `results` on its line; of a breakdown each row, of gates each check, of models each comparison."""
    if result.layout is not None:
        return block(result.layout, result.rows, look)
    if result.verdict is not None:
        return "".join(dumps(check.to_dict(), look) + "\n" for check in result.verdict.checks)
    if result.comparisons:
        return "".join(dumps(comparison.to_dict(), look) + "\n" for comparison in result.comparisons)
    return "".join(dumps(value.to_dict(), look) + "\n" for value in result.values)


def page(record: Listing | Picture, look: Look) -> str:
    """Each entry on its line."""
    return "".join(dumps(entry, look) + "\n" for entry in record.entries())


def opening(layout: Layout, look: Look) -> str:
    """Nothing: each line stands for itself."""
    return ""


def block(layout: Layout, rows: Sequence[Row], look: Look) -> str:
    """Each row on its line."""
    return "".join(dumps(row.to_dict(), look) + "\n" for row in rows)


def closing(result: Result, look: Look) -> str:
    """Nothing: the rows are all."""
    return ""
