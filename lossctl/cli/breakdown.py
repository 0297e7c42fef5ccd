"""`lossctl breakdown`: where the loss sits."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial, reduce
from heapq import merge
from operator import add, attrgetter
from typing import TYPE_CHECKING

from lossctl.cli import options as opt
from lossctl.errors import UsageError, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lossctl.breakdown import Breakdown
    from lossctl.cli.output import Target
    from lossctl.plan import Scored
    from lossctl.results import Result
    from lossctl.rows import Layout, Row

_TOP = "10"
_MOST_DIGITS = 9


@opt.grouped
def breakdown(
    loss: opt.LossArgument = "",
    files: opt.FilesArgument = None,
    *,
    top: opt.TopOption = "",
    all: opt.AllOption = False,
    grad: opt.GradOption = False,
    data: opt.Data,
    output: opt.Output,
) -> None:
    """Print where losses sit: their spread, the worst rows, and what groups and terms add.

    lossctl breakdown mse preds.csv -k 20 --id id

    lossctl breakdown bce preds.csv --all --grad -f csv
    """
    from lossctl.breakdown import Breakdown, refuse_slopeless
    from lossctl.cli.inputs import folded, gathered, misread, models
    from lossctl.cli.output import emit, notes, target, written
    from lossctl.render import STREAMED

    most = _most(top, all=all)
    to = target(output, [*(files or []), data.truth])
    if data.by and to.format in {"csv", "tsv", "ndjson", "value"}:
        raise UsageError(
            f"-f {to.format} prints rows, and --by asks for groups", help="-f json has both; compute --by prints groups"
        )
    with ExitStack() as opened:
        job = gathered("breakdown", loss, files or [], data, opened)
        if all and any(request.optional for request in job.requests):
            raise UsageError(
                "LOSS all and --all do not go together: only the last row shows which losses fit every row",
                help="name the losses",
            )
        stream = _Stream(opened.enter_context(written(to)), to) if all and to.format in STREAMED else None
        held: list[Row] = []
        results: list[Result] = []
        found = [models(source, job, "mean") for source in job.sources]
        several = sum(map(len, found)) > 1
        if grad:
            refuse_slopeless([spec for each in found for model in each for spec in model.plan.specs])
        asked = [[Breakdown(model.plan, model.label, most, several, grad) for model in each] for each in found]
        if to.format in {"csv", "tsv"}:
            _refuse_other_columns([ask.layout for asks in asked for ask in asks])
        for source, each, asks in zip(job.sources, found, asked, strict=True):
            show = held.extend if stream is None else partial(stream.show, asks[0].layout)
            watch = _watch(asks, show) if all else None
            details = folded(asks, source, each, opened, watch, shown=True)
            results += [
                ask.result(model.path, model.header, known).noted(
                    misread(model, known.totals, data, _command(top, all=all, grad=grad))
                )
                for ask, model, known in zip(asks, each, details, strict=True)
            ]
            results[-1] = results[-1].noted(source.notes())
        if to.format in {"csv", "tsv"}:  # of LOSS all each input keeps what fits its rows
            _refuse_other_columns([result.layout for result in results if result.layout is not None])
        result = reduce(add, results)
        if stream is not None:
            stream.close(result)
    if stream is None:
        emit(replace(result, rows=tuple(held)) if all else result, to)
    else:
        notes(result, to)


def _most(top: str, *, all: bool) -> int:
    """How many of the worst rows to keep."""
    if all and top:
        raise UsageError(
            "--all and --top contradict each other", help="--top N shows the N worst rows, --all every row"
        )
    if not (top.isascii() and (top or _TOP).isdecimal() and len(top) <= _MOST_DIGITS):
        raise UsageError(
            f"--top is a whole number from 0 to 999,999,999, not {quoted(top)}", help="-k 20 shows 20 rows"
        )
    return 0 if all else int(top or _TOP)


def _command(top: str, *, all: bool, grad: bool) -> tuple[str, ...]:
    """The command and its own options, for the notes that repeat them."""
    switches = [name for name, given in (("--all", all), ("--grad", grad)) if given]
    return ("breakdown", *(["--top", top] if top else []), *switches)


def _watch(asks: Sequence[Breakdown], show: Callable[[Iterable[Row]], None]) -> Callable[[Sequence[Scored]], None]:
    """What shows the rows of each batch: in the order of the file, and those of several models side by side."""

    def watch(scored: Sequence[Scored]) -> None:
        rows = [ask.rows(part) for ask, part in zip(asks, scored, strict=True)]
        show(rows[0] if len(rows) == 1 else merge(*rows, key=attrgetter("row")))

    return watch


class _Stream:
    """Rows on their way out, none of them held."""

    def __init__(self, write: Callable[[str], None], to: Target) -> None:
        from lossctl.render import streamer

        self._write = write
        self._format = streamer(to.format)
        self._look = to.look
        self._begun = False

    def show(self, layout: Layout, rows: Iterable[Row]) -> None:
        text = self._format.block(layout, tuple(rows), self._look)
        if text:
            self._write((self._format.BETWEEN if self._begun else self._format.opening(layout, self._look)) + text)
            self._begun = True

    def close(self, result: Result) -> None:
        self._write(self._format.closing(result, self._look))


def _refuse_other_columns(layouts: Sequence[Layout]) -> None:
    if len({layout._replace(input="") for layout in layouts}) > 1:
        names = [" ".join(layout.losses) for layout in layouts]
        raise UsageError(
            "the rows of these inputs have different columns, which one table cannot hold"
            + (f": {' and '.join(dict.fromkeys(names))}" if len({*names}) > 1 else ""),
            help="-f ndjson holds them all, or call it once for each input",
        )
