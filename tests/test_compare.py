"""`compare`: which rows are paired, what is said of them, and in every format."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.dom import minidom

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]  # it has no types

import lossctl
from lossctl.comparisons import CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

SAMPLES = Path(__file__).parent.parent / "samples"

BASE = "id,y_true,y_pred,w,g\na,1,1.5,1,x\nb,2,2.5,2,y\nc,3,2,1,x\nd,4,4.1,1,y\n"
NEW = "id,y_true,y_pred\na,1,1.1\nb,2,2.1\nc,3,2.5\nd,4,4\n"
SHUFFLED = "id,y_true,y_pred\nd,4,4\nb,2,2.1\na,1,1.1\nc,3,2.5\n"
FEW = "lossctl: note: new.csv: mse: fewer than 30 rows, so the interval may be too narrow [few-rows]\n"
FEW += "lossctl: note: new.csv: 4 rows cannot show any difference; it takes 6 rows [too-few-draws]\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.chdir(tmp_path)

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (tmp_path / f"{name}.csv").write_text(text)

    return write


def compared(run: Callable[..., Ran], *arguments: str) -> list[dict[str, Any]]:
    ran = run("compare", *arguments, "-q", "-f", "json")
    assert (ran.code, ran.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(ran.out)["comparisons"]
    return found


def test_a_sample_is_what_a_paired_t_test_says(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES)
    with open("diabetes.csv") as file:
        rows = list(csv.DictReader(file))
    y, ridge, boosting = (np.array([float(row[name]) for row in rows]) for name in ("y_true", "ridge", "boosting"))
    found = compared(run, "mse,mae", "diabetes.csv", "-p", "ridge", "-p", "boosting")
    for one, base, new in zip(
        found,
        ((y - ridge) ** 2, np.abs(y - ridge)),
        ((y - boosting) ** 2, np.abs(y - boosting)),
        strict=True,
    ):
        expected = stats.ttest_rel(new, base)
        assert one["interval"] == pytest.approx(list(expected.confidence_interval()), rel=1e-10)
        assert one["p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
        assert (one["base_value"], one["new_value"]) == pytest.approx((base.mean(), new.mean()), rel=1e-14)
        assert (one["wins"], one["ties"], one["losses"]) == (np.sum(new < base), 0, np.sum(new > base))
        assert (one["base"], one["new"], one["test"], one["comparisons"]) == ("ridge", "boosting", "paired t", 2)
        assert one["relative"] == one["difference"] / one["base_value"]
    assert [one["p_adjusted"] for one in found] == [2 * found[0]["p_value"], found[1]["p_value"]]


def test_a_sample_as_a_table(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES)
    ran = run("compare", "mse,quantile:level=0.9", "diabetes.csv", "-p", "ridge", "-p", "boosting")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.splitlines() == [
        "loss                   n       ridge    boosting   difference   95 % from        to        %        p   "
        "win/tie/loss   verdict",
        "─" * 126,
        "mse                  442   2985.97     3498.6         +513      +241        +785      +17.2    <0.001   "
        "203/0/239      ▲ worse",
        "quantile:level=0.9   442     22.2098     23.5014        +1.29     -0.0603     +2.64    +5.82    0.061   "
        "205/0/237      ~ same",
        "",
        "boosting is worse than ridge under mse: higher by 513 (17.2 %), and chance alone would do that in fewer than "
        "1 of 1,000 such samples",
        "no difference between boosting and ridge was found under quantile:level=0.9: higher by 1.29 (5.82 %), which "
        "chance alone would do in about 6 of 100 such samples; a difference of 2.13 (9.57 %) would most likely have been "
        "seen, for 1 % it takes about 40,000 rows",
        "lower is better, paired t test, p adjusted for 2 comparisons (Holm), intervals not",
        "",
        "ridge (diabetes.csv): all 442 rows used; y_true is y_true, y_pred is ridge",
        "boosting (diabetes.csv): all 442 rows used; y_true is y_true, y_pred is boosting",
    ]


def test_a_narrow_table_is_turned_and_needs_no_unicode(shell: Callable[..., Ran]) -> None:
    ran = shell(
        f"lossctl compare mse {SAMPLES / 'diabetes.csv'} -p ridge -p boosting", COLUMNS="60", PYTHONIOENCODING="ascii"
    )
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert "verdict        + worse" in lines
    assert ran.out.isascii()


def test_groups_share_the_difference(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES)
    ran = run("compare", "mae", "diabetes.csv", "-p", "ridge", "-p", "boosting", "-g", "sex", "--why", "-k2", "--id=id")
    assert (ran.code, ran.err) == (0, "")
    assert "under mae boosting is worse in 1 of 2 groups (sex=male)\n" in ran.out
    assert (
        "what carries the difference of boosting from ridge under mae\n"
        "row   id     y_true     base      new   loss of base   of new   share %\n"
        "───────────────────────────────────────────────────────────────────────\n"
        "341   d340      216   166.61    84.39          49.39   131.61      6.49\n"
        "259   d258       89   117.73   191.43          28.73   102.43      5.81\n"
        "\n"
        "these 2 rows of 442 carry 12.3 % of the difference\n"
    ) in ran.out
    # by NumPy: the differences above 0, over the sum of all
    all_of_them = run("compare", "mae", "diabetes.csv", "-p", "ridge", "-p", "boosting", "--why", "-k", "239")
    assert "these 239 rows of 442 carry 350 % of the difference, and the others take 250 % back\n" in all_of_them.out
    whole = compared(run, "mae", "diabetes.csv", "-p", "ridge", "-p", "boosting", "-g", "sex", "--why")
    assert [one["group"] for one in whole] == [{"sex": "female"}, {"sex": "male"}, None]
    assert math.fsum(one["share"] for one in whole[:2]) == pytest.approx(1, abs=1e-12)
    assert "share" not in whole[2]
    assert [one["comparisons"] for one in whole] == [3, 3, 3]


@pytest.mark.parametrize(
    "arguments",
    [
        ["base.csv", "new.csv"],
        ["base.csv", "bare.csv"],
        ["base.csv", "shuffled.csv", "--id", "id"],
        ["base.csv", "keyed.csv", "--id", "id=key"],
        ["bare_base.csv", "bare.csv", "--truth", "truth.csv"],
        ["base.csv", "keyless.csv", "--truth", "truth.csv", "--id", "id"],
        ["both.csv", "-p", "one", "-p", "two"],
    ],
)
def test_rows_are_paired_however_they_come(
    arguments: list[str], files: Callable[..., None], run: Callable[..., Ran]
) -> None:
    files(
        base=BASE,
        new=NEW,
        shuffled=SHUFFLED,
        keyed=SHUFFLED.replace("id,", "key,"),
        keyless="y_pred,id\n2.1,b\n1.1,a\n2.5,c\n4,d\n",
        bare="y_pred\n1.1\n2.1\n2.5\n4\n",
        bare_base="y_pred\n1.5\n2.5\n2\n4.1\n",
        truth="id,y_true\na,1\nb,2\nc,3\nd,4\n",
        both="y_true,one,two\n1,1.5,1.1\n2,2.5,2.1\n3,2,2.5\n4,4.1,4\n",
    )
    (one,) = compared(run, "mse", *arguments)
    expected = lossctl.compare("mse", [1, 2, 3, 4], [1.5, 2.5, 2, 4.1], [1.1, 2.1, 2.5, 4]).to_dict()
    assert one | {"base": "base", "new": "new"} == expected


def test_several_models_are_held_against_the_first(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(base=BASE, new=NEW)
    found = compared(run, "mse,mae", "a=base.csv", "b=new.csv", "c=base.csv", "-w", "w", "-g", "g")
    order = [(one["new"], one["loss"], one["group"]) for one in found]
    groups: list[dict[str, str] | None] = [{"g": "x"}, {"g": "y"}, None]
    assert order == [(new, loss, group) for new in "bc" for loss in ("mse", "mae") for group in groups]
    assert {one["base"] for one in found} == {"a"}
    assert {one["weight"] for one in found if one["group"] is None} == {5.0}
    assert [one["difference"] for one in found if one["new"] == "c"] == [0.0] * 6


def test_results_hold_what_compute_says(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(base=BASE, new=NEW)
    ran = run("compare", "mse,rmse", "base.csv", "new.csv", "-q", "--json")
    found = json.loads(ran.out)
    values = json.loads(run("compute", "mse,rmse", "base.csv", "new.csv", "--json").out)
    assert found["results"] == values["results"]
    assert found["inputs"] == values["inputs"]
    assert (found["command"], found["schema"]) == ("compare", "lossctl/result/1")
    assert [warning["code"] for warning in found["warnings"]] == ["few-rows", "too-few-draws"]


def _worlds_apart(rows: int, models: int) -> str:
    """A base that is never far off, and models that always are."""
    lines = [",".join(["y_true", "base", *(f"m{model}" for model in range(models))])]
    lines += [
        ",".join(["0", "0.1", *(f"{5 + row % 7 / 10 + model}" for model in range(models))]) for row in range(rows)
    ]
    return "\n".join([*lines, ""])


@pytest.mark.parametrize(
    ("rows", "models", "draws", "said", "enough"),
    [
        (6, 2, [], "6 rows cannot show any difference in 2 comparisons; it takes 7 rows", (7, [])),
        (10, 12, [], "", (10, [])),
        (5, 1, [], "5 rows cannot show any difference; it takes 6 rows", (6, [])),
        (
            60,
            12,
            ["100"],
            "100 replicates cannot show any difference in 12 comparisons; it takes --bootstrap 756",
            (60, ["756"]),
        ),
    ],
)
def test_what_nothing_could_have_shown_is_said_with_what_it_takes(
    rows: int,
    models: int,
    draws: list[str],
    said: str,
    enough: tuple[int, list[str]],
    files: Callable[..., None],
    run: Callable[..., Ran],
) -> None:
    columns = [word for name in ("base", *(f"m{model}" for model in range(models))) for word in ("-p", name)]

    def judged(rows: int, draws: list[str]) -> dict[str, Any]:
        files(a=_worlds_apart(rows, models))
        options = ["--bootstrap", *draws] if draws else []
        record: dict[str, Any] = json.loads(run("compare", "mae", "a.csv", *columns, *options, "--json", "-q").out)
        return record

    less, more = judged(rows, draws), judged(*enough)
    told = [note["message"] for note in less["warnings"] if note["code"] == "too-few-draws"]
    assert told == ([said] if said else [])
    if said:
        assert {one["verdict"] for one in less["comparisons"]} == {"same"}
        assert {one["detectable"] for one in less["comparisons"]} == {None}
    assert {one["verdict"] for one in more["comparisons"]} == {"worse"}
    assert "too-few-draws" not in {note["code"] for note in more["warnings"]}
    if draws:  # one less does not do
        below = judged(enough[0], [str(int(enough[1][0]) - 1)])
        assert {one["verdict"] for one in below["comparisons"]} == {"same"}


def test_machine_formats_hold_the_same(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(base=BASE, new=NEW)
    arguments = ("mse,huber:delta=2", "base.csv", "new.csv", "-g", "g")
    found = compared(run, *arguments)
    lines = [json.loads(line) for line in run("compare", *arguments, "-q", "-f", "ndjson").out.splitlines()]
    assert lines == found
    values = run("compare", *arguments, "-q", "-f", "value").out.split()
    assert [float(value) for value in values] == [one["difference"] for one in found]
    comma, tab = (run("compare", *arguments, "-q", "-f", format).out for format in ("csv", "tsv"))
    rows = list(csv.DictReader(io.StringIO(comma)))
    assert rows == list(csv.DictReader(io.StringIO(tab), delimiter="\t"))
    assert comma.splitlines()[0] == (
        "base,new,loss,params,like,reduction,group,n,weight,base_value,new_value,difference,interval_low,interval_high,"
        "confidence,relative,p_value,p_adjusted,comparisons,test,replicates,seed,wins,ties,losses,verdict,detectable,"
        "rows_for_one_percent,share"
    )
    for row, one in zip(rows, found, strict=True):
        assert [float(row["interval_low"]), float(row["interval_high"])] == one["interval"]
        for name in ("n", "base_value", "difference", "p_value", "p_adjusted", "wins", "relative", "confidence"):
            assert float(row[name]) == one[name]
        assert (row["verdict"], row["loss"]) == (one["verdict"], one["loss"])
    assert [row["group"] for row in rows[:3]] == ["g=x", "g=y", ""]
    assert rows[3]["params"] == "delta=2.0"
    minidom.parseString(run("compare", *arguments, "-q", "-f", "svg").out)


def test_what_is_not_finite_is_not_decided(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(base="y_true,y_pred\n1,inf\n2,2\n", new="y_true,y_pred\n1,1\n2,2\n")
    ran = run("compare", "mse", "base.csv", "new.csv", "--json")
    assert ran.code == 0
    (one,) = json.loads(ran.out)["comparisons"]
    assert (one["base_value"], one["base_value_str"], one["difference"], one["difference_str"]) == (
        *(None, "inf"),
        *(None, "-inf"),
    )
    assert (one["p_value"], one["p_adjusted"], one["interval"], one["verdict"], one["test"]) == (
        *(None, None, None),
        *("undecided", None),
    )
    assert ran.err == (
        "lossctl: note: new.csv: mse: a value is not finite, so nothing is decided; breakdown shows the rows that "
        "cause it [not-finite]\n"
    )
    assert "nothing is decided between new.csv and base.csv under mse: the value of base.csv is inf\n" in (
        run("compare", "mse", "base.csv", "new.csv").out
    )


@pytest.mark.parametrize(
    ("base", "new", "sentence"),
    [
        ([1.0] * 40, [1.0] * 40, "b and a have the same loss in every row under mae"),
        ([1.0] * 40, [0.5, 0.4] * 20, "b is better than a under mae: lower by 0.55 (55 %), and chance alone would do that "
         "in fewer than 1 of 1,000 such samples"),
        ([1.0] * 40, [1.5, 0.5] * 20, "no difference between b and a was found under mae: the means are equal; "
         "a difference of 0.229 (22.9 %) would most likely have been seen, for 1 % it takes about 21,000 rows"),
        ([1.0] * 5, [0.0, 0.1, 0.2, 0.3, 0.4], "no difference between b and a was found under mae: lower by 0.8 (80 %), "
         "which chance alone would do in about 6 of 100 such samples; so few rows cannot tell any difference from chance"),
        ([1.0], [2.0], "nothing is decided between b and a under mae: one row shows no spread"),
        ([0.0] * 40, [1.0] * 30 + [0.0] * 10, "b is worse than a under mae: higher by 0.75, and chance alone would do that "
         "in fewer than 1 of 1,000 such samples"),
    ],
)  # fmt: skip
def test_a_sentence_says_what_to_conclude(
    base: list[float], new: list[float], sentence: str, files: Callable[..., None], run: Callable[..., Ran]
) -> None:
    rows = "".join(f"0,{one},{other}\n" for one, other in zip(base, new, strict=True))
    files(both=f"y_true,a,b\n{rows}")
    ran = run("compare", "mae", "both.csv", "-p", "a", "-p", "b", "-q")
    assert ran.out.splitlines()[4] == sentence


def test_a_model_may_lead_under_one_loss_and_trail_under_another(
    files: Callable[..., None], run: Callable[..., Ran]
) -> None:
    files(both="y_true,a,b\n" + "0,1,0.5\n" * 40 + "0,1,9\n")
    ran = run("compare", "mae,mse,zero_one", "both.csv", "-p", "a", "-p", "b", "-q")
    assert "b is ahead of a under mae and behind it under mse\n" in ran.out


def test_one_heavy_row_is_doubted(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(both="y_true,a,b\n" + "0,1,0.5\n0,1,0.7\n" * 40 + "0,1,9\n")
    ran = run("compare", "mae", "both.csv", "-p", "a", "-p", "b")
    assert ran.err == (
        "lossctl: note: b: mae: one row makes 98 % of the variance, so the interval may be too narrow; compare --why "
        "shows the rows that count [heavy-row]\n"
    )
    for code in CODES:
        assert run("explain", code).code == 0


def test_a_row_that_one_model_lacks_is_left_out_for_all(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(base="y_true,y_pred,g\n1,1,x\n2,,y\n3,3.5,x\n4,4,z\n", new="y_true,y_pred\n1,1.5\n2,2\n,3.5\n4,4.5\n")
    ran = run("compare", "mse", "base.csv", "new.csv", "--nan", "drop", "-q", "--json", "-g", "g")
    found = json.loads(ran.out)
    assert [(record["used"], record["dropped"]) for record in found["inputs"]] == [(2, 2), (2, 2)]
    assert [(one["group"], one["n"]) for one in found["comparisons"]] == [({"g": "x"}, 1), ({"g": "z"}, 1), (None, 2)]
    (one,) = compared(run, "mse", "base.csv", "new.csv", "--nan", "propagate")
    assert (one["verdict"], one["wins"] + one["ties"] + one["losses"], one["n"]) == ("undecided", 2, 4)
    refused = run("compare", "mse", "base.csv", "new.csv")
    assert (refused.code, refused.err.splitlines()[0]) == (
        2,
        'lossctl: base.csv:3: column "y_pred": the cell is missing',
    )


def test_class_columns_may_come_in_another_order(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    first = "label,p_cat,p_dog\ncat,.9,.1\ndog,.2,.8\n"
    files(a=first, b="label,p_dog,p_cat\ncat,.1,.9\ndog,.8,.2\n", c="label,p_dog,p_cat\ncat,.1,.9\ncat,.8,.2\n")
    (one,) = compared(run, "sparse_cce", "a.csv", "b.csv")
    assert (one["difference"], one["ties"]) == (0.0, 2)
    ran = run("compare", "sparse_cce", "a.csv", "c.csv")
    assert ran.err.splitlines()[0] == 'lossctl: c.csv:3: column "label": y_true is "cat" here and "dog" in a.csv:3'


def test_the_seed_decides_what_the_bootstrap_draws(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES)
    arguments = ("mae", "diabetes.csv", "-p", "ridge", "-p", "boosting", "--bootstrap", "100")
    first, again, other = (compared(run, *arguments, "--seed", seed)[0] for seed in ("1", "1", "2"))
    assert first == again
    assert first["interval"] != other["interval"]
    assert (first["replicates"], first["seed"], first["test"]) == (100, 1, "bootstrap")
    assert "Poisson bootstrap of 100 replicates, seed 1\n" in run("compare", *arguments, "--seed", "1").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["base.csv"], 'there is one model, "base.csv", and compare takes two or more'),
        (["base.csv", "short.csv"], "short.csv has 3 rows and base.csv has 4"),
        (["base.csv", "other.csv"], 'other.csv:4: column "y_true": y_true is "5" here and "3" in base.csv:4'),
        (["base.csv", "shuffled.csv"], 'shuffled.csv:2: column "y_true": y_true is "4" here and "1" in base.csv:2'),
        (["base.csv", "bad.csv"], 'bad.csv:5: column "y_pred": cannot read "x" as a number'),
        (["base.csv", "strange.csv", "--id", "id"], 'base.csv: column "id": 1 id is not in strange.csv: "c"'),
        (["base.csv", "twice.csv", "--id", "id"], 'twice.csv: column "id": 1 id stands twice: "a"'),
        (["base.csv", "bare.csv", "--id", "id"], 'bare.csv: --id names no column "id"; there is "y_pred"'),
        (["base.csv", "new.csv", "-p", "nope"], 'base.csv: --y-pred names no column "nope"'),
        (["base.csv", "new.csv", "-w", "nope"], 'base.csv: --weight names no column "nope"'),
        (["base.csv", "new.csv", "--top", "3"], "--top is given without --why"),
        (["base.csv", "new.csv", "--confidence", "95"], '--confidence is a number from 0.5 to below 1, not "95"'),
        (
            ["base.csv", "new.csv", "--bootstrap", "ten"],
            '--bootstrap is a whole number from 0 to 999,999,999, not "ten"',
        ),
        (
            ["base.csv", "new.csv", "--bootstrap", "10"],
            "--bootstrap 10 is too few to tell an interval: 100 is the least",
        ),
        (["base.csv", "new.csv", "--where", "g=q"], "base.csv: none of 4 rows has g=q"),
        (["base.csv", "base.csv"], 'two inputs are called "base.csv"'),
    ],
)
def test_errors_say_what_is_wrong(
    arguments: list[str], message: str, files: Callable[..., None], run: Callable[..., Ran]
) -> None:
    files(
        base=BASE,
        new=NEW,
        shuffled=SHUFFLED,
        short="y_true,y_pred\n1,1\n2,2\n3,3\n",
        other=NEW.replace("c,3", "c,5"),
        bad=NEW.replace("d,4,4", "d,4,x"),
        strange=NEW.replace("c,", "z,"),
        twice=NEW.replace("d,4", "a,4"),
        bare="y_pred\n1.1\n2.1\n2.5\n4\n",
    )
    ran = run("compare", "mse", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"lossctl: {message}")


def test_a_bad_cell_is_found_in_any_of_several_files(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(base=BASE, new=NEW, bad=SHUFFLED.replace("c,3,2.5", "c,3,"))
    ran = run("compare", "mse", "base.csv", "new.csv", "bad.csv", "--id", "id")
    assert ran.err.splitlines()[0] == 'lossctl: bad.csv:5: column "y_pred": the cell is missing'
    ran = run("compare", "mse", "base.csv", "bad.csv", "new.csv", "--id", "id", "--nan", "drop", "-q", "-f", "value")
    assert (ran.code, len(ran.out.split())) == (0, 2)


def test_notes_stay_quiet_and_verdicts_are_no_failures(files: Callable[..., None], run: Callable[..., Ran]) -> None:
    files(base=BASE, new=NEW)
    assert run("compare", "mse", "base.csv", "new.csv").err == FEW
    worse = run("compare", "mse", "new.csv", "base.csv", "-q")
    assert (worse.code, worse.err) == (0, "")


def test_losses_that_are_no_means_say_what_can_be_said(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SAMPLES)
    arguments = ("wmape,max_error,median_absolute_error", "ink.csv", "-p", "poisson", "-p", "boosting")
    ran = run("compare", *arguments, "--json")
    found = json.loads(ran.out)["comparisons"]
    for one in found:
        assert one["difference"] == pytest.approx(one["new_value"] - one["base_value"], rel=1e-12)
    wmape, *others = found
    with open("ink.csv") as file:
        rows = list(csv.DictReader(file))
    y, poisson, boosting = (np.array([float(row[name]) for row in rows]) for name in ("y_true", "poisson", "boosting"))
    d = np.abs(boosting - y) - np.abs(poisson - y)
    residuals = d - d.sum() / y.sum() * y  # the linearised difference of two ratios over one denominator
    error = math.sqrt(600 / 599 * np.sum(residuals**2)) / y.sum()
    reach = stats.t.ppf(0.975, 599) * error
    assert wmape["interval"] == pytest.approx([wmape["difference"] - reach, wmape["difference"] + reach], rel=1e-9)
    assert (wmape["verdict"], wmape["test"]) == ("better", "paired t")
    for one in others:
        assert (one["verdict"], one["p_value"], one["interval"], one["test"]) == ("undecided", None, None, None)
    assert ran.err == (
        "lossctl: note: boosting: max_error, median_absolute_error: nothing tells how far the difference may be chance, "
        "so nothing is decided [no-spread]\n"
    )
