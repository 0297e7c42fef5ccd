"""What explains a number: those that frameworks print on the samples, to four digits, and what is refused."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lossctl.analysis.identify import wanted
from lossctl.cli.identify import _model as tried_model
from lossctl.cli.inputs import collected
from lossctl.cli.options import Data
from lossctl.engines.local import fold
from lossctl.losses.spec import parse
from lossctl.readers.columns import assembled
from lossctl.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"
CASES: list[dict[str, Any]] = json.loads((HERE / "frameworks" / "identify.json").read_text())["cases"]
PLAIN = [case for case in CASES if not {"reduction", "reading"} & case.keys()]


def identify(run: Callable[..., Ran], case: dict[str, Any]) -> dict[str, Any]:
    ran = run("identify", case["number"], str(SAMPLES / case["file"]), *case["options"], "--json")
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_at_least_eighty_numbers_are_known() -> None:
    assert len({(case["number"], case["file"]) for case in CASES}) >= 120
    assert {"lightgbm", "xgboost", "catboost"} <= {case["like"] for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['number']}-{case['call']}")
def test_the_right_explanation_of_a_framework_number_comes_first(run: Callable[..., Ran], case: dict[str, Any]) -> None:
    found = identify(run, case)
    first = found["explanations"][0]
    assert found["found"]
    assert (first["loss"], first["reduction"], first["reading"]) == (
        case["loss"],
        case.get("reduction", "mean"),
        case.get("reading", ""),
    )
    assert case["like"] in {first["like"], *first["likes"]}


@pytest.mark.parametrize("form", ["{:.3g}", "{:.6g}", "{:.3e}", "{:.2%}"])
@pytest.mark.parametrize("case", PLAIN[::13], ids=lambda case: f"{case['number']}-{case['call']}")
def test_few_or_many_digits_percents_and_exponents_tell_as_much(
    run: Callable[..., Ran], case: dict[str, Any], form: str
) -> None:
    like = [] if case["like"] == "exact" else ["--like", case["like"]]
    value = float(run("compute", case["loss"], str(SAMPLES / case["file"]), *case["options"], *like, "-f", "value").out)
    first = identify(run, case | {"number": form.format(value)})["explanations"][0]
    assert (first["loss"], first["reduction"], first["reading"]) == (case["loss"], "mean", "")


@pytest.mark.parametrize(
    "case", [*PLAIN[::9], *CASES[len(PLAIN) :: 3]], ids=lambda case: f"{case['number']}-{case['call']}"
)
def test_the_command_reproduces_the_value(run: Callable[..., Ran], case: dict[str, Any]) -> None:
    for one in identify(run, case)["explanations"]:
        words = shlex.split(one["command"])
        assert words[0] == "lossctl"
        if words[-1] == "--skill":
            (told,) = json.loads(run(*words[1:], "-q", "-f", "json").out)["results"]
            assert (told["value"], told["skill"]["skill"]) == (one["value"], one["printed"])
        else:
            assert float(run(*words[1:], "-q").out) == one["value"]


def test_a_page_says_what_was_found(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("y_true,y_pred\n1,0\n0,0.5\n1,0.25\n")
    ran = run("identify", "6.0658", "a.csv", "-k", "1")
    assert ran.out == (
        "6.0658: one explanation\n"
        "\n"
        "6.065845731  bce, like keras\n"
        "             keras clips probabilities to 1e-07, which changed 1 row\n"
        "  lossctl compute bce a.csv --like keras -f value\n"
        "\n"
        "a.csv: all 3 rows used; y_true is y_true, y_pred is y_pred\n"
    )
    none = run("identify", "98765", "a.csv")
    assert none.out.startswith("none of ")
    assert "values is 98765; the nearest are\n" in none.out
    assert none.code == 0
    for number in ("nan", "inf"):
        none = run("identify", number, "-t", "1.5,2", "-p", "2.5,2.5")
        assert re.fullmatch(rf"none of [\d,]+ values is {number}\n\narguments: all 2 rows used\n", none.out)
    assert "```text\n\n```" not in run("identify", "6.0658", "a.csv", "-f", "md").out
    values = run("identify", "0.4583", "a.csv", "-f", "csv").out.splitlines()
    assert values[0] == "loss,like,reduction,reading,value,printed,command"


def test_a_file_whose_name_looks_like_an_option_is_no_option_in_the_command(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-a.csv").write_text("y_true,y_pred\n1,3\n0,0.5\n")
    (first, *_) = json.loads(run("identify", "1.25", "--json", "--", "-a.csv").out)["explanations"]
    assert first["command"] == "lossctl compute mae ./-a.csv -f value"
    assert run(*shlex.split(first["command"])[1:]).out == "1.25\n"


def test_values_on_the_command_line_can_be_explained(run: Callable[..., Ran]) -> None:
    found = json.loads(run("identify", "0.5108", "-t", "0,1", "-p", "0.4,0.6", "--json").out)
    assert found["explanations"][0]["loss"] == "bce"
    assert found["explanations"][0]["command"] == "lossctl compute bce --y-true 0,1 --y-pred 0.4,0.6 -f value"


@pytest.mark.parametrize(
    ("text", "value", "inside", "outside"),
    [
        ("0.6931", 0.6931, 0.69314, 0.69316),
        ("1e-3", 1e-3, 1.4e-3, 1.6e-3),
        ("-2.50", -2.5, -2.504, -2.506),
        ("inf", float("inf"), float("inf"), 1e308),
        ("3", 3.0, 3.4, 3.6),
    ],
)
def test_a_number_is_met_to_the_digits_that_it_has(text: str, value: float, inside: float, outside: float) -> None:
    number = wanted(text)
    assert number.value == value
    assert number.is_met(inside)
    assert not number.is_met(outside)
    assert not number.is_met(float("nan"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("abc", "a.csv"), 'VALUE is a number, not "abc"\n  help: lossctl identify 0.6931 preds.csv'),
        ((), "VALUE is missing\n  help: lossctl identify 0.6931 preds.csv"),
        (("0,5", "a.csv"), 'VALUE is a number, not "0,5"\n  help: write it with a point: 0.5'),
        (("69,3%", "a.csv"), 'VALUE is a number, not "69,3%"\n  help: write it with a point: 69.3%'),
        (("1,234%", "a.csv"), 'VALUE is a number, not "1,234%"\n  help: write it without commas: 1234%'),
        (("-1,234.5", "a.csv"), 'VALUE is a number, not "-1,234.5"\n  help: write it without commas: -1234.5'),
        (("snan", "a.csv"), 'VALUE is a number, not "snan"\n  help: lossctl identify 0.6931 preds.csv'),
        (("1", "a.csv", "-k", "0"), '--top is a whole number of at least 1, not "0"\n  help: -k 20 shows 20 explanations'),
        (("1", "a.csv", "--like", "keras"), "identify tries each convention, so --like says nothing\n  help: leave it out"),
        (
            ("1", "a.csv", "-p", "a", "-p", "b"),
            "identify explains a number of one model, and -p is given twice\n  help: give -p once",
        ),
    ],
)  # fmt: skip  # one case a line
def test_what_cannot_be_explained_is_refused(run: Callable[..., Ran], arguments: tuple[str, ...], message: str) -> None:
    ran = run("identify", *arguments)
    assert (ran.err, ran.out, ran.code) == (f"lossctl: {message}\n", "", 2)


QUANTILES = "y_true,{0},{1},{2}\n1,0,0.5,2\n3,1,1.5,4\n2.5,2,3,3.5\n"


@pytest.mark.parametrize(
    ("names", "levels"),
    [
        (("q0.1", "q0.5", "q0.9"), "0.1,0.5,0.9"),
        (("p5", "p50", "p95"), "0.05,0.5,0.95"),
        (("q025", "q500", "q975"), "0.025,0.5,0.975"),
        (("q2_5", "q50_0", "q97_5"), "0.025,0.5,0.975"),
        (("low", "mid", "high"), "0.25,0.5,0.75"),
        (("y_pred_1", "y_pred_2", "y_pred_3"), "0.05,0.5,0.95"),
    ],
)
def test_levels_of_quantiles_come_from_the_names_of_their_columns(
    run: Callable[..., Ran], tmp_path: Path, names: tuple[str, ...], levels: str
) -> None:
    (tmp_path / "q.csv").write_text(QUANTILES.format(*names))
    told = (str(tmp_path / "q.csv"), "-p", ",".join(names))
    value = run("compute", f"crps_quantile:level=[{levels}]", *told, "-f", "value").out.strip()
    first = json.loads(run("identify", value, *told, "--json").out)["explanations"][0]
    assert first["loss"] == f"crps_quantile:level=[{levels}]"


@pytest.mark.parametrize(
    ("ends", "alpha"),
    [
        (("0.2", "0.5"), "0.2,0.5"),
        (("_80", "_50"), "0.2,0.5"),
        (("_q05", "_q25"), "0.1,0.5"),
        (("_wide", "_narrow"), "0.1,0.5"),
    ],
)
def test_alphas_of_intervals_come_from_the_names_of_their_columns(
    run: Callable[..., Ran], tmp_path: Path, ends: tuple[str, str], alpha: str
) -> None:
    header = ",".join(["y_true", "y_pred", *(f"{side}{end}" for side in ("lo", "hi") for end in ends)])
    (tmp_path / "w.csv").write_text(f"{header}\n1,1.7,0,1,3,2\n5.3,2,0,1,4,3\n2,2.5,-1,2,5,4\n")
    lower, upper = (",".join(f"{side}{end}" for end in ends) for side in ("lo", "hi"))
    told = (str(tmp_path / "w.csv"), "-p", f"median=y_pred,lower={lower},upper={upper}")
    value = run("compute", f"wis:alpha=[{alpha}]", *told, "-f", "value").out.strip()
    first = json.loads(run("identify", value, *told, "--json").out)["explanations"][0]
    assert first["loss"] == f"wis:alpha=[{alpha}]"
    assert run(*shlex.split(first["command"])[1:]).out.strip() == value


def test_a_number_of_a_group_says_which_and_its_command_gives_that_alone(run: Callable[..., Ran]) -> None:
    told = (str(SAMPLES / "diabetes.csv"), "-p", "ridge", "-g", "sex")
    ran = run("identify", "42.709", *told, "-k", "1")
    assert "42.70898551  mae, group sex=male\n" in ran.out
    first = json.loads(run("identify", "42.709", *told, "--json").out)["explanations"][0]
    assert first["group"] == {"sex": "male"}
    assert "--where sex=male" in first["command"]
    assert float(run(*shlex.split(first["command"])[1:]).out) == first["value"]


@pytest.mark.parametrize(
    ("nan", "number", "group", "options"),
    [
        ("drop", "1.25", None, "--by g --nan drop -f csv"),
        ("propagate", "3", {"g": None}, "--by g --nan propagate -f csv"),
        ("propagate", "0.25", {"g": 2.5}, "--nan propagate --where g=2.5 -f value"),
        ("propagate", "1.6", None, "--nan propagate -f value"),
    ],
)
def test_the_command_for_a_number_beside_groups_prints_it(
    run: Callable[..., Ran], tmp_path: Path, nan: str, number: str, group: object, options: str
) -> None:
    path = tmp_path / "g.csv"
    path.write_text("y_true,y_pred,g\n1,1.5,2.50\n2,2,2.5\n3,5,a\n1,3.5,a\n4,7,\n")
    ran = run("identify", number, str(path), "-g", "g", "--nan", nan, "--json", "-k", "50")
    found = json.loads(ran.out)["explanations"]
    (mae,) = (one for one in found if (one["loss"], one["reduction"], one["group"]) == ("mae", "mean", group))
    assert mae["command"] == f"lossctl compute mae {path} {options}"
    printed = run(*shlex.split(mae["command"])[1:]).out.splitlines()
    wanted = "" if group is None else "g="
    cells = [line.split(",") for line in printed]
    assert [float(row[-1]) for row in cells if len(row) == 1 or row[5] == wanted] == [float(number)]


def test_who_waits_is_told_why(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lossctl.cli.identify._LONG", 3)
    told = ("identify", "0.5", "-t", "1,2,3", "-p", "1,2.5,3")
    assert re.fullmatch(
        r"lossctl: note: each row is tried with \d+ losses: 3 rows took \d+\.\d s \[long-search\]\n", run(*told).err
    )
    assert run(*told, "-q").err == ""


def test_what_is_no_number_has_no_root_and_no_perplexity(run: Callable[..., Ran]) -> None:
    for number in ("nan", "inf"):
        ran = run("identify", number, "-t", "1500,20", "-p", "2.5,80")
        assert ran.out.startswith("none of ")


@pytest.mark.parametrize("options", [[], ["-w", "ridge"], ["-g", "sex"], ["-w", "ridge", "-g", "sex"]])
@pytest.mark.parametrize(
    "told",
    [
        ["diabetes.csv", "-p", "boosting"],
        ["cancer.csv", "-t", "truth", "-p", "logistic_prob", "--positive", "malignant"],
        ["wine_logits.csv"],
    ],
    ids=["diabetes", "cancer", "wine"],
)
def test_what_is_tried_is_what_compute_prints(run: Callable[..., Ran], told: list[str], options: list[str]) -> None:
    if told[0] != "diabetes.csv" and options:
        options = {"-w": ["-w", "boosting_prob"], "-g": ["-g", "size"]}[options[0]] if told[0] == "cancer.csv" else []
    given = [str(SAMPLES / told[0]), *told[1:], *options]
    computed = json.loads(run("compute", "all", *given, "--like", "all", "--json", "-q").out)["results"]
    with ExitStack() as opened:
        names = {"-t": "y_true", "-p": "y_pred", "-w": "weight", "-g": "by", "--positive": "positive"}
        chosen: dict[str, Any] = {names[name]: text for name, text in zip(given[1::2], given[2::2], strict=True)}
        chosen |= {name: [chosen[name]] for name in ("y_pred", "by") if name in chosen}
        data = Data(**chosen)
        job = collected(parse("all"), given[:1], data, opened)
        model = tried_model(job.sources[0], job)
        trial = Trial.of(model.plan)
        batches = opened.enter_context(closing(assembled(job.sources[0], [model.plan.binding], 100)))
        (known,) = fold([trial], batches)
    totals = trial.whole(known)
    plan = model.plan._replace(skill=())
    found = plan.result("identify", model.label, model.path, model.header, totals).to_dict()["results"]
    ours = {(one["spec"], one["like"], str(one["group"])): one for one in found}
    assert len(trial.parts) > 1
    assert len(computed) > 20
    for one in computed:
        assert ours[one["spec"], one["like"], str(one["group"])] == one


@pytest.mark.parametrize(
    ("arguments", "text", "command"),
    [
        (  # 1 - (1 / 3 + 1 / 3) / 2 of the mean 2, by hand
            "0.5 a.csv",
            "mse, its skill like R², 1 less its share of the best constant's",
            "lossctl compute mse a.csv --skill",
        ),
        (  # (2 / 3 + 0 + 1 / 2) / 3, the shares of what should be y_pred
            "0.38889 a.csv",
            "mape, with y_true and y_pred exchanged",
            "lossctl compute mape a.csv --y-true y_pred --y-pred y_true -f value",
        ),
        (
            "0.38889 -t 1,2,3 -p 3,2,2",
            "mape, with y_true and y_pred exchanged",
            "lossctl compute mape --y-true 3,2,2 --y-pred 1,2,3 -f value",
        ),
        (  # -(ln 0.25 + ln 0.5) / 2
            "1.03972 -t yes,no -p 0.75,0.5 --positive yes",
            "bce, with the other class as the positive one",
            "lossctl compute bce --y-true yes,no --y-pred 0.75,0.5 --positive no -f value",
        ),
        (
            "1.03972 -t 1,0 -p 0.75,0.5",
            "bce, with the other class as the positive one",
            "lossctl compute bce --y-true 1,0 --y-pred 0.75,0.5 --positive 0 -f value",
        ),
    ],
)
def test_what_is_done_by_mistake_is_told_with_the_command_that_does_it(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, text: str, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(
        "y_true,y_pred\n1,1\n2,2\n3,2\n" if "skill" in text else "y_true,y_pred\n1,3\n2,2\n3,2\n"
    )
    ran = run("identify", *arguments.split(), "-k", "50")
    assert f"  {text}\n" in ran.out
    assert f"\n  {command}\n" in ran.out


def test_one_output_is_not_exchanged_with_several(run: Callable[..., Ran]) -> None:
    ran = run("identify", "0.5", "-t", "1,0", "-p", "[[0.25,0.5,0.25],[0.5,0.25,0.25]]", "-k", "500")
    assert (ran.code, "exchanged" in ran.out) == (0, False)


def test_soft_labels_have_no_other_class(run: Callable[..., Ran]) -> None:
    ran = run("identify", "0.693147", "-t", "0.3,0.6", "-p", "0.5,0.5", "-k", "500")
    assert (ran.code, "other class" in ran.out) == (0, False)


def test_lists_have_a_number_for_each_of_their_values(run: Callable[..., Ran]) -> None:
    given = ("-t", "1,3", "-p", "[[0,0.5,2],[1,1.5,4]]")
    value = run("compute", "crps_quantile:level=[0.25,0.5,0.75]", *given, "-f", "value").out.strip()
    first = json.loads(run("identify", value, *given, "--json").out)["explanations"][0]
    assert first["loss"] == "crps_quantile:level=[0.25,0.5,0.75]"
