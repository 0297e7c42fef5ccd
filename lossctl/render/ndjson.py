"""One JSON value a line, in the order of the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.render.json import dumps

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result


def render(result: Result, look: Look) -> str:
    """Each entry of `results` on its line."""
    return "".join(dumps(value.to_dict(), look) + "\n" for value in result.values)
