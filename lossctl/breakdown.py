"""Where the loss sits: its spread over the rows, the worst of them, and what groups and terms add to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lossctl.aggregates.distribution import Distribution
from lossctl.aggregates.groups import Each, Groups
from lossctl.aggregates.mean import Mean
from lossctl.aggregates.worst import Worst
from lossctl.batch import key
from lossctl.errors import UsageError, listed
from lossctl.losses.stable import surprise_of_logits
from lossctl.plan import aggregate_of, by_key
from lossctl.readers.cells import as_text, group_part, is_number
from lossctl.readers.columns import squeezed
from lossctl.rows import SHARES, Guess, Layout, Part, Row, Summary, Within, worst_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from lossctl.batch import Batch, Key
    from lossctl.kinds import Array
    from lossctl.losses.spec import Spec
    from lossctl.plan import Plan, Scored, Totals
    from lossctl.readers.table import Header
    from lossctl.results import Result, Value
    from lossctl.rows import Cell, Cells

BINS = 16


@dataclass(frozen=True, slots=True)
class Spread:
    """How the losses of rows under one spec are spread.

    Attributes:
        losses: the losses of the rows whose weight is not 0.
        carried: what the rows add to the total, as losses without weights; None where those are the losses.
        parts: for each term of a weighted sum the mean of what it adds.
    """

    losses: Distribution
    carried: Distribution | None
    parts: tuple[Mean, ...]

    def __add__(self, other: Spread) -> Spread:
        return Spread(
            self.losses + other.losses,
            self.carried + other.carried if self.carried and other.carried else self.carried or other.carried,
            tuple(one + two for one, two in zip(self.parts, other.parts, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of the rows seen so far. Details of different rows add, in any order.

    Attributes:
        totals: what a plan without details knows.
        spreads: for each spec how its losses are spread.
        worst: for each spec that rows may be ranked by, the worst of them.
        peaks: by group and spec the worst row, with its id.
    """

    totals: Totals
    spreads: Each[Spread]
    worst: Each[Worst[Row]]
    peaks: Groups[Each[Worst[str | None]]]

    def __add__(self, other: Details) -> Details:
        return Details(
            self.totals + other.totals,
            self.spreads + other.spreads,
            self.worst + other.worst,
            self.peaks + other.peaks,
        )


