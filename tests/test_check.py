"""`check`: verdict, exit code, text, JSON, JUnit, annotations, CSV and Markdown of each gate agree."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from scipy import stats  # type: ignore[import-untyped]  # it has no types

import lossctl
from lossctl.aggregates.beyond import Beyond
from lossctl.analysis.gates import Tolerance, gates, wish
from lossctl.errors import LossctlError
from lossctl.render.numbers import apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran
    from numpy.typing import NDArray

# Errors of 0.5 in both rows: mse 0.25, mae 0.5, rmse 0.5, huber 0.125, all exact in binary.
PAIR = "y_true,y_pred\n0,0.5\n1,1.5\n"
# Errors of 0, 1 and 3; by group a: 0 and 1, b: 3.
THREE = "g,w,y_true,y_pred\na,1,0,0\na,0,1,2\nb,3,2,5\n"
# -log(0) is infinite.
SURE = "y_true,y_pred\n1,0\n0,0.5\n"
GAP = "y_true,y_pred\n0,0.5\n1,nan\n"
NONE = "y_true,y_pred\n"

WORDS = {"pass": "pass", "fail": "broken", "undecided": "undecided"}
CODES = {"pass": 0, "fail": 1, "undecided": 3}


class Case(NamedTuple):
    """Gates on one input, and what must become of them, one letter each: p(ass), f(ail), u(ndecided)."""

    data: str
    line: str
    statuses: str
    code: int
    said: str = ""


CASES = {
    # at most, at least; the limit itself is allowed
    "below": Case(PAIR, "--max mse=0.3", "p", 0, "the gate holds: mse of a.csv is 0.25, below 0.3 by 0.05 (17 %)."),
    "equal": Case(PAIR, "--max mse=0.25", "p", 0, "the gate holds: mse of a.csv is exactly 0.25."),
    "above": Case(PAIR, "--max mse=0.2", "f", 1, "the gate is broken: mse of a.csv is 0.25, above 0.2 by 0.05 (25 %)."),
    "limit 0": Case(PAIR, "--max mse=0", "f", 1, "the gate is broken: mse of a.csv is 0.25, above 0 by 0.25."),
    "limit below 0": Case(PAIR, "--max mse=-1", "f", 1, "mse of a.csv is 0.25, above -1 by 1.25 (125 %)."),
    "negative 0": Case("y_true,y_pred\n1,1\n", "--max mse=-0", "p", 0, "mse of a.csv is exactly -0."),
    "exponent": Case(PAIR, "--max mse=2.5e-1", "p", 0),
    "at least": Case(PAIR, "--min mse=0.2", "p", 0, "the gate holds: mse of a.csv is 0.25, above 0.2 by 0.05 (25 %)."),
    "at least, equal": Case(PAIR, "--min mse=0.25", "p", 0),
    "too small": Case(PAIR, "--min mse=0.3", "f", 1, "mse of a.csv is 0.25, below 0.3 by 0.05 (17 %)."),
    "between": Case(PAIR, "--max mse=0.3 --min mse=0.2", "pp", 0, "all 2 gates hold."),
    "one of three": Case(
        PAIR,
        "--max mse=0.3 --max mae=0.4 --max rmse=0.5",
        "pfp",
        1,
        "1 of 3 gates is broken: mae of a.csv is 0.5, above 0.4 by 0.1 (25 %).",
    ),
    "two of three, the worse by its part": Case(
        PAIR,
        "--max mse=0.24 --max mae=0.4 --max rmse=0.5",
        "ffp",
        1,
        "2 of 3 gates are broken; the worst: mae of a.csv is 0.5, above 0.4 by 0.1 (25 %).",
    ),
    "four thousand": Case(PAIR, "--max mse=6.1e-5", "f", 1, "above 6.1e-05 by 0.25 (409,736 %)."),
    # the digits it takes
    "15th digit, above": Case(
        PAIR,
        "--max mse=0.249999999999999",
        "f",
        1,
        "mse of a.csv is 0.25, above 0.249999999999999 by 9.99e-16 (4e-13 %).",
    ),
    "15th digit, below": Case(PAIR, "--max mse=0.250000000000001", "p", 0, "is 0.25, below 0.250000000000001 by"),
    "last bit, above": Case(
        "y_true,y_pred\n0.1,0.4\n",
        "--max mae=0.3",
        "f",
        1,
        "mae of a.csv is 0.30000000000000004, above 0.3 by 5.55e-17",
    ),
    "last bit, equal": Case("y_true,y_pred\n0.1,0.4\n", "--max mae=0.30000000000000004", "p", 0),
    "last bit, below": Case("y_true,y_pred\n0,0.1\n", "--max mae=0.10000000000000002", "p", 0),
    "six digits are not enough": Case(
        "y_true,y_pred\n0,0.12345678\n", "--max mae=0.1234567", "f", 1, "0.1234568, above"
    ),
    "smallest": Case("y_true,y_pred\n0,5e-324\n", "--max mae=0", "f", 1, "is 4.94066e-324, above 0 by 4.94e-324."),
    "largest": Case("y_true,y_pred\n0,1e308\n", "--max mae=-1e308", "f", 1, "mae of a.csv is 1e+308, above -1e+308."),
    # the whole of LOSS
    "parameter": Case(PAIR, "--max huber:delta=2=0.125", "p", 0),
    "parameter, broken": Case(PAIR, "--max huber:delta=2=0.1", "f", 1, "huber:delta=2 of a.csv is 0.125, above 0.1"),
    "weighted sum": Case(PAIR, "--max mse+0.5*mae=0.5", "p", 0, "mse+0.5*mae of a.csv is exactly 0.5."),
    "weighted sum, broken": Case(PAIR, "--max 2*mse=0.4", "f", 1, "2*mse of a.csv is 0.5, above 0.4"),
    "framework's name": Case(PAIR, "--max MSELoss=0.2", "f", 1, "mse of a.csv is 0.25"),
    "list of losses": Case(PAIR, "--max mse,mae=0.3", "pf", 1, "1 of 2 gates is broken: mae of a.csv"),
    "same loss twice by other spellings": Case(PAIR, "--max mse=0.3 --min L2=0.3", "pf", 1),
    # reductions, weights, filters
    "convention": Case(SURE, "--max bce=1e3 --like keras", "p", 0, "bce of a.csv is 8.40562, below 1000"),
    "sum": Case(PAIR, "--max mse=0.4 --reduction sum", "f", 1, "mse of a.csv is 0.5, above 0.4"),
    "weights": Case(THREE, "--max mse=6.75 -w w", "p", 0),
    "count": Case(THREE, "--max mse=9 --reduction mean-count -w w", "p", 0),
    "filter": Case(THREE, "--max mse=0.5 --where g=a", "p", 0),
    # numbers that are none, and infinite ones
    "nan": Case(
        GAP, "--max mse=1e300 --nan propagate", "u", 3, "the gate is undecided: mse of a.csv is nan, and only a"
    ),
    "nan, at least": Case(GAP, "--min mse=-1 --nan propagate", "u", 3),
    "nan beside a pass": Case(
        GAP, "--max mse=1 --min-rows 2 --nan propagate", "up", 3, "1 of 2 gates is undecided: mse"
    ),
    "nan beside a failure": Case(
        GAP,
        "--max mse=1 --min-rows 3 --nan propagate",
        "uf",
        1,
        "1 of 2 gates is broken and 1 is undecided: the number of rows of a.csv is 2, below 3 by 1 (33 %).",
    ),
    "nan dropped": Case(GAP, "--max mse=0.25 --nan drop", "p", 0),
    "inf": Case(
        SURE, "--max bce=1e308", "u", 3, "the gate is undecided: bce of a.csv is inf, and only a finite number"
    ),
    "inf, at least": Case(SURE, "--min bce=1", "u", 3),
    "-inf": Case("y_true,y_pred\n0,-inf\n", "--max mae=1", "u", 3),
    "nan of finite numbers": Case("y_true,y_pred\ninf,inf\n", "--max mse=1", "u", 3),
    "overflow": Case("y_true,y_pred\n0,1e200\n", "--max mse=1", "u", 3, "mse of a.csv is inf"),
    # no rows
    "no rows": Case(NONE, "--max mse=1", "u", 3, "the gate is undecided: a.csv: it has a header but no rows."),
    "no rows, two gates": Case(
        NONE, "--max mse=1 --max-row mae=1", "uu", 3, "2 of 2 gates are undecided; the first: a.csv"
    ),
    "no rows, too few": Case(NONE, "--max mse=1 --min-rows 1", "uf", 1, "the number of rows of a.csv is 0, below 1"),
    "no rows, none wanted": Case(NONE, "--min-rows 0", "p", 0),
    "filtered away": Case(THREE, "--max mse=1 --where g=c", "u", 3, "a.csv: none of 3 rows has g=c."),
    "dropped away": Case("y_true,y_pred\n1,\n", "--max mse=1 --nan drop", "u", 3, "each of 1 row misses a cell"),
    "no rows in JSON": Case('{"y_true": [], "y_pred": []}', "--max mse=1", "u", 3, "a.csv: it holds no rows."),
    # rows
    "row": Case(THREE, "--max-row mae=3", "p", 0, "mae of row 3 of a.csv is exactly 3."),
    "row, broken": Case(
        THREE, "--max-row mae=2", "f", 1, "mae of row 3 of a.csv is 3, above 2 by 1 (50 %); row 3 breaks it."
    ),
    "rows, broken": Case(THREE, "--max-row mae=0.5", "f", 1, "is 3, above 0.5 by 2.5 (500 %); rows 2 and 3 break it."),
    "row of weight 0": Case(
        THREE, "--max-row mae=0.5 -w w --where g=a", "p", 0, "mae of row 1 of a.csv is 0, below 0.5"
    ),
    "row without a number": Case(GAP, "--max-row mae=1 --nan propagate", "u", 3, "mae of row 2 of a.csv is nan"),
    "rows, one broken, one without a number": Case(
        GAP, "--max-row mae=0.1 --nan propagate", "f", 1, "row 1 breaks it."
    ),
    "infinite row": Case(SURE, "--max-row bce=100", "u", 3, "bce of row 1 of a.csv is inf"),
    "row counts as in the file": Case(THREE, "--max-row mae=2 --where g=b", "f", 1, "row 3 breaks it."),
    "no weight at all": Case(
        THREE, "--max-row mae=0.5 --reduction sum --like keras -w w --where w=0", "u", 3, "no row of a.csv has a weight"
    ),
    # counts
    "rows enough": Case(PAIR, "--min-rows 2", "p", 0, "the gate holds: the number of rows of a.csv is exactly 2."),
    "rows too few": Case(
        PAIR, "--min-rows 1000", "f", 1, "the number of rows of a.csv is 2, below 1,000 by 998 (100 %)."
    ),
    "dropped rows do not count": Case(GAP, "--min-rows 2 --nan drop", "f", 1),
    # groups, the overall row last
    "groups": Case(THREE, "--max mse=9 -g g", "ppp", 0),
    "one group": Case(THREE, "--max mse=5 -g g", "pfp", 1, "mse of a.csv, group g=b, is 9, above 5 by 4 (80 %)."),
    "the whole alone": Case(
        THREE, "--max mse=9 -g g --reduction sum", "ppf", 1, "mse of a.csv is 10, above 9 by 1 (11 %)."
    ),
    "groups, one without a number": Case(
        "g,y_true,y_pred\na,0,1\nb,0,nan\n",
        "--max mse=1 -g g --nan propagate",
        "puu",
        3,
        "2 of 3 gates are undecided; the first: mse of a.csv, group g=b, is nan, and only a finite number can be judged.",
    ),
    "rows are not grouped": Case(THREE, "--max-row mae=2 --min-rows 3 -g g", "fp", 1),
    # beside another file of predictions, b.csv: errors of 0.25
    "no better file": Case(
        PAIR, "--baseline b.csv --max mse=1", "pf", 1, "is 0.25, above the baseline 0.0625 by 0.188 (300 %)."
    ),
    "within a part": Case(
        PAIR, "--baseline b.csv --tolerance mse=300%", "p", 0, "is exactly 0.25; the baseline is 0.0625."
    ),
    "not within a part": Case(PAIR, "--baseline b.csv --tolerance mse=299%", "f", 1),
    "within an amount": Case(PAIR, "--baseline b.csv --tolerance mse=0.1875", "p", 0),
    "not within an amount": Case(PAIR, "--baseline b.csv --tolerance mse=0.18749999", "f", 1),
    "better": Case(
        "y_true,y_pred\n0,0\n", "--baseline b.csv --tolerance mse=0", "p", 0, "is 0, below the baseline 0.0625"
    ),
    "empty baseline": Case(
        PAIR, "--baseline none.csv --tolerance mse=0", "u", 3, "none.csv: it has a header but no rows."
    ),
    "infinite baseline": Case(
        PAIR, "--baseline inf.csv --tolerance mse=0", "u", 3, "mse of the baseline inf.csv is inf"
    ),
    "groups that vanished": Case(
        THREE,
        "--baseline groups.csv --tolerance mse=900% -g g",
        "pupu",
        3,
        "2 of 4 gates are undecided; the first: group g=b of a.csv is not in the baseline groups.csv.",
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with other files of predictions."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "b.csv": "y_true,y_pred\n0,0.25\n1,1.25\n",
        "none.csv": NONE,
        "inf.csv": "y_true,y_pred\n0,inf\n",
        "groups.csv": "g,y_true,y_pred\na,0,1\nc,0,1\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


REPORTS = [f"--report={format}:report.{format}" for format in ("json", "junit", "github", "csv", "md")]
NAMES = {"p": "pass", "f": "fail", "u": "undecided"}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_everything_that_is_told_of_a_gate_agrees(case: Case, run: Callable[..., Ran], here: Path) -> None:
    (here / "a.csv").write_text(case.data)
    done = run("check", "a.csv", *case.line.split(), *REPORTS)
    statuses = [NAMES[letter] for letter in case.statuses]
    lines = done.out.splitlines()
    assert done.code == case.code
    assert case.said in lines[-1]
    assert [line.split()[0] for line in lines[2 : 2 + len(statuses)]] == [WORDS[status] for status in statuses]

    told = json.loads((here / "report.json").read_text())
    checks = told["checks"]
    assert (told["exit_code"], told["verdict"]) == (case.code, {0: "pass", 1: "fail", 3: "undecided"}[case.code])
    assert [check["status"] for check in checks] == statuses
    for check in checks:
        holds = _holds(check)
        assert (check["status"] == "pass") == (holds is True)
        assert (check["status"] == "fail") == (holds is False)

    cases = list(ET.fromstring((here / "report.junit").read_text()).iter("testcase"))
    tags = {"system-out": "pass", "failure": "fail", "error": "undecided"}
    assert [tags[one[0].tag] for one in cases] == statuses
    assert {one.get("classname") for one in cases} == {"a.csv"}

    commands = (here / "report.github").read_text().splitlines()
    assert len(commands) == sum(status != "pass" for status in statuses)
    broken = statuses.count("fail")
    assert sorted(map(_title, commands)) == sorted(check["name"] for check in checks if check["status"] != "pass")
    assert all(" is " in command for command in commands[:broken])

    rows = list(csv.DictReader(io.StringIO((here / "report.csv").read_text())))
    assert [row["status"] for row in rows] == statuses
    assert [row["value"] for row in rows] == [check["value_str"] or "" for check in checks]
    assert [row["name"] for row in rows] == [check["name"] for check in checks]

    cells = _tables((here / "report.md").read_text())
    assert [row[0] for row in cells] == [WORDS[status] for status in statuses]

    # What a reader sees beside each other says the same as the verdict.
    for row, check in zip(cells, checks, strict=True):
        value, limit = (float(cell.replace(",", "")) if cell else None for cell in _named(lines[0], row))
        if check["status"] != "undecided":
            assert value is not None
            assert limit is not None
            assert (value <= limit if check["op"] == "<=" else value >= limit) == (check["status"] == "pass")
            assert (value == limit) == (check["value"] == check["limit"])


def test_there_are_enough_gates() -> None:
    assert sum(len(case.statuses) for case in CASES.values()) >= 60
    assert len(CASES) >= 60


def _holds(check: dict[str, Any]) -> bool | None:
    """Whether a gate holds, from the numbers that are told; None where they do not say."""
    if check["value"] is None or check["limit"] is None:
        return None
    return bool(check["value"] <= check["limit"] if check["op"] == "<=" else check["value"] >= check["limit"])


def _title(command: str) -> str:
    match = re.fullmatch(r"::error title=lossctl check%3A ([^:,\r\n]*),file=[^:,\r\n]*::[^\r\n]*", command)
    assert match is not None, command
    return match[1].replace("%3A", ":").replace("%2C", ",").replace("%25", "%")


def _tables(text: str) -> list[list[str]]:
    """The cells of the tables in Markdown, as a reader of it sees them."""
    rows: list[list[str]] = []
    before = ""
    for token in MarkdownIt().enable("table").parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and before in {"td_open", "th_open"}:
            rows[-1].append("".join(child.content for child in token.children or ()))
        before = token.type
    return [row for row in rows if row and row[0] in WORDS.values()]


def _named(head: str, row: list[str]) -> tuple[str, str]:
    names = re.split(r"\s{2,}", head.strip())
    return row[names.index("value")], row[names.index("limit")]


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(1, 17),
)
def test_two_numbers_never_look_as_they_are_not(one: float, other: float, digits: int) -> None:
    left, right = map(float, apart(one, other, digits))
    assert (left > right, left < right) == (one > other, one < other)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 17))
def test_neighbours_never_look_equal(one: float, digits: int) -> None:
    other = math.nextafter(one, math.inf)
    if math.isfinite(other):
        assert len({*apart(one, other, digits)}) == 2


@given(st.lists(st.floats(), max_size=30), st.floats(-1e3, 1e3), st.integers(0, 30))
def test_rows_beyond_a_limit_add(values: list[float], limit: float, cut: int) -> None:
    array, rows = np.array(values), np.arange(1, len(values) + 1)
    whole = Beyond.of(array, rows, limit)
    assert Beyond.of(array[:cut], rows[:cut], limit) + Beyond.of(array[cut:], rows[cut:], limit) == whole
    above = [row for row, value in enumerate(values, 1) if math.isfinite(value) and value > limit]
    assert (whole.above.count, list(whole.above.first)) == (len(above), above[:5])
    unknown = [row for row, value in enumerate(values, 1) if not math.isfinite(value)]
    assert (whole.unknown.count, list(whole.unknown.first)) == (len(unknown), unknown[:5])
    finite = [value for value in values if math.isfinite(value)]
    assert [-row.less for row in whole.largest.rows] == sorted(finite)[-1:]


@pytest.mark.parametrize(
    ("text", "base", "limit"),
    [
        ("100%", 0.1, 0.2),
        ("2%", 50.0, 51.0),
        ("2%", -50.0, -49.0),  # worse is larger, whatever the sign
        ("250%", 2.0, 7.0),
        ("0.01", 0.25, 0.26),
        ("0", 0.1, 0.1),
        ("10%", 0.0, 0.0),
        ("1000%", 1e308, sys.float_info.max),
        ("5e-324", 5e-324, 1e-323),
    ],
)
def test_the_limit_beside_a_baseline_is_rounded_once(text: str, base: float, limit: float) -> None:
    asked = gates([wish("tolerance", f"mse={text}")], "", "exact", ["mse"])
    assert asked.gates[0].tolerance.above(base) == limit


def test_no_tolerance_is_none() -> None:
    assert Tolerance().above(0.1) == 0.1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "no gate is asked for\n  help: --max mse=0.1\n"),
        ("--max mse", '--max "mse" lacks a limit\n  help: --max mse=0.1\n'),
        ("--max =1", '--max "=1" lacks a LOSS\n  help: --max mse=0.1\n'),
        ("--max-row mse=x", 'a limit is a finite number, not "x"\n  help: --max-row huber=5\n'),
        ("--max mse=nan", 'a limit is a finite number, not "nan"\n  help: --max mse=0.1\n'),
        ("--min mse=1e999", 'a limit is a finite number, not "1e999"\n  help: --min mse=0.1\n'),
        (
            "--max huber:delta=2",
            '--max "huber:delta=2" lacks a limit: the last = divides LOSS and limit, and "2" belongs to a parameter\n'
            "  help: write it like --max huber:delta=2=0.5\n",
        ),
        ("--max mse=1,mae=2", '--max "mse=1,mae=2" holds several limits\n  help: repeat --max for each of them\n'),
        ("--max all=1", '--max is on losses by name, and "all" names none\n  help: --max mse=0.1\n'),
        (
            "--baseline b.csv --tolerance all=1%",
            '--tolerance is on losses by name, and "all" names none\n  help: --tolerance mse=2%\n',
        ),
        ("--max mse=1 --max MSELoss=2", "--max names mse twice\n  help: give each loss one limit\n"),
        ("--max mse=1 --like all", "gates take one convention, not all\n"),
        ("--max hubr=1", 'there is no loss "hubr"\n  help: did you mean "huber"?\n'),
        ("--min-rows -1", '--min-rows is a whole number from 0 on, not "-1"\n  help: 1000 asks for that many rows\n'),
        (
            "--tolerance mse=2%",
            "--tolerance is beside a baseline, and there is none\n"
            "  help: the baseline is an earlier result, like base.json, or another file of predictions\n",
        ),
        (
            "--baseline b.csv --tolerance mse=-1",
            'a tolerance is a number of at least 0, or a part like 2%, not "-1"\n  help: --tolerance mse=2%\n',
        ),
        (
            "--baseline b.csv",
            "the baseline is a file of predictions, and no loss is named\n  help: --tolerance mse=2%\n",
        ),
        ("--baseline lost.json --max mse=1", "lost.json: there is no such file\n"),
        ("--baseline lost.json", "lost.json: there is no such file\n"),
        (
            "--baseline cut.json --max mse=1",
            'cut.json:1: character 32: this is not JSON from ""co" on\n  help: lossctl compute LOSS FILE --json writes one\n',
        ),
        ("--max mse=1 -f yaml", "--format is "),
        (
            "--max mse=1 --report junit:",
            '--report "junit:" names no file\n  help: write it like --report junit:report.xml; - is standard output\n',
        ),
        (
            "--max mse=1 --report xml:a",
            'the format of --report is "json", "junit", "md", "github" or "csv", not "xml"\n',
        ),
        (
            "--max mse=1 --report csv:a.csv",
            'the output "a.csv" is one of the inputs\n  help: --report takes another file\n',
        ),
        (
            "--max mse=1 --baseline b.csv --report csv:b.csv",
            'the output "b.csv" is one of the inputs\n  help: --report takes another file\n',
        ),
        (
            "--max mse=1 --report csv:no/a.csv",
            'there is no folder "no" for the output "no/a.csv"\n  help: mkdir -p makes it\n',
        ),
        (
            "--max mse=1 --report json:- --report csv:-",
            "two outputs go to standard output\n  help: give each a place of its own\n",
        ),
        (
            "--max mse=1 --report json:r --report csv:./r",
            'two outputs go to the file "./r"\n  help: give each a place of its own\n',
        ),
        (
            "--max mse=1 -o r.json --report csv:r.json",
            'two outputs go to the file "r.json"\n  help: give each a place of its own\n',
        ),
        (
            "--max mse=1 --json --report github:-",
            "the result as json and a report both go to standard output\n  help: -o FILE takes the result\n",
        ),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_cannot_be_asked(line: str, said: str, run: Callable[..., Ran]) -> None:
    Path("a.csv").write_text(PAIR)
    Path("cut.json").write_text('{"schema": "lossctl/result/1", "co')
    done = run("check", "a.csv", *line.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("lossctl: " + said)


BASE: dict[str, Any] = {
    "schema": "lossctl/result/1",
    "command": "compute",
    "version": "0.1.0",
    "inputs": [{"label": "old.csv", "path": "old.csv", "rows": 2, "used": 2, "dropped": 0, "columns": {}}],
    "results": [
        {
            "input": "old.csv",
            "loss": "huber",
            "params": {"delta": 1},
            "like": "exact",
            "reduction": "mean",
            "group": None,
            "n": 2,
            "weight": 2,
            "value": 0.1,
            "value_str": "0.1",
            "spec": "huber",
            "signature": "",
        }
    ],
    "warnings": [],
}


def base(**changes: object) -> dict[str, Any]:
    """A result written by hand, one of its values changed."""
    return {**BASE, "results": [{**BASE["results"][0], **changes}]}


@pytest.mark.parametrize(
    ("record", "line", "code", "said"),
    [
        (base(), "", 1, "huber of a.csv is 0.125, above the baseline 0.1 by 0.025 (25 %)."),
        (base(), "--tolerance huber=25%", 0, "the gate holds: huber of a.csv is exactly 0.125; the baseline is 0.1."),
        (base(value=0.125, value_str="0.125"), "", 0, "the gate holds: huber of a.csv is exactly the baseline 0.125."),
        (base(value=None, value_str="nan"), "", 3, "huber of the baseline base.json is nan, and only a finite number"),
        (base(value=None, value_str="inf"), "--max huber=1", 3, "huber of the baseline base.json is inf"),
        (base(value=0.125, value_str="0.125"), "--max huber=0.1", 1, "1 of 2 gates is broken"),
        (
            base(),
            "--tolerance huber:delta=2=0",
            2,
            "base.json: huber has parameters delta=1.0 there, and parameters delta=2.0 here",
        ),
        (base(), "--tolerance mse=0", 2, 'base.json: it holds no mse but "huber"'),
        (base(), "--max mse=0", 2, 'base.json: it holds no mse but "huber"'),
        (base(like="keras"), "", 2, "base.json: huber has convention keras there, and convention exact here"),
        (base(reduction="sum"), "", 2, "base.json: huber has reduction sum there, and reduction mean here"),
        (base(), "-g g", 2, 'base.json: its values are of all rows alone, and here by "g"'),
        (base(group={"site": 1}), "-g g", 2, 'base.json: its values are by "site", and here by "g"'),
        (
            base(group={"g": "x"}),
            "-g g",
            3,
            "2 of 4 gates are undecided; the first: group g=z of a.csv is not in the baseline",
        ),
        (
            base(
                terms=[{"weight": 2, "loss": "huber", "params": {"delta": 1}}],
                loss="2*huber",
                spec="2*huber",
                params={},
            ),
            "",
            1,
            "2*huber of a.csv is 0.25",
        ),
        (
            base(
                terms=[{"weight": 2, "loss": "huber", "params": {"delta": 3}}],
                loss="2*huber",
                spec="2*huber",
                params={},
            ),
            "",
            2,
            "base.json: 2*huber has terms 2.0*huber delta=3.0 there, and terms 2.0*huber delta=1.0 here",
        ),
        (
            {**BASE, "schema": "lossctl/result/2"},
            "",
            2,
            'its schema is "lossctl/result/2", and this version reads "lossctl/result/1"',
        ),
        ({**BASE, "results": []}, "", 2, "base.json: it is a result without any value"),
        ({"schema": "lossctl/result/1"}, "", 2, 'base.json: it is a result that lacks "command"'),
        ({**BASE, "results": [3]}, "", 2, "base.json: it is a result with parts of the wrong type"),
        (base(group={"g": []}), "", 2, "base.json: it is a result with parts of the wrong type"),
        (base(group=[]), "", 2, "base.json: it is a result with parts of the wrong type"),
        (base(group=False), "", 2, "base.json: it is a result with parts of the wrong type"),
        (
            base(terms=[{"weight": "x", "loss": "huber", "params": {}}]),
            "",
            2,
            "base.json: it is a result with parts of the wrong type",
        ),
        (
            base(terms=[{"weight": 1, "loss": 3, "params": {}}]),
            "",
            2,
            "base.json: it is a result with parts of the wrong type",
        ),
        (
            {**BASE, "results": [{**BASE["results"][0], "value": 9.0, "value_str": "9.0"}, *BASE["results"]]},
            "",
            2,
            "base.json: it holds huber twice",
        ),
        (base(value_str="many"), "", 2, "base.json: it is a result with parts of the wrong type"),
        (base(value=0.2), "", 2, 'base.json: value and value_str of "huber" contradict each other'),
        (base(value=None), "", 2, 'base.json: value and value_str of "huber" contradict each other'),
        (
            {**BASE, "inputs": [*BASE["inputs"], {**BASE["inputs"][0], "label": "new.csv"}]},
            "",
            2,
            'base.json: it holds "old.csv" and "new.csv", and none of them is called "a.csv"',
        ),
        ({"y_true": [0, 1], "y_pred": [0.25, 1.25]}, "--tolerance huber=1", 0, "the baseline is 0.03125"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_baseline_is_an_earlier_result(
    record: dict[str, Any], line: str, code: int, said: str, run: Callable[..., Ran]
) -> None:
    Path("a.csv").write_text("g,y_true,y_pred\nx,0,0.5\nz,1,1.5\n")
    Path("base.json").write_text(json.dumps(record))
    if "-g" in line and "x" in str(record["results"][0]["group"]):
        record["results"].append({**BASE["results"][0], "value": 0.125, "value_str": "0.125"})
        record["results"][0] |= {"value": 0.125, "value_str": "0.125"}
        record["results"].append({**BASE["results"][0], "group": {"g": "y"}})
        Path("base.json").write_text(json.dumps(record))
    done = run("check", "a.csv", "--baseline", "base.json", *line.split())
    assert done.code == code
    assert said in (done.out.splitlines()[-1] if done.out else done.err.splitlines()[0])


@pytest.mark.usefixtures("here")
def test_a_sum_is_the_same_however_its_weights_are_written(run: Callable[..., Ran]) -> None:
    Path("a.csv").write_text(PAIR)
    Path("base.json").write_text(run("compute", "mse+0.50*mae", "a.csv", "--json").out)
    beside = ("check", "a.csv", "--baseline", "base.json", "--tolerance")
    assert run(*beside, "mse+0.5*mae=0").code == 0
    assert run(*beside, "mse+2*mae=0").err.startswith(
        "lossctl: base.json: mse+2*mae has terms 1.0*mse none + 0.5*mae none there, and terms 1.0*mse none + 2.0*mae"
    )


@pytest.mark.parametrize("loss", ["mse", "huber:delta=2", "quantile:level=0.3", "2*mse+0.5*mae", "rmse", "mse,mae"])
@pytest.mark.parametrize("command", ["compute", "check"])
@pytest.mark.usefixtures("here")
def test_a_result_is_its_own_baseline(loss: str, command: str, run: Callable[..., Ran]) -> None:
    Path("a.csv").write_text(THREE)
    what = [loss, "a.csv"] if command == "compute" else ["a.csv", "--max", f"{loss}=0"]
    Path("base.json").write_text(run(command, *what, "-g", "g", "--json").out)
    done = run("check", "a.csv", "-g", "g", "--baseline", "base.json", "--json")
    assert done.code == 0
    checks = json.loads(done.out)["checks"]
    assert len(checks) == 3 * len(loss.split(","))
    assert all(check["value"] == check["limit"] == check["baseline"] for check in checks)


@pytest.mark.usefixtures("here")
def test_each_input_has_the_baseline_of_its_name(run: Callable[..., Ran]) -> None:
    Path("a.csv").write_text("y_true,one,two\n0,0.5,0.25\n")
    Path("base.json").write_text(run("compute", "mse", "a.csv", "-p", "one", "-p", "two", "--json").out)
    for models in (["one", "two"], ["two", "one"]):
        done = run("check", "a.csv", *(word for model in models for word in ("-p", model)), "--baseline", "base.json")
        assert done.code == 0
    Path("turned.csv").write_text("y_true,one,two\n0,0.25,0.5\n")
    done = run("check", "turned.csv", "-p", "one", "-p", "two", "--baseline", "a.csv", "--tolerance", "mse=0", "--json")
    assert [check["status"] for check in json.loads(done.out)["checks"]] == ["pass", "fail"]


@pytest.mark.usefixtures("here")
def test_a_weighted_baseline_is_of_weighted_rows(run: Callable[..., Ran]) -> None:
    Path("a.csv").write_text("w,y_true,y_pred\n1,0,1\n3,0,2\n")
    for weights, said in ((["-w", "w"], "its rows are not weighted, and here they are"), ([], "its rows are weighted")):
        other = [] if weights else ["-w", "w"]
        Path("base.json").write_text(run("compute", "mse", "a.csv", *other, "--json").out)
        done = run("check", "a.csv", *weights, "--baseline", "base.json", "--tolerance", "mse=9", "--isolated")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"lossctl: base.json: {said}")
        assert run("check", "a.csv", *other, "--baseline", "base.json", "--isolated").code == 0


@pytest.mark.usefixtures("here")
def test_a_baseline_of_other_rows_or_more_inputs_is_told(run: Callable[..., Ran]) -> None:
    for name, rows in (("a", 2), ("b", 3), ("fewer", 1)):
        Path(f"{name}.csv").write_text("g,y_true,y_pred\n" + "x,0,1\n" * rows)
    Path("base.json").write_text(run("compute", "mse", "a.csv", "--json").out)
    Path("both.json").write_text(run("compute", "mse", "a.csv", "b.csv", "--json").out)
    fewer = "lossctl: note: fewer.csv: it has 1 row, and in the baseline {} it had 2 [other-rows]\n"
    gone = "lossctl: note: b.csv: it is in the baseline both.json, and no gate is on it [not-checked]\n"
    for line, said in (
        ("a.csv --baseline base.json", ""),
        ("fewer.csv --baseline base.json", fewer.format("base.json")),
        ("fewer.csv --baseline a.csv --tolerance mse=0", fewer.format("a.csv")),
        ("a.csv b.csv --baseline both.json", ""),
        ("a.csv --baseline both.json", gone),
        ("a.csv --baseline both.json --where g=x", gone),
    ):
        done = run("check", *line.split(), "--isolated")
        assert (done.code, done.err) == (0, said), line
    assert run("check", "fewer.csv", "--baseline", "base.json", "--where", "g=q", "--isolated").code == 3


@pytest.mark.parametrize("value", [True, "9.0"])
@pytest.mark.usefixtures("here")
def test_a_value_of_a_baseline_is_a_number(value: object, run: Callable[..., Ran]) -> None:
    Path("a.csv").write_text(PAIR)
    Path("base.json").write_text(json.dumps(base(value=value, value_str=str(float(value)))))  # type: ignore[arg-type]  # that is the point
    done = run("check", "a.csv", "--baseline", "base.json")
    assert (done.code, done.err.partition("\n")[0]) == (
        2,
        "lossctl: base.json: it is a result with parts of the wrong type",
    )


@pytest.mark.parametrize("value", ["source_bash", "complete_bash", "complete_zsh", "x", ""])
def test_a_variable_for_the_shell_does_not_answer_for_a_gate(value: str, shell: Callable[..., Ran], here: Path) -> None:
    (here / "a.csv").write_text(PAIR)
    line = "lossctl check a.csv --max mse=0 --isolated"
    assert shell(line, _LOSSCTL_COMPLETE=value) == shell(line)
    assert shell(line).code == 1


def test_a_baseline_comes_from_a_pipe_too(shell: Callable[..., Ran], here: Path) -> None:
    (here / "a.csv").write_text(PAIR)
    for line in (
        "lossctl compute mse a.csv --json | lossctl check a.csv --baseline - -f value",
        "lossctl check a.csv --baseline <(lossctl compute mse a.csv --json) -f value",
    ):
        done = shell(line)
        assert (done.code, done.out) == (0, "0.25\n")
    done = shell("lossctl check - --baseline - --max mse=1", PAIR.encode())
    assert (done.code, done.err.splitlines()[0]) == (2, "lossctl: standard input is the baseline and an input")
    done = shell("lossctl check a.csv --baseline - --max mse=1", PAIR.encode())
    assert done.code == 2
    assert done.err.startswith("lossctl: standard input: it holds no earlier result, and can be read once\n")


@pytest.mark.usefixtures("here")
def test_each_gate_holds_for_each_input(run: Callable[..., Ran]) -> None:
    Path("a.csv").write_text(PAIR)
    Path("none.json").write_text("[]")
    done = run("check", "a.csv", "b.csv", "none.csv", "none.json", "--max", "mse=0.1", "--max-row", "mae=0.3", "--json")
    assert done.code == 1
    found = [(check["input"], check["name"], check["status"]) for check in json.loads(done.out)["checks"]]
    assert found == [
        (input, name, status)
        for input, status in (
            ("a.csv", "fail"),
            ("b.csv", "pass"),
            ("none.csv", "undecided"),
            ("none.json", "undecided"),
        )
        for name in ("mse<=0.1", "max-row mae<=0.3")
    ]


@pytest.mark.parametrize(
    ("format", "out"),
    [
        ("value", "0.25\n0.5\n2\n"),
        ("ndjson", None),
        (
            "plain",
            "status\tgate\tvalue\tlimit\tmargin\trow\nbroken\tmse<=0.2\t0.25\t0.2\t-0.05\t\n"
            "pass\tmax-row mae<=1\t0.5\t1\t0.5\t1\npass\trows>=2\t2\t2\t0\t\n",
        ),
        (
            "tsv",
            "name\tgate\tinput\tloss\tparams\tlike\treduction\tgroup\top\tlimit\tvalue\tstatus\tmargin\trow\treason\n"
            "mse<=0.2\tmax\ta.csv\tmse\t\texact\tmean\t\t<=\t0.2\t0.25\tfail\t-0.04999999999999999\t\t\n"
            "max-row mae<=1\tmax-row\ta.csv\tmae\t\texact\t\t\t<=\t1.0\t0.5\tpass\t0.5\t1\t\n"
            "rows>=2\tmin-rows\ta.csv\t\t\t\t\t\t>=\t2\t2\tpass\t0\t\t\n",
        ),
        (
            "github",
            "::error title=lossctl check%3A mse<=0.2,file=a.csv::mse of a.csv is 0.25, above 0.2 by 0.05 (25 %25)\n",
        ),
    ],
)
@pytest.mark.usefixtures("here")
def test_machine_formats_leave_the_verdict_to_standard_error(
    format: str, out: str | None, run: Callable[..., Ran]
) -> None:
    Path("a.csv").write_text(PAIR)
    line = ["check", "a.csv", "--max", "mse=0.2", "--max-row", "mae=1", "--min-rows", "2"]
    done = run(*line, "-f", format, "-q")
    assert done.code == 1
    assert done.err == "lossctl: 1 of 3 gates is broken: mse of a.csv is 0.25, above 0.2 by 0.05 (25 %).\n"
    if out is not None:
        assert done.out == out
    else:
        told = json.loads(run(*line, "--json").out)
        assert [json.loads(line) for line in done.out.splitlines()] == told["checks"]
    (Path("out.txt")).touch()
    to_file = run(*line, "-o", "out.txt", "-f", "table")
    assert (to_file.out, to_file.err) == ("", done.err)


@pytest.mark.usefixtures("here")
def test_json_has_the_keys_of_every_result(run: Callable[..., Ran]) -> None:
    Path("a.csv").write_text(PAIR)
    done = run("check", "a.csv", "--max", "huber:delta=2=0.1", "--max-row", "mae=0.4", "--json")
    told = json.loads(done.out)
    assert list(told) == [
        "schema",
        "command",
        "version",
        "inputs",
        "results",
        "warnings",
        "verdict",
        "exit_code",
        "checks",
    ]
    assert (told["schema"], told["command"], told["verdict"], told["exit_code"]) == (
        "lossctl/result/1",
        "check",
        "fail",
        1,
    )
    assert [value["value"] for value in told["results"]] == [0.125, 0.5]
    assert told["checks"] == [
        {
            "name": "huber:delta=2<=0.1",
            "gate": "max",
            "input": "a.csv",
            "loss": "huber",
            "params": {"delta": 2.0},
            "like": "exact",
            "reduction": "mean",
            "group": None,
            "op": "<=",
            "limit": 0.1,
            "value": 0.125,
            "value_str": "0.125",
            "status": "fail",
            "margin": -0.024999999999999994,
            "spec": "huber:delta=2",
        },
        {
            "name": "max-row mae<=0.4",
            "gate": "max-row",
            "input": "a.csv",
            "loss": "mae",
            "params": {"dead_zone": None},
            "like": "exact",
            "reduction": None,
            "group": None,
            "op": "<=",
            "limit": 0.4,
            "value": 0.5,
            "value_str": "0.5",
            "status": "fail",
            "margin": -0.09999999999999998,
            "spec": "mae",
            "row": 1,
            "rows": [1, 2],
            "count": 2,
        },
    ]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_early_changes_no_verdict(shell: Callable[..., Ran], here: Path, unbuffered: str) -> None:
    (here / "a.csv").write_text(PAIR)
    rows = "".join(f"{row},{row + 1},{row}\n" for row in range(5000))
    (here / "many.csv").write_text(f"y_true,y_pred,site\n{rows}")
    done = shell(
        "lossctl check many.csv --max mse=0 -g site -f ndjson | head -1 > first; echo ${PIPESTATUS[0]};"
        "(sleep 0.5; cat a.csv) | lossctl check - --max mse=0 | true; echo ${PIPESTATUS[1]};"
        "(sleep 0.5; cat none.csv) | lossctl check - --max mse=0 --report github:- | true; echo ${PIPESTATUS[1]}",
        PYTHONUNBUFFERED=unbuffered,
    )
    assert done.out == "1\n1\n3\n"


def test_the_verdict_of_python_is_that_of_the_command_line(run: Callable[..., Ran], here: Path) -> None:
    (here / "a.csv").write_text(THREE)
    limits = {"mse": 0.5, "huber:delta=2": 10.0}
    verdict = lossctl.check([0, 1, 2], [0, 2, 5], max=limits, max_row={"mae": 1}, min_rows=3, by=["a", "a", "b"])
    line = [word for loss, limit in limits.items() for word in ("--max", f"{loss}={limit}")]
    done = run("check", "a.csv", *line, "--max-row", "mae=1", "--min-rows", "3", "-g", "g", "--json")
    told = json.loads(done.out)
    assert (verdict.passed, verdict.exit_code, verdict.status) == (False, done.code, told["verdict"])
    assert [(check.status, check.value, check.limit) for check in verdict.checks] == [
        (check["status"], check["value"], check["limit"]) for check in told["checks"]
    ]
    with pytest.raises(AttributeError):
        verdict.checks = ()  # type: ignore[misc]  # that is the test


def test_python_knows_baselines_and_gaps(run: Callable[..., Ran], here: Path) -> None:
    (here / "base.json").write_text(run("compute", "mse", "b.csv", "--json").out)
    assert lossctl.check([0, 1], [0.25, 1.25], baseline="base.json").passed
    assert lossctl.check([0, 1], [0.5, 1.5], baseline=here / "base.json").exit_code == 1
    assert lossctl.check([0, 1], [0.5, 1.5], baseline="base.json", tolerance={"mse": "300%"}).passed
    assert lossctl.check([0.0], [math.inf], max={"mse": 1}).exit_code == 3
    (empty,) = lossctl.check([], [], max={"mse": 1}).checks
    assert (empty.status, empty.reason) == ("undecided", "y_true holds no rows")
    assert lossctl.check([0.0], max={"gaussian_nll": 1}, mean=[0.0], var=[1.0]).passed
    assert lossctl.check([0.0], [0.5], max={"gaussian_nll": 1, "mse": 0.25}, var=[1.0]).passed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "no gate is asked for"),
        ({"max": {"mse": math.nan}}, 'a limit is a finite number, not "nan"'),
        ({"max": {"mse": True}}, 'a limit is a finite number, not "True"'),
        ({"max": 3}, 'max is a mapping of LOSS to limit, not "3"'),
        ({"tolerance": {"mse": 1}}, "tolerance is beside a baseline, and there is none"),
        ({"min_rows": -1}, 'min_rows is a whole number from 0 on, not "-1"'),
        ({"baseline": "lost.json"}, "lost.json: there is no such file"),
        ({"baseline": "b.csv"}, "b.csv: it holds no earlier result"),
        ({"baseline": ["b.csv"]}, "baseline is a path, not \"['b.csv']\""),
        ({"max": {"mse": 1}, "mean": [1]}, 'mse has no input "mean"'),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_python_cannot_ask(options: dict[str, Any], said: str) -> None:
    with pytest.raises(LossctlError) as caught:
        lossctl.check([1.0], [2.0], **options)
    assert caught.value.message == said


@pytest.mark.parametrize("columns", ["60", "200", ""])
@pytest.mark.usefixtures("here")
def test_the_text_fits_and_is_ascii_where_it_must(columns: str, shell: Callable[..., Ran]) -> None:
    Path("a.csv").write_text(THREE)
    width = {"COLUMNS": columns} if columns else {}
    line = "lossctl check ä=a.csv -g g --max mse=1 --max-row mae=2"
    done = shell(line, PYTHONIOENCODING="ascii", **width)
    assert done.code == 1
    assert done.out.isascii()
    assert max(map(len, done.out.splitlines())) <= int(columns or 1000)
    assert "\\xe4" in done.out


def test_gates_are_not_known_to_compute(run: Callable[..., Ran]) -> None:
    assert run("compute", "mse", "-t", "1", "-p", "1", "-f", "junit").code == 2


def test_compute_loads_nothing_of_check(shell: Callable[..., Ran], here: Path) -> None:
    (here / "a.csv").write_text(PAIR)
    done = shell("PYTHONPROFILEIMPORTTIME=1 lossctl compute mse a.csv -f value")
    loaded = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert "lossctl.plan" in loaded
    mine = {"verdict", "guard", "analysis.gates", "cli.config", "readers.earlier", "render.sentences"}
    assert not {*(f"lossctl.{name}" for name in mine), "tomllib", "fractions"} & loaded


# Beside predictions for the same rows, where a paired test decides.


def _models(folder: Path, rows: int = 40, **errors: list[float]) -> None:
    """Files of predictions whose errors repeat: each is a list of them."""
    for name, wrong in errors.items():
        lines = [f"r{row},{'ab'[row % 2]},0,{wrong[row % len(wrong)]!r}" for row in range(rows)]
        (folder / f"{name}.csv").write_text("\n".join(["id,g,y_true,y_pred", *lines, ""]))


SIGNIFICANT = ("--significant", "--isolated")


@pytest.mark.parametrize(
    ("new", "tolerance", "code", "said"),
    [
        # 40 errors of 1 or 0.5 against 0.9 or 0.6; p as SciPy's ttest_1samp has it for the differences of squares
        (
            "mixed",
            "mse=0",
            0,
            "above the baseline 0.585 by 0.04 (6.8 %); p = 0.1 in a two-sided paired test, so it may be chance.",
        ),
        (
            "mixed",
            "mse=10%",
            0,
            "below 0.6435 by 0.0185 (2.9 %); the baseline is 0.585; p = 0.37 in a two-sided paired test against the limit.",
        ),
        (
            "mixed",
            "mse=5%",
            0,
            "above 0.61425 by 0.0108 (1.8 %); the baseline is 0.585; p = 0.63 in a two-sided paired test against "
            "the limit, so it may be chance.",
        ),
        (
            "worse",
            "mse=0.1",
            1,
            "above 0.685 by 0.0963 (14 %); the baseline is 0.585; p = 5.7e-48 in a two-sided paired test against",
        ),
        ("worse", "mse=0", 1, "mse of worse.csv is 0.78125, above the baseline 0.585 by 0.196 (34 %); p = 5.2e-60"),
        ("worse", "mse=50%", 0, "the gate holds: mse of worse.csv is 0.78125, below 0.8775"),
        ("better", "mse=0", 0, "the gate holds: mse of better.csv is 0.125, below the baseline 0.585"),
        (
            "infinite",
            "mse=0",
            3,
            "the gate is undecided: mse of infinite.csv is inf, and only a finite number can be judged.",
        ),
    ],
)
def test_what_is_worse_breaks_a_gate_only_if_that_is_no_chance(
    new: str,
    tolerance: str,
    code: int,
    said: str,
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(
        tmp_path,
        base=[0.9, 0.6],
        mixed=[1.0, 0.5],
        worse=[1.0, 0.75],
        better=[0.5, 0.0],
        infinite=[math.inf, 0.5],
    )
    done = run("check", f"{new}.csv", "--baseline", "base.csv", "--tolerance", tolerance, *SIGNIFICANT)
    assert (done.code, said in done.out.splitlines()[-1]) == (code, True), done.out
    compared = json.loads(run("compare", "mse", "base.csv", f"{new}.csv", "--json").out)["comparisons"][0]
    (check,) = json.loads(
        run("check", f"{new}.csv", "--baseline", "base.csv", "--tolerance", tolerance, *SIGNIFICANT, "--json").out
    )["checks"]
    assert check["value"] == compared["new_value"]
    assert check["baseline"] == compared["base_value"]
    if tolerance == "mse=0":
        assert check.get("p_adjusted") == compared["p_adjusted"]
        assert (compared["verdict"] == "worse") == (code == 1)


def _rows_of(gate: str, y: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    rows: NDArray[np.float64] = {
        "mse": np.square(y - p),
        "mae": np.abs(y - p),
        "bce_logits": np.logaddexp(0, np.where(y > 0, -p, p)),
    }[gate.partition("=")[0]]
    return rows


@pytest.mark.parametrize(
    ("tolerance", "factor", "amount"), [("mse=10%", 1.1, 0.0), ("mae=0.05", 1.0, 0.05), ("bce_logits=5%", 1.05, 0.0)]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_test_against_a_limit_is_that_of_a_baseline_as_high(
    tolerance: str,
    factor: float,
    amount: float,
    weighted: bool,
    run: Callable[..., Ran],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(4)
    y, w = draw.integers(0, 2, 50).astype(float), draw.integers(1, 4, 50).astype(float)
    base, new = y + draw.normal(0, 1, 50), y + draw.normal(0, 1.3, 50)
    for name, p in (("base", base), ("new", new)):
        np.savetxt(f"{name}.csv", np.column_stack([y, p, w]), delimiter=",", header="y_true,y_pred,w", comments="")
    options = ["-w", "w"] if weighted else []
    gate = ["--baseline", "base.csv", "--tolerance", tolerance, *SIGNIFICANT, *options]
    (check,) = json.loads(run("check", "new.csv", *gate, "--json").out)["checks"]
    gap = _rows_of(tolerance, y, new) - (factor * _rows_of(tolerance, y, base) + amount)
    w = w if weighted else np.ones(50)
    mean = (w * gap).sum() / w.sum()
    error = math.sqrt(50 / 49 * np.square(w * (gap - mean)).sum()) / w.sum()  # of a ratio of two means, linearised
    assert check["p_adjusted"] == pytest.approx(2 * stats.t.sf(abs(mean / error), 49), rel=1e-8)
    assert check["value"] - check["limit"] == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize(("tolerance", "shape"), [("mae=20%", "mean"), ("rmse=20%", "root"), ("wmape=0.1", "ratio")])
def test_a_model_just_at_the_limit_breaks_the_gate_as_seldom_as_the_level_says(
    tolerance: str, shape: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,000 samples of 60 rows: 2.5 % are above the limit beyond chance, within five standard errors."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(11)
    sets, rows = 1000, 60
    y = draw.uniform(5, 15, (sets, rows))
    base, own = draw.normal(0, 1, (2, sets, rows))
    new = 0.8 * base + 0.6 * own  # errors of the same size
    # Σ|e| / Σ|y| rises by 0.1 where each error grows by 1 on average.
    new = np.sign(new) * (np.abs(new) + 1.0) if shape == "ratio" else 1.2 * new
    label = np.repeat(np.arange(sets), rows)
    for name, error in (("base", base), ("new", new)):
        table = np.column_stack([y.ravel(), (y + error).ravel(), label])
        np.savetxt(f"{name}.csv", table, delimiter=",", header="y_true,y_pred,set", comments="")
    line = ["new.csv", "--baseline", "base.csv", "--tolerance", tolerance, "-g", "set", *SIGNIFICANT, "--json", "-q"]
    monkeypatch.setattr("lossctl.pairing.holm", list)  # each sample is a study of its own
    checks = [one for one in json.loads(run("check", *line).out)["checks"] if one["group"]]
    broken = sum(one["status"] == "fail" for one in checks)
    assert len(checks) == sets
    assert abs(broken - 25) <= 5 * math.sqrt(sets * 0.025 * 0.975)


def test_what_a_tolerance_cannot_be_tested_against(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, base=[0.9, 0.6], worse=[1.0, 0.75])
    done = run("check", "worse.csv", "--baseline", "base.csv", "--tolerance", "rmse=0.1", *SIGNIFICANT)
    assert (done.code, done.err) == (
        2,
        "lossctl: --significant holds row against row, and what is added to rmse is added to no row\n"
        "  help: give a part: --tolerance rmse=2%\n",
    )
    for name, rate in (("low", "20"), ("high", "9")):
        Path(f"{name}.csv").write_text("y_true,y_pred\n" + f"20,{rate}\n19,{rate}.5\n" * 20)
    done = run("check", "high.csv", "--baseline", "low.csv", "--tolerance", "poisson_nll=1%", *SIGNIFICANT)
    assert done.code == 3
    assert done.out.splitlines()[-1] == (
        "the gate is undecided: the baseline of poisson_nll of high.csv is below 0, and no paired test tells of a part "
        "of that, but of an amount."
    )


@pytest.mark.parametrize("loss", ["max_error", "medae", "minkowski:p=3"])
@pytest.mark.parametrize("limit", ["0", "0.1", "1%"])
def test_what_is_no_mean_of_rows_is_not_tested(
    loss: str, limit: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, base=[0.9, 0.6], better=[0.5, 0.0])
    gate = ["better.csv", "--baseline", "base.csv", "--tolerance", f"{loss}={limit}"]
    assert run("check", *gate, "--isolated").code == 0
    done = run("check", *gate, *SIGNIFICANT)  # at once, also where the gate would hold
    name = "median_absolute_error" if loss == "medae" else loss
    assert (done.code, done.err) == (
        2,
        f"lossctl: --significant tests a mean of rows, and {name} is none\n"
        f"  help: without --significant {name} has a limit like any other\n",
    )


def test_holm_counts_all_gates_beside_the_baseline_and_no_others(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, base=[0.9, 0.6, 0.7], one=[1.0, 0.5, 0.71], two=[0.95, 0.6, 0.7])
    line = ["one.csv", "two.csv", "--baseline", "base.csv", *SIGNIFICANT, "--json", "-q", "-g", "g"]
    done = run("check", *line, "--tolerance", "mse=0", "--tolerance", "mae=0", "--max", "huber=9", "--max-row", "mae=9")
    compared = json.loads(run("compare", "mse,mae", "base.csv", "one.csv", "two.csv", "-g", "g", "--json", "-q").out)
    theirs = {(one["new"], one["spec"], str(one["group"])): one["p_adjusted"] for one in compared["comparisons"]}
    checks = [one for one in json.loads(done.out)["checks"] if one["gate"] == "baseline"]
    assert {(one["input"], one["spec"], str(one["group"])): one["p_adjusted"] for one in checks} == theirs
    assert len(theirs) == 12


@pytest.mark.parametrize(("rows", "code"), [(1, 3), (5, 3), (6, 1)])
def test_too_few_rows_for_a_paired_test_decide_nothing(
    rows: int, code: int, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, rows, base=[0.9, 0.6], worse=[1.0, 0.75])
    done = run("check", "worse.csv", "--baseline", "base.csv", "--tolerance", "mae=0", *SIGNIFICANT)
    assert done.code == code
    if rows == 5:
        assert done.out.splitlines()[-1] == (
            "the gate is undecided: 5 rows are too few for a paired test, so it may be chance that mae of worse.csv is "
            "above the baseline."
        )


@pytest.mark.parametrize("format", ["csv", "tsv", "ndjson"])
@pytest.mark.parametrize("gate", ["", "--max mse=9", "--max mse=9 --significant"])
def test_values_in_other_formats_are_no_baseline(
    format: str, gate: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, a=[0.5])
    Path(f"base.{format}").write_text(run("compute", "mse", "a.csv", "-f", format).out)
    done = run("check", "a.csv", "--baseline", f"base.{format}", *gate.split(), "--isolated")
    assert (done.code, done.err) == (
        2,
        f"lossctl: base.{format}: it holds values of losses, and a baseline is the whole result\n"
        "  help: lossctl compute LOSS FILE --json writes one\n",
    )


GATES_ON_VALUES = ("--max mse=9", "--max wmape=9", "--max rmse=9", "--max max_error=9", "--min-skill mse=-99")


@pytest.mark.parametrize(
    "gate",
    [*GATES_ON_VALUES, "--baseline base.csv --tolerance mse=9 --significant", "--max mse=999 --reduction sum"],
)
def test_a_group_without_weight_is_undecided_and_the_others_are_not(
    gate: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{row % 5},{row % 3},{'ab'[row % 2]},{row % 2}" for row in range(40)]
    for name in ("base", "new"):
        Path(f"{name}.csv").write_text("\n".join(["y_true,y_pred,g,w", *rows, ""]))
    line = ["new.csv", "-g", "g", "-w", "w", "--isolated", *gate.split()]
    checks = json.loads(run("check", *line, "--json").out)["checks"]
    assert [(one["group"], one["status"]) for one in checks] == [
        ({"g": "a"}, "undecided"),
        ({"g": "b"}, "pass"),
        (None, "pass"),
    ]
    done = run("check", *line)
    assert done.code == 3
    assert done.out.splitlines()[-1] == (
        "1 of 3 gates is undecided: the weights of group g=a of new.csv add to 0, so no row is judged."
    )
    assert run("check", *line, "--where", "g=a").code == 2  # of no weight at all there is nothing to judge


@pytest.mark.parametrize("reduction", ["sum", "mean-count"])
def test_rows_without_weight_never_pass_as_a_sum_of_nothing(
    reduction: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("g,w,y_true,y_pred\nx,0,0,100\nx,0,0,100\n")
    Path("b.csv").write_text("g,w,y_true,y_pred\nx,0,0,100\ny,1,0,0\n")
    line = ["-w", "w", "--max", "mse=1", "--min", "mse=0", "--reduction", reduction, "--isolated"]
    done = run("check", "a.csv", *line)
    nothing = "sum" if reduction == "sum" else "mean"
    assert (done.code, done.out, done.err.splitlines()[0]) == (
        2,
        "",
        f"lossctl: a.csv: the weights add to 0, so mse has no {nothing}",
    )
    done = run("check", "b.csv", "-g", "g", *line, "--json")
    checks = json.loads(done.out)["checks"]
    assert [(one["group"], one["status"]) for one in checks] == [
        ({"g": "x"}, "undecided"),
        ({"g": "y"}, "pass"),
        (None, "pass"),
    ] * 2
    assert checks[0]["reason"] == "the weights of group g=x of b.csv add to 0, so no row is judged"


@pytest.mark.parametrize("own", ["--like keras", "--like torch --reduction sum"])
def test_the_0_that_a_framework_tells_of_rows_without_weight_passes_no_gate(
    own: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("g,w,y_true,y_pred\nx,0,0,100\nx,0,0,100\n")
    Path("b.csv").write_text("g,w,y_true,y_pred\nx,0,0,100\ny,1,0,0\n")
    line = ["-w", "w", "--max", "mse=1", "--isolated", *own.split()]
    done = run("check", "a.csv", *line)
    assert done.code == 3
    assert done.out.splitlines()[-1] == "the gate is undecided: the weights of a.csv add to 0, so no row is judged."
    checks = json.loads(run("check", "b.csv", "-g", "g", *line, "--json").out)["checks"]
    assert [one["status"] for one in checks] == ["undecided", "pass", "pass"]


@pytest.mark.parametrize(
    "gate", [*GATES_ON_VALUES, "--max mse=9 --like keras", "--baseline base.csv --tolerance mse=9 --significant"]
)
def test_a_group_whose_rows_all_miss_a_cell_is_undecided(
    gate: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{group},{row},{row + 1}" for row in range(20) for group in "xy"]
    Path("base.csv").write_text("\n".join(["g,y_true,y_pred", *rows, "z,1,1", "y,1,1", ""]))
    Path("new.csv").write_text("\n".join(["g,y_true,y_pred", *rows, "z,1,", "y,1,", ""]))
    line = ["new.csv", *gate.split(), "-g", "g", "--nan", "drop", "--isolated"]
    done = run("check", *line)
    assert done.code == 3
    assert done.out.splitlines()[-1] == (
        "1 of 4 gates is undecided: each row of group g=z of new.csv misses a cell, so no row is judged."
    )
    checks = json.loads(run("check", *line, "--json").out)["checks"]
    assert [(one["group"], one["status"]) for one in checks] == [
        ({"g": "x"}, "pass"),
        ({"g": "y"}, "pass"),
        ({"g": "z"}, "undecided"),
        (None, "pass"),
    ]
    assert run("compute", "mse", "new.csv", "-g", "g", "--nan", "drop", "-f", "value").out == "1.0\n" * 3


def test_what_many_gates_could_not_have_found_is_not_ruled_out(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, 6, base=[0.9, 0.6], worse=[1.0, 0.75])
    gate = ["worse.csv", "--baseline", "base.csv", *SIGNIFICANT]
    assert run("check", *gate, "--tolerance", "mae=0").code == 1
    done = run("check", *gate, "--tolerance", "mae=0", "--tolerance", "mse=0")
    assert done.code == 3
    assert done.out.splitlines()[-1] == (
        "2 of 2 gates are undecided; the first: 6 rows are too few for a paired test of 2 gates, so it may be chance that "
        "mae of worse.csv is above the baseline."
    )


@pytest.mark.parametrize(("others", "status"), [(2, "fail"), (3, "undecided")])
def test_a_small_group_to_which_others_leave_no_chance_is_undecided(
    others: int, status: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smallest chance of 7 rows is 1 in 64: enough where it is multiplied by 3, and not by 4."""
    monkeypatch.chdir(tmp_path)
    errors: dict[str, tuple[list[float], list[float], int]] = {
        "big": ([0.5], [0.8, 0.9], 60),
        "small": ([0.5], [0.6, 0.7], 7),
        **{f"same{place}": ([0.5], [0.45, 0.55], 30) for place in range(others)},
    }
    for index, name in enumerate(("base", "new")):
        rows = [
            f"{g},0,{both[index][row % len(both[index])]}" for g, (*both, size) in errors.items() for row in range(size)
        ]
        Path(f"{name}.csv").write_text("\n".join(["g,y_true,y_pred", *rows, ""]))
    gate = ["new.csv", "--baseline", "base.csv", "--tolerance", "mae=0", "-g", "g", *SIGNIFICANT, "-q"]
    done = run("check", *gate, "--json")
    found = {(one["group"] or {"g": "all"})["g"]: one for one in json.loads(done.out)["checks"]}
    assert done.code == 1
    assert [found[g]["status"] for g in ("all", "big", "small", "same0")] == ["fail", "fail", status, "pass"]
    assert found["small"]["p_adjusted"] == (others + 1) / 64
    if status == "undecided":
        assert found["small"]["reason"] == (
            "7 rows are too few for a paired test of 6 gates, so it may be chance that mae of new.csv, group g=small, is "
            "above the baseline"
        )


