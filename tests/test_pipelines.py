"""The hook for pre-commit and the GitHub Action: their steps are run as shell, as the runner does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
ACTION = (ROOT / ".github" / "actions" / "check" / "action.yml").read_text()
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text()
RUNS = re.compile(r"^      run: \|\n((?:        .*\n)+)", re.MULTILINE)
INSTALL, CHECK = (textwrap.dedent(script) for script in RUNS.findall(ACTION))

PAIR = "y_true,y_pred\n0,0.5\n1,1.5\n"


class Step(NamedTuple):
    """What a step of the Action left behind."""

    code: int
    out: str
    err: str
    summary: str
    output: str


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """What a runner gives a step, with lossctl where the first step installs it."""
    programs = tmp_path / "temp" / "lossctl" / "bin"
    programs.mkdir(parents=True)
    for name, module in (("lossctl", "-m lossctl"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {module} "$@"\n')
        (programs / name).chmod(0o755)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.csv").write_text(PAIR)
    (tmp_path / "work" / "my file.csv").write_text(PAIR)
    (tmp_path / "summary.md").write_text("# Before\n")
    return tmp_path


def step(script: str, runner: Path, **environment: str) -> Step:
    """Run a step as `shell: bash` does."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=runner / "work",
        env=os.environ
        | {
            "RUNNER_TEMP": str(runner / "temp"),
            "GITHUB_STEP_SUMMARY": str(runner / "summary.md"),
            "GITHUB_OUTPUT": str(runner / "output"),
            "GITHUB_ACTIONS": "true",
        }
        | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    output = runner / "output"
    return Step(
        done.returncode,
        done.stdout,
        done.stderr,
        (runner / "summary.md").read_text(),
        output.read_text() if output.exists() else "",
    )


@pytest.mark.parametrize(
    ("files", "args", "code", "heading"),
    [
        ("a.csv", "--max mse=0.3", 0, "pass"),
        ("a.csv 'my file.csv'", "--max 'mse + 0.5*mae=0.4' --max huber:delta=2=1", 1, "broken"),
        ("'*.csv'", "--max mse=0.2", 1, "broken"),
        ("a.csv", "--max bce=1 --nan propagate", 2, ""),
        ("a.csv lost.csv", "--max mse=1", 2, ""),
        ("a.csv", "", 2, ""),
        ("a.csv", "--max 'mse=1", 2, ""),
        ("-t 1,0 -p 0,0", "--max bce=1", 3, "undecided"),
    ],
)
def test_the_check_writes_the_summary_and_keeps_the_exit_code(
    files: str, args: str, code: int, heading: str, runner: Path
) -> None:
    done = step(CHECK, runner, FILES=files, ARGS=args)
    assert done.code == code, done
    assert done.output == f"exit-code={code}\n"
    assert done.summary.startswith("# Before\n")
    assert re.findall(r"^### lossctl check: (\w+)$", done.summary, re.MULTILINE) == ([heading] if heading else [])
    commands = [line for line in done.out.splitlines() if line.startswith("::error ")]
    assert len(commands) == {"broken": len(shlex.split(files)), "undecided": 1}.get(heading, 0)
    assert ("gate" in done.out) == bool(heading)  # people read the log, not the commands


def test_inputs_are_never_run(runner: Path) -> None:
    done = step(CHECK, runner, FILES="a.csv", ARGS='--max mse=1 "$(touch pwned)" `touch pwned` ; touch pwned')
    assert done.code == 2
    assert sorted(os.listdir(runner / "work")) == ["a.csv", "my file.csv"]


def test_a_second_check_shows_no_annotations_of_the_first(runner: Path) -> None:
    assert "::error" in step(CHECK, runner, FILES="a.csv", ARGS="--max mse=0").out
    assert "::error" not in step(CHECK, runner, FILES="lost.csv", ARGS="--max mse=0").out


@pytest.mark.parametrize(("version", "wanted"), [("", "/action/../../..[fast]"), ("1.2.3", "lossctl[fast]==1.2.3")])
def test_the_installation_is_of_the_version_asked_for(version: str, wanted: str, runner: Path) -> None:
    """The programs are stand-ins that write down what they are asked."""
    log = runner / "log"
    fake = runner / "python"
    fake.write_text(f'#!/bin/sh\nprintf "%s|" "$@" >> {log}\necho >> {log}\n')
    fake.chmod(0o755)
    (runner / "temp" / "lossctl" / "bin" / "python").write_bytes(fake.read_bytes())
    done = step(INSTALL, runner, PYTHON=str(fake), VERSION=version, ACTION="/action")
    assert done.code == 0, done
    assert log.read_text().splitlines() == [
        f"-m|venv|{runner}/temp/lossctl|",
        f"-m|pip|install|--quiet|--disable-pip-version-check|{wanted}|",
    ]


def test_the_action_passes_its_inputs_by_environment_alone() -> None:
    """What is pasted into a script is run as one."""
    assert "${{" not in INSTALL + CHECK
    inputs = re.findall(r"^  ([a-z]+):\n    description", ACTION.partition("outputs:")[0], re.MULTILINE)
    assert inputs == ["files", "args", "version", "python"]
    assert {*inputs} == {*re.findall(r"\$\{\{ inputs\.([a-z]+) \}\}", ACTION)}
    assert (ROOT / ".github" / "actions" / "check" / ".." / ".." / ".." / "pyproject.toml").exists()


def test_the_hook_calls_what_there_is(runner: Path) -> None:
    known = dict(re.findall(r"^(?:- |  )([a-z_]+): (.*)$", HOOKS, re.MULTILINE))
    assert (known["id"], known["language"], known["types_or"]) == ("lossctl-check", "python", "[csv, json]")
    assert known["pass_filenames"] == "true"
    (runner / "work" / "lossctl.toml").write_text("[check]\nmax = {mse = 0.2}\n")
    line = f'export PATH="{runner}/temp/lossctl/bin:$PATH"; {known["entry"]} a.csv "my file.csv"'
    assert step(line, runner).code == 1
    assert step(f"{line} --max mse=0.3", runner).code == 0
