"""Models held against each other row by row: what is asked, what is known so far, and what it comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossctl.aggregates.finished import Ratio
from lossctl.aggregates.groups import Each, Groups
from lossctl.aggregates.mean import Mean, RootMeanSquare
from lossctl.aggregates.pairs import Pairs, Rows, Shape, numerators
from lossctl.aggregates.replicates import counts
from lossctl.aggregates.worst import Worst
from lossctl.analysis.comparison import (
    FEWEST_ROWS,
    Found,
    How,
    denominator,
    enough,
    found,
    holm,
    hopeless,
    is_unadded,
    numerator,
    rows_for,
)
from lossctl.batch import key, place
from lossctl.breakdown import Breakdown
from lossctl.comparisons import BOOTSTRAP, Comparison, Finding, Reason
from lossctl.errors import DataError, UsageError, count, quoted
from lossctl.plan import RowLosses, aggregate_of, by_key
from lossctl.readers.columns import plain_name
from lossctl.results import Warn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from lossctl.analysis.gates import Tolerance
    from lossctl.batch import Batch, Key
    from lossctl.kinds import Array, Floats
    from lossctl.losses.spec import Spec
    from lossctl.plan import Model, Scored, Totals
    from lossctl.results import Result, Value
    from lossctl.rows import Cells, Row

FEWEST_REPLICATES, MOST_REPLICATES = 100, 999_999_999
"""Of a bootstrap."""

_ONE_PERCENT = 0.01


class Options(NamedTuple):
    """How models are held against each other.

    Attributes:
        how: how differences are judged.
        replicates: of the bootstrap, 0 for none.
        top: how many of the rows that carry a difference are shown; None where no reason is asked for.
    """

    how: How = How(0.95, 0)
    replicates: int = 0
    top: int | None = None


class Margin(NamedTuple):
    """What the base is allowed to be worse than it is: its losses are multiplied, and then added to.

    Attributes:
        factor: at least 1.
        amount: at least 0.
    """

    factor: float
    amount: float

    @classmethod
    def of(cls, spec: Spec, tolerance: Tolerance) -> Margin:
        """The margin that a tolerance is for the rows of a loss.

        Raises:
            UsageError: no test of rows tells of the loss, or nothing added to rows adds as much to it.
        """
        if is_unadded(aggregate_of(spec)):
            raise UsageError(
                f"--significant tests a mean of rows, and {spec.text} is none",
                help=f"without --significant {spec.text} has a limit like any other",
                options=("significant",),
            )
        amount = float(tolerance.amount)
        if tolerance.relative:
            return cls(1.0 + amount, 0.0)
        if amount and _shape(spec) == "root":
            raise UsageError(
                f"--significant holds row against row, and what is added to {spec.text} is added to no row",
                help=f"give a part: --tolerance {spec.text}=2%",
                options=("tolerance",),
            )
        return cls(1.0, amount)

    def given(self, losses: RowLosses) -> RowLosses:
        """The losses of rows of a base that is as much worse."""
        values, below = losses.values * self.factor, 1.0 if losses.factor is None else losses.factor
        split = losses.split
        if split is not None and len(split.once) == 1:  # a normalised root, to which nothing is added
            split = split._replace(above=self.factor * split.above)
        elif split is not None and split.below is not None:
            above, under = map(float, split.once or (0.0, 0.0))
            split = split._replace(
                above=self.factor * split.above + self.amount * split.below,
                once=(self.factor * above + self.amount * under, under),
            )
        return losses._replace(values=values + self.amount * below, split=split)


@dataclass(frozen=True, slots=True)
class Paired:
    """What is known of the rows seen so far. What is known of different rows adds, in any order.

    Attributes:
        totals: for each model what its own plan knows.
        pairs: for each new model and spec, the pairs.
        groups: the same by group.
        replicates: for each model and spec its mean in each replicate of the bootstrap.
        group_replicates: the same by group.
        reasons: for each new model and spec the rows that raise the difference most, and those that lower it most.
    """

    totals: Each[Totals]
    pairs: Each[Pairs]
    groups: Groups[Each[Pairs]]
    replicates: Each[Mean]
    group_replicates: Groups[Each[Mean]]
    reasons: Each[Worst[Reason]]

    def __add__(self, other: Paired) -> Paired:
        return Paired(
            self.totals + other.totals,
            self.pairs + other.pairs,
            self.groups + other.groups,
            self.replicates + other.replicates,
            self.group_replicates + other.group_replicates,
            self.reasons + other.reasons,
        )


class Pairing(NamedTuple):
    """What is asked of models of the same rows, the first of which is the base.

    Attributes:
        models: at least two, with the same specs.
        options: how they are held against each other.
        margins: for each spec what the base is allowed; none where it stands as it is.
    """

    models: tuple[Model, ...]
    options: Options
    margins: tuple[Margin, ...] = ()

    @classmethod
    def of(cls, models: Sequence[Model], options: Options, tolerances: Sequence[Tolerance] = ()) -> Pairing:
        """The pairing of models, with the losses that all of them take.

        Args:
            models: the base and those held against it.
            options: how.
            tolerances: for each spec by how much new may be above the base, which then stands as much higher.

        Raises:
            UsageError: there are not two, there is no such loss, or their y_true differ in width.
        """
        if len(models) < 2:
            raise UsageError(
                f"there is one model, {quoted(models[0].label)}, and compare takes two or more",
                help="lossctl compare mse base.csv new.csv, or -p COLUMN -p COLUMN for two columns of one file",
            )
        shared = [
            spec
            for spec in models[0].plan.specs
            if all(any(spec == other for other in model.plan.specs) for model in models)
        ]
        for model in models:
            for spec in model.plan.specs:
                if spec not in shared and (not spec.optional or not shared):
                    raise UsageError(
                        f"{models[0].label} and {model.label} have no loss in common: {quoted(spec.text)} is "
                        f"that of {model.label} alone",
                        help="their columns of y_pred differ in number; name a loss that takes both",
                    )
        first, *others = ((model.label, model.plan.binding.widths.get("y_true", 0)) for model in models)
        for label, width in others:
            if width != first[1]:
                raise UsageError(
                    f"{label} has {count(width, 'column')} of y_true and {first[0]} has {first[1]}",
                    help="both must hold the same rows; -t and -p choose other columns",
                )
        plans = [model.plan._replace(specs=tuple(shared)) for model in models]
        margins = (
            tuple(Margin.of(spec, each) for spec, each in zip(shared, tolerances, strict=True)) if tolerances else ()
        )
        whole = tuple(model._replace(plan=plan) for model, plan in zip(models, plans, strict=True))
        return cls(whole, options, margins)

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The losses."""
        return self.models[0].plan.specs

    @property
    def _is_weighted(self) -> bool:
        return self.models[0].plan.binding.weight is not None

    @property
    def empty(self) -> Paired:
        """What is known of no rows."""
        empty = [
            Pairs.empty(_shape(spec), weighted=self._is_weighted or _weighs(spec))
            for _ in self.models[1:]
            for spec in self.specs
        ]
        replicates = [
            aggregate_of(spec)() for _ in self.models for spec in self.specs for _ in range(self.options.replicates)
        ]
        reasons: list[Worst[Reason]] = [Worst(self.options.top or 0) for _ in range(2 * len(empty))]
        return Paired(
            Each(tuple(model.plan.empty for model in self.models)),
            Each(tuple(empty)),
            Groups(),
            Each(tuple(replicates)),
            Groups(),
            Each(tuple(reasons if self.options.top else ())),
        )

    def score(self, batches: Sequence[Batch]) -> tuple[Scored, ...]:
        """The losses of rows under each model.

        Raises:
            DataError: a value is not what a loss takes, or the true values of two models differ.
        """
        same = shared(batches)
        for model, batch in zip(self.models[1:], same[1:], strict=True):
            self._refuse_other_truth(model, same[0], batch)
        base, *others = (model.plan.score(batch) for model, batch in zip(self.models, same, strict=True))
        if self.margins:
            allowed = [each and margin.given(each) for each, margin in zip(base.losses, self.margins, strict=True)]
            base = base._replace(losses=tuple(allowed))
        return base, *others

    def total(self, scored: Sequence[Scored]) -> Paired:
        """What is known of some rows."""
        batch = scored[0].batch
        grouped_replicates: Groups[Each[Mean]] = Groups()
        if batch.group is not None and self.options.replicates:
            grouped_replicates = by_key(batch.group[1], list(self._replicates_by_group(*batch.group, scored)))
        numbers = batch.kept + batch.first_row
        pairs: list[Pairs] = []
        grouped: list[list[Pairs]] = []
        reasons: list[Worst[Reason]] = []
        for new in range(1, len(scored)):
            for index, spec in enumerate(self.specs):
                base, other = (_rows(spec, scored[model].losses[index], batch.kept.size) for model in (0, new))
                pairs.append(Pairs.of(base, other, numbers, batch.weight, _shape(spec)))
                if batch.group is not None:
                    codes, keys = batch.group
                    grouped.append(Pairs.by_code(base, other, numbers, batch.weight, _shape(spec), codes, len(keys)))
                if self.options.top:
                    reasons += self._reasons(scored, new, index, (base, other))
        return Paired(
            Each(tuple(model.plan.total(part) for model, part in zip(self.models, scored, strict=True))),
            Each(tuple(pairs)),
            Groups({}) if batch.group is None else by_key(batch.group[1], grouped),
            Each(tuple(self._replicates(scored))),
            grouped_replicates,
            Each(tuple(reasons)),
        )

    def result(self, known: Paired) -> Result:
        """The result that all rows come to.

        Raises:
            InputError: there are no rows, or their weights add to 0.
            DataError: the labels contradict each other.
        """
        results = [
            model.plan.result("compare", model.label, model.path, model.header, totals)
            for model, totals in zip(self.models, known.totals.members, strict=True)
        ]
        base, *others = ({(value.text, _group_key(value)): value for value in each.values} for each in results)
        pairs = [
            (new, value, other[at]) for new, other in enumerate(others, 1) for at, value in base.items() if at in other
        ]
        judged = [self._compared(known, *pair, len(pairs)) for pair in pairs]
        comparisons = _adjusted([comparison for comparison, _ in judged])
        notes = [
            note
            for model in self.models[1:]
            for note in _doubts([(one, about) for one, about in judged if one.new == model.label])
        ]
        if hopeless(comparisons):
            notes.append(_hopelessness(comparisons))
        result = reduce(add, results).noted(tuple(notes))
        return replace(result, comparisons=tuple(comparisons), reasons=tuple(self._carrying(known, comparisons)))

    def _compared(
        self, known: Paired, new: int, base: Value, value: Value, comparisons: int
    ) -> tuple[Comparison, Found]:
        """The comparison of two values, and what it rests on; what all comparisons of the run decide is left open."""
        index = next(index for index, spec in enumerate(self.specs) if spec.text == value.text)
        group = _group_key(value)
        means = self._mean(known, 0, index, group), self._mean(known, new, index, group)
        pairs = (known.pairs if group is None else known.groups.members[group]).members[self._at(new, index)]
        how, size = self.options.how._replace(comparisons=comparisons), self.options.replicates
        drawn = (known.replicates if group is None else known.group_replicates.members[group]).members if size else ()
        starts = [(model * len(self.specs) + index) * size for model in (0, new)]
        replicates = list(zip(*(drawn[start : start + size] for start in starts), strict=True))
        one = found(means[0], means[1], pairs, replicates, how)
        share = None
        if group is not None and self.options.top is not None:
            share = _share(means, [self._mean(known, model, index, None) for model in (0, new)])
        return (
            Comparison(
                base=base.input,
                new=value.input,
                loss=value.loss,
                text=value.text,
                params=value.params,
                terms=value.terms,
                like=value.like,
                reduction=value.reduction,
                group=value.group,
                n=value.n,
                weight=value.weight,
                base_value=one.base,
                new_value=one.new,
                difference=one.difference,
                interval=(one.low, one.high) if math.isfinite(one.low) and math.isfinite(one.high) else None,
                confidence=how.confidence,
                relative=one.difference / abs(one.base) if one.base and math.isfinite(one.base) else None,
                p_value=one.p_value,
                p_adjusted=one.p_value,
                comparisons=comparisons,
                test=one.test,
                replicates=size,
                seed=how.seed,
                wins=pairs.wins,
                ties=pairs.ties,
                losses=pairs.losses,
                verdict="undecided",
                detectable=one.detectable,
                rows_for_one_percent=None
                if one.detectable is None
                else rows_for(_ONE_PERCENT, one.base, one.detectable, value.n),
                share=share,
            ),
            one,
        )

    def _mean(self, known: Paired, model: int, index: int, group: Key | None) -> Mean:
        totals = known.totals.members[model]
        return (totals.tallies if group is None else totals.groups.members[group]).members[index]

    def _at(self, new: int, index: int) -> int:
        """The place of a new model and a spec among all pairs."""
        return (new - 1) * len(self.specs) + index

    def _carrying(self, known: Paired, comparisons: Sequence[Comparison]) -> Iterator[Reason]:
        """The rows that carry the differences, each with its share."""
        labels = [model.label for model in self.models]
        for comparison in comparisons:
            if comparison.group is not None or not self.options.top:
                continue
            new = labels.index(comparison.new)
            index = next(index for index, spec in enumerate(self.specs) if spec.text == comparison.text)
            rise = _rise(self._mean(known, 0, index, None), self._mean(known, new, index, None))
            if rise is None:
                continue
            up, down = known.reasons.members[2 * self._at(new, index) :][:2]
            for ranked in (up if rise > 0 else down).rows:
                yield ranked.shown._replace(share=-ranked.less / float(abs(rise)))

    def _reasons(self, scored: Sequence[Scored], new: int, index: int, rows: Sequence[Rows]) -> list[Worst[Reason]]:
        """The rows that raise the difference most, and those that lower it most."""
        batch = scored[0].batch
        first, second = (numerators(each, batch.weight, _shape(self.specs[index])) for each in rows)
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            carried = second - first
        found = []
        for size in (carried, -carried):
            seen = np.flatnonzero((size > 0) & np.isfinite(size))
            shown = partial(self._shown, scored, new, index, seen)
            found.append(Worst.of(size[seen], (batch.kept + batch.first_row)[seen], self.options.top or 0, shown))
        return found

    def _shown(
        self, scored: Sequence[Scored], new: int, index: int, seen: NDArray[np.intp], at: NDArray[np.intp]
    ) -> list[Reason]:
        models = [self.models[0], self.models[new]]
        rows = [
            Breakdown(model.plan, model.label, 0, several=False).rows(part, seen[at])
            for model, part in zip(models, (scored[0], scored[new]), strict=True)
        ]
        return [
            Reason(
                models[0].label,
                models[1].label,
                self.specs[index].text,
                one.row,
                one.id,
                _truth(one),
                _predicted(one),
                _predicted(other),
                one.losses[index],
                other.losses[index],
                math.nan,
            )
            for one, other in zip(*rows, strict=True)
        ]

    def _replicates(self, scored: Sequence[Scored]) -> Iterator[Mean]:
        """For each model and spec its mean in each replicate."""
        for spec, losses, weights in self._drawn(scored):
            above, below = losses.added
            yield aggregate_of(spec).of(above, weights, below, *losses.once)

    def _replicates_by_group(
        self, codes: NDArray[np.intp], keys: Sequence[Key], scored: Sequence[Scored]
    ) -> Iterator[list[Mean]]:
        for spec, losses, weights in self._drawn(scored):
            above, below = losses.added
            yield aggregate_of(spec).by_code(above, weights, below, codes, len(keys), *losses.once)

    def _drawn(self, scored: Sequence[Scored]) -> Iterator[tuple[Spec, RowLosses, Floats]]:
        """For each model and spec the losses of rows, and their weights in each replicate."""
        batch = scored[0].batch
        for part in scored:
            for spec, losses in zip(self.specs, part.losses, strict=True):
                draws = counts(self.options.how.seed, batch.kept + batch.first_row, self.options.replicates)
                for times in draws:
                    weights = times if batch.weight is None else times * batch.weight
                    yield spec, losses or RowLosses(np.zeros(batch.kept.size)), weights

    def _refuse_other_truth(self, model: Model, base: Batch, new: Batch) -> None:
        """Refuse rows whose true values differ: they are not the same rows."""
        ours, theirs = self.models[0].plan.binding, model.plan.binding
        if ours.roles.get("y_true") == theirs.roles.get("y_true"):
            return
        present: NDArray[np.bool_] | None = None
        if base.present is not None or new.present is not None:
            masks = [
                np.ones(batch.kept.size, np.bool_) if batch.present is None else batch.present for batch in (base, new)
            ]
            present = masks[0] & masks[1]
        differs = np.zeros(base.kept.size, np.bool_)
        for coding in sorted(ours.codings["y_true"]):
            first, second = (_there(batch.arrays[key("y_true", coding)], batch, present) for batch in (base, new))
            other = first != _in_order(second, ours.classes, theirs.classes)
            differs[slice(None) if present is None else present] |= other if other.ndim == 1 else other.any(axis=1)
        if not differs.any():
            return
        row = int(base.kept[np.argmax(differs)])
        columns = list(zip(ours.roles["y_true"], theirs.roles["y_true"], strict=False))
        cells = [(base.origin.cell(row, one), new.origin.cell(row, other)) for one, other in columns]
        at = next((at for at, (one, other) in enumerate(cells) if one != other), 0)
        raise DataError(
            f"{place(new.origin, row, new.first_row, columns[at][1])}: column {quoted(plain_name(columns[at][1]))}: "
            f"y_true is {quoted(cells[at][1])} here and {quoted(cells[at][0])} in "
            f"{place(base.origin, row, base.first_row, columns[at][0])}",
            help="both must hold the same rows; --id COLUMN pairs rows in any order",
        )


