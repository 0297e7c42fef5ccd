"""What explains a number: those that frameworks print on the samples, to four digits, and what is refused."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lossctl.analysis.identify import wanted
from lossctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"
CASES: list[dict[str, Any]] = json.loads((HERE / "frameworks" / "identify.json").read_text())["cases"]


def identify(run: Callable[..., Ran], case: dict[str, Any]) -> dict[str, Any]:
    ran = run("identify", case["number"], str(SAMPLES / case["file"]), *case["options"], "--json")
    assert (ran.code, ran.err) == (0, "")
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_at_least_fifty_numbers_are_known() -> None:
    assert len({(case["number"], case["file"]) for case in CASES}) >= 50


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['number']}-{case['call']}")
def test_the_right_explanation_of_a_framework_number_comes_first(run: Callable[..., Ran], case: dict[str, Any]) -> None:
    found = identify(run, case)
    first = found["explanations"][0]
    assert found["found"]
    assert (first["loss"], first["reduction"], first["reading"]) == (case["loss"], "mean", "")
    assert case["like"] in {first["like"], *first["likes"]}


@pytest.mark.parametrize("case", CASES[::9], ids=lambda case: f"{case['number']}-{case['call']}")
def test_the_command_reproduces_the_value(run: Callable[..., Ran], case: dict[str, Any]) -> None:
    for one in identify(run, case)["explanations"]:
        words = shlex.split(one["command"])
        assert words[0] == "lossctl"
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
        none = run("identify", number, "-t", "1.5", "-p", "2.5")
        assert re.fullmatch(rf"none of \d+ values is {number}\n\narguments: the only row used\n", none.out)
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


def test_a_text_that_is_no_number_is_refused() -> None:
    with pytest.raises(UsageError):
        wanted("0,5")