def test_rows_are_paired_by_id_and_read_once(shell: Callable[..., Ran], tmp_path: Path) -> None:
    _models(tmp_path, base=[0.9, 0.6], worse=[1.0, 0.75])
    head, *lines = (tmp_path / "worse.csv").read_text().splitlines()
    (tmp_path / "turned.csv").write_text("\n".join([head, *reversed(lines), ""]))
    gate = "--tolerance mse=0 --significant --isolated -f csv"
    plain, turned = (
        shell(f"lossctl check {name} --baseline base.csv --id id {gate} < worse.csv") for name in ("-", "turned.csv")
    )
    assert (plain.code, turned.code) == (1, 1)
    assert plain.out == turned.out.replace("turned.csv", "-")


def test_gates_hold_by_each_column_that_makes_groups(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("g,h,y_true,y_pred\nx,1,0,9\nx,2,0,1\nz,1,0,1\n")
    gate = ["check", "a.csv", "--max", "mse=50", "--isolated", "-f", "csv"]
    both = run(*gate, "-g", "g", "-g", "h")
    assert both == run(*gate, "-g", "g,h")
    assert (both.code, run(*gate, "-g", "h").code) == (1, 0)
    assert run(*gate, "-g", "g", "-g", "g").err.startswith('lossctl: a.csv: --by names column "g" twice\n')


def test_no_rows_are_no_pairs(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, 0, base=[0.0], none=[0.0])
    done = run("check", "none.csv", "--baseline", "base.csv", "--max", "mse=1", *SIGNIFICANT)
    assert done.code == 3
    assert "2 of 2 gates are undecided; the first: none.csv: it has a header but no rows" in done.out


def test_many_gates_that_hold_by_chance_say_so(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, base=[0.9, 0.6], mixed=[1.0, 0.5])
    done = run("check", "mixed.csv", "--baseline", "base.csv", "--max", "mse=1", *SIGNIFICANT)
    assert done.out.splitlines() == [
        "status   gate            value   limit   margin     p",
        "─────────────────────────────────────────────────────",
        "pass     mse<=1          0.625   1        0.375",
        "pass     mse<=baseline   0.625   0.585   -0.04    0.1",
        "",
        "1 gate holds beyond the limit: by the paired test that may be chance",
        "p is of a two-sided paired test; beyond the limit a gate is broken where p is at most 0.05",
        "",
        "mixed.csv: all 40 rows used; y_true is y_true, y_pred is y_pred",
        "all 2 gates hold.",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.csv --max mse=1", "--significant holds row against row, and there is no --baseline"),
        ("a.csv --baseline a.json", "--significant holds row against row, and a.json is an earlier result"),
        ("--baseline a.csv --max mse=1", "--significant takes files, and none is named"),
        ("b.csv --baseline a.csv --max mse=1 --reduction sum", "--significant is about means, not about sum"),
        (
            "b.csv --baseline a.csv --max mse=1 -p g -p y_pred",
            "--significant takes one -p, which names a column of each",
        ),
    ],
)
def test_what_cannot_be_paired(
    line: str, message: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _models(tmp_path, a=[0.0], b=[0.0])
    (tmp_path / "a.json").write_text(run("compute", "mse", "a.csv", "--json").out)
    done = run("check", *line.split(), *SIGNIFICANT)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"lossctl: {message}")
