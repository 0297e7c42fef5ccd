"""How far each loss is from its definition: 4 units in the last place, on inputs chosen to be hard.

The true values come from `reference.py`. Hard inputs are made from the kinds of a loss's inputs and the names of its
parameters, so a new loss is tested as soon as it is declared, and fails here until it has a definition.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath brings no types
from reference import Truth, mean, root_mean_square, true

import lossctl
from lossctl import kinds
from lossctl.losses.conventions import CONVENTIONS
from lossctl.losses.declare import Loss, every, get

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lossctl.kinds import Floats, Kind

Params: TypeAlias = "Mapping[str, Any]"

BOUNDS: dict[str, float] = {"gamma_deviance": 6, "msle": 6, "poisson_deviance": 5, "tweedie_deviance": 6}
"""Units in the last place, where more than 4 are granted: a square of logarithms doubles their error, powers add to a
deviance more than its small value, what eps is added to is rounded, and the fifth power of a sigmoid has five times its error."""
OF_SIZE = {
    "rls",
    *("kl", "reverse_kl", "poisson_nll", "gamma_nll", "cosine"),
    *("gaussian_nll", "logs_normal", "crps_normal", "crps_ensemble", "energy_score", "dss"),
    *("triplet_margin", "cosine_embedding"),
}
"""Losses that add terms of both signs: their bound is in units of the sum of the absolute values."""

LEAST_SIZE = {"dss": 1.0}
"""The size that the bound is in units of is no less than this: the logarithm of a variance near 1 has its rounding."""

LARGEST = np.finfo(np.float64).max
BELOW_ONE = 1 - 2.0**-53
REAL_SIZES = (
    *(5e-324, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-200, 1e-162, 1e-160, 1e-154, 1e-100, 1e-30, 1e-17, 1e-16),
    *(1e-12, 1e-10, 1e-8, 1e-5, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.9, BELOW_ONE, 1.0, 1 + 2.0**-52, 1.1, 1.5, 2.0, 3.0, 10.0),
    *(36.0, 37.0, 100.0, 354.9, 700.0, 710.0, 745.0, 1000.0, 1e5, 1e8, 1e10, 1e16, 1e100, 1e154, 1e155, 1e200, 1e300),
)
PROBABILITIES = (
    *(0.0, 5e-324, 1e-310, 1e-300, 1e-60, 1e-20, 1e-17, 2.0**-53, 1e-10, 0.01, 0.1, 0.25, 0.5, 0.6, 0.9),
    *(1 - 1e-10, 1 - 2.0**-52, BELOW_ONE, 1.0),
)
SOFT = (0.0, 1.0, 0.5, 0.3, 0.7, 0.999, BELOW_ONE, 1e-17, 1e-300, 5e-324)
GAPS = (
    1e-300,
    1e-17,
    1e-16,
    1e-10,
    1e-3,
    0.1,
    0.7,
    1.0,
    5.0,
    17.3,
    36.0,
    37.0,
    40.0,
    100.1,
    333.3,
    500.0,
    700.0,
    745.0,
    1000.0,
)
CLASSES = (2, 3, 10, 100)

PARAMS: Mapping[str, Callable[[int], tuple[Any, ...]]] = {
    "delta": lambda _: (1e-10, 0.1, 1.0, 3.0, 1e3, 1e10),
    "beta": lambda _: (0.0, 1e-10, 1 / 9, 1.0, 3.0, 1e10),
    "level": lambda _: (0.0, 1e-10, 0.1, 0.5, 0.9, 1 - 1e-10, 1.0),
    "label_smoothing": lambda _: (0.0, 1e-10, 0.1, 0.5, 1.0),
    "pos_weight": lambda _: (1e-10, 0.3, 1.0, 7.0, 1e10),
    "class_weight": lambda k: (None, tuple(((0.1, 7.0, 0.0, 1e5, 1.0, 1e-5) * k)[:k])),
    "renormalise": lambda _: (False, True),
    "ignore_index": lambda _: (None, -100, 0),
    "scale": lambda _: (1e-10, 0.3, 1.0, 4.685, 1e10),
    "epsilon": lambda _: (0.0, 1e-10, 0.1, 2.0, 1e3),
    "power": lambda _: (1.0, 1 + 1e-9, 1.1, 1.5, 1.9, 2 - 1e-9, 2.0, 2.5, 3.0),
    "tweedie_nll.power": lambda _: (1 + 1e-9, 1.1, 1.5, 1.9, 2 - 1e-9),
    "dispersion": lambda _: (1e-10, 0.3, 1.0, 7.0, 1e10),
    "log_input": lambda _: (False, True),
    "gamma": lambda _: (0.0, 0.5, 2.0, 5.0),
    "alpha": lambda _: (None, 0.25, 1.0),
    "minkowski.p": lambda _: (1.0, 1.3, 2.0, 3.0, 7.5, 100.0),
    "normalise": lambda _: ("mean", "range", "std", "l2"),
    "lq.p": lambda _: (1.0, 1.3, 2.0, 3.0, 7.5),
    "p": lambda _: (1, 2),
    "q": lambda _: (1e-10, 0.5, 0.7, 1.0),
    "margin": lambda _: (1e-10, 0.3, 1.0, 1e3),
    "k": lambda _: (1, 2, 5),
    "eps": lambda _: (0.0, 1e-8, 1.0),
    "full": lambda _: (False, True),
    "triplet_margin.p": lambda _: (1.0, 2.0, 3.0, 7.5),
    "cosine_embedding.margin": lambda _: (-0.5, 0.0, 0.3),
    "margin_ranking.margin": lambda _: (-0.3, 0.0, 1.0, 1e3),
    "interval.alpha": lambda _: (1e-10, 0.1, 0.5, 1.0),
    "wis.alpha": lambda k: (tuple(((0.1, 1.0, 0.5, 1e-10) * k)[:k]), (0.05,) * k),
    "fair": lambda _: (False, True),
    "crps_quantile.level": lambda k: (tuple(((0.1, 0.9, 0.5, 0.0, 1.0, 1e-10) * k)[:k]), (0.3,) * k),
    "clip": lambda _: (None, 1e-7, 0.3),
    "msle.clip": lambda _: (None, -0.5, 1e-7, 2.0),
    "log_floor": lambda _: (None, -100.0, -1.0),
    "percent": lambda _: (False, True),
    "dead_zone": lambda _: (None, 1e-6, 1.0),
    "eps_true": lambda _: (0.0, 1e-6),
    "ties": lambda _: (False, True),
    "stirling": lambda _: (False, True),
    "raw_labels": lambda _: (False, True),
    "with_zero": lambda _: (False, True),
    "similarity": lambda _: (False, True),
    "halve_two": lambda _: (False, True),
    "categorical_focal.alpha": lambda _: (1.0, 0.25, 0.0),
    "sparse_categorical_focal.alpha": lambda _: (1.0, 0.25, 0.0),
    "shape": lambda _: (-2.0, -1e-9, 0.0, 0.5, 1.0, 2.0, 3.0),
    "barron.scale": lambda _: (0.3, 1.0),
    "smooth": lambda _: (0.0, 1.0),
    "generalized_dice.smooth": lambda _: (None, 0.0, 1.0),
    "tversky.alpha": lambda _: (0.0, 0.5, 0.7, 1.0),
    "tversky.beta": lambda _: (0.5, 0.3),
    "pool": lambda _: (False,),
    "by_output": lambda _: (False,),
    "swapped": lambda _: (False, True),
    "root_eps": lambda _: (0.0, 1e-6, 1.0),
    "format": lambda _: tuple(kinds.BOX_FORMATS),
}
"""Values of each parameter, given the number of classes; those of one loss alone stand under its name and a dot."""

OF_CONVENTIONS = {
    (loss, name) for rows in CONVENTIONS.values() for loss, row in rows.items() for name in row.params
} - {(loss.name, "renormalise") for loss in every()}
"""What conventions set: tried one at a time, and all together, beside a combination of the other parameters."""

ELEMENTWISE = [loss.name for loss in every() if loss.elementwise]
REAL_LINE = [loss.name for loss in every() if [*loss.roles.values()][1:] == [kinds.REAL]]
UNBOUNDED = [
    name for name in REAL_LINE if get(name).roles["y_true"] is kinds.REAL and "bounded" not in get(name).claims
]


@dataclass(frozen=True)
class Hard:
    """Rows that a loss may get wrong, with the parameters to try on them."""

    params: Params
    inputs: tuple[Any, ...]

    def truths(self, name: str) -> list[Truth]:
        """The true loss of each row."""
        rows = zip(*(array.tolist() for array in self.inputs), strict=True)
        return [true(name, *row, **self.params) for row in rows]

    def only(self, rows: Any) -> Hard:
        """Some of the rows."""
        return Hard(self.params, tuple(array[rows] for array in self.inputs))

    def shown(self, row: int) -> str:
        """One row as text."""
        return " ".join(str(array[row].tolist()) for array in self.inputs)


def test_a_sum_of_reference_digits_is_not_taken_for_a_value() -> None:
    # ln cosh r = r²/2 - r⁴/12 + …; in 50 and in 100 digits cosh(1e-160) is 1.
    assert float(true("log_cosh", 0.0, 1e-160).value) == 5e-321
    # ln(1 + 2 exp(-40)), by hand: 2 exp(-40) - 2 exp(-80) to all digits of a float64
    assert float(true("sparse_cce_logits", 0, [40.0, 0.0, 0.0]).value) == 2 * np.exp(-40) - 2 * np.exp(-80)
    assert true("pseudo_huber", 1.0, 1.0).value == 0


@pytest.mark.parametrize("name", [loss.name for loss in every()])
def test_each_loss_is_tried_on_at_least_two_hundred_hard_rows(name: str) -> None:
    assert sum(len(hard.inputs[0]) for hard, _ in tried(name)) >= 200


@pytest.mark.parametrize("name", [loss.name for loss in every()])
def test_the_loss_of_a_row_is_within_a_few_units_of_the_last_place(name: str) -> None:
    bound = BOUNDS.get(name, 4)
    misses = []
    for hard, truths in tried(name):
        with np.errstate(all="ignore"):
            values = get(name).rows(*hard.inputs, **hard.params)
        misses += missed(name, hard, values, truths, bound)
    assert not misses, told(misses)


@pytest.mark.parametrize("name", [loss.name for loss in every()])
def test_hard_rows_are_legal_and_compute_gives_what_the_formula_gives(name: str) -> None:
    for hard, _ in tried(name):
        given = computed(name, hard, reduction="none")
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(given, get(name).rows(*hard.inputs, **hard.params))


@pytest.mark.parametrize("name", [loss.name for loss in every()])
def test_the_formula_warns_only_where_the_true_loss_leaves_the_range(name: str) -> None:
    warned = []
    for hard, truths in tried(name):
        within = [index for index, truth in enumerate(truths) if mp.isinf(truth.value) or truth.value <= LARGEST]
        some = hard.only(within)
        if warns(name, some):
            rows = (some.only([index]) for index in range(len(within)))
            warned += [f"{hard.params} {row.shown(0)}" for row in rows if warns(name, row)]
    assert not warned, f"{len(warned)} rows warn, as does {warned[0]}"


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_row_of_several_outputs_is_within_a_few_units_of_their_true_mean(name: str) -> None:
    totals: dict[str | None, Callable[[list[Any]], Any]] = {"root_mean_square": root_mean_square, "largest": max}
    total = totals.get(get(name).finish, mean)
    misses = []
    for hard, truths in tried(name):
        inside = [index for index, truth in enumerate(truths) if truth.value <= LARGEST]
        for outputs, mixed in ((2, True), (3, False), (7, True)):
            order = np.random.default_rng(outputs).permutation(inside) if mixed else np.array(inside)
            table = order[: len(order) // outputs * outputs].reshape(-1, outputs)
            if not table.size:
                continue
            rows = hard.only(table)
            values = computed(name, rows, reduction="none")
            means = [Truth(*(total([truths[index][part] for index in row]) for part in (0, 1))) for row in table]
            misses += missed(name, rows, values, means, BOUNDS.get(name, 4))
    assert not misses, told(misses)


@pytest.mark.parametrize(
    "sizes",
    [
        (1e200, 1e-200),
        (1e-200, 3e-200, 7e-200),
        (1e200, 3e200, 1e180, 1.0),
        (5e-324, 1e-320, 1.5e-323),
        (1e-162, 1e-154, 3e-160),
        (1e300, 1e300, 1e300),
        (0.1, 0.2, 0.3, 1e-17),
    ],
)
def test_rmse_is_within_one_unit_of_the_true_root(sizes: tuple[float, ...]) -> None:
    for weights in (
        None,
        [1.0 / (index + 3) for index in range(len(sizes))],
        [1e-30, 1.0, 1e30, 7.0][: len(sizes)],
    ):
        value = lossctl.compute("rmse", np.zeros(len(sizes)), np.array(sizes), weight=weights)
        with mp.workdps(2000):
            exact = [mpf(weight) for weight in weights or [1.0] * len(sizes)]
            squares = [weight * mpf(size) ** 2 for weight, size in zip(exact, sizes, strict=True)]
            root = mp.sqrt(mp.fsum(squares) / mp.fsum(exact))
        assert off(float(value), root, root) <= 1, (value, mp.nstr(root, 20), weights)


@pytest.mark.parametrize("name", [loss.name for loss in every() if loss.finish is None])
def test_means_are_rounded_once(name: str) -> None:
    for seed, (hard, _) in enumerate(tried(name)):
        # Classes that are ignored or weighted count in Σw; they have a test of their own.
        if hard.params.get("ignore_index") is not None or hard.params.get("class_weight") is not None:
            continue
        with np.errstate(all="ignore"):
            values = get(name).rows(*hard.inputs, **hard.params)
        finite = np.isfinite(values)
        rows, values = hard.only(finite), values[finite]
        for weights in (None, 10.0 ** np.random.default_rng(seed).uniform(-20, -2, len(values))):
            total = fractions(values if weights is None else weights * values)
            over = Fraction(len(values)) if weights is None else fractions(weights)
            for reduction, denominator in (
                ("mean", over),
                ("mean-weight", over),
                ("mean-count", Fraction(len(values))),
                ("sum", Fraction(1)),
            ):
                given = computed(name, rows, weight=weights, reduction=reduction)
                assert given == rounded(total / denominator), (spelled(name, hard.params), reduction)


def test_class_weights_and_ignored_classes_count_in_the_denominator() -> None:
    random = np.random.default_rng(11)
    logits, labels, weight = random.normal(0, 9, (200, 3)), random.integers(-1, 3, 200), random.uniform(0, 2, 200)
    by_class = (0.3, 1.7, 0.9)
    values = get("sparse_cce_logits").rows(labels, logits, class_weight=by_class, ignore_index=-1)
    factor = np.where(labels == -1, 0.0, np.array(by_class)[labels])
    for weights, given in ((np.ones(200), None), (weight, weight)):
        spec = "sparse_cce_logits:class_weight=[0.3,1.7,0.9]:ignore_index=-1"
        mean_of_rows = lossctl.compute(spec, labels, logits, weight=given)
        assert mean_of_rows == rounded(fractions(weights * values) / fractions(weights * factor))


@pytest.mark.parametrize(
    ("name", "y_true", "y_pred", "value"),
    [
        # limits of the definitions as a logit or an error grows beyond all bounds
        ("bce_logits", 1.0, np.inf, 0.0),
        ("bce_logits", 0.0, np.inf, np.inf),
        ("bce_logits", 1.0, -np.inf, np.inf),
        ("bce_logits", 0.0, -np.inf, 0.0),
        ("bce_logits", 0.5, np.inf, np.inf),
        ("cce_logits", [1.0, 0.0, 0.0], [np.inf, 0.0, -np.inf], 0.0),
        ("cce_logits", [0.0, 1.0, 0.0], [np.inf, 0.0, -np.inf], np.inf),
        ("cce_logits", [0.5, 0.5, 0.0], [0.0, 0.0, -np.inf], float(np.log(2))),
        ("cce_logits", [0.5, 0.0, 0.5], [0.0, 0.0, -np.inf], np.inf),
        ("sparse_cce_logits", 0, [np.inf, 0.0, -np.inf], 0.0),
        ("sparse_cce_logits", 1, [np.inf, 0.0, -np.inf], np.inf),
        ("sparse_cce_logits", 1, [-np.inf, 3.0, -np.inf], 0.0),
        ("sparse_cce_logits", 0, [-np.inf, 3.0, -np.inf], np.inf),
        ("hinge", 1.0, np.inf, 0.0),
        ("hinge", -1.0, np.inf, np.inf),
        ("squared_hinge", 1.0, np.inf, 0.0),
        ("squared_hinge", 1.0, -np.inf, np.inf),
        # probabilities at the ends of their interval
        ("bce", 1.0, 0.0, np.inf),
        ("bce", 1.0, 1.0, 0.0),
        ("bce", 0.0, 1.0, np.inf),
        ("bce", 0.0, 0.0, 0.0),
        ("bce", 0.5, 1.0, np.inf),
        ("cce", [0.0, 1.0], [1.0, 0.0], np.inf),
        ("cce", [1.0, 0.0], [1.0, 0.0], 0.0),
        ("sparse_cce", 1, [1.0, 0.0], np.inf),
        ("sparse_cce", 0, [1.0, 0.0], 0.0),
        ("kl", [1.0, 0.0], [1.0, 0.0], 0.0),
        ("kl", [0.0, 1.0], [1.0, 0.0], np.inf),
        ("msle", 0.0, np.inf, np.inf),
        ("poisson_nll", 0.0, 0.0, 0.0),
        ("poisson_nll", 1.0, 0.0, np.inf),
        ("poisson_deviance", 0.0, 3.0, 6.0),
        ("gamma_deviance", 0.0, 3.0, np.inf),
        ("tweedie_deviance", 0.0, 4.0, 8.0),
        ("mape", 0.0, 0.0, 0.0),
        ("mape", 0.0, 1.0, np.inf),
        ("smape", 0.0, 0.0, 0.0),
        ("binary_focal", 1.0, 0.0, np.inf),
        ("binary_focal", 1.0, 1.0, 0.0),
        ("savage", 1.0, np.inf, 0.0),
        ("savage", 1.0, -np.inf, 1.0),
        ("exponential", 1.0, -np.inf, np.inf),
        ("multiclass_hinge", 0, [0.0, -np.inf], 0.0),
        ("multiclass_hinge", 1, [0.0, -np.inf], np.inf),
        ("nll", 0, [-np.inf, 0.0], np.inf),
        ("js", [1.0, 0.0], [0.0, 1.0], float(np.log(2))),
        ("chi2", [1.0, 0.0], [0.0, 1.0], np.inf),
        ("jeffreys", [0.5, 0.5], [0.0, 1.0], np.inf),
        ("reverse_kl", [0.0, 1.0], [0.5, 0.5], np.inf),
        ("cosine", [0.0, 0.0], [1.0, 1.0], 1.0),
    ],
)
def test_at_the_edge_of_its_domain_a_formula_gives_the_limit_and_does_not_warn(
    name: str, y_true: float | list[float], y_pred: float | list[float], value: float
) -> None:
    (given,) = get(name).rows(np.array([y_true]), np.array([y_pred]))
    assert given == value


@pytest.mark.parametrize("y_pred", [np.inf, -np.inf])
@pytest.mark.parametrize("name", UNBOUNDED)
def test_an_infinite_error_is_an_infinite_loss_and_no_warning(name: str, y_pred: float) -> None:
    assert get(name).rows(np.zeros(1), np.array([y_pred])).tolist() == [np.inf]


@cache
def tried(name: str) -> tuple[tuple[Hard, list[Truth]], ...]:
    """Hard rows of a loss, in groups of the same parameters and number of classes, with their true losses."""
    return tuple((hard, hard.truths(name)) for hard in hard_rows(get(name)))


def hard_rows(loss: Loss) -> Iterator[Hard]:
    """All rows with the default parameters, and every combination of other parameters on a share of the rows."""
    for k in widths(loss):
        for renormalised in (False, True) if "renormalise" in loss.params else (False,):
            rows = ROWS[tuple(loss.roles.values())](k, renormalised)
            codes = [np.int64 if kind.coding == "class" else np.float64 for kind in loss.roles.values()]
            inputs = [np.array(column, code) for column, code in zip(zip(*rows, strict=True), codes, strict=True)]
            grids = {name: PARAMS.get(f"{loss.name}.{name}", PARAMS[name])(k) for name in loss.params} | (
                {"renormalise": (renormalised,)} if "renormalise" in loss.params else {}
            )
            default = {name: param.default for name, param in loss.params.items()}
            apart = {
                name: grid for name, grid in grids.items() if (loss.name, name) in OF_CONVENTIONS and len(grid) > 1
            }
            rest = {name: (default[name],) if name in apart else grid for name, grid in grids.items()}
            every_params = [dict(zip(rest, values, strict=True)) for values in itertools.product(*rest.values())]
            single = [{name: value} for name, grid in apart.items() for value in grid if value != default[name]]
            together = [{name: grid[-1] for name, grid in apart.items()}] if len(apart) > 1 else []
            every_params += [
                {**every_params[5 * index % len(every_params)], **some} for index, some in enumerate(single + together)
            ]
            share = 1 if len(every_params) < 8 else 4 if len(every_params) < 30 else 7
            for index, params in enumerate(every_params):
                whole = params == default or share == 1
                picked = slice(None) if whole else slice(index % share, None, share)
                yield labelled(Hard(params, tuple(array[picked] for array in inputs)))


def widths(loss: Loss) -> list[int]:
    """How many values a row of a loss is tried with."""
    vectors = [kind for kind in loss.roles.values() if kind.vector]
    if not vectors:
        return [1]
    if vectors[0].most is not None:
        return [vectors[0].most]
    alone = len(vectors) == len(loss.roles) and vectors[0].fewest == 1 and "pool" not in loss.params
    return [1, *CLASSES] if alone else list(CLASSES)


def labelled(hard: Hard) -> Hard:
    """The same rows, some labels of which are ignored where that is asked for."""
    if hard.params.get("ignore_index") != -100:
        return hard
    y_true = hard.inputs[0].copy()
    y_true[::5] = -100
    return Hard(hard.params, (y_true, *hard.inputs[1:]))


def reals(_k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(1)
    rows: list[tuple[float, float]] = [(0.0, 0.0), (1e300, 1e300), (-1e-300, -1e-300), (0.1, 0.1)]
    rows += [(0.0, sign * size) for size in REAL_SIZES for sign in (1, -1)]
    rows += [(sign * size, 0.0) for size in REAL_SIZES[::2] for sign in (1, -1)]
    rows += [(1e300, -1e300), (1e16, 1.0), (1.0, 1e16), (0.1, 0.3), (1.0, BELOW_ONE), (1e-300, 1e-310)]
    rows += [(1.5e308, -1.5e308), (-LARGEST, LARGEST), (1.5e308, 0.0), (0.0, -LARGEST), (LARGEST, LARGEST)]
    wild = random.uniform(-300, 300, (40, 2))
    rows += (random.choice([-1, 1], (40, 2)) * 10.0**wild).tolist()
    base = random.normal(0, 1, 160)
    rows += [(y, y + e) for y, e in zip(base.tolist(), (10.0 ** random.uniform(-9, 3, 160)).tolist(), strict=True)]
    rows += [(y, y - e) for y, e in zip(base.tolist(), random.uniform(0.4, 2.5, 160).tolist(), strict=True)]
    return rows


def above_minus_one(_k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(2)
    values = (
        *(-BELOW_ONE, -1 + 1e-10, -0.99, -0.5, -0.1, -1e-8, -1e-17, -1e-300, 0.0, 5e-324, 1e-300, 1e-160, 1e-17, 1e-10),
        *(0.1, 1.0, 10.0, 1e5, 1e10, 1e16, 1e300, LARGEST),
    )
    rows = list(itertools.product(values, values))
    rows += [(y, float(np.nextafter(y, np.inf))) for y in values[:-1]]
    rows += [(y, y + e) for y, e in zip(random.uniform(-1, 3, 80), 10.0 ** random.uniform(-17, 2, 80), strict=True)]
    return rows


AMOUNTS = (
    *(5e-324, 1e-310, 1e-300, 1e-160, 1e-20, 1e-5, 0.1, 0.5, BELOW_ONE, 1.0, 1 + 2.0**-52, 1.5, 2.0, 3.0, 10.0, 1e3),
    *(1e10, 1e20, 1e150, 1e300),
)


def amounts(_k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(12)
    rows = list(itertools.product((0.0, *AMOUNTS), AMOUNTS))
    rows += [(y, y * ratio) for y in (1e-300, 0.3, 7.0, 1e300) for ratio in (0.4, 0.49, 0.51, 0.9, 1.1, 1.9, 2.1)]
    base = 10.0 ** random.uniform(-3, 3, 120)
    rows += [(y, y * (1 + e)) for y, e in zip(base, 10.0 ** random.uniform(-16, 0.5, 120), strict=True)]
    rows += [(y, y * (1 - e)) for y, e in zip(base, 10.0 ** random.uniform(-16, -0.01, 120), strict=True)]
    return rows


def rates(k: int, renormalised: bool) -> list[tuple[Any, Any]]:
    return [*amounts(k, renormalised), (0.0, 0.0), (2.0, 0.0), (1e-300, 0.0), (1e300, 0.0)]


def bags(k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    """Pairs of rows of amounts: far apart, near each other, and the same."""
    random = np.random.default_rng(13)
    found: list[tuple[Any, Any]] = []
    for size in (1e-300, 1.0, 1e300):
        for _ in range(3 if k < 100 else 1):
            row = size * random.uniform(0, 1, k) * random.integers(0, 2, k)
            found += [(row.tolist(), row.tolist()), (row.tolist(), (size * random.uniform(0, 1, k)).tolist())]
    for step in (1e-16, 1e-12, 1e-8, 1e-4, 0.3, 3.0):
        for _ in range(8 if k < 100 else 2):
            row = 10.0 ** random.uniform(-3, 3, k)
            found.append((row.tolist(), (row * (1 + step * random.uniform(-0.3, 1, k))).tolist()))
    wild = random.choice((0.0, *AMOUNTS), (30 if k < 100 else 3, 2, k)).tolist()
    return found + [(row[0], row[1]) for row in wild]


def vectors(k: int, renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(14)
    found = [(y, p) for y, p in bags(k, renormalised)]
    signed = random.choice([-1, 1], (len(found), 2, k))
    found += [((y * sign[0]).tolist(), (p * sign[1]).tolist()) for (y, p), sign in zip(found, signed, strict=True)]
    return [*found, ([0.0] * k, [1.0] * k), ([1.0] * k, [0.0] * k), ([1.0] * k, [-1.0] * k), ([3.0] * k, [3.0] * k)]


def boxes(_k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    """Pairs of boxes that are such in each format: equal, near, one in the other, crossed, touching, apart, empty."""
    random = np.random.default_rng(17)

    def box(size: float, at: float = 0.0) -> list[float]:
        first = random.uniform(at - 1, at, 2)
        return [*first, *np.maximum(first, 0) + size * random.uniform(0, 1, 2)]

    rows: list[tuple[Any, Any]] = [
        ([0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0]),
        ([0.0, 0.0, 2.0, 2.0], [5.0, 5.0, 6.0, 8.0]),
        ([0.0, 0.0, 2e-5, 2e-5], [0.0, 0.0, 2e-5, 2e-5]),
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),
        ([0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0]),
        ([0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 2.0]),
        ([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]),
        ([0.0, 0.0, 4.0, 1.0], [1.0, -1.0, 2.0, 3.0]),
        ([0.0, 0.0, 4.0, 4.0], [1.0, 1.0, 2.0, 2.0]),
        ([0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 2.0, 1.0]),
        ([0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 2.0, 2.0]),
        ([-1e308, -1e308, 1e308, 1e308], [-1e308, -1e308, 1e308, 0.5e308]),
        ([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, BELOW_ONE * 0.4]),
        ([1e8, 1e8, 1e8 + 1, 1e8 + 1], [1e8, 1e8, 1e8 + 1.5, 1e8 + 1]),
    ]
    for size in (1e-300, 1e-5, 1.0, 1e3, 1e300):
        for _ in range(8):
            one, other = np.array(box(1.0)), np.array(box(1.0))
            wide = np.add(one, [0, 0, *random.uniform(0, 1, 2)])
            rows += [(size * one, size * other), (size * one, size * wide), (size * wide, size * one), (one, one)]
    for step in (1e-16, 1e-12, 1e-8, 1e-4, 0.1):
        for _ in range(8):
            one = np.array(box(1.0))
            rows.append((one, one * (1 + step * random.uniform(0, 1, 4))))
            rows.append((one + 1000, one * (1 + step * random.uniform(0, 1, 4)) + 1000))
    rows += [(box(0.1), box(3.0, at)) for at in (0.0, 0.2, 1.0, 5.0, 1e6) for _ in range(6)]
    return [(np.array(one).tolist(), np.array(other).tolist()) for one, other in rows]


def masks(k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(18)
    some = 40 if k < 100 else 4
    # Where products of two pixels are subnormal numbers, a mask is as good as empty.
    soft, likely = ([value for value in values if not 0 < value < 1e-60] for values in (SOFT, PROBABILITIES))
    found = list(zip(random.choice(soft, (some, k)), random.choice(likely, (some, k)), strict=True))
    hard = random.integers(0, 2, (3, some, k)).astype(float)
    found += zip(hard[0], random.uniform(0, 1, (some, k)), strict=True)
    found += zip(hard[1], hard[2], strict=True)
    found += [(y, np.abs(y - step)) for y in hard[0][:4] for step in (1e-60, 1e-17, 2.0**-53, 1e-10, 0.1)]
    zero, one = np.zeros(k), np.ones(k)
    return [(y.tolist(), p.tolist()) for y, p in [*found, (zero, zero), (one, one), (zero, one), (one, zero)]]


def label_sets(rows: Sequence[list[float]]) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(15)
    sets = [(random.uniform(0, 1, len(row)) < 0.4).astype(float).tolist() for row in rows for _ in range(2)]
    return [(labels, rows[index // 2]) for index, labels in enumerate(sets)]


def pairs_of_sets(k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(16)
    rows = random.integers(0, 2, (60, 2, k)).astype(float).tolist()
    return [*((row[0], row[1]) for row in rows), *((row[0], row[0]) for row in rows)]


def log_probabilities(k: int) -> list[list[float]]:
    with np.errstate(divide="ignore"):
        return [np.log(row).tolist() for row in distributions(k, renormalised=False) if max(row) <= 1]


def probabilities(_k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(3)
    rows = list(itertools.product(SOFT, PROBABILITIES))
    sides = [0.0, 1.0] * 30
    rows += random.uniform(0, 1, (60, 2)).tolist()
    rows += [(float(p), float(p)) for p in random.uniform(0, 1, 20)]
    rows += [(y, 10.0**p) for y, p in zip(sides, random.uniform(-300, 0, 60), strict=True)]
    rows += [(y, 1 - 10.0**p) for y, p in zip(sides, random.uniform(-16, 0, 60), strict=True)]
    return rows


def binary_logits(_k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(4)
    sizes = REAL_SIZES[::2] + GAPS
    rows = [(y, sign * z) for y in SOFT[:7] for z in sizes for sign in (1, -1)]
    rows += [(y, z) for y in SOFT for z in (0.0, 40.0, -40.0, 1000.0, -1000.0, 1e300, -1e300)]
    rows += list(zip(random.uniform(0, 1, 100), random.normal(0, 30, 100), strict=True))
    return rows


def signs(_k: int, _renormalised: bool) -> list[tuple[Any, Any]]:
    random = np.random.default_rng(5)
    values = [sign * size for size in (*REAL_SIZES, LARGEST) for sign in (1, -1)]
    rows: list[tuple[Any, Any]] = list(itertools.product((1.0, -1.0), values))
    return rows + list(zip(random.choice([1.0, -1.0], 60), random.uniform(-1.2, 1.2, 60), strict=True))


def logits(k: int) -> Iterator[list[float]]:
    """Rows of logits: gaps of all sizes between two classes, ties, ±1000, 1e±300, and masks of -inf."""
    random = np.random.default_rng(6)
    for base, gap in itertools.product((0.0, 0.3, -1000.0, 1000.0) if k <= 3 else (0.3,), GAPS[:: 1 if k < 100 else 4]):
        yield [base - gap] * (k // 2) + [base] + [base - 3 * gap] * (k - k // 2 - 1)
    for scale in (1e-17, 1.0, 30.0, 700.0):
        yield from (scale * random.normal(0, 1, (1 if k == 100 else 8, k))).tolist()
    yield [0.0] * k
    yield [1e300] * k
    yield [1e300, -1e300] + [0.0] * (k - 2)
    yield [1e-300, -1e-300] + [5e-324] * (k - 2)
    yield [1e16, 1e16 - 2] + [1e16 - 40] * (k - 2)
    yield [-1e16, 2 - 1e16] + [-40 - 1e16] * (k - 2)
    yield [1000.0 if c % 2 else -1000.0 for c in range(k)]
    yield [0.1 if c % 3 else 700.3 for c in range(k)]
    yield [0.3, 0.2 - 40] + [-np.inf] * (k - 2)
    yield [-np.inf] * (k - 1) + [7.0]


def distributions(k: int, *, renormalised: bool) -> Iterator[list[float]]:
    """Rows of probabilities that add to 1, or to anything where they will be divided by their sum."""
    random = np.random.default_rng(7)
    few = k == 100
    for p in (1.0, BELOW_ONE, 1 - 1e-10, 0.99, 0.7, 0.5):
        for q in (1e-300, 1e-60, 1e-17, 2.0**-53, 1e-10)[:: 4 if few else 1]:
            rest = [(1 - p) / (k - 1)] * (k - 2)
            yield [max(1 - p - sum(rest), q), *rest, p] if k > 2 else [q, p + (1 - p)]
    yield [1 / k] * k
    yield [1.01 / k] * k
    yield [1.0] + [0.0] * (k - 1)
    yield [0.0] * (k - 1) + [1.0]
    for alpha in (0.02, 0.3, 3.0):
        for row in random.dirichlet([alpha] * k, 2 if few else 16):
            yield row.tolist()
    if renormalised:
        for scale in (3.0, 1e-8, 1e-300, 1e300):
            for row in random.dirichlet([0.3] * k, 1 if few else 8):
                yield (scale * row).tolist()
        yield [1.0] + [1e-300] * (k - 1)
        yield [1e300] + [1e-300] * (k - 1)
        yield [0.2] * k


def targets(rows: Sequence[list[float]]) -> list[tuple[Any, Any]]:
    """Each row with true probabilities, one-hot and soft."""
    random = np.random.default_rng(8)
    k = len(rows[0])
    found: list[tuple[Any, Any]] = []
    for index, row in enumerate(rows):
        one_hot = [0.0] * k
        one_hot[int(random.integers(k))] = 1.0
        soft = random.dirichlet([0.5] * k).tolist()
        near = [BELOW_ONE, 2.0**-53] + [0.0] * (k - 2)
        tiny = [1e-300] + [1 / (k - 1)] * (k - 1)
        even = [1 / k] * k
        found += [((one_hot, near)[index % 2], row), ((soft, tiny, even)[index % 3], row)]
    return found


def grades(rows: Sequence[list[float]]) -> list[tuple[Any, Any]]:
    """Each row with the grades of its items."""
    random = np.random.default_rng(19)
    return [(random.choice([0.0, 1.0, 2.0, 0.3, 1e-10], len(row)).tolist(), row) for row in rows for _ in range(2)]


def to_labels(rows: Sequence[list[float]]) -> list[tuple[Any, Any]]:
    """Each row with the label of its largest value, of its smallest, and of one between."""
    random = np.random.default_rng(9)
    found: list[tuple[Any, Any]] = []
    for row in rows:
        chosen = {int(np.argmax(row)), int(np.argmin(row)), int(random.integers(len(row)))}
        found += [(label, row) for label in sorted(chosen)]
    return found


def pairs(k: int, renormalised: bool) -> list[tuple[Any, Any]]:
    """Two distributions: far apart, near each other, and the same."""
    random = np.random.default_rng(10)
    rows = list(distributions(k, renormalised=renormalised))
    found: list[tuple[Any, Any]] = [(row, row) for row in rows]
    found += [(rows[first], rows[second]) for first, second in random.integers(len(rows), size=(len(rows), 2))]
    for size in (1e-16, 1e-12, 1e-8, 1e-4, 0.04):
        for row in rows[:: 3 if k < 100 else 9]:
            moved = np.array(row) * (1 + size * random.uniform(-1, 1, k))
            found.append((row, (moved / moved.sum()).tolist()))
    return found


def scales(k: int, renormalised: bool) -> list[tuple[Any, ...]]:
    random = np.random.default_rng(21)
    found = [(y, p, 1.0) for y, p in reals(k, renormalised) if abs(y) < LARGEST > abs(p)]
    found += [(y, y + e, s) for y in (0.0, 1.0, -3e10) for e in (0.0, 1e-5, 1.0, -40.0) for s in (0.0, *AMOUNTS)]
    base, gap, scale = random.normal(0, 1, 150), random.normal(0, 2, 150), 10.0 ** random.uniform(-1, 1, 150)
    return [*found, *zip(base.tolist(), (base + gap).tolist(), scale.tolist(), strict=True)]


def ordered_ends(k: int, renormalised: bool) -> list[tuple[Any, ...]]:
    random = np.random.default_rng(22)
    found = [(y, min(y, p), max(y, p)) for y, p in reals(k, renormalised)]
    found += [(0.0, min(y, p), max(y, p)) for y, p in reals(k, renormalised)]
    triples = random.normal(0, 3, (100, 3))
    return found + [(y, min(a, b), max(a, b)) for y, a, b in triples.tolist()]


def several_ends(k: int, _renormalised: bool) -> list[tuple[Any, ...]]:
    random = np.random.default_rng(23)
    found: list[tuple[Any, ...]] = []
    for size in (1e-300, 1e-5, 1.0, 1e5, 1e300):
        for _ in range(12 if k < 100 else 2):
            y, m = (size * random.normal(0, 2, 2)).tolist()
            ends = np.sort(size * random.normal(0, 1, (2, k)), axis=0).tolist()
            found.append((y, m, *ends))
    return found


def ensembles(k: int, renormalised: bool) -> list[tuple[Any, ...]]:
    random = np.random.default_rng(24)
    found: list[tuple[Any, ...]] = [(0.0, [1.0] * k), (1.0, [1.0] * k), (0.1, [0.1, 0.3] * (k // 2) + [0.1] * (k % 2))]
    found += [(y[0], p) for y, p in vectors(k, renormalised)]
    for step in (1e-15, 1e-8, 1e-3, 1.0, 1e3):
        for _ in range(10 if k < 100 else 2):
            base = float(random.normal(0, 1))
            found.append((base, (base + step * random.normal(0.2, 1, k)).tolist()))
    return found


def ensembles_of_vectors(k: int, renormalised: bool) -> list[tuple[Any, ...]]:
    random = np.random.default_rng(25)
    pairs_of = vectors(k, renormalised)[:: 1 if k < 100 else 4]
    return [(y, [*p, *random.normal(0, 1, k).tolist(), *(2.0 * np.array(y)).tolist()]) for y, p in pairs_of]


def triples(k: int, renormalised: bool) -> list[tuple[Any, ...]]:
    random = np.random.default_rng(26)
    found: list[tuple[Any, ...]] = [(a, b, random.normal(0, 1, k).tolist()) for a, b in vectors(k, renormalised)]
    for step in (1e-12, 1e-3, 0.5):
        for _ in range(12 if k < 100 else 2):
            anchor = random.normal(0, 1, k)
            near, far = anchor + step * random.normal(0, 1, (2, k))
            found.append((anchor.tolist(), near.tolist(), far.tolist()))
    return found


def signed(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(sign, *row) for row in rows for sign in (1.0, -1.0)]


ROWS: Mapping[tuple[Kind, ...], Callable[[int, bool], list[tuple[Any, ...]]]] = {
    (kinds.REAL, kinds.REAL): reals,
    (kinds.ABOVE_MINUS_ONE, kinds.ABOVE_MINUS_ONE): above_minus_one,
    (kinds.TRUTH, kinds.PROBABILITY): probabilities,
    (kinds.TRUTH, kinds.REAL): binary_logits,
    (kinds.SIGN, kinds.REAL): signs,
    (kinds.LABEL, kinds.LOGITS): lambda k, _: to_labels(list(logits(k))),
    (kinds.LABEL, kinds.DISTRIBUTION): lambda k, scaled: to_labels(list(distributions(k, renormalised=scaled))),
    (kinds.TARGET_DISTRIBUTION, kinds.LOGITS): lambda k, _: targets(list(logits(k))),
    (kinds.TARGET_DISTRIBUTION, kinds.DISTRIBUTION): lambda k, scaled: targets(
        list(distributions(k, renormalised=scaled))
    ),
    (kinds.DISTRIBUTION, kinds.DISTRIBUTION): pairs,
    (kinds.AMOUNT, kinds.POSITIVE_AMOUNT): amounts,
    (kinds.AMOUNT, kinds.POSITIVE_RATE): amounts,
    (kinds.AMOUNT, kinds.RATE): rates,
    (kinds.AMOUNTS, kinds.AMOUNTS): bags,
    (kinds.VECTOR, kinds.VECTOR): vectors,
    (kinds.BOX, kinds.BOX): boxes,
    (kinds.AMOUNTS, kinds.LOGITS): lambda k, _: grades(list(logits(k))),
    (kinds.MASK, kinds.PIXELS): masks,
    (kinds.MASK_OF_CLASS, kinds.PIXELS_OF_CLASS): masks,
    (kinds.REALS, kinds.REALS): lambda k, _: reals(k, _) if k == 1 else vectors(k, _),
    (kinds.ONE_HOT, kinds.SCORES): lambda k, _: [
        (np.eye(k)[label].tolist(), row) for label, row in to_labels(list(logits(k)))
    ],
    (kinds.LABEL, kinds.SCORES): lambda k, _: to_labels(list(logits(k))),
    (kinds.LABEL_SET, kinds.SCORES): lambda k, _: label_sets(list(logits(k))),
    (kinds.LABEL_SET, kinds.LABEL_SET): pairs_of_sets,
    (kinds.REAL, kinds.REAL, kinds.SPREAD): scales,
    (kinds.REAL, kinds.REAL, kinds.REAL): ordered_ends,
    (kinds.REAL, kinds.REAL, kinds.ENDS, kinds.ENDS): several_ends,
    (kinds.REAL, kinds.MEMBERS): ensembles,
    (kinds.VECTOR, kinds.MEMBERS_OF_EACH): ensembles_of_vectors,
    (kinds.VECTOR, kinds.VECTOR, kinds.VECTOR): triples,
    (kinds.SIGN, kinds.VECTOR, kinds.VECTOR): lambda k, scaled: signed(vectors(k, scaled)),
    (kinds.SIGN, kinds.REAL, kinds.REAL): lambda k, scaled: signed(reals(k, scaled)),
    (kinds.SIGN, kinds.AMOUNT): lambda k, scaled: signed([(d,) for _, d in amounts(k, scaled)]),
    (kinds.LABEL, kinds.LOG_PROBABILITIES): lambda k, _: to_labels(log_probabilities(k)),
}
"""Hard rows for the kinds of the inputs, given the number of classes and whether rows are renormalised."""


def spelled(name: str, params: Params) -> str:
    """The LOSS that asks for these parameters."""
    texts = {key: str(list(value) if isinstance(value, tuple) else value) for key, value in params.items()}
    return ":".join([name, *(f"{key}={text}" for key, text in texts.items() if text != "None")])


def ulp(exact: Any) -> Any:
    """The distance between the float64 numbers around an exact value."""
    _, exponent = mp.frexp(exact)
    return mpf(2) ** (max(exponent, -1021) - 53)


def off(value: float, exact: Any, size: Any, weight: float = 1.0) -> float:
    """How far a float64 is from an exact value, in units of the last place of a size; inf counts as 2**1024.

    A weight multiplies a loss that was rounded before, so its unit is no less than that of a subnormal loss times it.
    """
    edge = mpf(2) ** 1024
    if mp.isinf(exact):
        return 0.0 if value == float(exact) else np.inf
    if value != value or value == -np.inf:
        return np.inf
    with mp.workdps(3000):
        unit = max(ulp(min(size, mpf(LARGEST))), mpf(weight) * mpf(2) ** -1074)
        return float(abs(min(mpf(value), edge) - min(exact, edge)) / unit)


FACTORS: Sequence[Callable[[Params], float]] = (
    lambda params: params.get("pos_weight", 1.0),
    lambda params: params.get("epsilon", 1.0),
    lambda params: 1 / params.get("dispersion", 1.0),
    lambda params: 1 / (abs(params["power"] - 1) or 1.0) if "power" in params else 1.0,
)
"""By what parameters multiply numbers that were rounded before."""


def missed(name: str, hard: Hard, values: Any, truths: Sequence[Truth], bound: float) -> list[tuple[float, str]]:
    """The rows whose value is farther off than the bound, and what is to be said of them."""
    found = []
    weight = max(1.0, *(factor(hard.params) for factor in FACTORS), *(hard.params.get("class_weight") or (1.0,)))
    for row, (value, truth) in enumerate(zip(values.tolist(), truths, strict=True)):
        size = max(truth.size, LEAST_SIZE.get(name, 0.0)) if name in OF_SIZE else truth.value
        far = off(value, truth.value, size, weight)
        if not far <= bound:
            case = f"{spelled(name, hard.params)} {hard.shown(row)}"
            found.append((far, f"{value!r} is {far:.4g} ulp off {mp.nstr(truth.value, 20)}: {case}"[:500]))
    return found


def computed(name: str, hard: Hard, **options: Any) -> Any:
    """What the package makes of these rows."""
    roles = dict(zip(get(name).roles, hard.inputs, strict=True))
    return lossctl.compute(spelled(name, hard.params), **roles, **options)


def told(misses: list[tuple[float, str]]) -> str:
    worst = sorted(misses, reverse=True)[:8]
    return f"{len(misses)} rows are off, the worst of them:\n" + "\n".join(text for _, text in worst)


def warns(name: str, hard: Hard) -> bool:
    """Whether the formula warns on these rows."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        get(name).rows(*hard.inputs, **hard.params)
    return bool(caught)


def fractions(values: Floats) -> Fraction:
    """The sum of float64 numbers, not rounded."""
    return sum(map(Fraction, values.tolist()), Fraction())


def rounded(exact: Fraction) -> float:
    """The float64 nearest to a fraction, ties to even: Python divides integers so."""
    try:
        return exact.numerator / exact.denominator
    except OverflowError:
        return float("inf")
