"""`lossctl compute`: values of losses."""

from __future__ import annotations

from contextlib import ExitStack
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, cast

from lossctl.cli import options as opt

if TYPE_CHECKING:
    from lossctl.aggregates.mean import Reduction


@opt.grouped
def compute(
    loss: opt.LossArgument = "",
    files: opt.FilesArgument = None,
    *,
    data: opt.Data,
    reduction: opt.ReductionOption = "mean",
    skill: opt.SkillOption = False,
    output: opt.Output,
) -> None:
    """Print the values of losses over the rows of files.

    lossctl compute mse,mae preds.csv

    lossctl compute bce -t 0,1 -p 0.4,0.6
    """
    from lossctl.cli.inputs import choice, folded, gathered, misread, models
    from lossctl.cli.output import emit, target
    from lossctl.plan import REDUCTIONS

    to = target(output, [*(files or []), data.truth])
    reduced = cast("Reduction", choice(reduction, "--reduction", REDUCTIONS))
    command = ("compute", *(["--reduction", reduction] if reduction != "mean" else []))
    with ExitStack() as opened:
        job = gathered("compute", loss, files or [], data, opened)
        results = []
        for source in job.sources:
            found = models(source, job, reduced)
            if skill:
                from lossctl.skill import beside_constants

                found = [model._replace(plan=beside_constants(model.plan)) for model in found]
            totals = folded([model.plan for model in found], source, found, opened)
            results += [
                model.plan.result("compute", model.label, model.path, model.header, total).noted(
                    misread(model, total, data, command)
                )
                for model, total in zip(found, totals, strict=True)
            ]
            results[-1] = results[-1].noted(source.notes())
    emit(reduce(add, results), to)
