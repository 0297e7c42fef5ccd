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
    from lossctl.plan import Model, Totals
    from lossctl.readers.table import Source
    from lossctl.results import Result, Value

_MOST = "5"
_NEAREST = 3
_LONG = 1_000_000  # rows that take seconds
_USUAL = {"y_true", "y_pred"}


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
    from lossctl.trial import Trial

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
        trial = Trial.of(model.plan)
        watch = None if output.quiet else _watch(len(model.plan.specs))
        (known,) = folded([trial], source, [model], opened, watch)
    values, record = _values(model, trial.whole(known), weighted=bool(data.weight))
    unusual = ranks(every())
    matches = explained(values, number, unusual)[: int(top or _MOST)]
    shown = matches or nearest(values, number, unusual)[:_NEAREST]
    emit(
        Identification(
            number.text,
            len(values),
            bool(matches),
            tuple(_explained(match, file, data, grouped=_grouped(match.value, record)) for match in shown),
            record.inputs,
            (*(note for note in record.warnings if note.code != "refused"), *source.notes()),
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
    from lossctl.losses.declare import every
    from lossctl.readers.columns import find_others, plain_name

    (model,) = models(source, job._replace(requests=_requests({})), "mean")
    header = source.header()
    asked = asked_of(job, header, *(job.y_pred or [""]))
    roles = [role for role in dict.fromkeys(role for loss in every() for role in loss.roles) if role not in _USUAL]
    others = find_others(header, asked, source.path, roles).roles
    columns = {role: [column.name for column in found] for role, found in others.items()}
    columns |= {role: [*map(plain_name, names)] for role, names in model.plan.binding.roles.items()}
    (model,) = models(source, job._replace(requests=_requests(columns)), "mean")
    return model


def _requests(columns: Mapping[str, Sequence[str]]) -> list[Request]:
    """Each loss with each of its usual parameters, under each convention that has it."""
    from lossctl.analysis.identify import tried
    from lossctl.losses.conventions import CONVENTIONS
    from lossctl.losses.declare import every
    from lossctl.losses.spec import parse

    return [
        request._replace(optional=True)
        for loss in every()
        for text in tried(loss, columns)
        for like, rows in CONVENTIONS.items()
        if like == "exact" or loss.name in rows
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
    return values, results[0]


def _grouped(value: Value, record: Result) -> bool:
    """Whether a value is told among those of its groups only: no option keeps what misses a cell, or all but that."""
    if value.group is not None:
        return None in value.group.values()
    return any(one.dropped for one in record.inputs)


def _explained(match: Match, file: str, data: opt.Data, *, grouped: bool) -> Explained:
    from lossctl.cli.inputs import repeated
    from lossctl.identification import Explained

    value = match.value
    words = [*(["--like", value.like] if value.like != "exact" else [])]
    words += ["--reduction", value.reduction] if value.reduction != "mean" else []
    options = list(repeated(data, () if grouped else {"by"}))
    for name, part in () if grouped else (value.group or {}).items():
        options += ["--where", f"{name}={part}"]
    path = f"./{file}" if file.startswith("-") and file != "-" else file
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
