"""Frozen records of what explains a number: what `identify` shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from lossctl import __version__
from lossctl.rows import strict
from lossctl.verdict import group_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.results import Group, Input, Warn


CODES = {
    "long-search": "identify tries hundreds of losses on each row, some seconds for a million rows. The number is one of "
    "all rows, so none can be left out.",
}
"""What each note means, in words that hold for every input."""


class Explained(NamedTuple):
    """One explanation of a number.

    Attributes:
        loss: the loss, as LOSS has it.
        like: the convention.
        reduction: how rows became one value.
        value: what lossctl computes.
        printed: the same as a tool may have printed it.
        reading: what the tool did with it, in words; nothing where it printed the value itself.
        likes: the other conventions that give the same digits.
        reasons: why it is not the exact value.
        command: what prints the value.
        group: the columns that make the group of rows it is of, and their values; None for all rows.
    """

    loss: str
    like: str
    reduction: str
    value: float
    printed: float
    reading: str
    likes: tuple[str, ...]
    reasons: tuple[str, ...]
    command: str
    group: Group | None = None

    @property
    def text(self) -> str:
        """The explanation in words."""
        parts = [f"{self.loss}", *([f"like {self.like}"] if self.like != "exact" else [])]
        parts += [f"reduced by {self.reduction}"] if self.reduction != "mean" else []
        parts += [f"group {group_text(self.group)}"] if self.group is not None else []
        parts += [self.reading] if self.reading else []
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return strict(self._asdict() | {"likes": list(self.likes), "reasons": list(self.reasons)})


@dataclass(frozen=True, slots=True)
class Identification:
    """What explains a number.

    Attributes:
        number: the number, as it was given.
        tried: how many values were compared with it.
        found: whether any value is the number; else those here are the nearest.
        explained: the explanations, the most usual first.
    """

    FORMATS: ClassVar = ("table", "plain", "md", "json", "ndjson", "csv", "tsv")

    number: str
    tried: int
    found: bool
    explained: tuple[Explained, ...]
    inputs: tuple[Input, ...] = ()
    warnings: tuple[Warn, ...] = ()
    schema: str = field(default="lossctl/identify/1")
    version: str = field(default=__version__)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {
            "schema": self.schema,
            "command": "identify",
            "version": self.version,
            "number": self.number,
            "tried": self.tried,
            "found": self.found,
            "explanations": self.entries(),
            "inputs": [record.to_dict() for record in self.inputs],
            "warnings": [record.to_dict() for record in self.warnings],
        }

    def entries(self) -> list[dict[str, Any]]:
        """What stands on a line each."""
        return [one.to_dict() for one in self.explained]

    def cells(self) -> list[Sequence[str | float]]:
        """The explanations as a table, the headings first."""
        return [
            ("loss", "like", "reduction", "reading", "value", "printed", "command"),
            *((*one[:3], one.reading, one.value, one.printed, one.command) for one in self.explained),
        ]

    @property
    def summary(self) -> str:
        """What was found, in one sentence."""
        if not self.found:
            return f"none of {self.tried:,} values is {self.number}" + ("; the nearest are" if self.explained else "")
        ways = (
            "one explanation"
            if len(self.explained) == 1
            else f"{len(self.explained)} explanations, the likeliest first"
        )
        return f"{self.number}: {ways}"
