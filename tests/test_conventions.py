"""`--like`: what frameworks print, why it is not the exact value, and that nothing about it is silent.

`frameworks/make_conventions.py` says how the frameworks were asked.
"""

from __future__ import annotations

import json
import os
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath brings no types
from test_frameworks import shown

import lossctl
from lossctl import kinds
from lossctl.effects import differ
from lossctl.errors import DataError
from lossctl.kinds import Number
from lossctl.losses.conventions import CONVENTIONS, EXACT, WORDS, words
from lossctl.losses.declare import every, get
from lossctl.losses.spec import Shapes, fits, parse
from lossctl.plan import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from conftest import Ran

    from lossctl.kinds import Kind

RELATIVE = {"float64": 1e-12, "float32": 1e-6}
ABSOLUTE_AT_ZERO = 1e-15
REFUSED = "refused"
ROWS = [(like, loss) for like, rows in CONVENTIONS.items() for loss in rows]


def bank() -> list[dict[str, Any]]:
    with open(os.path.join(os.path.dirname(__file__), "frameworks", "conventions.json"), encoding="utf-8") as file:
        cases: list[dict[str, Any]] = json.load(file)
    return cases


def printed(case: dict[str, Any]) -> str:
    """What lossctl prints for a case, or that it refuses it."""
    try:
        value = lossctl.compute(
            case["loss"],
            case["y_true"],
            case["y_pred"],
            weight=case["weight"],
            reduction=case["reduction"],
            like=case["like"],
            **case.get("more", {}),
        )
    except lossctl.LossctlError:
        return REFUSED
    return repr(value)


def agrees(given: str, expected: str, relative: float) -> bool:
    if REFUSED in {given, expected}:
        return given == expected
    value, wanted = float(given), float(expected)
    return value == wanted or abs(value - wanted) <= (relative * abs(wanted) or ABSOLUTE_AT_ZERO)


@pytest.mark.parametrize("like", [like for like in CONVENTIONS if like != EXACT])
def test_like_gives_the_number_of_the_framework_and_refuses_what_it_refuses(like: str) -> None:
    cases = [case for case in bank() if case["like"] == like]
    wrong = [
        f"{given} is not {case['value']}: {case['loss']} {case['reduction']} {case['call']} (version {case['version']})"
        for case in cases
        if not agrees(given := printed(case), case["value"], RELATIVE[case["dtype"]])
    ]
    assert not wrong, f"{len(wrong)} of {len(cases)}: {wrong[:5]}"


def test_the_bank_holds_many_cases_of_every_convention_and_their_versions() -> None:
    cases = bank()
    assert len(cases) >= 600
    assert {case["like"] for case in cases} == set(CONVENTIONS) - {EXACT}
    assert all(case["version"] and case["call"] and case["value"] for case in cases)
    keys = [json.dumps({**case, "value": None}) for case in cases]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("like", "loss"), ROWS)
def test_a_row_of_a_convention_names_parameters_of_its_loss_and_values_they_may_have(like: str, loss: str) -> None:
    row = CONVENTIONS[like][loss]
    params = get(loss).params
    assert row.name
    assert set(row.kinds) <= set(get(loss).roles)
    assert set(row.takes) <= set(params)
    assert row.single.keys() <= row.params.keys()
    for name, value in (*row.params.items(), *row.single.items()):
        if name == "dtype":
            assert value == "float32"
            continue
        kind = params[name].kind
        assert kind.parse(repr(value) if isinstance(kind, Number) else str(value)) == value
        assert value != params[name].default, f"{name} changes nothing"


def test_every_parameter_of_conventions_has_words() -> None:
    assert {name.rpartition(".")[2] for name in WORDS} <= {name for loss in every() for name in loss.params} | {"dtype"}
    for like, loss in ROWS:
        for name, value in CONVENTIONS[like][loss].params.items():
            said = words(loss, name, value)
            assert "{" not in said
            assert said.split()[0].endswith("s")


Inputs: TypeAlias = "dict[str, Any]"


def provoking(loss: str) -> list[Inputs]:
    """Inputs that provoke every difference a convention may make: of the shapes and values that the loss takes."""
    roles = get(loss).roles
    if not get(loss).plain:
        return named(roles)
    pairs = vectors() if roles["y_pred"].vector else numbers()
    return [{"y_true": true, "y_pred": pred} for true, pred in pairs]


def numbers() -> list[tuple[Any, Any]]:
    """Labels, amounts and real numbers beside predictions of one number, then of three outputs."""
    found: list[tuple[Any, Any]] = [
        ([0.0, 1.0, 2.0, -0.5, 3.0, -1.0], [0.0, 0.5, -3.0, 0.0, 1000.0, -1000.0]),
        ([0.0, 1.0, 2.0, 3.0], [0.5, 1e-9, 2.5, 1e3]),
        ([0.5, 1.0, 2.0, 3.0], [0.5, 1e-9, 2.5, 1e3]),
        ([0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 2.5, 1e3]),
        ([0.0, 1.0, 1.0, 0.0], [0.25, 0.5, 0.75, 0.1]),
        ([0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.25]),
        ([0.0, 1.0, 0.3, 0.6], [1.0, 0.0, 1e-9, 0.25]),
        ([0.0, 1.0, 0.0], [0.5, 0.5, -2.0]),
        ([1.0, -1.0, 1.0, -1.0], [0.5, 0.25, 0.0, 3.0]),
    ]
    wide = [(np.tile(true, (3, 1)).T, np.tile(pred, (3, 1)).T) for true, pred in found]
    return [*found, *wide, ([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[1.5, 2.0], [3.0, 7.0], [5.0, 5.0]])]


