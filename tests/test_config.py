"""Settings of `check`: which file is taken, what it may say, and who wins."""

from __future__ import annotations

import inspect
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from lossctl.cli.check import check
from lossctl.cli.options import Data, Output

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

OURS = "[check]\nmax = {mse = 0.3}\n"
SHARED = "[tool.lossctl.check]\nmax = {mse = 0.1}\n"
OTHERS = "[tool.ruff]\nline-length = 120\n[project]\nname = 'x'\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders within each other, the inner one the current; a.csv has an mse of 0.25 and an mae of 0.5."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.csv").write_text("g,y_true,y_pred\nx,0,0.5\nz,1,1.5\n")
    (tmp_path / "b.csv").write_text("y_true,y_pred\n0,1\n")
    monkeypatch.chdir(inner)
    return tmp_path


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"inner/lossctl.toml": OURS}, ["mse<=0.3"]),
        ({"inner/pyproject.toml": SHARED}, ["mse<=0.1"]),
        ({"lossctl.toml": OURS}, ["mse<=0.3"]),
        ({"inner/lossctl.toml": OURS, "inner/pyproject.toml": SHARED}, ["mse<=0.3"]),
        ({"inner/pyproject.toml": SHARED, "lossctl.toml": OURS}, ["mse<=0.1"]),
        ({"inner/pyproject.toml": OTHERS, "lossctl.toml": OURS}, ["mse<=0.3"]),
        ({"inner/pyproject.toml": "[tool\n", "lossctl.toml": OURS}, None),
        ({"inner/pyproject.toml": "tool = 3\n", "lossctl.toml": OURS}, ["mse<=0.3"]),
        ({"inner/pyproject.toml": SHARED, "pyproject.toml": "[tool.lossctl.check]\nmin-rows = 1\n"}, ["mse<=0.1"]),
        ({"inner/lossctl.toml": "", "lossctl.toml": OURS}, []),  # the nearest, though it says nothing
        ({"inner/pyproject.toml": OTHERS}, []),
    ],
)
def test_the_nearest_file_is_taken_whole(
    files: dict[str, str], names: list[str] | None, run: Callable[..., Ran], tree: Path
) -> None:
    for name, text in files.items():
        (tree / name).write_text(text)
    done = run("check", "a.csv", "--json")
    if names:
        assert [one["name"] for one in json.loads(done.out)["checks"]] == names
    else:
        assert (done.code, done.out) == (2, "")
        assert ("this is not TOML" if names is None else "no gate is asked for") in done.err
    assert run("check", "a.csv", "--isolated").err.startswith("lossctl: no gate is asked for\n")


def test_compute_reads_no_settings(run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "lossctl.toml").write_text("nothing of [this] is = TOML")
    assert run("compute", "mse", "a.csv").code == 0
    assert run("check", "-h").code == 0


SETTINGS = """
[check]
files = ["b.csv", "one=inner/a.csv"]
max = {mse = 2, "huber:delta=2" = 0.5, mae = "1.5"}
min = {mse = 0}
max-row = {mae = 1}
min-rows = 1
nan = "drop"
reduction = "mean-count"
baseline = "base.json"
tolerance = {mse = "900%"}
report = ["json:report.json", "md:inner/report.md"]
digits = 3
verbose = true
"""


def test_every_kind_of_setting(run: Callable[..., Ran], tree: Path) -> None:
    run("compute", "mse", "--reduction", "mean-count", "a.csv", "--json", "-o", "../base.json")
    (tree / "lossctl.toml").write_text(SETTINGS)
    done = run("check")
    assert done.code == 0
    told = json.loads((tree / "report.json").read_text())
    assert [one["path"] for one in told["inputs"]] == [
        os.path.join("..", "b.csv"),
        os.path.join("..", "inner", "a.csv"),
    ]
    assert [one["label"] for one in told["inputs"]] == [os.path.join("..", "b.csv"), "one"]
    assert [one["name"] for one in told["checks"][:7]] == [
        "mse<=2", "huber:delta=2<=0.5", "mae<=1.5", "mse>=0", "max-row mae<=1", "mse<=baseline+900%", "rows>=1",
    ]  # fmt: skip
    assert {one["reduction"] for one in told["results"]} == {"mean-count"}
    assert (tree / "inner" / "report.md").exists()
    origin = os.path.join("..", "lossctl.toml")
    notes = done.err.splitlines()
    for text in (
        f"files is {os.path.join('..', 'b.csv')}, one={os.path.join('..', 'inner/a.csv')} ({origin})",
        f"max is mse=2, huber:delta=2=0.5, mae=1.5 ({origin})",
        f"min-rows is 1 ({origin})",
        f"nan is drop ({origin})",
        "like is exact (default)",
        f"verbose is true ({origin})",
    ):
        assert f"lossctl: note: {text}" in notes


