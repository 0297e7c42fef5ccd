"""The tables that the human formats share, and the lines between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from lossctl.errors import count, printable
from lossctl.render.numbers import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lossctl.render import Look
    from lossctl.results import Group, Input, Result, Value
    from lossctl.rows import Cells, Guess, Layout, Row, Summary
    from lossctl.verdict import Check, Verdict

ALL_ROWS = "all"
_ROLES = {"by": "grouped by"}
_BLOCKS = "▁▂▃▄▅▆▇█"
_MARKS = ".:-=+*#@"
MOST_DIGITS = 17
"""So many significant digits tell any two float64 numbers apart."""
_MOST_REMARKS = 10


Kind: TypeAlias = Literal["text", "number", "bars"]


class Grid(NamedTuple):
    """A table as text.

    Attributes:
        names: the headings.
        kinds: what each column holds: text, numbers, or bars that cannot be folded.
        rows: the cells.
        title: a line above it, or nothing.
        remarks: lines below it.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    remarks: tuple[str, ...] = ()


def grids(result: Result, look: Look) -> list[Grid]:
    """The tables of a result; columns that would say the same in each row are left out."""
    if result.verdict is not None:
        remarks = [*_remarks(result.verdict, look), *_unlike(result, look)]
        return [_grid(_checks(result, result.verdict.checks, look), look, remarks=remarks)]
    if result.comparisons:
        return _compared(result, look)
    if not result.summary:
        return [_grid(_values(result, look, result.values, "value"), look, remarks=_unlike(result, look))]
    remarks = [*_carried(result, look), *_unlike(result, look)]
    known = [_grid(_summary(result, look), look, remarks=remarks)]
    if any(one.parts for one in result.summary):
        known.append(_grid(_parts(result, look), look))
    if any(value.within is not None for value in result.values):
        known.append(_grid(_groups(result, look), look))
    rows = [*_rows(result, look)]
    return known + rows if any(row.shares for row in result.rows) else rows + known


def _grid(
    columns: Iterable[tuple[str, Kind, Sequence[str]]], look: Look, title: str = "", remarks: Iterable[str] = ()
) -> Grid:
    """A table of columns: name, kind, cells."""
    names, kinds, cells = zip(*columns, strict=True)
    rows = tuple(tuple(_shown(cell, look) for cell in row) for row in zip(*cells, strict=True))
    texts = tuple(_shown(line, look) for line in remarks)
    return Grid(tuple(_shown(name, look) for name in names), kinds, rows, _shown(title, look), texts)


def _shown(text: str, look: Look) -> str:
    """The text harmless, and of a length that the stream does not change."""
    harmless = printable(text)
    return harmless if look.unicode else harmless.encode("ascii", "backslashreplace").decode()


def _values(result: Result, look: Look, values: Sequence[Value], name: str) -> Iterator[tuple[str, Kind, list[str]]]:
    if len(result.inputs) > 1:
        yield "input", "text", [value.input for value in values]
    yield "loss", "text", [value.text for value in values]
    for group in dict.fromkeys(group for value in values for group in value.group or ()):
        yield group, "text", [group_cell(value.group, group) for value in values]
    several = len({value.like for value in values}) > 1
    if several:
        yield "like", "text", [value.like for value in values]
    yield "n", "number", [str(value.n) for value in values]
    if any(value.weight != value.n for value in values):
        yield "weight", "number", [short(value.weight, look.digits) for value in values]
    yield name, "number", [_value(value, look) for value in values]
    if several:
        yield "difference", "number", [_difference(value, look) for value in values]
    if any(value.skill is not None for value in values):
        yield "best constant", "number", [_number(value.skill and value.skill.value, look) for value in values]
        yield "skill", "number", [_number(value.skill and value.skill.skill, look) for value in values]


def _value(value: Value, look: Look) -> str:
    return "refused" if value.refused else "~" * value.approximate + short(value.value, look.digits)


def _number(number: float | None, look: Look) -> str:
    """A number that may not be known."""
    return "" if number is None or math.isnan(number) else short(number, look.digits)


def _difference(value: Value, look: Look) -> str:
    """How much more than exact a value is; nothing where that is no more than rounding."""
    if value.exact is None or math.isnan(value.exact) or not value.reasons:
        return ""
    return short(value.value - value.exact, look.digits)


def _unlike(result: Result, look: Look) -> Iterator[str]:
    """Why values over all rows are not the exact ones, or are none."""
    for label, text in refusals(result):
        yield f"{label}: {text}" if len(result.inputs) > 1 else text
    for value in result.values:
        if value.group is None and value.reasons:
            name = f"{value.input}: {value.text}" if len(result.inputs) > 1 else value.text
            *first, last = value.reasons
            yield from (f"{name}: {reason}" for reason in first)
            yield f"{name}: {last}; {exact_beside(value, look.digits)}"


