"""The options that commands share, one by one and in groups."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias, get_type_hints

import typer

from lossctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _print_version(asked: bool) -> None:
    if asked:
        from lossctl import __version__

        print(f"lossctl {__version__}")
        raise typer.Exit


def _losses(incomplete: str) -> list[str]:
    """The names that may go on here, behind the losses that stand already; imported when the shell asks."""
    import lossctl.losses  # noqa: F401 — it declares them
    from lossctl.losses.declare import every

    stem = incomplete[: max(map(incomplete.rfind, ",+*")) + 1]
    return [stem + loss.name for loss in every()]


def _topics(incomplete: str) -> list[str]:
    from lossctl.catalogue import codes

    return [*_losses(incomplete), *codes()]


def _families(incomplete: str) -> list[str]:  # noqa: ARG001 — Typer gives it
    from lossctl.catalogue import families

    return families()


def _formats(incomplete: str) -> list[str]:  # noqa: ARG001 — Typer gives it
    from lossctl.render import FORMATS

    return list(FORMATS)


def _configure(context: typer.Context, asked: bool) -> None:
    from lossctl.cli.config import configure

    configure(context, asked)


LossArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="LOSS[,LOSS...]",
        show_default=False,
        autocompletion=_losses,
        help="Losses: mse, huber:delta=2, 'smooth_l1+0.5*bce', or all for every loss that fits the data.",
    ),
]
FilesArgument: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE...]",
        show_default=False,
        help="CSV, TSV, JSON, NDJSON, Parquet, Arrow, npy or npz, plain or gz, bz2, xz, zst; a folder or a quoted pattern "
        "like 'preds/*.csv' is one input of several parts; label=path names an input; - is standard input.",
    ),
]
FileArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="[FILE]", show_default=False, help="The predictions, as compute takes them; - is standard input."
    ),
]
ValueArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="VALUE", show_default=False, help="The number to explain, with the digits that are known: 0.6931."
    ),
]
ExplanationsOption: TypeAlias = Annotated[
    str,
    typer.Option("-k", "--top", metavar="N", show_default=False, help="How many explanations to show: 5."),
]
TrueOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "-t",
        "--y-true",
        metavar="COLUMN|VALUES",
        show_default=False,
        help="Column of true values: a name, 'a,b,c', first:last, 'y_*', a number in headerless files; "
        "without FILE the values themselves: 0,1 or '[[0,1],[1,0]]'.",
    ),
]
PredOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        "--y-pred",
        metavar="COLUMN|VALUES",
        show_default=False,
        help="Column of predictions, likewise, or one per class; repeat it for several models.",
    ),
]
WeightOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "-w",
        "--weight",
        metavar="COLUMN|VALUES",
        show_default=False,
        help="Column of row weights, at least 0.",
    ),
]
ByOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-g",
        "--by",
        metavar="COLUMN[,COLUMN...]",
        show_default=False,
        help="Values by group; repeat it for more columns.",
    ),
]
WhereOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="COLUMN=TEXT",
        show_default=False,
        help="Keep only rows whose cell is this text; repeat it for more.",
    ),
]
TruthOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--truth",
        metavar="FILE",
        show_default=False,
        help="Take y_true from this file: row by row, or by --id. Weights and groups too, where FILE lacks the column.",
    ),
]
IdOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--id",
        metavar="COLUMN",
        show_default=False,
        help="Column of row ids; with --truth it joins the files (TRUTHCOL=PREDCOL where the names differ), in any "
        "order, holding the truth in memory; in compare it joins NEW to BASE likewise (BASECOL=NEWCOL), holding NEW.",
    ),
]
ClassesOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--classes",
        metavar="A,B,C",
        show_default=False,
        help="Names of the classes, in the order of the y_pred columns.",
    ),
]
PositiveOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--positive",
        metavar="LABEL",
        show_default=False,
        help="The y_true label that counts as 1 in losses of two classes.",
    ),
]
FamilyOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--family",
        metavar="NAME",
        show_default=False,
        autocompletion=_families,
        help="Only the losses under this heading.",
    ),
]
FitsOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--fits",
        metavar="FILE",
        show_default=False,
        help="Only the losses that take the columns, types and values of this file, with their default parameters.",
    ),
]
TopicArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="LOSS|CODE",
        show_default=False,
        autocompletion=_topics,
        help="A loss, under any of its names, or the code at the end of a note or of an error with -v.",
    ),
]
RowOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--row",
        metavar="N",
        show_default=False,
        help="Show how the loss of this row of FILE comes about, step by step; rows count from 1.",
    ),
]
CurvesArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="LOSS[,LOSS...]",
        show_default=False,
        autocompletion=_losses,
        help="Losses: mse, huber:delta=2, 'smooth_l1+0.5*bce'; all in one picture.",
    ),
]
AtOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="Y",
        show_default=False,
        help="What y_true is: 0 in losses of real numbers, 1 in those of two classes and of amounts.",
    ),
]
FromOption: TypeAlias = Annotated[
    str, typer.Option("--from", metavar="X", show_default=False, help="Where y_pred begins.")
]
ToOption: TypeAlias = Annotated[str, typer.Option("--to", metavar="X", show_default=False, help="Where y_pred ends.")]
SlopeOption: TypeAlias = Annotated[bool, typer.Option("--slope", help="Draw the derivative by y_pred, too.")]
TopOption: TypeAlias = Annotated[
    str,
    typer.Option("-k", "--top", metavar="N", show_default=False, help="How many rows to show: 10."),
]
WhyOption: TypeAlias = Annotated[
    bool,
    typer.Option("--why", help="Show the rows, and with --by the groups, that carry the difference; --top of them."),
]
ConfidenceOption: TypeAlias = Annotated[
    str,
    typer.Option("--confidence", metavar="LEVEL", help="How often the interval of a difference holds the true one."),
]
BootstrapOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--bootstrap",
        metavar="N",
        show_default=False,
        help="Take intervals and chances from N replicates of a Poisson bootstrap instead of Student's t; 1000 are usual.",
    ),
]
SeedOption: TypeAlias = Annotated[
    str, typer.Option("--seed", metavar="N", help="Of the bootstrap, and of tests on few rows.")
]
AllOption: TypeAlias = Annotated[
    bool,
    typer.Option("--all", help="Show every row, in the order of the file; csv, tsv, ndjson, json and value hold none."),
]
GradOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--grad",
        help="Show each row's derivative too: of its loss, a mean over outputs, by each value of y_pred. "
        "Weights of rows are not in it.",
    ),
]
MaxOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--max",
        metavar="LOSS=X",
        show_default=False,
        help="The loss is at most X, in every group too; the last = divides: --max huber:delta=2=0.5. Repeatable.",
    ),
]
MinOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--min", metavar="LOSS=X", show_default=False, help="The loss is at least X. Repeatable."),
]
MaxRowOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--max-row", metavar="LOSS=X", show_default=False, help="The loss of each row is at most X. Repeatable."
    ),
]
SkillOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--skill",
        help="Beside each loss that of the best constant prediction on the same rows, each group's own, and the skill, "
        "1 - loss / loss of the constant: 1 is perfect, 0 no better than the constant.",
    ),
]
MinSkillOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--min-skill",
        metavar="LOSS=X",
        show_default=False,
        help="The skill, 1 - loss / loss of the best constant prediction, is at least X. Repeatable.",
    ),
]
MinRowsOption: TypeAlias = Annotated[
    str,
    typer.Option("--min-rows", metavar="N", show_default=False, help="At least N rows of each input count."),
]
BaselineOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--baseline",
        metavar="FILE",
        show_default=False,
        help="Losses are no worse than there: an earlier result in JSON (- for standard input), or another file of "
        "predictions. Gated are the losses of --tolerance, else of --max and --min, else all of the earlier result.",
    ),
]
ToleranceOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--tolerance",
        metavar="LOSS=X|X%",
        show_default=False,
        help="How much worse than the baseline is allowed: 0.01, or 2% of its size. Repeatable; 0 without it.",
    ),
]
SignificantOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--significant",
        help="Beside a --baseline of predictions for the same rows, what is above the baseline and its --tolerance breaks "
        "the gate only if the two-sided paired test of compare says that this is no chance: p at most 0.05, after Holm's "
        "adjustment over all gates beside the baseline. A model just at its limit breaks it in about 1 of 40 samples.",
    ),
]
IsolatedOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--isolated",
        callback=_configure,
        is_eager=True,
        help="Read no settings; else those of [check] in the nearest lossctl.toml or [tool.lossctl.check] in "
        "pyproject.toml are the defaults of all options here.",
    ),
]
ReportOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT:FILE",
        show_default=False,
        help="Write a report beside the result: json, junit, md (added to the end of the file), github or csv; FILE - "
        "is standard output. Repeatable.",
    ),
]
NanOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--nan",
        metavar="error|drop|propagate",
        help="What to do with rows that miss a cell in a column in use.",
    ),
]
LikeOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--like",
        metavar="CONVENTION",
        help="Whose number to print: exact (nothing is clipped or rounded), keras, torch, sklearn, optax, or all beside each other.",
    ),
]
ReductionOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--reduction",
        metavar="mean|sum|mean-weight|mean-count",
        help="How rows become one value: with weights w, mean is Σwℓ / Σw, sum is Σwℓ, mean-count is Σwℓ / rows.",
    ),
]
InputFormatOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--input-format",
        metavar="FORMAT",
        show_default=False,
        help="csv, tsv, json, ndjson, parquet, arrow, npy or npz, instead of what the content says.",
    ),
]
DelimiterOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "-d",
        "--delimiter",
        metavar="CHAR",
        show_default=False,
        help="The character between cells; tab is allowed as a word.",
    ),
]
NoHeaderOption: TypeAlias = Annotated[
    bool,
    typer.Option("-H", "--no-header", help="The first row is data; columns are named by number, from 1."),
]
DecimalOption: TypeAlias = Annotated[
    str,
    typer.Option("--decimal", metavar="MARK", show_default=False, help="The decimal mark: . or ,"),
]
FormatOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "-f",
        "--format",
        metavar="FORMAT",
        show_default=False,
        autocompletion=_formats,
        help="table (the default), plain, md, svg (a picture), json, ndjson, csv, tsv, or value: one number a line with all its digits; "
        "check also has junit and github.",
    ),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="The same as -f json.")]
OutputOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        show_default=False,
        help="Write there instead of to standard output; the name's ending says the format unless -f does.",
    ),
]
DigitsOption: TypeAlias = Annotated[
    str,
    typer.Option("--digits", metavar="N", help="Significant digits in table, plain and md, 1 to 17."),
]
ColorOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--color",
        metavar="auto|always|never",
        help="Colours; auto heeds NO_COLOR, FORCE_COLOR and the terminal.",
    ),
]
QuietOption: TypeAlias = Annotated[bool, typer.Option("-q", "--quiet", help="No notes on standard error.")]
VerboseOption: TypeAlias = Annotated[
    bool, typer.Option("-v", "--verbose", help="Tell on standard error what was decided.")
]
DebugOption: TypeAlias = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
VersionOption: TypeAlias = Annotated[
    bool, typer.Option("-V", "--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
]


class Data(NamedTuple):
    """The options that say which rows and columns are meant, and how files are read."""

    y_true: TrueOption = ""
    y_pred: PredOption = None
    weight: WeightOption = ""
    by: ByOption = None
    where: WhereOption = None
    truth: TruthOption = ""
    id: IdOption = ""
    classes: ClassesOption = ""
    positive: PositiveOption = ""
    nan: NanOption = "error"
    like: LikeOption = "exact"
    input_format: InputFormatOption = ""
    delimiter: DelimiterOption = ""
    no_header: NoHeaderOption = False
    decimal: DecimalOption = ""


class Output(NamedTuple):
    """The options that say where results go and how they look. The funnel reads `debug`; its callback, `version`."""

    format: FormatOption = ""
    json: JsonOption = False
    output: OutputOption = ""
    digits: DigitsOption = "6"
    color: ColorOption = "auto"
    quiet: QuietOption = False
    verbose: VerboseOption = False
    debug: DebugOption = False
    version: VersionOption = False


def grouped(command: Callable[..., int | None]) -> Callable[..., Callable[[], int | None]]:
    """The command as Typer takes it: a group of options becomes these options, and a call only says what to run."""
    groups: dict[str, type[NamedTuple]] = {}
    options: list[inspect.Parameter] = []
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        if hints[name] in {Data, Output}:
            groups[name] = hints[name]
            options += _options(hints[name])
        elif hints[name] is not typer.Context:
            options.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))
    options.append(inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))

    def spread(*, context: typer.Context, **given: Any) -> Callable[[], int | None]:
        _refuse_empty(context, given)
        for name, group in groups.items():
            given[name] = group(**{option: given.pop(option) for option in group._fields})  # type: ignore[call-overload]  # mypy takes a type of NamedTuple for the function
        return partial(command, **given, **({"context": context} if "context" in hints else {}))

    spread.__doc__ = command.__doc__
    spread.__annotations__ = {option.name: option.annotation for option in options}
    spread.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # what inspect.signature looks for
    return spread


def is_typed(context: typer.Context, name: str) -> bool:
    """Whether an option, or an argument, stands on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _refuse_empty(context: typer.Context, given: Mapping[str, Any]) -> None:
    """Refuse an option with an empty text, which would pass for one that is not there: a gate, or the weights."""
    for option in context.command.params:
        if option.param_type_name == "option" and is_typed(context, str(option.name)):
            value = given[str(option.name)]
            if "" in (value if isinstance(value, (list, tuple)) else [value]):
                raise UsageError(f"{option.opts[-1]} is an empty text", help="a shell variable may be unset")


def _options(group: type[Any]) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=group._field_defaults[name], annotation=annotation
        )
        for name, annotation in get_type_hints(group, include_extras=True).items()
    ]