def shared(batches: Sequence[Batch]) -> Sequence[Batch]:
    """The rows that each batch has kept: a row that one model lacks is left out for all."""
    first = batches[0].kept
    if all(np.array_equal(first, batch.kept) for batch in batches[1:]):
        return batches
    common = reduce(partial(np.intersect1d, assume_unique=True), [batch.kept for batch in batches])
    return [_cut(batch, np.isin(batch.kept, common, assume_unique=True)) for batch in batches]


def _cut(batch: Batch, mask: NDArray[np.bool_]) -> Batch:
    """Some rows of a batch without gaps; the others count as dropped for a missing cell."""
    group, gone = None, batch.gone
    if batch.group is not None:
        seen, codes = np.unique(batch.group[0][mask], return_inverse=True)
        group = codes.astype(np.intp), [batch.group[1][code] for code in seen.tolist()]
        gone |= {batch.group[1][code] for code in batch.group[0][~mask].tolist()}
    kept = batch.kept[mask]
    numbers = {*(kept + batch.first_row).tolist()} if batch.unheld else ()
    return batch._replace(
        arrays={name: array[mask] for name, array in batch.arrays.items()},
        weight=None if batch.weight is None else batch.weight[mask],
        group=group,
        kept=kept,
        dropped=batch.dropped + batch.kept.size - kept.size,
        gone=gone,
        unheld={role: [row for row in rows if row in numbers] for role, rows in batch.unheld.items()},
    )