def refusals(result: Result) -> Iterator[tuple[str, str]]:
    """For each input which conventions have no value, and why; those of one reason together."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for value in result.values:
        if value.refused:
            found.setdefault((value.input, value.text, value.refused), []).append(value.like)
    for (label, text, why), (*first, last) in found.items():
        likes = f"{', '.join(first)} and {last} have" if first else f"{last} has"
        yield label, f"{text}: {likes} no number: {why}"


def exact_beside(value: Value, digits: int) -> str:
    """The exact value beside one under a convention, in so many digits that the two differ.

    >>> from lossctl.results import Value
    >>> exact_beside(Value("a", "mse", "mse", {}, None, "keras", "mean", None, 1, 1.0, 1.25, 1.250000001), 6)
    'exact is 1.250000001'
    """
    if value.exact is None or math.isnan(value.exact):
        return "exact takes no such values"
    while digits < MOST_DIGITS and short(value.value, digits) == short(value.exact, digits):
        digits += 1
    return f"exact is {short(value.exact, digits)}"


def _checks(result: Result, checks: Sequence[Check], look: Look) -> Iterator[tuple[str, Kind, list[str]]]:
    from lossctl.render.sentences import STATUS, gap, numbers  # tables of values are faster without

    yield "status", "text", [STATUS[check.status] for check in checks]
    yield "gate", "text", [check.name for check in checks]
    if len(result.inputs) > 1:
        yield "input", "text", [check.input for check in checks]
    for group in dict.fromkeys(group for check in checks for group in check.group or ()):
        yield group, "text", [group_cell(check.group, group) for check in checks]
    pairs = [numbers(check, look) for check in checks]
    yield "value", "number", [value for value, _ in pairs]
    yield "limit", "number", [limit for _, limit in pairs]
    yield "margin", "number", [gap(check.margin, look) for check in checks]
    if any(check.p_adjusted is not None for check in checks):
        chances = [check.p_adjusted for check in checks]
        yield "p", "number", ["" if one is None else short(one, min(look.digits, 2)) for one in chances]
    if any(check.row is not None for check in checks):
        yield "row", "number", ["" if check.row is None else str(check.row) for check in checks]


def _remarks(verdict: Verdict, look: Look) -> Iterator[str]:
    """What the cells of broken and undecided gates do not say."""
    from lossctl.render.sentences import STATUS, rows

    others = verdict.ranked[1:]  # the sentence about the whole tells the first
    said = [check for check in others if check.reason or check.how_many]
    for check in said[:_MOST_REMARKS]:
        text = f": {check.reason}" if check.reason else f" of {check.input}: {rows(check)}"
        yield f"{STATUS[check.status]} {check.name}{text}"
    chance = sum(check.status == "pass" and check.margin is not None and check.margin < 0 for check in verdict.checks)
    if chance and len(verdict.checks) > 1:
        yield f"{count(chance, 'gate holds', 'gates hold')} beyond the limit: by the paired test that may be chance"
    tested = sum(check.p_adjusted is not None for check in verdict.checks)
    if tested and len(verdict.checks) > 1:
        over = f", adjusted for {tested:,} gates (Holm)" if tested > 1 else ""
        yield f"p is of a two-sided paired test{over}; beyond the limit a gate is broken where p is at most 0.05"
    if len(said) > _MOST_REMARKS:
        yield f"and {count(len(said) - _MOST_REMARKS, 'more gate')}, which -f json tells of"


def _compared(result: Result, look: Look) -> list[Grid]:
    from lossctl.render.comparisons import carried, columns, reasons, sentences  # tables of values are faster without

    remarks = [*sentences(result.comparisons, look), *_unlike(result, look)]
    tables = [_grid(columns(result.comparisons, look), look, remarks=remarks)]
    if any(value.skill is not None for value in result.values):
        tables.append(_grid(_values(result, look, result.values, "value"), look))
    for about in dict.fromkeys((reason.new, reason.loss) for reason in result.reasons):
        rows = [reason for reason in result.reasons if (reason.new, reason.loss) == about]
        title, remark = carried(rows, result, look)
        tables.append(_grid(reasons(rows, look), look, title, [remark]))
    return tables


def _groups(result: Result, look: Look) -> Iterator[tuple[str, Kind, list[str]]]:
    values = [value for value in result.values if value.within is not None]
    within = [value.within for value in values if value.within is not None]
    yield from _values(result, look, values, "mean")
    yield from _shares([one.share for one in within], look)
    yield "worst row", "number", [str(one.worst) for one in within]
    if any(one.id is not None for one in within):
        yield "id", "text", [one.id or "" for one in within]


def _summary(result: Result, look: Look) -> Iterator[tuple[str, Kind, list[str]]]:
    spread = result.summary
    if len(result.inputs) > 1:
        yield "input", "text", [one.input for one in spread]
    yield "loss", "text", [one.text for one in spread]
    yield "n", "number", [str(one.n) for one in spread]
    for name in ("mean", "min", "median", "p90", "p99", "max"):
        numbers = [short(getattr(one, name), look.digits) for one in spread]
        if name in {"median", "p90", "p99"}:
            numbers = ["~" + text if one.approximate else text for one, text in zip(spread, numbers, strict=True)]
        yield name, "number", numbers
    yield "min to max", "bars", [_bars(one, look) for one in spread]


def _bars(one: Summary, look: Look) -> str:
    """The histogram as a line of bars: a part that holds any row shows at least the lowest."""
    marks = _BLOCKS if look.unicode else _MARKS
    most = max(one.histogram)
    return "".join(marks[(count * len(marks) - 1) // most] if count else " " for count in one.histogram)


def _carried(result: Result, look: Look) -> Iterator[str]:
    """For each loss how much of it the worst rows carry."""
    from lossctl.rows import worst_rows  # tables of values are faster without

    for one in result.summary:
        name = f"{one.input}: {one.text}" if len(result.inputs) > 1 else one.text
        worst, tenth = one.shares["0.01"], one.shares["0.1"]
        if one.infinite and worst is None:
            yield f"{name}: {count(one.infinite, 'row is', 'rows are')} not finite, so no row has a share of the total"
        elif worst is not None and tenth is not None:
            about = "about " if one.approximate else ""
            yield (
                f"{name}: the worst 1 % of rows ({worst_rows(one.n, '0.01'):,}) carry {about}{percent(worst, look)} % "
                f"of the total, the worst 10 % ({worst_rows(one.n, '0.1'):,}) {about}{percent(tenth, look)} %"
            )


def _parts(result: Result, look: Look) -> Iterator[tuple[str, Kind, list[str]]]:
    """What each term of the weighted sums adds to the mean."""
    parts = [(one, part) for one in result.summary for part in one.parts]
    if len(result.inputs) > 1:
        yield "input", "text", [one.input for one, _ in parts]
    yield "loss", "text", [one.text for one, _ in parts]
    yield "term", "text", [part.term for _, part in parts]
    yield "mean", "number", [short(part.mean, look.digits) for _, part in parts]
    yield from _shares([part.share for _, part in parts], look)


def _rows(result: Result, look: Look) -> Iterator[Grid]:
    for layout in dict.fromkeys(row.layout for row in result.rows):
        rows = [row for row in result.rows if row.layout == layout]
        used = next(record.used for record in result.inputs if record.label == layout.input)
        whose = f" of {layout.input}" if layout.several else ""
        worst = "the worst" if len(rows) == 1 else f"the {len(rows):,} worst"
        title = f"{worst} of {count(used, 'row')}{whose} by {layout.losses[0]}"
        yield _grid(_row_columns(layout, rows, look), look, title if rows[0].shares else whose.removeprefix(" of "))


def _row_columns(layout: Layout, rows: Sequence[Row], look: Look) -> Iterator[tuple[str, Kind, list[str]]]:
    yield "row", "number", [str(row.row) for row in rows]
    if layout.id:
        yield "id", "text", [row.id or "" for row in rows]
    guesses = [row.guess for row in rows]
    if any(guesses):
        yield "true class", "text", [cell(row.guess.true if row.guess else row.inputs[0], look) for row in rows]
        yield "p(true)", "number", ["" if one is None else short(one.probability, look.digits) for one in guesses]
        yield "top class", "text", ["" if one is None else cell(one.top, look) for one in guesses]
        yield "p(top)", "number", ["" if one is None else short(one.most, look.digits) for one in guesses]
    else:
        for index, (name, _) in enumerate(layout.roles):
            cells = [row.inputs[index] for row in rows]
            kind: Kind = "number" if all(isinstance(cell, (int, float)) for cell in cells) else "text"
            yield name, kind, [cell(each, look) for each in cells]
    if rows[0].weight is not None:
        yield "weight", "number", [short(row.weight or 0.0, look.digits) for row in rows]
    for index, text in enumerate(layout.losses):
        yield text, "number", [short(row.losses[index], look.digits) for row in rows]
        if rows[0].shares:
            yield from _shares([row.shares[index] for row in rows], look)
    for index, text in enumerate(layout.grads):
        yield from _grads(layout.grad_name(text), [row.grads[index] for row in rows], guesses, look)
    parts = {text: index for index, text in enumerate(layout.parts) if text not in layout.losses}
    for text, index in parts.items():
        yield text, "number", [short(row.parts[index], look.digits) for row in rows]


def _grads(
    name: str, grads: Sequence[Cells], guesses: Sequence[Guess | None], look: Look
) -> Iterator[tuple[str, Kind, list[str]]]:
    """The derivatives of rows; of rows of classes those by the classes that are shown."""
    if any(guesses):
        for place, which in enumerate(("true", "top")):
            cells = [
                cell(grad[guess.at[place]], look) if guess is not None and isinstance(grad, tuple) else ""
                for grad, guess in zip(grads, guesses, strict=True)
            ]
            yield f"{name}({which})", "number", cells
    else:
        kind: Kind = "text" if isinstance(grads[0], tuple) else "number"
        yield name, kind, [cell(grad, look) for grad in grads]


def _shares(shares: Sequence[float | None], look: Look) -> Iterator[tuple[str, Kind, list[str]]]:
    """A column of shares, where there is any."""
    if any(share is not None for share in shares):
        yield "share %", "number", [percent(share, look) for share in shares]


def cell(cells: Cells, look: Look) -> str:
    """What a row holds for one role, as text."""
    if isinstance(cells, tuple):
        return _named([cell(each, look) for each in cells])
    if cells is None:
        return ""
    return short(cells, look.digits) if isinstance(cells, float) else str(cells)


def percent(share: float | None, look: Look) -> str:
    """A share in hundredths, of three digits at most: it is for the eye."""
    return "" if share is None else short(100 * share, min(look.digits, 3))


def group_cell(group: Group | None, name: str) -> str:
    """The part of a group that a column makes."""
    if group is None:
        return ALL_ROWS
    part = group.get(name)
    return "" if part is None else str(part)


def footer(result: Result, look: Look) -> list[str]:
    """For each input the columns taken and the rows set aside, then the reduction where it is not the usual one."""
    lines = [_shown(about(record), look) for record in result.inputs]
    likes = dict.fromkeys(value.like for value in result.values)
    reductions = dict.fromkeys(value.reduction for value in result.values)
    if {*reductions} - {"mean"} or {*likes} - {"exact"}:
        lines.append(f"reduction {', '.join(reductions)}, convention{'s' if len(likes) > 1 else ''} {', '.join(likes)}")
    return lines


def set_aside(record: Input) -> str:
    """How many rows of an input count, and what became of the others.

    >>> from lossctl.results import Input
    >>> set_aside(Input("a.csv", "a.csv", 10, 8, 2, 0, {}))
    '8 of 10 rows used, 2 dropped for a missing cell'
    """
    if not record.rows:
        return "no rows"
    if record.used == record.rows:
        return f"{'the only row' if record.rows == 1 else f'all {record.rows:,} rows'} used"
    parts = [f"{record.filtered:,} left out by --where"] if record.filtered else []
    parts += [f"{record.dropped:,} dropped for a missing cell"] if record.dropped else []
    return f"{record.used:,} of {count(record.rows, 'row')} used, {', '.join(parts)}"


def taken(record: Input) -> str:
    """The columns of an input by role.

    >>> from lossctl.results import Input
    >>> taken(Input("a", "a", 1, 1, 0, 0, {"y_true": ("label",), "y_pred": ("p_0", "p_1"), "weight": ("w",)}))
    'y_true is label, y_pred is p_0, p_1, weight is w'
    """
    return ", ".join(f"{_ROLES.get(role, role + ' is')} {_named(names)}" for role, names in record.columns.items())


def about(record: Input) -> str:
    """An input, its rows and its columns in one line."""
    file = "standard input" if record.path == "-" else record.path
    label = file if record.label in {"-", file} else record.label
    inside = [] if file in {None, label} else [file]
    inside += [] if record.parts is None else [count(record.parts, "part")]
    about = f" ({', '.join(inside)})" if inside else ""
    parts = [f"{label or file}{about}: {set_aside(record)}"]
    parts += [taken(record)] if record.path is not None and record.columns else []
    parts += [f"classes {_named(record.classes)}"] if record.classes else []
    return "; ".join([*parts, *record.notes])


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{names[0]}, {names[1]} … {names[-1]} ({len(names)})"