def test_the_command_line_wins_option_by_option(run: Callable[..., Ran], tree: Path) -> None:
    (tree / "lossctl.toml").write_text(
        SETTINGS.replace("baseline", "#").replace("tolerance", "#").replace("report", "#")
    )
    done = run("check", "a.csv", "--max", "mse=0.2", "--nan", "error", "--digits", "6", "-f", "json")
    told = json.loads(done.out)
    assert [one["name"] for one in told["checks"]] == ["mse<=0.2", "mse>=0", "max-row mae<=1", "rows>=1"]
    assert [one["label"] for one in told["inputs"]] == ["a.csv"]
    notes = done.err.splitlines()
    # The default of the program goes before the settings, too, where it is typed.
    assert "lossctl: note: nan is error (command line)" in notes
    assert "lossctl: note: max is mse=0.2 (command line)" in notes
    assert "lossctl: note: files is a.csv (command line)" in notes
    assert f"lossctl: note: min is mse=0 ({os.path.join('..', 'lossctl.toml')})" in notes


KEYS = {
    *{name.replace("_", "-") for name in inspect.signature(check).parameters},
    *{name.replace("_", "-") for name in (*Data._fields, *Output._fields)},
} - {"isolated", "help", "json", "debug", "version", "kwargs", "given", "context"}


