"""What models held against each other look like: the columns of their table, and sentences for who reads no statistics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lossctl.comparisons import BOOTSTRAP, SIGN_FLIP, T
from lossctl.errors import count
from lossctl.render.grid import cell, group_cell, percent
from lossctl.render.numbers import full, short
from lossctl.results import param_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lossctl.comparisons import Comparison, Reason
    from lossctl.render import Look
    from lossctl.render.grid import Kind
    from lossctl.results import Result

CSV_HEADER = (
    *("base", "new", "loss", "params", "like", "reduction", "group", "n", "weight", "base_value", "new_value"),
    *("difference", "interval_low", "interval_high", "confidence", "relative", "p_value", "p_adjusted", "comparisons"),
    *("test", "replicates", "seed", "wins", "ties", "losses", "verdict", "detectable", "rows_for_one_percent", "share"),
)

_SIGNS = {"better": "▼", "worse": "▲", "same": "~", "undecided": "?"}
_PLAIN_SIGNS = _SIGNS | {"better": "-", "worse": "+"}
_WIDEST = 16  # a longer label is no heading
_RARE = 0.001
_DIGITS = 3
_MOST_SENTENCES = 8


def columns(comparisons: Sequence[Comparison], look: Look) -> Iterator[tuple[str, Kind, list[str]]]:
    """The columns of the table."""
    names = dict.fromkeys(one.new for one in comparisons)
    heads = [comparisons[0].base, next(iter(names))]
    if len(names) > 1:
        yield "new", "text", [one.new for one in comparisons]
    if len(names) > 1 or any(len(head) > _WIDEST for head in heads):
        heads = ["base", "value"] if len(names) > 1 else ["base", "new"]
    yield "loss", "text", [one.text for one in comparisons]
    for name in dict.fromkeys(name for one in comparisons for name in one.group or ()):
        yield name, "text", [group_cell(one.group, name) for one in comparisons]
    yield "n", "number", [str(one.n) for one in comparisons]
    yield heads[0], "number", [short(one.base_value, look.digits) for one in comparisons]
    yield heads[1], "number", [short(one.new_value, look.digits) for one in comparisons]
    yield "difference", "number", [_signed(one.difference, look) for one in comparisons]
    yield f"{_level(comparisons[0])} % from", "number", [_end(one, 0, look) for one in comparisons]
    yield "to", "number", [_end(one, 1, look) for one in comparisons]
    yield "%", "number", ["" if one.relative is None else _relative(one.relative, look) for one in comparisons]
    yield "p", "number", [_chance(one.p_adjusted) for one in comparisons]
    yield "win/tie/loss", "bars", [f"{one.wins}/{one.ties}/{one.losses}" for one in comparisons]
    signs = _SIGNS if look.unicode else _PLAIN_SIGNS
    yield "verdict", "bars", [f"{signs[one.verdict]} {one.verdict}" for one in comparisons]
    if any(one.share is not None for one in comparisons):
        yield "share %", "number", [percent(one.share, look) for one in comparisons]


def sentences(comparisons: Sequence[Comparison], look: Look) -> Iterator[str]:
    """What is to be concluded, in plain words, and how it was found."""
    whole = [one for one in comparisons if one.group is None]
    for one in whole if len(whole) <= _MOST_SENTENCES else ():
        yield _sentence(one, look)
        yield from _of_groups([each for each in comparisons if each.group is not None and _same(each, one)])
    if len(whole) > _MOST_SENTENCES:
        yield from _in_short(whole)
    for name in dict.fromkeys(one.new for one in whole):
        ahead = [one.text for one in whole if one.new == name and one.difference < 0]
        behind = [one.text for one in whole if one.new == name and one.difference > 0]
        if ahead and behind:
            yield f"{name} is ahead of {whole[0].base} under {_and(ahead)} and behind it under {_and(behind)}"
    yield _method(comparisons)


def reasons(rows: Sequence[Reason], look: Look) -> Iterator[tuple[str, Kind, list[str]]]:
    """The columns of a table of rows that carry a difference."""
    yield "row", "number", [str(row.row) for row in rows]
    if any(row.id is not None for row in rows):
        yield "id", "text", [row.id or "" for row in rows]
    cells = [
        ("y_true", [row.y_true for row in rows]),
        ("base", [row.base_pred for row in rows]),
        ("new", [row.new_pred for row in rows]),
    ]
    for name, values in cells:
        if any(value is not None for value in values):
            kind: Kind = "number" if all(isinstance(value, (int, float)) for value in values) else "text"
            yield name, kind, [cell(value, look) for value in values]
    yield "loss of base", "number", [short(row.base_loss, look.digits) for row in rows]
    yield "of new", "number", [short(row.new_loss, look.digits) for row in rows]
    yield "share %", "number", [percent(row.share, look) for row in rows]


def carried(rows: Sequence[Reason], result: Result, look: Look) -> tuple[str, str]:
    """The title of such a table, and what its rows carry together."""
    first = rows[0]
    used = next(one.n for one in result.comparisons if one.new == first.new and one.group is None)
    carried = math.fsum(row.share for row in rows)
    share, back = percent(carried, look), percent(carried - 1, look)
    these = "this row" if len(rows) == 1 else f"these {len(rows):,} rows"
    return (
        f"what carries the difference of {first.new} from {first.base} under {first.loss}",
        f"{these} of {used:,} {'carries' if len(rows) == 1 else 'carry'} {share} % of the difference"
        + (f", and the others take {back} % back" if carried > 1 else ""),
    )


def csv_row(one: Comparison) -> list[str]:
    """The cells of a comparison under CSV_HEADER, with all digits."""
    record = one._asdict() | {
        "params": ":".join(f"{name}={param_text(value)}" for name, value in one.params.items() if value is not None),
        "group": ",".join(f"{name}={'' if part is None else part}" for name, part in (one.group or {}).items()),
        "interval_low": None if one.interval is None else one.interval[0],
        "interval_high": None if one.interval is None else one.interval[1],
    }
    cells = [record[name] for name in CSV_HEADER]
    return ["" if cell is None else full(cell) if isinstance(cell, float) else str(cell) for cell in cells]


def _sentence(one: Comparison, look: Look) -> str:
    pair = f"{one.new} and {one.base}"
    if one.verdict == "undecided":
        return f"nothing is decided between {pair} under {one.text}: {_hindrance(one)}"
    if one.ties == one.n:
        return f"{pair} have the same loss in every row under {one.text}"
    by = f"{'lower' if one.difference < 0 else 'higher'} by {_amount(abs(one.difference), one, look)}"
    if one.verdict != "same":
        return (
            f"{one.new} is {one.verdict} than {one.base} under {one.text}: {by}, and chance alone would do that in "
            f"{_samples(one.p_adjusted)}"
        )
    if not one.difference:
        by = "the means are equal"
    found = f"no difference between {pair} was found under {one.text}: {by}"
    if one.difference:
        found += f", which chance alone would do in {_samples(one.p_value)}"
        if one.p_value is not None and one.p_value <= 1 - one.confidence:
            found += f", too often for one of {one.comparisons} comparisons"
    if one.detectable is None:
        few = {SIGN_FLIP: "rows", BOOTSTRAP: "replicates"}.get(one.test or "")
        told = few and one.difference and one.interval is not None
        return f"{found}; so few {few} cannot tell any difference from chance" if told else found
    found += f"; a difference of {_amount(one.detectable, one, look)} would most likely have been seen"
    if one.rows_for_one_percent is not None and one.rows_for_one_percent > one.n:
        found += f", for 1 % it takes about {_rounded(one.rows_for_one_percent):,} rows"
    return found


def _in_short(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """For each new model the losses by verdict, where a sentence for each would be too much to read."""
    base = comparisons[0].base
    words = {
        "better": "better than {base} under {losses}",
        "worse": "worse than {base} under {losses}",
        "same": "no different from {base}, as far as was found, under {losses}",
        "undecided": "not to be told from {base} under {losses}",
    }
    for name in dict.fromkeys(one.new for one in comparisons):
        for verdict, said in words.items():
            losses = [one.text for one in comparisons if (one.new, one.verdict) == (name, verdict)]
            if losses:
                yield f"{name} is {said.format(base=base, losses=_and(losses))}"


def _hindrance(one: Comparison) -> str:
    for label, value in ((one.base, one.base_value), (one.new, one.new_value)):
        if not math.isfinite(value):
            return f"the value of {label} is {value}"
    return "one row shows no spread" if one.n < 2 else "nothing tells how far it may be chance"


def _of_groups(groups: Sequence[Comparison]) -> Iterator[str]:
    """In which groups the models differ."""
    told = []
    for verdict in ("better", "worse"):
        names = [_group(one) for one in groups if one.verdict == verdict]
        if names:
            told.append(f"{verdict} in {len(names)} of {count(len(groups), 'group')} ({_and(names)})")
    if groups:
        which = " and ".join(told) or f"neither better nor worse in any of {count(len(groups), 'group')}"
        yield f"under {groups[0].text} {groups[0].new} is {which}"


def _group(one: Comparison) -> str:
    return " ".join(f"{name}={'' if part is None else part}" for name, part in (one.group or {}).items())


def _same(one: Comparison, other: Comparison) -> bool:
    return (one.new, one.text) == (other.new, other.text)


def _method(comparisons: Sequence[Comparison]) -> str:
    first = comparisons[0]
    tests = dict.fromkeys(one.test for one in comparisons if one.test is not None)
    how = {
        T: f"{T} test",
        SIGN_FLIP: "sign-flip test (few rows)",
        BOOTSTRAP: f"Poisson bootstrap of {count(first.replicates, 'replicate')}, seed {first.seed}",
    }
    parts = ["lower is better", *(how[test] for test in tests)]
    if first.comparisons > 1:
        parts.append(f"p adjusted for {first.comparisons:,} comparisons (Holm), intervals not")
    return ", ".join(parts)


def _amount(size: float, one: Comparison, look: Look) -> str:
    """A difference, and what part of base it is."""
    digits = min(look.digits, _DIGITS)
    if not one.base_value:
        return short(size, digits)
    return f"{short(size, digits)} ({_plain(100 * size / abs(one.base_value), digits)} %)"


def _samples(chance: float | None) -> str:
    if chance is None or chance < _RARE:
        return "fewer than 1 of 1,000 such samples"
    if chance < 10 * _RARE:
        return f"about {round(1000 * chance)} of 1,000 such samples"
    return f"about {round(100 * chance)} of 100 such samples" if chance < 0.995 else "nearly all such samples"


def _chance(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return "<0.001" if p_value < _RARE else short(p_value, 2)


def _end(one: Comparison, side: int, look: Look) -> str:
    return "" if one.interval is None else _signed(one.interval[side], look)


def _signed(value: float, look: Look) -> str:
    """A difference for the eye: of fewer digits than a value, with its sign."""
    text = short(value, max(min(look.digits, _DIGITS), look.digits // 2))
    return f"+{text}" if value > 0 else text


def _relative(part: float, look: Look) -> str:
    sign = "+" if part > 0 else "-" if part < 0 else ""
    return sign + _plain(abs(100 * part), min(look.digits, _DIGITS))


def _plain(part: float, digits: int) -> str:
    """Hundredths: whole ones without an exponent, however many."""
    return f"{part:.0f}" if 1000 <= part < 1e6 else short(part, digits)


def _level(one: Comparison) -> str:
    return short(100 * one.confidence, 6)


def _rounded(rows: int) -> int:
    """A number of rows of two digits: more would be pretence."""
    return round(rows, 2 - len(str(rows)))


def _and(names: Sequence[str], most: int = 5) -> str:
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