class Breakdown(NamedTuple):
    """What is asked of the rows of one input.

    Attributes:
        plan: the losses, and where they come from.
        label: the name of the input in results.
        top: how many of the worst rows are shown.
        several: whether there are rows of other inputs beside them.
        grad: whether rows show the derivatives of their losses by y_pred.
    """

    plan: Plan
    label: str
    top: int
    several: bool
    grad: bool = False

    @property
    def layout(self) -> Layout:
        """The columns of its rows."""
        binding = self.plan.binding
        return Layout(
            self.label,
            self.several,
            binding.id is not None,
            tuple((role, width) for role, width in binding.widths.items() if role not in binding.spare),
            tuple(spec.text for spec in self.plan.specs),
            tuple(text for spec in self.plan.specs for text in spec.parts),
            tuple(spec.text for spec in self.plan.specs if self.grad and _sloped(spec)),
        )

    @property
    def empty(self) -> Details:
        """The details of no rows."""
        spreads = tuple(Spread(Distribution(), None, _no_parts(spec)) for spec in self.plan.specs)
        worst: Each[Worst[Row]] = Each(tuple(Worst(self.top) for _ in self._rankings))
        return Details(self.plan.empty, Each(spreads), worst, Groups())

    @property
    def _rankings(self) -> range:
        """The specs that rows may be ranked by: the first that the data let stand, known only at their end."""
        firm = [index for index, spec in enumerate(self.plan.specs) if not spec.optional]
        return range(firm[0] + 1 if firm else len(self.plan.specs))

    def score(self, batch: Batch) -> Scored:
        """The losses of the rows of a batch.

        Raises:
            DataError: a value is not what a loss takes.
        """
        return self.plan.score(batch)

    def total(self, scored: Scored) -> Details:
        """The details of some rows."""
        batch = scored.batch
        numbers = batch.kept + batch.first_row
        spreads: list[Spread] = []
        worst: list[Worst[Row]] = []
        peaks: list[list[Worst[str | None]]] = []
        for index, (spec, losses) in enumerate(zip(self.plan.specs, scored.losses, strict=True)):
            values = np.zeros(batch.kept.size) if losses is None else losses.values
            seen = scored.seen(index)
            weight = batch.weight
            added = values if losses is None else losses.added[0]
            carried = None
            if weight is not None or added is not values:
                once = () if losses is None else losses.once
                carried = Distribution.of(aggregate_of(spec).carried(added, weight, *once))
            parts = () if losses is None else tuple(Mean.of(part, batch.weight) for part in losses.parts)
            spreads.append(Spread(Distribution.of(values[seen]), carried, parts or _no_parts(spec)))
            if index in self._rankings:
                worst.append(Worst.of(values[seen], numbers[seen], self.top, partial(self._shown, scored, seen)))
            if batch.group is not None:
                codes, keys = batch.group
                ids = partial(self._ids, batch, seen)
                peaks.append(Worst.by_code(values[seen], numbers[seen], codes[seen], len(keys), ids))
        return Details(
            self.plan.total(scored),
            Each(tuple(spreads)),
            Each(tuple(worst)),
            Groups({}) if batch.group is None else by_key(batch.group[1], peaks),
        )

    def rows(self, scored: Scored, places: NDArray[np.intp] | None = None) -> list[Row]:
        """Rows of a batch and their losses, without their shares.

        Args:
            scored: the rows.
            places: the indices of the rows wanted; None for all.
        """
        batch = scored.batch
        every = np.arange(batch.kept.size)
        places = every if places is None else places
        losses: list[list[float]] = []
        added: list[list[float]] = []
        parts: list[list[float]] = []
        for spec, found in zip(self.plan.specs, scored.losses, strict=True):
            unknown = [math.nan] * places.size
            losses.append(unknown if found is None else found.values[places].tolist())
            added.append(unknown if found is None else found.added[0][places].tolist())
            parts += [unknown for _ in spec.parts] if found is None else [part[places].tolist() for part in found.parts]
        layout = self.layout
        return [
            Row(layout, *cells)
            for cells in zip(
                (batch.kept[places] + batch.first_row).tolist(),
                self._ids(batch, every, places),
                zip(*(self._cells(batch, role, places) for role, _ in layout.roles), strict=True),
                zip(*losses, strict=True),
                zip(*parts, strict=True) if parts else [()] * places.size,
                self._guesses(batch, places),
                [None] * places.size if batch.weight is None else batch.weight[places].tolist(),
                self._grads(scored, places),
                zip(*added, strict=True),
                strict=True,
            )
        ]

    def _grads(self, scored: Scored, places: NDArray[np.intp]) -> Iterable[tuple[Cells, ...]]:
        """For each row the derivatives of its losses by y_pred; NaN where a cell is missing."""
        batch, layout = scored.batch, self.layout
        if not layout.grads:
            return [()] * places.size
        known = np.ones(places.size, np.bool_) if batch.present is None else batch.present[places]
        inside = places if batch.present is None else (np.cumsum(batch.present) - 1)[places[known]]
        width = dict(layout.roles)["y_pred"]
        grads: list[list[Cells]] = []
        for spec, found in zip(self.plan.specs, scored.losses, strict=True):
            if _sloped(spec):
                whole = np.full((places.size, width) if width > 1 else places.size, np.nan)
                if found is not None:
                    whole[known] = self.plan.slopes(spec, batch, inside)
                grads.append(_rows_of(whole))
        return zip(*grads, strict=True)

    def result(self, path: str | None, header: Header, details: Details) -> Result:
        """The result that the details of all rows of an input amount to.

        Raises:
            InputError: there are no rows, or their weights add to 0.
            DataError: the labels contradict each other.
        """
        totals = details.totals
        result = self.plan.result("breakdown", self.label, path, header, totals)
        places = {spec.text: index for index, spec in enumerate(self.plan.specs)}
        standing = {value.text: places[value.text] for value in result.values}
        layout = self.layout
        layout = layout._replace(losses=tuple(standing), grads=tuple(text for text in layout.grads if text in standing))
        return replace(
            result,
            values=tuple(self._within(value, places[value.text], details) for value in result.values),
            summary=tuple(
                self._summary(value, places[value.text], details) for value in result.values if value.group is None
            ),
            rows=tuple(
                _shared(one.shown, layout, standing, totals)
                for one in details.worst.members[min(standing.values())].rows
            ),
            layout=layout,
        )

    def _within(self, value: Value, index: int, details: Details) -> Value:
        if value.group is None:
            return value
        group: Key = tuple(value.group.values())
        whole = details.totals.tallies.members[index]
        part = details.totals.groups.members[group].members[index]
        (peak,) = details.peaks.members[group].members[index].rows  # a group without weight has no mean
        return value._replace(within=Within(whole.share(part.total), peak.row, peak.shown))

    def _summary(self, value: Value, index: int, details: Details) -> Summary:
        spec, spread = self.plan.specs[index], details.spreads.members[index]
        whole = details.totals.tallies.members[index]
        losses, carried = spread.losses, spread.carried or spread.losses
        return Summary(
            self.label,
            value.loss,
            value.text,
            value.n,
            value.value,
            losses.quantile(0),
            losses.quantile(0.5),
            losses.quantile(0.9),
            losses.quantile(0.99),
            losses.quantile(1),
            losses.approximate,
            {name: _share(whole, carried, worst_rows(value.n, name)) for name in SHARES},
            tuple(losses.histogram(BINS)),
            losses.infinite,
            tuple(
                Part(text, part.value("mean"), whole.share(part.total))
                for text, part in zip(spec.parts, spread.parts, strict=True)
            ),
        )

    def _shown(self, scored: Scored, seen: NDArray[np.intp], at: NDArray[np.intp]) -> list[Row]:
        return self.rows(scored, seen[at])

    def _ids(self, batch: Batch, seen: NDArray[np.intp], at: NDArray[np.intp]) -> Sequence[str | None]:
        name = self.plan.binding.id
        if name is None:
            return [None] * at.size
        return [cell.strip() if isinstance(cell, str) else as_text(cell) for cell in _cells(batch, name, seen[at])]

    def _cells(self, batch: Batch, role: str, places: NDArray[np.intp]) -> list[Cells]:
        """What rows hold for a role: numbers as the losses took them, class names and labels as they are written."""
        binding = self.plan.binding
        codings = binding.codings[role]
        if "class" in codings or (binding.positive is not None and "binary" in codings):
            return self._written(batch, role, places, number=False)
        array = batch.arrays[key(role, "number" if "number" in codings else "binary")]
        if batch.present is None:
            return _rows_of(array[places])
        here = batch.present[places]
        cells = iter(_rows_of(array[(np.cumsum(batch.present) - 1)[places[here]]]))
        gaps = iter(self._written(batch, role, places[~here], number=True))
        return [next(cells if known else gaps) for known in here.tolist()]

    def _written(self, batch: Batch, role: str, places: NDArray[np.intp], *, number: bool) -> list[Cells]:
        """The cells of a role as they are written; where numbers are meant, those that are numbers as such."""
        binding = self.plan.binding
        columns = [_cells(batch, name, places) for name in binding.roles[role]]
        if len(columns) > 1:
            rows: list[Any] = list(zip(*columns, strict=True))
        elif (width := binding.widths[role]) > 1:
            rows = [cell if isinstance(cell, (list, np.ndarray)) else [None] * width for cell in columns[0]]
        else:
            return [_part(cell, number=number) for cell in columns[0]]
        return [tuple(_part(cell, number=number) for cell in cells) for cells in rows]

    def _guesses(self, batch: Batch, places: NDArray[np.intp]) -> Sequence[Guess | None]:
        """What rows say of classes; None where no loss is about their probabilities."""
        terms = [term for spec in self.plan.specs for term in spec.terms if term.loss.tells_chances]
        if not terms:
            return [None] * places.size
        inside = np.cumsum(batch.present) - 1 if batch.present is not None else np.arange(batch.kept.size)
        known = places if batch.present is None else places[batch.present[places]]
        predicted = batch.arrays["y_pred"][inside[known]]
        with np.errstate(all="ignore"):
            if not terms[0].loss.roles["y_pred"].adds_up:
                predicted = np.exp(-surprise_of_logits(predicted))
            elif terms[0].params.get("renormalise"):
                predicted = predicted / predicted.sum(axis=1, keepdims=True)
        ids = batch.arrays.get(key("y_true", "class"))
        true = batch.arrays["y_true"].argmax(axis=1) if ids is None else ids
        true = true[inside[known]]
        top = predicted.argmax(axis=1)
        rows = np.arange(known.size)
        inner = (true >= 0) & (true < predicted.shape[1])  # an ignored label is none of the classes
        names = self.plan.binding.classes
        found: dict[int, Guess | None] = {}
        for place, is_class, *guess in zip(
            known.tolist(),
            inner.tolist(),
            true.tolist(),
            predicted[rows, np.where(inner, true, 0)].tolist(),
            top.tolist(),
            predicted[rows, top].tolist(),
            strict=True,
        ):
            if is_class:
                one, probability, other, most = guess
                found[place] = Guess(_named(one, names), probability, _named(other, names), most, (one, other))
        return [found.get(place) for place in places.tolist()]


