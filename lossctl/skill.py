"""The loss of the best constant prediction, and the skill of a model beside it: 1 - loss / loss of the constant."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from lossctl.aggregates.constant import Moments, Order
from lossctl.aggregates.distribution import EXACT_ROWS
from lossctl.aggregates.exact import UNIT, ExactSum
from lossctl.aggregates.mean import SQUARE_UNIT, RootMeanSquare
from lossctl.batch import key
from lossctl.errors import UsageError, count, listed
from lossctl.losses.declare import every
from lossctl.losses.stable import in_rows, row_mean
from lossctl.results import Skill, Warn
from lossctl.verdict import group_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from lossctl.aggregates.mean import Mean
    from lossctl.batch import Batch
    from lossctl.kinds import Floats
    from lossctl.losses.declare import Params
    from lossctl.losses.spec import Spec, Term
    from lossctl.plan import Plan
    from lossctl.results import Value

Constant: TypeAlias = Moments | Order
"""What is known of the best constant of some rows."""

_NONE = "no-skill"
_WORSE = "worse-than-constant"

CODES = {
    _NONE: f"The loss has no skill on these rows: a median or quantile takes at most {EXACT_ROWS:,} rows, all of one "
    "weight, and where the best constant has a loss of 0 or less nothing can be divided by it.",
    _WORSE: "Skill is below 0: the best constant prediction, made of the true values alone, has a smaller loss.",
}


def known_for(spec: Spec) -> bool:
    """Whether the best constant of a spec is known."""
    if spec.is_sum:
        return False
    (term,) = spec.terms
    return term.loss.constant is not None and _best(term.loss.best, np.full((1, 2), 0.5), term.params) is not None


def beside_constants(plan: Plan, asked: Sequence[int] | None = None) -> Plan:
    """The plan, with the skill of its specs to be told.

    Args:
        plan: what is asked of an input.
        asked: the places of the specs whose skill is asked for; None for all.

    Raises:
        UsageError: the best constant of one that was named is not known, or that of none is.
    """
    specs = plan.specs
    asked = range(len(specs)) if asked is None else asked
    found = tuple(place for place in dict.fromkeys(asked) if known_for(specs[place]))
    refused = [specs[place] for place in asked if place not in found and not specs[place].optional]
    if refused or not found:
        losses = [loss.name for loss in every() if loss.constant is not None]
        raise UsageError(
            f"{refused[0].text} has no skill: {_why(refused[0])}" if refused else "no loss of these data has a skill",
            help=f"there is skill of {listed(losses, most=len(losses))}",
            options=("min-skill",),
        )
    return plan._replace(skill=found)


def _why(spec: Spec) -> str:
    if spec.is_sum:
        return "what is the best constant of a weighted sum is not known"
    (term,) = spec.terms
    if term.loss.constant is None:
        return "its best constant does not follow from sums over rows"
    under = [name for name, param in term.loss.params.items() if term.params[name] != param.default]
    return f"its best constant is not known with {listed(under)}"


def nothing(spec: Spec) -> Constant:
    """What is known of no rows."""
    return Order() if spec.terms[0].loss.constant == "quantile" else Moments()


class Rows:
    """The rows of a batch, whose constants losses share."""

    def __init__(self, batch: Batch, classes: int) -> None:
        self._batch = batch
        self._classes = classes
        self._done: dict[tuple[object, ...], list[Constant]] = {}

    def constants(self, spec: Spec, codes: NDArray[np.intp], groups: int) -> list[Constant]:
        """What is known of each group; row i belongs to group `codes[i]`, a number below `groups`."""
        (term,) = spec.terms
        coding = term.kinds["y_true"].coding
        asked = (coding, term.loss.constant, groups)
        if asked not in self._done:
            self._done[asked] = self._found(term, coding, codes, groups)
        return self._done[asked]

    def _found(self, term: Term, coding: str, codes: NDArray[np.intp], groups: int) -> list[Constant]:
        batch = self._batch
        y = batch.arrays[key("y_true", coding)]
        if batch.present is not None:
            whole = np.full((batch.present.size, *y.shape[1:]), -1 if coding == "class" else np.nan, y.dtype)
            whole[batch.present] = y
            y = whole
        if coding == "class":
            return [*Moments.of_labels(y, self._classes, batch.weight, codes, groups)]
        if term.loss.constant == "quantile":
            return [*Order.by_code(in_rows(y), batch.weight, codes, groups)]
        squares = term.loss.constant == "variance"
        return [*Moments.by_code(in_rows(y), batch.weight, codes, groups, squares=squares)]


def compared(spec: Spec, known: Constant, mean: Mean, value: float, reduced: Callable[[Mean], float]) -> Skill:
    """The skill of a model on some rows.

    Args:
        spec: the loss.
        known: what is known of its best constant on these rows.
        mean: what the losses of the rows amount to.
        value: their value.
        reduced: how such an amount becomes a value.
    """
    (term,) = spec.terms
    statistic = _statistic(term)
    if isinstance(known, Order) and (reason := _unkept(known)):
        return Skill(statistic, (), math.nan, math.nan, f"{spec.text} has no skill here: {reason}")
    constant, loss = _of_moments(term, known) if isinstance(known, Moments) else _of_order(term, known)
    of_constant = reduced(_amounting(loss, mean))
    reason, skill = "", math.nan
    if of_constant <= 0:
        reason = f"the {spec.text} of the best constant is {of_constant:g}, and skill divides by it"
    elif math.isfinite(value) and math.isfinite(of_constant):
        skill = float(1 - Fraction(value) / Fraction(of_constant))
    elif math.isfinite(of_constant):
        skill = -value
    return Skill(statistic, tuple(constant.tolist()), of_constant, skill, reason)


def notes(values: Sequence[Value]) -> Iterator[Warn]:
    """What a reader should know of the skills of the values of one input."""
    for text in dict.fromkeys(value.text for value in values):
        skills = [(value, value.skill) for value in values if value.text == text and value.skill is not None]
        if found := [(value, skill.reason) for value, skill in skills if skill.reason]:
            yield Warn(_NONE, _of_groups(found), found[0][0].input)
        if found := [
            (value, f"{text} {value.value:.6g} is worse than always predicting {skill.about} ({skill.value:.6g})")
            for value, skill in skills
            if skill.skill < 0
        ]:
            yield Warn(_WORSE, _of_groups(found), found[0][0].input)


def _of_groups(found: Sequence[tuple[Value, str]]) -> str:
    """What is said of the last of some values, that of all rows where it is one of them, and of how many it is true."""
    value, said = found[-1]
    if value.group is not None:
        said = f"group {group_text(value.group)}: {said}"
    more = len(found) - 1
    if not more:
        return said
    return f"{said}; likewise {count(more, 'group' if value.group is None else 'other group')}"


def _unkept(known: Order) -> str:
    """Why the quantile of some rows is not known."""
    if known.uneven:
        return "the weights differ, and its best constant is a quantile of rows that all count alike"
    if known.values is None:
        return f"its best constant is a quantile, for which at most {EXACT_ROWS:,} rows are kept"
    return ""


def _statistic(term: Term) -> str:
    kind = term.kinds["y_true"]
    if term.loss.constant == "quantile":
        level = term.params.get("level", 0.5)
        return "median" if level == 0.5 else f"{level:g} quantile"
    if kind.coding == "class" or kind.per_class:
        return "class frequencies"
    return "base rate" if kind.coding == "binary" else "mean"


Ratio: TypeAlias = tuple[int, int] | float
"""A numerator and a denominator, or what is no finite number."""


def _of_moments(term: Term, known: Moments) -> tuple[Floats, Ratio]:
    """The mean of each output, and the mean loss that the best constant has."""
    loss, params = term.loss, _formula(term)
    means = known.means
    if known.odd or not known.weight:
        return means, math.nan
    with np.errstate(all="ignore"):
        if loss.constant == "variance":
            above, below = known.variances
            outputs = len(known.first)
            if loss.elementwise:
                unit = float(loss.rows(np.zeros(1), np.ones(1), **params)[0])
                below *= outputs
            else:  # two rows of classes that differ by 1 in two of them
                one, other = np.eye(outputs)[:1], np.eye(outputs)[1:2]
                unit = float(loss.rows(one, other, **params)[0]) / 2
            times, by = unit.as_integer_ratio()
            return means, (above * times, below * by)
        best = cast("Floats", _best(loss.best, means[None], params))
        if term.kinds["y_true"].coding == "class":
            came = np.flatnonzero(means)
            rows = loss.rows(came, np.repeat(best, came.size, axis=0), **params)
            return means, _ratio(float(ExactSum.of(rows * means[came])))
        shape = means if loss.elementwise and means.size == 1 else means[None]
        rows = loss.rows(shape, best.reshape(shape.shape), **params)
        return means, _ratio(float(rows[0] if rows.ndim == 1 else row_mean(rows)[0]))


def _of_order(term: Term, known: Order) -> tuple[Floats, Ratio]:
    """The quantile of each output, and the mean loss of its values about it."""
    level = term.params.get("level", 0.5)
    if known.odd or not known.values or not known.values[0].size:
        return np.full(max(len(known.outputs), 1), np.nan), math.nan
    constant = known.quantiles(cast("float", level))
    with np.errstate(all="ignore"):
        means = [
            ExactSum.of(term.loss.rows(values, np.full(values.size, one), **_formula(term))).over(
                ExactSum.of_count(values.size)
            )
            for values, one in zip(known.values, constant, strict=True)
        ]
        return constant, _ratio(float(row_mean(np.array([means]))[0]))


def _formula(term: Term) -> Params:
    """The parameters of the formula itself."""
    return {name: value for name, value in term.params.items() if name != "dtype"}


def _best(best: Callable[..., Floats | None] | None, means: Floats, params: Params) -> Floats | None:
    if best is None:
        return means
    return best(means, **{name: value for name, value in params.items() if name != "dtype"})


def _ratio(number: float) -> Ratio:
    return number.as_integer_ratio() if math.isfinite(number) else number


def _amounting(loss: Ratio, mean: Mean) -> Mean:
    """What the losses of the rows of a mean amount to where their mean, or their mean square, is this."""
    unit = SQUARE_UNIT if isinstance(mean, RootMeanSquare) else UNIT
    if isinstance(loss, tuple):
        above, below = loss
        total = ExactSum(((above * mean.weight.units) << (unit - UNIT)) // below)
    else:
        total = ExactSum(nans=int(math.isnan(loss)), plus=int(loss == math.inf), minus=int(loss == -math.inf))
    return type(mean)(total, mean.weight, mean.rows)
