"""Every loss of the catalogue: its declaration, and the laws it claims."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import asked, demanded

import lossctl
from lossctl import losses
from lossctl.kinds import Choice, Number, Several, Switch
from lossctl.losses.declare import Loss, every

LOSSES = every()
each = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
reals = st.floats(-1e6, 1e6)
sizes = st.floats(1e-100, 1e6)
squarable = st.one_of(st.just(0.0), sizes, sizes.map(lambda size: -size))
"""Numbers whose differences have squares that are no subnormal numbers, so that halving them rounds nothing."""


def claiming(claim: str) -> pytest.MarkDecorator:
    found = [loss for loss in LOSSES if claim in loss.claims]
    return pytest.mark.parametrize("loss", found, ids=lambda loss: loss.name)


def drawn(loss: Loss, rng: np.random.Generator, rows: int = 8) -> list[np.ndarray]:
    """Inputs of a loss's kinds, from the kinds alone."""
    arrays: list[np.ndarray] = []
    array: np.ndarray
    for kind in loss.roles.values():
        if kind.coding == "class":
            array = rng.integers(0, 3, rows)
        elif kind.allowed and kind.adds_up:
            array = np.eye(3)[rng.integers(0, 3, rows)]
        elif kind.allowed:
            array = rng.choice(
                kind.allowed[::2] if len(kind.allowed) == 3 else kind.allowed, (rows, 3) if kind.vector else rows
            )
        elif kind.adds_up:
            array = rng.dirichlet(np.ones(3), rows)
        elif kind.boxed:
            array = np.sort(rng.normal(size=(rows, 2, 2)), axis=1).reshape(rows, 4)
        elif kind.vector:
            array = np.clip(rng.normal(size=(rows, 6 if kind.of_each else 3)) * 10, kind.low, kind.high)
        else:
            low, high = max(kind.low, -0.99 if kind.low == -1 else -5.0), min(kind.high, 5.0)
            array = rng.uniform(low, high, rows)
        arrays.append(array)
    inputs = dict(zip(loss.roles, arrays, strict=True))
    if loss.ordered:
        inputs |= zip(loss.ordered, np.sort([inputs[role] for role in loss.ordered], axis=0), strict=True)
    return [*inputs.values()]


@each
def test_its_docstring_is_a_whole_card(loss: Loss) -> None:
    text = loss.rows.__doc__ or ""
    assert loss.summary.endswith(".")
    sections = re.findall(r"^    (\w+):\n        \S", text, re.MULTILINE)
    assert sections == ["Formula", "Range", "Use", "References", "Example"]


@each
def test_it_is_a_bare_formula_of_the_package(loss: Loss) -> None:
    assert getattr(losses, loss.name) is loss.rows
    assert loss.name in losses.__all__


@each
def test_its_defaults_lie_in_their_kinds(loss: Loss) -> None:
    for param in loss.params.values():
        assert isinstance(param.kind, (Choice, Number, Several, Switch))
        assert param.default is None or not param.required
        if param.default is not None:
            assert param.kind.parse(str(param.default).lower()) == param.default


@each
@given(seed=st.integers(0, 2**32))
def test_a_row_has_one_value_whatever_stands_beside_it(loss: Loss, seed: int) -> None:
    arrays = drawn(loss, np.random.default_rng(seed), 37)
    whole = loss.rows(*arrays, **demanded(loss))
    assert whole.shape == (37,)
    assert whole.dtype == np.float64
    alone = [loss.rows(*(array[row : row + 1].copy() for array in arrays), **demanded(loss))[0] for row in range(37)]
    assert whole.tolist() == alone
    order = np.random.default_rng(seed).permutation(37)
    assert loss.rows(*(array[order] for array in arrays), **demanded(loss)).tolist() == whole[order].tolist()


@each
def test_it_changes_none_of_its_inputs(loss: Loss) -> None:
    arrays = drawn(loss, np.random.default_rng(0))
    for array in arrays:
        array.flags.writeable = False
    loss.rows(*arrays, **demanded(loss))


