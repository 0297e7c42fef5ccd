"""From FILE arguments and options to inputs and what is asked of them."""

from __future__ import annotations

import os
import re
import sys
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, NoReturn, cast

from lossctl.aggregates.specimen import FEWEST_ROWS, most_rows
from lossctl.batch import key
from lossctl.errors import UsageError, about, listed, nearest, option_name, quoted
from lossctl.losses.conventions import EXACT
from lossctl.losses.spec import ALL, parse
from lossctl.plan import Model, planned
from lossctl.readers.columns import LITERAL, Asked, assembled, plain_name
from lossctl.readers.locate import Options, check, label_and_path, locate
from lossctl.results import Warn

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from contextlib import ExitStack

    from lossctl.aggregates.mean import Reduction
    from lossctl.batch import Batch
    from lossctl.cli.options import Data
    from lossctl.engines.local import Asks, S, T_co
    from lossctl.losses.spec import Request
    from lossctl.plan import Totals
    from lossctl.readers.columns import Missing
    from lossctl.readers.table import Header, Source


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
    raise UsageError(
        f"{option} is {listed(choices, 'or', most=len(choices))}, not {quoted(value)}",
        help=hint,
        options=(option_name(option),),
    )


def sources(
    files: Sequence[str],
    given: Values,
    options: Options,
    opened: ExitStack,
    truth: str,
    id: str,
    words: Mapping[str, str],
) -> list[Source]:
    """The inputs: the files, which `opened` will close, else the values given, else standard input.

    With `truth` each of them is joined to that file, by `id` where it is not empty, else by position. `words` are those
    for the inputs of losses.

    Raises:
        UsageError: the arguments name no input, or one twice.
        InputError: a file cannot be read.
    """
    options = check(options)
    parts = by_role(given.y_pred[0], words, given.y_true) if given.y_pred and not files else {}
    if not files and given.y_pred and (given.y_true or "y_true" in parts) and not truth:
        from lossctl.readers import literals

        if len(given.y_pred) > 1:
            raise UsageError(
                "-p is given twice with values",
                help="several predictions need a FILE with columns",
                options=("y-pred",),
            )
        values = {"y_true": ("-t", given.y_true)} if given.y_true else {}
        values |= {role: (f"-p {role}=", text) for role, text in parts.items()} or {"y_pred": ("-p", given.y_pred[0])}
        return [literals.read(values | ({"weight": ("-w", given.weight)} if given.weight else {}))]
    if not files and (given.y_true or given.y_pred):
        there, lacking = ("-t", "-p") if given.y_true else ("-p", "-t")
        raise UsageError(
            f"{there} is given without {lacking} and without FILE",
            help=f"give values with both {there} and {lacking}, or a FILE; columns of standard input need FILE -",
            options=("y-true" if given.y_true else "y-pred",),
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
        raise UsageError("standard input is named twice", help="it can be read once", options=("files", "truth"))
    found = [locate(file, options, opened) for file in files]
    if truth:
        from lossctl.readers.joined import Joined

        with about("truth"):
            found = [Joined(source, locate(truth, options, opened), id) for source in found]
    labels = [source.label for source in found]
    for index, label in enumerate(labels):
        if label in labels[:index]:
            raise UsageError(
                f"two inputs are called {quoted(label)}",
                help="label=path gives an input another name",
                options=("files",),
            )
    return found


class Job(NamedTuple):
    """What the command line asks of its inputs.

    Attributes:
        requests: the losses.
        sources: the inputs.
        asked: the columns, but for y_pred.
        y_pred: the columns of each model, none for what is found.
        words: the words for the inputs of the losses, and the inputs they mean.
    """

    requests: Sequence[Request]
    sources: Sequence[Source]
    asked: Asked
    y_pred: Sequence[str]
    words: Mapping[str, str]


def gathered(command: str, loss: str, files: Sequence[str], data: Data, opened: ExitStack) -> Job:
    """What the arguments of a command ask; `opened` will close its files.

    Raises:
        UsageError: they ask for something that does not exist.
        InputError: a file cannot be read.
    """
    if not loss:
        raise UsageError("LOSS is missing", help=f"lossctl {command} mse preds.csv")
    if data.like == ALL and command != "compute":
        raise UsageError(f"{command} takes one convention, not all", help=f"lossctl compute {loss} --like all FILE")
    return collected(_requests(command, loss, data.like), files, data, opened, named=command == "breakdown")


def collected(
    requests: Sequence[Request], files: Sequence[str], data: Data, opened: ExitStack, *, named: bool = False
) -> Job:
    """What is asked of the inputs that the arguments name; `opened` will close them.

    Args:
        requests: the losses.
        files: the FILE arguments.
        data: the options.
        opened: closes the files.
        named: whether rows are shown with their ids.

    Raises:
        UsageError: the arguments ask for something that does not exist.
        InputError: a file cannot be read.
    """
    missing = cast("Missing", choice(data.nan, "--nan", ("error", "drop", "propagate")))
    given = Values(data.y_true, tuple(data.y_pred or ()), data.weight)
    options = Options(data.input_format, data.delimiter, data.no_header, data.decimal)
    words = {word: role for request in requests for loss in request.candidates for word, role in loss.words.items()}
    found = sources(files, given, options, opened, data.truth, data.id, words)
    literal = found[0].path == LITERAL
    apart = tuple(data.id.split("=") if data.truth else [data.id]) if data.id else ()
    asked = Asked(
        "" if literal else data.y_true,
        "",
        "weight" if literal and data.weight else data.weight,
        tuple(data.by or ()),
        tuple(data.where or ()),
        tuple(data.classes.split(",")) if data.classes else (),
        data.positive,
        missing,
        apart,
        apart[-1] if apart and named else "",
    )
    return Job(requests, found, asked, () if literal else given.y_pred, words)


def by_role(text: str, words: Mapping[str, str], y_true: str = "", columns: Sequence[str] = ()) -> dict[str, str]:
    """The columns or values of each input that a text like `mean=mu,var=sigma2` names; none where it names no input.

    Args:
        text: what -p says.
        words: the words for inputs, and the inputs they mean.
        y_true: what -t says.
        columns: the columns there are.

    Raises:
        UsageError: some of its words are those of inputs, and some are not, or one input is named twice, as y_true is
            that -t names already.
    """
    cuts = [*re.finditer(r"(?:^|,)\s*([A-Za-z_]\w*)=", text)]
    if not cuts or not any(cut[1] in words for cut in cuts):
        return {}
    if cuts[0].start():
        if {part.strip() for part in text.split(",")} & {*columns}.difference(text[: cuts[0].start()].split(",")):
            return {}  # a column's name holds the sign itself
        _refuse_half_named(text, cuts, words)
    found: dict[str, str] = {}
    for cut, after in zip(cuts, [*cuts[1:], None], strict=True):
        role = words.get(cut[1])
        if role is None:
            raise UsageError(
                f"no loss asked for has an input {quoted(cut[1])}",
                help=nearest(cut[1], words) or f"the inputs are {listed(words)}",
                options=("y-pred",),
            )
        if role in found:
            raise UsageError(f"-p {quoted(text)} names {role} twice", help="name each input once", options=("y-pred",))
        if role == "y_true" and y_true:
            raise UsageError(
                f"-t {quoted(y_true)} and -p {quoted(text)} both name y_true",
                help="name each input once",
                options=("y-pred", "y-true"),
            )
        found[role] = text[cut.end() : len(text) if after is None else after.start()]
    return found


def _refuse_half_named(text: str, cuts: Sequence[re.Match[str]], words: Mapping[str, str]) -> NoReturn:
    named = {words.get(cut[1]) for cut in cuts}
    # The last word for an input is the one it bears in this loss: y_pred is the mean.
    free = {role: word for word, role in words.items() if role not in named | {"y_true"}}
    before = text[: cuts[0].start()]
    raise UsageError(
        f"-p {quoted(text)} says which input {quoted(text[cuts[0].start() + 1 :].strip())} is, and not {quoted(before)}",
        help=f"-p {next(iter(free.values()))}={text} says both"
        if free
        else "name each input, like -p mean=COLUMN,var=COLUMN",
        options=("y-pred",),
    )


def models(source: Source, job: Job, reduction: Reduction) -> list[Model]:
    """The models of one input, one for each -p; one pass over the rows serves them all.

    Raises:
        UsageError: a column does not exist, or no loss takes columns of these shapes.
        InputError: nothing says which columns are meant.
    """
    for index, columns in enumerate(job.y_pred):
        if columns in job.y_pred[:index]:
            raise UsageError(f"-p {quoted(columns)} is given twice", help="give each model once", options=("y-pred",))
    header = source.header()
    path = path_of(source)
    found = []
    for columns in job.y_pred or [""]:
        plan = planned(job.requests, header, asked_of(job, header, columns), source.path, reduction)
        found.append(Model(plan, label(source, job, columns), path, header))
    return found


def asked_of(job: Job, header: Header, columns: str) -> Asked:
    """What is asked of the columns for one model, the -p of which names these."""
    parts = {} if columns in header.names else by_role(columns, job.words, job.asked.y_true, header.names)
    return job.asked._replace(
        y_true=parts.pop("y_true", job.asked.y_true),
        y_pred=parts.pop("y_pred", "") if parts else columns,
        others=parts,
    )


def folded(
    asks: Sequence[Asks[Batch, S, T_co]],
    source: Source,
    models: Sequence[Model],
    opened: ExitStack,
    watch: Callable[[Sequence[S]], None] | None = None,
    *,
    shown: bool = False,
) -> list[T_co]:
    """What all rows of an input come to, for each thing that is asked of one of its models.

    Args:
        asks: what is asked, of each model one.
        source: the input.
        models: its models.
        opened: closes the input.
        watch: is shown what became of each batch.
        shown: whether labels are shown as they are written.
    """
    from lossctl.engines.local import fold

    bindings = [model.plan.binding for model in models]
    return fold(asks, opened.enter_context(closing(assembled(source, bindings, shown=shown))), watch)


def path_of(source: Source) -> str | None:
    """The file of an input as results name it."""
    return {LITERAL: None, "standard input": "-"}.get(source.path, source.path)


def label(source: Source, job: Job, columns: str) -> str:
    """The name in results of the model of an input that has its predictions in these columns."""
    if len(job.y_pred) < 2:
        return source.label
    return columns if len(job.sources) == 1 else f"{source.label}:{columns}"


def misread(model: Model, totals: Totals, data: Data, command: tuple[str, ...]) -> tuple[Warn, ...]:
    """Notes on data that were probably misread, each with the command that mends them.

    Args:
        model: what was read.
        totals: what is known of it.
        data: the options that the command repeats.
        command: the name of the command and its own options.
    """
    if totals.specimen.size < FEWEST_ROWS:
        return ()
    from lossctl.analysis.doctor import Case, Sheet, examine

    rows, arrays = totals.specimen.together()
    binding = model.plan.binding
    roles = {role: tuple(map(plain_name, names)) for role, names in binding.roles.items()}
    sheet = Sheet(
        model.path,
        "",
        roles.get("y_true", ()),
        roles.get("y_pred", ()),
        binding.classes,
        model.header.names if model.header.named else (),
        model.header.delimiter,
        model.header.truth is not None,
        (*command[1:], *repeated(data, {"y_true", "y_pred", "classes"})),
        command[0],
    )
    found: dict[str, Warn] = {}
    for index, spec in enumerate(model.plan.specs):
        passed = spec.optional and (spec.like != EXACT or not spec.named)
        for term in () if passed or (index,) in totals.refused.members else spec.terms:
            if not term.loss.plain:
                continue
            true, pred = (arrays[key(role, kind.coding)] for role, kind in term.loss.roles.items())
            case = Case(term.loss, term.params, true, pred, rows, totals.counts.rows <= most_rows(arrays))
            for finding in examine(case, sheet._replace(text=spec.text)):
                found.setdefault(finding.code, Warn(finding.code, finding.message, model.label))
    return tuple(found.values())


def repeated(data: Data, without: Container[str] = ()) -> tuple[str, ...]:
    """The options for a command on the same data, but for some."""
    words: list[str] = []
    for name, value in data._asdict().items():
        if name in without or value == data._field_defaults[name]:
            continue
        option = f"--{name.replace('_', '-')}"
        for each in value if isinstance(value, list) else [value]:
            words += [option] if each is True else [option, each]
    return tuple(words)


def _requests(command: str, loss: str, like: str) -> list[Request]:
    try:
        return parse(loss, like)
    except UsageError:
        if not os.path.exists(loss):
            raise
        raise UsageError(
            f"LOSS is missing: {quoted(loss)} is a file", help=f"losses come first: lossctl {command} mse {loss}"
        ) from None
