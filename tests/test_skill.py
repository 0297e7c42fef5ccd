"""Skill: the loss of the best constant prediction, by brute force, against other tools, and however rows are cut."""

from __future__ import annotations

import json
import math
from functools import reduce
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath brings no types

import lossctl
from lossctl.aggregates import distribution
from lossctl.aggregates.constant import Moments, Order
from lossctl.engines.local import fold
from lossctl.losses.declare import every
from lossctl.losses.spec import parse
from lossctl.plan import Plan, planned
from lossctl.readers.columns import Asked, assembled
from lossctl.readers.table import Memory
from lossctl.results import Result
from lossctl.skill import beside_constants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from numpy.typing import NDArray

RNG = np.random.default_rng(5)
N = 60
WEIGHTS = RNG.uniform(0.5, 3, N)
REAL = RNG.normal(3, 2, N)
COUNTS = RNG.poisson(2.5, N).astype(float)
BITS = (RNG.uniform(size=N) < 0.3).astype(float)
SHARES = RNG.dirichlet([1, 2, 3], N)
IDS = RNG.choice(3, N, p=[0.2, 0.3, 0.5])

# Losses with parameters that matter to their best constants: the truth, and what a prediction is.
CASES: dict[str, tuple[NDArray[Any], str]] = {
    "mse": (REAL, "real"),
    "half_mse": (REAL, "real"),
    "rmse": (REAL, "real"),
    "mae": (REAL, "real"),
    "quantile:level=0.8": (REAL, "real"),
    "brier": (BITS, "probability"),
    "bce": (BITS, "probability"),
    "bce:label_smoothing=0.2": (BITS, "probability"),
    "bce_logits": (BITS, "real"),
    "bce_logits:pos_weight=3:label_smoothing=0.1": (BITS, "real"),
    "poisson_nll": (COUNTS, "positive"),
    "poisson_nll:eps=0.5": (COUNTS, "positive"),
    "poisson_nll:log_input=true": (COUNTS, "real"),
    "poisson_nll:clip=1e-7": (COUNTS, "positive"),
    "gamma_nll": (COUNTS + 1, "positive"),
    "tweedie_nll:clip=4": (COUNTS, "positive"),
    "tweedie_nll:power=1.3": (COUNTS, "positive"),
    "tweedie_nll:log_input=true": (COUNTS, "real"),
    "negbin_nll:dispersion=0.7": (COUNTS, "positive"),
    "cce": (SHARES, "classes"),
    "cce:label_smoothing=0.1": (SHARES, "classes"),
    "cce_logits:label_smoothing=0.1": (SHARES, "logits"),
    "brier_multiclass": (SHARES, "classes"),
    "sparse_cce:label_smoothing=0.1": (IDS, "classes"),
    "sparse_cce": (IDS, "classes"),
    "sparse_cce_logits": (IDS, "logits"),
    "sparse_brier": (IDS, "classes"),
    "rps": (IDS, "classes"),
    "rls": (IDS, "classes"),
    "nll": (IDS, "log"),
}


def predicted(rng: np.random.Generator, kind: str) -> NDArray[np.float64]:
    """A constant prediction."""
    one = float(rng.normal(1, 2))
    shares = rng.dirichlet([1, 1, 1])
    return np.array(
        {
            "real": [one],
            "probability": [1 / (1 + math.exp(-one))],
            "positive": [abs(one) + 0.01],
            "classes": shares,
            "logits": rng.normal(size=3),
            "log": np.log(shares),
        }[kind]
    )


def of_constant(text: str, truth: NDArray[Any], constant: NDArray[np.float64], weight: NDArray[Any] | None) -> float:
    """What the program itself prints for a constant prediction."""
    y_pred = np.repeat(np.asarray(constant)[None], len(truth), axis=0)
    return float(lossctl.compute(text, truth, y_pred[:, 0] if len(constant) == 1 else y_pred, weight=weight))


