"""What a convention did to a result: the exact value beside it, and the reasons for the difference.

The parameters that a convention sets are put in one after the other, from the exact ones to its own, and after each the
rows whose loss it changed are counted. So what differs in the end was counted on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossctl.aggregates.exact import ONE, ExactSum
from lossctl.errors import count
from lossctl.losses.conventions import TOGETHER, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lossctl.aggregates.mean import Mean, Reduction
    from lossctl.kinds import Array, Floats
    from lossctl.losses.declare import Params
    from lossctl.losses.spec import Spec
    from lossctl.losses.stable import Once

SAME = 1e-12
"""Numbers that differ by less, relatively, are not told apart: the agreement with frameworks ends there."""


class RowEffects(NamedTuple):
    """What a convention did to some rows.

    Attributes:
        exact: shape (n,), the exact loss of each row; of a ratio its numerator.
        factor: what the exact loss multiplies the weight of each row by, None for 1; of a ratio its denominator.
        kept: shape (n,), whether the convention counts the row at all.
        changed: for each step of the spec the rows that it changed.
        refused: whether exact takes no such values.
        once: what the exact loss gives once for all rows.
    """

    exact: Floats
    factor: Floats | None
    kept: NDArray[np.bool_]
    changed: tuple[NDArray[np.bool_], ...]
    refused: bool
    once: tuple[Once, ...] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """What a convention did to the rows seen so far. Effects on different rows add, in any order.

    Attributes:
        exact: the aggregate of the exact losses.
        kept: rows that the convention counts.
        changed: for each step of the spec the number of rows that it changed.
        refused: whether exact takes no such values.
    """

    exact: Mean
    kept: int
    changed: tuple[int, ...]
    refused: bool

    @classmethod
    def of(cls, rows: RowEffects, weights: Floats | None, aggregate: type[Mean]) -> Effects:
        """The effects on some rows; those of weight 0 are not looked at."""
        seen = np.ones(rows.exact.size, np.bool_) if weights is None else weights != 0
        return cls(
            aggregate.of(rows.exact, weights, rows.factor, *rows.once),
            int(np.count_nonzero(rows.kept)),
            tuple(int(np.count_nonzero(one & seen)) for one in rows.changed),
            rows.refused,
        )

    @classmethod
    def by_code(
        cls, rows: RowEffects, weights: Floats | None, aggregate: type[Mean], codes: NDArray[np.intp], groups: int
    ) -> list[Effects]:
        """The effects by group: row i belongs to group `codes[i]`, a number below `groups`."""
        seen = np.ones(rows.exact.size, np.bool_) if weights is None else weights != 0
        changed = [np.bincount(codes[one & seen], minlength=groups).tolist() for one in rows.changed]
        return [
            cls(exact, kept, tuple(parts), rows.refused)
            for exact, kept, *parts in zip(
                aggregate.by_code(rows.exact, weights, rows.factor, codes, groups, *rows.once),
                np.bincount(codes[rows.kept], minlength=groups).tolist(),
                *changed,
                strict=True,
            )
        ]

    def __add__(self, other: Effects) -> Effects:
        return Effects(
            self.exact + other.exact,
            self.kept + other.kept,
            tuple(one + two for one, two in zip(self.changed, other.changed, strict=True)),
            self.refused or other.refused,
        )


def states(spec: Spec) -> Iterator[list[Params]]:
    """The parameters of each term: the exact ones, and after each step."""
    params = [dict(term.exact) for term in spec.terms]
    yield list(params)
    for index, name in spec.steps:
        params[index] = {**params[index], name: spec.terms[index].params[name]}
        yield list(params)


def legal(labels: Array, classes: int, ignored: object) -> NDArray[np.bool_]:
    """Which labels are ids of classes, or ignored."""
    within: NDArray[np.bool_] = (labels >= 0) & (labels < classes)
    return within if ignored is None else within | (labels == ignored)


def differ(one: Floats, two: Floats) -> NDArray[np.bool_]:
    """Which values of two arrays are not the same for all practical purposes."""
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(one - two) <= SAME * np.minimum(np.abs(one), np.abs(two))
    apart: NDArray[np.bool_] = ~(near | (one == two) | (np.isnan(one) & np.isnan(two)))
    return apart


def own_value(spec: Spec, mean: Mean, effects: Effects, outputs: int, reduction: Reduction) -> float:
    """The value as the framework reduces it: its own mean, its own sum."""
    if reduction == "sum" and spec.sums == "elements":
        return mean.total.times(outputs).over(ONE)
    if reduction == "mean" and spec.divides == "added":
        return replace(mean, total=mean.total.times(outputs)).value("mean")
    if reduction == "mean" and spec.divides != "weights":
        return mean.total.over(ExactSum.of_count(_divisor(spec, mean, effects, outputs)))
    return mean.value(reduction)


def exact_value(effects: Effects, reduction: Reduction) -> float:
    """The value that exact prints; NaN where it refuses the input."""
    return float("nan") if effects.refused else effects.exact.value(reduction)


def reasons(
    spec: Spec, value: float, mean: Mean, effects: Effects, outputs: int, reduction: Reduction
) -> tuple[str, ...]:
    """Why the value is not the exact one, in sentences; none where it is."""
    exact = exact_value(effects, reduction)
    if not (effects.refused or differ(np.array([value]), np.array([exact])).any()):
        return ()
    found = [f"{spec.like} {what}" for what in _acted(spec, effects)]
    if reduction == "sum" and spec.sums == "elements" and outputs > 1:
        found.append(f"{spec.like} adds all {outputs} outputs of a row, exact their mean")
    if reduction == "mean" and spec.divides == "added":
        found += [f"{spec.like} adds up the {outputs} outputs of a row, exact averages them"] if outputs > 1 else []
    elif reduction == "mean" and spec.divides != "weights":
        divisor = _divisor(spec, mean, effects, outputs)
        if float(mean.weight) != divisor:
            of = "number of rows" if float(mean.weight) == mean.rows else "sum of the weights"
            found.append(f"{spec.like} {_BY[spec.divides].format(divisor)}, exact by the {of}, {float(mean.weight):g}")
    if effects.refused and not found:
        found.append(f"{spec.like} takes values that exact refuses")
    return tuple(found) or (f"{spec.like} rounds the losses of rows otherwise, in their last digits",)


def _acted(spec: Spec, effects: Effects) -> Iterator[str]:
    """What each step did, and to how many rows; what is done to rows together is done once."""
    for (index, name), rows in zip(spec.steps, effects.changed, strict=True):
        term = spec.terms[index]
        if name in TOGETHER and rows > 1:
            yield words(term.loss.name, name, term.params[name], f"all {rows:,} rows")
        elif name not in TOGETHER and rows:
            once = name == "eps" and term.params.get("pool") is True
            yield f"{words(term.loss.name, name, term.params[name])}, {'once' if once else _changed(rows)}"


def _changed(rows: int) -> str:
    return f"which changed {count(rows, 'row')}"


_BY = {
    "rows": "divides by {:,}, the number of rows",
    "kept": "divides by {:,}, the number of rows that it does not ignore",
    "elements": "divides by {:,}, the number of values of y_pred",
    "one": "divides the sum of the rows by nothing",
}


def _divisor(spec: Spec, mean: Mean, effects: Effects, outputs: int) -> int:
    return {"rows": mean.rows, "kept": effects.kept, "elements": mean.rows * outputs, "one": 1}[spec.divides]
