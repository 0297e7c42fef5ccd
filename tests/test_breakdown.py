"""`breakdown`: its numbers against pandas and scikit-learn, against each other, and in every format."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from fractions import Fraction
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lossctl.aggregates import distribution
from lossctl.breakdown import Breakdown
from lossctl.losses.spec import parse
from lossctl.plan import planned
from lossctl.readers.columns import Asked, assembled
from lossctl.readers.table import Memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

    from lossctl.breakdown import Details
    from lossctl.results import Result

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"
EXPECTED: list[dict[str, Any]] = json.loads((HERE / "samples" / "expected.json").read_text())["breakdown"]
RELATIVE = 1e-12

SMALL = "id,g,y_true,y_pred\na,x,1,1.5\nb,x,2,1\nc,y,3,6\nd,y,4,3\ne,x,5,5\n"


def near(one: float | None, other: float) -> bool:
    return one is not None and abs(one - other) <= RELATIVE * abs(other)


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: " ".join(case["arguments"]))
def test_a_sample_gives_the_numbers_of_pandas_and_scikit_learn(
    case: dict[str, Any], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SAMPLES)
    by = [] if case["by"] is None else ["--by", case["by"]]
    ran = run("breakdown", *case["arguments"], *by, "-f", "json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    (summary,) = found["summary"]
    assert summary["n"] == case["n"]
    assert near(summary["mean"], case["value"])
    for name in ("min", "median", "p90", "p99", "max"):
        assert near(summary[name], case[name]), name
    assert not summary["approximate"]
    for percent, part in (("1", "0.01"), ("5", "0.05"), ("10", "0.1"), ("50", "0.5")):
        assert near(summary["shares"][part], case["carried"][percent])
    assert sum(summary["histogram"]) == case["n"]
    assert [row["row"] for row in found["rows"]] == case["worst"]
    for row, loss in zip(found["rows"], case["worst_losses"], strict=True):
        assert near(row[summary["spec"]], loss)
    groups = [value for value in found["results"] if value["group"] is not None]
    for value, group in zip(groups, case["groups"] or [], strict=True):
        assert str(value["group"][case["by"]]) == group["group"]
        assert (value["n"], value["worst"]["row"]) == (group["n"], group["worst"])
        assert near(value["value"], group["value"])
        assert near(value["share"], group["share"])


def made(rows: int, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "y_true": rng.integers(0, 5, rows).astype(float),
        "y_pred": rng.integers(0, 5, rows) / 2,  # few values, so that there are ties
        "w": rng.integers(0, 3, rows).astype(float),
        "g": rng.integers(0, 3, rows),
        "id": [f"r{row}" for row in range(rows)],
    }


def details(table: dict[str, Any], rows: int, asked: Asked) -> tuple[Breakdown, list[Details], Memory]:
    source = Memory("x", "x", table)
    plan = planned(parse("mse,rmse,mae+0.5*mse"), source.header(), asked, "x", "mean")
    ask = Breakdown(plan, "x", 7, several=False)
    return ask, [ask.total(ask.score(batch)) for (batch,) in assembled(source, [plan.binding], rows)], source


@pytest.mark.parametrize("weight", ["", "w"])
@pytest.mark.parametrize("most", [distribution.EXACT_ROWS, 100])
def test_chunks_and_their_order_change_nothing(weight: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "EXACT_ROWS", most)
    asked = Asked(weight=weight, by=("g",), apart=("id",), id="id")
    table = made(500)
    results: list[Result] = []
    for rows in (1, 7, 500):
        for turned in (False, True):
            ask, parts, source = details(table, rows, asked)
            known = reduce(add, reversed(parts) if turned else parts, ask.empty)
            results.append(ask.result("x", source.header(), known))
    assert all(result == results[0] for result in results)
    assert results[0].summary[0].approximate == (most < 500)


def test_the_order_of_rows_changes_their_numbers_alone(run: Callable[..., Ran], tmp_path: Path) -> None:
    header, *lines = SMALL.splitlines()
    (tmp_path / "a.csv").write_text("\n".join([header, *reversed(lines)]))
    (tmp_path / "b.csv").write_text(SMALL)
    one, two = (
        json.loads(run("breakdown", "mae", f"x={tmp_path / name}", "--id", "id", "-f", "json", "-k", "3").out)
        for name in ("a.csv", "b.csv")
    )
    assert one["summary"] == two["summary"]
    assert [row["id"] for row in one["rows"]] == ["c", "d", "b"]  # of the tie d comes first in this file
    assert [row["id"] for row in two["rows"]] == ["c", "b", "d"]


@pytest.mark.parametrize("options", [[], ["-w", "w"]], ids=["plain", "weighted"])
@pytest.mark.parametrize("loss", ["mse", "rmse", "mae+0.5*mse"])
def test_shares_add_to_one(loss: str, options: list[str], shell: Callable[..., Ran], tmp_path: Path) -> None:
    table = made(200)
    with (tmp_path / "a.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    ran = shell(f"lossctl breakdown '{loss}' a.csv {' '.join(options)} -k 200 -g g -f json")
    found = json.loads(ran.out)
    assert len(found["rows"]) == (200 if not options else int(np.count_nonzero(table["w"])))
    assert near(math.fsum(row["shares"][loss] for row in found["rows"]), 1)
    assert near(math.fsum(value["share"] for value in found["results"] if value["group"]), 1)
    assert near(math.fsum(part["share"] for part in found["summary"][0].get("parts", [{"share": 1}])), 1)
    ranked = [row[loss] for row in found["rows"]]
    assert ranked == sorted(ranked, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "loss"),
    [
        (["mse", "diabetes.csv", "-p", "ridge"], "mse"),
        (["mae+0.5*mse", "diabetes.csv", "-p", "ridge"], "mae+0.5*mse"),
        (["sparse_cce", "wine.csv"], "sparse_cce"),
        (["bce", "cancer.json", "--positive", "malignant"], "bce"),
    ],
)
def test_all_rows_add_up_to_compute(
    arguments: list[str], loss: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SAMPLES)
    value = float(run("compute", *arguments, "-f", "value").out)
    rows = list(csv.DictReader(io.StringIO(run("breakdown", *arguments, "--all", "-f", "csv").out)))
    total = sum(Fraction(float(row[loss])) for row in rows)
    assert float(total / len(rows)) == value
    lines = [json.loads(line) for line in run("breakdown", *arguments, "--all", "-f", "ndjson").out.splitlines()]
    assert [line[loss] for line in lines] == [float(row[loss]) for row in rows]
    assert [line["row"] for line in lines] == list(range(1, len(rows) + 1))
    document = json.loads(run("breakdown", *arguments, "--all", "-f", "json").out)
    assert document["rows"] == lines
    assert document["summary"] == json.loads(run("breakdown", *arguments, "-f", "json").out)["summary"]
    values = run("breakdown", *arguments, "--all", "-f", "value").out.split()
    assert list(map(float, values)) == [line[loss] for line in lines]


def test_the_header_of_csv(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(SMALL)
    assert run("breakdown", "mse,mae", str(path), "--all", "-f", "csv", "--id", "id", "--where", "g=x").out == (
        "row,id,y_true,y_pred,mse,mae\n1,a,1.0,1.5,0.25,0.5\n2,b,2.0,1.0,1.0,1.0\n5,e,5.0,5.0,0.0,0.0\n"
    )
    assert (
        run("breakdown", "mse", str(path), "-k", "1", "-f", "tsv").out == "row\ty_true\ty_pred\tmse\n3\t3.0\t6.0\t9.0\n"
    )
    path.write_text("t_0,t_1,p_0,p_1\n1,0,0.5,0.5\n0,1,1,0\n")
    assert run("breakdown", "cce", str(path), "-t", "t_*", "-f", "csv").out == (
        "row,y_true_0,y_true_1,y_pred_0,y_pred_1,cce\n2,0.0,1.0,1.0,0.0,inf\n1,1.0,0.0,0.5,0.5,0.6931471805599453\n"
    )


def test_rows_of_several_models_stand_side_by_side(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,a,b\n1,1,2\n3,,5\n4,4,4\n")
    ran = run("breakdown", "mse", str(path), "-p", "a", "-p", "b", "--all", "-f", "csv", "--nan", "drop")
    assert ran.out == (
        "input,row,y_true,y_pred,mse\n"
        "a,1,1.0,1.0,0.0\n"
        "b,1,1.0,2.0,1.0\n"
        "b,2,3.0,5.0,4.0\n"
        "a,3,4.0,4.0,0.0\n"
        "b,3,4.0,4.0,0.0\n"
    )
    assert ran.err == "lossctl: note: a: 2 of 3 rows used, 1 dropped for a missing cell\n"


def test_what_is_not_finite_is_null_in_json(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred\n1,inf\n2,\n3,4\n")
    found = json.loads(run("breakdown", "mse", str(path), "--nan", "propagate", "-f", "json").out)
    assert found["rows"] == [
        {
            "row": 2,
            "y_true": 2.0,
            "y_pred": None,
            "mse": None,
            "shares": {"mse": None},
            "value_str": {"mse": "nan"},
        },
        {
            "row": 1,
            "y_true": 1.0,
            "y_pred": None,
            "mse": None,
            "shares": {"mse": None},
            "value_str": {"y_pred": "inf", "mse": "inf"},
        },
        {"row": 3, "y_true": 3.0, "y_pred": 4.0, "mse": 1.0, "shares": {"mse": None}},
    ]
    (summary,) = found["summary"]
    assert [summary[name] for name in ("mean", "min", "median", "p90", "p99", "max")] == [None] * 6
    assert set(summary["value_str"].values()) == {"nan"}
    assert summary["infinite"] == 2
    assert summary["shares"] == {"0.01": None, "0.05": None, "0.1": None, "0.5": None}


def test_classes_are_named_with_what_they_got(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("label,p_cat,p_dog\ncat,0.75,0.25\ndog,0.875,0.125\n")
    found = json.loads(run("breakdown", "sparse_cce", str(path), "-f", "json").out)
    assert [row["classes"] for row in found["rows"]] == [
        {"true": "dog", "probability": 0.125, "top": "cat", "most": 0.875},
        {"true": "cat", "probability": 0.75, "top": "cat", "most": 0.75},
    ]
    path.write_text("t_0,t_1,z_0,z_1\n0.25,0.75,0,0\n1,0,-800,800\n")
    found = json.loads(run("breakdown", "cce_logits", str(path), "-t", "t_*", "-p", "z_*", "-f", "json").out)
    assert [row["classes"] for row in found["rows"]] == [
        {"true": 0, "probability": 0.0, "top": 1, "most": 1.0},
        {"true": 1, "probability": 0.5, "top": 0, "most": 0.5},
    ]


def test_an_ignored_row_is_never_the_worst(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"y_true": [0, -100, 1], "y_pred": [[0.5, 0.5], [0.001, 0.999], [0.25, 0.75]]}')
    found = json.loads(run("breakdown", "sparse_cce:ignore_index=-100", str(path), "-f", "json").out)
    assert [row["row"] for row in found["rows"]] == [1, 3]
    assert found["summary"][0]["n"] == 3
    assert found["summary"][0]["min"] == found["rows"][1]["sparse_cce:ignore_index=-100"]
    lines = run("breakdown", "sparse_cce:ignore_index=-100", str(path), "--all", "-f", "ndjson").out.splitlines()
    assert json.loads(lines[1]) == {
        "row": 2,
        "y_true": -100,
        "y_pred": [0.001, 0.999],
        "sparse_cce:ignore_index=-100": 0.0,
    }


def test_the_first_loss_that_stands_ranks(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("label,logit_0,logit_1\n0,3,-1\n1,-2,5\n")
    ran = run("breakdown", "all", str(path), "-f", "json")
    assert json.loads(ran.out)["summary"][0]["loss"] == "sparse_cce_logits"
    assert [row["row"] for row in json.loads(ran.out)["rows"]] == [1, 2]
    assert all("sparse_cce" not in row for row in json.loads(ran.out)["rows"])


@pytest.mark.parametrize(
    ("loss", "y_true"), [("cosine", "[[1,2],[3,4]]"), ("multilabel_margin", "[[1,0],[1,1]]"), ("top_k_error", "0,1")]
)
def test_what_is_no_probability_is_not_shown_as_one(loss: str, y_true: str, run: Callable[..., Ran]) -> None:
    ran = run("breakdown", loss, "-t", y_true, "-p", "[[1,2],[4,-3]]", "-f", "plain")
    assert f"row\ty_true\ty_pred\t{loss}\tshare %" in ran.out
    assert "p(true)" not in ran.out


def test_ids_come_from_the_predictions(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("key,y_pred\nb,1\na,5\n")
    (tmp_path / "t.csv").write_text("id,y_true\na,1\nb,2\n")
    ran = run(
        *("breakdown", "mse", str(tmp_path / "p.csv"), "--truth", str(tmp_path / "t.csv")),
        *("--id", "id=key", "-f", "csv"),
    )
    assert ran.out == "row,id,y_true,y_pred,mse\n2,a,1.0,5.0,16.0\n1,b,2.0,1.0,1.0\n"


def test_labels_are_shown_as_they_are_written(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred\nyes,0.5\nno,0.75\n")
    ran = run("breakdown", "bce", str(path), "--positive", "yes", "--all", "-f", "csv")
    assert ran.out == "row,y_true,y_pred,bce\n1,yes,0.5,0.6931471805599453\n2,no,0.75,1.3862943611198906\n"


TABLE = """\
loss   n   mean   min   median   p90    p99   max   min to max
────────────────────────────────────────────────────────────────────
mae    5    1.1     0        1   2.2   2.92     3   ▄ ▄  █         ▄

