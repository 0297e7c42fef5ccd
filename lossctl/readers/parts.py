"""Several files as one input: a folder, or a pattern like `'preds/*.csv'`.

Files come in natural order, part-2 before part-10, and their rows are numbered through. Folders named `year=2024` give
their files a column of text.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from lossctl.batch import Within
from lossctl.errors import InputError, count, quoted
from lossctl.readers.streams import WILD
from lossctl.readers.table import CHUNK_ROWS, Chunk, Header, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lossctl.readers.cells import Cells
    from lossctl.readers.table import Source
    from lossctl.results import Warn

ENDINGS = {
    *(".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".npy", ".npz"),
    *(".parquet", ".pq", ".arrow", ".arrows", ".feather", ".ipc"),
}
"""What the names of the files that a folder is read for end with, perhaps before the name of a compression."""
_COMPRESSED = {".gz", ".bz2", ".xz", ".zst"}
_MISSING = "__HIVE_DEFAULT_PARTITION__"
_NUMBER = re.compile(r"([0-9]+)")


class Listed(NamedTuple):
    """The files of an input.

    Attributes:
        paths: in natural order.
        base: the folder below which the names of folders may be columns.
        left_out: how many files have a name of no format known here.
    """

    paths: Sequence[str]
    base: str
    left_out: int = 0


class Parts(NamedTuple):
    """An input of several files.

    Attributes:
        label: its name in results.
        path: the folder or pattern.
        files: the files.
        first: the first file, opened.
        locate: what opens another.
    """

    label: str
    path: str
    files: Listed
    first: Source
    locate: Callable[[str, ExitStack], Source]

    def header(self) -> Header:
        """The columns of the first file, and those of folders."""
        header = self.first.header()
        folders = [
            described(name, [_cell(value)]) for name, value in self._folders(0).items() if name not in header.names
        ]
        left_out = self.files.left_out
        notes = (*header.notes, *([f"{count(left_out, 'other file')} left out"] if left_out else []))
        columns = (*header.columns, *folders)
        return header._replace(columns=columns, notes=notes, delimiter=None, parts=len(self.files.paths))

    def chunks(
        self, columns: Sequence[str], rows: int = CHUNK_ROWS, numbers: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """The rows of each file in turn.

        Raises:
            InputError: a file has other columns than the first, or is gone.
        """
        header = self.first.header()
        before = 0
        for index, path in enumerate(self.files.paths):
            with ExitStack() as opened:
                source = self.locate(path, opened) if index else self.first
                theirs = source.header() if index else header
                folders = {name: text for name, text in self._folders(index).items() if name not in theirs.names}
                if index:
                    self._refuse_other_columns(path, header, theirs, folders)
                asked = [name for name in columns if name not in folders] or [*theirs.names[:1]]
                last = before
                for chunk in source.chunks(asked, rows, numbers):
                    cells: dict[str, Cells] = {name: [_cell(text)] * chunk.rows for name, text in folders.items()}
                    last = before + chunk.first_row + chunk.rows - 1
                    yield chunk._replace(
                        columns={**chunk.columns, **cells},
                        first_row=before + chunk.first_row,
                        origin=Within(chunk.origin, 0, chunk.first_row, folders),
                    )
                before = last

    def notes(self) -> tuple[Warn, ...]:
        """What the first file tells."""
        return self.first.notes()

    def _folders(self, index: int) -> dict[str, str]:
        """The columns that the folders of a file make, as Hive names them."""
        folders = os.path.dirname(os.path.relpath(self.files.paths[index], self.files.base or ".")).split(os.sep)
        pairs = (folder.partition("=") for folder in folders if "=" in folder)
        return {unquote(name): unquote(value) for name, _, value in pairs if name}

    def _refuse_other_columns(self, path: str, first: Header, other: Header, folders: Mapping[str, str]) -> None:
        known = {*first.names, *self._folders(0)}
        found = {*other.names, *folders}
        model = self.files.paths[0]
        help = "the parts of one input have the same columns; other files are inputs of their own"
        if first.named != other.named:
            lacks, has = (path, model) if first.named else (model, path)
            raise InputError(f"{path}: {lacks} has no header and {has} has one", help=f"{help}; -H says that none has")
        if other.sampled or first.sampled:  # a key of a record may come later
            return
        if not first.named and len(first.names) != len(other.names):
            raise InputError(
                f"{path}: it has {count(len(other.names), 'column')}, {model} has {len(first.names)}", help=help
            )
        for name in [*first.names, *self._folders(0)]:
            if name not in found:
                raise InputError(f"{path}: column {quoted(name)} is missing, which {model} has", help=help)
        for name in [*other.names, *folders]:
            if name not in known:
                raise InputError(f"{path}: column {quoted(name)} is new, which {model} lacks", help=help)


def listed(path: str) -> Listed:
    """The files of a folder or pattern.

    Raises:
        InputError: there are none, or a folder cannot be read.
    """
    if os.path.isdir(path):
        files = _once(_below(path, set()))
        known = [file for file in files if is_known(file)]
        if not known:
            there = f"; there is {quoted(files[0])}" if files else ""
            raise InputError(
                f"{path}: the folder holds no file of a format known here{there}",
                help="a quoted pattern takes files of any name, like 'preds/*.txt'",
            )
        return Listed(known, path, len(files) - len(known))
    wild = WILD.search(path)
    base = os.path.dirname(path[: wild.start()] if wild else path)
    found: list[str] = []
    for match in _matching(base, path[len(base) :].strip(os.sep).split(os.sep)):
        found += filter(is_known, _below(match, set())) if os.path.isdir(match) else [match]
    if not found:
        raise InputError(f"{path}: no file matches this pattern", help="* stands for any letters, ** for any folders")
    return Listed(_once(found), base)


def _once(files: Iterable[str]) -> list[str]:
    """Files in natural order, each once, however many links lead to it."""
    found: dict[str, str] = {}
    for file in sorted(files, key=lambda file: (os.path.islink(file), natural(file))):
        found.setdefault(os.path.realpath(file), file)
    return sorted(found.values(), key=natural)


def natural(path: str) -> list[tuple[str, int]]:
    """What sorts numbers in names by their size."""
    pieces = [*_NUMBER.split(path), "0"]
    return [(text, int(number)) for text, number in zip(pieces[::2], pieces[1::2], strict=True)]


def is_known(path: str) -> bool:
    """Whether the name of a file tells a format known here."""
    stem, ending = os.path.splitext(path.lower())
    return (os.path.splitext(stem)[1] if ending in _COMPRESSED else ending) in ENDINGS


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder or "."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"{folder}: cannot read the folder: {os.strerror(error.errno or 0)}") from None


def _is_new(folder: str, seen: set[tuple[int, int]]) -> bool:
    """Whether a folder was not read yet: links may lead around in circles."""
    state = os.stat(folder or ".")
    mark = (state.st_dev, state.st_ino)
    new = mark not in seen
    seen.add(mark)
    return new


def _below(folder: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    """The files in a folder and in those below it, but for hidden ones and those that writers leave beside the data."""
    if not _is_new(folder, seen):
        return
    for name in _names(folder):
        path = os.path.join(folder, name)
        if name.startswith((".", "_")):
            continue
        if os.path.isdir(path):
            yield from _below(path, seen)
        elif os.path.isfile(path) or not os.path.exists(path):  # a link to nothing is a part that is missing
            yield path


def _folders_below(folder: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    """A folder and those below it."""
    if not _is_new(folder, seen):
        return
    yield folder
    for name in _names(folder):
        path = os.path.join(folder, name)
        if not name.startswith(".") and os.path.isdir(path):
            yield from _folders_below(path, seen)


def _matching(folder: str, pattern: Sequence[str]) -> Iterator[str]:
    """The paths below a folder whose names match a pattern, one part for each level."""
    from fnmatch import translate

    first, *others = pattern
    if first == "**":
        for below in _folders_below(folder, set()) if os.path.isdir(folder or ".") else ():
            yield from _matching(below, others or ["*"])
        return
    names = [first]
    if WILD.search(first):
        wanted = re.compile(translate(first))
        names = [
            name
            for name in _names(folder)
            if wanted.fullmatch(name) and (first.startswith(".") or not name.startswith("."))
        ]
    for name in names:
        path = os.path.join(folder, name)
        if not others and os.path.lexists(path):
            yield path
        elif others and os.path.isdir(path):
            yield from _matching(path, others)


def _cell(text: str) -> str | None:
    return None if text == _MISSING else text
