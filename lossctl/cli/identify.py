"""`lossctl identify`: which loss, convention and reduction give a number."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING

from lossctl.cli import options as opt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lossctl.analysis.identify import Match
    from lossctl.batch import Batch
    from lossctl.cli.inputs import Job
    from lossctl.identification import Explained
    from lossctl.losses.spec import Request
    from lossctl.plan import Model, Plan, Totals
    from lossctl.readers.table import Source
    from lossctl.results import Result, Value

_MOST = "5"
_NEAREST = 3
_LONG = 1_000_000  # rows that take seconds
_USUAL = {"y_true", "y_pred"}
_NOTES = {"left-out", "positive-unseen"}  # others are of losses that only were tried


@opt.grouped
def identify(
    value: opt.ValueArgument = "",
    file: opt.FileArgument = "",
    *,
    top: opt.ExplanationsOption = "",
    data: opt.Data,
    output: opt.Output,
) -> None:
    """Print which loss, convention and reduction of the rows of a file give a number.

    lossctl identify 0.6931 preds.csv

    lossctl identify 18.26 preds.csv -t price -p forecast
    """
    from lossctl.analysis.identify import explained, nearest, ranks, wanted
    from lossctl.cli.inputs import collected, folded
    from lossctl.cli.output import emit, target
    from lossctl.errors import UsageError, quoted
    from lossctl.identification import Identification
    from lossctl.losses.declare import every
    from lossctl.losses.spec import parse
    from lossctl.trial import Trial, Trials, as_it_is

    to = target(output, [name for name in (file, data.truth) if name], Identification.FORMATS)
    if not value:
        raise UsageError("VALUE is missing", help="lossctl identify 0.6931 preds.csv")
    number = wanted(value)
    if not (top or _MOST).isdecimal() or int(top or _MOST) < 1:
        raise UsageError(
            f"--top is a whole number of at least 1, not {quoted(top)}", help="-k 20 shows 20 explanations"
        )
    if data.like != "exact":
        raise UsageError("identify tries each convention, so --like says nothing", help="leave it out")
    if len(data.y_pred or ()) > 1:
        raise UsageError("identify explains a number of one model, and -p is given twice", help="give -p once")
    with ExitStack() as opened:
        named = parse(",".join(loss.name for loss in every()))
        job = collected(named, [file] if file else [], data, opened)
        (source,) = job.sources
        model = _model(source, job)
        mistakes = _mistakes(model, source)
        plans = [model.plan, *(plan for plan, _ in mistakes.values())]
        trials = Trials(tuple(map(Trial.of, plans)), (as_it_is, *(turn for _, turn in mistakes.values())))
        watch = None if output.quiet else _watch(sum(len(plan.specs) for plan in plans))
        (known,) = folded([trials], source, [model], opened, watch)
    totals, *others = trials.whole(known)
    values, record = _values(model, totals, weighted=bool(data.weight))
    mistaken = {
        text: _mistaken(model._replace(plan=plan), other)
        for (text, (plan, _)), other in zip(mistakes.items(), others, strict=True)
    }
    unusual = ranks(every())
    classes = model.plan.binding.widths.get("y_pred", 1)
    matches = explained(values, number, unusual, mistaken, classes)[: int(top or _MOST)]
    shown = matches or nearest(values, number, unusual)[:_NEAREST]
    emit(
        Identification(
            number.text,
            len(values),
            bool(matches),
            tuple(
                _explained(match, file, _turned(data, match.reading, model, totals), _grouped(match.value, record))
                for match in shown
            ),
            record.inputs,
            (*(note for note in record.warnings if note.code in _NOTES), *source.notes()),
        ),
        to,
    )


def _watch(losses: int) -> Callable[[Sequence[Batch]], None]:
    """What says once why it takes long, when it does."""
    from lossctl.cli.output import tell

    begun, seen = monotonic(), 0

    def watch(batches: Sequence[Batch]) -> None:
        nonlocal seen
        before, seen = seen, seen + batches[0].rows
        if before < _LONG <= seen:
            tell(
                [
                    f"each row is tried with {losses} losses: {seen:,} rows took {monotonic() - begun:.1f} s [long-search]"
                ]
            )

    return watch


def _model(source: Source, job: Job) -> Model:
    """The model of an input, with all losses that are tried."""
    from lossctl.cli.inputs import asked_of, models
    from lossctl.losses.conventions import EXACT
    from lossctl.losses.declare import every
    from lossctl.readers.columns import find_others, plain_name
    from lossctl.skill import known_for

    (model,) = models(source, job._replace(requests=_requests({})), "mean")
    header = source.header()
    asked = asked_of(job, header, *(job.y_pred or [""]))
    roles = [role for role in dict.fromkeys(role for loss in every() for role in loss.roles) if role not in _USUAL]
    others, binding = find_others(header, asked, source.path, roles), model.plan.binding
    named = {role: ([column.name for column in found], others.width(role)) for role, found in others.roles.items()}
    named |= {role: ([*map(plain_name, names)], binding.widths[role]) for role, names in binding.roles.items()}
    # The values of a column of lists have no names.
    columns = {role: names if len(names) == width else [""] * width for role, (names, width) in named.items()}
    (model,) = models(source, job._replace(requests=_requests(columns)), "mean")
    specs = model.plan.specs
    plain = (place for place, spec in enumerate(specs) if spec.like == EXACT and spec.text == spec.name)
    skill = tuple(place for place in plain if known_for(specs[place]))
    return model._replace(plan=model.plan._replace(skill=skill))


def _requests(columns: Mapping[str, Sequence[str]]) -> list[Request]:
    """Each loss with each of its usual parameters, under each convention that has it."""
    from lossctl.analysis.identify import tried
    from lossctl.losses.conventions import CONVENTIONS
    from lossctl.losses.declare import every
    from lossctl.losses.spec import parse

    return [
        request._replace(optional=True)
        for loss in every()
        for like, rows in CONVENTIONS.items()
        if like == "exact" or loss.name in rows
        for text in tried(loss, columns, rows.get(loss.name))
        for request in parse(text, like)
    ]


def _values(model: Model, totals: Totals, *, weighted: bool) -> tuple[list[Value], Result]:
    """What the rows give under each reduction, and what became of the input."""
    from lossctl.losses.declare import get
    from lossctl.plan import REDUCTIONS

    results = [
        model.plan._replace(reduction=reduction).result("identify", model.label, model.path, model.header, totals)
        for reduction in REDUCTIONS
        if weighted or reduction in {"mean", "sum"}
    ]
    values = [
        value
        for result in results
        for value in result.values
        if value.reduction != "sum" or get(value.loss).finish is None
    ]
    untold = model.plan._replace(skill=())  # a skill below 0 is no surprise here
    return values, untold.result("identify", model.label, model.path, model.header, totals)


def _grouped(value: Value, record: Result) -> bool:
    """Whether a value is told among those of its groups only: no option keeps what misses a cell, or all but that."""
    if value.group is not None:
        return None in value.group.values()
    return any(one.dropped for one in record.inputs)


def _mistakes(model: Model, source: Source) -> dict[str, tuple[Plan, Callable[[Batch], Batch]]]:
    """What is often done to data by mistake, in words: the losses that tell it, and what it makes of rows."""
    from lossctl.analysis.identify import EXCHANGED, OPPOSITE
    from lossctl.kinds import TRUTH
    from lossctl.trial import exchanged, opposite

    plan = model.plan._replace(skill=())
    plain = [spec for spec in plan.specs if spec.text == spec.name and spec.terms[0].loss.plain]
    binding = plan.binding
    found: dict[str, tuple[Plan, Callable[[Batch], Batch]]] = {}
    numbers = {"number", "binary"} & binding.codings.get("y_true", frozenset()) and binding.positive is None
    if numbers and len({*binding.widths.values()}) == 1 and source.header().truth is None:
        uneven = [
            spec
            for spec in plain
            if not spec.terms[0].loss.claims & {"distance", "symmetric"}
            and {kind.coding for kind in spec.terms[0].loss.roles.values()} <= {"number", "binary"}
        ]
        found[EXCHANGED] = plan._replace(specs=tuple(uneven)), exchanged
    two = [spec for spec in plain if spec.terms[0].loss.roles["y_true"] == TRUTH]
    if two:
        found[OPPOSITE] = plan._replace(specs=tuple(two)), opposite
    return found


def _mistaken(model: Model, totals: Totals) -> Sequence[Value]:
    """What rows give that are not what they should be; nothing where no loss takes them."""
    from lossctl.errors import LossctlError

    try:
        return model.plan.result("identify", model.label, model.path, model.header, totals).values
    except LossctlError:
        return ()


def _turned(data: opt.Data, reading: str, model: Model, totals: Totals) -> opt.Data:
    """The options that make the mistake of a reading."""
    from lossctl.analysis.identify import EXCHANGED, OPPOSITE

    if reading == OPPOSITE:
        others = [label for label in totals.labels_seen if label[:1] != "\0"] if data.positive else ["0"]
        return data._replace(positive=others[0]) if len(others) == 1 else data
    if reading != EXCHANGED:
        return data
    true, pred = (",".join(model.plan.binding.roles[role]) for role in ("y_true", "y_pred"))
    if model.path is None:
        true, pred = data.y_true, (data.y_pred or [""])[0]
    return data._replace(y_true=pred, y_pred=[true])


def _explained(match: Match, file: str, data: opt.Data, grouped: bool) -> Explained:
    from lossctl.analysis.identify import SKILL
    from lossctl.cli.inputs import repeated
    from lossctl.identification import Explained

    value = match.value
    words = [*(["--like", value.like] if value.like != "exact" else [])]
    words += ["--reduction", value.reduction] if value.reduction != "mean" else []
    options = list(repeated(data, () if grouped else {"by"}))
    for name, part in () if grouped else (value.group or {}).items():
        options += ["--where", f"{name}={part}"]
    path = f"./{file}" if file.startswith("-") and file != "-" else file
    if match.reading == SKILL:
        words += ["--skill"]
    else:
        words += ["-f", "csv" if grouped and data.by else "value"]
    command = shlex.join(["lossctl", "compute", value.text, *([path] if path else []), *options, *words])
    return Explained(
        value.text,
        value.like,
        value.reduction,
        value.value,
        match.printed,
        match.reading,
        match.likes,
        value.reasons,
        command,
        value.group,
    )
