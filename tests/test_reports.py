"""Reports of `check` beside the result: their escaping, their limits, and where they go."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from lossctl.errors import printable
from lossctl.render import Look, render
from lossctl.render.md import fitted
from lossctl.results import Input, Result
from lossctl.verdict import Check, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

# Each of these means something to one of the formats.
EVIL = ["a,b:c%d", "::error::x", "]]><x/>&\"'", "\x00\x1b[31m\x85\ufffe\n", "|*`[x](y)<b>~", "ä😀", "\udce4"]
EVIL += ["__init__", "_a_", "a_b_c", "_", "&lt;b&#62;", "a & b;", "**a**", "~~a~~", "![x](y)", "a\\|b"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with a small file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("g,y_true,y_pred\nx,0,0.5\nz,1,1.5\n")
    return tmp_path


def check(
    name: str = "a.csv", value: float = 0.5, limit: float = 0.1, status: Status = "fail", group: str = ""
) -> Check:
    """A gate on mse."""
    return Check(
        "max", f"mse<={limit}", name, name, "mse", "mse", {}, "exact", "mean", {"g": group} if group else None, "<=",
        limit, value, status,
    )  # fmt: skip


def result(*checks: Check) -> Result:
    """The result of some gates."""
    inputs = tuple(Input(name, name, 2, 2, 0, 0, {}) for name in dict.fromkeys(check.input for check in checks))
    return Result("check", inputs, verdict=Verdict(checks))


# https://github.com/jenkinsci/xunit-plugin: the elements and attributes that its schema of JUnit knows.
KNOWN = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "disabled", "errors"}),
    "testsuite": (
        {"properties", "testcase", "system-out", "system-err"},
        {
            "name",
            "tests",
            "failures",
            "errors",
            "time",
            "disabled",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
        },
    ),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name", "assertions", "time", "classname", "status"},
    ),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("name", EVIL)
def test_junit_is_what_its_readers_know(name: str, unicode: bool) -> None:
    checks = [check(name), check(name, status="pass", value=0.0), check("b.csv", group=name)]
    text = render("junit", result(*checks), Look(unicode=unicode))
    assert unicode or text.isascii()
    tree = ET.fromstring(text.encode())
    for element in tree.iter():
        children, attributes = KNOWN[element.tag]
        assert {child.tag for child in element} <= children
        assert set(element.attrib) <= attributes
    assert tree.attrib == {"name": "lossctl check", "tests": "3", "failures": "2", "errors": "0", "time": "0"}
    assert [suite.get("name") for suite in tree] == [printable(name), "b.csv"]
    assert [suite.get("tests") for suite in tree] == ["2", "1"]
    first, second, third = tree.iter("testcase")
    assert first.get("classname") == printable(name)
    assert third.get("name") == f"mse<=0.1 [g={printable(name)}]"
    assert second[0].tag == "system-out"
    assert first[0].text == first[0].get("message") == f"mse of {printable(name)} is 0.5, above 0.1 by 0.4 (400 %)"


def test_a_real_reader_takes_the_junit(run: Callable[..., Ran], here: Path) -> None:
    from junitparser import Error, Failure, JUnitXml

    (here / "none.csv").write_text("g,y_true,y_pred\n")
    done = run(
        "check", "a.csv", "none.csv", "--max", "mse=0.3", "--max", "mae=0.2", "-g", "g", "--report", "junit:r.xml"
    )
    assert done.code == 1
    document = JUnitXml.fromfile("r.xml")
    assert (document.tests, document.failures, document.errors) == (8, 3, 2)
    suites = list(document)
    assert [suite.name for suite in suites] == ["a.csv", "none.csv"]
    found = [[type(part) for part in case.result] for suite in suites for case in suite]
    assert found == [[], [], [], [Failure], [Failure], [Failure], [Error], [Error]]


def _unescaped(text: str, table: dict[str, str]) -> str:
    """What GitHub's runner makes of an escaped text: the percent sign last."""
    for code, char in table.items():
        text = text.replace(code, char)
    return text.replace("%25", "%")


