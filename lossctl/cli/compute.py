"""`lossctl compute`: values of losses."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, cast

from lossctl.cli import options as opt
from lossctl.errors import UsageError, quoted

if TYPE_CHECKING:
    from lossctl.aggregates.mean import Reduction
    from lossctl.losses.spec import Request
    from lossctl.readers.columns import Missing


def compute(
    loss: opt.LossArgument = "",
    files: opt.FilesArgument = None,
    *,
    y_true: opt.TrueOption = "",
    y_pred: opt.PredOption = None,
    weight: opt.WeightOption = "",
    by: opt.ByOption = "",
    where: opt.WhereOption = None,
    truth: opt.TruthOption = "",
    id: opt.IdOption = "",
    classes: opt.ClassesOption = "",
    positive: opt.PositiveOption = "",
    nan: opt.NanOption = "error",
    like: opt.LikeOption = "exact",
    reduction: opt.ReductionOption = "mean",
    input_format: opt.InputFormatOption = "",
    delimiter: opt.DelimiterOption = "",
    no_header: opt.NoHeaderOption = False,
    decimal: opt.DecimalOption = "",
    format: opt.FormatOption = "",
    json: opt.JsonOption = False,
    output: opt.OutputOption = "",
    digits: opt.DigitsOption = "6",
    color: opt.ColorOption = "auto",
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
    debug: opt.DebugOption = False,  # noqa: ARG001 — the funnel reads it from the command line
    version: opt.VersionOption = False,  # noqa: ARG001 — its callback answers it
) -> None:
    """Print the values of losses over the rows of files.

    lossctl compute mse,mae preds.csv

    lossctl compute bce -t 0,1 -p 0.4,0.6
    """
    from lossctl.cli.inputs import Values, choice, evaluated, sources
    from lossctl.cli.output import Wishes, emit, target
    from lossctl.plan import REDUCTIONS
    from lossctl.readers.columns import LITERAL, Asked
    from lossctl.readers.locate import Options

    if not loss:
        raise UsageError("LOSS is missing", help="lossctl compute mse preds.csv")
    to = target(
        Wishes(format, json, output, digits, color, quiet, verbose), [*(files or []), *([truth] if truth else [])]
    )
    missing = cast("Missing", choice(nan, "--nan", ("error", "drop", "propagate")))
    reduced = cast("Reduction", choice(reduction, "--reduction", REDUCTIONS))
    requests = _requests(loss, like)
    given = Values(y_true, tuple(y_pred or ()), weight)
    options = Options(input_format, delimiter, no_header, decimal)
    with ExitStack() as opened:
        inputs = sources(files or [], given, options, opened, truth, id)
        literal = inputs[0].path == LITERAL
        asked = Asked(
            "" if literal else y_true,
            "",
            "weight" if literal and weight else weight,
            by,
            tuple(where or ()),
            tuple(classes.split(",")) if classes else (),
            positive,
            missing,
            tuple(id.split("=") if truth else [id]) if id else (),
        )
        models = () if literal else given.y_pred
        results = [
            result
            for source in inputs
            for result in evaluated("compute", source, requests, asked, models, like, reduced, alone=len(inputs) == 1)
        ]
    emit(reduce(add, results), to)


def _requests(loss: str, like: str) -> list[Request]:
    from lossctl.losses.spec import parse

    try:
        return parse(loss, like)
    except UsageError:
        if not os.path.exists(loss):
            raise
        raise UsageError(
            f"LOSS is missing: {quoted(loss)} is a file", help=f"losses come first: lossctl compute mse {loss}"
        ) from None
