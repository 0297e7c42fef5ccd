"""The derivative of each loss by y_pred: against differences of its definition in many digits, and at its kinks."""

from __future__ import annotations

import inspect
import math
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
FEWEST, ENOUGH = 100, 130
MOST_GROUPS = 60

BOUND = 4
"""Units in the last place, of the sum of the absolute derivatives of the loss's terms."""


def steep(true: Slope, y: float, f: float, scale: float) -> Any:
    return true.size * (1 + ((mpf(f) - mpf(y)) / scale) ** 2)


def of_directions(_: Slope, a: list[float], b: list[float], place: int) -> Any:
    lengths = [mp.sqrt(mp.fsum(mpf(value) ** 2 for value in vector)) or mpf(1) for vector in (a, b)]
    return (abs(a[place]) / lengths[0] + abs(b[place]) / lengths[1]) / lengths[1]


SIZES: dict[str, Callable[..., Any]] = {"welsch": steep, "cosine": of_directions}
"""By what size instead: the rounding of an exponent counts as often as the exponent is large, and the slope of cosine
is a difference of directions."""


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
            if not min(float(true.left), float(true.right)) <= value <= max(float(true.left), float(true.right)):
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
    groups = [hard for hard in hard_rows(loss) if hard.inputs[1].ndim == 1 or hard.inputs[1].shape[1] <= 3]
    groups = groups[:: -(-len(groups) // MOST_GROUPS)]
    share = -(-ENOUGH // sum(np.atleast_2d(hard.inputs[1][:1].T).shape[0] for hard in groups))
    found = []
    for hard in groups:
        inside = np.flatnonzero([within(loss.roles["y_pred"], row) for row in hard.inputs[1]])
        rows = inside[np.linspace(0, len(inside) - 1, min(share, len(inside))).astype(int)] if len(inside) else inside
        few = hard.only(rows)
        with np.errstate(all="ignore"):
            given = loss.slope(*few.inputs, **few.params)
        assert given.shape == few.inputs[1].shape
        for row, values in enumerate(given.tolist()):
            inputs = [array[row].tolist() for array in few.inputs]
            trues = truths(name, inputs, few.params)
            for place, value in enumerate(values if isinstance(values, list) else [values]):
                if (true := trues[place]) is not None:
                    found.append((true, (value, f"{spelled(name, few.params)} {few.shown(row)} {place}")))
    return found


def truths(name: str, inputs: list[Any], params: Any) -> list[Slope | None]:
    """The true derivative by each value of y_pred of a row."""
    if not isinstance(inputs[1], list):
        return [sized(slope(name, *inputs, **params), name, *inputs, **params)]
    if not params.get("renormalise"):
        places = range(len(inputs[1]))
        return [sized(slope(name, *inputs, place=at, **params), name, *inputs, place=at, **params) for at in places]
    # The loss of shares, which are quotients rounded to float64, and the derivative of a share by each value.
    total = mp.fsum(inputs[1])
    shares = [
        quotients(part) if kind.divided else part for part, kind in zip(inputs, get(name).roles.values(), strict=True)
    ]
    by_share = truths(name, shares, {**params, "renormalise": False})
    if any(one is None or one.at_a_kink for one in by_share):
        return [None] * len(by_share)
    known = [one for one in by_share if one is not None]
    common = mp.fsum(share * one.left for share, one in zip(shares[1], known, strict=True))
    size = mp.fsum(abs(share) * one.size for share, one in zip(shares[1], known, strict=True))
    by_value = [(one.left - common) / total for one in known]
    return [Slope(value, value, (one.size + size) / total) for value, one in zip(by_value, known, strict=True)]


def sized(true: Slope | None, name: str, *inputs: Any, **params: Any) -> Slope | None:
    return true if true is None or name not in SIZES else true._replace(size=SIZES[name](true, *inputs, **params))


def quotients(values: list[float]) -> list[float]:
    """The values divided by their sum, in float64."""
    total = math.fsum(values)
    return [value / total for value in values]


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