@pytest.mark.parametrize("loss", [one for one in LOSSES if one.finish != "median"], ids=lambda loss: loss.name)
@given(seed=st.integers(0, 2**32))
def test_doubling_rows_is_a_weight_of_two(loss: Loss, seed: int) -> None:
    arrays = drawn(loss, np.random.default_rng(seed))
    twice: dict[str, Any] = dict(zip(loss.roles, (np.concatenate([array, array[:3]]) for array in arrays), strict=True))
    once: dict[str, Any] = dict(zip(loss.roles, arrays, strict=True))
    doubled = lossctl.compute(asked(loss), **twice)
    assert doubled == lossctl.compute(asked(loss), **once, weight=[2, 2, 2, 1, 1, 1, 1, 1])


@claiming("nonnegative")
@given(seed=st.integers(0, 2**32))
def test_claim_never_negative(loss: Loss, seed: int) -> None:
    values = loss.rows(*drawn(loss, np.random.default_rng(seed), 50), **demanded(loss))
    assert (values >= 0).all()
    assert not np.signbit(values).any()


@claiming("zero_at_truth")
@given(values=st.lists(reals, min_size=1))
def test_claim_zero_at_the_truth_alone(loss: Loss, values: list[float]) -> None:
    truth = np.abs(np.array(values))
    assert loss.rows(truth, truth, **demanded(loss)).tolist() == [0.0] * truth.size
    assert (loss.rows(truth, truth + 1, **demanded(loss)) > 0).all()


@claiming("symmetric")
@given(seed=st.integers(0, 2**32))
def test_claim_truth_and_prediction_may_change_places(loss: Loss, seed: int) -> None:
    true, pred = drawn(loss, np.random.default_rng(seed), 50)
    assert loss.rows(true, pred, **demanded(loss)).tolist() == loss.rows(pred, true, **demanded(loss)).tolist()


@claiming("bounded")
def test_claim_the_largest_error_has_a_finite_loss(loss: Loss) -> None:
    values = loss.rows(np.zeros(4), np.array([np.inf, -np.inf, 1e300, -1e300]))
    assert (values > 0).all()
    assert np.isfinite(values).all()


@claiming("level")
@given(seed=st.integers(0, 2**32))
def test_claim_zero_or_one(loss: Loss, seed: int) -> None:
    assert set(loss.rows(*drawn(loss, np.random.default_rng(seed), 50)).tolist()) <= {0.0, 1.0}


@claiming("distance")
@given(values=st.lists(st.integers(-1000, 1000), min_size=2), shift=st.integers(-1000, 1000))
def test_claim_only_the_difference_counts(loss: Loss, values: list[int], shift: int) -> None:
    truth = np.array(values, np.float64)
    pred = np.roll(truth, 1) / 4
    assert loss.rows(truth + shift, pred + shift).tolist() == loss.rows(truth, pred).tolist()


@given(st.lists(st.tuples(squarable, squarable), min_size=1))
def test_what_some_losses_are_of_others(rows: list[tuple[float, float]]) -> None:
    truth, pred = np.array(rows).T
    assert losses.smooth_l1(truth, pred).tolist() == losses.huber(truth, pred).tolist()
    assert losses.smooth_l1(truth, pred, beta=0.0).tolist() == losses.mae(truth, pred).tolist()
    assert losses.quantile(truth, pred).tolist() == (losses.mae(truth, pred) / 2).tolist()
    assert losses.huber(truth, pred, delta=4e6).tolist() == (losses.mse(truth, pred) / 2).tolist()


@given(st.integers(0, 2**32), st.integers(2, 9))
def test_a_label_is_its_one_hot_row(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, 20)
    one_hot = np.eye(classes)[labels]
    weights = tuple(rng.uniform(0, 3, classes).tolist())
    probabilities, logits = rng.dirichlet(np.ones(classes), 20), rng.normal(size=(20, classes)) * 30
    for smoothing in (0.0, 0.1):
        for sparse, dense, pred in (
            (losses.sparse_cce, losses.cce, probabilities),
            (losses.sparse_cce_logits, losses.cce_logits, logits),
        ):
            ours = sparse(labels, pred, label_smoothing=smoothing, class_weight=weights)
            assert ours.tolist() == dense(one_hot, pred, label_smoothing=smoothing, class_weight=weights).tolist()


