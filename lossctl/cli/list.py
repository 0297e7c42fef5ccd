"""`lossctl list`: the catalogue."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from lossctl.cli import options as opt

if TYPE_CHECKING:
    from lossctl.results import Input, Warn


@opt.grouped
def list(
    *,
    family: opt.FamilyOption = "",
    fits: opt.FitsOption = "",
    data: opt.Data,
    output: opt.Output,
) -> None:
    """Print the losses there are, by family, or those that fit a file.

    lossctl list --family regression

    lossctl list --fits preds.csv -f value
    """
    from lossctl.cards import Listing
    from lossctl.catalogue import entry, families
    from lossctl.cli.inputs import choice
    from lossctl.cli.output import emit, target
    from lossctl.errors import UsageError
    from lossctl.losses.declare import every

    to = target(output, [file for file in (fits, data.truth) if file], Listing.FORMATS)
    if family:
        choice(family, "--family", families())
    if not fits and data != opt.Data():
        raise UsageError(
            "options of data need a file, and --fits names none", help="lossctl list --fits preds.csv -p prediction"
        )
    inputs, warnings, names = _fitting(fits, data) if fits else ((), (), None)
    losses = [loss for loss in every() if family in {"", loss.family} and (names is None or loss.name in names)]
    if not losses:
        raise UsageError(
            f"no loss of the family {family} fits {fits}", help=f"lossctl list --fits {fits} shows those that do"
        )
    emit(Listing(tuple(map(entry, losses)), inputs, warnings), to)


def _fitting(file: str, data: opt.Data) -> tuple[tuple[Input, ...], tuple[Warn, ...], frozenset[str]]:
    """What the file holds, and the losses that take it with each of its models."""
    from lossctl.cli.inputs import folded, gathered, models
    from lossctl.losses.spec import ALL

    with ExitStack() as opened:
        job = gathered("list", ALL, [file], data, opened)
        (source,) = job.sources
        found = models(source, job, "mean")
        totals = folded([model.plan for model in found], source, found, opened)
        results = [
            model.plan.result("list", model.label, model.path, model.header, total)
            for model, total in zip(found, totals, strict=True)
        ]
    names = frozenset.intersection(*(frozenset(value.loss for value in result.values) for result in results))
    inputs = tuple(record for result in results for record in result.inputs)
    return inputs, tuple(warning for result in results for warning in result.warnings) + source.notes(), names
