"""Gates: what is asked of losses, and what becomes of it. Pure functions of results."""

from __future__ import annotations

import math
import re
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from lossctl.analysis.comparison import out_of_reach
from lossctl.errors import InputError, UsageError, count, listed, quoted
from lossctl.losses.spec import ALL, parse
from lossctl.results import Warn, param_text
from lossctl.verdict import Check, Op, Status, group_text

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from lossctl.aggregates.beyond import Beyond
    from lossctl.comparisons import Comparison
    from lossctl.losses.spec import Request
    from lossctl.results import Group, Input, Result, Value

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COUNTING = ("mse", "bce", "cce", "sparse_cce")  # one loss for each way in which cells are read
_EXAMPLES = {"max": "mse=0.1", "min": "mse=0.1", "max-row": "huber=5", "min-skill": "bce=0.1", "tolerance": "mse=2%"}


class Wish(NamedTuple):
    """What one option says: `mse` and `0.1` of `--max mse=0.1`.

    Attributes:
        gate: `max`, `min`, `max-row`, `min-skill`, or `tolerance` of a baseline.
        loss: the LOSS.
        limit: the number as it was written.
    """

    gate: str
    loss: str
    limit: str


class Tolerance(NamedTuple):
    """By how much a value may be above that of the baseline.

    Attributes:
        amount: at least 0.
        relative: whether it is a part of the size of the baseline's value.
    """

    amount: Fraction = Fraction(0)
    relative: bool = False

    def above(self, value: float) -> float:
        """The largest value allowed beside a finite one of the baseline, rounded once."""
        base = Fraction(value)
        limit = base + (abs(base) * self.amount if self.relative else self.amount)
        return float(min(limit, Fraction(sys.float_info.max)))  # what is finite is not above that anyway


class Gate(NamedTuple):
    """One gate.

    Attributes:
        gate: `max`, `min`, `max-row`, `min-skill`, `min-rows` or `baseline`.
        place: which of the losses it is on.
        written: that loss before the shapes of the data have picked one; empty for a count of rows.
        shown: the limit or the tolerance as it was written; empty for a baseline without a tolerance.
        limit: the limit; of a baseline it comes from there.
        tolerance: of a baseline.
    """

    gate: str
    place: int
    written: str
    shown: str
    limit: float
    tolerance: Tolerance = Tolerance()

    @property
    def op(self) -> Op:
        """How a value must stand to the limit."""
        return ">=" if self.gate.startswith("min") else "<="

    def name(self, text: str) -> str:
        """The gate as a line, for a loss of this text."""
        if self.gate == "baseline":
            return f"{text}<=baseline" + (f"+{self.shown}" if self.shown else "")
        subject = {"max-row": f"max-row {text}", "min-skill": f"skill {text}", "min-rows": "rows"}.get(self.gate, text)
        return f"{subject}{self.op}{self.shown}"


class Gates(NamedTuple):
    """What is asked: the losses, each once, and the gates on them."""

    requests: tuple[Request, ...]
    gates: tuple[Gate, ...]

    @property
    def limits(self) -> tuple[tuple[int, float], ...]:
        """The limits on the losses of rows: which of the losses, and the largest value allowed."""
        return tuple((gate.place, gate.limit) for gate in self.gates if gate.gate == "max-row")

    @property
    def skills(self) -> tuple[int, ...]:
        """Which of the losses have a gate on their skill."""
        return tuple(gate.place for gate in self.gates if gate.gate == "min-skill")

    @property
    def on_baseline(self) -> tuple[int, ...]:
        """Which of the losses have a gate whose limit is the baseline's."""
        return tuple(gate.place for gate in self.gates if gate.gate == "baseline")

    @property
    def tolerances(self) -> tuple[Tolerance, ...]:
        """By how much each of these may be above the baseline."""
        return tuple(gate.tolerance for gate in self.gates if gate.gate == "baseline")

    @property
    def only_counts(self) -> bool:
        """Whether no gate is on a loss."""
        return all(gate.gate == "min-rows" for gate in self.gates)


