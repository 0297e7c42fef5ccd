"""Two inputs as one: predictions in one file, the truth in another, joined by position or by id."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossctl.batch import Paired, place
from lossctl.errors import DataError, InputError, UsageError, count, listed, quoted
from lossctl.readers.cells import as_text, is_missing
from lossctl.readers.columns import select, squeezed, truth_key
from lossctl.readers.table import CHUNK_ROWS, Chunk, MemoryOrigin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lossctl.readers.table import Header, Source
    from lossctl.results import Warn


class Ids(NamedTuple):
    """The columns of ids in the truth and in the predictions."""

    truth: str
    pred: str


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
        here, there = self.pred.header(), self.truth.header()
        first, equals, second = self.id.partition("=")
        if not equals or self.id in here.names:
            first = second = self.id
        found = [
            select(header, name, "--id", source.path)
            for header, name, source in ((there, first, self.truth), (here, second, self.pred))
        ]
        if any(len(columns) != 1 for columns in found):
            raise UsageError(
                f"--id {quoted(self.id)} names several columns", help="ids stand in one column of each file"
            )
        return Ids(found[0][0].name, found[1][0].name)

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
        if self.id:
            return self._by_id(ours, theirs, rows, numbers)
        there = frozenset(name for key, name in theirs.items() if key in numbers)
        pred = self.pred.chunks(ours, rows, numbers)
        return self._by_position(pred, self.truth.chunks([*theirs.values()], rows, there), theirs)

    def notes(self) -> tuple[Warn, ...]:
        """What both inputs tell, each under its own name."""
        return self.pred.notes() + self.truth.notes()

    def _by_position(
        self, preds: Iterator[Chunk], truths: Iterator[Chunk], theirs: Mapping[str, str]
    ) -> Iterator[Chunk]:
        seen = [0, 0]
        pred, truth = next(preds, None), next(truths, None)
        while pred is not None and truth is not None:
            both = min(pred.rows, truth.rows)
            yield _beside(pred.cut(0, both), truth.cut(0, both), theirs)
            seen = [rows + both for rows in seen]
            pred = pred.cut(both, pred.rows) if both < pred.rows else next(preds, None)
            truth = truth.cut(both, truth.rows) if both < truth.rows else next(truths, None)
        for side, (chunk, more) in enumerate(((truth, truths), (pred, preds))):
            seen[side] += 0 if chunk is None else chunk.rows + sum(chunk.rows for chunk in more)
        if seen[0] != seen[1]:
            raise InputError(
                f"{self.truth.path} has {count(seen[0], 'row')} and {self.path} has {seen[1]:,}",
                help="rows are joined by position; --id COLUMN joins them by id",
            )

    def _by_id(
        self, ours: Sequence[str], theirs: Mapping[str, str], rows: int, numbers: frozenset[str]
    ) -> Iterator[Chunk]:
        ids = self.ids()
        held: dict[str, list[object]] = {name: [] for name in theirs.values()}
        index: dict[str, int] = {}
        twice: dict[str, None] = {}
        held_commas: frozenset[str] = frozenset()
        held_unheld: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in held}
        for chunk in self.truth.chunks(list(dict.fromkeys([ids.truth, *held])), rows):
            for id_ in _texts(chunk, ids.truth):
                if id_ in index:
                    twice[id_] = None
                index.setdefault(id_, len(index))
            for name, cells in held.items():
                column = chunk.columns[name]
                cells.extend(column.tolist() if isinstance(column, np.ndarray) else column)
                held_unheld[name].append(chunk.unheld.get(name, np.zeros(chunk.rows, np.bool_)))
            held_commas |= chunk.commas
        masks = {name: np.concatenate(parts) for name, parts in held_unheld.items() if parts}
        _refuse(twice, f"{self.truth.path}: column {quoted(ids.truth)}", "stands twice", "stand twice")
        unseen = np.ones(len(index), np.bool_)
        foreign: dict[str, None] = {}
        for chunk in self.pred.chunks(list(dict.fromkeys([ids.pred, *ours])), rows, numbers - {ids.pred}):
            places: list[int] = []
            for id_ in _texts(chunk, ids.pred):
                place = index.get(id_, -1)
                if place < 0:
                    foreign[id_] = None
                elif unseen[place]:
                    unseen[place] = False
                else:
                    twice[id_] = None
                places.append(place)
            if not foreign and not twice:
                columns = {name: chunk.columns[name] for name in ours}
                columns |= {key: [held[name][place] for place in places] for key, name in theirs.items()}
                origin = Paired(chunk.origin, MemoryOrigin(self.truth.path, held), theirs, places)
                commas = chunk.commas | {key for key, name in theirs.items() if name in held_commas}
                unheld = dict(chunk.unheld)
                unheld |= {key: masks[name][places] for key, name in theirs.items() if masks[name].any()}
                yield Chunk(columns, chunk.rows, chunk.first_row, origin, commas, unheld)
        _refuse(twice, f"{self.path}: column {quoted(ids.pred)}", "stands twice", "stand twice")
        _refuse(
            foreign,
            f"{self.path}: column {quoted(ids.pred)}",
            *(f"{verb} not in {self.truth.path}" for verb in ("is", "are")),
        )
        missing = [id_ for id_, place in index.items() if unseen[place]]
        _refuse(
            missing,
            f"{self.truth.path}: column {quoted(ids.truth)}",
            *(f"{verb} not in {self.path}" for verb in ("is", "are")),
        )


def _beside(pred: Chunk, truth: Chunk, theirs: Mapping[str, str]) -> Chunk:
    """Rows of both inputs, as many of one as of the other."""
    columns = dict(pred.columns) | {key: truth.columns[name] for key, name in theirs.items()}
    commas = pred.commas | {key for key, name in theirs.items() if name in truth.commas}
    unheld = dict(pred.unheld) | {key: truth.unheld[name] for key, name in theirs.items() if name in truth.unheld}
    return Chunk(columns, pred.rows, pred.first_row, Paired(pred.origin, truth.origin, theirs), commas, unheld)


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
