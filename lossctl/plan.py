"""What is asked of an input (Plan), what is known so far (Totals), and how the one turns the other into a Result."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, nan
from typing import TYPE_CHECKING, NamedTuple, cast, get_args

import numpy as np

from lossctl.aggregates.counts import Counts, Mentions
from lossctl.aggregates.groups import Each, Groups, T
from lossctl.aggregates.mean import Mean, Reduction, RootMeanSquare
from lossctl.aggregates.specimen import MOST_ROWS, Specimen
from lossctl.batch import key, named, place
from lossctl.effects import Effects, RowEffects, differ, exact_value, legal, own_value, reasons, states
from lossctl.errors import DataError, InputError, NoRowsError, UsageError, count, listed, quoted
from lossctl.kinds import OFF_ONE_NOTED, OFF_ONE_REFUSED, SIGN, Several
from lossctl.losses.conventions import EXACT, TOGETHER
from lossctl.losses.declare import BY_OUTPUT
from lossctl.losses.spec import Shapes, fit, fits, unpooled
from lossctl.losses.stable import in_rows, of_label, row_max, row_mean, row_root_mean_square, to_label
from lossctl.readers.columns import POSITIVE, bind, find, find_others, plain_name
from lossctl.results import Input, Result, TermRecord, Value, Warn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from lossctl.batch import Batch, Key
    from lossctl.kinds import Array, Fault, Floats, Kind
    from lossctl.losses.declare import Finish, Loss, Params
    from lossctl.losses.spec import Request, Spec, Term
    from lossctl.losses.stable import Once, Split
    from lossctl.readers.columns import Asked, Binding, Found
    from lossctl.readers.table import Header
    from lossctl.results import Group, Skill
    from lossctl.skill import Constant

REDUCTIONS: tuple[Reduction, ...] = get_args(Reduction)

_ZERO = "\0the label 0"
_MINUS_ONE = "\0the label -1"
_OFF_ONE = "rows-off-one"
_ROUNDED = "rounded-numbers"
_UNSEEN = "positive-unseen"
_LEFT_OUT = "left-out"

CODES = {
    _OFF_ONE: f"Rows of probabilities are off 1 by more than {OFF_ONE_NOTED:g}, at most by {OFF_ONE_REFUSED:g}. They were "
    "taken as they are; the parameter renormalise=true divides each by its sum.",
    _ROUNDED: "Whole numbers beyond 2⁵³, or decimals, have more digits than a float64 holds. They were rounded to the "
    "nearest float64 before the loss was computed.",
    _UNSEEN: "No row has the label that --positive names, so every row counts as negative. Look at the spelling and the "
    "case of the label.",
    _LEFT_OUT: "LOSS all and identify try losses that take more inputs where columns are named like these. A cell of such a "
    "column is missing or cannot be read, so these losses are left out. Where LOSS names one, text is an error and --nan "
    "decides about a missing cell.",
    "no-such-loss": "lossctl knows no such loss of the framework that --like names, so the value printed is the exact one.",
    "refused": "A convention, or exact under --like all, takes no such data, so it has no number; the note says why.",
    "unlike-exact": "Under --like, the value printed is not the exact one; the note says what acted, on how many rows, and "
    "what exact is.",
}
"""What each note means, in words that hold for every input."""

_USUAL = ("y_true", "y_pred")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a spec has no value. Of several reasons the first is kept: that of the first row, that of rows together last.

    Attributes:
        row: the row that is none for it; infinity where that is no single one.
        message: why, a sentence without its end.
        help: what to type instead.
    """

    row: float
    message: str
    help: str

    @classmethod
    def of(cls, error: DataError) -> Refusal:
        """What an error says."""
        return cls(inf if error.row is None else error.row, error.message, error.help)

    def __add__(self, other: Refusal) -> Refusal:
        return self if self.row <= other.row else other


@dataclass(frozen=True, slots=True)
class Totals:
    """What is known of the rows seen so far. Totals of different rows add, in any order.

    Attributes:
        tallies: for each spec the aggregate of all rows.
        effects: for each spec under a convention what that did to the rows.
        groups: the tallies by group.
        groups_effects: the effects by group.
        constants: for each spec whose skill is asked for what is known of its best constant.
        groups_constants: the constants by group.
        counts: rows read, filtered and dropped.
        labels_seen: labels of special meaning that were seen.
        mentions: by code and role, the rows that a note is about.
        refused: by the index of optional specs why some row was none for them, in words where that is told.
        specimen: the first rows, as losses receive them.
    """

    tallies: Each[Mean]
    groups: Groups[Each[Mean]] = field(default_factory=Groups)
    counts: Counts = Counts()
    labels_seen: frozenset[str] = frozenset()
    mentions: Groups[Mentions] = field(default_factory=Groups)
    refused: Groups[Refusal] = field(default_factory=Groups)
    specimen: Specimen = field(default_factory=Specimen)
    effects: Each[Effects] = Each(())
    groups_effects: Groups[Each[Effects]] = field(default_factory=Groups)
    constants: Each[Constant] = Each(())
    groups_constants: Groups[Each[Constant]] = field(default_factory=Groups)

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.tallies + other.tallies,
            self.groups + other.groups,
            self.counts + other.counts,
            self.labels_seen | other.labels_seen,
            self.mentions + other.mentions,
            self.refused + other.refused,
            self.specimen + other.specimen,
            self.effects + other.effects,
            self.groups_effects + other.groups_effects,
            self.constants + other.constants,
            self.groups_constants + other.groups_constants,
        )


