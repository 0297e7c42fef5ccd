"""The derivative of each loss by y_pred: against differences of its definition in many digits, and at its kinks."""

from __future__ import annotations

import inspect
import json
import math
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath brings no types
from reference import Slope, sides, slope
from test_accuracy import LARGEST, hard_rows, spelled, told, ulp

from lossctl.losses.declare import every, get
from lossctl.losses.spec import Shapes, parse

if TYPE_CHECKING:
    from collections.abc import Callable

EXACT_SHARES = {"cce", "sparse_cce"}
"""Losses whose definition does not round the quotients that renormalise makes."""
SLOPED = [loss.name for loss in every() if loss.slope is not None]
FEWEST, ENOUGH = 100, 130
MOST_GROUPS = 60

BOUND = 8
"""Units in the last place, of the sum of the absolute derivatives of the loss's terms."""


def steep(true: Slope, y: float, f: float, scale: float) -> Any:
    return true.size * (1 + ((mpf(f) - mpf(y)) / scale) ** 2)


def of_directions(_: Slope, a: list[float], b: list[float], place: int, **_others: Any) -> Any:
    lengths = [mp.sqrt(mp.fsum(mpf(value) ** 2 for value in vector)) or mpf(1) for vector in (a, b)]
    return (abs(a[place]) / lengths[0] + abs(b[place]) / lengths[1]) / lengths[1]


def of_members(_: Slope, y: list[float], x: list[float], place: int) -> Any:
    members = np.array([*map(mpf, x)], object).reshape(-1, len(y))
    own, part = divmod(place, len(y))
    others = [*([other, 2 * len(members)] for other in members), [np.array([*map(mpf, y)], object), 1]]
    gaps = [(members[own] - other, times) for other, times in others]
    lengths = [(abs(gap[part]), mp.sqrt(mp.fsum(gap * gap)) or mpf(1), times) for gap, times in gaps]
    return mp.fsum(gap / length / times for gap, length, times in lengths) / len(members)


def of_moments(_: Slope, y: float, x: list[float], **_others: Any) -> Any:
    with mp.workdps(1500):
        mean = mp.fsum(x) / len(x)
        spread = mp.sqrt(mp.fsum((value - mean) ** 2 for value in map(mpf, x)) / (len(x) - 1))
        off = abs(y - mean) / spread
        return 2 / spread * (off / len(x) + (1 + off**2) / (len(x) - 1))


def of_product(true: Slope, y: float, p: float, gamma: float, alpha: float | None, **_others: Any) -> Any:
    y, p = mpf(y), mpf(p)
    missed, entropy = y + p - 2 * y * p, -y * mp.ln(p) - (1 - y) * mp.log1p(-p)
    steep = gamma * abs(1 - 2 * y) * entropy / missed + y / p + (1 - y) / (1 - p)
    return max(true.size, missed**gamma * steep * (1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)))


def of_dice(_: Slope, y: Any, p: Any, *, place: int, smooth: float = 0, eps: float = 0, **_others: Any) -> Any:
    total = mp.fsum([*y, *p, 2 * smooth, eps])
    return 2 * (mp.fdot(y, p) + smooth + y[place] * total) / total**2


def of_tversky(
    _: Slope, y: list[float], p: list[float], place: int, alpha: float, beta: float, eps: float, **_others: Any
) -> Any:
    both = mp.fdot(y, p)
    wrong = alpha * (mp.fsum(p) - both) + beta * (mp.fsum(y) - both) + eps
    return (alpha * (1 - y[place]) * both + y[place] * (beta * both + wrong)) / (both + wrong) ** 2


