"""Several inputs as one, joined by position or by id: predictions and their truth, or the predictions of several models."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossctl.batch import Gathered, Paired, place
from lossctl.errors import DataError, InputError, UsageError, count, listed, quoted
from lossctl.readers.cells import as_text, is_missing
from lossctl.readers.columns import beside_key, select, squeezed, truth_key
from lossctl.readers.table import CHUNK_ROWS, Chunk, MemoryOrigin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lossctl.readers.table import Header, Source
    from lossctl.results import Warn


class Ids(NamedTuple):
    """The columns of ids in the input that is held and in that whose rows come one after the other."""

    held: str
    rows: str


class Joined(NamedTuple):
    """Predictions beside their truth.

    Attributes:
        pred: the input that gives rows, label and path.
        truth: the input that y_true comes from.
        id: the text of --id, empty for a join by position.
    """

    pred: Source
    truth: Source
    id: str

    @property
    def label(self) -> str:
        """The name of the input in results."""
        return self.pred.label

    @property
    def path(self) -> str:
        """The input as messages name it."""
        return self.pred.path

    def header(self) -> Header:
        """The columns of the predictions, with those of the truth beside them."""
        header = self.pred.header()
        notes = (*header.notes, f"truth in {self.truth.path}")
        return header._replace(truth=self.truth.header(), truth_path=self.truth.path, notes=notes)

    def ids(self) -> Ids:
        """The columns of ids: one name for both, or `TRUTHCOL=PREDCOL`.

        Raises:
            UsageError: one of the two inputs has no such column.
        """
        first, equals, second = self.id.partition("=")
        if not equals or self.id in self.pred.header().names:
            first = second = self.id
        return _ids((self.truth, first), (self.pred, second))

    def chunks(
        self, columns: Sequence[str], rows: int = CHUNK_ROWS, numbers: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """The rows of the predictions with their truth.

        Raises:
            InputError: joined by position the lengths differ.
            DataError: joined by id one is missing, foreign or there twice.
        """
        header = self.header()
        names = {truth_key(header, name): name for name in self.truth.header().names}
        theirs = {key: name for key, name in names.items() if key in columns}
        ours = [name for name in columns if name not in theirs]
        return _beside(self.pred, ours, [_Other(self.truth, theirs, self.ids() if self.id else None)], rows, numbers)

    def notes(self) -> tuple[Warn, ...]:
        """What both inputs tell, each under its own name."""
        return self.pred.notes() + self.truth.notes()


class Aligned(NamedTuple):
    """Several inputs that hold the same rows, as one whose columns are those of all.

    Attributes:
        first: the input that gives rows, order, label and path; its columns keep their names.
        others: the inputs beside it; the columns of each have the names that `beside_key` gives them.
        id: the column of ids in the first and in each other input, empty for rows in the same order.
    """

    first: Source
    others: Sequence[Source]
    id: str

    @property
    def label(self) -> str:
        """The name of the first input in results."""
        return self.first.label

    @property
    def path(self) -> str:
        """The first input as messages name it."""
        return self.first.path

    def header(self) -> Header:
        """The columns of the first input."""
        return self.first.header()

    def ids(self, other: Source) -> Ids:
        """The columns of ids: one name for all, or `COL=OTHERCOL`.

        Raises:
            UsageError: one of the inputs has no such column.
        """
        here, equals, there = self.id.partition("=")
        if not equals or self.id in self.first.header().names:
            here = there = self.id
        return _ids((other, there), (self.first, here))

    def chunks(
        self, columns: Sequence[str], rows: int = CHUNK_ROWS, numbers: frozenset[str] = frozenset()
    ) -> Iterator[Chunk]:
        """The rows of the first input with those of the others beside them.

        Raises:
            InputError: the lengths differ.
            DataError: joined by id one is missing, foreign or there twice.
        """
        others = []
        for index, other in enumerate(self.others):
            names = {beside_key(index, name): name for name in other.header().names}
            theirs = {key: name for key, name in names.items() if key in columns}
            others.append(_Other(other, theirs, self.ids(other) if self.id else None))
        ours = [name for name in columns if not any(name in other.columns for other in others)]
        return _beside(self.first, ours, others, rows, numbers)

    def notes(self) -> tuple[Warn, ...]:
        """What the inputs tell, each under its own name."""
        return tuple(note for source in (self.first, *self.others) for note in source.notes())


class _Other(NamedTuple):
    """An input beside another one: its columns in use by the names they have there, and how rows are joined."""

    source: Source
    columns: Mapping[str, str]
    ids: Ids | None


def _ids(held: tuple[Source, str], rows: tuple[Source, str]) -> Ids:
    found = [select(source.header(), name, "--id", source.path) for source, name in (held, rows)]
    for columns, (source, name) in zip(found, (held, rows), strict=True):
        if len(columns) != 1:
            raise UsageError(
                f"{source.path}: --id {quoted(name)} names several columns",
                help="ids stand in one column of each file",
                options=("id",),
            )
    return Ids(found[0][0].name, found[1][0].name)


def _beside(
    first: Source, ours: Sequence[str], others: Sequence[_Other], rows: int, numbers: frozenset[str]
) -> Iterator[Chunk]:
    """The rows of an input with the columns of others beside its own."""
    ids = [other.ids.rows for other in others if other.ids is not None]
    chunks = first.chunks(list(dict.fromkeys([*ours, *ids])), rows, numbers - {*ids})
    for other in others:
        names, paths = [*other.columns.values()], (first.path, other.source.path)
        if other.ids is None:
            there = frozenset(name for key, name in other.columns.items() if key in numbers)
            chunks = _by_position(chunks, other.source.chunks(names, rows, there), other.columns, paths)
        else:
            held = other.source.chunks(list(dict.fromkeys([other.ids.held, *names])), rows)
            chunks = _by_id(chunks, held, other.columns, paths, other.ids)
    return chunks


def _by_position(
    chunks: Iterator[Chunk], others: Iterator[Chunk], theirs: Mapping[str, str], paths: tuple[str, str]
) -> Iterator[Chunk]:
    seen = [0, 0]
    one, other = next(chunks, None), next(others, None)
    while one is not None and other is not None:
        both = min(one.rows, other.rows)
        yield _paired(one.cut(0, both), other.cut(0, both), theirs)
        seen = [rows + both for rows in seen]
        one = one.cut(both, one.rows) if both < one.rows else next(chunks, None)
        other = other.cut(both, other.rows) if both < other.rows else next(others, None)
    for side, (chunk, more) in enumerate(((other, others), (one, chunks))):
        seen[side] += 0 if chunk is None else chunk.rows + sum(chunk.rows for chunk in more)
    if seen[0] != seen[1]:
        raise InputError(
            f"{paths[1]} has {count(seen[0], 'row')} and {paths[0]} has {seen[1]:,}",
            help="rows are joined by position; --id COLUMN joins them by id",
        )


def _by_id(
    chunks: Iterator[Chunk],
    others: Iterator[Chunk],
    theirs: Mapping[str, str],
    paths: tuple[str, str],
    ids: Ids,
) -> Iterator[Chunk]:
    held: dict[str, list[object]] = {name: [] for name in theirs.values()}
    index: dict[str, int] = {}
    twice: dict[str, None] = {}
    held_commas: frozenset[str] = frozenset()
    held_unheld: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in held}
    gathered = Gathered(MemoryOrigin(paths[1], held), [], [])
    before = 0
    for chunk in others:
        gathered.add(chunk.origin, before, chunk.rows, chunk.first_row)
        before += chunk.rows
        for id_ in _texts(chunk, ids.held):
            if id_ in index:
                twice[id_] = None
            index.setdefault(id_, len(index))
        for name, cells in held.items():
            column = chunk.columns[name]
            cells.extend(column.tolist() if isinstance(column, np.ndarray) else column)
            held_unheld[name].append(chunk.unheld.get(name, np.zeros(chunk.rows, np.bool_)))
        held_commas |= chunk.commas
    masks = {name: np.concatenate(parts) for name, parts in held_unheld.items() if parts}
    where, there = (f"{path}: column {quoted(name)}" for path, name in zip(paths, (ids.rows, ids.held), strict=True))
    _refuse(twice, there, "stands twice", "stand twice")
    unseen = np.ones(len(index), np.bool_)
    foreign: dict[str, None] = {}
    for chunk in chunks:
        places: list[int] = []
        for id_ in _texts(chunk, ids.rows):
            place = index.get(id_, -1)
            if place < 0:
                foreign[id_] = None
            elif unseen[place]:
                unseen[place] = False
            else:
                twice[id_] = None
            places.append(place)
        if not foreign and not twice:
            columns = dict(chunk.columns) | {key: [held[name][at] for at in places] for key, name in theirs.items()}
            origin = Paired(chunk.origin, gathered, theirs, places)
            commas = chunk.commas | {key for key, name in theirs.items() if name in held_commas}
            unheld = dict(chunk.unheld)
            unheld |= {key: masks[name][places] for key, name in theirs.items() if masks[name].any()}
            yield Chunk(columns, chunk.rows, chunk.first_row, origin, commas, unheld)
    _refuse(twice, where, "stands twice", "stand twice")
    _refuse(foreign, where, *(f"{verb} not in {paths[1]}" for verb in ("is", "are")))
    missing = [id_ for id_, place in index.items() if unseen[place]]
    _refuse(missing, there, *(f"{verb} not in {paths[0]}" for verb in ("is", "are")))


def _paired(one: Chunk, other: Chunk, theirs: Mapping[str, str]) -> Chunk:
    """Rows of two inputs, as many of one as of the other."""
    columns = dict(one.columns) | {key: other.columns[name] for key, name in theirs.items()}
    commas = one.commas | {key for key, name in theirs.items() if name in other.commas}
    unheld = dict(one.unheld) | {key: other.unheld[name] for key, name in theirs.items() if name in other.unheld}
    return Chunk(columns, one.rows, one.first_row, Paired(one.origin, other.origin, theirs), commas, unheld)


def _texts(chunk: Chunk, name: str) -> Iterator[str]:
    """The ids of a chunk: text as it stands, so that 1 and 1.0 are two of them, and numbers as text."""
    for row, cell in enumerate(squeezed(chunk.columns[name])):
        if is_missing(cell):
            where = place(chunk.origin, row, chunk.first_row)
            raise DataError(f"{where}: column {quoted(name)}: the id is missing", help="every row needs one")
        yield cell.strip() if isinstance(cell, str) else as_text(cell)


def _refuse(ids: Sequence[str] | Mapping[str, None], where: str, one: str, many: str) -> None:
    if ids:
        raise DataError(
            f"{where}: {count(len(ids), 'id')} {one if len(ids) == 1 else many}: {listed(ids, most=5)}",
            help="each id must stand once in both files; --where leaves out rows only after they are joined",
        )
