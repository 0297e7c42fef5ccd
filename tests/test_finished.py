"""Losses that are no mean of their rows: ratios of sums, the largest, the median; in every command and format."""

from __future__ import annotations

import json
import pickle
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath brings no types
from reference import normalised_root

import lossctl
from lossctl.aggregates.finished import Median, Medians, Ratio, Roots
from lossctl.aggregates.mean import Mean, RootMeanSquare
from lossctl.errors import LossctlError
from lossctl.losses.spec import Shapes, parse
from lossctl.plan import aggregate_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

    from lossctl.aggregates.mean import Mean

    Run = Callable[..., Ran]

TABLE = "y_true,y_pred,w,g\n0,1,1,a\n10,12,1,a\n4,4,1,b\n0,0,0,b\n100,80,2,b\n"


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    return str(path)


rows = st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99), st.integers(0, 3)), min_size=1, max_size=30)


@given(rows)
def test_each_finish_is_what_its_name_says(drawn: list[tuple[int, int, int]]) -> None:
    true, pred, weight = (list(column) for column in zip(*drawn, strict=True))
    errors = [abs(a - b) for a, b in zip(true, pred, strict=True)]
    assert lossctl.compute("max_error", true, pred) == max(errors)
    assert lossctl.compute("median_absolute_error", true, pred) == median(errors)
    if any(weight):
        assert lossctl.compute("max_error", true, pred, weight=weight) == max(
            error for error, one in zip(errors, weight, strict=True) if one
        )
        some = [error for error, one in zip(errors, weight, strict=True) if one]
        half = [bool(one) * 0.5 for one in weight]
        assert lossctl.compute("median_absolute_error", true, pred, weight=half) == median(some)
        above = sum(one * error for one, error in zip(weight, errors, strict=True))
        below = sum(one * abs(value) for one, value in zip(weight, true, strict=True))
        expected = float(Fraction(above, below)) if below else np.inf if above else 0.0
        assert lossctl.compute("wmape", true, pred, weight=weight) == expected


tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.floats(0, 1e6), min_size=width, max_size=width), min_size=1, max_size=20)
)


@given(tables, st.data())
def test_outputs_that_end_by_themselves_add_and_are_what_their_columns_are(
    drawn: list[list[float]], data: st.DataObject
) -> None:
    values = np.array(drawn)
    weights = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(drawn), max_size=len(drawn))), float)
    codes = np.arange(len(drawn)) % 2
    cut = data.draw(st.integers(0, len(drawn)))
    kinds: list[tuple[type[Mean], type[Mean]]] = [(Roots, RootMeanSquare), (Medians, Median)]
    for kind, one in kinds:
        whole = kind.of(values[:, 0], weights, values)
        parts = [
            kind.of(part[:, 0], some, part)
            for part, some in ((values[:cut], weights[:cut]), (values[cut:], weights[cut:]))
        ]
        assert kind() + parts[0] + parts[1] == whole
        ends = [one.of(np.ascontiguousarray(column), weights).value("mean") for column in values.T]
        assert whole.value("mean") == float(sum(map(Fraction, ends)) / len(ends))
        groups = kind.by_code(values[:, 0], weights, values, codes, 2)
        assert groups == [
            kind.of(values[codes == code, 0], weights[codes == code], values[codes == code]) for code in (0, 1)
        ]
        assert whole.share(whole.total) is None


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 3)), min_size=1, max_size=30),
    st.sampled_from([0, 2**30]),
    st.sampled_from([1, 2]),
)
def test_norms_are_rounded_once(drawn: list[tuple[int, int, int]], far: int, outputs: int) -> None:
    drawn = drawn * outputs
    columns = [np.array(column, np.float64) for column in zip(*drawn, strict=True)]
    true, pred = (
        column.reshape(-1, outputs) if outputs > 1 else column for column in (columns[0] + far, columns[1] + far)
    )
    weight = columns[2].reshape(-1, outputs)[:, 0]
    assume(weight.any())
    repeated = [row for row, times in enumerate(weight.tolist()) for _ in range(int(times))]
    y, f = (np.atleast_2d(array.reshape(len(weight), -1)[repeated]).ravel().tolist() for array in (true, pred))
    errors, mean = [abs(int(a) - int(b)) for a, b in zip(y, f, strict=True)], Fraction(sum(map(int, y)), len(y))
    measures: dict[str, Fraction] = {
        "mean": mean**2,
        "range": Fraction(max(y) - min(y)) ** 2,
        "std": sum(((Fraction(a) - mean) ** 2 for a in y), Fraction()) / len(y),
        "l2": sum((Fraction(a) ** 2 for a in y), Fraction()),
    }
    for name, square in measures.items():
        given_ = lossctl.compute(f"nrmse:normalise={name}", true, pred, weight=weight)
        wanted = Fraction(sum(error**2 for error in errors), len(y)) / square if square else None
        assert_root(given_, wanted if any(errors) else Fraction(0), 2, 4 if outputs > 1 else 1)
    for p in (1, 2, 3, 7):
        given_ = lossctl.compute(f"minkowski:p={p}", true, pred, weight=weight)
        assert_root(given_, Fraction(sum(error**p for error in errors)), p, 4 if outputs > 1 else 2)