def vectors() -> list[tuple[Any, Any]]:
    """Probabilities, scores, masks and boxes."""
    shares = [[1.0, 0.0, 0.0], [0.25, 0.25, 0.5], [0.5, 0.5, 0.0], [0.34, 0.33, 0.331]]
    scores = [[-3.0, -2.5, -4.0], [1000.0, 0.0, -1000.0], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]
    logs = np.log(np.maximum(shares, 1e-300)).tolist()
    two = [[0.75, 0.25], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    hot = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    ids = [1, 0, 2, 1]
    return [
        *((true, pred) for true in (ids, hot, shares) for pred in (shares, scores, logs, hot)),
        ([1, 0, 1, 1], two),
        ([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], two),
        ([-100, 1, 0, 2], scores),
        ([-100, 1, 0, 2], logs),
        ([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 1.0]], [[1.0, 1.0, 3.0, 3.0], [0.0, 0.0, 1.0, 1.5]]),
        ([[0.0, 0.0, 2e-5, 2e-5], [0.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 2e-5, 1e-5], [0.0, 0.0, 0.0, 0.0]]),
    ]


def named(roles: Mapping[str, Kind]) -> list[Inputs]:
    """Inputs by names of their own: the same values for all of a kind, then other ones for each."""
    found: list[Inputs] = []
    for signs, spreads in (
        ([1.0, -1.0, 1.0, -1.0], [1.0, 0.0, 1e-9, 4.0]),
        ([1.0, 0.0, 1.0, 0.0], [1.0, 0.25, 2.0, 4.0]),
    ):
        of_kind: dict[Kind, Any] = {
            kinds.SIGN: signs,
            kinds.REAL: [0.0, 0.5, -1000.0, 3.0],
            kinds.SPREAD: spreads,
            kinds.VECTOR: [[1.0, 0.0, 0.5], [0.0, 0.0, 0.0], [1e-7, 0.0, 0.0], [-3.0, 2.0, 1e3]],
        }
        for step in (0, 1):
            one = {
                role: np.roll(of_kind[kind], step * place, axis=0) for place, (role, kind) in enumerate(roles.items())
            }
            found.append(one)
            if not any(kind.vector for kind in roles.values()):
                found.append({role: np.tile(values, (3, 1)).T for role, values in one.items()})
    return found


def typed(inputs: Inputs) -> list[str]:
    """Inputs as the command line takes them."""
    rest = {role: _text(values) for role, values in inputs.items() if role != "y_true"}
    pred = rest["y_pred"] if [*rest] == ["y_pred"] else ",".join(f"{role}={text}" for role, text in rest.items())
    return ["-t", _text(inputs["y_true"]), "-p", pred]


WEIGHTS = (None, [2.0, 0.5, 0.0, 1.0])


@pytest.mark.parametrize(("like", "loss"), ROWS)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_value_under_a_convention_is_exact_or_has_its_reasons(
    like: str, loss: str, reduction: str, run: Callable[..., Ran]
) -> None:
    if reduction == "sum" and get(loss).finish is not None:
        return
    told = 0
    for inputs in provoking(loss):
        for weight in WEIGHTS if len(inputs["y_true"]) == 4 else (None,):
            options = {"weight": weight, "reduction": reduction}
            given, exact = (_value(loss, inputs, like=one, **options) for one in (like, EXACT))
            if given is None:
                continue
            arguments = [*typed(inputs), "--reduction", reduction]
            arguments += [] if weight is None else ["-w", _text(weight)]
            ran = run("compute", loss, *arguments, "--like", like, "--json")
            (record,) = json.loads(ran.out)["results"]
            if record["loss"] != loss:  # the shapes picked another loss of that name
                continue
            assert record["value_str"] == repr(given)
            assert record["exact_str"] == repr(np.nan if exact is None else exact)
            same = exact is not None and not differ(np.array([given]), np.array([exact])).any()
            assert same == (record["reasons"] == []), (inputs, weight, record)
            assert all(reason.startswith(f"{like} ") for reason in record["reasons"])
            assert not any("last digits" in reason for reason in record["reasons"])
            told += 1
    assert told


def _value(loss: str, inputs: Inputs, **options: Any) -> float | None:
    try:
        value = lossctl.compute(loss, **inputs, **options)
    except lossctl.LossctlError:
        return None
    assert isinstance(value, float)
    return value


def _text(values: Any) -> str:
    return json.dumps(np.asarray(values).tolist())


