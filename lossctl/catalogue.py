"""From the losses and codes as they are declared to the records that `list` and `explain` show."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from lossctl.cards import Card, Code, Entry, Framework, Parameter
from lossctl.errors import LossctlError
from lossctl.losses.card import card as sections
from lossctl.losses.conventions import CONVENTIONS, words
from lossctl.losses.declare import every
from lossctl.losses.spec import example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lossctl.cards import Picture
    from lossctl.kinds import Kind
    from lossctl.losses.conventions import Mean, Row
    from lossctl.losses.declare import Finish, Loss

OF_OUTPUTS: dict[Finish | None, str] = {
    None: "the mean of the outputs' values",
    "root_mean_square": "the root of the mean square of the outputs' values; likewise over rows",
    "ratio": "the mean of the outputs' values; over rows the sum of numerators by the sum of denominators",
    "largest": "the largest of the outputs' values; likewise over rows",
    "median": "the mean of the outputs' values; over rows the median",
    "roots": "the mean of the outputs' values; over rows the mean of the outputs' root mean squares",
    "medians": "the mean of the outputs' values; over rows the mean of the outputs' medians",
}
"""How the values of a row's outputs become the value of the row."""

_MEANS: dict[Mean, str] = {
    "rows": "divides by the number of rows, whatever their weights",
    "kept": "divides by the number of rows that it does not ignore, whatever their weights",
    "elements": "divides by the number of values in y_pred",
    "one": "divides the sum of the rows by nothing",
    "added": "adds up the outputs of a row, exact averages them",
}

# What examples are written with, as far as a kind takes it.
_TRUE, _PRED = (3.0, 0.5), (2.5, 1.0, 0.8, 0.4)
_LABELS = ((1.0, 0.0, 1.0), (0.0, 1.0, 0.0))
_SCORES = (
    ((2.0, 0.5, -1.0), (-0.5, 1.5, 1.0)),
    ((2.0, 0.5, 1.0), (0.5, 1.5, 1.0)),
    ((-0.25, -2.0, -2.5), (-1.5, -0.5, -1.75)),
    ((0.75, 0.25, 0.5), (0.125, 0.875, 0.375)),
)
_BOXES = ((1.0, 1.0, 3.0, 3.0), (0.0, 0.0, 2.0, 2.0)), ((1.0, 1.0, 3.0, 4.0), (0.0, 1.0, 2.0, 2.0))


def entry(loss: Loss) -> Entry:
    """A loss as lists show it."""
    return Entry(
        loss.name,
        loss.aliases,
        loss.family,
        loss.summary,
        {role: kind.name for role, kind in loss.roles.items()},
        {name: Parameter(param.default, param.required, param.kind.meaning) for name, param in loss.params.items()},
    )


def card(loss: Loss, curves: tuple[Picture, ...]) -> Card:
    """A loss as `explain` shows it."""
    said = sections(loss)
    return Card(
        entry(loss),
        said.formula,
        said.symbols,
        OF_OUTPUTS[loss.finish] if loss.elementwise else "",
        said.range,
        said.use,
        said.references,
        tuple(_framework(loss, name, losses[loss.name]) for name, losses in CONVENTIONS.items() if loss.name in losses),
        (inspect.getdoc(loss.slope) or "").partition("\n")[0],
        _examples(loss, drawn=bool(curves)),
        curves,
    )


def families() -> list[str]:
    """The headings, in the order of declaration."""
    return list(dict.fromkeys(loss.family for loss in every()))


def codes() -> dict[str, Code]:
    """Every code that a note or an error ends in."""
    from lossctl import comparisons, curves, identification, plan, skill, verdict
    from lossctl.analysis import doctor
    from lossctl.readers import table

    own = (plan, table, doctor, curves, comparisons, skill, identification, verdict)
    notes = {code: meaning for module in own for code, meaning in module.CODES.items()}
    errors = {kind.code: (inspect.getdoc(kind) or "").partition("\n")[0] for kind in _errors(LossctlError)}
    return {code: Code(code, "note", meaning) for code, meaning in notes.items()} | {
        code: Code(code, "error", meaning) for code, meaning in errors.items()
    }


def _framework(loss: Loss, convention: str, row: Row) -> Framework:
    differs = [
        words(loss.name, name, value)
        for name, value in row.params.items()
        if name not in loss.params or value != loss.params[name].default
    ]
    differs += [f"beside dtype=float32 {words(loss.name, name, value)}" for name, value in row.single.items()]
    differs += [_MEANS[row.mean]] if row.mean in _MEANS else []
    differs += (
        ["adds all outputs of the rows where a sum is asked for"] if row.sum == "elements" and loss.elementwise else []
    )
    differs += ["takes one output a row"] if row.one_output and loss.elementwise else []
    differs += [
        f"takes as {role} no value but {kind.meaning}"
        for role, kind in row.kinds.items()
        if kind.meaning != loss.roles[role].meaning
    ]
    return Framework(convention, row.name, dict(row.params), (*differs, *([row.remark] if row.remark else [])))


def _errors(kind: type[LossctlError]) -> Iterator[type[LossctlError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _errors(below)


def _examples(loss: Loss, *, drawn: bool) -> tuple[str, ...]:
    spec = ":".join(
        [loss.name, *(f"{name}={example(param.kind)}" for name, param in loss.params.items() if param.required)]
    )
    words = dict.fromkeys(loss.roles, "") | {role: word for word, role in reversed([*loss.called.items()])}
    preds = {words[role] or role: kind for role, kind in loss.roles.items() if role != "y_true"}
    if not loss.plain or any(kind.of_each for kind in preds.values()):
        columns = ",".join(f"{word}='{word}_*'" if kind.vector else f"{word}={word}" for word, kind in preds.items())
        return (f"lossctl compute {spec} preds.csv -p {columns}",)
    true, pred = (_text(loss.roles[role], truth=role == "y_true") for role in ("y_true", "y_pred"))
    plot = (f"lossctl plot {loss.name}{' --slope' if loss.slope else ''}",) if drawn else ()
    return (f"lossctl compute {spec} preds.csv", f"lossctl compute {spec} -t {true} -p {pred}", *plot)


def _text(kind: Kind, *, truth: bool) -> str:
    """Values for two rows, as -t and -p take them."""
    if kind.coding == "class":
        return "1,0"
    if kind.adds_up and truth and not kind.divided:
        return _rows(((0, 1, 0), (1, 0, 0)))
    if kind.adds_up:
        return _rows(((0.1, 0.8, 0.1), (0.5, 0.3, 0.2)) if truth else ((0.2, 0.7, 0.1), (0.6, 0.3, 0.1)))
    if kind.boxed:
        return _rows(_BOXES[0 if truth else 1])
    if kind.vector:
        choices = (_LABELS, *_SCORES) if truth or kind.allowed else _SCORES
        return _rows(
            next(rows for rows in choices if all(kind.low <= value <= kind.high for value in (*rows[0], *rows[1])))
        )
    if kind.coding == "binary":
        return "1,0"
    fitting = [value for value in (_TRUE if truth else _PRED) if kind.low < value <= kind.high]
    return ",".join(f"{value:g}" for value in fitting[:2])


def _rows(rows: tuple[tuple[float, ...], ...]) -> str:
    return "'[" + ",".join("[" + ",".join(f"{value:g}" for value in row) + "]" for row in rows) + "]'"