@pytest.mark.parametrize("name", EVIL)
def test_annotations_are_read_back_as_they_were_meant(name: str) -> None:
    (line,) = render("github", result(check(name, group=name)), Look()).splitlines()
    match = re.fullmatch(r"::error ([^:]*)::(.*)", line)
    assert match is not None
    data = {"%0D": "\r", "%0A": "\n"}
    properties = dict(part.split("=", 1) for part in match[1].split(","))
    known = {key: _unescaped(value, data | {"%3A": ":", "%2C": ","}) for key, value in properties.items()}
    assert known == {"title": "lossctl check: mse<=0.1", "file": printable(name)}
    said = f"mse of {printable(name)}, group g={printable(name)}, is 0.5, above 0.1 by 0.4 (400 %)"
    assert _unescaped(match[2], data) == said


@pytest.mark.parametrize(("path", "there"), [("a.csv", True), ("-", False), (None, False)])
def test_annotations_name_files_alone(path: str | None, there: bool) -> None:
    text = render("github", result(check()._replace(path=path)), Look())
    assert ("file=" in text) == there


@pytest.mark.parametrize(("broken", "notice"), [(0, ""), (10, ""), (11, "1 more gate does"), (25, "15 more gates do")])
def test_ten_annotations_the_worst_first_and_one_for_the_rest(broken: int, notice: str) -> None:
    checks = [check(value=1.0 + place, group=str(place)) for place in range(broken)]
    checks += [check(value=0.0, status="pass")]
    lines = render("github", result(*checks), Look()).splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert [re.search(r"group g=(\d+),", line)[1] for line in errors] == [  # type: ignore[index]  # each has one
        str(broken - place - 1) for place in range(min(broken, 10))
    ]
    assert lines[len(errors) :] == ([f"::notice title=lossctl check::{notice} not hold"] if notice else [])


def test_undecided_gates_come_behind_broken_ones() -> None:
    unknown = check("u.csv", status="undecided")._replace(reason="nobody knows")
    lines = render("github", result(unknown, check()), Look()).splitlines()
    assert [line.rpartition("::")[2] for line in lines] == [
        "mse of a.csv is 0.5, above 0.1 by 0.4 (400 %25)",
        "nobody knows",
    ]


@pytest.mark.parametrize("name", EVIL)
def test_markdown_shows_names_as_they_are(name: str) -> None:
    text = render("md", result(check(name, group=name), check("b.csv")), Look())
    assert text.startswith("### lossctl check: broken\n")
    html = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").parse(text)
    inline = [child for token in html for child in token.children or ()]
    assert {child.type for child in inline} <= {"text", "text_special", "softbreak"}
    cells = ["".join(child.content for child in token.children or ()) for token in html if token.type == "inline"]
    assert printable(name) in cells
    assert f"{printable(name)}: all 2 rows used" in cells


def test_a_summary_is_added_to_what_is_there(run: Callable[..., Ran], here: Path) -> None:
    summary = here / "summary.md"
    for before in ("", "# Mine\n", "no line end"):
        summary.write_text(before)
        assert run("check", "a.csv", "--max", "mse=1", "--report", "md:summary.md").code == 0
        assert run("check", "a.csv", "--max", "mse=0", "--report", "md:summary.md").code == 1
        text = summary.read_text()
        assert text.startswith(before)
        headings = [
            "".join(child.content for child in following.children or ())
            for token, following in zip(MarkdownIt().parse(text), MarkdownIt().parse(text)[1:], strict=False)
            if token.type == "heading_open" and token.tag == "h3"
        ]
        assert headings == ["lossctl check: pass", "lossctl check: broken"]