def _there(array: Array, batch: Batch, present: NDArray[np.bool_] | None) -> Array:
    """Of the rows that the arrays hold those without a gap in any of two models."""
    return array if present is None else array[present if batch.present is None else present[batch.present]]


def _in_order(array: Array, ours: Sequence[str] | None, theirs: Sequence[str] | None) -> Array:
    """True classes as ids or columns of the order `ours`, where `theirs` has the same names in another."""
    if ours is None or theirs is None or ours == theirs or {*ours} != {*theirs}:
        return array
    if array.ndim > 1:
        return array[:, [theirs.index(name) for name in ours]]
    ids = np.array([ours.index(name) for name in theirs])
    return np.where(array < 0, array, ids[array])


def _group_key(value: Value) -> Key | None:
    return None if value.group is None else tuple(value.group.values())


def _rows(spec: Spec, losses: RowLosses | None, size: int) -> Rows:
    found = losses or RowLosses(np.zeros(size))
    above, below = found.added if found.outputs is None else (found.values, None)
    if _shape(spec) == "ratio":
        return Rows(found.values, above, below)
    # Rows of a norm are compared by what they add to it: of one alone the range and the deviation are 0.
    alone = found.values if found.split is None else above
    return Rows(alone, above, np.ones(size) if found.factor is None and _weighs(spec) else found.factor)