def plan_of(text: str, source: Memory, weight: bool, by: str = "", reduction: str = "mean") -> Plan:
    asked = Asked(weight="w" if weight else "", by=(by,) if by else ())
    plan = planned(parse(text), source.header(), asked, "x", reduction)  # type: ignore[arg-type]  # a test gives words
    return beside_constants(plan)


def told(
    text: str, truth: NDArray[Any], y_pred: NDArray[Any], weight: NDArray[Any] | None = None, **others: Any
) -> Result:
    columns = {"y_true": truth, "y_pred": y_pred, "w": np.ones(len(truth)) if weight is None else weight}
    by = "g" if "g" in others else ""
    columns |= {name: values for name, values in others.items() if name == "g"}
    source = Memory("x", "x", columns)
    plan = plan_of(text, source, weight is not None, by, others.get("reduction", "mean"))
    (totals,) = fold([plan], assembled(source, [plan.binding], others.get("rows", 65_536)))
    return plan.result("compute", "x", None, source.header(), totals)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("text", CASES)
def test_no_other_constant_has_a_smaller_loss(text: str, weighted: bool) -> None:
    truth, kind = CASES[text]
    if weighted and text.startswith(("mae", "quantile")):
        weighted = False
    weight = WEIGHTS if weighted else None
    rng = np.random.default_rng(1)
    tries = [predicted(rng, kind) for _ in range(60)]
    model = np.repeat(tries[0][None], N, axis=0)
    (value,) = told(text, truth, model[:, 0] if len(tries[0]) == 1 else model, weight).values
    assert value.skill is not None
    losses = [of_constant(text, truth, one, weight) for one in tries]
    assert value.value == losses[0]
    assert value.skill.value <= np.nextafter(min(losses), np.inf)  # of a clipped loss many constants are as good
    # The least of some tries comes near: within what a step around it still gains.
    best = min(zip(losses, map(tuple, tries), strict=True))[1]
    for size in (0.3, 0.1, 0.03, 0.01, 0.003):
        for _ in range(12):
            step = np.array(best) + rng.normal(size=len(best)) * size
            if kind in {"classes", "log"}:
                step = np.exp(step) if kind == "log" else np.abs(step)
                step = np.log(step / step.sum()) if kind == "log" else step / step.sum()
            if kind == "probability":
                step = np.clip(step, 0.001, 0.999)
            if kind == "positive":
                step = np.abs(step) + 1e-9
            loss = of_constant(text, truth, step, weight)
            assert value.skill.value <= loss * (1 + 1e-14) + 1e-14
            if loss < min(losses):
                losses.append(loss)
                best = tuple(step)
    assert value.skill.value == pytest.approx(min(losses), rel=1e-3, abs=1e-4)


def test_every_loss_that_has_a_constant_is_tried() -> None:
    assert {text.partition(":")[0] for text in CASES} == {loss.name for loss in every() if loss.constant is not None}


Y, P = [3.0, -0.5, 2.0, 7.0, 4.25], [2.5, 0.0, 2.0, 8.0, 4.0]
BIT, CHANCE = [0, 1, 1, 0, 1], [0.2, 0.7, 0.9, 0.6, 0.3]
CAME = [0, 1, 2, 1, 1]
CHANCES = [[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25], [0.3, 0.4, 0.3]]
HEAVY = [1, 2, 0.5, 1.5, 3]


