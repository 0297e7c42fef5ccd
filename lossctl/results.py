"""Frozen records of what was computed: all that renderers ever see."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from lossctl import __version__

if TYPE_CHECKING:
    from lossctl.comparisons import Comparison, Reason
    from lossctl.losses.declare import Params
    from lossctl.rows import Layout, Row, Summary, Within
    from lossctl.verdict import Verdict

SCHEMA = "lossctl/result/1"

Group: TypeAlias = Mapping[str, str | int | float | None]


class Input(NamedTuple):
    """One input and what became of its rows.

    Attributes:
        label: its name in the results.
        path: the file, None for values given as arguments or arrays.
        rows: data rows read.
        used: rows that count in the losses.
        dropped: rows left out because a cell was missing.
        filtered: rows left out by --where.
        columns: the columns taken, by role.
        classes: the names of the classes in order, None where there are none.
        notes: decisions taken while reading: delimiter, decimal mark.
        parts: of how many files a folder or pattern consists, None for a single file.
    """

    label: str
    path: str | None
    rows: int
    used: int
    dropped: int
    filtered: int
    columns: Mapping[str, tuple[str, ...]]
    classes: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    parts: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {
            "label": self.label,
            "path": self.path,
            "rows": self.rows,
            "used": self.used,
            "dropped": self.dropped,
            "filtered": self.filtered,
            "columns": {role: list(names) for role, names in self.columns.items()},
            "classes": None if self.classes is None else list(self.classes),
            "notes": list(self.notes),
            "parts": self.parts,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Input:
        """The record that `to_dict` wrote."""
        classes = record.get("classes")
        return cls(
            label=record["label"],
            path=record["path"],
            rows=record["rows"],
            used=record["used"],
            dropped=record["dropped"],
            filtered=record.get("filtered", 0),
            columns={role: tuple(names) for role, names in record["columns"].items()},
            classes=None if classes is None else tuple(classes),
            notes=tuple(record.get("notes", ())),
            parts=record.get("parts"),
        )


class TermRecord(NamedTuple):
    """One loss of a weighted sum."""

    weight: float
    loss: str
    params: Params

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {"weight": self.weight, "loss": self.loss, "params": params_dict(self.params)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> TermRecord:
        """The record that `to_dict` wrote."""
        return cls(record["weight"], record["loss"], params_of(record["params"]))


class Skill(NamedTuple):
    """How a value compares with that of the best constant prediction on the same rows.

    Attributes:
        statistic: what of y_true the constant is: `mean`, `base rate`, `class frequencies`, `median`, `0.9 quantile`.
        constant: that, for each output or class; empty where it is not known.
        value: the loss of always predicting it.
        skill: 1 - loss / loss of the constant; NaN where that is no number.
        reason: why there is no skill, a sentence without its end; else empty.
    """

    statistic: str
    constant: tuple[float, ...]
    value: float
    skill: float
    reason: str = ""

    @property
    def about(self) -> str:
        """The constant in words."""
        if len(self.constant) == 1:
            return f"the {self.statistic} {self.constant[0]:.6g}"
        return f"the {self.statistic}{'' if self.statistic.endswith('s') else 's'}"

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it: a number that is not finite is null, and its text names it."""
        constant = [part if math.isfinite(part) else None for part in self.constant]
        record: dict[str, Any] = {
            "statistic": self.statistic,
            "constant": None if not constant else constant[0] if len(constant) == 1 else constant,
            "value": self.value if math.isfinite(self.value) else None,
            "value_str": repr(self.value),
            "skill": self.skill if math.isfinite(self.skill) else None,
            "skill_str": repr(self.skill),
        }
        return record | ({"reason": self.reason} if self.reason else {})

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Skill:
        """The record that `to_dict` wrote."""
        constant = record["constant"]
        parts = constant if isinstance(constant, list) else [] if record["value_str"] == "nan" else [constant]
        return cls(
            record["statistic"],
            tuple(math.nan if part is None else part for part in parts),
            float(record["value_str"]),
            float(record["skill_str"]),
            record.get("reason", ""),
        )


