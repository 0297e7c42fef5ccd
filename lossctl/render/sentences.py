"""What became of gates, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lossctl.errors import printable
from lossctl.render.numbers import apart, short

if TYPE_CHECKING:
    from lossctl.render import Look
    from lossctl.verdict import Check, Verdict

STATUS = {"pass": "pass", "fail": "broken", "undecided": "undecided"}
"""What people call the status of a check."""


def numbers(check: Check, look: Look) -> tuple[str, str]:
    """The value and the limit of a check, with the digits it takes to tell them apart; empty where there is none."""
    if check.value is not None and check.limit is not None:
        if isinstance(check.value, int) and isinstance(check.limit, int):
            return f"{check.value:,}", f"{check.limit:,}"
        return apart(check.value, check.limit, look.digits)
    value, limit = ("" if number is None else short(number, look.digits) for number in (check.value, check.limit))
    return value, limit


def gap(margin: float | None, look: Look) -> str:
    """How far a value is from its limit, of three digits, or those of whole numbers; empty where that is not known."""
    if margin is None:
        return ""
    return short(margin, max(min(look.digits, 3), min(look.digits, len(f"{abs(margin):.0f}"))))


def told(check: Check, look: Look) -> str:
    """One check as a sentence without its end: what the value is, and how it stands to the limit."""
    if check.status == "undecided":
        return printable(check.reason)
    value, limit = numbers(check, look)
    limit = f"the baseline {limit}" if check.limit == check.baseline else limit
    if check.value == check.limit:
        place = f"exactly {limit}"
    else:
        side = "below" if check.value is None or check.limit is None or check.value < check.limit else "above"
        place = f"{value}, {side} {limit}" + (
            f" by {gap(abs(check.margin), look)}{_part(check)}" if check.margin else ""
        )
    more = (
        [f"the baseline is {short(check.baseline, look.digits)}"] if check.baseline not in {None, check.limit} else []
    )
    if check.p_adjusted is not None:
        chance = ", so it may be chance" if check.status == "pass" and check.margin and check.margin < 0 else ""
        against = "" if check.limit == check.baseline else " against the limit"
        more.append(f"p = {short(check.p_adjusted, 2)} in a two-sided paired test{against}{chance}")
    more += [rows(check)] if check.how_many else []
    return printable("; ".join([f"{check.subject} is {place}", *more]))


def _part(check: Check) -> str:
    """The gap as a part of the limit, in hundredths, of two digits or more."""
    if not check.margin or not check.limit:
        return ""
    hundredths = abs(100 * (check.margin / check.limit))
    if not math.isfinite(hundredths):
        return ""
    return f" ({f'{hundredths:,.0f}' if 10 <= hundredths < 1e6 else short(hundredths, 2)} %)"


def rows(check: Check) -> str:
    """The first rows that a gate on rows is about."""
    names = [f"{row:,}" for row in check.rows]
    if check.how_many > len(names):
        names.append(f"{check.how_many - len(names):,} more")
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    does = "breaks it" if check.how_many == 1 else "break it"
    does = does if check.status == "fail" else "cannot be judged"
    return f"{'row' if check.how_many == 1 else 'rows'} {listed} {does}"


def summed_up(verdict: Verdict, look: Look) -> str:
    """The whole verdict as one sentence."""
    checks, broken, undecided = verdict.checks, verdict.of("fail"), verdict.of("undecided")
    if verdict.passed:
        return f"the gate holds: {told(checks[0], look)}." if len(checks) == 1 else f"all {len(checks):,} gates hold."
    worst = told(verdict.ranked[0], look)
    if len(checks) == 1:
        return f"the gate is {STATUS[verdict.status]}: {worst}."
    parts = [
        f"{len(found):,}{of} {'is' if len(found) == 1 else 'are'} {word}"
        for found, of, word in (
            (broken, f" of {len(checks):,} gates", "broken"),
            (undecided, "" if broken else f" of {len(checks):,} gates", "undecided"),
        )
        if found
    ]
    colon = ": " if len(broken or undecided) == 1 else "; the worst: " if broken else "; the first: "
    return f"{' and '.join(parts)}{colon}{worst}."
