"""Many losses tried on the same rows: a plan whose losses are computed a few at a time, and none of them twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossctl.aggregates.groups import Each, Groups
from lossctl.batch import key
from lossctl.effects import Effects
from lossctl.losses.conventions import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lossctl.aggregates.mean import Mean
    from lossctl.batch import Batch
    from lossctl.losses.spec import Spec
    from lossctl.plan import Plan, Totals
    from lossctl.skill import Constant

_TOGETHER = 8  # the losses of so many specs are held for each row


class _Place(NamedTuple):
    """Where a loss is found: the part of the trial, and its place there among all specs and among those of conventions."""

    part: int
    spec: int
    unlike: int


class Trial(NamedTuple):
    """Many losses of one input.

    Attributes:
        plan: the losses.
        parts: those that are computed, a few each. A convention that sets no parameter has the rows of the exact loss.
    """

    plan: Plan
    parts: tuple[Plan, ...]

    @classmethod
    def of(cls, plan: Plan) -> Trial:
        """The trial of the losses of a plan."""
        exact = {spec.text for spec in plan.specs if spec.applied == EXACT}
        computed = [spec for spec in plan.specs if not (_is_twin(spec) and spec.text in exact)]
        skilled = {id(plan.specs[place]) for place in plan.skill}
        parts = (computed[start : start + _TOGETHER] for start in range(0, len(computed), _TOGETHER))
        return cls(
            plan,
            tuple(
                plan._replace(
                    specs=tuple(part), skill=tuple(place for place, spec in enumerate(part) if id(spec) in skilled)
                )
                for part in parts
            ),
        )

    @property
    def empty(self) -> Each[Totals]:
        """What is known of no rows."""
        return Each(tuple(part.empty for part in self.parts))

    def score(self, batch: Batch) -> Batch:
        """The rows themselves: their losses are not held."""
        return batch

    def total(self, batch: Batch) -> Each[Totals]:
        """What is known of some rows, for each part."""
        return Each(tuple(part.total(part.score(batch)) for part in self.parts))

    def whole(self, known: Each[Totals]) -> Totals:
        """The totals of the plan."""
        places: dict[tuple[str, str], _Place] = {}
        for index, part in enumerate(self.parts):
            unlike = 0
            for place, spec in enumerate(part.specs):
                places[spec.text, spec.like] = _Place(index, place, unlike)
                unlike += spec.applied != EXACT
        taken = [places.get((spec.text, spec.like), places.get((spec.text, EXACT))) for spec in self.plan.specs]
        found = [place for place in taken if place is not None]

        def gathered(
            tallies: Sequence[Each[Mean]], effects: Sequence[Each[Effects]]
        ) -> tuple[Each[Mean], Each[Effects]]:
            means = [tallies[place.part].members[place.spec] for place in found]
            done = [
                effects[place.part].members[place.unlike]
                if (spec.text, spec.like) in places
                else Effects(mean, mean.rows, (), refused=False)
                for spec, place, mean in zip(self.plan.specs, found, means, strict=True)
                if spec.applied != EXACT
            ]
            return Each(tuple(means)), Each(tuple(done))

        parts = known.members

        def constants(of_parts: Sequence[Each[Constant]]) -> Each[Constant]:
            skilled = [found[index] for index in self.plan.skill]
            places = [self.parts[place.part].skill.index(place.spec) for place in skilled]
            return Each(tuple(of_parts[place.part].members[at] for place, at in zip(skilled, places, strict=True)))

        tallies, effects = gathered([part.tallies for part in parts], [part.effects for part in parts])
        groups = {
            group: gathered(
                [part.groups.members[group] for part in parts],
                [part.groups_effects.members.get(group, Each(())) for part in parts],
            )
            for group in parts[0].groups.members
        }
        return replace(
            parts[0],
            tallies=tallies,
            effects=effects,
            groups=Groups({group: both[0] for group, both in groups.items()}),
            groups_effects=Groups({group: both[1] for group, both in groups.items()}),
            constants=constants([part.constants for part in parts]),
            groups_constants=Groups(
                {
                    group: constants([part.groups_constants.members.get(group, Each(())) for part in parts])
                    for group in groups
                }
            ),
            labels_seen=frozenset().union(*(part.labels_seen for part in parts)),
            refused=Groups(
                {
                    (index,): parts[place.part].refused.members[place.spec,]
                    for index, place in enumerate(found)
                    if (place.spec,) in parts[place.part].refused.members
                }
            ),
        )


class Trials(NamedTuple):
    """Trials of the same rows, as they are and as a mistake has them.

    Attributes:
        trials: the trials.
        turns: for each what is done to the rows before.
    """

    trials: tuple[Trial, ...]
    turns: tuple[Callable[[Batch], Batch], ...]

    @property
    def empty(self) -> Each[Each[Totals]]:
        """What is known of no rows."""
        return Each(tuple(trial.empty for trial in self.trials))

    def score(self, batch: Batch) -> Batch:
        """The rows themselves."""
        return batch

    def total(self, batch: Batch) -> Each[Each[Totals]]:
        """What is known of some rows, for each trial."""
        return Each(tuple(trial.total(turn(batch)) for trial, turn in zip(self.trials, self.turns, strict=True)))

    def whole(self, known: Each[Each[Totals]]) -> list[Totals]:
        """The totals of the plan of each trial."""
        return [trial.whole(of_trial) for trial, of_trial in zip(self.trials, known.members, strict=True)]


def as_it_is(batch: Batch) -> Batch:
    """The rows as they are."""
    return batch


def exchanged(batch: Batch) -> Batch:
    """The rows with y_true in the place of y_pred, and the other way round; both hold numbers, as many of each."""
    codings = [coding for coding in ("number", "binary") if key("y_true", coding) in batch.arrays]
    true, pred = batch.arrays[key("y_true", codings[0])], batch.arrays["y_pred"]
    return batch._replace(arrays={**batch.arrays, "y_pred": true} | {key("y_true", one): pred for one in codings})


def opposite(batch: Batch) -> Batch:
    """The rows with 0 for 1 in y_true, and the other way round; with NaN for what is neither, which is no class."""
    binary = key("y_true", "binary")
    true = batch.arrays[binary]
    return batch._replace(arrays={**batch.arrays, binary: np.where((true == 0) | (true == 1), 1.0 - true, np.nan)})


def _is_twin(spec: Spec) -> bool:
    """Whether the losses of rows are the exact ones for certain."""
    return spec.applied != EXACT and not spec.steps and not any(term.row and term.row.kinds for term in spec.terms)