def of_box(name: str, further: Callable[..., Any] = lambda *_: 0) -> Callable[..., Any]:
    """The absolute derivatives by the one or two sides that a number moves: of a loss, and of terms beside it."""

    def size(_: Slope, t: list[float], p: list[float], place: int, format: str, eps: float = 0.0) -> Any:
        one, other = ([axis[end] for end in (0, 1) for axis in sides([*map(mpf, box)], format)] for box in (t, p))
        alone = format == "xyxy" or (format == "xywh" and place > 1)
        found = [by_side(one, other, at, eps) for at in ([place] if alone else [place % 2, place % 2 + 2])]
        return mp.fsum(found) / (2 if format == "cxcywh" and place > 1 else 1)

    def by_side(t: list[Any], p: list[Any], at: int, eps: float) -> Any:
        lengths = [max(t[axis + 2], p[axis + 2]) - min(t[axis], p[axis]) for axis in (at % 2, 1 - at % 2)]
        gaps = [t[axis] + t[axis + 2] - p[axis] - p[axis + 2] for axis in (at % 2, 1 - at % 2)]
        known = slope(name, t, p, place=at, eps=eps)
        return (known.size if known else 0) + further(lengths, gaps, p, at % 2, mpf(eps))

    return size


def of_shape(true: Slope, t: list[float], p: list[float], place: int, **params: Any) -> Any:
    """As for diou; and the last part is made of a difference of two angles."""
    base, most = slope("diou", t, p, place=place, **params), SIZES["diou"](true, t, p, place, **params)
    angles = [mp.atan2(*(last - first for first, last in sides([*map(mpf, box)], params["format"]))) for box in (t, p)]
    apart = abs(angles[0] - angles[1])
    return most + (abs(true.left - base.left) * sum(angles) / apart if base and apart else 0)


def around(lengths: list[Any], _: list[Any], p: list[Any], axis: int, eps: Any) -> Any:
    area = lengths[0] * lengths[1] + eps
    return (lengths[1] + p[3 - axis] - p[1 - axis]) / area if area else mpf(0)


def distance(lengths: list[Any], gaps: list[Any], _p: list[Any], _axis: int, eps: Any) -> Any:
    diagonal = lengths[0] ** 2 + lengths[1] ** 2 + eps
    far = (gaps[0] ** 2 + gaps[1] ** 2) / 4
    return (abs(gaps[0]) / 2 + 2 * lengths[0] * far / diagonal) / diagonal if diagonal else mpf(0)


SIZES: dict[str, Callable[..., Any]] = {
    "binary_focal": of_product,
    "welsch": steep,
    "triplet_margin": lambda true, *_, p, **_others: true.size * p,
    "cosine": of_directions,
    "energy_score": of_members,
    "dss": of_moments,
    "dice": of_dice,
    "generalized_dice": lambda *rows, place, smooth, **_: of_dice(*rows, place=place, smooth=smooth or 0),
    "tversky": of_tversky,
    "iou": of_box("iou"),
    "unitbox": of_box("unitbox"),
    "giou": of_box("iou", further=around),
    "diou": of_box("iou", further=distance),
    "ciou": of_shape,
}
"""By what size instead: the rounding of an exponent counts as often as the exponent is large, that of a base as often as
the exponent; and some slopes add what products give, directions, or how far members lie from their mean."""


