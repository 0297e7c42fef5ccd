"""Nothing but numbers: one a line, every digit, for $(…)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render.numbers import full

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result


def render(result: Result, look: Look) -> str:
    """The values in the order of inputs, losses and groups."""
    return "".join(full(value.value) + "\n" for value in result.values)