class Seen(NamedTuple):
    """One model of an input, all of its rows read.

    Attributes:
        result: the values of the losses and what became of the rows.
        texts: each loss as the user may write it again; empty where nothing told the shapes.
        beyond: for each limit on the losses of rows what it makes of them.
        emptiness: why there are no values, a sentence without its end; else empty.
    """

    result: Result
    texts: tuple[str, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    emptiness: str = ""


class Baseline(NamedTuple):
    """What an input is compared with.

    Attributes:
        path: the file as messages name it.
        values: the values of losses; none where no rows count.
        record: what became of its rows; None where that is not told.
        emptiness: why there are no values; else empty.
        comparisons: of all inputs with their limits, row by row, where a paired test decides; None where it does not.
    """

    path: str
    values: tuple[Value, ...]
    record: Input | None = None
    emptiness: str = ""
    comparisons: tuple[Comparison, ...] | None = None


def wish(gate: str, text: str) -> Wish:
    """The parts of `LOSS=X`, which its last `=` divides.

    Args:
        gate: `max`, `min`, `max-row`, `min-skill` or `tolerance`.
        text: the text.

    Raises:
        UsageError: it has no two parts.
    """
    option = f"--{gate}"
    loss, equals, limit = (part.strip() for part in text.rpartition("="))
    if not (loss and equals and limit):
        raise UsageError(
            f"{option} {quoted(text)} lacks {'a limit' if not equals or loss else 'a LOSS'}",
            help=_example(gate, python=False),
            options=(gate,),
        )
    if re.search(r":[^=,+]*$", loss):
        raise UsageError(
            f"{option} {quoted(text)} lacks a limit: the last = divides LOSS and limit, and {quoted(limit)} "
            "belongs to a parameter",
            help=f"write it like {option} huber:delta=2=0.5",
            options=(gate,),
        )
    if re.search(r"=[^:=\[\]]*,", loss):
        raise UsageError(
            f"{option} {quoted(text)} holds several limits", help=f"repeat {option} for each of them", options=(gate,)
        )
    return Wish(gate, loss, limit)


def gates(
    wishes: Sequence[Wish], min_rows: str, like: str, baseline: Sequence[str] | None = None, *, python: bool = False
) -> Gates:
    """What is asked.

    A baseline gates the losses that tolerances name; without these, those that limits name; without these, its own.

    Args:
        wishes: the limits and tolerances on losses.
        min_rows: how many rows an input must have; empty for any number.
        like: the convention.
        baseline: the losses of the baseline, empty where it will have those asked for; None without a baseline.
        python: whether messages name arguments of a call, not options.

    Raises:
        UsageError: nothing is asked, or something that does not exist, or twice.
    """

    def name(gate: str) -> str:
        return "tolerance" if gate == "baseline" else gate

    def option(gate: str) -> str:
        return name(gate).replace("-", "_") if python else f"--{name(gate)}"

    if like == ALL:
        raise UsageError(
            "gates take one convention, not all",
            help="lossctl compute LOSS FILE --like all shows each",
            options=("like",),
        )
    requests: list[Request] = []
    found: list[Gate] = []

    def add(gate: str, loss: str, shown: str, limit: float, tolerance: Tolerance) -> None:
        for request in parse(loss, like):
            if request.optional:
                raise UsageError(
                    f"{option(gate)} is on losses by name, and {quoted(ALL)} names none",
                    help=_example(gate, python=python),
                    options=(name(gate),),
                )
            if request not in requests:
                requests.append(request)
            place = requests.index(request)
            if any(other.gate == gate and other.place == place for other in found):
                raise UsageError(
                    f"{option(gate)} names {_text(request)} twice",
                    help="give each loss one limit",
                    options=(name(gate),),
                )
            found.append(Gate(gate, place, _text(request), shown, limit, tolerance))

    for gate, loss, limit in wishes:
        if gate != "tolerance":
            add(gate, loss, limit, _finite(gate, limit, python=python), Tolerance())
    tolerances = [wish for wish in wishes if wish.gate == "tolerance"]
    if baseline is None and tolerances:
        raise UsageError(
            f"{option('tolerance')} is beside a baseline, and there is none",
            help="the baseline is an earlier result, like base.json, or another file of predictions",
            options=("tolerance",),
        )
    for _, loss, limit in tolerances:
        add("baseline", loss, limit, math.nan, _tolerance(limit, python=python))
    if baseline is not None and not tolerances:
        limited = [_text(requests[gate.place]) for gate in found if gate.gate in {"max", "min"}]
        for loss in dict.fromkeys(limited or baseline):
            add("baseline", loss, "", math.nan, Tolerance())
        if not limited and not baseline:
            raise UsageError(
                "the baseline is a file of predictions, and no loss is named",
                help=_example("tolerance", python=python),
                options=("baseline",),
            )
    if min_rows:
        found.append(Gate("min-rows", -1, "", min_rows, _whole(option("min-rows"), min_rows)))
    if not found:
        raise UsageError("no gate is asked for", help=_example("max", python=python))
    if not requests:
        requests = [request for request in parse(ALL, like) if request.candidates[0].name in _COUNTING]
    return Gates(tuple(requests), tuple(found))


def judged(asked: Gates, seen: Seen, baseline: Baseline | None = None) -> Iterator[Check]:
    """What becomes of each gate on one model of an input, in the order of gates and groups.

    Raises:
        InputError: the baseline holds other losses, parameters, conventions, reductions or groups, or is weighted
            where this is not.
    """
    (record,) = seen.result.inputs
    if baseline is not None and baseline.record is not None:
        _refuse_other_weights(record, baseline.record, baseline.path)
    beyond = iter(seen.beyond)
    for gate in asked.gates:
        text = seen.texts[gate.place] if seen.texts and gate.written else gate.written
        values = [value for value in seen.result.values if value.text == text]
        start = Check(
            gate.gate,
            gate.name(text),
            record.label,
            record.path,
            values[0].loss if values else text or None,
            text,
            values[0].params if values else {},
            values[0].like if values else None,
            values[0].reduction if values and gate.gate != "max-row" else None,
            None,
            gate.op,
            None if gate.gate == "baseline" else gate.limit,
            None,
            "undecided",
        )
        if gate.gate == "min-rows":
            yield _decided(start._replace(value=record.used, limit=int(gate.limit)))
        elif seen.emptiness:
            yield start._replace(reason=seen.emptiness)
        elif gate.gate == "max-row":
            yield _of_rows(start, next(beyond))
        else:
            weightless = {_key(value.group): value.n for value in values if not value.weight}
            for check in _of_values(start, gate, values, baseline):
                if _key(check.group) in weightless:  # of which some frameworks tell a 0
                    whose = f"{'' if check.group is None else f'group {group_text(check.group)} of '}{check.input}"
                    weighs = f"the weights of {whose} add to 0"
                    none = weighs if weightless[_key(check.group)] else f"each row of {whose} misses a cell"
                    yield check._replace(status="undecided", reason=f"{none}, so no row is judged")
                else:
                    yield check


def _of_values(check: Check, gate: Gate, values: Sequence[Value], baseline: Baseline | None) -> Iterator[Check]:
    """The checks of a gate on the value of a loss, for each group."""
    if gate.gate == "baseline" and baseline is not None:
        yield from _beside(check, gate.tolerance, values, baseline)
    else:
        if not values:
            raise AssertionError("a gate on a loss has its value")
        for value in values:
            decided = _skilled if gate.gate == "min-skill" else _valued
            yield decided(check._replace(group=value.group), value)


def chosen(result: Result, path: str, label: str) -> Baseline:
    """The baseline that an earlier result is for an input: that of the same name, or its only one.

    Raises:
        InputError: it has several inputs, and none of that name.
    """
    labels = [record.label for record in result.inputs]
    if len(labels) > 1 and label not in labels:
        raise InputError(
            f"{path}: it holds {listed(labels)}, and none of them is called {quoted(label)}",
            help="label=path gives an input the name it has there",
        )
    own = label if len(labels) > 1 else None
    record = next((record for record in result.inputs if own in {None, record.label}), None)
    return Baseline(path, tuple(value for value in result.values if own in {None, value.input}), record)


def other_rows(seen: Seen, baseline: Baseline) -> tuple[Warn, ...]:
    """A note where the rows of an input cannot be those of its baseline."""
    (ours,), theirs = seen.result.inputs, baseline.record
    if theirs is None or seen.emptiness or baseline.emptiness or ours.used == theirs.used:
        return ()
    message = f"it has {count(ours.used, 'row')}, and in the baseline {baseline.path} it had {theirs.used:,}"
    return (Warn("other-rows", message, ours.label),)


def not_checked(baseline: Result, path: str, labels: Container[str]) -> tuple[Warn, ...]:
    """Notes on the inputs of an earlier result that no gate is on."""
    inputs = baseline.inputs if len(baseline.inputs) > 1 else ()
    left = (record.label for record in inputs if record.label not in labels)
    return tuple(Warn("not-checked", f"it is in the baseline {path}, and no gate is on it", label) for label in left)


def _refuse_other_weights(ours: Input, theirs: Input, path: str) -> None:
    if ours.columns and theirs.columns and ("weight" in ours.columns) != ("weight" in theirs.columns):
        words = ("are", "are not") if "weight" in theirs.columns else ("are not", "are")
        raise InputError(
            f"{path}: its rows {words[0]} weighted, and here they {words[1]}",
            help="make it again with the same --weight",
        )


def _decided(check: Check) -> Check:
    """The check with its status: raw values are compared, and a limit is allowed itself."""
    value, limit = check.value, check.limit
    if value is None or limit is None:
        raise AssertionError("what is decided has a value and a limit")
    if not math.isfinite(value):  # a comparison with NaN is false, and one with an infinity says nothing of the data
        return check._replace(reason=f"{check.subject} is {value!r}, and only a finite number can be judged")
    status: Status = "pass" if (value <= limit if check.op == "<=" else value >= limit) else "fail"
    return check._replace(status=status)


def _valued(check: Check, value: Value) -> Check:
    return _decided(check._replace(value=value.value))


def _skilled(check: Check, value: Value) -> Check:
    if value.skill is None:
        raise AssertionError("a gate on skill asks for it")
    check = check._replace(value=value.skill.skill)
    return check._replace(reason=value.skill.reason) if value.skill.reason else _decided(check)


def _of_rows(check: Check, beyond: Beyond) -> Check:
    """A finite loss above the limit breaks the gate for certain; else one that is not finite leaves it undecided."""
    kind = "above" if beyond.above.count or not beyond.unknown.count else "unknown"
    worst = beyond.first if kind == "unknown" else beyond.largest
    if not worst.rows:
        return check._replace(reason=f"no row of {check.input} has a weight")
    (row,) = worst.rows
    mentions = beyond.unknown if kind == "unknown" else beyond.above
    return _decided(
        check._replace(
            value=-row.less if row.known else math.nan, row=row.row, rows=mentions.first, how_many=mentions.count
        )
    )


def _beside(check: Check, tolerance: Tolerance, values: Sequence[Value], baseline: Baseline) -> Iterator[Check]:
    if baseline.emptiness:
        for value in values:
            yield check._replace(group=value.group, value=value.value, reason=baseline.emptiness)
        return
    bases: dict[_Key | None, Value] = {}
    for one in _same(baseline, values[0]):
        if _key(one.group) in bases:
            of_group = f" of group {group_text(one.group)}" if one.group else ""
            raise InputError(
                f"{baseline.path}: it holds {check.text}{of_group} twice",
                help="make it again, or leave out the value that does not count",
            )
        bases[_key(one.group)] = one
    columns = {name: None for value in values for name in value.group or {}}
    theirs = {name: None for base in bases.values() for name in base.group or {}}
    if columns and columns.keys() != theirs.keys():
        raise InputError(
            f"{baseline.path}: its values are {_grouped(theirs)}, and here {_grouped(columns)}",
            help="make it again with the same --by",
        )
    for value in values:
        each = check._replace(group=value.group, value=value.value)
        base = bases.pop(_key(value.group), None)
        if base is None:
            whose = "the overall row" if value.group is None else f"group {group_text(value.group)} of {value.input}"
            yield each._replace(reason=f"{whose} is not in the baseline {baseline.path}")
        elif not math.isfinite(base.value):
            yield each._replace(
                baseline=base.value,
                reason=f"{check.text} of the baseline {baseline.path} is {base.value!r}, and only a finite number can be judged",
            )
        else:
            decided = _decided(each._replace(baseline=base.value, limit=tolerance.above(base.value)))
            yield decided if baseline.comparisons is None else _tested(decided, tolerance, baseline.comparisons)
    for base in bases.values() if columns else ():
        if base.group is not None:
            group = group_text(base.group)
            yield check._replace(
                group=base.group,
                baseline=base.value,
                reason=f"group {group} is in the baseline {baseline.path} and not in {check.input}",
            )


def _tested(check: Check, tolerance: Tolerance, comparisons: Sequence[Comparison]) -> Check:
    """The check where what is above its limit breaks the gate only if a paired test says so."""
    wanted = check.input, check.text, _key(check.group)
    one = next(one for one in comparisons if (one.new, one.text, _key(one.group)) == wanted)
    if tolerance.relative and tolerance.amount and (check.baseline or 0.0) < 0:
        reason = (
            f"the baseline of {check.subject} is below 0, and no paired test tells of a part of that, but of an amount"
        )
        return check if check.status != "fail" else check._replace(status="undecided", reason=reason)
    check = check._replace(p_adjusted=one.p_adjusted)
    if check.status != "fail":
        return check
    above = f"that {check.subject} is above the {'limit' if tolerance.amount else 'baseline'}"
    if one.p_adjusted is None:
        return check._replace(status="undecided", reason=f"nothing tells how far it is chance {above}")
    if one.verdict == "worse":
        return check
    if out_of_reach(one, comparisons):  # what could not have been found is not ruled out
        few = f"{count(one.n, 'row')} {'is' if one.n == 1 else 'are'} too few for a paired test"
        of = f" of {count(one.comparisons, 'gate')}" if one.comparisons > 1 else ""
        return check._replace(status="undecided", reason=f"{few}{of}, so it may be chance {above}")
    return check._replace(status="pass")


def _same(baseline: Baseline, wanted: Value) -> list[Value]:
    """The values of the baseline that are of the same thing."""
    same = [base for base in baseline.values if _aspects(base) == _aspects(wanted)]
    if same:
        return same
    of_loss = [base for base in baseline.values if _aspects(base)["loss"] == _aspects(wanted)["loss"]]
    if not of_loss:
        names = dict.fromkeys(base.text for base in baseline.values)
        raise InputError(
            f"{baseline.path}: it holds no {wanted.text} but {listed(names)}",
            help="make it again with this loss, or name a loss that it holds",
        )
    nearest = min(of_loss, key=lambda base: sum(_differs(base, wanted).values()))
    what = next(name for name, differs in _differs(nearest, wanted).items() if differs)
    theirs, ours = _aspects(nearest)[what], _aspects(wanted)[what]
    raise InputError(
        f"{baseline.path}: {wanted.loss} has {what} {theirs} there, and {what} {ours} here",
        help="values of different things cannot be compared; make it again, or ask for what it holds",
    )


def _aspects(value: Value) -> Mapping[str, str]:
    """All that makes two values comparable, by its name."""
    terms = " + ".join(f"{float(term.weight)!r}*{term.loss} {_params(term.params)}" for term in value.terms or ())
    return {
        "loss": "+".join(term.loss for term in value.terms) if value.terms else value.loss,  # 0.5 is 0.50
        "parameters": _params(value.params),
        "terms": terms,
        "convention": value.like,
        "reduction": value.reduction,
    }


def _differs(one: Value, other: Value) -> Mapping[str, bool]:
    theirs, ours = _aspects(one), _aspects(other)
    return {name: theirs[name] != ours[name] for name in ours}


def _params(params: Mapping[str, object]) -> str:
    return ":".join(f"{name}={_param(value)}" for name, value in sorted(params.items()) if value is not None) or "none"


def _param(value: object) -> str:
    """A parameter as text, the same for 1 and 1.0: JSON written by others may have lost the point."""
    if isinstance(value, tuple):
        return "[" + ",".join(map(_param, value)) + "]"
    return repr(float(value)) if isinstance(value, int) and not isinstance(value, bool) else param_text(value)


_Key: TypeAlias = "tuple[tuple[str, str | int | float | None], ...]"


def _key(group: Group | None) -> _Key | None:
    return None if group is None else tuple(sorted(group.items()))


def _grouped(columns: Mapping[str, None]) -> str:
    return f"by {listed(columns)}" if columns else "of all rows alone"


def _text(request: Request) -> str:
    """A loss as the user may write it again, before the shapes of the data have picked one."""
    return "+".join(
        (f"{asked.weight}*" if asked.weight else "")
        + ":".join([asked.candidates[0].name, *("=".join(pair) for pair in asked.given)])
        for asked in request.asked
    )


def _finite(gate: str, text: str, *, python: bool) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise UsageError(
            f"a limit is a finite number, not {quoted(text)}", help=_example(gate, python=python), options=(gate,)
        )
    return number


def _tolerance(text: str, *, python: bool) -> Tolerance:
    digits = text.removesuffix("%").strip()
    number = float(digits) if _NUMBER.fullmatch(digits) else math.nan
    if not (math.isfinite(number) and number >= 0):
        raise UsageError(
            f"a tolerance is a number of at least 0, or a part like 2%, not {quoted(text)}",
            help=_example("tolerance", python=python),
            options=("tolerance",),
        )
    exact = Fraction(repr(number))  # as it was written: 2% is two hundredths, not the float beside it
    return Tolerance(exact / 100 if text.endswith("%") else exact, text.endswith("%"))


def _whole(option: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise UsageError(
            f"{option} is a whole number from 0 on, not {quoted(text)}",
            help="1000 asks for that many rows",
            options=("min-rows",),
        )
    return int(text)


def _example(gate: str, *, python: bool) -> str:
    """What to type."""
    gate = "tolerance" if gate == "baseline" else gate
    example = _EXAMPLES[gate]
    loss, _, limit = example.partition("=")
    if not python:
        return f"--{gate} {example}"
    return f"{gate.replace('-', '_')}={{{quoted(loss)}: {quoted(limit) if '%' in limit else limit}}}"