def test_every_option_is_a_setting(run: Callable[..., Ran], tree: Path) -> None:
    (tree / "lossctl.toml").write_text("[check]\nxyzzy = 1\n")
    done = run("check", "a.csv")
    assert done.code == 2
    for key in KEYS:
        assert f'"{key}"' in done.err, key
    for key in ("isolated", "json", "debug"):
        assert f'"{key}"' not in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[check]\nmaxx = {mse = 1}",
            'lossctl.toml:2: there is no setting "maxx"\n  help: did you mean "max"?',
        ),
        (
            "[check]\nmax_row = {mse = 1}",
            'lossctl.toml:2: there is no setting "max_row"\n  help: did you mean "max-row"',
        ),
        ("[chek]\nmax = {mse = 1}", 'lossctl.toml: there is no table "chek"\n  help: the table is [check]\n'),
        ("max = {mse = 1}", 'lossctl.toml: there is no table "max"\n  help: the table is [check]\n'),
        ("check = 3", "lossctl.toml: check is no table\n  help: the table is [check]\n"),
        ("[check]\nmax = 3", 'lossctl.toml:2: max is a table like {mse = 0.1}, not a number: "3"\n'),
        ("[check]\nmax = ['mse=3']", "lossctl.toml:2: max is a table like {mse = 0.1}, not a list: "),
        (
            "[check]\nmax = {mse = true}",
            'lossctl.toml:2: max.mse is a number, in a table like {mse = 0.1}, not true or false: "True"',
        ),
        (
            "[check]\nmax = {mse = [1]}",
            "lossctl.toml:2: max.mse is a number, in a table like {mse = 0.1}, not a list: ",
        ),
        (
            "[check.max]\nhuber.delta = 1",
            "lossctl.toml:2: max.huber is a number, in a table like {mse = 0.1}, not a table: ",
        ),
        (
            "[check]\n\nmax = {mse = nan}",
            'lossctl.toml:3: max.mse: a limit is a finite number, not "nan"\n  help: write it like max = {mse = 0.1}\n',
        ),
        ("[check.max]\nmae = 1\nmse = 'x'", 'lossctl.toml:3: max.mse: a limit is a finite number, not "x"\n'),
        (
            "[check]\ntolerance.mse = '-1%'",
            "lossctl.toml:2: tolerance.mse: a tolerance is a number of at least 0, or a part",
        ),
        ("[check]\nmax.mae = 1\nmax.'mse' = 'x'", 'lossctl.toml:3: max.mse: a limit is a finite number, not "x"\n'),
        (
            "[check]\nmin-rows = 'x'\nmax = {mse = 1}",
            'lossctl.toml:2: --min-rows is a whole number from 0 on, not "x"\n',
        ),
        (
            "[check]\nmax = {mes = 1}",
            'lossctl.toml:2: max.mes: there is no loss "mes"\n  help: did you mean "mse" or "mae"?',
        ),
        ("[check]\nmax = {huber = 1, Huber = 2}", "lossctl.toml:2: --max names huber twice"),
        ("[check]\ntolerance = '2%'", 'lossctl.toml:2: tolerance is a table like {mse = "2%"}, not text: "2%"'),
        ("[check]\nfiles = 3", 'lossctl.toml:2: files is text, or a list of texts, not a number: "3"'),
        ("[check]\nfiles = ['a.csv', 3]", "lossctl.toml:2: files is text, or a list of texts, not a list: "),
        ("[check]\nmin-rows = 2.5", 'lossctl.toml:2: min-rows is a whole number, not a float: "2.5"'),
        ("[check]\nmin-rows = true", 'lossctl.toml:2: min-rows is a whole number, not true or false: "True"'),
        ("[check]\nmin-rows = -1", 'lossctl.toml:2: --min-rows is a whole number from 0 on, not "-1"\n'),
        ("[check]\nweight = ['g']", "lossctl.toml:2: weight is text, not a list: "),
        (
            "[check]\nmax = {mse = 2024-05-27}",
            "lossctl.toml:2: max.mse is a number, in a table like {mse = 0.1}, not a date or",
        ),
        ("[check]\nno-header = 'yes'", 'lossctl.toml:2: no-header is true or false, not text: "yes"'),
        (
            "[check]\nnan = 'maybe'\nmax = {mse = 1}",
            'lossctl.toml:2: --nan is "error", "drop" or "propagate", not "maybe"',
        ),
        ("[check]\nisolated = true", 'lossctl.toml:2: there is no setting "isolated"'),
        ("[check]\nmax = {mse = 1\n}", "lossctl.toml:2: this is not TOML: "),
        ("[check]\nmax = {mse = 1}\nmax = {mae = 1}", "lossctl.toml: this is not TOML: cannot overwrite a value"),
        ("[check]\nx = 'a\x1b[31mb'", "lossctl.toml:2: this is not TOML: "),
    ],
)
def test_what_settings_cannot_say(text: str, said: str, run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "lossctl.toml").write_text(text)
    done = run("check", "a.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("lossctl: " + said)
    assert "\x1b" not in done.err


ARE = 'there are "g", "y_true" and "y_pred"\n'
WRONG = {
    "files": ("'lost.csv'", "lost.csv: there is no such file\n"),
    "max": ("{mse = 'x'}", 'max.mse: a limit is a finite number, not "x"\n'),
    "min": ("{hubr = 1}", 'min.hubr: there is no loss "hubr"\n'),
    "max-row": ("{'huber:dleta=1' = 1}", 'max-row.huber:dleta=1: huber has no parameter "dleta"\n'),
    "min-skill": ("{max_error = 0.1}", "max_error has no skill: "),
    "min-rows": ("'many'", '--min-rows is a whole number from 0 on, not "many"\n'),
    "baseline": ("'lost.json'", "lost.json: there is no such file\n"),
    "tolerance": ("{mse = '-1%'}", "tolerance.mse: a tolerance is a number of at least 0, or a part like 2%, not "),
    "significant": ("true", "--significant holds row against row, and there is no --baseline\n"),
    "report": ("'json:no/r.json'", 'there is no folder "no" for the output "no/r.json"\n'),
    "y-true": ("'x'", f'a.csv: --y-true names no column "x"; {ARE}'),
    "y-pred": ("'x'", f'a.csv: --y-pred names no column "x"; {ARE}'),
    "weight": ("'x'", f'a.csv: --weight names no column "x"; {ARE}'),
    "by": ("'x'", f'a.csv: --by names no column "x"; {ARE}'),
    "where": ("'x'", 'cannot read --where "x"\n'),
    "truth": ("'lost.csv'", "lost.csv: there is no such file\n"),
    "id": ("'x'", f'a.csv: --id names no column "x"; {ARE}'),
    "classes": ("'a,b'", "--classes names classes, and no loss asked for takes a column per class\n"),
    "positive": ("'x'", "--positive names a label, and no loss asked for has two classes\n"),
    "nan": ("'maybe'", '--nan is "error", "drop" or "propagate", not "maybe"\n'),
    "like": ("'kears'", 'there is no convention "kears"\n'),
    "reduction": ("'mea'", '--reduction is "mean", "sum", "mean-weight" or "mean-count", not "mea"\n'),
    "input-format": ("'xls'", 'there is no input format "xls"\n'),
    "delimiter": ("'ab'", 'a delimiter is one character, not "ab"\n'),
    "no-header": ("1", 'no-header is true or false, not a number: "1"\n'),
    "decimal": ("';'", 'a decimal mark is . or , and not ";"\n'),
    "format": ("'yaml'", "--format is "),
    "output": ("'a.csv'", 'the output "a.csv" is one of the inputs\n'),
    "digits": ("18", '--digits is a whole number from 1 to 17, not "18"\n'),
    "color": ("'blue'", '--color is "auto", "always" or "never", not "blue"\n'),
    "quiet": ("'yes'", 'quiet is true or false, not text: "yes"\n'),
    "verbose": ("0", 'verbose is true or false, not a number: "0"\n'),
}


def test_a_column_of_a_further_input_is_told_with_its_place(run: Callable[..., Ran], tree: Path) -> None:
    (tree / "lossctl.toml").write_text("[check]\n# a line\ny-pred = 'mean=y_pred,var=x'\n")
    said = run("check", "a.csv", "--max", "gaussian_nll=9").err.splitlines(keepends=True)[0]
    assert said == f'lossctl: ../lossctl.toml:3: a.csv: --y-pred var= names no column "x"; {ARE}'


@pytest.mark.parametrize("key", sorted(KEYS))
def test_each_setting_that_is_wrong_is_told_with_its_place(key: str, run: Callable[..., Ran], tree: Path) -> None:
    value, said = WRONG[key]
    (tree / "lossctl.toml").write_text(f"[check]\n# a line\n{key} = {value}\n")
    # Paths are those of the file's own folder.
    said = said.replace("lost.", os.path.join("..", "lost.")).replace("no/r", os.path.join("..", "no/r"))
    said = said.replace('"no"', f'"{os.path.join("..", "no")}"').replace('"a.csv"', f'"{os.path.join("..", "a.csv")}"')
    line = [] if key == "files" else ["../a.csv" if key == "output" else "a.csv"]
    (tree / "a.csv").write_text("y_true,y_pred\n0,1\n")
    done = run("check", *line, *([] if key in {"max", "min-skill"} else ["--max", "mse=9"]))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"lossctl: {os.path.join('..', 'lossctl.toml')}:3: {said}")
    assert done.err.count("\n") <= 2