class RowLosses(NamedTuple):
    """The losses of some rows under one spec.

    Attributes:
        values: shape (n,), the loss of each row, multiplied by its factor already.
        factor: shape (n,), what the loss multiplies the weight of each row by; None for 1.
        parts: for each term of a weighted sum its part of the values, shape (n,); empty for a single loss.
        effects: what a convention did to them, None where there is none.
        split: what adds up instead of the values; None for a mean of these.
        outputs: shape (n, k), the losses of outputs that end each by itself; None for other losses.
    """

    values: Floats
    factor: Floats | None = None
    parts: tuple[Floats, ...] = ()
    effects: RowEffects | None = None
    split: Split | None = None
    outputs: Floats | None = None

    @property
    def added(self) -> tuple[Floats, Floats | None]:
        """What amounts to the value: the losses and their factor or outputs, or the parts of a split."""
        if self.split:
            return self.split.above, self.split.below
        return self.values, self.factor if self.outputs is None else self.outputs

    @property
    def once(self) -> tuple[Once, ...]:
        """What the loss gives once for all rows."""
        return self.split.once if self.split else ()


class Scored(NamedTuple):
    """Some rows and their losses.

    Attributes:
        batch: the rows.
        losses: for each spec the losses; None where it is optional and some row is none for it.
        labels: labels of special meaning that were seen.
        mentions: by code and role, the rows that a note is about.
        refused: by the index of optional specs why some row is none for them.
    """

    batch: Batch
    losses: tuple[RowLosses | None, ...]
    labels: frozenset[str]
    mentions: Mapping[Key, Mentions]
    refused: Mapping[Key, Refusal]

    def seen(self, index: int) -> NDArray[np.intp]:
        """The indices of the rows whose loss under a spec is looked at: those whose weight is not 0."""
        losses, weight = self.losses[index], self.batch.weight
        found = np.ones(self.batch.kept.size) if weight is None else weight
        return np.flatnonzero(found if losses is None or losses.factor is None else found * losses.factor)