@pytest.mark.parametrize(
    ("text", "truth", "y_pred", "weight", "golden"),
    [
        # scikit-learn 1.9.1: r2_score, d2_absolute_error_score, d2_pinball_score, d2_log_loss_score, d2_brier_score
        ("mse", Y, P, None, 0.9491042345276873),
        ("mse", Y, P, HEAVY, 0.9540568399352084),
        ("mae", Y, P, None, 0.7692307692307692),
        ("quantile:level=0.9", Y, P, None, 0.5714285714285714),
        ("bce", BIT, CHANCE, HEAVY, -0.20263631046661112),
        ("brier", BIT, CHANCE, HEAVY, -0.3003636363636364),
        ("sparse_cce", CAME, CHANCES, HEAVY, -0.1959160286190138),
        ("sparse_brier", CAME, CHANCES, HEAVY, -0.23804878048780487),
    ],
)
def test_agrees_with_scikit_learn(
    text: str, truth: list[float], y_pred: list[Any], weight: list[float] | None, golden: float
) -> None:
    heavy = None if weight is None else np.array(weight)
    (value,) = told(text, np.array(truth), np.array(y_pred), heavy).values
    assert value.skill is not None
    assert value.skill.skill == pytest.approx(golden, rel=1e-13)


# Far from 0 the textbook formula Σy²/n - ȳ² has no digit left, and beyond 1e154 squares leave the range.
@pytest.mark.parametrize("scale", [1.0, 1e-170, 1e-320, 1e140, 1e200])
@pytest.mark.parametrize("offset", [0.0, 1e9, 1e15])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_variance_is_exact_whatever_the_numbers(scale: float, offset: float, weighted: bool) -> None:
    truth = (np.round(REAL * 8) / 8 + offset) * scale
    weight = WEIGHTS if weighted else None
    (value,) = told("rmse", truth, truth, weight).values
    assert value.skill is not None
    with mp.workdps(2000):
        y = [mpf(float(one)) for one in truth]
        w = [mpf(float(one)) for one in (WEIGHTS if weighted else np.ones(N))]
        mean = mp.fdot(w, y) / mp.fsum(w)
        variance = mp.fsum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True)) / mp.fsum(w)
        assert value.skill.constant == (float(mean),)
        assert value.skill.value == float(mp.sqrt(variance))


ALL_KINDS = "mse,rmse,mae,quantile:level=0.8,bce,brier,bce_logits,poisson_nll"