def test_what_the_command_line_says_wrong_is_not_told_of_the_settings(run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "lossctl.toml").write_text("[check]\ndelimiter = ','\nfiles = 'a.csv'\nbaseline = 'a.csv'\n")
    for line, said in (
        ("--delimiter ab", "a delimiter is one character"),
        ("lost.csv", "lost.csv: there is no such file"),
        ("--baseline lost.csv", "lost.csv: there is no such file"),
        ("--baseline lost.csv --significant", "lost.csv: there is no such file"),
        ("lost.csv --significant", "lost.csv: there is no such file"),
        ("--decimal ,", "lossctl.toml:2: the delimiter and the decimal mark are both"),
    ):
        done = run("check", "--max", "mse=1", *line.split())
        assert (done.code, done.err.startswith(f"lossctl: {said}")) == (2, True), done.err


@pytest.mark.parametrize("value", ["''", "[]", "{}", "['']"])
@pytest.mark.parametrize("key", ["max", "files", "where", "baseline", "by", "min-rows", "report", "weight", "y-pred"])
def test_a_setting_that_says_nothing_is_told(key: str, value: str, run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "lossctl.toml").write_text(f"[check]\n{key} = {value}\n")
    done = run("check", "a.csv", "--max", "mse=1")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"lossctl: lossctl.toml:2: {key} is empty\n  help: leave out what says nothing\n"