def refuse_slopeless(specs: Sequence[Spec]) -> None:
    """Refuse losses that are named but have no derivative by y_pred.

    Raises:
        UsageError: there are some.
    """
    losses = [term.loss for spec in specs if not spec.optional for term in spec.terms if term.loss.slope is None]
    blind = {loss.name: None for loss in losses if "y_pred" not in loss.roles}
    level = {loss.name: None for loss in losses if "level" in loss.claims}
    others = {loss.name: None for loss in losses if loss.name not in blind | level}
    found = []
    for names, one, more in (
        (level, "it is constant but where it jumps", "they are constant but where they jump"),
        (blind, "it has no y_pred", "they have no y_pred"),
        (others, "lossctl knows none", "lossctl knows none"),
    ):
        if names:
            has, why = ("has", one) if len(names) == 1 else ("have", more)
            found.append(f"{listed(names)} {has} no derivative by y_pred: {why}")
    if found:
        raise UsageError("; ".join(found), help="leave --grad out, or name other losses")


def _sloped(spec: Spec) -> bool:
    return all(term.loss.slope is not None for term in spec.terms)


def _share(whole: Mean, carried: Distribution, rows: int) -> float | None:
    """The share of the total that the worst rows carry."""
    share = whole.share(whole.counted(*carried.largest(rows)))
    # The middles of bins may add to more than what is in them.
    return 1.0 if share is not None and share > 1 and carried.approximate and carried.low >= 0 else share