@pytest.mark.parametrize("text", [ALL_KINDS, "sparse_cce,sparse_brier,rps"], ids=["numbers", "classes"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_chunks_and_their_order_change_nothing(text: str, weighted: bool) -> None:
    classes = text.startswith("sparse")
    columns = {
        "y_true": IDS if classes else BITS,
        "y_pred": SHARES if classes else np.abs(SHARES[:, 0]),
        "w": np.where(RNG.uniform(size=N) < 0.2, 0.0, WEIGHTS),
        "g": RNG.choice(["a", "b", "c"], N),
    }
    source = Memory("x", "x", columns)
    plan = plan_of(text, source, weighted, "g")
    results = []
    for rows in (1, 7, N):
        for turned in (False, True):
            parts = [plan.total(plan.score(batch)) for (batch,) in assembled(source, [plan.binding], rows)]
            known = reduce(add, reversed(parts) if turned else parts, plan.empty)
            results.append(plan.result("compute", "x", None, source.header(), known))
    # As JSON, since a NaN is not itself.
    assert len({json.dumps(result.to_dict()) for result in results}) == 1
    assert sum(value.skill is not None for value in results[0].values) == 4 * len(plan.specs)


def test_each_group_has_its_own_constant() -> None:
    groups = RNG.choice(["a", "b"], N)
    result = told("mse,mae", REAL, REAL + 1, g=groups)
    for value in result.values:
        rows = np.ones(N, np.bool_) if value.group is None else groups == value.group["g"]
        (alone,) = told(value.text, REAL[rows], REAL[rows] + 1).values
        assert value.skill == alone.skill


@pytest.mark.parametrize(
    ("text", "truth"),
    [("mse", np.stack([REAL, 3 * REAL**2], 1)), ("mae", np.stack([REAL, 3 * REAL**2], 1)), ("bce", SHARES)],
)
def test_each_output_has_its_own_constant(text: str, truth: NDArray[np.float64]) -> None:
    (value,) = told(text, truth, SHARES[:, : truth.shape[1]]).values
    alone = [told(text, column, column).values[0].skill for column in truth.T]
    assert value.skill is not None
    assert value.skill.constant == tuple(one.constant[0] for one in alone if one is not None)
    assert value.skill.value == pytest.approx(np.mean([one.value for one in alone if one is not None]), rel=1e-15)


@pytest.mark.parametrize("reduction", ["sum", "mean-count"])
def test_the_constant_is_reduced_like_the_loss(reduction: str) -> None:
    (value,) = told("mse", REAL, REAL + 1, WEIGHTS, reduction=reduction).values
    (mean,) = told("mse", REAL, REAL + 1, WEIGHTS).values
    assert value.skill is not None
    assert mean.skill is not None
    assert value.skill.skill == pytest.approx(mean.skill.skill, rel=1e-14)
    assert value.skill.value == pytest.approx(of_constant_reduced(mean.skill.constant[0], reduction), rel=1e-14)


def of_constant_reduced(constant: float, reduction: str) -> float:
    return float(lossctl.compute("mse", REAL, np.full(N, constant), weight=WEIGHTS, reduction=reduction))


def test_a_row_of_weight_0_does_not_count() -> None:
    truth, weight = REAL.copy(), np.ones(N)
    truth[3], weight[3] = np.inf, 0.0
    for text in ("mse", "mae"):
        (value,) = told(text, truth, REAL, weight).values
        (alone,) = told(text, np.delete(REAL, 3), np.delete(REAL, 3)).values
        assert value.skill is not None
        assert alone.skill is not None
        assert value.skill[:3] == alone.skill[:3]


rows = st.lists(st.tuples(st.floats(allow_nan=False), st.floats(0, 1e300)), min_size=1, max_size=40)


@given(rows, st.data())
def test_moments_add(rows: list[tuple[float, float]], data: st.DataObject) -> None:
    y, weight = np.array(rows).T
    codes = np.array(data.draw(st.lists(st.integers(0, 2), min_size=y.size, max_size=y.size)))
    cut = data.draw(st.integers(0, y.size))
    for weights in (None, weight):

        def moments(start: int, stop: int, weights: Any = weights) -> list[Moments]:
            part = slice(start, stop)
            own = None if weights is None else weights[part]
            return Moments.by_code(y[part, None], own, codes[part], 3, squares=True)

        whole = moments(0, y.size)
        assert [one + two for one, two in zip(moments(0, cut), moments(cut, y.size), strict=True)] == whole
        assert [one + Moments() for one in whole] == whole
        orders = Order.by_code(y[:, None], weights, codes, 3)
        halves = [
            Order.by_code(y[a:b, None], None if weights is None else weights[a:b], codes[a:b], 3)
            for a, b in pairwise((0, cut, y.size))
        ]
        assert [one + two for one, two in zip(*halves, strict=True)] == orders


BASE = "y_true,y_pred,g\n0,0.2,a\n1,0.7,a\n1,0.9,b\n0,0.6,b\n1,0.3,b\n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "a.csv").write_text(BASE)
    return f"a={tmp_path / 'a.csv'}"


def test_the_table(run: Callable[..., Ran], path: str) -> None:
    done = run("compute", "mse,bce", path, "--skill", "-g", "g")
    assert done.out.splitlines()[:8] == [
        "loss   g     n      value   best constant       skill",
        "─────────────────────────────────────────────────────",
        "mse    a     2   0.065           0.25        0.74",
        "mse    b     3   0.286667        0.222222   -0.29",
        "mse    all   5   0.198           0.24        0.175",
        "bce    a     2   0.289909        0.693147    0.581749",
        "bce    b     3   0.741875        0.636514   -0.165527",
        "bce    all   5   0.561089        0.673012    0.166302",
    ]
    assert done.err == (
        "lossctl: note: a: group g=b: mse 0.286667 is worse than always predicting the mean 0.666667 (0.222222) "
        "[worse-than-constant]\n"
        "lossctl: note: a: group g=b: bce 0.741875 is worse than always predicting the base rate 0.666667 (0.636514) "
        "[worse-than-constant]\n"
    )


def test_machine_formats(run: Callable[..., Ran], path: str) -> None:
    plain, skilled = (json.loads(run("compute", "mse", path, "--json", *more).out) for more in ([], ["--skill"]))
    assert skilled["results"][0].pop("skill") == {
        "statistic": "mean",
        "constant": 0.6,
        "value": 0.24,
        "value_str": "0.24",
        "skill": 0.17500000000000004,  # 1 - 0.198 / 0.24 of the floats, rounded once
        "skill_str": "0.17500000000000004",
    }
    assert plain == skilled
    plain_csv, skilled_csv = (run("compute", "mse", path, "-f", "csv", *more).out for more in ([], ["--skill"]))
    header, row = plain_csv.splitlines()
    assert header == "input,loss,params,like,reduction,group,n,weight,value"
    assert skilled_csv == f"{header},best_constant,skill\n{row},0.24,0.17500000000000004\n"
    assert run("compute", "mse", path, "--skill", "-f", "value").out == run("compute", "mse", path, "-f", "value").out


@pytest.mark.parametrize("text", ["mse", "mae", "brier_multiclass"])
def test_a_result_can_be_read_again(text: str) -> None:
    truth = SHARES if text == "brier_multiclass" else REAL
    for result in (told(text, truth, truth[::-1].copy()), told("mae", REAL, REAL, WEIGHTS)):
        again = Result.from_dict(json.loads(json.dumps(result.to_dict())))
        assert repr(again.values[0].skill) == repr(result.values[0].skill)


THERE = "there is skill of " + ", ".join(f'"{loss.name}"' for loss in every() if loss.constant is not None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mae:dead_zone=0.1", 'mae:dead_zone=0.1 has no skill: its best constant is not known with "dead_zone"'),
        ("huber", "huber has no skill: its best constant does not follow from sums over rows"),
        ("mse+mae", "mse+mae has no skill: what is the best constant of a weighted sum is not known"),
        ("mse,poisson_nll:full=true", 'poisson_nll:full=true has no skill: its best constant is not known with "full"'),
    ],
)
def test_refusals(text: str, said: str, run: Callable[..., Ran], path: str) -> None:
    done = run("compute", text, path, "--skill")
    names, _, last = THERE.rpartition(", ")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"lossctl: {said}\n  help: {names} and {last}\n"


def test_all_leaves_the_others_blank(run: Callable[..., Ran], path: str) -> None:
    results = json.loads(run("compute", "all", path, "--skill", "--json", "-q").out)["results"]
    skilled = {one["loss"] for one in results if "skill" in one}
    assert {one["loss"] for one in results} - skilled >= {"huber", "max_error", "hinge"}
    assert skilled == {
        *("mse", "rmse", "half_mse", "mae", "quantile", "bce", "bce_logits", "brier"),
        *("poisson_nll", "gamma_nll", "tweedie_nll", "negbin_nll"),
    }


def test_more_rows_than_a_median_keeps(run: Callable[..., Ran], path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "EXACT_ROWS", 4)
    done = run("compute", "mae,mse", path, "--skill", "-f", "csv")
    assert [line.split(",")[-2:] for line in done.out.splitlines()[1:]] == [
        ["nan", "nan"],
        ["0.24", "0.17500000000000004"],
    ]
    assert done.err == (
        "lossctl: note: a: mae has no skill here: its best constant is a quantile, for which at most 65,536 rows are kept "
        "[no-skill]\n"
    )


@pytest.mark.parametrize(
    ("rows", "gate", "code", "said"),
    [
        (BASE, "mse=0.1", 0, "the gate holds: the skill of mse of a is 0.175, above 0.1 by 0.075 (75 %)."),
        (BASE, "mse=0.2", 1, "the gate is broken: the skill of mse of a is 0.175, below 0.2 by 0.025 (12 %)."),
        (BASE, "mse=0.17500000000000004", 0, "the gate holds: the skill of mse of a is exactly 0.175."),
        (
            "y_true,y_pred\n1,1\n1,1\n",
            "mse=0",
            3,
            "the gate is undecided: the mse of the best constant is 0, and skill divides by it.",
        ),
        (
            "y_true,y_pred\n5,5\n4,4\n",
            "poisson_nll=0",
            3,
            "the gate is undecided: the poisson_nll of the best constant is -2.26835, and skill divides by it.",
        ),
        (
            "y_true,y_pred\n1,0\n0,0.5\n",
            "bce=0",
            3,
            "the gate is undecided: the skill of bce of a is -inf, and only a finite number can be judged.",
        ),
        ("y_true,y_pred\ninf,0\n0,0.5\n", "mse=0", 3, "the skill of mse of a is nan, and only a finite number"),
        ("y_true,y_pred\n", "mse=0", 3, "the gate is undecided: "),
    ],
)
def test_gates(rows: str, gate: str, code: int, said: str, run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows)
    done = run("check", f"a={tmp_path / 'a.csv'}", "--min-skill", gate, "--isolated")
    assert done.code == code, done.err
    assert said in done.out.splitlines()[-1]


def test_a_gate_holds_for_each_group(run: Callable[..., Ran], path: str) -> None:
    done = run("check", path, "--min-skill", "mse=0", "--max", "huber=1", "-g", "g", "--json", "--isolated")
    checks = [(one["name"], one["group"], one["status"]) for one in json.loads(done.out)["checks"]]
    assert ("skill mse>=0", {"g": "b"}, "fail") in checks
    assert ("skill mse>=0", None, "pass") in checks
    assert done.code == 1


def test_a_gate_on_a_loss_without_skill_is_refused(run: Callable[..., Ran], path: str) -> None:
    done = run("check", path, "--min-skill", "huber=0.1", "--isolated")
    assert done.code == 2
    assert "huber has no skill: its best constant does not follow from sums over rows\n" in done.err


def test_gates_in_python() -> None:
    assert lossctl.check(REAL, REAL + 0.1, min_skill={"mse": 0.9}).passed
    assert not lossctl.check(REAL, REAL + 9, min_skill={"mse": 0.0}).passed


def test_models_side_by_side_have_the_skill_that_each_has_alone(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("y_true,a,b\n1,1.5,1\n2,2.5,2.25\n4,3,4\n")
    options = ("mse,mae", "a.csv", "-p", "a", "-p", "b", "--skill", "--json", "-q")
    alone, beside = (json.loads(run(command, *options).out)["results"] for command in ("compute", "compare"))
    assert [value["skill"] for value in beside] == [value["skill"] for value in alone]
    table = run("compare", *options[:-2], "-q").out
    assert run("compute", *options[:-2], "-q").out.partition("\n\n")[0] in table
    assert run("compare", "huber", *options[1:]).code == 2


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("r2", "mse"),
        ("R2Score", "mse"),
        ("r2_score", "mse"),
        ("d2_absolute_error_score", "mae"),
        ("d2_pinball_score", "quantile"),
        ("d2_log_loss_score", "log_loss"),
        ("d2_brier_score", "brier_score_loss"),
    ],
)
def test_a_score_that_is_a_skill_says_of_which_loss(run: Callable[..., Ran], name: str, loss: str) -> None:
    ran = run("compute", name, "-t", "1,0", "-p", "0.5,0.25")
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        f'lossctl: "{name}" is no loss but the skill of one, {loss}\n  help: lossctl compute {loss} preds.csv --skill tells it\n',
    )
    assert run("compute", loss, "-t", "1,0", "-p", "0.5,0.25", "--skill").code == 0
