"""Earlier results, read back from their JSON."""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING, Any

from lossctl.errors import InputError, listed, quoted
from lossctl.readers.document import loads
from lossctl.readers.locate import format_of, is_several, label_and_path
from lossctl.readers.streams import is_url, open_path, open_stdin
from lossctl.results import SCHEMA, Result

if TYPE_CHECKING:
    from contextlib import ExitStack

_HELP = "lossctl compute LOSS FILE --json writes one"
_WORD = re.compile(rb"\w+")
_VALUES = {b"input", b"loss", b"like", b"reduction", b"value"}  # in the first line that -f csv, tsv and ndjson print


def earlier(argument: str, opened: ExitStack) -> Result | None:
    """The result that a file or pipe holds, `-` for standard input; None where it is a file of something else.

    Raises:
        InputError: it cannot be read, is a result of another schema, or holds values in another format.
    """
    path = label_and_path(argument)[1]
    if path != "-" and (is_url(path) or is_several(path)):
        return None
    stream = open_stdin() if path == "-" else open_path(path, opened)
    record = loads(stream.all(), stream.path, help=_HELP) if format_of(stream, path) == "json" else None
    if not (isinstance(record, dict) and isinstance(record.get("schema"), str)):
        if {*_WORD.findall(stream.head.partition(b"\n")[0])} >= _VALUES:
            raise InputError(
                f"{stream.path}: it holds values of losses, and a baseline is the whole result", help=_HELP
            )
        if not os.path.isfile(path):
            raise InputError(f"{stream.path}: it holds no earlier result, and can be read once", help=_HELP)
        return None
    if record["schema"] != SCHEMA:
        raise InputError(
            f"{stream.path}: its schema is {quoted(record['schema'])}, and this version reads {quoted(SCHEMA)}",
            help="make it again with this version",
        )
    return _checked(record, stream.path)


def _checked(record: dict[str, Any], path: str) -> Result:
    """The result of a record, which may have been written by hand."""
    try:
        result = Result.from_dict(record)
        changed = [value.text for value, entry in zip(result.values, record["results"], strict=True) if _changed(entry)]
        for value in result.values:
            hash(None if value.group is None else tuple(value.group.items()))
            _ = [float(term.weight) for term in value.terms or ()], "".join(term.loss for term in value.terms or ())
            _ = value.input + value.loss + value.text + value.like + value.reduction
        _ = ["".join((record.label, *record.columns)) + f"{record.used:d}" for record in result.inputs]
    except KeyError as error:
        raise InputError(f"{path}: it is a result that lacks {listed(error.args)}", help=_HELP) from None
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise InputError(f"{path}: it is a result with parts of the wrong type", help=_HELP) from None
    if changed:
        raise InputError(
            f"{path}: value and value_str of {quoted(changed[0])} contradict each other",
            help="who changes one of them changes both",
        )
    if not result.values:
        raise InputError(f"{path}: it is a result without any value", help=_HELP)
    return result


def _changed(entry: dict[str, Any]) -> bool:
    value, text = entry["value"], float(entry["value_str"])
    if isinstance(value, (bool, str)):
        raise TypeError("a value is a number")
    return math.isfinite(text) if value is None else float(value) != text
