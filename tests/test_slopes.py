"""The derivative of each loss by y_pred: against differences of its definition in many digits, and at its kinks."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath brings no types
from reference import Slope, slope
from test_accuracy import LARGEST, hard_rows, spelled, told, ulp

from lossctl.losses.declare import every, get

if TYPE_CHECKING:
    from collections.abc import Callable

LEVEL = {"zero_one", "top_k_error", "subset_zero_one"}
"""Losses that are constant but where they jump: they declare no slope."""
SLOPED = [loss.name for loss in every() if loss.slope is not None]
FEWEST = 100
ENOUGH = 160

BOUND = 8
"""Units in the last place, of the sum of the absolute derivatives of the loss's terms."""
STEEP: dict[str, Callable[..., Any]] = {"welsch": lambda y, f, scale: 1 + ((mpf(f) - mpf(y)) / scale) ** 2}
"""By how much more: the rounding of an exponent counts as often as the exponent is large."""


@pytest.mark.parametrize("name", [loss.name for loss in every()])
def test_a_loss_that_is_not_level_has_a_slope_of_the_same_arguments(name: str) -> None:
    loss = get(name)
    assert (loss.slope is None) == (name in LEVEL)
    if loss.slope is not None:
        assert list(inspect.signature(loss.slope).parameters) == list(inspect.signature(loss.rows).parameters)


@pytest.mark.parametrize("name", SLOPED)
def test_a_slope_is_within_a_few_units_of_the_last_place(name: str) -> None:
    misses, count = [], 0
    for true, (value, case) in tried(name):
        count += 1
        if true.at_a_kink:
            if not min(true.left, true.right) <= value <= max(true.left, true.right):
                misses.append((np.inf, f"{value!r} is no subgradient: {case}"))
        elif not (far := off(value, true.left, true.size)) <= BOUND:
            misses.append((far, f"{value!r} is {far:.4g} ulp off {mp.nstr(true.left, 20)}: {case}"[:500]))
    assert count >= FEWEST
    assert not misses, told(misses)


@cache
def tried(name: str) -> list[tuple[Slope, tuple[float, str]]]:
    """Hard rows of a loss: the true derivative by each value of y_pred, the one given, and what was asked."""
    loss = get(name)
    assert loss.slope is not None
    groups = [hard for hard in hard_rows(loss) if hard.y_pred.ndim == 1 or hard.y_pred.shape[1] <= 3]
    share = -(-ENOUGH // len(groups))
    found = []
    for hard in groups:
        inside = np.flatnonzero([within(loss.roles["y_pred"], row) for row in hard.y_pred])
        rows = inside[np.linspace(0, len(inside) - 1, min(share, len(inside))).astype(int)] if len(inside) else inside
        few = hard.only(rows)
        with np.errstate(all="ignore"):
            given = loss.slope(few.y_true, few.y_pred, **few.params)
        assert given.shape == few.y_pred.shape
        for y_true, y_pred, values in zip(few.y_true.tolist(), few.y_pred.tolist(), given.tolist(), strict=True):
            for place, value in enumerate(values) if isinstance(values, list) else [(None, values)]:
                true = slope(name, y_true, y_pred, place, **few.params)
                if true is not None and name in STEEP:
                    true = true._replace(size=true.size * STEEP[name](y_true, y_pred, **few.params))
                if true is not None:
                    found.append((true, (value, f"{spelled(name, few.params)} {y_true} {y_pred} {place}")))
    return found


def within(kind: Any, row: Any) -> bool:
    """Whether no value lies on the border of what is allowed."""
    return bool(np.all((row > kind.low) & (row < kind.high)))


def off(value: float, exact: Any, size: Any) -> float:
    """How far a float64 is from an exact value, in units of the last place of a size; inf counts as 2**1024."""
    if value != value:
        return np.inf
    edge = mpf(2) ** 1024
    with mp.workdps(3000):
        return float(
            abs(max(min(mpf(value), edge), -edge) - max(min(exact, edge), -edge)) / ulp(min(size, mpf(LARGEST)))
        )
