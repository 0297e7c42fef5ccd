"""What can go wrong, and the exit code each fault carries.

    LossctlError            2   the job could not be done
    ├── UsageError          2   code usage: the command line or a call asks for something that does not exist
    ├── InputError          2   code input: a file, a pipe or an argument cannot be read
    │   └── NoRowsError     2   it can be read, but no row counts; a gate on it cannot be decided
    └── DataError           2   code data: it can be read, but a value is not what the loss takes

Exit code 1 belongs to broken gates alone, so no error has it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST = 60
_HARMLESS = "\u200c\u200d"  # the joiners that emoji and some scripts are made with


class LossctlError(ValueError):
    """A fault that the user can mend.

    Args:
        message: one sentence: what was sought and what was found, led by its place where there is one.
        help: what to type instead.
        options: the options that it is about, without their dashes: `min-rows`.
    """

    exit_code = 2
    code = "error"

    def __init__(self, message: str, *, help: str = "", options: tuple[str, ...] = ()) -> None:
        self.message = printable(message)  # here, so that no sentence can forget the name of its file
        self.help = printable(help)
        self.options = options
        super().__init__(self.message)
        if help:
            self.add_note(f"help: {self.help}")


class UsageError(LossctlError):
    """The command line or a call asks for something that does not exist."""

    code = "usage"


class InputError(LossctlError):
    """A file, a pipe or an argument cannot be read."""

    code = "input"


class NoRowsError(InputError):
    """An input has no rows that count."""


class DataError(LossctlError):
    """A value is not what the loss takes.

    Args:
        message: one sentence, as of any fault.
        help: what to type instead.
        row: the data row it is about, None where that is no single one.
    """

    code = "data"

    def __init__(self, message: str, *, help: str = "", row: int | None = None) -> None:
        super().__init__(message, help=help)
        self.row = row


def option_name(text: str) -> str:
    """The option that a text names, without its dashes: `y-pred` of `--y-pred mean=`."""
    return text.rpartition("--")[2].partition(" ")[0]


@contextmanager
def about(option: str) -> Iterator[None]:
    """What goes wrong within is about an option, unless the fault itself names others."""
    try:
        yield
    except LossctlError as error:
        error.options = error.options or (option,)
        raise


def printable(text: str) -> str:
    r"""The text with every character that could steer a terminal or break a line written as an escape.

    Bytes that are no UTF-8, which Python hides in lone surrogates, are written as bytes.

    >>> print(printable("a\x1b[31mb\nc"), printable(b"\xe4.csv".decode("utf-8", "surrogateescape")))
    a\x1b[31mb\nc \xe4.csv
    """
    return text if text.isprintable() else "".join(map(_harmless, text))


def _harmless(char: str) -> str:
    if char.isprintable() or char in _HARMLESS:
        return char
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def quoted(value: object) -> str:
    """A value from a file or the command line as messages show it: in double quotes, harmless and short.

    >>> print(quoted("y_pred"))
    "y_pred"
    """
    text = printable(str(value))
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return f'"{text}"'


def listed(values: Iterable[object], last: str = "and", most: int = 8) -> str:
    """Values as a sentence lists them, the first `most` of them.

    >>> print(listed(["a", "b", "c"]))
    "a", "b" and "c"
    """
    texts = [quoted(value) for value in values]
    if len(texts) > most:
        texts = [*texts[:most], f"{len(texts) - most} more"]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def nearest(word: str, words: Iterable[str]) -> str:
    """A question that names the words most like a mistyped one, or nothing.

    >>> print(nearest("hubr", ["mse", "huber"]))
    did you mean "huber"?
    """
    return did_you_mean(close(word, words))


def close(word: str, words: Iterable[str], likeness: float = 0.6) -> list[str]:
    """The words most like a mistyped one, from 0 for any to 1 for the same."""
    import difflib  # only mistakes pay for it

    folded = {known.casefold(): known for known in words}
    return [folded[match] for match in difflib.get_close_matches(word.casefold(), folded, n=3, cutoff=likeness)]


def did_you_mean(words: Iterable[str]) -> str:
    """A question that names some words, or nothing where there are none."""
    names = listed(dict.fromkeys(words), "or")
    return f"did you mean {names}?" if names else ""


def repeated(names: Iterable[str]) -> str | None:
    """The first of some names that stands among them again, None where each stands once.

    >>> repeated(["a", "b", "b", "a"])
    'a'
    """
    times: dict[str, int] = {}
    for name in names:
        times[name] = times.get(name, 0) + 1
    return next((name for name, found in times.items() if found > 1), None)


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> count(1, "row"), count(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
