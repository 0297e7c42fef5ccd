"""Records of models held against each other: what `compare` adds to a result."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from lossctl.results import params_dict
from lossctl.rows import strict

if TYPE_CHECKING:
    from lossctl.losses.declare import Params
    from lossctl.results import Group, TermRecord
    from lossctl.rows import Cells

CODES = {
    "not-finite": "A value is infinite or NaN, so two models cannot be told apart by it. lossctl breakdown shows the rows "
    "that cause it; --where and --nan leave rows out.",
    "no-spread": "Nothing tells how far a difference may be chance: there is one row, the loss is the largest or the median "
    "of the rows, or its squares leave the range of float64.",
    "few-rows": "Fewer than 30 rows: if their differences are skewed, the interval holds the true difference less often "
    "than it says. The p-value is that of a sign-flip test.",
    "too-few-draws": "Chances are counted in ways of flipping signs, or in replicates, and the smallest that so few rows or "
    "replicates can count is too large for the number of comparisons, after Holm's adjustment. More rows or replicates, or "
    "fewer comparisons, can show a difference.",
    "equal-differences": "Every row differs by the same amount, so the sample shows no spread and the interval has no width. "
    "Real losses seldom do that; another sample may.",
    "skewed": "The differences of rows are so skewed for their number that the interval holds the true difference less "
    "often than it says. compare --why shows the rows that carry the difference.",
    "heavy-row": "One row makes so large a part of the variance that the interval may be too narrow, and another sample "
    "might say something else. compare --why shows the rows that carry the difference.",
}
"""What each note about a comparison means, in words that hold for every input."""

T, SIGN_FLIP, BOOTSTRAP = "paired t", "sign flip", "bootstrap"
"""What tells how far a difference may be chance."""

Finding: TypeAlias = Literal["better", "worse", "same", "undecided"]
"""What new is to base: `same` where no difference was found, `undecided` where none could be looked for."""


class Comparison(NamedTuple):
    """The loss of one model held against that of another on the same rows. Lower is better.

    Attributes:
        base: the label of the model compared with.
        new: the label of the model compared.
        loss: the name of the loss; of a weighted sum its text.
        text: the loss as the user may write it again.
        params: all parameters of the loss, defaults too.
        terms: the losses of a weighted sum, None for a single loss.
        like: the convention.
        reduction: how rows became one value.
        group: the columns that make the group and their values, None for all rows.
        n: rows.
        weight: the sum of their weights.
        base_value: the loss of base; may be inf or NaN, like all that follows from it.
        new_value: the loss of new.
        difference: new_value - base_value, from the exact sums.
        interval: where the difference of all rows there might have been lies, of this comparison by itself; None where
            that is not known.
        confidence: how often such an interval holds it, between 0 and 1.
        relative: the difference as a part of the size of base_value; None where that is 0.
        p_value: the chance of a difference at least as far from 0 if the models were equally good; None where unknown.
        p_adjusted: the same after Holm's adjustment over all comparisons of the run.
        comparisons: how many these are.
        test: what the chance is told by: `paired t`, `sign flip` or `bootstrap`; None where nothing tells it.
        replicates: of the bootstrap, 0 without.
        seed: of what was drawn.
        wins: rows in which new has the lower loss.
        ties: rows in which both have the same.
        losses: rows in which new has the higher loss. A row of weight 0, or one without a number, is none of the three.
        verdict: what new is to base.
        detectable: the difference that would have been found four times out of five, whatever the other comparisons of
            the run show; None where that is not known, or where there are too few rows to find any.
        rows_for_one_percent: the rows that would find a difference of one percent of base_value as often; likewise.
        share: of a group the part of the difference that it carries, where that was asked.
    """

    base: str
    new: str
    loss: str
    text: str
    params: Params
    terms: tuple[TermRecord, ...] | None
    like: str
    reduction: str
    group: Group | None
    n: int
    weight: float
    base_value: float
    new_value: float
    difference: float
    interval: tuple[float, float] | None
    confidence: float
    relative: float | None
    p_value: float | None
    p_adjusted: float | None
    comparisons: int
    test: str | None
    replicates: int
    seed: int
    wins: int
    ties: int
    losses: int
    verdict: Finding
    detectable: float | None
    rows_for_one_percent: int | None
    share: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it: a number that is not finite is null, and a key with `_str` behind it names it."""
        record: dict[str, Any] = {}
        for name, value in self._asdict().items():
            if name == "text":
                record["spec"] = value
            elif name == "params":
                record["params"] = params_dict(value)
            elif name == "terms":
                if value is not None:
                    record["terms"] = [term.to_dict() for term in value]
            elif name == "group":
                record["group"] = None if value is None else dict(value)
            elif name == "interval":
                record["interval"] = None if value is None else list(value)
            elif isinstance(value, float) and not math.isfinite(value):
                record |= {name: None, f"{name}_str": repr(value)}
            elif name != "share" or value is not None:
                record[name] = value
        return record


class Reason(NamedTuple):
    """A row that carries a difference.

    Attributes:
        base: the label of the model compared with.
        new: the label of the model compared.
        loss: the loss as the user may write it again.
        row: its number, counted from 1 in the rows of base.
        id: its id, None where there is no column of ids.
        y_true: the cell, or one for each output; None where the loss has no such input.
        base_pred: the cell of what base predicts, or one for each output and further input.
        new_pred: likewise of new.
        base_loss: the loss of the row under base.
        new_loss: the loss of the row under new.
        share: the part of the difference that the row carries; all rows add to 1, those that go the other way count
            below 0.
    """

    base: str
    new: str
    loss: str
    row: int
    id: str | None
    y_true: Cells
    base_pred: Cells
    new_pred: Cells
    base_loss: float
    new_loss: float
    share: float

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it: a number that is not finite is null, and `value_str` names it."""
        record = self._asdict() if self.id is not None else {k: v for k, v in self._asdict().items() if k != "id"}
        return strict({name: list(value) if isinstance(value, tuple) else value for name, value in record.items()})