@pytest.mark.parametrize("loss", [loss.name for loss in every() if not loss.demands])
def test_every_loss_computes_in_float32(loss: str) -> None:
    found = 0
    for inputs in provoking(loss):
        wide, single = (_value(spec, inputs, reduction="mean") for spec in (loss, f"{loss}:dtype=float32"))
        if wide is None or single is None or not np.isfinite(wide):
            continue
        assert np.float32(wide) == pytest.approx(single, rel=1e-4, abs=1e-6)
        found += 1
    assert found


def test_what_float32_cannot_hold_is_infinite_without_a_warning(shell: Callable[..., Ran]) -> None:
    ran = shell("lossctl compute mse:dtype=float32 -t 1,2 -p 1e39,2 -f value")
    assert (ran.out, ran.err, ran.code) == ("inf\n", "", 0)


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred", "like", "printed"),
    [
        # R9: keras 3.15.1; p = 1 is clipped to the float32 below it; in float64 both ends are 1e-7 away
        ("bce:dtype=float32", [1.0], [0.0], "keras", "16.118095"),
        ("bce:dtype=float32", [0.0], [1.0], "keras", "15.942385"),
        ("bce", [0.0], [1.0], "keras", "16.118096"),
        # torch 2.13.0; scikit-learn 1.9.1 in float64
        ("bce", [1.0], [0.0], "torch", "100.0"),
        ("bce", [0.0], [1.0], "sklearn", "36.0436534"),
        # scikit-learn 1.9.1 in float32, whose eps is that of the probabilities
        ("bce:dtype=float32", [1.0], [0.0], "sklearn", "15.9423847"),
        ("bce:dtype=float32", [1.0, 1.0], [0.0, 0.75], "sklearn", "8.11503"),
        ("cce:dtype=float32", [[1.0, 0.0]], [[0.0, 1.0]], "sklearn", "15.9423847"),
        ("sparse_cce:dtype=float32", [2, 0], [[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]], "sklearn", "8.66434"),
        ("bce:dtype=float32:clip=1e-3", [1.0], [0.0], "sklearn", "6.907755"),
        # R11, R12: keras divides first, but by its TensorFlow backend the sparse one after the clip
        ("sparse_cce:renormalise=true", [1], [[0.2, 0.2, 0.2]], EXACT, "1.0986"),
        ("cce", [[0.0, 1.0, 0.0]], [[0.2, 0.2, 0.2]], "keras", "1.0986"),
        ("sparse_cce", [0], [[2.0, 1.0, 1.0]], "keras", "1.0986"),
        ("cce", [[1.0, 0.0, 0.0]], [[2.0, 1.0, 1.0]], "keras", "0.6931472"),
        # R17: keras 3.15.1, q = 0 beside p = 0.4; torch 2.13.0 divides by N C
        ("kl", [[0.6, 0.4]], [[1.0, 0.0]], "keras", "5.774"),
        ("kl", [[0.36, 0.48, 0.16], [0.0, 0.5, 0.5]], [[0.3, 0.5, 0.2], [0.1, 0.4, 0.5]], "torch", "0.0203183"),
        # R18, R19, R22, R23
        ("hinge", [0.0], [0.3], "optax", "1.0"),
        ("multiclass_hinge", [1], [[-3.0, -2.5, -4.0]], "keras", "3.5"),
        ("multiclass_hinge", [1], [[-3.0, -2.5, -4.0]], "sklearn", "0.5"),
        ("msle", [[1.0, 1.0]], [[-3.0, 1.0]], "keras", "0.2402"),
        ("mape", [0.0, 1.0], [1.0, 1.0], "keras", "5e+08"),
        ("mape", [0.0, 1.0], [1.0, 1.0], "sklearn", "2.2518e+15"),
        # R27: keras 3.15.1 and torch 2.13.0 at a rate of 0; torch takes logarithms unless told otherwise
        ("poisson_nll", [3.0], [0.0], "keras", "48.354"),
        ("poisson_nll:log_input=false", [3.0], [0.0], "torch", "55.262"),
        ("poisson_nll", [2.0], [1.0], "torch", "0.7182818"),
        ("poisson_nll:log_input=false:full=true", [2.0], [3.0], "torch", "1.4546"),
        ("poisson_nll:full=true", [2.0], [3.0], EXACT, "1.4959"),
        # R29 to R31, R34
        ("brier_score_loss", [1, 0], [[0.3, 0.7], [0.8, 0.2]], "sklearn", "0.065"),
        ("categorical_focal", [[0.0, 1.0]], [[0.5, 0.5]], "keras", "0.0433217"),
        ("cosine", [[1.0, 0.0]], [[0.6, 0.8]], "keras", "-0.6"),
        ("cosine", [[1.0, 0.0]], [[0.6, 0.8]], "optax", "0.4"),
    ],
)
def test_golden_numbers_of_conventions_hold(loss: str, y_true: Any, y_pred: Any, like: str, printed: str) -> None:
    value = lossctl.compute(loss, y_true, y_pred, like=like)
    assert isinstance(value, float)
    assert shown(value, printed) == printed


