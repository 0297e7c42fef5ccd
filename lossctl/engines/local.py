"""The fold of batches into totals, here and now."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Protocol, TypeVar

    from lossctl.aggregates.groups import Adds

    B = TypeVar("B")
    B_contra = TypeVar("B_contra", contravariant=True)
    S = TypeVar("S")
    T_co = TypeVar("T_co", bound=Adds, covariant=True)

    class Asks(Protocol[B_contra, S, T_co]):
        """What is asked of an input, or of several side by side."""

        @property
        def empty(self) -> T_co:
            """The totals of no rows."""

        def score(self, batch: B_contra) -> S:
            """The losses of the rows of a batch."""

        def total(self, scored: S) -> T_co:
            """The totals of some rows."""


def fold(
    plans: Sequence[Asks[B, S, T_co]],
    batches: Iterable[Sequence[B]],
    watch: Callable[[Sequence[S]], None] | None = None,
) -> list[T_co]:
    """The totals of each plan over its batches, all taken from one pass over the rows.

    Totals of as many batches are added to each other, as a binary counter carries: with many groups adding each batch
    to the whole would copy all groups each time. `watch` is shown the losses of each batch, in the order of the rows.
    """
    carried: list[tuple[int, list[T_co]]] = [(0, [plan.empty for plan in plans])]
    for parts in batches:
        scored = [plan.score(batch) for plan, batch in zip(plans, parts, strict=True)]
        if watch is not None:
            watch(scored)
        count, totals = 1, [plan.total(rows) for plan, rows in zip(plans, scored, strict=True)]
        while carried[-1][0] == count:
            _, earlier = carried.pop()
            count, totals = 2 * count, _added(earlier, totals)
        carried.append((count, totals))
    return reduce(_added, (totals for _, totals in carried))


def _added(one: Sequence[T_co], other: Sequence[T_co]) -> list[T_co]:
    return [left + right for left, right in zip(one, other, strict=True)]
