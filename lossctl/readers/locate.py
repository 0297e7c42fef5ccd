"""From a FILE argument to the reader of its format, known by content first and name second."""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from lossctl.errors import InputError, UsageError, listed, nearest, quoted
from lossctl.readers.streams import BOM, WILD, Stream, is_url, open_path, open_stdin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    from lossctl.readers.table import Source

FORMATS = {
    "csv": "lossctl.readers.delimited",
    "tsv": "lossctl.readers.delimited",
    "json": "lossctl.readers.document",
    "ndjson": "lossctl.readers.lines",
    "npy": "lossctl.readers.arrays",
    "npz": "lossctl.readers.arrays",
    "parquet": "lossctl.readers.columnar",
    "arrow": "lossctl.readers.columnar",
}
"""The module that reads each format; its `read` makes a `Source`."""

_LABELLED = re.compile(r"(?P<label>[\w.-]+)=(?P<path>.+)", re.DOTALL)
_NAMES = {".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "ndjson", ".ndjson": "ndjson"}
_BINARY_NAMES = {".parquet": "Parquet", ".pq": "Parquet"} | dict.fromkeys((".arrow", ".arrows", ".feather"), "Arrow")
_MAGIC = {
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\xff\xff\xff\xff": "arrow",
    b"\x93NUMPY": "npy",
    b"PK\x03\x04": "npz",
    b"PK\x05\x06": "npz",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_JSON_START = re.compile(rb"\s*(?:\{|\[\s*(?:[\[{\]\"]|-?[0-9]|(?:null|true|false|NaN|Infinity)\b))")
# A file named like delimited text may begin with the bracket of a column's name.
_JSON_START_OF_TEXT = re.compile(rb"\s*(?:\[\s*)?\{\s*[\"}]")
_TEXT_NAMES = {".csv", ".tsv", ".txt"}


class Options(NamedTuple):
    """What the command line says about the format of its inputs; empty where it is to be sniffed."""

    input_format: str = ""
    delimiter: str = ""
    no_header: bool = False
    decimal: str = ""


class _Reader(Protocol):
    def read(self, label: str, stream: Stream, format: str, options: Options) -> Source: ...


def check(options: Options) -> Options:
    """The options, with the spellings of a delimiter made one character.

    Raises:
        UsageError: one of them is nothing that can be meant.
    """
    if options.input_format and options.input_format not in FORMATS:
        raise UsageError(
            f"there is no input format {quoted(options.input_format)}",
            help=nearest(options.input_format, FORMATS) or f"there is {listed(FORMATS)}",
            options=("input-format",),
        )
    delimiter = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}.get(
        options.delimiter, options.delimiter
    )
    if delimiter and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise UsageError(
            f"a delimiter is one character, not {quoted(options.delimiter)}",
            help="write a tab as -d tab or -d '\\t'",
            options=("delimiter",),
        )
    if options.decimal not in {"", ".", ","}:
        raise UsageError(
            f"a decimal mark is . or , and not {quoted(options.decimal)}",
            help="write --decimal ,",
            options=("decimal",),
        )
    if delimiter and delimiter == options.decimal:
        raise UsageError(
            f"the delimiter and the decimal mark are both {quoted(delimiter)}",
            help="-d ';' --decimal , is common",
            options=("decimal", "delimiter"),
        )
    return options._replace(delimiter=delimiter)


def locate(argument: str, options: Options, opened: ExitStack) -> Source:
    """The input that a FILE argument names: a path, a folder, a pattern, `-`, or one of these behind `label=`.

    `opened` will close it.

    Raises:
        InputError: it cannot be opened, or is of no format known here.
    """
    label, path = label_and_path(argument)
    if is_url(path):
        return _stored(label, path, options, opened)
    if path == "-":
        return _source(label, open_stdin(), path, options)
    if not is_several(path):
        return _source(label, open_path(path, opened), path, options)
    from lossctl.readers.parts import Parts, listed

    def part(file: str, opened: ExitStack) -> Source:
        if not os.path.lexists(file):
            raise InputError(
                f"{file}: it was there when the files were listed and is gone", help="let nothing move the parts"
            )
        return _source(file, open_path(file, opened), file, options)

    files = listed(path)
    return Parts(label, path, files, part(files.paths[0], opened), part)


def _stored(label: str, url: str, options: Options, opened: ExitStack) -> Source:
    """The input that a URL names: an object of a store or of the web, or several."""
    from lossctl.readers import columnar, stores

    if url.startswith("http"):
        name = url.partition("?")[0]
        if (options.input_format or _binary(name)) == "parquet":
            return columnar.stored(label, url, "parquet")
        from lossctl.readers import web

        return _source(label, web.answer(url, opened), name, options)
    from lossctl.readers.parts import Parts

    def part(object: str, opened: ExitStack) -> Source:
        return _object(object, object, options)

    files = stores.listed(url)
    if files is None:
        return _object(label, url, options)
    return Parts(label, url, files, part(files.paths[0], opened), part)


def _object(label: str, url: str, options: Options) -> Source:
    from lossctl.readers import columnar, stores

    name = stores.name(url)
    format = options.input_format or _binary(name)
    if format in {"parquet", "arrow"}:
        return columnar.stored(label, url, format)
    return _source(label, stores.lines(url), name, options)


def _binary(name: str) -> str:
    """The format of typed columns that a name tells, empty for none."""
    return _BINARY_NAMES.get(os.path.splitext(name.lower())[1], "").lower()


def label_and_path(argument: str) -> tuple[str, str]:
    """The two parts of `label=path`; without a label, and where the whole is a path that exists, the path twice."""
    labelled = _LABELLED.fullmatch(argument)
    if labelled is None or os.path.exists(argument) or _matches(argument):
        return argument, argument
    return labelled["label"], labelled["path"]


def paths(argument: str) -> Sequence[str]:
    """The paths of the files that a FILE argument names, as far as they can be found."""
    return _found(label_and_path(argument)[1])


def _found(path: str) -> Sequence[str]:
    if not is_several(path):
        return [path]
    from lossctl.readers.parts import listed

    try:
        return listed(path).paths
    except InputError:  # told when it is read
        return []


def is_several(path: str) -> bool:
    """Whether a path names a folder or a pattern; a path that exists is no pattern, whatever it contains."""
    wild = WILD.search(path) is not None and not is_url(path)
    return os.path.isdir(path) or (wild and not os.path.lexists(path))


def _matches(argument: str) -> bool:
    return WILD.search(argument) is not None and bool(_found(argument))


def _source(label: str, stream: Stream, path: str, options: Options) -> Source:
    if not stream.head.removeprefix(BOM).strip():
        raise InputError(f"{stream.path}: it is empty", help="a header and at least one row are needed")
    format = options.input_format or format_of(stream, path)
    reader = cast("_Reader", import_module(FORMATS[format]))
    return reader.read(label, stream, format, options)


def format_of(stream: Stream, path: str) -> str:
    """The format that the content of a file has, or where that does not tell, its name.

    Raises:
        InputError: it is of no format known here.
    """
    head = stream.head
    stem, ending = os.path.splitext(path.lower())
    if stream.compression:
        ending = os.path.splitext(stem)[1]
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    if ending in _BINARY_NAMES:
        raise InputError(
            f"{stream.path}: it is named like {_BINARY_NAMES[ending]}, and its content is something else",
            help="--input-format reads it as another format",
        )
    if head.startswith(_UTF16):
        raise InputError(
            f"{stream.path}: it holds UTF-16 text, not UTF-8", help="iconv -f UTF-16 -t UTF-8 FILE turns it into UTF-8"
        )
    if b"\x00" in head:
        raise InputError(
            f"{stream.path}: it holds binary data of no format known here",
            help="wanted is CSV, JSON, NDJSON, Parquet, Arrow, npy or npz, plain or compressed; "
            "for UTF-16: iconv -f UTF-16 -t UTF-8 FILE",
        )
    text = head.removeprefix(BOM)
    if (_JSON_START_OF_TEXT if ending in _TEXT_NAMES else _JSON_START).match(text):
        return _json_format(text, ending)
    return "tsv" if ending == ".tsv" else "csv"


def _json_format(text: bytes, ending: str) -> str:
    """NDJSON has one whole object on its first line and another behind it; where that cannot be seen the name says."""
    if _NAMES.get(ending) == "ndjson":
        return "ndjson"
    first, _, rest = text.lstrip().partition(b"\n")
    more = rest.strip()
    if first.startswith(b"{") and first.rstrip().endswith(b"}") and more.startswith(b"{"):
        return "ndjson"
    return "json"
