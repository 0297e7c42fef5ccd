"""Losses that are no mean of their rows: ratios of sums, the largest, the median; in every command and format."""

from __future__ import annotations

import json
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lossctl
from lossctl.aggregates.finished import Median, Medians, Ratio, Roots
from lossctl.aggregates.mean import Mean, RootMeanSquare
from lossctl.errors import LossctlError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

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
