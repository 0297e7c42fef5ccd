"""`lossctl compare`: models side by side."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from lossctl.cli import options as opt
from lossctl.errors import LossctlError, UsageError, quoted

if TYPE_CHECKING:
    from lossctl.cli.inputs import Job
    from lossctl.cli.options import Data
    from lossctl.pairing import Options
    from lossctl.plan import Model
    from lossctl.readers.table import Source


@opt.grouped
def compare(
    loss: opt.LossArgument = "",
    files: opt.FilesArgument = None,
    *,
    confidence: opt.ConfidenceOption = "0.95",
    bootstrap: opt.BootstrapOption = "",
    seed: opt.SeedOption = "0",
    why: opt.WhyOption = False,
    skill: opt.SkillOption = False,
    top: opt.TopOption = "",
    data: opt.Data,
    output: opt.Output,
) -> None:
    """Hold models against each other, row by row: is one better, or is it chance?

    The first FILE, or the first -p, is the base. Files hold the same rows in the same order, or --id joins them; where
    both have y_true, it must agree. Lower is better, and the exit code is 0 whatever the verdict.

    lossctl compare mse base.csv new.csv

    lossctl compare mse,mae preds.csv -p model_a -p model_b
    """
    from lossctl.cli.inputs import gathered, misread
    from lossctl.cli.output import emit, target
    from lossctl.engines.local import fold
    from lossctl.pairing import Pairing
    from lossctl.readers.columns import assembled

    to = target(output, [*(files or []), data.truth])
    options = _options(confidence, bootstrap, seed, top, why=why)
    with ExitStack() as opened:
        job = gathered("compare", loss, files or [], data, opened)
        source, found = side_by_side(job, data, why=why)
        if skill:
            from lossctl.skill import beside_constants

            found = [model._replace(plan=beside_constants(model.plan)) for model in found]
        pairing = Pairing.of(found, options)
        bindings = [model.plan.binding for model in pairing.models]
        batches = opened.enter_context(closing(assembled(source, bindings, shown=why)))
        (known,) = fold([pairing], ((batch,) for batch in batches))
        result = pairing.result(known)
        for model, totals in zip(pairing.models, known.totals.members, strict=True):
            result = result.noted(misread(model, totals, data, ("compute",)))
        result = result.noted(source.notes())
    emit(result, to)


def side_by_side(job: Job, data: Data, *, why: bool) -> tuple[Source, list[Model]]:
    """All inputs as one, and their models: rows, weights, groups and ids are those of the first input.

    Its y_true also stands in for that of an input without.
    """
    from lossctl.cli.inputs import models
    from lossctl.readers.columns import Asked, beside_key
    from lossctl.readers.joined import Aligned, Joined

    first, *others = job.sources
    plain = first.pred if isinstance(first, Joined) else first
    id, equals, other_id = data.id.partition("=")
    if data.truth and equals:
        id = other_id
    elif not equals or data.id in plain.header().names:
        id = other_id = data.id
    ids = (id,) if id else ()
    asked = job.asked._replace(id=id if why else "", apart=job.asked.apart if data.truth else ids)
    found = models(first, job._replace(asked=asked), "mean")
    if not others:
        return first, found
    rows = found[0].plan.binding
    bare = Asked(job.asked.y_true, classes=job.asked.classes, positive=job.asked.positive, missing=job.asked.missing)
    raw = [source.pred if isinstance(source, Joined) else source for source in others]
    for place, (source, inner) in enumerate(zip(others, raw, strict=True)):
        own = source is inner
        wanted = job._replace(asked=bare._replace(apart=(other_id,) if other_id else ()))
        try:
            theirs = models(source, wanted, "mean")
        except LossctlError:  # most likely it has no y_true; if it has other faults they are told below
            if not own:
                raise
            own = False
            theirs = models(Joined(source, first.truth if isinstance(first, Joined) else first, ""), wanted, "mean")
        for model in theirs:
            binding = model.plan.binding
            roles = {
                role: rows.roles[role]
                if role == "y_true" and not own
                else tuple(beside_key(place, name) for name in names)
                for role, names in binding.roles.items()
            }
            binding = binding._replace(roles=roles, weight=rows.weight, by=rows.by, where=rows.where, id=rows.id)
            found.append(model._replace(plan=model.plan._replace(binding=binding)))
    return Aligned(first, raw, f"{id}={other_id}" if id != other_id else id), found


def _options(confidence: str, bootstrap: str, seed: str, top: str, *, why: bool) -> Options:
    from lossctl.analysis.comparison import How
    from lossctl.pairing import FEWEST_REPLICATES, Options

    if top and not why:
        raise UsageError("--top is given without --why", help="--why shows the rows that carry a difference")
    replicates = _whole("--bootstrap", bootstrap or "0", "1000 replicates are usual")
    if 0 < replicates < FEWEST_REPLICATES:
        raise UsageError(
            f"--bootstrap {replicates} is too few to tell an interval: {FEWEST_REPLICATES} is the least",
            help="1000 replicates are usual",
        )
    return Options(
        How(_level(confidence), _whole("--seed", seed, "a seed like --seed 7 gives the same draws again")),
        replicates,
        _whole("--top", top or _TOP, "-k 20 shows 20 rows") if why else None,
    )


_TOP = "10"
_MOST_DIGITS = 9


def _level(text: str) -> float:
    from lossctl.analysis.comparison import CONFIDENCES, is_confidence

    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if not is_confidence(level):
        raise UsageError(f"--confidence is {CONFIDENCES}, not {quoted(text)}", help="for 95 % write --confidence 0.95")
    return level


def _whole(option: str, text: str, help: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise UsageError(f"{option} is a whole number from 0 to 999,999,999, not {quoted(text)}", help=help)
    return int(text)