def _shape(spec: Spec) -> Shape:
    aggregate = aggregate_of(spec)
    if issubclass(aggregate, Ratio):
        return "ratio"
    return "root" if issubclass(aggregate, RootMeanSquare) else "mean"


def _weighs(spec: Spec) -> bool:
    """Whether the loss has a factor for the weights of rows, which is the same for all models."""
    return not spec.is_sum and spec.terms[0].weighs


def _rise(base: Mean, new: Mean) -> Fraction | None:
    """What rows add to the difference; None where that adds nothing up, as of ratios with two denominators."""
    if not all(math.isfinite(mean.value("mean")) for mean in (base, new)) or denominator(base) != denominator(new):
        return None
    return numerator(new) - numerator(base) or None


def _share(part: Sequence[Mean], whole: Sequence[Mean]) -> float | None:
    """The part of a difference that the rows of a group carry."""
    rise = _rise(whole[0], whole[1])
    return None if rise is None else float((numerator(part[1]) - numerator(part[0])) / rise)


def _truth(row: Row) -> Cells:
    return next(
        (cells for (role, _), cells in zip(row.layout.roles, row.inputs, strict=True) if role == "y_true"), None
    )


def _predicted(row: Row) -> Cells:
    cells = [cells for (role, _), cells in zip(row.layout.roles, row.inputs, strict=True) if role != "y_true"]
    if len(cells) == 1:
        return cells[0]
    return tuple(part for each in cells for part in (each if isinstance(each, tuple) else (each,)))


