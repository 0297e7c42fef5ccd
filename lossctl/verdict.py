"""Records of gates: what was asked of a value, and whether it holds. They are what `check` adds to a result."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from lossctl.results import params_dict

if TYPE_CHECKING:
    from lossctl.losses.declare import Params
    from lossctl.results import Group

Status: TypeAlias = Literal["pass", "fail", "undecided"]
Op: TypeAlias = Literal["<=", ">="]

CODES = {
    "other-rows": "The input has another number of rows than it had in the baseline, so the two values may be of different "
    "data. --min-rows asks for a number of rows.",
    "not-checked": "The baseline holds an input that is not among those of the command line, so no gate is on it. A pattern "
    "that a shell expands names fewer files where some are gone.",
}
"""What each note about a baseline means, in words that hold for every input."""

EXIT_CODES: dict[Status, int] = {"pass": 0, "fail": 1, "undecided": 3}


class Check(NamedTuple):
    """One gate on one value.

    Attributes:
        gate: what was asked: `max`, `min`, `max-row`, `min-skill`, `min-rows` or `baseline`.
        name: the gate as a line: `mse<=0.1`.
        input: the label of the input.
        path: the file, `-` for standard input, None for values given as arguments or arrays.
        loss: the name of the loss, None for a count of rows.
        text: the loss as the user may write it again, empty for a count of rows.
        params: all parameters of the loss.
        like: the convention, None for a count of rows.
        reduction: how rows became the value, None for a count and for the loss of a row.
        group: the columns that make the group and their values, None for all rows.
        op: how the value must stand to the limit.
        limit: the limit, which itself is allowed; None where the baseline has none.
        value: the value; may be inf or NaN; None where there is none.
        status: whether the gate holds.
        reason: why it cannot be decided, a sentence without its end; else empty.
        row: of a gate on rows the number of the row that has the value.
        rows: of a gate on rows the first rows that break it, or whose loss no limit can judge.
        how_many: of a gate on rows how many such rows there are.
        baseline: the value that the limit comes from.
        p_adjusted: the chance of a difference from the limit at least as large, to either side, if the model were just as
            good as that, after Holm's adjustment over all gates beside the baseline; None where no paired test was asked
            for, or could be done.
    """

    gate: str
    name: str
    input: str
    path: str | None
    loss: str | None
    text: str
    params: Params
    like: str | None
    reduction: str | None
    group: Group | None
    op: Op
    limit: float | None
    value: float | None
    status: Status
    reason: str = ""
    row: int | None = None
    rows: tuple[int, ...] = ()
    how_many: int = 0
    baseline: float | None = None
    p_adjusted: float | None = None

    @property
    def subject(self) -> str:
        """What the value is of."""
        where = "standard input" if self.input == "-" else self.input
        if self.gate == "min-rows":
            return f"the number of rows of {where}"
        row = f" of row {self.row}" if self.row is not None else ""
        group = f", group {group_text(self.group)}," if self.group is not None else ""
        skill = "the skill of " if self.gate == "min-skill" else ""
        return f"{skill}{self.text}{row} of {where}{group}"

    @property
    def margin(self) -> float | None:
        """How far the value is from the limit: below 0 where the gate is broken; None where that is no finite number."""
        if self.value is None or self.limit is None:
            return None
        margin = self.limit - self.value if self.op == "<=" else self.value - self.limit
        return margin if math.isfinite(margin) else None

    @property
    def excess(self) -> float:
        """By what part of its limit the gate is broken, to rank gates by; above 0 where it is broken."""
        if self.status != "fail" or self.margin is None:
            return math.inf if self.status == "fail" else 0.0
        return -self.margin / abs(self.limit) if self.limit else math.inf

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it: a value that is not finite is null, and `value_str` names it."""
        finite = self.value is not None and math.isfinite(self.value)
        record: dict[str, Any] = {
            "name": self.name,
            "gate": self.gate,
            "input": self.input,
            "loss": self.loss,
            "params": params_dict(self.params),
            "like": self.like,
            "reduction": self.reduction,
            "group": None if self.group is None else dict(self.group),
            "op": self.op,
            "limit": self.limit,
            "value": self.value if finite else None,
            "value_str": None if self.value is None else repr(self.value),
            "status": self.status,
            "margin": self.margin,
            "spec": self.text or None,
        }
        if self.reason:
            record["reason"] = self.reason
        if self.gate == "max-row":
            record |= {"row": self.row, "rows": list(self.rows), "count": self.how_many}
        if self.gate == "baseline":
            known = self.baseline is not None and math.isfinite(self.baseline)
            record["baseline"] = self.baseline if known else None
            record["baseline_str"] = None if self.baseline is None else repr(self.baseline)
        if self.p_adjusted is not None:
            record["p_adjusted"] = self.p_adjusted
        return record


class Verdict(NamedTuple):
    """What became of the gates: text, JSON, JUnit, annotations and the exit code all come from here.

    Attributes:
        checks: each gate on each value, in the order of inputs, gates and groups.
    """

    checks: tuple[Check, ...]

    @property
    def status(self) -> Status:
        """The whole: a broken gate is certain whatever becomes of the undecided ones, so it goes before them."""
        found = {check.status for check in self.checks}
        return "fail" if "fail" in found else "undecided" if "undecided" in found else "pass"

    @property
    def passed(self) -> bool:
        """Whether every gate holds."""
        return self.status == "pass"

    @property
    def exit_code(self) -> int:
        """0 where every gate holds, 1 where one is broken, 3 where none is broken and one cannot be decided."""
        return EXIT_CODES[self.status]

    @property
    def ranked(self) -> tuple[Check, ...]:
        """The checks, those first that are broken by the largest part of their limit, then the undecided ones."""
        order = ["fail", "undecided", "pass"]
        return tuple(sorted(self.checks, key=lambda check: (order.index(check.status), -check.excess)))

    def of(self, status: Status) -> tuple[Check, ...]:
        """The checks with a status."""
        return tuple(check for check in self.checks if check.status == status)

    def to_dict(self) -> dict[str, Any]:
        """What it adds to the record of a result."""
        return {
            "verdict": self.status,
            "exit_code": self.exit_code,
            "checks": [check.to_dict() for check in self.checks],
        }


def group_text(group: Group) -> str:
    """A group as messages name it.

    >>> group_text({"region": "EU", "year": 2024})
    'region=EU, year=2024'
    """
    return ", ".join(f"{name}={'' if part is None else part}" for name, part in group.items())