class Plan(NamedTuple):
    """What is asked of one input.

    Attributes:
        specs: the losses, in order.
        binding: the columns they are computed from.
        reduction: how rows become one value.
        skill: the places of the specs whose values are told beside those of their best constants.
        weightless: whether a group whose weights add to 0 has the value NaN; else it is refused, as all rows are.
    """

    specs: tuple[Spec, ...]
    binding: Binding
    reduction: Reduction
    skill: tuple[int, ...] = ()
    weightless: bool = False

    @property
    def empty(self) -> Totals:
        """The totals of no rows."""
        nothing = tuple(
            Effects(aggregate_of(spec, exact=True)(), 0, (0,) * len(spec.steps), refused=False) for spec in self._unlike
        )
        tallies = Each(tuple(aggregate_of(spec)() for spec in self.specs))
        if not self.skill:
            return Totals(tallies, effects=Each(nothing))
        from lossctl import skill  # most do not ask

        constants = tuple(skill.nothing(self.specs[place]) for place in self.skill)
        return Totals(tallies, effects=Each(nothing), constants=Each(constants))

    @property
    def _unlike(self) -> list[Spec]:
        """The specs under a convention."""
        return [spec for spec in self.specs if spec.applied != EXACT]

    def score(self, batch: Batch) -> Scored:
        """The losses of the rows of a batch.

        Raises:
            DataError: a value is not what a loss takes.
        """
        checks = _Checks(batch, self.binding)
        losses: list[RowLosses | None] = []
        refused: dict[Key, Refusal] = {}
        for index, spec in enumerate(self.specs):
            if spec.barred:
                losses.append(None)
                continue
            unread = [batch.unread[role] for term in spec.terms for role in term.loss.roles if role in batch.unread]
            if unread:
                losses.append(None)
                refused[(index,)] = Refusal(*min(unread), "")
                continue
            try:
                if not spec.named and any(checks.wrong(term, self.coded(term.params)) for term in spec.terms):
                    losses.append(None)
                    refused[(index,)] = Refusal(inf, "", "")  # of which nothing is told
                else:
                    losses.append(self._values(spec, batch, checks))
            except DataError as error:
                if not spec.optional:
                    raise
                losses.append(None)
                refused[(index,)] = Refusal.of(error) if spec.named else Refusal(inf, "", "")
        return Scored(batch, tuple(losses), checks.labels, checks.mentions, refused)

    def total(self, scored: Scored) -> Totals:
        """The totals of some rows."""
        batch = scored.batch
        tallies: list[Mean] = []
        grouped: list[list[Mean]] = []
        effects: list[Effects] = []
        by_group: list[list[Effects]] = []
        for spec, losses in zip(self.specs, scored.losses, strict=True):
            aggregate = aggregate_of(spec)
            of_rows = losses or RowLosses(np.zeros(batch.kept.size))
            values, factor = of_rows.added
            tallies.append(aggregate.of(values, batch.weight, factor, *of_rows.once))
            if batch.group is not None:
                codes, keys = batch.group
                grouped.append(aggregate.by_code(values, batch.weight, factor, codes, len(keys), *of_rows.once))
            if spec.applied != EXACT:
                done = of_rows.effects or _no_effects(spec, batch.kept.size)
                exact = aggregate_of(spec, exact=True)
                effects.append(Effects.of(done, batch.weight, exact))
                if batch.group is not None:
                    by_group.append(Effects.by_code(done, batch.weight, exact, codes, len(keys)))
        constants, groups_constants = self._constants(scored) if self.skill else (Each(()), Groups({}))
        return Totals(
            Each(tuple(tallies)),
            Groups({}) if batch.group is None else by_key(batch.group[1], grouped),
            Counts(batch.rows, batch.filtered, batch.dropped),
            batch.labels | scored.labels,
            Groups(scored.mentions),
            Groups(scored.refused),
            Specimen.of(batch.numbers, batch.arrays) if batch.first_row <= MOST_ROWS else Specimen(),
            Each(tuple(effects)),
            by_key(batch.group[1], by_group) if batch.group is not None and by_group else Groups({}),
            constants,
            groups_constants,
        )

    def _constants(self, scored: Scored) -> tuple[Each[Constant], Groups[Each[Constant]]]:
        """What some rows tell of the best constants, together and by group."""
        from lossctl import skill

        batch = scored.batch
        rows = skill.Rows(batch, self.binding.widths.get("y_pred", 0))
        together = np.zeros(batch.kept.size, np.intp)
        codes, keys = (together, ()) if batch.group is None else batch.group
        whole: list[Constant] = []
        grouped: list[list[Constant]] = []
        for index in self.skill:
            spec = self.specs[index]
            taken = scored.losses[index] is not None
            whole += rows.constants(spec, together, 1) if taken else [skill.nothing(spec)]
            if keys:
                grouped.append(rows.constants(spec, codes, len(keys)) if taken else [skill.nothing(spec)] * len(keys))
        return Each(tuple(whole)), by_key(keys, grouped) if keys else Groups({})

    def judge(self, where: str, totals: Totals) -> dict[int, DataError]:
        """Refuse what only the end of an input shows; by the index of an optional spec why it has no value then.

        Raises:
            NoRowsError: there are no rows.
            DataError: the labels contradict each other.
        """
        self._refuse_emptiness(where, totals)
        others = sorted(totals.labels_seen - {_ZERO, _MINUS_ONE})
        if self._positive_unseen(totals) and len(others) > 1:
            raise DataError(
                f"{where}: no y_true cell is {quoted(self.binding.positive)}, which --positive names; "
                f"there are {listed(others, most=5)}",
                help="--positive LABEL names the label that counts as 1",
            )
        refused = self._refused_together(where, totals)
        for index, error in refused.items():
            if not self.specs[index].optional:
                raise error
        return refused

    def _refused_together(self, where: str, totals: Totals) -> dict[int, DataError]:
        """By the index of a spec why all rows together are none for it."""
        found = {}
        mixed = _signs_mixed(totals)
        for index, (spec, tally) in enumerate(zip(self.specs, totals.tallies.members, strict=True)):
            if spec.barred:
                why, help = spec.barred
                found[index] = DataError(f"{where}: {why}", help=help)
            elif mixed and _takes_signs(spec):
                found[index] = DataError(
                    f"{where}: y_true holds both 0 and -1, and for a hinge loss both mean the negative class",
                    help="keep -1 and 1, or 0 and 1",
                )
            elif not totals.labels_seen & {_ZERO, _MINUS_ONE} and _needs_both_signs(spec):
                found[index] = DataError(
                    f"{where}: every y_true is positive, and {spec.like} takes labels of a single class for negative ones",
                    help="--like exact takes them for what they are",
                )
            elif tally.uneven:
                found[index] = DataError(
                    f"{where}: column {quoted(self.binding.weight)}: the weights differ, and {spec.text} takes "
                    "each row whole or, of weight 0, not at all",
                    help="mae takes any weights",
                )
        return found

    def result(self, command: str, label: str, path: str | None, header: Header, totals: Totals) -> Result:
        """The result that the totals of all rows of an input amount to.

        Raises:
            NoRowsError: there are no rows.
            InputError: their weights add to 0.
            DataError: the labels contradict each other.
        """
        where = path or label
        refused = {index: Refusal.of(error) for index, error in self.judge(where, totals).items()}
        refused |= {cast("int", index): refusal for (index,), refusal in totals.refused.members.items()}
        keyed: list[tuple[Group | None, Each[Mean], Each[Effects], Each[Constant]]] = [
            (
                dict(zip(map(plain_name, self.binding.by), group, strict=True)),
                each,
                totals.groups_effects.members.get(group, Each(())),
                totals.groups_constants.members.get(group, Each(())),
            )
            for group, each in totals.groups.ordered()
        ]
        keyed.append((None, totals.tallies, totals.effects, totals.constants))
        unlike = [index for index, spec in enumerate(self.specs) if spec.applied != EXACT]
        places = {index: place for place, index in enumerate(unlike)}
        skilled = {index: place for place, index in enumerate(self.skill)}
        told = {index: refusal for index, refusal in refused.items() if self.specs[index].named}
        if len(refused) == len(self.specs):
            for refusal in told.values():
                raise DataError(refusal.message, help=refusal.help)
            raise InputError(f"{where}: no loss takes these values", help="name a loss to see what is in its way")
        values = tuple(
            self._value(
                spec,
                label,
                where,
                group,
                each.members[index],
                effects.members[places[index]] if index in places else None,
                constants.members[skilled[index]] if index in skilled else None,
                told[index].message if index in told else "",
            )
            for index, spec in enumerate(self.specs)
            if index not in refused or index in told
            for group, each, effects, constants in (keyed[-1:] if index in told else keyed)
        )
        passed = {index: refusal for index, refusal in refused.items() if index not in told}
        warnings = self._warnings(label, totals, passed)
        if self.skill:
            from lossctl import skill

            warnings += tuple(skill.notes(values))
        return Result(command, (self.input(label, path, header, totals),), values, warnings)

    def input(self, label: str, path: str | None, header: Header, totals: Totals) -> Input:
        """What became of the rows of an input."""
        counts = totals.counts
        roles = dict(self.binding.roles)
        if self.binding.weight:
            roles["weight"] = (self.binding.weight,)
        if self.binding.by:
            roles["by"] = self.binding.by
        roles = {role: tuple(map(plain_name, names)) for role, names in roles.items()}
        return Input(
            label,
            path,
            counts.rows,
            counts.used,
            counts.dropped,
            counts.filtered,
            roles,
            self.binding.classes,
            header.notes,
            header.parts,
        )

    def _values(self, spec: Spec, batch: Batch, checks: _Checks) -> RowLosses:
        arrays = [checks.arrays(term, self.coded(term.params)) for term in spec.terms]
        total, factor, parts, _, split, outputs = _losses(
            spec, arrays, [self.coded(term.params) for term in spec.terms]
        )
        effects = None if spec.applied == EXACT else self._effects(spec, arrays, total)
        if batch.present is not None:
            total = _scattered(total, batch.present, np.nan)
            factor = None if factor is None else _scattered(factor, batch.present, 1.0)
            parts = tuple(_scattered(part, batch.present, np.nan) for part in parts)
            effects = effects and _scattered_effects(effects, batch.present)
            outputs = None if outputs is None else _scattered(outputs, batch.present, np.nan)
            if split is not None:
                above = _scattered(split.above, batch.present, np.nan)
                below = None if split.below is None else _scattered(split.below, batch.present, np.nan)
                split = split._replace(above=above, below=below)
        return RowLosses(total, factor, parts, effects, split, outputs)

    def _effects(self, spec: Spec, arrays: Sequence[Sequence[Array]], values: Floats) -> RowEffects:
        """What the convention of a spec did to rows of which it made these values."""
        classes = self.binding.widths.get("y_pred", 0)
        first, refused = RowLosses(values), False
        kept = np.ones(values.size, np.bool_)
        changed: list[NDArray[np.bool_]] = []
        before = values
        for index, params in enumerate(states(spec)):
            coded = [self.coded(one) for one in params]
            taken = [list(each) for each in arrays]
            barred = np.zeros(values.size, np.bool_)
            for term, one, each in zip(spec.terms, coded, taken, strict=True):
                if term.loss.roles["y_true"].coding == "class":
                    known = legal(each[0], classes, one.get("ignore_index"))
                    barred |= ~known
                    each[0] = np.where(known, each[0], 0)
            done = _losses(spec, taken, coded)
            after = np.where(barred, np.nan, done.values)
            if index and spec.steps[index - 1][1] in TOGETHER:
                changed.append(np.ones(values.size, np.bool_))
            elif index:
                changed.append(differ(before, after))
            else:
                first = done._replace(values=after)
                refused = unpooled([(term.loss, term.exact) for term in spec.terms], classes) or any(
                    kind.fault(array, one, classes) is not None
                    for term, one, read in zip(spec.terms, coded, arrays, strict=True)
                    for kind, array in zip(term.loss.roles.values(), read, strict=True)
                )
            before = after
        for term, read in zip(spec.terms, arrays, strict=True):
            if (ignored := self.coded(term.params).get("ignore_index")) is not None:
                kept &= read[0] != ignored
        return RowEffects(*first.added, kept, tuple(changed), refused, first.once)

    def slopes(self, spec: Spec, batch: Batch, places: NDArray[np.intp]) -> Floats:
        """The derivatives by y_pred of the losses of some rows under a spec whose losses have slopes.

        Args:
            spec: one of the plan's.
            batch: the rows, whose losses are known to be what the spec takes.
            places: which of the m rows that the arrays hold.

        Returns:
            Shape (n,) or (n, k), by each value of y_pred. Weights of rows are not in them.
        """
        total: Floats | None = None
        for term in spec.terms:
            loss = term.loss
            if loss.slope is None:
                raise AssertionError(f"{loss.name} has no slope")
            read = [batch.arrays[key(role, kind.coding)][places] for role, kind in loss.roles.items()]
            arrays, params = as_computed(read, self.coded(term.params))
            with np.errstate(all="ignore"):
                slopes = loss.slope(*arrays, **params).astype(np.float64, copy=False)
                if slopes.ndim == 2 and loss.finish == "largest":  # of equal ones the first
                    first = loss.rows(*arrays, **params).argmax(axis=1)
                    slopes = to_label(of_label(slopes, first), first, slopes.shape[1])
                elif loss.elementwise and slopes.ndim == 2:
                    outputs = slopes.shape[1]
                    slopes = slopes / outputs
                    if term.finish == "root_mean_square":
                        values = loss.rows(*arrays, **params)
                        whole = row_root_mean_square(values)[:, None]
                        slopes = slopes * (values / np.where(whole == 0, 1.0, whole))
                if spec.is_sum:
                    slopes = term.weight * slopes
                total = slopes if total is None else total + slopes
        if total is None:
            raise AssertionError("a spec has at least one term")
        return total + 0.0  # which leaves no -0

    def coded(self, params: Params) -> Params:
        """The parameters with an ignored label as the id that the arrays have for it."""
        label = params.get("ignore_index")
        return params if label is None else {**params, "ignore_index": self.binding.ignored[cast("int", label)]}

    def _value(
        self,
        spec: Spec,
        label: str,
        where: str,
        group: Group | None,
        mean: Mean,
        effects: Effects | None,
        constant: Constant | None,
        refused: str,
    ) -> Value:
        widths = self.binding.widths
        outputs = widths.get("y_pred", widths.get("y_true", 1))
        record = Value(
            label,
            spec.name,
            spec.text,
            spec.params,
            tuple(TermRecord(term.weight, term.loss.name, term.params) for term in spec.terms) if spec.is_sum else None,
            spec.applied,
            self.reduction,
            group,
            mean.rows,
            float(mean.weight),
            nan,
            refused=refused,
        )
        if refused:
            return record

        def reduced(mean: Mean) -> float:
            if effects is None:
                return mean.value(self.reduction)
            return own_value(spec, mean, effects, outputs, self.reduction)

        value = reduced(mean)
        # A sum of nothing is told only of a framework that tells it.
        own = spec.applied != EXACT and (
            self.reduction == "sum" or (self.reduction == "mean" and spec.divides not in {"weights", "kept"})
        )
        if not own and not mean.weight.units and not mean.weight.nans:
            if group is None or not self.weightless:
                of = "" if group is None else f" of group {listed(f'{name}={part}' for name, part in group.items())}"
                raise InputError(
                    f"{where}: the weights{of} add to 0, so {spec.text} has no {self.reduction.partition('-')[0]}",
                    help="give a row some weight, or leave these rows out with --where",
                )
            value = np.nan
        return record._replace(
            value=value,
            exact=None if effects is None else exact_value(effects, self.reduction),
            reasons=() if effects is None else reasons(spec, value, mean, effects, outputs, self.reduction),
            approximate=mean.approximate,
            skill=None if constant is None else self._skill(spec, constant, mean, value, reduced),
        )

    def _skill(
        self, spec: Spec, constant: Constant, mean: Mean, value: float, reduced: Callable[[Mean], float]
    ) -> Skill:
        from lossctl import skill

        return skill.compared(spec, constant, mean, value, reduced)

    def _refuse_emptiness(self, where: str, totals: Totals) -> None:
        counts = totals.counts
        if counts.used:
            return
        if not counts.rows:
            raise NoRowsError(f"{where}: it has a header but no rows", help="at least one row is needed")
        if counts.filtered == counts.rows:
            wanted = " and ".join(f"{name}={text}" for name, text in self.binding.where)
            raise NoRowsError(
                f"{where}: none of {count(counts.rows, 'row')} has {wanted}", help="--where compares the whole cell"
            )
        raise NoRowsError(
            f"{where}: each of {count(counts.dropped, 'row')} misses a cell, so --nan drop leaves none",
            help="-t and -p choose other columns",
        )

    def _positive_unseen(self, totals: Totals) -> bool:
        return self.binding.positive is not None and POSITIVE not in totals.labels_seen

    def _warnings(self, label: str, totals: Totals, refused: Mapping[int, Refusal]) -> tuple[Warn, ...]:
        found = []
        passed = {self.specs[index].text for index in refused if self.specs[index].like == EXACT}
        barred: dict[str, list[str]] = {}
        left_out: dict[tuple[float, str], dict[str, None]] = {}
        for (code, role), mentions in totals.mentions.ordered():
            one = mentions.count == 1
            message = (
                f"{count(mentions.count, 'row')} of {role} {'adds' if one else 'add'} to 1 only roughly "
                f"(first row {mentions.first[0]}); nothing was divided, renormalise=true divides"
                if code == _OFF_ONE
                else f"{count(mentions.count, 'row')} of {role} {'holds' if one else 'hold'} numbers with more digits "
                f"than a float64 has (first row {mentions.first[0]}); they were rounded to the nearest"
            )
            found.append(Warn(str(code), message, label, mentions.first))
        for index, spec in enumerate(self.specs):
            message = ""
            if spec.lacking and not spec.optional:
                message = f"lossctl knows no {listed(spec.lacking, 'or')} of {spec.like}, so what is printed is exact"
                found.append(Warn("no-such-loss", message, label))
            elif index in refused and refused[index].row < inf:
                left_out.setdefault((refused[index].row, refused[index].message), {})[spec.name] = None
            elif index in refused and spec.like != EXACT and spec.text not in passed:
                barred.setdefault(spec.like, []).append(spec.text)
        for like, texts in barred.items():
            message = f"{like} takes no such values, so it has no number for {listed(texts)}"
            found.append(Warn("refused", message, label))
        for (row, why), names in left_out.items():
            be = "is" if len(names) == 1 else "are"
            found.append(Warn(_LEFT_OUT, f"{listed(names)} {be} left out: {why}", label, (int(row),)))
        if self._positive_unseen(totals):
            found.append(
                Warn(
                    _UNSEEN,
                    f"no y_true cell is {quoted(self.binding.positive)}, so every row counts as negative",
                    label,
                )
            )
        return tuple(found)