mae: the worst 1 % of rows (1) carry 54.5 % of the total, the worst 10 % (1) 54.5 %

loss   g   n   mean   share %   worst row   id
──────────────────────────────────────────────
mae    x   3    0.5      27.3           2   b
mae    y   2    2        72.7           3   c

the 2 worst of 5 rows by mae
row   id   y_true   y_pred   mae   share %
──────────────────────────────────────────
  3   c         3        6     3      54.5
  2   b         2        1     1      18.2

{path}: all 5 rows used; y_true is y_true, y_pred is y_pred, grouped by g
"""


def test_the_table(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(SMALL)
    ran = run("breakdown", "mae", str(path), "-g", "g", "--id", "id", "-k", "2")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == TABLE.format(path=path)


def test_every_row_in_a_table_comes_before_its_sum(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(SMALL)
    ran = run("breakdown", "mae+0.5*mse", str(path), "--all", "-f", "plain", "--where", "g=y")
    assert ran.out == (
        "row\ty_true\ty_pred\tmae+0.5*mse\tmae\t0.5*mse\n3\t3\t6\t7.5\t3\t4.5\n4\t4\t3\t1.5\t1\t0.5\n\n"
        "loss\tn\tmean\tmin\tmedian\tp90\tp99\tmax\tmin to max\n"
        "mae+0.5*mse\t2\t4.5\t1.5\t4.5\t6.9\t7.44\t7.5\t█              █\n\n"
        "loss\tterm\tmean\tshare %\nmae+0.5*mse\tmae\t2\t44.4\nmae+0.5*mse\t0.5*mse\t2.5\t55.6\n"
    )


@pytest.mark.parametrize("width", [60, 80, 100, 160, 200])
def test_no_table_is_wider_than_the_terminal(
    width: int, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SAMPLES)
    monkeypatch.setenv("COLUMNS", str(width))
    out = run(
        "breakdown", "mse,mae+mse,rmse", "diabetes.csv", "-p", "ridge", "--id", "id", "-g", "sex", "--digits", "9"
    ).out
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out
    assert re.sub(r"\s", "", out).count("25872.7225") >= 2


def test_quantiles_of_many_rows_are_marked(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    rng = np.random.default_rng(0)
    table = np.empty(70_000, [("y_true", float), ("y_pred", float)])
    table["y_true"], table["y_pred"] = rng.normal(size=(2, 70_000))
    np.save(path, table)
    losses = np.abs(table["y_pred"] - table["y_true"])
    summary = json.loads(run("breakdown", "mae", str(path), "-f", "json").out)["summary"][0]
    assert summary["approximate"]
    for name, level in (("median", 0.5), ("p90", 0.9), ("p99", 0.99)):
        assert abs(summary[name] / np.quantile(losses, level) - 1) < 0.01
    assert (summary["min"], summary["max"]) == (losses.min(), losses.max())
    assert abs(summary["shares"]["0.01"] / (np.sort(losses)[-700:].sum() / losses.sum()) - 1) < 0.01
    assert re.search(r" ~0\.95\d+ +~2\.3\d+ +~3\.6\d+ ", run("breakdown", "mae", str(path)).out)
    assert "carry about " in run("breakdown", "mae", str(path)).out


@pytest.mark.parametrize(("option", "last"), [("", ""), ("--grad", ",1.0")])
def test_memory_does_not_grow_with_the_rows(option: str, last: str, shell: Callable[..., Ran]) -> None:
    peaks = []
    for rows in (80_000, 320_000):  # below the size from which polars reads
        ran = shell(
            f"seq {rows} | sed 's/.*/&,&.5/' | "
            f'"$PYTHON" -c \'import resource, sys; from lossctl.cli.main import main; '
            "main([*sys.argv[1:]]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)' "
            f"breakdown mse --all {option} -f csv - | tail -1",
            PYTHON=sys.executable,
        )
        assert ran.out == f"{rows},{rows}.0,{rows}.5,0.25{last}\n"
        peaks.append(int(ran.err))
    assert peaks[1] < 1.25 * peaks[0]


def test_a_reader_that_leaves_early_is_no_fault(shell: Callable[..., Ran]) -> None:
    ran = shell("seq 300000 | sed 's/.*/&,&/' | lossctl breakdown mse --all -f csv - | head -2; echo ${PIPESTATUS[2]}")
    assert (ran.out, ran.err) == ("row,y_true,y_pred,mse\n1,1.0,1.0,0.0\n0\n", "")


def test_an_output_file_is_there_whole_or_not_at_all(shell: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("y_true,y_pred\n" + "1,2\n" * 20_000 + "1,x\n")
    (tmp_path / "out.csv").write_text("before")
    ran = shell("lossctl breakdown mse a.csv --all -o out.csv")
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        'lossctl: a.csv:20002: column "y_pred": cannot read "x" as a number',
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "out.csv"]
    assert (tmp_path / "out.csv").read_text() == "before"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-k", "-1"], '--top is a whole number from 0 to 999,999,999, not "-1"\n  help: -k 20 shows 20 rows'),
        (["-k", "²"], '--top is a whole number from 0 to 999,999,999, not "²"\n  help: -k 20 shows 20 rows'),
        (
            ["-k", "3", "--all"],
            "--all and --top contradict each other\n  help: --top N shows the N worst rows, --all every row",
        ),
        (
            ["--id", "name"],
            '{path}: --id names no column "name"; there are "id", "g", "y_true" and "y_pred"\n  help: --id takes one of these names',
        ),
    ],
)
def test_wrong_words(arguments: list[str], message: str, run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(SMALL)
    ran = run("breakdown", "mse", str(path), *arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"lossctl: {message.format(path=path)}\n")


def test_what_cannot_stand_in_one_table(run: Callable[..., Ran], tmp_path: Path) -> None:
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("label,p_0,p_1\n1,0.5,0.5\n")
    two.write_text("label,p_0,p_1,p_2\n1,0.5,0.25,0.25\n")
    ran = run("breakdown", "sparse_cce", str(one), str(two), "--all", "-f", "csv")
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        "lossctl: the rows of these inputs have different columns, which one table cannot hold\n"
        "  help: -f ndjson holds them all, or call it once for each input\n",
    )
    ran = run("breakdown", "all", str(one), "--all")
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        "lossctl: LOSS all and --all do not go together: only the last row shows which losses fit every row\n"
        "  help: name the losses\n",
    )


@pytest.mark.parametrize(
    ("true", "pred", "shares"),
    [
        ("0,0", "1e160,1", [1.0, 1e-320]),
        ("0,0", "1e-200,2e-200", [0.8, 0.2]),
        ("0,0", "3e300,4e300", [0.64, 0.36]),
    ],
)
def test_shares_of_squares_beyond_the_range_of_floats(
    true: str, pred: str, shares: list[float], run: Callable[..., Ran]
) -> None:
    found = json.loads(run("breakdown", "rmse", "-t", true, "-p", pred, "-f", "json").out)
    assert all(map(near, (row["shares"]["rmse"] for row in found["rows"]), shares))
    assert near(found["summary"][0]["shares"]["0.5"], shares[0])


def test_terms_that_stand_twice_add_up(run: Callable[..., Ran]) -> None:
    found = json.loads(run("breakdown", "0.5*mse+0.5*mse", "-t", "0,0", "-p", "1,2", "-f", "json").out)
    assert found["summary"][0]["parts"] == [
        {"term": "0.5*mse", "mean": 1.25, "share": 0.5},
        {"term": "0.5*mse (2)", "mean": 1.25, "share": 0.5},
    ]
    assert found["rows"][0]["parts"] == {"0.5*mse": 2.0, "0.5*mse (2)": 2.0}


def test_inputs_of_which_all_leaves_different_losses(run: Callable[..., Ran], tmp_path: Path) -> None:
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("0,0.5\n1,0.5\n")
    two.write_text("0.5,3\n1.5,0.5\n")
    ran = run("breakdown", "all", str(one), str(two), "-f", "csv")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(
        "lossctl: the rows of these inputs have different columns, which one table cannot hold: mae"
    )
    found = json.loads(run("breakdown", "all", str(one), str(two), "-f", "json").out)
    assert "bce" in found["rows"][0]
    assert "bce" not in found["rows"][-1]


def test_rows_that_miss_a_cell_show_the_others(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,p_a,p_b\na,.25,.75\n,.5,1e-1\nb,NA,.5\n")
    lines = run("breakdown", "sparse_cce", str(path), "--nan", "propagate", "--all", "-f", "csv").out.splitlines()
    assert lines[1:] == ["1,a,0.25,0.75,1.3862943611198906", "2,,0.5,0.1,nan", "3,b,,0.5,nan"]
    path = tmp_path / "a.ndjson"
    path.write_text('{"y_true":[true,false],"y_pred":[0.5,0.5]}\n{"y_true":null,"y_pred":[0.5,0.25]}\n')
    lines = run("breakdown", "bce", str(path), "--nan", "propagate", "--all", "-f", "csv").out.splitlines()
    assert lines[1:] == ["1,1.0,0.0,0.5,0.5,0.6931471805599453", "2,,,0.5,0.25,nan"]


def test_a_missing_id_is_empty_and_leaves_no_row_out(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred,id\n0,0.5,a\n1,0.5,\n1,0.25,c\n")
    for missing in ("error", "drop"):
        ran = run("breakdown", "mae", str(path), "--id", "id", "--nan", missing, "--all", "-f", "csv")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == "row,id,y_true,y_pred,mae\n1,a,0.0,0.5,0.5\n2,,1.0,0.5,0.5\n3,c,1.0,0.25,0.75\n"


def test_numbers_are_shown_as_the_loss_took_them(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true;y_pred\n1e-3;,5\n+1;0,25\ntrue;0,5\n")
    lines = run("breakdown", "bce", str(path), "--all", "-f", "csv").out.splitlines()
    assert [line.split(",")[1:3] for line in lines[1:]] == [["0.001", "0.5"], ["1.0", "0.25"], ["1.0", "0.5"]]


def test_infinities_are_counted_among_many_rows(run: Callable[..., Ran], tmp_path: Path) -> None:
    table = np.zeros(100_000, [("y_true", float), ("y_pred", float)])
    table["y_pred"] = np.arange(100_000) / 100_000
    table["y_true"][:500] = 1
    table["y_pred"][:500] = 0
    np.save(tmp_path / "a.npy", table)
    found = json.loads(run("breakdown", "-f", "json", "--", "-1*bce", str(tmp_path / "a.npy")).out)
    assert found["summary"][0]["infinite"] == 500
    assert sum(found["summary"][0]["histogram"]) == 99_500


def test_no_share_is_above_one(run: Callable[..., Ran], tmp_path: Path) -> None:
    table = np.zeros(100_000, [("y_true", float), ("y_pred", float)])
    table["y_pred"][:50_000] = np.linspace(1, 1.0005, 50_000)
    table["y_pred"][0] = 1.007
    np.save(tmp_path / "a.npy", table)
    (summary,) = json.loads(run("breakdown", "mae", str(tmp_path / "a.npy"), "-f", "json").out)["summary"]
    assert summary["shares"]["0.5"] == 1.0


def test_huge_logits_are_no_warning(run: Callable[..., Ran]) -> None:
    ran = run("breakdown", "sparse_cce_logits", "-t", "0,1", "-p", "[[2,1000],[1e308,-1e308]]", "-f", "ndjson")
    assert (ran.code, ran.err, len(ran.out.splitlines())) == (0, "", 2)


def test_ascii_terminals_get_tables_in_line(shell: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,y_true,y_pred\n日本,1,2\nplain,1,3\n")
    out = shell("lossctl breakdown mae a.csv --id id -f table", PYTHONIOENCODING="ascii").out
    rows = out.splitlines()[-4:-2]
    assert [line.split() for line in rows] == [
        ["2", "plain", "1", "3", "2", "66.7"],
        ["1", "\\u65e5\\u672c", "1", "2", "1", "33.3"],
    ]
    assert rows[0].index("66.7") == rows[1].index("33.3")


def test_a_reader_of_a_pipe_may_leave(shell: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("y_true,y_pred\n" + "1,2\n" * 100_000)
    ran = shell("mkfifo out; head -1 out & lossctl breakdown mse a.csv --all -f csv -o out; echo $?; wait")
    assert (ran.out.splitlines(), ran.err) == (["row,y_true,y_pred,mse", "0"], "")


def test_an_end_from_outside_leaves_no_file(shell: Callable[..., Ran]) -> None:
    ran = shell(
        "mkfifo in; (echo y_true,y_pred; yes 1,2 | head -100000; sleep 20) > in & feeder=$!; "
        f'"{sys.executable}" -m lossctl breakdown mse - --all -o out.csv < in & pid=$!; '
        "until ls -A | grep -q .lossctl-; do sleep 0.05; done; kill -TERM $pid; wait $pid; echo $?; kill $feeder; ls -A"
    )
    assert ran.out.splitlines() == ["143", "in"]


def test_rows_that_come_before_a_fault_leave_no_half_file(shell: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("g,w,y_true,y_pred\nx,1,0,1\nz,0,0,1\n")
    (tmp_path / "out.json").write_text("old")
    line = "lossctl breakdown mse a.csv -g g -w w --all"
    said = (
        'lossctl: a.csv: the weights of group "g=z" add to 0, so mse has no mean\n'
        "  help: give a row some weight, or leave these rows out with --where\n"
    )
    done = shell(f"{line} -o out.json")
    assert (done.code, done.out, done.err) == (2, "", said)
    assert (tmp_path / "out.json").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "out.json"]
    done = shell(
        f"set -o pipefail; {line} -f json | cat"
    )  # rows that were read are written, and no end of the document
    assert (done.code, done.err) == (2, said)
    with pytest.raises(json.JSONDecodeError):
        json.loads(done.out)
