"""Records of single rows and of how their losses are spread: what `breakdown` adds to a result."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Cell: TypeAlias = str | int | float | None
Cells: TypeAlias = Cell | tuple[Cell, ...]
"""What a row holds for one role: a cell, or one for each of its outputs or classes."""

SHARES = ("0.01", "0.05", "0.1", "0.5")
"""The parts of the rows, the worst of them, whose share of the total is told."""


def worst_rows(rows: int, part: str) -> int:
    """How many rows a part of them is: a whole number, rounded up.

    >>> worst_rows(442, "0.01"), worst_rows(7, "0.5"), worst_rows(100, "0.05")
    (5, 4, 5)
    """
    return -(-rows // round(1 / float(part)))


class Within(NamedTuple):
    """What a group is to all rows.

    Attributes:
        share: the share of the total that it carries, None where the total has no shares.
        worst: the number of its row with the largest loss.
        id: the id of that row.
    """

    share: float | None
    worst: int
    id: str | None

    def to_dict(self) -> dict[str, Any]:
        """What it adds to the record of a value."""
        return {"share": self.share, "worst": {"row": self.worst, "id": self.id}}


class Part(NamedTuple):
    """What one term adds to a weighted sum.

    Attributes:
        term: the term, with its factor.
        mean: the mean of its rows, its factor included.
        share: the share of the total, None where the total has no shares.
    """

    term: str
    mean: float
    share: float | None


class Summary(NamedTuple):
    """How the losses of the rows of an input are spread.

    Attributes:
        input: the label of the input.
        loss: the name of the loss; of a weighted sum its text.
        text: the loss as the user may write it again.
        n: rows.
        mean: the value of the loss over all rows.
        min, median, p90, p99, max: of the losses of rows, rows of weight 0 left out; NaN where one of them is.
        approximate: whether median, p90, p99 and the shares are known within 1 % only.
        shares: for parts of the rows, `0.01` for one in a hundred, the share of the total that the worst of them carry;
            None where the total is not finite and above 0.
        histogram: how many losses lie in each of some parts of equal width from the least to the largest finite one.
        infinite: how many losses are not finite.
        parts: for each term of a weighted sum what it adds; empty for a single loss.
    """

    input: str
    loss: str
    text: str
    n: int
    mean: float
    min: float
    median: float
    p90: float
    p99: float
    max: float
    approximate: bool
    shares: Mapping[str, float | None]
    histogram: tuple[int, ...]
    infinite: int
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it: a number that is not finite is null, and `value_str` names it."""
        record: dict[str, Any] = {"input": self.input, "loss": self.loss, "spec": self.text, "n": self.n}
        record |= {name: getattr(self, name) for name in _SPREAD}
        record |= {"approximate": self.approximate, "shares": dict(self.shares), "histogram": list(self.histogram)}
        record |= {"infinite": self.infinite}
        if self.parts:
            record["parts"] = [strict(part._asdict()) for part in self.parts]
        return strict(record)


_SPREAD = ("mean", "min", "median", "p90", "p99", "max")


class Layout(NamedTuple):
    """What the rows of an input hold, known before the first of them.

    Attributes:
        input: the label of the input.
        several: whether there are rows of other inputs beside them.
        id: whether rows have ids.
        roles: the inputs, y_true and y_pred first, and how many values of each a row holds; none that only losses take
            which nobody named.
        losses: each LOSS.
        parts: the terms of the weighted sums among them.
        grads: each LOSS whose derivative by y_pred rows hold.
    """

    input: str
    several: bool
    id: bool
    roles: tuple[tuple[str, int], ...]
    losses: tuple[str, ...]
    parts: tuple[str, ...]
    grads: tuple[str, ...] = ()

    def grad_name(self, loss: str) -> str:
        """What the derivative of a LOSS is called in tables: `grad`, with the LOSS where there are several."""
        return "grad" if len(self.losses) == 1 else f"grad_{loss}"


class Guess(NamedTuple):
    """What a row of classes says.

    Attributes:
        true: the true class; of a true distribution the likeliest.
        probability: what y_pred gives it.
        top: the class that y_pred gives most.
        most: how much.
        at: the places of both among the values of y_pred.
    """

    true: Cell
    probability: float
    top: Cell
    most: float
    at: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return strict({"true": self.true, "probability": self.probability, "top": self.top, "most": self.most})


class Row(NamedTuple):
    """One row of an input and its losses.

    Attributes:
        layout: what it holds.
        row: its number, counted from 1 in the rows of data, those that a filter leaves out included.
        id: its id, None where there is no column of ids.
        inputs: for each role the cell, or one for each output; a number as the loss took it, a label as it is written.
        losses: its loss for each LOSS.
        parts: what each term adds.
        guess: what it says of classes, None where there are none.
        weight: its weight, None without weights.
        grads: for each LOSS of the layout's `grads` the derivative of its loss by y_pred, or by each value of it.
        added: for each LOSS what the row adds to the total, before its weight.
        shares: for each LOSS the share of the total that the row carries; empty where the total is not known.
    """

    layout: Layout
    row: int
    id: str | None
    inputs: tuple[Cells, ...]
    losses: tuple[float, ...]
    parts: tuple[float, ...]
    guess: Guess | None
    weight: float | None
    grads: tuple[Cells, ...]
    added: tuple[float, ...]
    shares: tuple[float | None, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it, with the name of the input where there are several."""
        layout = self.layout
        record: dict[str, Any] = {"input": layout.input} if layout.several else {}
        record["row"] = self.row
        if layout.id:
            record["id"] = self.id
        record |= {role: _listed(cells) for (role, _), cells in zip(layout.roles, self.inputs, strict=True)}
        record |= zip(layout.losses, self.losses, strict=True)
        if self.grads:
            record["grad"] = strict(dict(zip(layout.grads, map(_listed, self.grads), strict=True)))
        if self.parts:
            record["parts"] = strict(dict(zip(layout.parts, self.parts, strict=True)))
        if self.guess is not None:
            record["classes"] = self.guess.to_dict()
        if self.weight is not None:
            record["weight"] = self.weight
        if self.shares:
            record["shares"] = dict(zip(layout.losses, self.shares, strict=True))
        return strict(record)


def _listed(cells: Cells) -> Cell | list[Cell]:
    return list(cells) if isinstance(cells, tuple) else cells


def strict(record: dict[str, Any]) -> dict[str, Any]:
    """The record with null for each number that is not finite, and their names under `value_str`."""
    names = {}
    for key, value in record.items():
        parts = value if isinstance(value, list) else [value]
        if any(isinstance(part, float) and not math.isfinite(part) for part in parts):
            texts = [repr(part) if isinstance(part, float) else part for part in parts]
            names[key] = texts if isinstance(value, list) else texts[0]
            finite = [None if isinstance(part, float) and not math.isfinite(part) else part for part in parts]
            record = record | {key: finite if isinstance(value, list) else finite[0]}
    return record | {"value_str": names} if names else record