def test_json_of_the_command_line_goes_before_a_format_of_the_settings(run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "lossctl.toml").write_text("[check]\nformat = 'csv'\n")
    assert json.loads(run("check", "a.csv", "--max", "mse=1", "--json").out)["verdict"] == "pass"
    assert run("check", "a.csv", "--max", "mse=1", "--json", "-f", "csv").code == 2


def test_a_byte_order_mark_is_no_part_of_the_settings(run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "lossctl.toml").write_text(OURS, "utf-8-sig")
    assert json.loads(run("check", "a.csv", "--json").out)["checks"][0]["name"] == "mse<=0.3"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[check]\nx = '\xff'", "lossctl.toml: this is not TOML\n  help: --isolated reads no settings\n"),
        (b"x = " + b"[" * 5000, "lossctl.toml: this is not TOML\n  help: --isolated reads no settings\n"),
    ],
)
def test_what_is_no_toml_at_all(data: bytes, said: str, run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "lossctl.toml").write_bytes(data)
    done = run("check", "a.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("lossctl: lossctl.toml")
    assert "this is not TOML" in done.err
    assert said.partition("\n")[2] in done.err


def test_an_unknown_table_of_ours_in_a_shared_file(run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "pyproject.toml").write_text("[tool.lossctl.chek]\nmax = {mse = 1}\n")
    done = run("check", "a.csv", "--max", "mse=1")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        'lossctl: pyproject.toml: there is no table "tool.lossctl.chek"\n  help: the table is [tool.lossctl.check]\n'
    )


@pytest.mark.parametrize("table", ["lossctl.check", "lossctl", "tool.losctl.check", "tool.Lossctl", "tool.lossctrl"])
def test_a_table_of_ours_in_another_place_is_told(table: str, run: Callable[..., Ran], tree: Path) -> None:
    (tree / "inner" / "pyproject.toml").write_text(f"{OTHERS}[tool.lint]\n[{table}]\nmax = {{mse = 0}}\n")
    done = run("check", "a.csv", "--max", "mse=1")
    assert (done.code, done.out) == (2, "")
    name = table.removesuffix(".check")
    said = f'there is no table "{name}"\n  help: the table is [tool.lossctl.check]\n'
    assert done.err == f"lossctl: pyproject.toml: {said}"


def test_settings_that_are_there_and_no_file_are_told(run: Callable[..., Ran], tree: Path) -> None:
    path = tree / "inner" / "lossctl.toml"
    path.symlink_to("gone.toml")
    assert run("check", "a.csv", "--max", "mse=1").err == (
        "lossctl: lossctl.toml: cannot read it: No such file or directory\n"
    )
    path.unlink()
    path.mkdir()
    assert run("check", "a.csv", "--max", "mse=1").err == "lossctl: lossctl.toml: cannot read it: Is a directory\n"


def test_paths_of_settings_are_seen_from_their_file(run: Callable[..., Ran], tree: Path, monkeypatch: Any) -> None:
    (tree / "lossctl.toml").write_text("[check]\nfiles = 'inner/a.csv'\nmax = {mse = 1}\noutput = 'out.json'\n")
    assert run("check").code == 0
    from_inner = json.loads((tree / "out.json").read_text())["inputs"][0]["path"]
    monkeypatch.chdir(tree)
    assert run("check").code == 0
    from_outer = json.loads((tree / "out.json").read_text())["inputs"][0]["path"]
    assert (from_inner, from_outer) == (os.path.join("..", "inner/a.csv"), "inner/a.csv")
