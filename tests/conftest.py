"""What the tests share: running the program, in this process and in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from lossctl.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# A slow machine proves as much as a fast one: nothing here is about time.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@dataclass(frozen=True)
class Ran:
    """What a run left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command line in this process, with a plain terminal and nothing on standard input."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Ran:
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Ran]:
    """Run a shell line in a folder of its own, with `lossctl` as the process that its installed script is."""

    def shell(line: str, stdin: bytes | None = None, **environment: str) -> Ran:
        process = "from lossctl.cli.main import script; script()"
        script = f'lossctl() {{ "{sys.executable}" -c "{process}" "$@"; }}\n{line}'
        kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
        done = subprocess.run(
            ["bash", "-c", script],
            input=stdin if stdin is not None else b"",
            capture_output=True,
            cwd=tmp_path,
            env=kept | environment,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return shell