@pytest.mark.parametrize("name", [loss.name for loss in every()])
def test_a_loss_that_is_not_level_has_a_slope_of_the_same_arguments(name: str) -> None:
    loss = get(name)
    assert (loss.slope is None) == ("level" in loss.claims or "y_pred" not in loss.roles)
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
    groups = [hard for hard in hard_rows(loss) if not hard.params.get("full")]  # which adds what y_pred leaves alone
    most = max(3, min((hard.inputs[1].shape[1] for hard in groups if hard.inputs[1].ndim > 1), default=1))
    groups = [hard for hard in groups if hard.inputs[1].ndim == 1 or hard.inputs[1].shape[1] <= most]
    groups = groups[:: -(-len(groups) // MOST_GROUPS)]
    share = -(-ENOUGH // sum(np.atleast_2d(hard.inputs[1][:1].T).shape[0] for hard in groups))
    found = []
    for hard in groups:
        inside = np.flatnonzero([within(loss.roles["y_pred"], row, hard.params) for row in hard.inputs[1]])
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
    if not params.get("renormalise") or name in EXACT_SHARES:
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


def within(kind: Any, row: Any, params: Any) -> bool:
    """Whether no value lies on the border of what is allowed, or is a probability too small for all digits."""
    if kind.boxed:
        return all(first < last for first, last in sides([*map(mpf, row.tolist())], params["format"]))
    subnormal = kind.high == 1 and ((row > 0) & (row < np.finfo(np.float64).tiny)).any()
    return bool(np.all((row > kind.low) & (row < kind.high))) and not subnormal


def off(value: float, exact: Any, size: Any) -> float:
    """How far a float64 is from an exact value, in units of the last place of a size; inf counts as 2**1024."""
    if value != value:
        return np.inf
    edge = mpf(2) ** 1024
    with mp.workdps(3000):
        return float(
            abs(max(min(mpf(value), edge), -edge) - max(min(exact, edge), -edge)) / ulp(min(size, mpf(LARGEST)))
        )


def derivatives() -> list[dict[str, Any]]:
    with open(os.path.join(os.path.dirname(__file__), "frameworks", "slopes.json"), encoding="utf-8") as file:
        cases: list[dict[str, Any]] = json.load(file)
    return cases


@pytest.mark.parametrize("case", derivatives(), ids=lambda case: f"{case['loss']}-{case['call']}")
def test_a_slope_is_that_of_autograd(case: dict[str, Any]) -> None:
    loss = get(case["loss"])
    assert loss.slope is not None
    params = {name: param.default for name, param in loss.params.items()} | case["params"]
    given = loss.slope(np.array(case["y_true"]), np.array(case["y_pred"]), **params)
    # What autograd rounds is as large as the terms it adds, which here are near 1.
    np.testing.assert_allclose(given, np.array(case["slope"]), rtol=1e-12, atol=1e-14)


def test_autograd_was_asked_about_many_losses() -> None:
    cases = derivatives()
    assert len({case["loss"] for case in cases}) >= 55
    assert all(case["version"] and np.any(case["slope"]) for case in cases)


@pytest.mark.parametrize(
    ("name", "y_true", "y_pred", "value"),
    [
        # kinks: what the slope's docstring says
        ("mae", 2.0, 2.0, 0.0),
        ("rmse", 2.0, 2.0, 0.0),
        ("quantile:level=0.9", 2.0, 2.0, 0.0),
        ("smooth_l1:beta=0", 2.0, 2.0, 0.0),
        ("lq:p=1", 2.0, 2.0, 0.0),
        ("rmsle", 2.0, 2.0, 0.0),
        ("mape", 2.0, 2.0, 0.0),
        ("mape", 0.0, 0.0, 0.0),
        ("smape", 2.0, 2.0, 0.0),
        ("smape", 0.0, 0.0, 0.0),
        ("smape", 2.0, 0.0, -1.0),
        ("epsilon_insensitive:epsilon=0.5", 2.0, 2.5, 0.0),
        ("hinge", 1.0, 1.0, 0.0),
        ("perceptron", 1.0, 0.0, 0.0),
        ("multiclass_hinge", 0, [1.0, 0.0, -3.0], [0.0, 0.0, 0.0]),
        ("multiclass_hinge", 0, [1.0, 0.5, 0.5], [-1.0, 1.0, 0.0]),
        ("multi_margin", 0, [1.0, 0.0], [0.0, 0.0]),
        ("multiclass_perceptron", 1, [0.5, 0.5, 0.0], [0.0, 0.0, 0.0]),
        ("multiclass_perceptron", 2, [0.5, 0.5, 0.0], [1.0, 0.0, -1.0]),
        ("multilabel_margin", [1.0, 0.0], [1.0, 0.0], [0.0, 0.0]),
        ("total_variation", [0.5, 0.5, 0.0], [0.5, 0.25, 0.25], [0.0, -0.5, 0.5]),
        ("hellinger", [0.5, 0.5], [0.5, 0.5], [0.0, 0.0]),
        ("cosine", [0.0, 0.0], [3.0, 4.0], [0.0, 0.0]),
        ("cosine", [3.0, 4.0], [0.0, 0.0], [0.0, 0.0]),
        ("hinge_embedding", -1.0, 1.0, -1.0),
        ("crps_quantile:level=[0.25,0.75]", 1.0, [1.0, 2.0], [0.0, 0.25]),
        ("crps_ensemble", 1.0, [1.0, 2.0], [0.25, 0.25]),
        ("energy_score", [0.0, 0.0], [0.0, 0.0, 3.0, 4.0], [0.15, 0.2, 0.15, 0.2]),
        ("max_error", 2.0, 2.0, 0.0),
        ("median_absolute_error", 2.0, 2.0, 0.0),
        ("wmape", [1.0, -3.0], [1.0, 0.0], [0.0, 0.25]),
        ("wmape", [0.0, 0.0], [0.0, -1.0], [0.0, -np.inf]),
        ("barron:shape=-1", 2.0, 2.0, 0.0),
        ("dice", [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
        ("tversky:alpha=0.3", [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
        ("generalized_dice", [0.0, 0.0], [0.5, 0.0], [0.0, 0.0]),
        ("iou", [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0]),
        ("iou", [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.0], [0.0625, 0.125, -0.0625, -0.5]),
        ("iou:format=xywh", [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.0], [0.0, -0.375, -0.0625, -0.5]),
        ("iou", [0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0]),
        ("unitbox", [0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 2.0, 2.0], [0.0, 0.0, 0.0, 0.0]),
        ("giou", [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),
        ("giou", [0.0, 0.0, 1.0, 1.0], [3.0, 0.0, 4.0, 1.0], [0.25, 0.0, -0.125, 0.0]),
        ("ciou", [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]),
        # edges: the one-sided derivative, or its limit
        ("mape", 0.0, -2.0, -np.inf),
        ("bce", 1.0, 0.0, -np.inf),
        ("bce", 0.0, 0.0, 1.0),
        ("bce", 1.0, 1.0, -1.0),
        ("bce", 0.0, 1.0, np.inf),
        ("bce_logits", 1.0, np.inf, 0.0),
        ("bce_logits", 1.0, -np.inf, -1.0),
        ("bce_logits", 0.0, 1e300, 1.0),
        ("log_cosh", 0.0, np.inf, 1.0),
        ("pseudo_huber:delta=2", 0.0, -np.inf, -2.0),
        ("fair:scale=2", 0.0, np.inf, 2.0),
        ("cauchy", 0.0, np.inf, 0.0),
        ("geman_mcclure", 0.0, np.inf, 0.0),
        ("welsch", 0.0, np.inf, 0.0),
        ("tukey", 0.0, -np.inf, 0.0),
        ("barron:shape=-2", 0.0, np.inf, 0.0),
        ("barron:shape=1:scale=2", 0.0, -np.inf, -0.5),
        ("barron:shape=1.5", 0.0, np.inf, np.inf),
        ("barron:shape=2", 0.0, -np.inf, -np.inf),
        ("soft_margin", 1.0, -np.inf, -1.0),
        ("savage", 1.0, -np.inf, 0.0),
        ("tangent", 1.0, np.inf, 0.0),
        ("sigmoid_focal", 1.0, np.inf, 0.0),
        ("sigmoid_focal", 0.0, np.inf, 1.0),
        ("sigmoid_focal", 0.5, np.inf, 0.125),
        ("sigmoid_focal:alpha=0.25", 1.0, -np.inf, -0.25),
        ("sigmoid_focal:gamma=0", 1.0, 0.0, -0.5),
        ("categorical_focal_logits", [0.0, 1.0], [1000.0, -1000.0], [1.0, -1.0]),
        ("sparse_categorical_focal_logits", 0, [1000.0, -np.inf], [0.0, 0.0]),
        ("sparse_categorical_focal_logits", 1, [0.0, -np.inf], [1.0, -1.0]),
        ("sparse_categorical_focal_logits:gamma=0", 0, [0.0, 0.0], [-0.5, 0.5]),
        ("ranking_softmax", [0.0, 2.0], [1000.0, -1000.0], [2.0, -2.0]),
        ("rls", 1, [1.0, 0.0, 0.0], [np.inf, -2.0, -1.0]),
        ("rls", 0, [1.0, 0.0, 0.0], [-3.0, -2.0, -1.0]),
        ("rls", 0, [0.0, 1.0, 0.0], [-np.inf, -2.0, -1.0]),
        ("dice", [0.0, 1.0], [0.0, 1.0], [0.5, -0.5]),
        ("poisson_nll", 0.0, 0.0, 1.0),
        ("poisson_nll", 2.0, 0.0, -np.inf),
        ("binary_focal", 1.0, 1.0, 0.0),
        ("binary_focal:gamma=0", 1.0, 1.0, -1.0),
        ("binary_focal", 1.0, 0.0, -np.inf),
        ("binary_focal", 0.25, 0.0, -np.inf),
        ("cce", [0.0, 1.0], [1.0, 0.0], [0.0, -np.inf]),
        ("cce:renormalise=true", [1.0, 0.0], [2.0, 0.0], [0.0, 0.5]),
        ("sparse_cce", 0, [1.0, 0.0], [-1.0, 0.0]),
        ("sparse_categorical_focal", 0, [1.0, 0.0], [0.0, 0.0]),
        ("generalized_ce:q=1", 1, [1.0, 0.0], [0.0, -1.0]),
        ("generalized_ce", 1, [1.0, 0.0], [0.0, -np.inf]),
        ("cce_logits", [1.0, 0.0], [1000.0, -np.inf], [0.0, 0.0]),
        ("sparse_cce_logits", 1, [1000.0, -1000.0], [1.0, -1.0]),
        ("sparse_cce_logits:ignore_index=1", 1, [1000.0, -1000.0], [0.0, 0.0]),
        ("kl", [1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]),
        ("reverse_kl", [1.0, 0.0], [1.0, 0.0], [1.0, np.inf]),
        ("js", [1.0, 0.0], [0.0, 1.0], [-np.inf, math.log(2) / 2]),
        ("js", [1.0, 0.0], [1.0, 0.0], [0.0, math.log(2) / 2]),
        ("jeffreys", [0.5, 0.5], [1.0, 0.0], [math.log(2) + 0.5, -np.inf]),
        ("hellinger", [1.0, 0.0], [0.0, 1.0], [-np.inf, 0.25]),
        ("chi2", [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]),
        ("generalized_kl", [1.0, 0.0], [0.0, 0.0], [-np.inf, 1.0]),
    ],
)
def test_at_a_kink_and_at_an_edge_a_slope_is_what_its_docstring_says(
    name: str, y_true: float | list[float], y_pred: float | list[float], value: float | list[float]
) -> None:
    (request,) = parse(name)
    (term,) = request.fit(Shapes(np.size(y_true), np.size(y_pred))).terms
    assert term.loss.slope is not None
    true = np.array([y_true], np.int64 if term.loss.roles["y_true"].coding == "class" else np.float64)
    with np.errstate(all="ignore"):
        (given,) = term.loss.slope(true, np.array([y_pred], np.float64), **term.params)
    assert given.tolist() == value


@pytest.mark.parametrize("name", SLOPED)
def test_the_slope_of_a_row_is_the_same_whatever_stands_beside_it(name: str) -> None:
    loss = get(name)
    assert loss.slope is not None
    for hard in hard_rows(loss):
        few = hard.only(slice(None, None, 17))
        with np.errstate(all="ignore"):
            whole = loss.slope(*few.inputs, **few.params)
            row = len(whole) // 2
            alone = loss.slope(*few.only(slice(row, row + 1)).inputs, **few.params)
            none = loss.slope(*few.only(slice(0, 0)).inputs, **few.params)
        np.testing.assert_array_equal(whole[row : row + 1], alone)
        assert none.shape == whole[:0].shape
