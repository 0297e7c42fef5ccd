"""What the docstring of a loss says, section by section."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lossctl.losses.declare import Loss

_SECTION = re.compile(r"^(\w+):\n((?:[ ]{4}.*\n|\n)*)", re.MULTILINE)
_THROUGHOUT = re.compile(r"\bThroughout, (.+?)\.(?:\s|$)")


class Card(NamedTuple):
    """The sections of a docstring.

    Attributes:
        formula: its lines, aligned as they are written.
        symbols: what stands for what in all formulas of the module, as its docstring says after "Throughout"; empty
            where the formula has none of these.
        range: the values there are.
        use: when to use it, and its traps.
        references: where it comes from.
    """

    formula: tuple[str, ...]
    symbols: str
    range: str
    use: str
    references: str


def card(loss: Loss) -> Card:
    """The card of a loss; a section that is not there is empty.

    >>> from lossctl.losses.declare import get
    >>> found = card(get("mse"))
    >>> found.formula, found.symbols, found.range
    (('r²',), 'r = y_pred - y_true', '0 to inf, in the unit of y squared.')
    """
    text = inspect.getdoc(loss.rows) or ""
    sections = {name: inspect.cleandoc(body) for name, body in _SECTION.findall(text + "\n")}
    formula = sections.get("Formula", "")
    throughout = _THROUGHOUT.search(" ".join((inspect.getdoc(inspect.getmodule(loss.rows)) or "").split()))
    symbols = throughout[1] if throughout else ""
    used = any(
        re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z]|_true|_pred)", formula)
        for name in re.findall(r"\b(\w) = ", symbols)
    )

    def prose(name: str) -> str:
        return " ".join(sections.get(name, "").split())

    return Card(
        tuple(formula.splitlines()),
        symbols if used else "",
        prose("Range"),
        prose("Use"),
        prose("References"),
    )
