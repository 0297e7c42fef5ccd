"""`lossctl plot`: losses as curves."""

from __future__ import annotations

import math

from lossctl.cli import options as opt
from lossctl.errors import UsageError, quoted


@opt.grouped
def plot(
    loss: opt.CurvesArgument = "",
    *,
    at: opt.AtOption = "",
    start: opt.FromOption = "",
    end: opt.ToOption = "",
    slope: opt.SlopeOption = False,
    output: opt.Output,
) -> None:
    """Draw losses over y_pred, for a given y_true.

    lossctl plot mse,huber --at 2

    lossctl plot bce --slope -o bce.svg
    """
    from lossctl.cards import Picture
    from lossctl.cli.output import emit, target
    from lossctl.curves import picture
    from lossctl.losses.spec import parse

    to = target(output, [], Picture.FORMATS)
    if not loss:
        raise UsageError("LOSS is missing", help="lossctl plot mse,mae")
    requests = parse(loss)
    if any(request.optional for request in requests):
        raise UsageError("all losses are no one picture", help="name those to draw, like lossctl plot mse,mae")
    given, low, high = (_number(text, name) for text, name in ((at, "--at"), (start, "--from"), (end, "--to")))
    emit(picture(requests, given, (low, high), slope=slope), to)


def _number(text: str, option: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{option} is a finite number, not {quoted(text)}", help=f"{option} 1.5")
    return value
