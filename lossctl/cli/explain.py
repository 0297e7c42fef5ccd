"""`lossctl explain`: what a loss is, or what a code means."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from lossctl.cli import options as opt
from lossctl.errors import UsageError, close, did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.cards import Card, Explanation, Worked
    from lossctl.losses.spec import Request
    from lossctl.plan import Model, Scored

_MOST_DIGITS = 12


@opt.grouped
def explain(
    topic: opt.TopicArgument = "",
    files: opt.FilesArgument = None,
    *,
    row: opt.RowOption = "",
    data: opt.Data,
    output: opt.Output,
) -> None:
    """Print what a loss is and when to use it, or what the code of a note or an error means.

    lossctl explain huber

    lossctl explain huber preds.csv --row 17

    lossctl explain rows-off-one
    """
    from lossctl.cards import Explanation
    from lossctl.cli.output import emit, target

    to = target(output, [*(files or []), data.truth], Explanation.FORMATS)
    if not topic:
        raise UsageError("LOSS is missing", help="lossctl explain mse; lossctl list names the losses")
    if not row and (files or data != opt.Data()):
        raise UsageError(
            "a FILE and options of data are for one row, and --row names none",
            help=f"lossctl explain {topic} preds.csv --row 1",
        )
    emit(_worked(topic, files or [], _number(row), data) if row else _explained(topic), to)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text)):
        raise UsageError(f"--row is a whole number from 1 on, not {quoted(text)}", help="--row 17")
    return int(text)


def _worked(topic: str, files: list[str], row: int, data: opt.Data) -> Explanation:
    """A row of each input under each loss."""
    from lossctl.cards import Explanation
    from lossctl.cli.inputs import gathered, models
    from lossctl.engines.local import fold
    from lossctl.readers.columns import assembled
    from lossctl.working import missing, worked

    if data.by:
        raise UsageError("--row is one row, and --by asks for groups", help="lossctl breakdown --by prints groups")
    found: list[Worked] = []
    results = []
    with ExitStack() as opened:
        job = gathered("explain", topic, files, data, opened)
        for source in job.sources:
            each = models(source, job, "mean")
            shown: list[list[Worked]] = [[] for _ in each]

            def watch(
                scored: Sequence[Scored], each: Sequence[Model] = each, shown: list[list[Worked]] = shown
            ) -> None:
                for model, part, rows in zip(each, scored, shown, strict=True):
                    rows.extend(worked(model.plan, model.label, part, row))

            batches = opened.enter_context(closing(assembled(source, [model.plan.binding for model in each])))
            totals = fold([model.plan for model in each], batches, watch)
            for model, total, rows in zip(each, totals, shown, strict=True):
                if not rows:
                    raise missing(model.label, row, total.counts.rows)
                result = model.plan.result("explain", model.label, model.path, model.header, total)
                fitting = {value.text for value in result.values}
                found += [one for one in rows if one.text in fitting]
                results.append(result)
    return Explanation(
        worked=tuple(found),
        inputs=tuple(record for result in results for record in result.inputs),
        warnings=tuple(warning for result in results for warning in result.warnings),
    )


def _explained(topic: str) -> Explanation:
    from lossctl.cards import Explanation
    from lossctl.catalogue import codes
    from lossctl.losses.declare import spellings
    from lossctl.losses.spec import parse

    known = codes()
    if topic.lower() in known:
        return Explanation(codes=(known[topic.lower()],))
    try:
        requests = parse(topic)
    except UsageError as error:
        if error.message != f"there is no loss {quoted(topic)}":
            raise
        names = spellings() | {code: code for code in known}
        help = did_you_mean(names[word] for word in close(topic, names, likeness=0.7))
        raise UsageError(
            f"there is neither a loss nor a code {quoted(topic)}", help=help or "lossctl list names the losses"
        ) from None
    found = {loss.name: request for request in requests for loss in request.candidates}
    return Explanation(tuple(_card(name, request) for name, request in found.items()), remark=_remark(requests))


def _card(name: str, request: Request) -> Card:
    from lossctl.catalogue import card
    from lossctl.curves import drawable, picture
    from lossctl.losses.declare import get
    from lossctl.losses.spec import parse

    loss = get(name)
    if not drawable(loss):
        return card(loss, ())
    asked = [request] if len(request.candidates) == 1 else parse(name)  # as it was asked for, with its parameters
    return card(loss, picture(asked, None, (None, None), slope=loss.slope is not None).apart())


def _remark(requests: list[Request]) -> str:
    """What a spelling may mean, where that is more than one loss."""
    for request in requests:
        for wish in request.asked:
            if len(wish.candidates) > 1:
                names = [loss.name for loss in wish.candidates]
                return f"The shapes of the data pick one of {len(names)} losses: {', '.join(names)}."
    return ""
