"""From the losses and codes as they are declared to the records that `list` and `explain` show."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from lossctl.cards import Card, Code, Entry, Parameter
from lossctl.errors import LossctlError
from lossctl.losses.card import card as sections
from lossctl.losses.conventions import CONVENTIONS
from lossctl.losses.declare import every

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lossctl.cards import Picture
    from lossctl.kinds import Kind
    from lossctl.losses.declare import Finish, Loss

_ROWS: dict[Finish | None, str] = {
    None: "the mean of the outputs' values",
    "root_mean_square": "the root of the mean square of the outputs' values; likewise over rows",
}

# What examples are written with, as far as a kind takes it.
_TRUE, _PRED = (3.0, 0.5, 1.0, 0.0), (2.5, 1.0, 0.8, 0.4, -0.5)
_TRUE_ROWS = ((1.0, 0.0, 1.0), (0.0, 1.0, 0.0))
_PRED_ROWS = (
    ((2.0, 0.5, -1.0), (-0.5, 1.5, 1.0)),
    ((2.0, 0.5, 1.0), (0.5, 1.5, 1.0)),
    ((-0.25, -2.0, -2.5), (-1.5, -0.5, -1.75)),
)


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
        _ROWS[loss.finish] if loss.elementwise else "",
        said.range,
        said.use,
        said.references,
        {name: losses[loss.name].params for name, losses in CONVENTIONS.items() if loss.name in losses},
        (inspect.getdoc(loss.slope) or "").partition("\n")[0],
        _examples(loss, drawn=bool(curves)),
        curves,
    )


def families() -> list[str]:
    """The headings, in the order of declaration."""
    return list(dict.fromkeys(loss.family for loss in every()))


def codes() -> dict[str, Code]:
    """Every code that a note or an error ends in."""
    from lossctl import comparisons, curves, plan
    from lossctl.analysis import doctor
    from lossctl.readers import table

    notes = {**plan.CODES, **table.CODES, **doctor.CODES, **curves.CODES, **comparisons.CODES}
    errors = {kind.code: (inspect.getdoc(kind) or "").partition("\n")[0] for kind in _errors(LossctlError)}
    return {code: Code(code, "note", meaning) for code, meaning in notes.items()} | {
        code: Code(code, "error", meaning) for code, meaning in errors.items()
    }


def _errors(kind: type[LossctlError]) -> Iterator[type[LossctlError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _errors(below)


def _examples(loss: Loss, *, drawn: bool) -> tuple[str, ...]:
    file = f"lossctl compute {loss.name} preds.csv"
    if not loss.plain or loss.demands:
        return (file,)
    true, pred = (_text(loss.roles[role], truth=role == "y_true") for role in ("y_true", "y_pred"))
    plot = (f"lossctl plot {loss.name}{' --slope' if loss.slope else ''}",) if drawn else ()
    return (file, f"lossctl compute {loss.name} -t {true} -p {pred}", *plot)


def _text(kind: Kind, *, truth: bool) -> str:
    """Values for two rows, as -t and -p take them."""
    if kind.coding == "class":
        return "1,0"
    if kind.adds_up:
        one_hot = truth and not kind.divided
        return (
            "'[[0,1,0],[1,0,0]]'"
            if one_hot
            else "'[[0.1,0.8,0.1],[0.5,0.3,0.2]]'"
            if truth
            else "'[[0.2,0.7,0.1],[0.6,0.3,0.1]]'"
        )
    if kind.vector:
        rows = next(
            rows
            for rows in (_TRUE_ROWS, *_PRED_ROWS)[0 if truth or kind.allowed else 1 :]
            if all(kind.low <= value <= kind.high for row in rows for value in row)
        )
        return "'[" + ",".join("[" + ",".join(f"{value:g}" for value in row) + "]" for row in rows) + "]'"
    if kind.allowed or kind.coding == "binary":
        return "1,0"
    fitting = [value for value in (_TRUE if truth else _PRED) if kind.low < value <= kind.high]
    return ",".join(f"{value:g}" for value in fitting[:2])