class Value(NamedTuple):
    """The value of one loss over the rows of an input, or of one group of them.

    Attributes:
        input: the label of the input.
        loss: the name of the loss; of a weighted sum its text.
        text: the loss as the user may write it again.
        params: all parameters of the loss, defaults too.
        terms: the losses of a weighted sum, None for a single loss.
        like: the convention.
        reduction: how rows became one value.
        group: the columns that make the group and their values, None for all rows.
        n: rows.
        weight: the sum of their weights.
        value: the loss; may be inf or NaN.
        exact: under a convention the exact value; NaN where exact takes no such input.
        reasons: why the value is not the exact one, in sentences.
        approximate: whether there are so many rows that it is known within 1 % only.
        within: what the rows are to all rows, where that was asked.
        skill: how the value compares with that of the best constant, where that was asked.
        refused: why the convention has no value, which is NaN then; else nothing.
    """

    input: str
    loss: str
    text: str
    params: Params
    terms: tuple[TermRecord, ...] | None
    like: str
    reduction: str
    group: Group | None
    n: int
    weight: float
    value: float
    exact: float | None = None
    reasons: tuple[str, ...] = ()
    approximate: bool = False
    within: Within | None = None
    skill: Skill | None = None
    refused: str = ""

    @property
    def signature(self) -> str:
        """What was computed, in one line: loss, parameters, convention, reduction, rows and version."""
        params = [f"{name}:{param_text(value)}" for name, value in self.params.items() if value is not None]
        tail = [f"like:{self.like}", f"red:{self.reduction}", f"n:{self.n}", f"v:{__version__}"]
        return "|".join([self.loss, *params, *tail])

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it: a value that is not finite is null, and `value_str` names it."""
        record: dict[str, Any] = {
            "input": self.input,
            "loss": self.loss,
            "params": params_dict(self.params),
            "like": self.like,
            "reduction": self.reduction,
            "group": None if self.group is None else dict(self.group),
            "n": self.n,
            "weight": self.weight if math.isfinite(self.weight) else None,
            "value": self.value if math.isfinite(self.value) else None,
            "value_str": repr(self.value),
            "spec": self.text,
            "signature": self.signature,
        }
        if self.exact is not None:
            record["exact"] = self.exact if math.isfinite(self.exact) else None
            record["exact_str"] = repr(self.exact)
            record["reasons"] = list(self.reasons)
        if self.refused:
            record["refused"] = self.refused
        if self.terms is not None:
            record["terms"] = [term.to_dict() for term in self.terms]
        if self.approximate:
            record["approximate"] = True
        if self.skill is not None:
            record["skill"] = self.skill.to_dict()
        if self.within is not None:
            record |= self.within.to_dict()
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Value:
        """The record that `to_dict` wrote."""
        terms = record.get("terms")
        return cls(
            input=record["input"],
            loss=record["loss"],
            text=record.get("spec", record["loss"]),
            params=params_of(record["params"]),
            terms=None if terms is None else tuple(map(TermRecord.from_dict, terms)),
            like=record["like"],
            reduction=record["reduction"],
            group=record["group"],
            n=record["n"],
            weight=math.nan if record["weight"] is None else record["weight"],
            value=float(record["value_str"]),
            exact=float(record["exact_str"]) if "exact_str" in record else None,
            reasons=tuple(record.get("reasons", ())),
            approximate=record.get("approximate", False),
            skill=Skill.from_dict(record["skill"]) if "skill" in record else None,
            refused=record.get("refused", ""),
        )


class Warn(NamedTuple):
    """Something about an input that a reader of the result should know.

    Attributes:
        code: a short name of what it is.
        message: a whole sentence.
        input: the label of the input.
        rows: the first rows it is about.
    """

    code: str
    message: str
    input: str
    rows: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {"code": self.code, "message": self.message, "input": self.input, "rows": list(self.rows)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Warn:
        """The record that `to_dict` wrote."""
        return cls(record["code"], record["message"], record["input"], tuple(record["rows"]))


@dataclass(frozen=True, slots=True)
class Result:
    """What a command found out.

    Attributes:
        command: its name.
        inputs: what became of each input.
        values: the values of losses.
        warnings: what a reader should know.
        summary: how the losses of rows are spread, where that was asked.
        rows: single rows, where they were asked for and not written already.
        layout: what single rows of the first input hold.
        verdict: what became of gates, where they were asked for.
        comparisons: models held against each other, where that was asked.
        reasons: rows that carry their differences, where that was asked.
    """

    command: str
    inputs: tuple[Input, ...] = ()
    values: tuple[Value, ...] = ()
    warnings: tuple[Warn, ...] = ()
    summary: tuple[Summary, ...] = ()
    rows: tuple[Row, ...] = ()
    layout: Layout | None = None
    verdict: Verdict | None = None
    comparisons: tuple[Comparison, ...] = ()
    reasons: tuple[Reason, ...] = ()
    schema: str = field(default=SCHEMA)
    version: str = field(default=__version__)

    def __add__(self, other: Result) -> Result:
        return Result(
            self.command,
            self.inputs + other.inputs,
            self.values + other.values,
            self.warnings + other.warnings,
            self.summary + other.summary,
            self.rows + other.rows,
            self.layout,
            comparisons=self.comparisons + other.comparisons,
            reasons=self.reasons + other.reasons,
        )

    def noted(self, warnings: tuple[Warn, ...]) -> Result:
        """The result with further warnings."""
        return replace(self, warnings=self.warnings + warnings)

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON has it."""
        record: dict[str, Any] = {
            "schema": self.schema,
            "command": self.command,
            "version": self.version,
            "inputs": [record.to_dict() for record in self.inputs],
            "results": [record.to_dict() for record in self.values],
            "warnings": [record.to_dict() for record in self.warnings],
        }
        if self.summary:
            record["summary"] = [summary.to_dict() for summary in self.summary]
            record["rows"] = [row.to_dict() for row in self.rows]
        if self.verdict is not None:
            record |= self.verdict.to_dict()
        if self.comparisons:
            record["comparisons"] = [comparison.to_dict() for comparison in self.comparisons]
        if self.reasons:
            record["why"] = [reason.to_dict() for reason in self.reasons]
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Result:
        """The result that `to_dict` wrote, but for single rows, their spread, and comparisons."""
        return cls(
            command=record["command"],
            inputs=tuple(map(Input.from_dict, record["inputs"])),
            values=tuple(map(Value.from_dict, record["results"])),
            warnings=tuple(map(Warn.from_dict, record["warnings"])),
            schema=record["schema"],
            version=record["version"],
        )


def param_text(value: object) -> str:
    """The value of a parameter as LOSS has it.

    >>> param_text((1.0, 2.0)), param_text(True)
    ('[1.0,2.0]', 'true')
    """
    if isinstance(value, tuple):
        return "[" + ",".join(map(param_text, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def params_dict(params: Params) -> dict[str, Any]:
    """Parameters as JSON has them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in params.items()}


def params_of(record: Mapping[str, Any]) -> Params:
    """The parameters that `params_dict` wrote."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