def assert_root(given_: Any, power: Fraction | None, p: int, units: int) -> None:
    """That a number is the p-th root of another, or inf where there is none, within so many units of the last place."""
    if power is None:
        assert given_ == np.inf
        return
    reach = units * Fraction(float(np.spacing(given_)))
    assert max(Fraction(given_) - reach, Fraction(0)) ** p <= power <= (Fraction(given_) + reach) ** p


@pytest.mark.parametrize(
    "loss", ["nrmse", "nrmse:normalise=range", "nrmse:normalise=std", "nrmse:normalise=l2", "minkowski:p=2.5"]
)
@given(st.integers(0, 2**32), st.booleans())
def test_a_norm_is_the_same_however_rows_come(loss: str, seed: int, weighted: bool) -> None:
    random = np.random.default_rng(seed)
    true, pred = random.normal(size=(2, 12, 2)) * 10.0 ** random.uniform(-60, 60, (2, 12, 1))
    weight = random.choice([0.0, 0.3, 7.0], 12) if weighted else None
    (request,) = parse(loss)
    spec = request.fit(Shapes(2, 2))
    aggregate = aggregate_of(spec)
    parts = spec.terms[0].loss.split(true, pred, **spec.params)  # type: ignore[misc]  # it has one
    codes = random.integers(0, 3, 12)

    def some(rows: Any) -> Mean:
        weights = None if weight is None else weight[rows]
        return aggregate.of(parts.above[rows], weights, None if parts.below is None else parts.below[rows], *parts.once)

    order = random.permutation(12)
    whole = some(slice(None))
    assert whole == some(order) == some(order[:5]) + some(order[5:]) == aggregate() + whole == whole + aggregate()
    groups = aggregate.by_code(parts.above, weight, parts.below, codes, 3, *parts.once)
    assert groups[0] + groups[1] + groups[2] == whole
    assert [groups[code] for code in np.unique(codes)] == [some(codes == code) for code in np.unique(codes)]
    assert pickle.loads(pickle.dumps(whole)) == whole


def test_norms_neither_overflow_nor_underflow() -> None:
    for size in (1e200, 1e-200, 5e-324):
        true, pred = np.zeros(4), size * np.array([1.0, 1.0, 0.0, 1.0])
        assert lossctl.compute("minkowski:p=40", true, pred) == pytest.approx(size * 3 ** (1 / 40), rel=1e-15, abs=0)
        assert lossctl.compute("nrmse:normalise=l2", pred, true) == pytest.approx(0.5)
    assert lossctl.compute("minkowski:p=100", [0.0, 0.0], [1e308, 1.7e308]) == 1.7e308
    assert lossctl.compute("nrmse", [1e-300], [1e300]) == np.inf


@pytest.mark.parametrize("normalise", ["mean", "range", "std", "l2"])
@pytest.mark.parametrize("exponent", [307, 200, 100, 0, -100, -200, -290])
def test_a_normalised_root_has_its_digits_at_any_size(normalise: str, exponent: int) -> None:
    random = np.random.default_rng(exponent + 300)
    with mp.workprec(4000):
        for outputs, spread in ((1, 0), (1, 10), (2, 0), (2, 10)):
            true, pred = random.uniform(-8, 8, (2, 4, outputs)) * 10.0 ** (exponent - random.uniform(0, spread, (4, 1)))
            y, f = ([mpf(value) for value in array.ravel().tolist()] for array in (true, pred))
            found = lossctl.compute(f"nrmse:normalise={normalise}", true, pred)
            assert abs(mpf(found) - normalised_root(y, f, normalise)) <= 3 * mpf(float(np.spacing(found)))


