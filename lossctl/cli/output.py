"""Where a result goes: standard output or a file, in a format, with the notes on standard error."""

from __future__ import annotations

import io
import os
import shutil
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, NoReturn

from lossctl.cli.inputs import choice
from lossctl.cli.main import silence
from lossctl.errors import InputError, UsageError, about, printable, quoted
from lossctl.readers.locate import paths
from lossctl.render import FORMATS, REPORTS, TELLS_REASONS, TELLS_ROWS, TELLS_VERDICT, Look, page, render
from lossctl.results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lossctl.cli.options import Output
    from lossctl.render import Page

_ENDINGS = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "tsv",
    ".md": "md",
    ".svg": "svg",
    ".png": "png",
}
_FOREIGN = {
    *(".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".pdf", ".ps", ".eps"),
    *(".html", ".htm", ".xml", ".yaml", ".yml", ".toml", ".tex", ".doc", ".docx", ".xls", ".xlsx", ".ods"),
    *(".parquet", ".arrow", ".feather", ".npy", ".npz", ".gz", ".bz2", ".xz", ".zst", ".zip"),
}
"""Endings of what lossctl does not write; a table under such a name would be found out late, by another program."""
_MOST_DIGITS = 17
_LARGEST_SUMMARY = 1 << 20


class Target(NamedTuple):
    """Where the output goes and how it looks."""

    format: str
    path: str
    look: Look
    quiet: bool
    verbose: bool


def target(wishes: Output, inputs: Sequence[str], formats: Sequence[str] = tuple(FORMATS)) -> Target:
    """The output that the command line asks for; called before the work, so that a wrong word costs none.

    Args:
        wishes: the options.
        inputs: the files that are read.
        formats: those that the command has.

    Raises:
        UsageError: an option is none of its choices, or the output would overwrite an input.
    """
    path = "" if wishes.output == "-" else wishes.output
    ending = os.path.splitext(path)[1].lower()
    if wishes.json and wishes.format not in {"", "json"}:
        raise UsageError(f"--json and -f {wishes.format} contradict each other", help="give one of them")
    ended = _ENDINGS.get(ending, "")
    format = "json" if wishes.json else wishes.format or ended or "table"
    if not (wishes.json or wishes.format) and (ending in _FOREIGN or format not in formats):
        endings = [known for known, name in _ENDINGS.items() if name in formats]
        raise UsageError(
            f"the output {quoted(path)} ends in {printable(ending)}, the ending of no format here",
            help=f"the endings are {', '.join(endings[:-1])} and {endings[-1]}, and .txt for a table; -f names a format too",
            options=("output",),
        )
    choice(format, "--format", formats)
    choice(wishes.color, "--color", ("auto", "always", "never"))
    if wishes.digits not in map(str, range(1, _MOST_DIGITS + 1)):
        raise UsageError(
            f"--digits is a whole number from 1 to {_MOST_DIGITS}, not {quoted(wishes.digits)}", options=("digits",)
        )
    if path:
        with about("output"):
            _refuse_place(path, inputs, "-o", "loss.json")
    terminal = not path and sys.stdout is not None and sys.stdout.isatty()
    if terminal and format == "png":
        raise UsageError("a terminal shows no PNG", help="-o x.png writes a file")
    look = Look(int(wishes.digits), _width(terminal=terminal), _color(wishes.color, terminal=terminal), _unicode(path))
    return Target(format, path, look, wishes.quiet, wishes.verbose)


def _refuse_place(path: str, inputs: Sequence[str], option: str, example: str) -> None:
    folder, name = os.path.split(path)
    if not name or os.path.isdir(path):
        raise UsageError(
            f"the output {quoted(path)} is a folder, not a file", help=f"{option} names a file, like {option} {example}"
        )
    if folder and not os.path.isdir(folder):
        raise UsageError(f"there is no folder {quoted(folder)} for the output {quoted(path)}", help="mkdir -p makes it")
    for input in (file for argument in inputs if os.path.exists(path) for file in paths(argument)):
        if os.path.exists(input) and os.path.samefile(path, input):
            raise UsageError(f"the output {quoted(path)} is one of the inputs", help=f"{option} takes another file")


def emit(result: Result | Page, to: Target) -> None:
    """Write the result, and the notes about it.

    Who reads standard output may leave early, and the work, its notes and its verdict still stand.

    Raises:
        InputError: it cannot be written.
    """
    _put(render(to.format, result, to.look) if isinstance(result, Result) else page(to.format, result, to.look), to)
    notes(result, to)


def _put(text: str | bytes, to: Target) -> None:
    try:
        with written(to) as write:
            write(text)
    except BrokenPipeError:
        silence(sys.stdout)


def reports(wishes: Sequence[str], to: Target, output: Output, inputs: Sequence[str]) -> list[Target]:
    """The reports that the command line asks for beside the result; called before the work.

    Raises:
        UsageError: one is of no format known here or would overwrite something, or two things go to one place.
    """
    found: list[Target] = []
    for wish in wishes:
        with about("report"):
            found.append(_report(wish, found, to, output, inputs))
    return found


def _report(wish: str, others: Sequence[Target], to: Target, output: Output, inputs: Sequence[str]) -> Target:
    format, _, path = wish.partition(":")
    if not path:
        raise UsageError(
            f"--report {quoted(wish)} names no file",
            help="write it like --report junit:report.xml; - is standard output",
        )
    choice(format, "the format of --report", REPORTS)
    if path != "-":
        _refuse_place(path, inputs, "--report", f"{format}:report")
    path = "" if path == "-" else path
    if any(os.path.realpath(path) == os.path.realpath(other.path) for other in (*others, *([to] if to.path else []))):
        place = f"the file {quoted(path)}" if path else "standard output"
        raise UsageError(f"two outputs go to {place}", help="give each a place of its own")
    if not path and not to.path and (output.format or output.json):
        raise UsageError(
            f"the result as {to.format} and a report both go to standard output", help="-o FILE takes the result"
        )
    look = to.look if not path else Look(to.look.digits)
    return Target(format, path, look, to.quiet, to.verbose)


def report(result: Result, to: Target, wanted: Sequence[Target]) -> None:
    """Write the result and the reports beside it; one that takes standard output takes it from the result.

    Raises:
        InputError: one of them cannot be written; the others are.
    """
    failed: list[InputError] = []
    outputs = [*([to] if to.path or all(other.path for other in wanted) else []), *wanted]
    for each in outputs:
        try:
            if each.format == "md" and each in wanted and os.path.isfile(each.path):
                _append(result, each)
            else:
                _put(render(each.format, result, each.look), each)
        except InputError as error:
            failed.append(error)
    taken = [each for each in wanted if not each.path]
    notes(result, taken[0] if taken and not to.path else to)
    if all(each.path or each.format not in TELLS_VERDICT for each in outputs):
        _conclude(result, to)
    if failed:
        raise failed[0]


def _append(result: Result, to: Target) -> None:
    """Write a summary behind what is in its file."""
    from lossctl.render.md import fitted

    try:
        with open(to.path, "rb") as file:
            before = file.read(_LARGEST_SUMMARY)
    except OSError as error:
        raise _unwritten(to.path, error) from None
    if before:
        before += b"\n" if before.endswith(b"\n") else b"\n\n"
    text = fitted(result, to.look, _LARGEST_SUMMARY - 1 - len(before))
    if not text:
        raise InputError(
            f"{to.path}: it has no room for a summary below 1 MiB, the most that GitHub takes", help="remove the file"
        )
    with _beside(to.path) as file:
        file.write(before + text.encode("utf-8", "backslashreplace"))


@contextmanager
def written(to: Target) -> Iterator[Callable[[str | bytes], None]]:
    """What writes text, or the bytes of a picture, to where the output goes; a file is there whole or not at all.

    Raises:
        InputError: it cannot be written.
        BrokenPipeError: nobody reads standard output any more.
    """
    if not to.path:
        if sys.stdout is None:
            raise InputError("standard output is closed", help="-o FILE writes a file")
        yield _print
        return
    with _beside(to.path) as file:

        def write(text: str | bytes) -> None:
            try:
                file.write(text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace"))
            except BrokenPipeError:
                raise
            except OSError as error:
                raise _unwritten(to.path, error) from None

        yield write


def _print(text: str | bytes) -> None:
    try:
        raw = getattr(sys.stdout, "buffer", None)
        if isinstance(text, bytes) and raw is not None and not isinstance(raw, io.RawIOBase):
            raw.write(text)
            raw.flush()
        elif isinstance(text, bytes) or isinstance(raw, io.RawIOBase):
            # Under PYTHONUNBUFFERED the text layer overlooks a write that was cut short.
            data = text if isinstance(text, bytes) else text.encode(sys.stdout.encoding, sys.stdout.errors or "strict")
            while data and raw is not None:
                data = data[raw.write(data) or 0 :]
        else:
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(sys.stdout)
        raise InputError(f"standard output: cannot write it: {os.strerror(error.errno or 0)}") from None


@contextmanager
def _beside(path: str) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when all is written."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # a device or a pipe cannot be replaced
            file: BinaryIO = open(path, "wb")  # noqa: SIM115 — closed below
            beside = ""
        else:
            import signal
            import tempfile

            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                signal.signal(signal.SIGTERM, _end)  # which would leave the unfinished file behind
            real = os.path.realpath(path)
            handle, beside = tempfile.mkstemp(prefix=".lossctl-", dir=os.path.dirname(real))
            file = open(handle, "wb")  # noqa: SIM115 — closed below
    except OSError as error:
        raise _unwritten(path, error) from None
    try:
        with file:
            yield file
        if beside:
            mode = os.stat(real).st_mode & 0o777 if os.path.exists(real) else 0o666 & ~_umask()
            os.chmod(beside, mode)
            os.replace(beside, real)
    except BaseException as error:
        if beside:
            os.unlink(beside)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise _unwritten(path, error) from None
        raise


def _end(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def _unwritten(path: str, error: OSError) -> InputError:
    return InputError(f"{path}: cannot write it: {os.strerror(error.errno or 0)}")


def notes(result: Result | Page, to: Target) -> None:
    """Write what is to be known about the result to standard error."""
    if to.quiet:
        return
    for record in result.inputs:
        untold = record.used != record.rows and to.format not in TELLS_ROWS
        if to.verbose or untold:
            from lossctl.render.grid import set_aside, taken

            if to.verbose:
                _note(f"{record.label}: {'; '.join([taken(record), *record.notes])}")
            if untold:
                _note(f"{record.label}: {set_aside(record)}")
    if isinstance(result, Result) and to.format not in TELLS_REASONS:
        if any(value.refused for value in result.values):
            from lossctl.render.grid import refusals

            for label, text in refusals(result):
                _note(f"{label}: {text} [refused]")
        for value in result.values:
            if value.group is None and value.reasons:
                from lossctl.render.grid import exact_beside

                told = "; ".join([*value.reasons, exact_beside(value, to.look.digits)])
                _note(f"{value.input}: {value.text}: {told} [unlike-exact]")
    for warning in result.warnings:
        _note(f"{warning.input}: {warning.message} [{warning.code}]")


def _conclude(result: Result, to: Target) -> None:
    """Write the verdict to standard error."""
    if result.verdict is not None:
        from lossctl.render.sentences import summed_up

        _say(summed_up(result.verdict, to.look))


def tell(notes: Iterable[str]) -> None:
    """Write notes that belong to no result."""
    for text in notes:
        _note(text)


def _note(text: str) -> None:
    _say(f"note: {text}")


def _say(text: str) -> None:
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(f"lossctl: {printable(text)}\n")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _width(*, terminal: bool) -> int | None:
    if terminal:
        return shutil.get_terminal_size().columns
    columns = os.environ.get("COLUMNS", "")
    readable = columns.isascii() and columns.isdecimal() and len(columns) < 6
    return int(columns) or None if readable else None


def _color(wish: str, *, terminal: bool) -> bool:
    if wish != "auto":
        return wish == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return os.environ["FORCE_COLOR"] != "0"
    return terminal and os.environ.get("TERM") != "dumb"


def _unicode(path: str) -> bool:
    encoding = "utf-8" if path or sys.stdout is None else sys.stdout.encoding or "ascii"
    return encoding.lower().replace("-", "").startswith("utf")
