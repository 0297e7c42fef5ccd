"""`lossctl check`: gates on losses, for CI."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, cast

import typer  # noqa: TC002 — annotations are read at run time

from lossctl.cli import options as opt
from lossctl.cli.config import told_with_place
from lossctl.errors import NoRowsError, UsageError, about

if TYPE_CHECKING:
    from lossctl.aggregates.mean import Reduction
    from lossctl.analysis.gates import Baseline, Gates, Seen
    from lossctl.cli.inputs import Job
    from lossctl.readers.table import Source
    from lossctl.results import Result
    from lossctl.verdict import Check, Verdict


@opt.grouped
@told_with_place
def check(
    files: opt.FilesArgument = None,
    *,
    max: opt.MaxOption = None,
    min: opt.MinOption = None,
    max_row: opt.MaxRowOption = None,
    min_skill: opt.MinSkillOption = None,
    min_rows: opt.MinRowsOption = "",
    baseline: opt.BaselineOption = "",
    tolerance: opt.ToleranceOption = None,
    significant: opt.SignificantOption = False,
    report: opt.ReportOption = None,
    isolated: opt.IsolatedOption = False,  # noqa: ARG001 — its callback has read the settings
    context: typer.Context,
    data: opt.Data,
    reduction: opt.ReductionOption = "mean",
    output: opt.Output,
) -> int:
    """Hold the losses of files to limits: exit code 1 when one is broken, 3 when one cannot be decided.

    lossctl check preds.csv --max mse=0.1 --max-row huber=5

    lossctl check preds.csv --baseline main.json --tolerance mse=2%
    """
    from lossctl.analysis.gates import gates, wish
    from lossctl.cli import output as out
    from lossctl.cli.config import is_set, origins
    from lossctl.cli.inputs import choice
    from lossctl.plan import REDUCTIONS
    from lossctl.render import FORMATS, VERDICTS

    files = files or (context.default_map or {}).get("files")  # the library gives arguments no such defaults
    if output.json and is_set(context, "format"):
        output = output._replace(format="")
    if output.verbose:
        given = {"files": files, "max": max, "min": min, "max_row": max_row}
        given |= {"min_skill": min_skill, "min_rows": min_rows}
        given |= {"baseline": baseline, "tolerance": tolerance, "significant": significant}
        given |= {"report": report, **data._asdict()}
        out.tell(origins(context, {**given, "reduction": reduction, **output._asdict()}))
    read = [*(files or []), data.truth, baseline]
    to = out.target(output, read, [*FORMATS, *VERDICTS])
    reports = out.reports(report or [], to, output, read)
    reduced = cast("Reduction", choice(reduction, "--reduction", REDUCTIONS))
    given_limits = {"max": max, "min": min, "max-row": max_row, "min-skill": min_skill, "tolerance": tolerance}
    wishes = [wish(gate, text) for gate, texts in given_limits.items() for text in texts or ()]
    with ExitStack() as opened:
        with about("baseline"):
            baseline_result = _earlier(files or [], baseline, data, opened)
        if significant:
            with about("significant"):
                _refuse_unpaired(files or [], baseline, baseline_result, reduced, data)
        losses = (
            None
            if not baseline
            else []
            if baseline_result is None
            else [value.text for value in baseline_result.values]
        )
        asked = gates(wishes, min_rows, data.like, losses)
        verdict, result = (
            _tested(asked, baseline, files or [], data, opened)
            if significant
            else _judged(asked, baseline, baseline_result, files or [], data, reduced, opened)
        )
    out.report(replace(result, verdict=verdict), to, reports)
    return verdict.exit_code


def _earlier(files: list[str], baseline: str, data: opt.Data, opened: ExitStack) -> Result | None:
    """The earlier result that the baseline is; None where there is none, or it holds predictions."""
    from lossctl.readers.earlier import earlier
    from lossctl.readers.locate import label_and_path

    inputs = files or ([] if data.y_true or data.y_pred else ["-"])
    piped = [label_and_path(name)[1] == "-" for name in (baseline, data.truth, *inputs)]
    if piped[0] and any(piped[1:]):
        raise UsageError("standard input is the baseline and an input", help="it can be read once")
    found = earlier(baseline, opened) if baseline else None
    if baseline and found is None and piped[1]:
        raise UsageError("standard input is the truth of the input and of the baseline", help="it can be read once")
    return found


def _judged(
    asked: Gates,
    baseline: str,
    baseline_result: Result | None,
    files: list[str],
    data: opt.Data,
    reduction: Reduction,
    opened: ExitStack,
) -> tuple[Verdict, Result]:
    """The verdict where values are held to limits."""
    from lossctl.analysis.gates import judged, not_checked, other_rows
    from lossctl.cli.inputs import collected
    from lossctl.verdict import Verdict

    with about("files"):
        job = collected(asked.requests, files, data, opened)
    baselines: list[Baseline | None] = []
    if baseline and baseline_result is None:
        with about("baseline"):
            other = collected(asked.requests, [baseline], data, opened)
        baselines = [_baseline(one) for one in _seen(other.sources[0], other, asked, reduction, data, opened)]
    checks: list[Check] = []
    results: list[Result] = []
    for source in job.sources:
        found = _seen(source, job, asked, reduction, data, opened)
        if baseline_result is not None:
            baselines = [_chosen(baseline_result, baseline, seen) for seen in found]
        for seen, limits in zip(found, baselines or [None] * len(found), strict=True):
            checks += judged(asked, seen, limits)
            results.append(seen.result.noted(() if limits is None else other_rows(seen, limits)))
        results[-1] = results[-1].noted(source.notes())
    if baseline_result is not None:
        labels = {record.label for one in results for record in one.inputs}
        results[-1] = results[-1].noted(not_checked(baseline_result, _named(baseline), labels))
    return Verdict(tuple(checks)), reduce(add, results)


def _seen(
    source: Source, job: Job, asked: Gates, reduction: Reduction, data: opt.Data, opened: ExitStack
) -> list[Seen]:
    """What the gates are judged by, for each model of an input."""
    from lossctl.analysis.gates import Seen
    from lossctl.cli.inputs import folded, label, misread, models, path_of
    from lossctl.guard import Guard
    from lossctl.results import Input, Result

    try:
        found = models(source, job, reduction)
    except NoRowsError as error:
        inputs = [Input(label(source, job, name), path_of(source), 0, 0, 0, 0, {}) for name in job.y_pred or [""]]
        return [Seen(Result("check", (record,)), emptiness=error.message) for record in inputs]
    guards = [Guard.of(model.plan, asked) for model in found]
    totals = folded(guards, source, found, opened)
    command = ("compute", *(["--reduction", reduction] if reduction != "mean" else []))  # which shows what is mended
    seen = []
    for model, guard, known in zip(found, guards, totals, strict=True):
        one = guard.seen(model.label, model.path, model.header, known, counted=asked.only_counts)
        seen.append(one._replace(result=one.result.noted(misread(model, known.totals, data, command))))
    return seen


def _refuse_unpaired(
    files: list[str], baseline: str, baseline_result: Result | None, reduction: Reduction, data: opt.Data
) -> None:
    """Refuse --significant where there are no pairs of rows."""
    if not baseline or baseline_result is not None:
        raise UsageError(
            "--significant holds row against row, and "
            + (f"{baseline} is an earlier result" if baseline else "there is no --baseline"),
            help="--baseline old.csv names the predictions of another model for the same rows",
        )
    if not files:
        raise UsageError(
            "--significant takes files, and none is named", help="standard input is -, and values have no files"
        )
    if len(data.y_pred or ()) > 1:
        raise UsageError("--significant takes one -p, which names a column of each file", help="give each -p by itself")
    if reduction != "mean":
        raise UsageError(f"--significant is about means, not about {reduction}", help="--reduction mean is the default")


def _tested(asked: Gates, baseline: str, files: list[str], data: opt.Data, opened: ExitStack) -> tuple[Verdict, Result]:
    """The verdict where the rows of files are paired with those of the baseline, in one pass over all."""
    from lossctl.analysis.gates import Baseline, Seen, judged
    from lossctl.cli.compare import side_by_side
    from lossctl.cli.inputs import collected, misread, path_of
    from lossctl.comparisons import CODES
    from lossctl.engines.local import fold
    from lossctl.guard import Guard
    from lossctl.pairing import Options, Pairing, shared
    from lossctl.readers.columns import assembled
    from lossctl.results import Input, Result
    from lossctl.verdict import Verdict

    with about("baseline"):
        job = collected(asked.requests, [baseline], data, opened)
    with about("files"):
        news = collected(asked.requests, files, data, opened).sources
    job = job._replace(sources=[*job.sources, *news])
    try:
        source, found = side_by_side(job, data, why=False)
    except NoRowsError as error:
        checks: list[Check] = []
        inputs = [Input(one.label, path_of(one), 0, 0, 0, 0, {}) for one in news]
        for record in inputs:
            checks += judged(asked, Seen(Result("check", (record,)), emptiness=error.message), Baseline(baseline, ()))
        return Verdict(tuple(checks)), Result("check", tuple(inputs))
    plans = [
        model.plan._replace(specs=tuple(model.plan.specs[place] for place in asked.on_baseline), weightless=True)
        for model in found
    ]
    models = [model._replace(plan=plan) for model, plan in zip(found, plans, strict=True)]
    pairing = Pairing.of(models, Options(), asked.tolerances)
    guards = [Guard.of(model.plan, asked) for model in found]
    batches = opened.enter_context(closing(assembled(source, [model.plan.binding for model in found])))
    asks: list[Any] = [pairing, *guards]  # of several kinds, each with its own part of the rows
    paired, *known = fold(asks, ((rows, *rows) for rows in map(shared, batches)))
    base, *seen = [
        guard.seen(model.label, model.path, model.header, one, counted=asked.only_counts)
        for model, guard, one in zip(found, guards, known, strict=True)
    ]
    compared = Result("check") if base.emptiness else pairing.result(paired)
    told = {*CODES} - {"no-spread"}  # which is the reason of each gate that it leaves undecided
    checks, results = [], []
    for one, model, totals in zip(seen, found[1:], known[1:], strict=True):
        checks += judged(asked, one, _baseline(base)._replace(comparisons=compared.comparisons))
        doubts = tuple(note for note in compared.warnings if note.code in told and note.input == model.label)
        results.append(one.result.noted(misread(model, totals.totals, data, ("compute",)) + doubts))
    results[-1] = results[-1].noted(source.notes())
    return Verdict(tuple(checks)), reduce(add, results)


def _baseline(seen: Seen) -> Baseline:
    from lossctl.analysis.gates import Baseline

    (record,) = seen.result.inputs
    return Baseline(record.path or record.label, seen.result.values, record, seen.emptiness)


def _chosen(baseline_result: Result, path: str, seen: Seen) -> Baseline:
    from lossctl.analysis.gates import chosen

    (record,) = seen.result.inputs
    return chosen(baseline_result, _named(path), record.label)


def _named(path: str) -> str:
    return "standard input" if path == "-" else path
