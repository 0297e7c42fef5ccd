"""The fold of batches into totals, here and now."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lossctl.batch import Batch
    from lossctl.plan import Plan, Totals


def fold(plans: Sequence[Plan], batches: Iterable[Sequence[Batch]]) -> list[Totals]:
    """The totals of each plan over its batches, all taken from one pass over the rows."""
    totals = [plan.empty for plan in plans]
    for parts in batches:
        totals = [total + plan.tally(batch) for total, plan, batch in zip(totals, plans, parts, strict=True)]
    return totals
