"""The fold of batches into totals, here and now."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lossctl.batch import Batch
    from lossctl.plan import Plan, Totals


def fold(plans: Sequence[Plan], batches: Iterable[Sequence[Batch]]) -> list[Totals]:
    """The totals of each plan over its batches, all taken from one pass over the rows.

    Totals of as many batches are added to each other, as a binary counter carries: with many groups adding each batch
    to the whole would copy all groups each time.
    """
    carried: list[tuple[int, list[Totals]]] = [(0, [plan.empty for plan in plans])]
    for parts in batches:
        count, totals = 1, [plan.tally(batch) for plan, batch in zip(plans, parts, strict=True)]
        while carried[-1][0] == count:
            _, earlier = carried.pop()
            count, totals = 2 * count, _added(earlier, totals)
        carried.append((count, totals))
    return reduce(_added, (totals for _, totals in carried))


def _added(one: Sequence[Totals], other: Sequence[Totals]) -> list[Totals]:
    return [left + right for left, right in zip(one, other, strict=True)]