@pytest.mark.parametrize(
    ("like", "reduction", "value"),
    [
        # R5: errors 1, 2, 3 of weights 1, 1, 2; keras 3.15.1, torch 2.13.0 and scikit-learn 1.9.1
        ("keras", "mean", 3.0),
        ("keras", "sum", 9.0),
        ("keras", "mean-weight", 2.25),
        ("torch", "mean", 2.25),
        ("torch", "mean-count", 3.0),
        ("sklearn", "mean", 2.25),
        ("exact", "mean", 2.25),
    ],
)
def test_each_framework_has_its_own_mean(like: str, reduction: str, value: float) -> None:
    errors, weights = [1.0, 2.0, 3.0], [1.0, 1.0, 2.0]
    assert lossctl.compute("mae", [0.0] * 3, errors, weight=weights, reduction=reduction, like=like) == value


A, B, C = [[1.0, 0.0], [2.0, -1.0]], [[0.5, 0.25], [1.0, 1.0]], [[-1.0, 0.5], [2.0, -0.75]]


@pytest.mark.parametrize(
    ("loss", "inputs", "like", "reduction", "value"),
    [
        # torch 2.13.0: torch.nn.functional.gaussian_nll_loss, hinge_embedding_loss, margin_ranking_loss,
        # cosine_embedding_loss and triplet_margin_loss
        (
            "gaussian_nll",
            {"y_true": [0.0, 1.0], "y_pred": [0.5, 1.0], "var": [0.0, 2.0]},
            "torch",
            "mean",
            62496.71940915565,
        ),
        ("hinge_embedding", {"y_true": [1.0, -1.0, -1.0], "y_pred": [0.5, 0.25, 3.0]}, "torch", "sum", 1.25),
        (
            "margin_ranking:margin=0.3",
            {"y_true": [1.0, -1.0], "x1": [0.5, 1.0], "x2": [0.4, 2.0]},
            "torch",
            "mean",
            0.1,
        ),
        (
            "cosine_embedding:margin=0.2",
            {"y_true": [1.0, -1.0], "x1": A, "x2": B},
            "torch",
            "mean",
            0.11090028750934489,
        ),
        ("triplet_margin", {"y_true": B, "y_pred": C, "anchor": A}, "torch", "mean", 1.4930342651422983),
        # scikit-learn 1.9.1 metrics.max_error and metrics.median_absolute_error
        ("max_error", {"y_true": [1.0, 2.0, 3.0], "y_pred": [1.5, 1.0, 3.25]}, "sklearn", "mean", 1.0),
        ("median_absolute_error", {"y_true": [1.0, 2.0, 3.0], "y_pred": [1.5, 1.0, 3.25]}, "sklearn", "mean", 0.5),
        # optax 0.2.8 losses.sigmoid_focal_loss and losses.ranking_softmax_loss
        ("sigmoid_focal", {"y_true": [1.0, 0.0, 0.5], "y_pred": [0.5, 2.0, -3.0]}, "optax", "mean", 0.7015995026107826),
        (
            "ranking_softmax",
            {"y_true": [[1.0, 0.0, 2.0]], "y_pred": [[0.5, 2.0, -3.0]]},
            "optax",
            "mean",
            12.120720801020239,
        ),
    ],
)
def test_losses_of_further_inputs_have_their_numbers(
    loss: str, inputs: dict[str, Any], like: str, reduction: str, value: float
) -> None:
    assert lossctl.compute(loss, like=like, reduction=reduction, **inputs) == pytest.approx(value, rel=1e-12)