class Model(NamedTuple):
    """One model of an input.

    Attributes:
        plan: its losses and columns.
        label: its name in results.
        path: the file, None for values given as arguments or arrays.
        header: the columns of the file.
    """

    plan: Plan
    label: str
    path: str | None
    header: Header


def planned(requests: Sequence[Request], header: Header, asked: Asked, path: str, reduction: Reduction) -> Plan:
    """The plan for an input with this header.

    Raises:
        UsageError: a column does not exist, or no loss takes columns of these shapes.
        InputError: nothing says which columns are meant.
    """
    losses = [loss for request in requests for loss in request.candidates]
    roles = dict.fromkeys(role for loss in losses for role in loss.roles)
    others = find_others(header, asked, path, [role for role in roles if role not in _USUAL])
    widths = {role: others.width(role) for role in others.roles}

    def accepts(y_true: int, y_pred: int) -> bool:
        shapes = Shapes(y_true, y_pred, widths)
        fitting = [any(fits(loss, shapes) for loss in request.candidates) for request in requests]
        return any(fitting) if all(request.optional for request in requests) else all(fitting)

    words = {
        role: [word for loss in losses for word, meant in loss.called.items() if meant == role]
        for role in _USUAL
        if role in roles
    }
    found = find(header, asked, path, accepts, words, others)
    try:
        specs = fit(requests, Shapes(found.width("y_true"), found.width("y_pred"), widths))
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", help=error.help, options=error.options) from None
    if any(column.is_text for column in found.roles.get("y_true", ())):
        specs = [spec for spec in specs if spec.named or "number" not in _codings(spec)] or specs
    specs = [
        spec
        if reduction in aggregate_of(spec).reductions
        else spec.barring(
            f"{spec.text} is no mean of rows, so it has no {reduction}", help="--reduction mean is the default"
        )
        for spec in specs
    ]
    specs = [spec for spec in specs if spec.named or not spec.barred]
    kinds: dict[str, list[Kind]] = {role: [] for role in found.roles}
    ignored: set[int] = set()
    for term in (term for spec in specs for term in spec.terms):
        for role, kind in term.loss.roles.items():
            kinds.setdefault(role, []).append(kind)
        if isinstance(label := term.params.get("ignore_index"), int):
            ignored.add(label)
        _refuse_lengths(term, found, path)
    used = {role: of_role for role, of_role in kinds.items() if of_role}
    binding = bind(found, header, asked, path, used, frozenset(ignored))
    doubtful = len({"class", "number"} & binding.codings.get("y_true", frozenset())) > 1 and all(
        not spec.named for spec in specs if "class" in _codings(spec)
    )
    needed = {role for spec in specs if spec.named for term in spec.terms for role in term.loss.roles}
    spare = used.keys() - needed - {*_USUAL, *asked.others}
    return Plan(tuple(specs), binding._replace(doubtful=doubtful, spare=frozenset(spare)), reduction)


