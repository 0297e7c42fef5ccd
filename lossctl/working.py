"""The loss of one row, step by step: the formula with its numbers, down to the digits that a breakdown has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lossctl.batch import key
from lossctl.cards import Line, Output, Work, Worked
from lossctl.catalogue import OF_OUTPUTS
from lossctl.errors import UsageError, count
from lossctl.losses.card import card
from lossctl.losses.formula import Unreadable, work
from lossctl.plan import as_computed, of_outputs
from lossctl.readers.columns import plain_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lossctl.batch import Batch
    from lossctl.kinds import Array, Kind
    from lossctl.losses.declare import Loss, Params
    from lossctl.losses.formula import Number
    from lossctl.losses.spec import Term
    from lossctl.plan import Plan, Scored

_NEAR = 1e-6
"""How far the steps of a formula may end from the loss, relative to it or to 1, to be taken for those of this loss."""
_SAME = 1e-13
"""Up to which relative difference the two are the same to the reader."""


def worked(plan: Plan, label: str, scored: Scored, row: int) -> tuple[Worked, ...]:
    """A row under each LOSS of a plan that takes it; none where the row is not among these.

    Args:
        plan: the losses.
        label: the name of the input.
        scored: some rows.
        row: the number of the row, counted from 1.

    Raises:
        UsageError: the row misses a cell.
    """
    batch = scored.batch
    found = np.flatnonzero(batch.kept + batch.first_row == row)
    if not found.size:
        return ()
    place = int(found[0])
    if batch.present is not None and not batch.present[place]:
        raise UsageError(f"{label}: row {row:,} misses a cell, so it has no loss", help="--row names another row")
    inner = place if batch.present is None else int(batch.present[:place].sum())
    return tuple(
        Worked(
            label,
            row,
            spec.text,
            tuple(_work(plan, term, batch, inner) for term in spec.terms),
            float(losses.values[place]),
            spec.is_sum,
        )
        for spec, losses in zip(plan.specs, scored.losses, strict=True)
        if losses is not None
    )


def missing(label: str, row: int, rows: int) -> UsageError:
    """That an input has no such row, or has left it out."""
    if row > rows:
        return UsageError(f"{label} has {count(rows, 'row')}, so there is no row {row:,}", help="--row counts from 1")
    return UsageError(f"{label}: row {row:,} is left out", help="--where and --nan drop leave rows out")


def _work(plan: Plan, term: Term, batch: Batch, inner: int) -> Work:
    loss = term.loss
    read = {role: batch.arrays[key(role, kind.coding)][inner : inner + 1] for role, kind in loss.roles.items()}
    computed, params = as_computed([*read.values()], plan.coded(term.params))
    arrays = dict(zip(read, computed, strict=True))
    said = card(loss)
    with np.errstate(all="ignore"):
        values = loss.rows(*arrays.values(), **params)
        slopes = None if loss.slope is None else loss.slope(*arrays.values(), **params)
        value = float(values[0]) if values.ndim == 1 else float(of_outputs(term.finish)(values)[0])
    outputs = []
    names = _columns(plan, next(role for role in ("y_pred", *loss.roles) if role in loss.roles), values.size)
    for output, part in enumerate(values[0] if values.ndim == 2 else values):
        single, wide = (
            held if values.ndim == 1 else {role: array[:, output] for role, array in held.items()}
            for held in (arrays, read)
        )
        slope = None if slopes is None else slopes[0] if values.ndim == 1 else slopes[0, output]
        outputs.append(
            Output(
                "" if values.ndim == 1 else names[output] or f"output {output + 1}",
                *_lines(loss, params, single, wide, _indices(plan, loss, read), float(part)),
                slope=None if slope is None else tuple(np.atleast_1d(slope).tolist()),
            )
        )
    return Work(
        loss.name,
        term.params,
        said.formula,
        said.symbols,
        {role: _cells(plan, role, kind, read[role]) for role, kind in loss.roles.items()},
        tuple(outputs),
        OF_OUTPUTS[term.finish] if loss.elementwise else "",
        value,
        term.weight,
    )


def _lines(
    loss: Loss,
    params: Params,
    arrays: Mapping[str, Array],
    read: Mapping[str, Array],
    indices: Sequence[str],
    value: float,
) -> tuple[tuple[Line, ...], float, float | None]:
    """The calculation, the value, and what the calculation comes to where that is not quite the value.

    Args:
        loss: the loss.
        params: its parameters.
        arrays: its inputs as it was computed, of one row.
        read: as they were read.
        indices: what the indices of its formula run over.
        value: its value.
    """
    said = card(loss)
    given: dict[str, Number | None] = {role: _number(array[0]) for role, array in read.items()}
    given |= {word: given[role] for word, role in loss.called.items()}
    given |= {
        name: part if isinstance(part, tuple) else None if part is None else float(part)
        for name, part in params.items()
        if not isinstance(part, str)
    }
    held = {} if loss.measures is None else loss.measures(*arrays.values(), **params)
    measures = {symbol: float(part[0]) for symbol, part in held.items()}
    labelled = loss.roles["y_true"].coding == "class"
    try:
        steps = work(said.formula, said.symbols, given, indices, labelled=labelled, measures=measures)
    except Unreadable:
        return (), value, None
    found = steps[-1].value
    if not isinstance(found, float) or not (found == value or abs(found - value) <= _NEAR * max(1.0, abs(value))):
        return (), value, None
    lines = tuple(Line(step.name, step.source, step.filled, step.value, step.test) for step in steps)
    return lines, value, found if abs(found - value) > _SAME * abs(value) else None


def _number(part: Any) -> Number:
    return tuple(map(float, part.ravel().tolist())) if isinstance(part, np.ndarray) and part.ndim else float(part)


def _indices(plan: Plan, loss: Loss, arrays: Mapping[str, Array]) -> tuple[str, ...]:
    """The names of what the indices of a formula run over."""
    role = next((role for role in ("y_pred", *loss.roles) if role in arrays and arrays[role].ndim == 2), None)
    if role is None or loss.elementwise:
        return ()
    size = arrays[role].shape[1]
    if loss.roles[role].of_each:
        return tuple(map(str, range(size // arrays["y_true"].shape[1])))
    if loss.takes_classes and plan.binding.classes and len(plan.binding.classes) == size:
        return plan.binding.classes
    return tuple(name or str(place) for place, name in enumerate(_columns(plan, role, size)))


def _columns(plan: Plan, role: str, size: int) -> tuple[str, ...]:
    """The names of the columns of an input; the values of a column of lists have none."""
    names = tuple(map(plain_name, plan.binding.roles[role]))
    return names if len(names) == size else ("",) * size


def _cells(plan: Plan, role: str, kind: Kind, array: Array) -> tuple[tuple[str, float | str], ...]:
    names = plan.binding.classes
    if kind.coding == "class":
        label = int(array[0])
        known = names is not None and 0 <= label < len(names)
        return ((plain_name(plan.binding.roles[role][0]), names[label] if names is not None and known else label),)
    values = array[0] if array.ndim == 2 else array
    return tuple(zip(_columns(plan, role, values.size), values.tolist(), strict=True))
