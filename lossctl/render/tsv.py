"""CSV with tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render.csv import separated

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result


def render(result: Result, look: Look) -> str:
    """The header and one row a value."""
    return separated(result, "\t")