def test_models_are_compared_by_norms(run: Run, tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    path = str(tmp_path / "models.npz")
    true = random.normal(5, 2, 200)
    one, two = true + random.normal(0, [[1.0], [0.8]], (2, 200))
    np.savez(path, y_true=true, one=one, two=two)
    rmse, nrmse, norm = json.loads(
        run("compare", "rmse,nrmse:normalise=std,minkowski:p=3", path, "-p", "one", "-p", "two", "--json").out
    )["comparisons"]
    spread = float(np.std(true))
    for name in ("base_value", "new_value", "difference"):
        assert nrmse[name] == pytest.approx(rmse[name] / spread)
    assert nrmse["interval"] == pytest.approx([end / spread for end in rmse["interval"]])
    assert nrmse["p_value"] == pytest.approx(rmse["p_value"])
    assert [nrmse[name] for name in ("wins", "ties", "losses")] == [rmse[name] for name in ("wins", "ties", "losses")]
    assert norm["difference"] == norm["new_value"] - norm["base_value"]
    assert (norm["interval"], norm["wins"]) == (None, rmse["wins"])
    bootstrapped = ("nrmse:normalise=range", path, "-p", "one", "-p", "two", "--bootstrap", "200")
    (drawn,) = json.loads(run("compare", *bootstrapped, "--json").out)["comparisons"]
    assert drawn["interval"][0] < drawn["difference"] < drawn["interval"][1]


def test_the_value_of_a_row_is_the_loss_of_that_row_alone() -> None:
    true, pred = [[2.0, -4.0], [0.0, 0.0], [0.0, 0.0]], [[3.0, -3.5], [0.0, 0.0], [1.0, 0.0]]
    for loss, expected in (
        ("wmape", [0.25, 0.0, np.inf]),
        ("max_error", [1.0, 0.0, 1.0]),
        ("median_absolute_error", [0.75, 0.0, 0.5]),
    ):
        assert list(np.atleast_1d(lossctl.compute(loss, true, pred, reduction="none"))) == expected
        for row, value in enumerate(expected):
            assert lossctl.compute(loss, true[row : row + 1], pred[row : row + 1]) == value
    assert lossctl.compute("wmape", true, pred) == 2.5 / 6
    assert lossctl.compute("max_error", true, pred) == 1.0
    assert lossctl.compute("median_absolute_error", true, pred) == 0.5


def test_a_missing_cell_that_propagates_leaves_no_value() -> None:
    for loss in ("wmape", "max_error", "median_absolute_error"):
        with pytest.raises(LossctlError, match="missing"):
            lossctl.compute(loss, [1.0, np.nan], [1.0, 2.0])


@pytest.mark.parametrize("loss", ["wmape", "max_error", "median_absolute_error"])
def test_nan_propagates(run: Run, tmp_path: Path, loss: str) -> None:
    path = tmp_path / "gap.csv"
    path.write_text("y_true,y_pred\n1,2\n,3\n")
    assert run("compute", loss, str(path), "--nan", "propagate", "-f", "value").out == "nan\n"
    assert run("compute", loss, str(path), "--nan", "drop", "-f", "value").out == "1.0\n"


def test_the_ratio_of_nothing_is_0() -> None:
    assert Ratio().value("mean") == 0.0
    assert lossctl.compute("wmape", [0.0, 0.0], [0.0, 0.0]) == 0.0
    assert lossctl.compute("wmape", [0.0, 0.0], [0.0, 1.0]) == np.inf


def test_groups_have_the_value_of_their_rows(run: Run, table: str) -> None:
    told = run("compute", "wmape,max_error,median_absolute_error", table, "-g", "g", "-f", "value").out
    assert told.split() == ["0.3", str(20 / 104), str(23 / 114), "2.0", "20.0", "20.0", "1.5", "0.0", "1.0"]


def test_a_breakdown_shares_out_the_numerator(run: Run, table: str) -> None:
    told = json.loads(run("breakdown", "wmape,max_error", table, "-g", "g", "--json").out)
    assert [(row["row"], row["shares"]["wmape"], row["shares"]["max_error"]) for row in told["rows"]] == [
        (1, 1 / 23, None),
        (2, 2 / 23, None),
        (5, 20 / 23, None),
        (3, 0.0, None),
        (4, 0.0, None),
    ]
    shares = [value["share"] for value in told["results"] if value["group"]]
    assert shares == [3 / 23, 20 / 23, None, None]
    (wmape, largest) = told["summary"]
    assert (wmape["mean"], wmape["infinite"], wmape["shares"]["0.1"]) == (23 / 114, 1, 20 / 23)
    assert (largest["mean"], largest["median"], largest["shares"]["0.1"]) == (20.0, 1.0, None)


def test_a_breakdown_shares_out_the_powers_of_a_norm(run: Run, table: str) -> None:
    (norm, root) = (f"{loss}" for loss in ("minkowski:p=3", "nrmse:normalise=l2"))
    told = json.loads(run("breakdown", f"{norm},{root}", table, "-w", "w", "-k", "2", "--json").out)
    # errors 1, 2, 0, 0 and 20, the last of weight 2: cubes add up to 16009, squares to 805
    assert [row["shares"][norm] for row in told["rows"]] == pytest.approx([16000 / 16009, 8 / 16009], rel=1e-15)
    assert [row["shares"][root] for row in told["rows"]] == pytest.approx([800 / 805, 4 / 805], rel=1e-15)
    assert told["summary"][0]["shares"]["0.1"] == pytest.approx(16000 / 16009, rel=1e-15)


def test_a_breakdown_says_how_much_the_worst_rows_carry_of_the_numerator(run: Run, table: str) -> None:
    told = run("breakdown", "wmape", table, "-w", "w").out
    assert "wmape: the worst 1 % of rows (1) carry 93 % of the total, the worst 10 % (1) 93 %" in told
    # what a row adds to Σw|r|, as a share of 43: row 1 is infinite by itself and adds 1
    assert [line.split()[-2:] for line in told.splitlines() if line.lstrip().startswith("1 ")] == [["inf", "2.33"]]


def test_a_median_of_many_rows_is_marked(run: Run, tmp_path: Path) -> None:
    values = np.random.default_rng(1).lognormal(0, 2, 70_000)
    np.savez(tmp_path / "many.npz", y_true=np.zeros(70_000), y_pred=values)
    path = str(tmp_path / "many.npz")
    table = run("compute", "median_absolute_error,max_error", path).out.splitlines()
    assert table[2].split()[2].startswith("~")
    assert not table[3].split()[2].startswith("~")
    one, two = json.loads(run("compute", "median_absolute_error,max_error", path, "--json").out)["results"]
    assert one["approximate"] is True
    assert "approximate" not in two
    assert abs(one["value"] / float(np.median(values)) - 1) < 0.01
    exact = json.loads(run("compute", "median_absolute_error", table_of(tmp_path, values[:65_536]), "--json").out)
    assert exact["results"][0]["value"] == float(np.median(values[:65_536]))
    assert "approximate" not in exact["results"][0]


def table_of(folder: Path, values: Any) -> str:
    np.savez(folder / "fewer.npz", y_true=np.zeros(values.size), y_pred=values)
    return str(folder / "fewer.npz")


def test_what_cannot_be_is_refused_with_a_sentence(run: Run, table: str) -> None:
    for loss in ("wmape", "max_error", "median_absolute_error"):
        for reduction in ("sum", "mean-count"):
            told = run("compute", loss, table, "--reduction", reduction)
            assert told.code == 2
            assert told.err.startswith(f"lossctl: {loss} is no mean of rows, so it has no {reduction}\n")
        told = run("compute", f"mae+{loss}", table)
        assert told.err.startswith(f"lossctl: {table}: {loss} is no mean of rows, so it cannot be a term of ")
    told = run("compute", "median_absolute_error", table, "-w", "w")
    assert told.code == 2
    assert told.err == (
        f'lossctl: {table}: column "w": the weights differ, and median_absolute_error takes each row whole or, '
        "of weight 0, not at all\n  help: mae takes any weights\n"
    )


def test_all_leaves_out_what_cannot_be(run: Run, table: str) -> None:
    def names(*options: str) -> set[str]:
        return {value["loss"] for value in json.loads(run("compute", "all", table, "--json", *options).out)["results"]}

    assert {"wmape", "max_error", "median_absolute_error"} <= names()
    assert "median_absolute_error" not in names("-w", "w")
    assert {"wmape", "max_error"} <= names("-w", "w")
    assert not {"rmse", "wmape", "max_error", "median_absolute_error"} & names("--reduction", "sum")
    assert {"wmape", "max_error", "rmse"} & names("--reduction", "mean-count") == {"rmse"}
