"""Exit codes and streams, as shells, pipes, terminals and scripts meet them."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest

from lossctl.render import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

PAIR = "y_true,y_pred\n1,1.5\n0,2\n"
EVIL = "[red]\x1b[31m\x9b1m\u202e\n[/red]"
MACHINE = sorted(FORMATS.keys() - {"table"})
SGR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small file in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.csv"
    path.write_text(PAIR)
    return path


@pytest.fixture
def many(tmp_path: Path) -> None:
    """A file of so many groups that no pipe holds their results."""
    rows = "".join(f"{row},{row + 1},{row}\n" for row in range(5000))
    (tmp_path / "many.csv").write_text(f"y_true,y_pred,site\n{rows}")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_early_is_no_error(shell: Callable[..., Ran], unbuffered: str) -> None:
    line = "set -o pipefail; lossctl compute mse many.csv -g site -f ndjson | head -1"
    done = shell(line, PYTHONUNBUFFERED=unbuffered)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["group"] == {"site": 0}


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_never_reads_changes_no_verdict(shell: Callable[..., Ran], unbuffered: str) -> None:
    done = shell(
        "(sleep 0.5; cat a.csv) | lossctl compute mse - | true; echo ${PIPESTATUS[1]};"
        "(sleep 0.5; echo y_true) | lossctl compute mse - | true; echo ${PIPESTATUS[1]}",
        PYTHONUNBUFFERED=unbuffered,
    )
    assert done.out == "0\n2\n"
    assert done.err.splitlines()[0].startswith("lossctl: standard input: ")
    assert done.err.count("\n") == 2


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("compute mse many.csv -g site", 0),
        ("check many.csv --max mse=0.5 --report csv:-", 1),
        ("compute mse none.csv", 2),
        ("check many.csv --max mse=9 --where site=none", 3),
        ("compute --help", 0),
        ("--version", 0),
    ],
)
def test_the_script_ends_at_once_with_all_that_the_module_says(line: str, code: int, shell: Callable[..., Ran]) -> None:
    done = shell(f"lossctl {line} | cat; exit ${{PIPESTATUS[0]}}")
    assert done == shell(f"'{sys.executable}' -m lossctl {line}")
    assert done.code == code
    assert done.out or code == 2


CLOSED = "lossctl: standard output is closed\n  help: -o FILE writes a file\n"
FULL = "lossctl: standard output: cannot write it: No space left on device\n"
NO_INPUT = (
    "lossctl: there is no FILE, no values, and nothing comes from a pipe\n"
    "  help: lossctl compute mse preds.csv, or lossctl compute mse -t 1,2 -p 1.5,2\n"
)
NO_STDIN = "lossctl: standard input is closed\n  help: name a file, or give values with -t and -p\n"


@pytest.mark.usefixtures("pair", "many")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("line", "code", "err"),
    [
        ("lossctl compute mse a.csv >&-", 2, CLOSED),
        ("lossctl compute mse a.csv -o loss.json >&-", 0, ""),
        ("lossctl compute mse a.csv > /dev/full", 2, FULL),
        ("lossctl compute -h > /dev/full", 2, FULL),
        ("lossctl compute mse many.csv -g site -f ndjson > /dev/full", 2, FULL),
        ("lossctl --version > /dev/full", 2, FULL),
        ("lossctl compute mse a.csv -o /dev/full", 2, "lossctl: /dev/full: cannot write it: No space left on device\n"),
        ("lossctl compute mse <&-", 2, NO_INPUT),
        ("lossctl compute mse - <&-", 2, NO_STDIN),
        ("lossctl compute mse a.csv -q <&- > /dev/null", 0, ""),
        ("lossctl compute mse a.csv 2>&- > /dev/null", 0, ""),
        ("lossctl compute mse nope.csv 2>&-", 2, ""),
        ("lossctl compute mse nope.csv 2> /dev/full", 2, ""),
        ("lossctl compute mse a.csv -v 2> /dev/full > /dev/null", 0, ""),
        ("lossctl compute mse a.csv <&- >&- 2>&-", 2, ""),
        ("lossctl compute mse nope.csv --debug <&- >&- 2>&-", 2, ""),
    ],
)
def test_closed_and_full_streams(shell: Callable[..., Ran], line: str, code: int, err: str, unbuffered: str) -> None:
    done = shell(line, PYTHONUNBUFFERED=unbuffered)
    assert (done.code, done.out, done.err) == (code, "", err)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_disk_that_fills_up_is_an_error(shell: Callable[..., Ran], unbuffered: str) -> None:
    line = "ulimit -f 64; lossctl compute mse many.csv -g site -f ndjson > result"
    done = shell(line, PYTHONUNBUFFERED=unbuffered)
    assert (done.code, done.out) == (2, "")
    assert done.err == "lossctl: standard output: cannot write it: File too large\n"


@pytest.mark.skipif(signal.getsignal(signal.SIGINT) == signal.SIG_IGN, reason="background jobs ignore interrupts")
def test_an_interrupt_while_reading_is_one_line() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "lossctl", "compute", "mse", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"y_true,y_pred\n" + b"1,2\n" * 100_000)
        process.stdin.flush()  # more than a pipe holds, so this returns when the program is busy reading
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"lossctl: interrupted\n")


def test_debug_adds_the_traceback_and_changes_nothing_else(run: Callable[..., Ran]) -> None:
    plain = run("compute", "mse", "no\x1b[31m.csv")
    debug = run("compute", "mse", "no\x1b[31m.csv", "--debug")
    assert "Traceback" not in plain.err
    assert debug.err.startswith("Traceback (most recent call last):\n")
    assert debug.err.endswith(plain.err)
    assert (debug.code, debug.out) == (plain.code, plain.out) == (2, "")
    assert "\x1b" not in debug.err


def test_a_bug_is_one_line_and_how_to_report_it(
    run: Callable[..., Ran], pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError("\x1b[31mno\n")

    monkeypatch.setattr("lossctl.cli.output.render", fail)
    said = (
        "lossctl: this is a bug in lossctl: ZeroDivisionError: \\x1b[31mno\\n\n"
        "  help: please report it with the output of the same command with --debug\n"
    )
    done = run("compute", "mse", str(pair))
    assert (done.code, done.out, done.err) == (70, "", said)
    debug = run("compute", "mse", str(pair), "--debug")
    assert (debug.code, debug.out) == (70, "")
    assert debug.err.startswith("Traceback")
    assert debug.err.endswith(said)


def test_too_little_memory_is_no_bug(run: Callable[..., Ran], pair: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr("lossctl.cli.output.render", fail)
    done = run("compute", "mse", str(pair))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("lossctl: there is not enough memory for this input\n")


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=str,
)
def test_a_poor_encoding_is_no_error(shell: Callable[..., Ran], environment: dict[str, str]) -> None:
    for line, shown in (
        ("lossctl compute mse a.csv", "2.125"),
        ("lossctl compute mse a.csv -f md", "| mse | 2 | 2.125 |"),
        ("lossctl compute -h", "Usage"),
    ):
        done = shell(line, **environment)
        assert (done.code, done.err) == (0, "")
        assert shown in done.out
    wrong = shell("lossctl compute mse -t ², -p 1,2", **environment)
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.count("\n") == 2


@pytest.mark.usefixtures("pair")
def test_an_ascii_terminal_gets_an_ascii_table(shell: Callable[..., Ran]) -> None:
    done = shell("lossctl compute mse ä=a.csv b=a.csv", PYTHONIOENCODING="ascii")
    assert done.code == 0
    assert done.out.isascii()
    assert "----" in done.out


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("format", ["json", "ndjson"])
def test_an_ascii_stream_gets_json_still(shell: Callable[..., Ran], format: str) -> None:
    done = shell(f"lossctl compute mse ä=a.csv -f {format}", PYTHONIOENCODING="ascii")
    assert "ä" in str(json.loads(done.out))


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize(
    ("environment", "option", "colored"),
    [
        ({}, "auto", False),
        ({"NO_COLOR": "1"}, "auto", False),
        ({"FORCE_COLOR": "1"}, "auto", True),
        ({"FORCE_COLOR": "0"}, "auto", False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, "auto", True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, "auto", True),
        ({}, "always", True),
        ({"NO_COLOR": "1"}, "always", True),
        ({"TERM": "dumb"}, "always", True),
        ({"FORCE_COLOR": "1"}, "never", False),
    ],
    ids=str,
)
def test_colors_of_a_pipe(
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    option: str,
    colored: bool,
) -> None:
    bare = run("compute", "mse,mae", "a.csv").out
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = run("compute", "mse,mae", "a.csv", "--color", option).out
    assert ("\x1b" in out) == colored
    assert SGR.sub("", out) == bare


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize(
    ("environment", "option", "colored"),
    [
        ({}, "auto", True),
        ({"NO_COLOR": "1"}, "auto", False),
        ({"NO_COLOR": ""}, "auto", True),
        ({"TERM": "dumb"}, "auto", False),
        ({}, "never", False),
    ],
    ids=str,
)
def test_colors_of_a_terminal(environment: dict[str, str], option: str, colored: bool) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "lossctl", "compute", "mse", "a.csv", "--color", option],
            stdout=theirs,
            env=kept | {"TERM": "xterm"} | environment,
            timeout=60,
            check=True,
        )
        assert (b"\x1b" in os.read(ours, 4096)) == colored
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("format", MACHINE)
def test_machine_formats_have_no_colors(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    bare = run("compute", "mse,mae", "a.csv", "-f", format)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run("compute", "mse,mae", "a.csv", "-f", format, "--color", "always") == bare
    assert "\x1b" not in bare.out


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_data_is_never_live(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    """A file name, a column name and a group, each with markup, escape codes and a line break."""
    monkeypatch.chdir(tmp_path)
    name = EVIL.replace("/", "|")
    for path, column, group in ((name, EVIL, EVIL), ("tame", "tame", "tame")):
        (tmp_path / f"{path}.csv").write_text(f'y_true,"p{column}","{column}"\n1,2,"{group}"\n1,3,other\n')

    def lines(path: str, column: str) -> list[str]:
        done = run("compute", "mse", f"{path}.csv", "-p", f"p{column}", "-g", column, "-f", format, "-v")
        assert done.code == 0
        assert all(line.isprintable() for line in re.split(r"[\n\t]", done.out + done.err))
        return (done.out + done.err).splitlines()

    evil = lines(name, EVIL)
    if format in {"csv", "tsv"}:  # whose readers know line breaks in quotes
        records = [*csv.DictReader("\n".join(evil).splitlines(keepends=True), delimiter=",\t"[format == "tsv"])]
        shown = EVIL.replace("\x1b", "\\x1b").replace("\x9b", "\\x9b").replace("\u202e", "\\u202e")
        assert [record["group"] for record in records[:3]] == [f"{shown}={shown}", f"{shown}=other", ""]
        assert records[0]["input"] == f"{shown.replace('/', '|')}.csv"
        return
    if format != "svg":  # where longer text makes more lines
        assert len(evil) == len(lines("tame", "tame"))
    if format in {"json", "ndjson"}:
        entries = (
            [json.loads(line) for line in evil[:-1]]
            if format == "ndjson"
            else json.loads("\n".join(evil[:-1]))["results"]
        )
        assert [entry["group"] for entry in entries] == [{EVIL: EVIL}, {EVIL: "other"}, None]
        assert entries[0]["input"] == f"{name}.csv"
    elif format not in {"value", "md"}:
        assert "[red]\\x1b[31m\\x9b1m\\u202e\\n[/red]" in "\n".join(evil)


def test_a_result_replaces_a_file_whole_or_not_at_all(
    run: Callable[..., Ran], pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = pair.with_name("loss.json")
    out.write_text("old")
    out.chmod(0o600)
    bad = pair.with_name("bad.csv")
    bad.write_text(PAIR + "3,abc\n")
    before = sorted(os.listdir())

    assert run("compute", "mse", "bad.csv", "-o", "loss.json").code == 2
    assert (out.read_text(), sorted(os.listdir())) == ("old", before)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no")))
        done = run("compute", "mse", "a.csv", "-o", "loss.json")
    assert (done.code, done.out, done.err) == (2, "", "lossctl: loss.json: cannot write it: Permission denied\n")
    assert (out.read_text(), sorted(os.listdir())) == ("old", before)

    done = run("compute", "mse", "a.csv", "-o", "loss.json")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert json.loads(out.read_text())["results"][0]["value"] == 2.125
    assert out.stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir()) == before


def test_a_result_goes_where_a_link_points(run: Callable[..., Ran], pair: Path) -> None:
    folder = pair.with_name("results")
    folder.mkdir()
    link = pair.with_name("latest.csv")
    link.symlink_to(folder / "one.csv")
    assert run("compute", "mse", "a.csv", "-o", "latest.csv").code == 0
    assert link.is_symlink()
    assert (folder / "one.csv").read_text().startswith("input,loss,")


@pytest.mark.parametrize("line", ["lossctl -h", "lossctl --help", "lossctl compute -h", "lossctl compute --help"])
def test_help_goes_to_stdout(shell: Callable[..., Ran], line: str) -> None:
    done = shell(line)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: lossctl ")


def test_no_command_is_no_success(shell: Callable[..., Ran]) -> None:
    done = shell("lossctl")
    assert (done.code, done.out) == (2, "")
    assert done.err == shell("lossctl --help").out


@pytest.mark.parametrize("line", ["lossctl --version", "lossctl -V", "lossctl compute --version"])
def test_version(shell: Callable[..., Ran], line: str) -> None:
    done = shell(line)
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"lossctl [0-9]+\.[0-9]+\.[0-9]+\n", done.out)


READERS = {
    f"lossctl.readers.{name}"
    for name in ("arrays", "arrow", "columnar", "delimited", "document", "joined", "lines", "literals", "parts")
}


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize(
    ("arguments", "spared"),
    [
        (["-c", "import lossctl"], {"numpy", "typer", "rich", "polars"}),
        (["-m", "lossctl", "--version"], {"numpy", "typer", "rich", "polars", "lossctl.errors"}),
        (
            ["-m", "lossctl", "compute", "mse", "a.csv", "-f", "value"],
            {"rich", "polars", "json", "tempfile", *READERS} - {"lossctl.readers.delimited"},
        ),
        (
            ["-m", "lossctl", "compute", "mse", "-t", "1,2", "-p", "1,3", "-f", "value"],
            {"rich", "polars", "csv", "lossctl.readers.delimited", "lossctl.readers.lines", "lossctl.readers.arrays"},
        ),
        (
            ["-m", "lossctl", "compute", "mse", "a.csv"],
            {"polars", "json", "lossctl.render.json", *READERS} - {"lossctl.readers.delimited"},
        ),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, list) else "",
)
def test_start_up_loads_what_is_used(arguments: list[str], spared: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "lossctl" in loaded
    assert loaded & spared == set()