def _adjusted(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons of a run with what all of them together decide."""
    adjusted = holm([comparison.p_value for comparison in comparisons])
    return [
        comparison._replace(p_adjusted=p_value, verdict=_verdict(comparison, p_value))
        for comparison, p_value in zip(comparisons, adjusted, strict=True)
    ]


def _verdict(comparison: Comparison, p_value: float | None) -> Finding:
    if p_value is None:
        return "undecided"
    if p_value > 1 - comparison.confidence or not comparison.difference:
        return "same"
    return "better" if comparison.difference < 0 else "worse"


def _doubts(judged: Sequence[tuple[Comparison, Found]]) -> Iterator[Warn]:
    """What a reader should doubt about the comparisons of one new model, each kind of doubt said once."""
    infinite = [one for one, _ in judged if not math.isfinite(one.base_value) or not math.isfinite(one.new_value)]
    unknown = [one for one, _ in judged if one.p_value is None and one not in infinite]
    if infinite:
        yield _doubt(
            "not-finite",
            infinite,
            "a value is not finite, so nothing is decided; breakdown shows the rows that cause it",
        )
    if unknown:
        yield _doubt("no-spread", unknown, "nothing tells how far the difference may be chance, so nothing is decided")
    for code, message in _DOUBTS.items():
        doubted = [(one, known.doubt) for one, known in judged if known.doubt is not None and known.doubt.code == code]
        if doubted:
            share = f"{'up to ' if len(doubted) > 1 else ''}{100 * max(doubt.heaviest for _, doubt in doubted):.0f} %"
            yield _doubt(code, [one for one, _ in doubted], message.format(share=share))


def _hopelessness(comparisons: Sequence[Comparison]) -> Warn:
    """That nothing could have been found, and what it takes."""
    known = [one for one in comparisons if one.p_value is not None]
    sizes = [one.wins + one.ties + one.losses for one in known]
    first = known[0]
    wanted = min(
        enough(one.test, rows, (1 - first.confidence) / first.comparisons)
        for one, rows in zip(known, sizes, strict=True)
    )
    if first.test == BOOTSTRAP:
        these = count(first.replicates, "replicate")
        takes = f"--bootstrap {wanted:.0f}" if wanted < MOST_REPLICATES else "more rows"
    else:
        these, takes = count(max(sizes), "row"), f"{wanted:.0f} rows"
    of = f" in {first.comparisons:,} comparisons" if first.comparisons > 1 else ""
    return Warn("too-few-draws", f"{these} cannot show any difference{of}; it takes {takes}", first.new)


_DOUBTS = {
    "few-rows": f"fewer than {FEWEST_ROWS} rows, so the interval may be too narrow",
    "equal-differences": "every row differs by the same, so the interval has no width",
    "heavy-row": "one row makes {share} of the variance, so the interval may be too narrow; compare --why shows the rows that count",
    "skewed": "a few rows differ far more than the others, so the interval may be too narrow; compare --why shows them",
}


def _doubt(code: str, about: Sequence[Comparison], message: str) -> Warn:
    names = [
        one.text
        if one.group is None
        else f"{one.text} of {' '.join(f'{name}={part}' for name, part in one.group.items())}"
        for one in about
    ]
    most = 3
    shown = ", ".join(names[:most]) + (f" and {count(len(names) - most, 'more', 'more')}" if len(names) > most else "")
    return Warn(code, f"{shown}: {message}", about[0].new)