class _Wrong(NamedTuple):
    """A value that is not of its kind."""

    role: str
    fault: Fault
    array: Array


class _Checks:
    """The arrays of a batch for its losses, each checked once, and what the checks noticed."""

    def __init__(self, batch: Batch, binding: Binding) -> None:
        self._batch = batch
        self._binding = binding
        self._done: dict[tuple[object, ...], Fault | None] = {}
        self.labels: frozenset[str] = frozenset()
        self.mentions: dict[Key, Mentions] = {
            (_ROUNDED, role): Mentions.of(rows) for role, rows in batch.unheld.items()
        }

    def arrays(self, term: Term, params: Params) -> list[Array]:
        """The arrays of the roles of a term's loss.

        Raises:
            DataError: a value is not of its kind.
        """
        wrong = self.wrong(term, params)
        if wrong is not None:
            raise self._error(*wrong)
        arrays = [self._batch.arrays[key(role, kind.coding)] for role, kind in term.kinds.items()]
        self._refuse_disorder(term.loss, arrays)
        return arrays

    def wrong(self, term: Term, params: Params) -> _Wrong | None:
        """The first value that is not of its kind; its place in the file, which takes long to find, is left open."""
        found: list[_Wrong] = []
        for role, kind in term.kinds.items():
            array = self._batch.arrays[key(role, kind.coding)]
            check = (role, kind, *map(params.get, ("renormalise", "ignore_index", "log_input", "clip", "format")))
            if check not in self._done:
                self._done[check] = self._check(role, kind, array, params)
            fault = self._done[check]
            if fault is not None:
                found.append(_Wrong(role, fault, array))
        return min(found, key=lambda wrong: wrong.fault.row, default=None)

    def _refuse_disorder(self, loss: Loss, arrays: Sequence[Array]) -> None:
        inputs = dict(zip(loss.roles, arrays, strict=True))
        for low, high in pairwise(loss.ordered):
            wrong = inputs[low] > inputs[high]
            if wrong.any():
                row, *output = (int(index) for index in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
                found = [float(inputs[role][(row, *output)]) for role in (low, high)]
                number = int(self._batch.numbers[row]) - self._batch.first_row
                raise DataError(
                    f"{place(self._batch.origin, number, self._batch.first_row)}: {low} is {found[0]!r} and {high} is "
                    f"{found[1]!r}, below it",
                    help=f"-p {low}=COLUMN,{high}=COLUMN says which is which",
                    row=int(self._batch.numbers[row]),
                )

    def _check(self, role: str, kind: Kind, array: Array, params: Params) -> Fault | None:
        fault = kind.fault(array, params, self._binding.widths.get("y_pred", 0))
        if fault is not None:
            return fault
        off = kind.rows_off_one(array, params)
        if off.size:
            self.mentions[(_OFF_ONE, role)] = Mentions.of(self._batch.numbers[off].tolist())
        if kind == SIGN:
            zero = {_ZERO} if (array == 0).any() else set()
            self.labels |= zero | ({_MINUS_ONE} if (array == -1).any() else set())
        return None

    def _error(self, role: str, fault: Fault, array: Array) -> DataError:
        number = int(self._batch.numbers[fault.row])
        row = number - self._batch.first_row
        origin = self._batch.origin
        names = self._binding.roles[role]
        name = names[fault.output or 0] if len(names) > 1 else names[0]
        shown = [named(origin, column) for column in names]
        where = place(origin, row, self._batch.first_row, name)
        if fault.output is None and array.ndim > 1:
            columns = (
                f"column {quoted(shown[0])}"
                if len(names) == 1
                else f"columns {quoted(shown[0])} to {quoted(shown[-1])}"
            )
            return DataError(f"{where}: {columns}: the row {fault.problem}", help=fault.help, row=number)
        value = (
            origin.cell(row, name) if array.ndim == 1 or len(names) > 1 else repr(float(array[fault.row, fault.output]))
        )
        return DataError(
            f"{where}: column {quoted(named(origin, name))}: {quoted(value)} {fault.problem}",
            help=fault.help,
            row=number,
        )


def _losses(spec: Spec, arrays: Sequence[Sequence[Array]], params: Sequence[Params]) -> RowLosses:
    """The losses of rows, from the arrays and the parameters of each term."""
    total: Floats | None = None
    factor: Floats | None = None
    parts: list[Floats] = []
    split: Split | None = None
    outputs: Floats | None = None
    for term, wide, given in zip(spec.terms, arrays, params, strict=True):
        loss = term.loss
        each, rest = as_computed(wide, given)
        finish = loss.ends(rest)
        with np.errstate(all="ignore"):
            values = loss.rows(*each, **rest)
            if finish in BY_OUTPUT.values():
                outputs = in_rows(values).astype(np.float64, copy=False)
            if loss.elementwise and values.ndim == 2:
                values = of_outputs(finish)(values)
            values = values.astype(np.float64, copy=False)
            if spec.is_sum:
                values = term.weight * values
                parts.append(values)
                total = values if total is None else total + values
            else:
                total = values
                factor = loss.weigh(*each, **rest) if loss.weigh is not None else None
                split = loss.split(*each, **rest).wide if loss.split is not None and finish else None
    if total is None:
        raise AssertionError("a spec has at least one term")
    return RowLosses(total, factor, tuple(parts), split=split, outputs=outputs)


def as_computed(arrays: Sequence[Array], params: Params) -> tuple[Sequence[Array], Params]:
    """The arrays in the precision that the parameter dtype asks for, and the parameters of the formula itself."""
    if "dtype" not in params:
        return arrays, params
    with np.errstate(over="ignore"):
        narrow = [array.astype(np.float32) if array.dtype == np.float64 else array for array in arrays]
    return narrow, {name: value for name, value in params.items() if name != "dtype"}


def _no_effects(spec: Spec, rows: int) -> RowEffects:
    """The effects on rows that the spec refuses."""
    none = np.zeros(rows, np.bool_)
    return RowEffects(np.zeros(rows), None, none, (none,) * len(spec.steps), refused=False)


def _scattered_effects(effects: RowEffects, present: NDArray[np.bool_]) -> RowEffects:
    def spread(mask: NDArray[np.bool_], filling: bool) -> NDArray[np.bool_]:
        whole = np.full(present.size, filling)
        whole[present] = mask
        return whole

    return effects._replace(
        exact=_scattered(effects.exact, present, np.nan),
        factor=None
        if effects.factor is None
        else _scattered(effects.factor, present, 1.0 if effects.factor.ndim == 1 else np.nan),
        kept=spread(effects.kept, filling=True),
        changed=tuple(spread(one, filling=False) for one in effects.changed),
    )


def aggregate_of(spec: Spec, *, exact: bool = False) -> type[Mean]:
    """What the row losses of a spec add up to, or those without its convention."""
    term = spec.terms[0]
    finish = term.loss.ends(term.exact if exact else term.params)
    if finish is None:
        return Mean
    if finish == "root_mean_square":
        return RootMeanSquare
    if finish in {"norm", "normalised"}:  # start-up: most do not ask for these, nor for those below
        from lossctl.aggregates import norms

        return norms.Norm if finish == "norm" else norms.Normalised
    from lossctl.aggregates import finished

    return {
        "ratio": finished.Ratio,
        "largest": finished.Largest,
        "median": finished.Median,
        "roots": finished.Roots,
        "medians": finished.Medians,
    }[finish]


def of_outputs(finish: Finish | None) -> Callable[[Floats], Floats]:
    """How the losses of a row's outputs become that of the row."""
    return {"root_mean_square": row_root_mean_square, "largest": row_max}.get(finish or "", row_mean)


def _signs_mixed(totals: Totals) -> bool:
    return {_ZERO, _MINUS_ONE} <= totals.labels_seen


def _needs_both_signs(spec: Spec) -> bool:
    return any(term.row is not None and term.row.both_signs for term in spec.terms)


def _takes_signs(spec: Spec) -> bool:
    return any(term.loss.roles.get("y_true") == SIGN for term in spec.terms)


def _codings(spec: Spec) -> set[str]:
    return {term.loss.roles["y_true"].coding for term in spec.terms if "y_true" in term.loss.roles}


def _refuse_lengths(term: Term, found: Found, path: str) -> None:
    for name, param in term.loss.params.items():
        values = term.params[name]
        if not isinstance(param.kind, Several) or not isinstance(values, tuple):
            continue
        role = param.kind.role
        width = found.width(role)
        if len(values) != width:
            what = "class" if term.loss.roles[role].per_class else "column"
            held = count(width, what, "classes" if what == "class" else "columns")
            raise UsageError(
                f"{path}: {name} of {term.loss.name} has {count(len(values), 'value')}, and {role} has {held}",
                help=f"give one number for each {what}, in the order of the columns",
            )


def by_key(keys: Sequence[Key], grouped: Sequence[Sequence[T]]) -> Groups[Each[T]]:
    """For each group its aggregates, from a list over groups for each aggregate."""
    return Groups({group: Each(tuple(each)) for group, each in zip(keys, zip(*grouped, strict=True), strict=True)})


def _scattered(values: Floats, present: NDArray[np.bool_], filling: float) -> Floats:
    whole = np.full((present.size, *values.shape[1:]), filling)
    whole[present] = values
    return whole
