"""The README and the tutorial show what the program prints, and the table of losses is the catalogue."""

from __future__ import annotations

import doctest
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lossctl
from lossctl.losses.declare import every

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
TUTORIAL = (ROOT / "samples" / "README.md").read_text()
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def console(text: str) -> list[tuple[str, str]]:
    """The commands of all console blocks and what is shown below each."""
    shown = []
    for language, block in FENCED.findall(text):
        if language == "console":
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                shown.append((command, output))
    return shown


def check(command: str, output: str, ran: Ran) -> None:
    digits = re.compile(r"(\d+\.\d{11})\d+")  # the last digits differ between processors; twelve are promised
    assert digits.sub(r"\1", ran.out + ran.err) == digits.sub(r"\1", output), command


@pytest.mark.parametrize(("command", "output"), console(README), ids=[command for command, _ in console(README)])
def test_the_readme_shows_what_the_program_prints(
    command: str, output: str, shell: Callable[..., Ran], tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    check(command, output, shell(command))


@pytest.mark.parametrize(("command", "output"), console(TUTORIAL), ids=[command for command, _ in console(TUTORIAL)])
def test_the_tutorial_shows_what_the_program_prints(
    command: str, output: str, shell: Callable[..., Ran], tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "samples", tmp_path, dirs_exist_ok=True)
    check(command, output, shell(command))


def test_the_picture_is_what_the_command_beside_it_writes(shell: Callable[..., Ran], tmp_path: Path) -> None:
    (command,) = [command for command, _ in console(TUTORIAL) if command.endswith("breakdown.svg")]
    assert command in " ".join(README.split())
    picture = (ROOT / "samples" / "breakdown.svg").read_text()
    (tmp_path / "diabetes.csv").write_bytes((ROOT / "samples" / "diabetes.csv").read_bytes())
    assert shell(command).code == 0
    # Versions of rich place the text in their own ways.
    texts = re.compile(r">([^<>]+)</text>")
    assert texts.findall(picture) == texts.findall((tmp_path / "breakdown.svg").read_text())
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_the_tutorial_names_every_sample() -> None:
    table = "".join(line for line in TUTORIAL.splitlines() if line.startswith("| `"))
    files = {path.name for path in (ROOT / "samples").iterdir() if path.suffix not in {".py", ".md", ".svg"}}
    assert set(re.findall(r"`([a-z_]+\.[a-z]+)`", table)) == files


def test_the_readme_has_the_two_blocks_that_set_everything_up() -> None:
    blocks = [text.splitlines() for language, text in FENCED.findall(README) if language == "sh"]
    assert [block[0] for block in blocks] == ["python -m pip install .", "python -m pip install '.[test]'"]
    assert blocks[0][1] == console(README)[0][0]


def table_of_losses() -> list[str]:
    """The rows of the README's table."""
    return [
        "| `{}` | {} | {} | {} |".format(
            loss.name,
            loss.summary.rstrip("."),
            ", ".join(f"`{alias}`" for alias in loss.aliases),
            ", ".join(f"`{name}`" for name in loss.params),
        )
        for loss in every()
    ]


def test_the_table_of_losses_is_the_catalogue() -> None:
    assert [line for line in README.splitlines() if line.startswith("| `")] == table_of_losses()


def test_the_python_examples_run() -> None:
    (text,) = [text for language, text in FENCED.findall(README) if language == "python"]
    flags = doctest.ELLIPSIS
    example = doctest.DocTestParser().get_doctest(text, {}, "README", "README.md", 0)
    checker = _Rounded()
    runner = doctest.DocTestRunner(checker, optionflags=flags)
    assert runner.run(example) == doctest.TestResults(failed=0, attempted=text.count(">>> "))


class _Rounded(doctest.OutputChecker):
    """Compare floats to twelve significant digits."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        try:
            return f"{float(want):.12g}" == f"{float(got):.12g}"
        except ValueError:
            return super().check_output(want, got, optionflags)


def test_every_public_name_exists() -> None:
    for name in lossctl.__all__:
        assert getattr(lossctl, name) is not None
    with pytest.raises(AttributeError, match="module 'lossctl' has no attribute 'nothing'"):
        getattr(lossctl, "nothing")  # noqa: B009 — the attribute does not exist, and mypy knows
    assert sys.modules["lossctl"].__version__ == lossctl.__version__
