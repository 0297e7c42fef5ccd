"""Annotations for GitHub: a workflow command for each gate that does not hold, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossctl.errors import count, printable
from lossctl.render.sentences import told
from lossctl.verdict import Verdict

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result
    from lossctl.verdict import Check

_MOST = 10  # GitHub shows no more of a kind from one step
_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _TEXT | str.maketrans({":": "%3A", ",": "%2C"})


def render(result: Result, look: Look) -> str:
    """Nothing where all gates hold, else an error for each of the worst, and a notice of how many more there are."""
    verdict = result.verdict or Verdict(())
    found = [check for check in verdict.ranked if check.status != "pass"]
    lines = [_error(check, look) for check in found[:_MOST]]
    left = len(found) - _MOST
    if left > 0:
        lines.append(
            f"::notice title=lossctl check::{count(left, 'more gate')} {'does' if left == 1 else 'do'} not hold"
        )
    return "".join(line + "\n" for line in lines)


def _error(check: Check, look: Look) -> str:
    properties = {"title": f"lossctl check: {check.name}"}
    if check.path not in {None, "-"}:
        properties["file"] = check.path or ""
    listed = ",".join(f"{name}={_escaped(text, _PROPERTY)}" for name, text in properties.items())
    return f"::error {listed}::{_escaped(told(check, look), _TEXT)}"


def _escaped(text: str, table: dict[int, str]) -> str:
    return printable(text).translate(table)
