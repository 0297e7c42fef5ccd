"""Frozen records of the catalogue: what `list`, `explain` and `plot` show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from lossctl import __version__
from lossctl.results import param_text
from lossctl.rows import strict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lossctl.losses.declare import Params, Setting
    from lossctl.results import Input, Warn


class Parameter(NamedTuple):
    """A parameter of a loss.

    Attributes:
        default: its value unless given.
        required: whether it has no default and must be given.
        takes: what it may be, in words.
    """

    default: Setting
    required: bool
    takes: str

    @property
    def text(self) -> str:
        """The default as LOSS has it; nothing where there is none."""
        return "" if self.default is None else param_text(self.default)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        default = list(self.default) if isinstance(self.default, tuple) else self.default
        return {"default": default, "required": self.required, "takes": self.takes}


class Entry(NamedTuple):
    """A loss as lists show it.

    Attributes:
        name: the name in every result.
        aliases: other spellings.
        family: the heading it stands under.
        summary: what it is, one sentence.
        inputs: what each input holds, by role.
        params: its parameters.
    """

    name: str
    aliases: tuple[str, ...]
    family: str
    summary: str
    inputs: Mapping[str, str]
    params: Mapping[str, Parameter]

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {
            "name": self.name,
            "aliases": list(self.aliases),
            "family": self.family,
            "summary": self.summary,
            "inputs": dict(self.inputs),
            "params": {name: param.to_dict() for name, param in self.params.items()},
        }


@dataclass(frozen=True, slots=True)
class Listing:
    """Losses of the catalogue.

    Attributes:
        losses: in the order of declaration.
        inputs: the inputs that they fit, where that was asked.
        warnings: what a reader should know about these.
    """

    FORMATS: ClassVar = ("table", "plain", "md", "json", "ndjson", "csv", "tsv", "value")

    losses: tuple[Entry, ...]
    inputs: tuple[Input, ...] = ()
    warnings: tuple[Warn, ...] = ()
    schema: str = field(default="lossctl/list/1")
    version: str = field(default=__version__)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {
            "schema": self.schema,
            "command": "list",
            "version": self.version,
            "losses": self.entries(),
            "inputs": [record.to_dict() for record in self.inputs],
            "warnings": [record.to_dict() for record in self.warnings],
        }

    def entries(self) -> list[dict[str, Any]]:
        """What stands on a line each."""
        return [entry.to_dict() for entry in self.losses]

    def cells(self) -> list[Sequence[str]]:
        """The table as text, the headings first."""
        return [
            ("family", "loss", "summary", "inputs", "params", "aliases"),
            *(
                (
                    entry.family,
                    entry.name,
                    entry.summary,
                    ", ".join(f"{role}: {kind}" for role, kind in entry.inputs.items()),
                    ":".join(f"{name}={param.text}" for name, param in entry.params.items()),
                    " ".join(entry.aliases),
                )
                for entry in self.losses
            ),
        ]


class Curve(NamedTuple):
    """A line of a picture.

    Attributes:
        loss: the loss, as LOSS has it.
        slope: whether it is the derivative of the loss by y_pred.
        y: its height at each x, NaN where the loss takes no such y_pred.
    """

    loss: str
    slope: bool
    y: tuple[float, ...]

    @property
    def name(self) -> str:
        """What the legend calls it."""
        return f"slope of {self.loss}" if self.slope else self.loss


@dataclass(frozen=True, slots=True)
class Picture:
    """Losses over y_pred.

    Attributes:
        label: what x is.
        truth: what y_true is.
        x: the points, ascending.
        curves: the lines over them.
        warnings: what a reader should know.
    """

    FORMATS: ClassVar = ("table", "plain", "md", "json", "ndjson", "csv", "tsv", "svg", "png")

    label: str
    truth: str
    x: tuple[float, ...]
    curves: tuple[Curve, ...]
    warnings: tuple[Warn, ...] = ()
    inputs: tuple[Input, ...] = ()
    schema: str = field(default="lossctl/plot/1")
    version: str = field(default=__version__)

    def apart(self) -> tuple[Picture, ...]:
        """A picture for each line."""
        return tuple(replace(self, curves=(curve,)) for curve in self.curves)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {
            "schema": self.schema,
            "command": "plot",
            "version": self.version,
            "y_true": self.truth,
            "y_pred": self.label,
            "curves": [{"name": curve.name, "loss": curve.loss, "slope": curve.slope} for curve in self.curves],
            "points": self.entries(),
            "warnings": [record.to_dict() for record in self.warnings],
        }

    def entries(self) -> list[dict[str, Any]]:
        """The points, each with the height of every line."""
        names = ("y_pred", *(curve.name for curve in self.curves))
        return [strict(dict(zip(names, row, strict=True))) for row in self.cells()[1:]]

    def cells(self) -> list[Sequence[str | float]]:
        """The points as a table, the headings first."""
        return [
            ("y_pred", *(curve.name for curve in self.curves)),
            *zip(self.x, *(curve.y for curve in self.curves), strict=True),
        ]


class Framework(NamedTuple):
    """What a framework does with a loss.

    Attributes:
        convention: its name for --like.
        name: what it calls the loss.
        params: the parameters that it sets.
        differs: what is otherwise than in exact, in words; empty where nothing is.
    """

    convention: str
    name: str
    params: Mapping[str, Setting]
    differs: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        params = {name: list(value) if isinstance(value, tuple) else value for name, value in self.params.items()}
        return {"like": self.convention, "name": self.name, "params": params, "differs": list(self.differs)}


class Card(NamedTuple):
    """A loss as `explain` shows it.

    Attributes:
        entry: what lists say of it.
        formula: its lines.
        symbols: what stands for what in it, beside what it says itself.
        rows: how the values of a row's outputs become the value of the row.
        range: the values there are.
        use: when to use it, and its traps.
        references: where it comes from.
        frameworks: what those that have it do.
        kink: which derivative is taken where there are several.
        examples: commands.
        curves: how it looks, None where it is no curve over one number; its derivative is a picture of its own.
    """

    entry: Entry
    formula: tuple[str, ...]
    symbols: str
    rows: str
    range: str
    use: str
    references: str
    frameworks: tuple[Framework, ...]
    kink: str
    examples: tuple[str, ...]
    curves: tuple[Picture, ...]

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return self.entry.to_dict() | {
            "formula": "\n".join(self.formula),
            "symbols": self.symbols,
            "rows": self.rows,
            "range": self.range,
            "use": self.use,
            "references": self.references,
            "frameworks": [framework.to_dict() for framework in self.frameworks],
            "kink": self.kink,
            "examples": list(self.examples),
        }


class Line(NamedTuple):
    """A line of a calculation.

    Attributes:
        name: what is found, empty for the loss itself and for a test.
        source: as the formula writes it.
        filled: texts and numbers, with numbers in the place of symbols; empty where that would say nothing new.
        value: what it gives; of a test 1 or 0; a tuple of a value for each class; a class by its name.
        test: whether it says which case of the formula holds.
    """

    name: str
    source: str
    filled: tuple[str | float, ...]
    value: float | str | tuple[float, ...]
    test: bool

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        filled = "".join(part if isinstance(part, str) else repr(part) for part in self.filled)
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return strict({"name": self.name, "formula": self.source, "filled": filled, "value": value})


class Output(NamedTuple):
    """One output of a row under one loss, or the row as a whole.

    Attributes:
        name: of the output, empty for a row of one.
        lines: the calculation, empty where the formula has no number for it.
        value: its loss.
        plain: what the lines come to, where rounding at each of them loses digits that the loss keeps; else None.
        slope: the derivative of its loss by each value of y_pred; None where the loss declares none.
    """

    name: str
    lines: tuple[Line, ...]
    value: float
    plain: float | None
    slope: tuple[float, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        slope = None if self.slope is None else list(self.slope)
        return strict(
            {"output": self.name, "steps": [line.to_dict() for line in self.lines], "value": self.value, "slope": slope}
        )


class Work(NamedTuple):
    """One loss of a row: the term of a weighted sum, or all there is.

    Attributes:
        loss: its name.
        params: its parameters.
        formula: its lines.
        symbols: what stands for what in it.
        cells: the row's cells for each input: their columns, and what they hold.
        outputs: how it comes about for each output.
        rows: how the values of several outputs become one.
        value: the loss, without a factor.
        weight: its factor in a weighted sum.
    """

    loss: str
    params: Params
    formula: tuple[str, ...]
    symbols: str
    cells: Mapping[str, tuple[tuple[str, float | str], ...]]
    outputs: tuple[Output, ...]
    rows: str
    value: float
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return strict(
            {
                "loss": self.loss,
                "params": {name: list(part) if isinstance(part, tuple) else part for name, part in self.params.items()},
                "weight": self.weight,
                "inputs": {
                    role: strict({"columns": [name for name, _ in cells], "values": [value for _, value in cells]})
                    for role, cells in self.cells.items()
                },
                "outputs": [output.to_dict() for output in self.outputs],
                "value": self.value,
            }
        )


class Worked(NamedTuple):
    """A row under one LOSS.

    Attributes:
        input: the label of the input.
        row: the number of the row.
        text: the LOSS.
        works: each term.
        value: the loss of the row, as a breakdown has it.
        is_sum: whether it is a weighted sum.
    """

    input: str
    row: int
    text: str
    works: tuple[Work, ...]
    value: float
    is_sum: bool

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return strict(
            {
                "input": self.input,
                "row": self.row,
                "loss": self.text,
                "terms": [work.to_dict() for work in self.works],
                "value": self.value,
            }
        )


class Code(NamedTuple):
    """What a note or an error means that ends in this code."""

    code: str
    kind: str
    meaning: str

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return self._asdict()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What losses are, or what a code means.

    Attributes:
        cards: the losses.
        codes: the codes.
        worked: a row under each loss, step by step.
        remark: a sentence that stands before them.
    """

    FORMATS: ClassVar = ("table", "plain", "md", "json")

    cards: tuple[Card, ...] = ()
    codes: tuple[Code, ...] = ()
    worked: tuple[Worked, ...] = ()
    remark: str = ""
    inputs: tuple[Input, ...] = ()
    warnings: tuple[Warn, ...] = ()
    schema: str = field(default="lossctl/explain/1")
    version: str = field(default=__version__)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {
            "schema": self.schema,
            "command": "explain",
            "version": self.version,
            "losses": [card.to_dict() for card in self.cards],
            "codes": [code.to_dict() for code in self.codes],
            "rows": [row.to_dict() for row in self.worked],
            "inputs": [record.to_dict() for record in self.inputs],
            "warnings": [record.to_dict() for record in self.warnings],
        }
