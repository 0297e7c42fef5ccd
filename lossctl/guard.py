"""Gates on the losses of rows: a plan whose totals also know which rows are beyond a limit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from lossctl.aggregates.beyond import Beyond
from lossctl.aggregates.groups import Each, Groups
from lossctl.analysis.gates import Seen
from lossctl.errors import NoRowsError
from lossctl.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lossctl.analysis.gates import Gates
    from lossctl.batch import Batch, Key
    from lossctl.plan import Plan, Scored, Totals
    from lossctl.readers.table import Header


@dataclass(frozen=True, slots=True)
class Guarded:
    """What is known of the rows seen so far. Those of different rows add, in any order.

    Attributes:
        totals: what a plan without gates knows.
        beyond: for each limit what it makes of the rows.
    """

    totals: Totals
    beyond: Each[Beyond]

    def __add__(self, other: Guarded) -> Guarded:
        return Guarded(self.totals + other.totals, self.beyond + other.beyond)


class Guard(NamedTuple):
    """What is asked of one input.

    Attributes:
        plan: the losses, and where they come from.
        limits: on the losses of rows: which of the losses, and the largest value allowed.
    """

    plan: Plan
    limits: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, plan: Plan, asked: Gates) -> Guard:
        """What gates ask of an input.

        Raises:
            UsageError: a gate is on the skill of a loss whose best constant is not known.
        """
        if asked.skills:
            from lossctl.skill import beside_constants  # most gates need none

            plan = beside_constants(plan, asked.skills)
        return cls(plan._replace(weightless=True), asked.limits)

    @property
    def empty(self) -> Guarded:
        """What is known of no rows."""
        return Guarded(self.plan.empty, Each(tuple(Beyond() for _ in self.limits)))

    def score(self, batch: Batch) -> Scored:
        """The losses of the rows of a batch.

        Raises:
            DataError: a value is not what a loss takes.
        """
        return self.plan.score(batch)

    def total(self, scored: Scored) -> Guarded:
        """What is known of some rows."""
        numbers = scored.batch.kept + scored.batch.first_row
        beyond: list[Beyond] = []
        for place, limit in self.limits:
            losses, seen = scored.losses[place], scored.seen(place)
            beyond.append(Beyond() if losses is None else Beyond.of(losses.values[seen], numbers[seen], limit))
        totals = self.plan.total(scored)
        if scored.batch.gone:
            totals += self._empty(scored.batch.gone)
        return Guarded(totals, Each(tuple(beyond)))

    def _empty(self, groups: Iterable[Key]) -> Totals:
        """What is known of groups without rows: a group that loses all of its rows must not pass for one that is not there."""
        none = self.plan.empty
        return replace(
            none,
            groups=Groups(dict.fromkeys(groups, none.tallies)),
            groups_effects=Groups(dict.fromkeys(groups, none.effects)),
            groups_constants=Groups(dict.fromkeys(groups, none.constants)),
        )

    def seen(self, label: str, path: str | None, header: Header, known: Guarded, *, counted: bool) -> Seen:
        """What gates are judged by when all rows of an input were read.

        Args:
            label: the name of the input in results.
            path: the file.
            header: its columns.
            known: what is known of all rows.
            counted: whether the number of rows is all that matters.

        Raises:
            InputError: the weights add to 0.
            DataError: the labels contradict each other.
        """
        texts = tuple(spec.text for spec in self.plan.specs)
        rows = Result("check", (self.plan.input(label, path, header, known.totals),))
        if counted:
            return Seen(rows, texts)
        try:
            result = self.plan.result("check", label, path, header, known.totals)
        except NoRowsError as error:
            return Seen(rows, texts, emptiness=error.message)
        return Seen(result, texts, known.beyond.members)
