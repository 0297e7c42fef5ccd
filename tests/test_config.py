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
        ("[check]\nmin-rows = 'x'\nmax = {mse = 1}", 'lossctl.toml:2: --min-rows is a whole number, not "x"\n'),
        (
            "[check]\nmax = {mes = 1}",
            'lossctl.toml:2: max.mes: there is no loss "mes"\n  help: did you mean "mse" or "mae"?',
        ),
        ("[check]\nmax = {huber = 1, Huber = 2}", "lossctl.toml:2: --max names huber twice"),
        ("[check]\ntolerance = '2%'", 'lossctl.toml:2: tolerance is a table like {mse = "2%"}, not text: "2%"'),
        ("[check]\nfiles = 3", 'lossctl.toml:2: files is text, or a list of texts, not a number: "3"'),
        ("[check]\nfiles = ['a.csv', 3]", "lossctl.toml:2: files is text, or a list of texts, not a list: "),
        ("[check]\nmax = {mse = 1}\nbaseline = ''", "lossctl.toml:3: baseline is an empty text\n  help: leave the"),
        ("[check]\nwhere = ['']", "lossctl.toml:2: where is an empty text\n  help: leave the setting out\n"),
        ("[check]\nmin-rows = 2.5", 'lossctl.toml:2: min-rows is text or a whole number, not a number: "2.5"'),
        ("[check]\nmin-rows = true", 'lossctl.toml:2: min-rows is text or a whole number, not true or false: "True"'),
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


def test_paths_of_settings_are_seen_from_their_file(run: Callable[..., Ran], tree: Path, monkeypatch: Any) -> None:
    (tree / "lossctl.toml").write_text("[check]\nfiles = 'inner/a.csv'\nmax = {mse = 1}\noutput = 'out.json'\n")
    assert run("check").code == 0
    from_inner = json.loads((tree / "out.json").read_text())["inputs"][0]["path"]
    monkeypatch.chdir(tree)
    assert run("check").code == 0
    from_outer = json.loads((tree / "out.json").read_text())["inputs"][0]["path"]
    assert (from_inner, from_outer) == (os.path.join("..", "inner/a.csv"), "inner/a.csv")
