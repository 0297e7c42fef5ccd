"""From FILE arguments and options to inputs and their results."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from lossctl.engines.local import fold
from lossctl.errors import UsageError, listed, nearest, quoted
from lossctl.plan import planned
from lossctl.readers.columns import LITERAL, Asked, assembled
from lossctl.readers.locate import check, label_and_path, locate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    from lossctl.aggregates.mean import Reduction
    from lossctl.losses.spec import Request
    from lossctl.readers.locate import Options
    from lossctl.readers.table import Source
    from lossctl.results import Result


class Values(NamedTuple):
    """Columns or values as given: -t, each -p, -w."""

    y_true: str
    y_pred: tuple[str, ...]
    weight: str


def choice(value: str, option: str, choices: Sequence[str]) -> str:
    """The value of an option that has a few.

    Raises:
        UsageError: it is none of them.
    """
    if value in choices:
        return value
    hint = nearest(value, choices)
    raise UsageError(f"{option} is {listed(choices, 'or')}, not {quoted(value)}", help=hint)


def sources(
    files: Sequence[str], given: Values, options: Options, opened: ExitStack, truth: str, id: str
) -> list[Source]:
    """The inputs: the files, which `opened` will close, else the values given, else standard input.

    With `truth` each of them is joined to that file, by `id` where it is not empty, else by position.

    Raises:
        UsageError: the arguments name no input, or one twice.
        InputError: a file cannot be read.
    """
    options = check(options)
    if not files and given.y_true and given.y_pred and not truth:
        from lossctl.readers import literals

        if len(given.y_pred) > 1:
            raise UsageError("-p is given twice with values", help="several predictions need a FILE with columns")
        values = {"y_true": ("-t", given.y_true), "y_pred": ("-p", given.y_pred[0])}
        return [literals.read(values | ({"weight": ("-w", given.weight)} if given.weight else {}))]
    if not files and (given.y_true or given.y_pred):
        there, lacking = ("-t", "-p") if given.y_true else ("-p", "-t")
        raise UsageError(
            f"{there} is given without {lacking} and without FILE",
            help=f"give values with both {there} and {lacking}, or a FILE; columns of standard input need FILE -",
        )
    if not files:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError(
                "there is no FILE, no values, and nothing comes from a pipe",
                help="lossctl compute mse preds.csv, or lossctl compute mse -t 1,2 -p 1.5,2",
            )
        files = ["-"]
    read = [*files, *([truth] * len(files) if truth else [])]
    if [label_and_path(name)[1] for name in read].count("-") > 1:
        raise UsageError("standard input is named twice", help="it can be read once")
    found = [locate(file, options, opened) for file in files]
    if truth:
        from lossctl.readers.joined import Joined

        found = [Joined(source, locate(truth, options, opened), id) for source in found]
    labels = [source.label for source in found]
    for index, label in enumerate(labels):
        if label in labels[:index]:
            raise UsageError(f"two inputs are called {quoted(label)}", help="label=path gives an input another name")
    return found


def evaluated(
    command: str,
    source: Source,
    requests: Sequence[Request],
    asked: Asked,
    y_pred: Sequence[str],
    like: str,
    reduction: Reduction,
    *,
    alone: bool,
) -> list[Result]:
    """The results of one input, one for each -p; all come from one pass over the rows.

    Args:
        command: the command that asks.
        source: the input.
        requests: the losses.
        asked: what the command line says about columns, but for y_pred.
        y_pred: the columns of each model, none for what is found.
        like: the convention.
        reduction: how rows become one value.
        alone: whether it is the only input, so that models need no label of it.
    """
    for index, columns in enumerate(y_pred):
        if columns in y_pred[:index]:
            raise UsageError(f"-p {quoted(columns)} is given twice", help="give each model once")
    header = source.header()
    models = [asked._replace(y_pred=columns) for columns in y_pred] or [asked]
    plans = [planned(requests, header, model, source.path, like, reduction) for model in models]
    totals = fold(plans, assembled(source, [plan.binding for plan in plans]))
    path = {LITERAL: None, "standard input": "-"}.get(source.path, source.path)
    results = []
    for plan, total, model in zip(plans, totals, models, strict=True):
        name = source.label
        if len(models) > 1:
            name = model.y_pred if alone else f"{source.label}:{model.y_pred}"
        results.append(plan.result(command, name, path, header, total))
    return results