LOGITS = [[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]


def test_class_weights_count_in_the_denominator_of_ids_and_not_of_probabilities() -> None:
    # torch 2.13.0 F.cross_entropy, weight=[1, 2, 3]: R5, R15
    spec = "cross_entropy:class_weight=[1,2,3]"
    assert lossctl.compute(spec, [0, 1, 2], LOGITS, like="torch") == pytest.approx(1.0864425, rel=1e-7)
    assert lossctl.compute(spec, np.eye(3), LOGITS, like="torch") == pytest.approx(2.1728849, rel=1e-7)
    assert lossctl.compute(f"{spec}:label_smoothing=0.1", np.eye(3), LOGITS, like="torch") == pytest.approx(
        2.2165, 1e-4
    )


def test_what_the_user_gives_wins_over_the_convention() -> None:
    assert lossctl.compute("bce:clip=0", [1.0], [0.0], like="keras") == np.inf
    assert lossctl.compute("poisson_nll:log_input=false:eps=0", [2.0], [1.0], like="torch") == 1.0
    assert lossctl.compute("bce:clip=0.25", [1.0], [0.0], like="torch") == pytest.approx(np.log(4))


def truth(value: Callable[[], Any]) -> float:
    with mp.workdps(400):
        return float(value())


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred", "value"),
    [
        # torch 2.13.0 and optax 0.2.8 give nan at an infinite logit; keras 3.15.1 on NumPy gives 15.94 for the second
        ("bce_logits", 1.0, np.inf, lambda: 0),
        ("bce_logits", 0.0, 1000.0, lambda: mp.log1p(mp.exp(1000))),
        # torch 100, scikit-learn 1.9.1 36.04, keras 16.12; then keras 1e-7, scikit-learn 2.2e-16
        ("bce", 1.0, 1e-60, lambda: -mp.ln(mpf(1e-60))),
        ("bce", 0.0, 1e-20, lambda: -mp.ln(1 - mpf(1e-20))),
        # torch 0.0
        ("sparse_cce_logits", 0, [40.0, 0.0, 0.0], lambda: mp.log1p(2 * mp.exp(-40))),
        # torch nan, where y = 0 meets a logit of -inf
        ("cce_logits", [1.0, 0.0], [3.0, -np.inf], lambda: 0),
        # torch inf in float64 beyond -709
        ("soft_margin", 1.0, -1000.0, lambda: mp.log1p(mp.exp(1000))),
        # torchmetrics 1.9.0 inf; keras and optax 0.0
        ("log_cosh", 0.0, 100.0, lambda: mp.ln(mp.cosh(100))),
        ("log_cosh", 0.0, 1e-10, lambda: mp.ln(mp.cosh(mpf(1e-10)))),
        # scipy 1.17.1 and the plain formula 0 and inf
        ("pseudo_huber", 0.0, 1e-9, lambda: mp.sqrt(1 + mpf(1e-9) ** 2) - 1),
        ("pseudo_huber", 0.0, 1e200, lambda: mp.sqrt(1 + mpf(1e200) ** 2) - 1),
        # the plain formula warns of an overflow in the branch it does not take
        ("huber", 0.0, 1e160, lambda: mpf(1e160) - mpf(1) / 2),
        # keras in float32 0
        ("msle", 1e-9, 2e-9, lambda: (mp.ln(1 + mpf(2e-9)) - mp.ln(1 + mpf(1e-9))) ** 2),
        # torch 1.4546 by Stirling's formula
        ("poisson_nll:full=true", 2.0, 3.0, lambda: 3 - 2 * mp.ln(3) + mp.ln(2)),
        # scikit-learn 0
        ("poisson_deviance", 1.0, 1.000000001, lambda: 2 * (mpf(1.000000001) - 1 - mp.ln(mpf(1.000000001)))),
        ("gamma_deviance", 1.0, 1.000000001, lambda: 2 * (mp.ln(mpf(1.000000001)) + 1 / mpf(1.000000001) - 1)),
        # scikit-learn is off by 1.3e-8 and 3.9e-7 of the value
        (f"tweedie_deviance:power={1 + 1e-9!r}", 2.0, 1.0, lambda: _tweedie(1 + 1e-9)),
        (f"tweedie_deviance:power={2 - 1e-9!r}", 2.0, 1.0, lambda: _tweedie(2 - 1e-9)),
        # torch and optax nan for p = q = 0
        ("kl", [0.0, 1.0], [0.0, 1.0], lambda: 0),
        # optax nan for a zero vector; the plain formula overflows at the length of the second
        ("cosine", [0.0, 0.0], [1.0, 1.0], lambda: 1),
        ("cosine", [1e200, 0.0], [1e200, 1e200], lambda: 1 - 1 / mp.sqrt(2)),
        # scikit-learn inf
        ("rmse", 0.0, 1e200, lambda: mpf(1e200)),
        # keras in float32 0
        ("mse", 100000000.0, 100000001.0, lambda: 1),
    ],
)
def test_exact_is_right_where_frameworks_are_not(loss: str, y_true: Any, y_pred: Any, value: Callable[[], Any]) -> None:
    given = lossctl.compute(loss, [y_true], [y_pred])
    assert given == pytest.approx(truth(value), rel=1e-15, abs=0)


def _tweedie(power: float) -> Any:
    p, y = mpf(power), mpf(2)
    return 2 * (y ** (2 - p) / ((1 - p) * (2 - p)) - y / (1 - p) + 1 / (2 - p))


BCE = ("compute", "bce", "-t", "1,0,1", "-p", "0,1,0.5")


def test_a_table_says_what_acted_on_how_many_rows_and_what_exact_is(run: Callable[..., Ran]) -> None:
    ran = run(*BCE, "--like", "keras")
    assert ran.out == (
        "loss   n     value\n"
        "──────────────────\n"
        "bce    3   10.9764\n"
        "\n"
        "bce: keras clips probabilities to 1e-07, which changed 2 rows; exact is inf\n"
        "\n"
        "arguments: all 3 rows used\n"
        "reduction mean, convention keras\n"
    )
    assert ran.err == ""


@pytest.mark.parametrize("format", ["value", "csv", "tsv", "plain"])
def test_a_machine_format_leaves_the_reasons_to_a_note(format: str, run: Callable[..., Ran]) -> None:
    ran = run(*BCE, "--like", "keras", "-f", format)
    assert ran.err == (
        "lossctl: note: arguments: bce: keras clips probabilities to 1e-07, which changed 2 rows; exact is inf "
        "[unlike-exact]\n"
    )


