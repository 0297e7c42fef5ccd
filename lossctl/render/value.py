"""Nothing but numbers: one a line, every digit, for $(…)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render.numbers import full

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.cards import Listing
    from lossctl.render import Look
    from lossctl.results import Result
    from lossctl.rows import Layout, Row

BETWEEN = ""


def render(result: Result, look: Look) -> str:
    """The values in the order of inputs, losses and groups; of a breakdown the losses of its rows, of comparisons differences."""
    if result.layout is not None:
        return block(result.layout, result.rows, look)
    if result.comparisons:
        return "".join(full(comparison.difference) + "\n" for comparison in result.comparisons)
    return "".join(full(value.value) + "\n" for value in result.values)


def page(record: Listing, look: Look) -> str:
    """The names, one a line."""
    return "".join(entry.name + "\n" for entry in record.losses)


def opening(layout: Layout, look: Look) -> str:
    """Nothing: there are numbers alone."""
    return ""


def block(layout: Layout, rows: Sequence[Row], look: Look) -> str:
    """The losses of the rows in their order."""
    return "".join(full(loss) + "\n" for row in rows for loss in row.losses)


def closing(result: Result, look: Look) -> str:
    """Nothing: there are numbers alone."""
    return ""