NOT_CONVEX = {
    *("msle", "rmsle", "smape", "cauchy", "geman_mcclure", "welsch", "tukey", "gamma_deviance", "gamma_nll"),
    *("tweedie_deviance", "tweedie_nll", "negbin_nll", "savage", "tangent", "poly_ce", "sparse_poly_ce"),
    *(
        "sigmoid_focal",
        "categorical_focal_logits",
        "sparse_categorical_focal_logits",
        "cosine",
        "hellinger",
        "dss",
    ),
    *("triplet_margin", "dice", "tversky", "generalized_dice", "iou", "giou", "diou", "ciou"),
    *("crps_ensemble", "energy_score"),
}
"""Losses that along some line of y_pred rise above their chord."""
CHORDED = [
    loss
    for loss in LOSSES
    if "y_pred" in loss.roles
    and "level" not in loss.claims
    and loss.name not in {"generalized_kl", "unitbox"}  # whose random rows are infinitely far from each other
]


def above_the_chord(loss: Loss, seed: int, rows: int = 200) -> np.ndarray:
    """How far the loss rises above the chord between two predictions, as a share of the size of its ends."""
    rng = np.random.default_rng(seed)
    first, second = dict(zip(loss.roles, drawn(loss, rng, rows), strict=True)), drawn(loss, rng, rows)
    other = dict(zip(loss.roles, second, strict=True))["y_pred"]
    share = rng.uniform(0, 1, rows).reshape(-1, *[1] * (other.ndim - 1))
    between = share * first["y_pred"] + (1 - share) * other
    ends = [
        loss.rows(*(first | {"y_pred": pred}).values(), **demanded(loss)) for pred in (first["y_pred"], other, between)
    ]
    chord = share.ravel() * ends[0] + (1 - share.ravel()) * ends[1]
    rise: np.ndarray = (ends[2] - chord) / (1.0 + np.abs(ends[0]) + np.abs(ends[1]))
    return rise


@pytest.mark.parametrize("loss", CHORDED, ids=lambda loss: loss.name)
def test_a_loss_is_convex_along_random_lines_or_known_not_to_be(loss: Loss) -> None:
    rises = np.concatenate([above_the_chord(loss, seed) for seed in range(10)])
    assert (rises.max() > 1e-6) == (loss.name in NOT_CONVEX), rises.max()


DEGREES = {
    **dict.fromkeys(("mae", "rmse", "quantile", "epsilon_insensitive:epsilon=0", "smooth_l1:beta=0", "max_error"), 1),
    **dict.fromkeys(
        ("median_absolute_error", "minkowski:p=3", "poisson_deviance", "crps_ensemble", "wis:alpha=[0.1,0.5,0.9]"), 1
    ),
    **dict.fromkeys(("crps_quantile:level=[0.1,0.5,0.9]", "interval:alpha=0.1", "energy_score", "crps_normal"), 1),
    **dict.fromkeys(("mse", "half_mse", "expectile", "lq", "squared_epsilon_insensitive:epsilon=0"), 2),
    **dict.fromkeys(("mape", "smape", "wmape", "gamma_deviance", "cosine", "iou", "giou", "diou", "ciou"), 0),
    **dict.fromkeys(("nrmse", "nrmse:normalise=range", "nrmse:normalise=std", "nrmse:normalise=l2"), 0),
}
"""Losses of inputs that are all multiplied by a factor grow by this power of it."""


@pytest.mark.parametrize(("text", "degree"), DEGREES.items())
def test_a_factor_of_all_inputs_is_a_factor_of_the_loss(text: str, degree: int) -> None:
    (loss,) = [loss for loss in LOSSES if loss.name == text.partition(":")[0]]
    inputs: dict[str, Any] = dict(zip(loss.roles, drawn(loss, np.random.default_rng(5), 40), strict=True))
    for factor in (0.25, 2.0, 1024.0):  # powers of two, which round nothing
        scaled: dict[str, Any] = {role: factor * array for role, array in inputs.items()}
        assert lossctl.compute(text, **scaled) == factor**degree * lossctl.compute(text, **inputs)