def test_a_loss_that_the_framework_lacks_is_exact_and_said_to_be(run: Callable[..., Ran]) -> None:
    ran = run("compute", "tukey", "-t", "1,0", "-p", "0,1", "--like", "keras", "--json")
    record = json.loads(ran.out)
    assert record["results"][0]["like"] == "exact"
    assert record["warnings"] == [
        {
            "code": "no-such-loss",
            "message": 'lossctl knows no "tukey" of keras, so what is printed is exact',
            "input": "arguments",
            "rows": [],
        }
    ]


def test_all_losses_under_a_convention_are_those_it_has(run: Callable[..., Ran]) -> None:
    ran = run("compute", "all", "-t", "1,0", "-p", "0.5,1", "--like", "torch", "--json")
    record = json.loads(ran.out)
    had = {name for name in CONVENTIONS["torch"] if fits(get(name), Shapes(1, 1))}
    had.remove("hinge_embedding")  # of which PyTorch takes no label 0
    assert {value["loss"] for value in record["results"]} == had
    assert {value["like"] for value in record["results"]} == {"torch"}


def test_like_all_prints_each_convention_beside_the_exact_value(run: Callable[..., Ran]) -> None:
    ran = run("compute", "bce,tukey", "-t", "1,0,1", "-p", "0,1,0.5", "--like", "all")
    table, reasons, footer = ran.out.split("\n\n")
    assert [line.split() for line in table.splitlines()[2:5]] == [
        ["bce", "exact", "3", "inf"],
        ["bce", "keras", "3", "10.9764", "-inf"],
        ["bce", "torch", "3", "66.8977", "-inf"],
    ]
    assert "bce: torch lets no logarithm fall below -100, which changed 2 rows" in reasons
    assert [line.split()[:2] for line in table.splitlines() if line.startswith("tukey")] == [["tukey", "exact"]]
    assert "conventions exact, keras, torch, " in footer


@pytest.mark.parametrize("format", ["table", "plain", "json", "ndjson", "csv", "tsv", "md", "value", "svg"])
def test_every_format_shows_all_conventions(format: str, run: Callable[..., Ran]) -> None:
    ran = run(*BCE, "--like", "all", "-f", format)
    names = [
        request.like for request in parse("bce", "all") if request.like == EXACT or "bce" in CONVENTIONS[request.like]
    ]
    if format == "value":
        assert len(ran.out.splitlines()) == len(names)
    else:
        assert all(name in ran.out for name in names)


def test_a_convention_that_refuses_the_values_is_told_beside_the_others(run: Callable[..., Ran]) -> None:
    ran = run("compute", "bce", "-t", "0.5,0", "-p", "0.5,0.25", "--like", "all", "-f", "csv")
    assert [line.rpartition(",")[2] for line in ran.out.splitlines() if ",sklearn," in line] == ["nan"]
    assert (
        'lossctl: note: arguments: bce: sklearn has no number: arguments: row 1: column "y_true": "0.5" is not 0 or 1, '
        "the labels that scikit-learn takes [refused]\n"
    ) in ran.err