@pytest.mark.parametrize("room", [-5, 0, 50, 300, 1000, 20_000, 1 << 20])
def test_a_summary_keeps_to_its_room_and_shows_the_worst(room: int) -> None:
    checks = [check(value=1.0 + place, group=f"ä{place}") for place in range(300)]
    text = fitted(result(*checks), Look(), room)
    assert len(text.encode()) <= max(room, 0)
    shown = [int(place) for place in re.findall(r"\| ä(\d+) \|", text)]
    assert shown == sorted(range(300 - len(shown), 300))
    if room >= 20_000:
        assert len(shown) == 300
    elif room >= 300:
        assert f"{300 - len(shown)} of 300 gates are left out for want of room" in text
        assert "300 of 300 gates are broken; the worst: mse of a.csv, group g=ä299, is 300" in text
    else:
        assert text == ""


def test_a_summary_stays_below_what_github_takes(run: Callable[..., Ran], here: Path) -> None:
    rows = "".join(f"{'x' * 40}{row},0,{row}\n" for row in range(20_000))
    (here / "many.csv").write_text("g,y_true,y_pred\n" + rows)
    summary = here / "summary.md"
    summary.write_text("x" * 500_000)
    done = run("check", "many.csv", "-g", "g", "--max", "mse=0", "-f", "value", "--report", "md:summary.md")
    assert done.code == 1
    size = summary.stat().st_size
    assert 900_000 < size < 1 << 20
    assert "left out for want of room" in summary.read_text()
    summary.write_text("x" * (1 << 20))
    done = run("check", "a.csv", "--max", "mse=0", "--report", "md:summary.md")
    assert (done.code, summary.stat().st_size) == (2, 1 << 20)
    assert done.err == (
        "lossctl: summary.md: it has no room for a summary below 1 MiB, the most that GitHub takes\n"
        "  help: remove the file\n"
    )


def test_reports_are_written_whole_or_not_at_all(
    run: Callable[..., Ran], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats = ("json", "junit", "md", "github", "csv")
    reports = [f"--report={format}:r.{format}" for format in formats]
    for format in formats:
        (here / f"r.{format}").write_text("old")
    before = sorted(os.listdir())
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no")))
        done = run("check", "a.csv", "--max", "mse=0", *reports)
    assert done.code == 2
    assert done.out.splitlines()[-1].startswith("the gate is broken: ")
    assert done.err == "lossctl: r.json: cannot write it: Permission denied\n"
    assert [(here / f"r.{format}").read_text() for format in formats] == ["old"] * 5
    assert run("check", "a.csv", "--max", "mse=0", *reports).code == 1
    assert sorted(os.listdir()) == before


@pytest.mark.usefixtures("here")
def test_a_report_that_cannot_be_written_goes_before_the_verdict(shell: Callable[..., Ran]) -> None:
    for limit in ("0", "1"):
        done = shell(f"lossctl check a.csv --max mse={limit} --report json:/dev/full --report csv:r.csv")
        assert done.code == 2
        assert done.err == "lossctl: /dev/full: cannot write it: No space left on device\n"
        assert shell("cat r.csv").out.count("\n") == 2  # the others are written


@pytest.mark.usefixtures("here")
def test_a_report_takes_standard_output_from_the_result(run: Callable[..., Ran]) -> None:
    line = ["check", "a.csv", "--max", "mse=0.2"]
    said = "lossctl: the gate is broken: mse of a.csv is 0.25, above 0.2 by 0.05 (25 %).\n"
    done = run(*line, "--report", "github:-")
    assert (done.code, done.err) == (1, said)
    assert (
        done.out
        == "::error title=lossctl check%3A mse<=0.2,file=a.csv::mse of a.csv is 0.25, above 0.2 by 0.05 (25 %25)\n"
    )
    both = run(*line, "--report", "github:-", "-o", "a.txt", "-f", "json")
    assert both == done
    assert json.loads(Path("a.txt").read_text())["verdict"] == "fail"
    assert run(*line, "--report", "md:-").out.startswith("### lossctl check: broken\n")


@pytest.mark.usefixtures("here")
def test_annotations_and_junit_are_formats_of_the_result_too(run: Callable[..., Ran]) -> None:
    line = ["check", "a.csv", "--max", "mse=0.2"]
    for format in ("github", "junit", "md"):
        assert run(*line, "-f", format).out == run(*line, "--report", f"{format}:-").out
