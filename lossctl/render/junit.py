"""JUnit XML: a suite for each input, a case for each gate, passing ones too, so that none seems not to have run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from lossctl.errors import printable
from lossctl.render.sentences import STATUS, told
from lossctl.verdict import Verdict, group_text

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.results import Result
    from lossctl.verdict import Check

_TAGS = {"pass": "system-out", "fail": "failure", "undecided": "error"}


def render(result: Result, look: Look) -> str:
    """The document. What XML cannot hold, such as control characters, is written as an escape."""
    verdict = result.verdict or Verdict(())
    suites = [
        _suite(record.label, Verdict(tuple(check for check in verdict.checks if check.input == record.label)), look)
        for record in result.inputs
    ]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="lossctl check"{_counts(verdict)}>']
    text = "\n".join([*lines, *suites, "</testsuites>"]) + "\n"
    return text if look.unicode else text.encode("ascii", "xmlcharrefreplace").decode()


def _suite(label: str, verdict: Verdict, look: Look) -> str:
    cases = [_case(check, look) for check in verdict.checks]
    return "\n".join([f"  <testsuite name={_attribute(label)}{_counts(verdict)}>", *cases, "  </testsuite>"])


def _case(check: Check, look: Look) -> str:
    group = f" [{group_text(check.group)}]" if check.group is not None else ""
    said, tag = told(check, look), _TAGS[check.status]
    why = "" if check.status == "pass" else f" type={_attribute(STATUS[check.status])} message={_attribute(said)}"
    return (
        f"    <testcase classname={_attribute(check.input)} name={_attribute(check.name + group)} time="
        f'"0">\n      <{tag}{why}>{escape(said)}</{tag}>\n    </testcase>'
    )


def _counts(verdict: Verdict) -> str:
    counts = {"tests": verdict.checks, "failures": verdict.of("fail"), "errors": verdict.of("undecided")}
    return "".join(f' {name}="{len(checks)}"' for name, checks in counts.items()) + ' time="0"'


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