def _no_parts(spec: Spec) -> tuple[Mean, ...]:
    return tuple(Mean() for _ in spec.parts)


def _shared(row: Row, layout: Layout, standing: Mapping[str, int], totals: Totals) -> Row:
    """The row with its shares, and with the losses that the data let stand."""
    losses = tuple(row.losses[index] for index in standing.values())
    grads = tuple(grad for text, grad in zip(row.layout.grads, row.grads, strict=True) if text in standing)
    weight = None if row.weight is None else np.array([row.weight])
    wholes = {index: totals.tallies.members[index] for index in standing.values()}
    shares = tuple(whole.share(whole.part(np.array([row.added[index]]), weight)) for index, whole in wholes.items())
    return row._replace(layout=layout, losses=losses, grads=grads, shares=shares)


def _cells(batch: Batch, name: str, places: NDArray[np.intp]) -> list[object]:
    column = squeezed(batch.cells[name])
    rows = batch.kept[places].tolist()
    return [column[row] for row in rows]


def _rows_of(array: Array) -> list[Cells]:
    listed: list[Any] = array.tolist()
    return listed if array.ndim == 1 else list(map(tuple, listed))


def _part(cell: object, *, number: bool) -> Cell:
    part = group_part(cell)
    return float(part) if number and part is not None and is_number(part) else part


def _named(code: int, names: Sequence[str] | None) -> Cell:
    return code if names is None else group_part(names[code])