def test_groups_have_their_own_reasons_and_the_table_those_of_all_rows(run: Callable[..., Ran], tmp_path: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred,g\n1,0,a\n0,0.5,b\n")
    ran = run("compute", "bce", str(path), "-g", "g", "--like", "keras", "--json")
    assert [len(value["reasons"]) for value in json.loads(ran.out)["results"]] == [1, 0, 1]
    ran = run("compute", "bce", str(path), "-g", "g", "--like", "keras")
    assert ran.out.count("which changed") == 1


def test_reasons_add_over_chunks_and_missing_rows_change_nothing(run: Callable[..., Ran], tmp_path: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred\n" + "1,0\n0,0.5\n" * 40_000 + "1,\n")
    ran = run("compute", "bce", str(path), "--like", "keras", "--nan", "propagate", "--json")
    (record,) = json.loads(ran.out)["results"]
    assert record["reasons"] == []
    assert record["value_str"] == record["exact_str"] == "nan"
    ran = run("compute", "bce", str(path), "--like", "keras", "--nan", "drop", "--json")
    (record,) = json.loads(ran.out)["results"]
    assert record["reasons"] == ["keras clips probabilities to 1e-07, which changed 40,000 rows"]


def test_one_convention_is_asked_for_where_one_value_is_wanted(run: Callable[..., Ran]) -> None:
    with pytest.raises(lossctl.LossctlError, match="compute takes one convention, not all"):
        lossctl.compute("mse", [1.0], [2.0], like="all")
    ran = run("breakdown", "mse", "-t", "1,2", "-p", "1,3", "--like", "all")
    assert ran.code == 2
    assert ran.err.startswith("lossctl: breakdown takes one convention, not all\n")


TRUE, PRED = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [1.0, 2.0]], [[1.0, 3.0], [3.0, 7.0], [5.0, 5.0], [4.0, 4.0]]


@pytest.mark.parametrize(
    ("loss", "weight", "value"),
    [
        # R25: scikit-learn 1.9.1 root_mean_squared_error, root_mean_squared_log_error and median_absolute_error
        ("rmse", None, 1.7182458365518543),
        ("rmse", [1.0, 2.0, 0.5, 1.0], 1.8497158812533883),
        ("rmsle", None, 0.42083582402760566),
        ("median_absolute_error", None, 0.75),
    ],
)
def test_sklearn_ends_each_output_by_itself(loss: str, weight: Any, value: float) -> None:
    given = lossctl.compute(loss, TRUE, PRED, weight=weight, like="sklearn")
    assert given == pytest.approx(value, rel=1e-12)
    assert given != lossctl.compute(loss, TRUE, PRED, weight=weight)
    assert given == lossctl.compute(f"{loss}:by_output=true", TRUE, PRED, weight=weight)


@pytest.fixture
def outputs(tmp_path: Path) -> str:
    path = tmp_path / "a.csv"
    rows = [",".join(map(str, (*true, *pred, g))) for true, pred, g in zip(TRUE, PRED, "abba", strict=True)]
    path.write_text("y_true_0,y_true_1,y_pred_0,y_pred_1,g\n" + "\n".join(rows) + "\n")
    return str(path)


def test_one_output_has_no_parameter_for_several(outputs: str, run: Callable[..., Ran]) -> None:
    ran = run("compute", "rmse", outputs, "-t", "y_true_0", "-p", "y_pred_0", "--like", "sklearn", "--json")
    (record,) = json.loads(ran.out)["results"]
    assert (record["params"], record["reasons"]) == ({"by_output": False}, [])


def test_every_command_knows_outputs_that_end_by_themselves(outputs: str, run: Callable[..., Ran]) -> None:
    columns = (outputs, "-t", "y_true_*", "-p", "y_pred_*", "--like", "sklearn")
    ran = run("compute", "rmse", *columns, "-g", "g", "-f", "value")
    parts = [[0, 3], [1, 2], [0, 1, 2, 3]]
    assert [float(line) for line in ran.out.splitlines()] == [
        lossctl.compute("rmse", np.array(TRUE)[rows], np.array(PRED)[rows], like="sklearn") for rows in parts
    ]
    ran = run("compute", "rmse", *columns)
    reason = "rmse: sklearn takes the root of each output over all 4 rows, then their mean; exact is 1.73205\n"
    assert reason in ran.out
    ran = run("breakdown", "rmse", *columns, "--json")
    record = json.loads(ran.out)
    assert [row["rmse"] for row in record["rows"]] == [2.5, 1.5, 0.5, 0.5]
    assert record["summary"][0]["mean"] == pytest.approx(1.7182458365518543, rel=1e-12)
    assert set(record["summary"][0]["shares"].values()) == {None}
    ran = run("compare", "rmse", f"one={outputs}", f"two={outputs}", *columns[1:], "--json")
    (record,) = json.loads(ran.out)["comparisons"]
    assert record["difference"] == 0
    ran = run("compute", "rmse", *columns, "--skill")
    assert ran.code == 2
    assert ran.err.startswith('lossctl: rmse has no skill: its best constant is not known with "by_output"\n')


def test_missing_rows_leave_no_value_of_outputs_that_end_by_themselves(tmp_path: Any, run: Callable[..., Ran]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true_0,y_true_1,y_pred_0,y_pred_1\n1,2,3,\n1,2,1,2\n")
    columns = (str(path), "-t", "y_true_*", "-p", "y_pred_*", "--like", "sklearn", "-f", "value")
    assert run("compute", "rmse,median_absolute_error", *columns, "--nan", "propagate").out == "nan\nnan\n"
    assert run("compute", "rmse,median_absolute_error", *columns, "--nan", "drop").out == "0.0\n0.0\n"


@pytest.mark.parametrize(
    ("like", "loss", "name"),
    [
        # scikit-learn 1.9.1: "Multioutput not supported in max_error"
        ("sklearn", "max_error", "sklearn.metrics.max_error"),
        ("sklearn", "poisson_deviance", "sklearn.metrics.mean_poisson_deviance"),
        ("lightgbm", "mse", "l2"),
        ("catboost", "mae", "MAE"),
    ],
)
def test_several_outputs_are_refused_where_a_framework_takes_one(like: str, loss: str, name: str) -> None:
    with pytest.raises(lossctl.LossctlError, match=f"^arguments: {name} of {like} takes one output a row, and "):
        lossctl.compute(loss, TRUE, PRED, like=like)


def test_labels_of_one_sign_alone_are_what_scikit_learn_makes_of_them() -> None:
    # scikit-learn 1.9.1: hinge_loss([1, 1], p) and hinge_loss([0, 0], p) are both 1.45; exact, the first is 0.55.
    scores = [0.3, 0.6]
    assert lossctl.compute("hinge", [0, 0], scores, like="sklearn") == 1.4500000000000002
    assert lossctl.compute("hinge", [1, 1], scores) == 0.55
    with pytest.raises(lossctl.LossctlError) as caught:
        lossctl.compute("hinge", [1, 1], scores, like="sklearn")
    assert caught.value.message == (
        "arguments: every y_true is positive, and sklearn takes labels of a single class for negative ones"
    )
    assert caught.value.help == "--like exact takes them for what they are"


def test_a_parameter_that_a_framework_refuses_is_refused() -> None:
    inputs: Inputs = {"y_true": TRUE, "y_pred": PRED, "anchor": PRED}
    for like, loss, said in (
        # torch 2.13.0: "margin must be greater than 0"; optax 0.2.8 has no absolute values
        ("torch", "triplet_margin:margin=0", "triplet_margin_loss of torch takes a number above 0 as margin, not 0.0"),
        ("optax", "triplet_margin:p=3", "triplet_margin_loss of optax takes 2 as p, not 3.0"),
    ):
        with pytest.raises(lossctl.LossctlError, match=said):
            lossctl.compute(loss, like=like, **inputs)
    for loss in ("margin_ranking", "cosine_embedding"):
        pair: Any = [1.0, 2.0] if loss == "margin_ranking" else [[1.0, 2.0], [2.0, 1.0]]
        with pytest.raises(lossctl.LossctlError, match=r'"0.0" is not -1 or 1, of which PyTorch\'s formula is'):
            lossctl.compute(loss, y_true=[0.0, 1.0], x1=pair, x2=pair, like="torch")


def test_like_all_goes_on_where_exact_refuses(run: Callable[..., Ran]) -> None:
    ran = run("compute", "msle", "-t", "1,2", "-p", "-3,2", "--like", "all")
    assert ran.code == 0
    assert ran.out == (
        "loss   like       n      value   difference\n"
        "───────────────────────────────────────────\n"
        "msle   exact      2   refused\n"
        "msle   keras      2   0.240226\n"
        "msle   sklearn    2   refused\n"
        "msle   catboost   2   refused\n"
        "\n"
        'msle: exact, sklearn and catboost have no number: arguments: row 1: column "y_pred": "-3" is not a number '
        "above -1, which ln(1 + y) needs\n"
        "msle: keras raises values below 1e-07 to it, which changed 1 row; exact takes no such values\n"
        "\n"
        "arguments: all 2 rows used\n"
        "reduction mean, conventions exact, keras, sklearn, catboost\n"
    )
    assert ran.err == ""


def test_like_all_tells_refusals_to_programs(run: Callable[..., Ran]) -> None:
    ran = run("compute", "msle", "-t", "1,2", "-p", "-3,2", "--like", "all", "--json")
    records = json.loads(ran.out)["results"]
    assert [(record["like"], record["value"] is None, record["value_str"]) for record in records] == [
        ("exact", True, "nan"),
        ("keras", False, records[1]["value_str"]),
        ("sklearn", True, "nan"),
        ("catboost", True, "nan"),
    ]
    assert [record.get("refused", "") != "" for record in records] == [True, False, True, True]
    ran = run("compute", "msle", "-t", "1,2", "-p", "-3,2", "--like", "all", "-f", "value")
    assert [line == "nan" for line in ran.out.splitlines()] == [True, False, True, True]
    assert ran.err.startswith(
        'lossctl: note: arguments: msle: exact, sklearn and catboost have no number: arguments: row 1: column "y_pred": '
        '"-3" is not a number above -1, which ln(1 + y) needs [refused]\n'
    )


@pytest.mark.parametrize(
    ("loss", "true", "pred", "said"),
    [
        (
            "sparse_cce",
            "0,7",
            "[[0.5,0.5],[1,0]]",
            'arguments: row 2: column "y_true": "7" is not a class id: y_pred has 2 classes',
        ),
        (
            "hinge",
            "1,0,-1",
            "1,2,3",
            "arguments: y_true holds both 0 and -1, and for a hinge loss both mean the negative",
        ),
        ("wmape,mse:dtype=float32", "1,x", "1,2", 'arguments: row 2: column "y_true": cannot read "x" as a number'),
    ],
)
def test_like_all_is_an_error_where_nothing_can_be_computed(
    loss: str, true: str, pred: str, said: str, run: Callable[..., Ran]
) -> None:
    ran = run("compute", loss, "-t", true, "-p", pred, "--like", "all")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"lossctl: {said}")


def test_the_refusal_told_is_that_of_the_first_row_however_rows_are_cut() -> None:
    first, second = (Refusal.of(DataError(text, row=row)) for text, row in (("one", 3), ("two", 70_000)))
    last = Refusal.of(DataError("of all rows"))
    for refusals in ((first, second, last), (last, second, first), (second, last, first)):
        assert reduce(add, refusals) == first


def test_masks_of_one_pixel_are_refused_where_rows_are_not_one_mask(run: Callable[..., Ran]) -> None:
    ran = run("compute", "dice", "-t", "1,0,1", "-p", "0.5,0.25,1", "--like", "all")
    assert ran.out.split("\n\n")[:2] == [
        "loss   like    n     value   difference\n"
        "───────────────────────────────────────\n"
        "dice   exact   3   refused\n"
        "dice   keras   3   0.2\n"
        "dice   optax   3   refused",
        "dice: exact and optax have no number: arguments: dice takes each row as a mask, and there is one column of y_pred, so one "
        "pixel a row\n"
        "dice: keras takes all 3 rows as one mask\n"
        "dice: keras adds 1e-07 to the denominator, once; exact takes no such values",
    ]
