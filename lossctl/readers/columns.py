"""Which columns are meant, and their cells as the arrays that losses take."""

from __future__ import annotations

import os
import re
from itertools import compress
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn, TypeAlias

import numpy as np

from lossctl.batch import Batch, Key, key, named, place
from lossctl.errors import (
    DataError,
    InputError,
    LossctlError,
    UsageError,
    listed,
    nearest,
    option_name,
    quoted,
    repeated,
)
from lossctl.kinds import CLASSES_HELP, from_one
from lossctl.readers import cells
from lossctl.readers.table import CHUNK_ROWS, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lossctl.kinds import Array, Kind
    from lossctl.readers.cells import Cells, Coded
    from lossctl.readers.table import Chunk, Header, Source

Missing: TypeAlias = Literal["error", "drop", "propagate"]

TRUE_NAMES = ("y_true", "true", "target", "label", "labels", "actual", "expected", "gold", "truth", "y")
PRED_NAMES = (
    *("y_pred", "pred", "prediction", "predictions", "predicted", "forecast", "output", "score"),
    *("prob", "proba", "probability", "logit", "y_hat", "yhat"),
)
TRUE_FAMILIES = ("y_true_",)
PRED_FAMILIES = ("y_pred_", "p_", "prob_", "proba_", "logit_")

POSITIVE = "\0the positive label"
"""What stands among the labels of a batch for the one that --positive names; no cell can be this."""
NO_CLASS = np.iinfo(np.int64).min
"""What stands for the class of each row of a batch some of whose labels name none, where nobody insists on classes."""
LITERAL = "arguments"
"""What messages call values that came from no file."""


class Asked(NamedTuple):
    """What the command line says about columns; empty where they are to be found.

    The columns of `apart` are never y_true or y_pred; `id` is the one of them that names the rows shown. `others` has
    the columns of further inputs, by their names.
    """

    y_true: str = ""
    y_pred: str = ""
    weight: str = ""
    by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    positive: str = ""
    missing: Missing = "error"
    apart: tuple[str, ...] = ()
    id: str = ""
    others: Mapping[str, str] = MappingProxyType({})


class Binding(NamedTuple):
    """Which columns of an input are meant, and how their cells become arrays.

    Attributes:
        roles: the columns of each input, y_true and y_pred first.
        widths: how many values a row of each role holds.
        codings: for each role how its cells become numbers.
        classes: the names of the classes in order, None where ids are meant.
        ignored: labels that stand for no class, and the id that each has in the arrays.
        positive: the label that counts as 1.
        weight: the column of weights.
        by: the columns that make groups.
        where: columns and the text their cells must equal.
        missing: what to do with rows that lack a cell in these columns.
        id: the column that names rows, where they are shown.
        doubtful: whether classes are asked for only by losses that give way, so that y_true may hold none.
        spare: the inputs that only losses that give way take, and whose columns only their names tell.
    """

    roles: Mapping[str, tuple[str, ...]]
    widths: Mapping[str, int]
    codings: Mapping[str, frozenset[str]]
    classes: tuple[str, ...] | None
    ignored: Mapping[int, int]
    positive: str | None
    weight: str | None
    by: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    missing: Missing
    id: str | None
    doubtful: bool = False
    spare: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column in use."""
        used = [name for names in self.roles.values() for name in names]
        used += [*([self.weight] if self.weight else []), *self.by, *(name for name, _ in self.where)]
        used += [self.id] if self.id else []
        return tuple(dict.fromkeys(used))

    def texts(self, *, shown: bool) -> tuple[str, ...]:
        """The columns whose cells are more than numbers; with `shown` also those of labels, even if they are numbers."""
        used = [*self.by, *(name for name, _ in self.where), *([self.id] if self.id else [])]
        plain = {"number"} if shown or self.positive is not None else {"number", "binary"}
        used += [name for role, names in self.roles.items() if not self.codings[role] <= plain for name in names]
        return tuple(used)


class Found(NamedTuple):
    """The columns of each input, before the losses are known."""

    roles: Mapping[str, tuple[Column, ...]]

    def width(self, role: str) -> int:
        """How many values a row of a role holds; 0 where there is no such input."""
        return _width(self.roles.get(role, ()))


_NONE = Found({})


def find_others(header: Header, asked: Asked, path: str, roles: Iterable[str]) -> Found:
    """The columns of inputs that are neither y_true nor y_pred: those asked for, else those of the input's own name.

    Args:
        header: the columns there are.
        asked: what the command line says.
        path: the input as messages name it.
        roles: the inputs; those that no column is named like are left out.

    Raises:
        UsageError: a column asked for does not exist.
    """
    found = {}
    for role in roles:
        if role in asked.others:
            found[role] = select(header, asked.others[role], f"--y-pred {role}=", path)
            continue
        options = _candidates(header, (role,), (f"{role}_",), {*asked.apart, asked.weight})
        if len(options) == 1:
            found[role] = options[0]
    return Found(found)


def find(
    header: Header,
    asked: Asked,
    path: str,
    accepts: Callable[[int, int], bool],
    roles: Mapping[str, Sequence[str]] = MappingProxyType({"y_true": (), "y_pred": ()}),
    others: Found = _NONE,
) -> Found:
    """The columns of y_true and y_pred: those asked for, else those whose names say so.

    Args:
        header: the columns there are.
        asked: what the command line says.
        path: the input as messages name it.
        accepts: whether some loss takes so many values of y_true beside so many of y_pred.
        roles: which of the two are wanted, with names that are tried where no usual one is there.
        others: further inputs, whose columns are neither.

    Raises:
        UsageError: a column asked for does not exist.
        InputError: no column, or more than one, may be the one.
    """
    headers = {"y_true": header.truth or header, "y_pred": header}
    paths = {"y_true": header.truth_path or path, "y_pred": path}
    fixed = {
        role: select(headers[role], text, option, paths[role])
        for role, text, option in (("y_true", asked.y_true, "--y-true"), ("y_pred", asked.y_pred, "--y-pred"))
        if text and role in roles
    }
    if not header.named and not fixed and header.truth is None and len(header.columns) <= 2:
        return _headerless(header, path)
    apart = {*asked.apart, asked.weight, *(column.name for columns in others.roles.values() for column in columns)}
    used = {
        role: apart | {column.name for column in fixed.get(other, ()) if headers[role] is headers[other]}
        for role, other in (("y_true", "y_pred"), ("y_pred", "y_true"))
    }
    options = {
        role: [fixed[role]]
        if role in fixed
        else _candidates(headers[role], names, families, used[role])
        or _candidates(headers[role], roles[role], [f"{name}_" for name in roles[role]], used[role])
        for role, names, families in (("y_true", TRUE_NAMES, TRUE_FAMILIES), ("y_pred", PRED_NAMES, PRED_FAMILIES))
        if role in roles
    }
    for role, there in headers.items():
        if role in roles and header.truth is not None and not there.named and len(there.columns) == 1:
            options[role] = [there.columns]
    absent: list[tuple[Column, ...]] = [()]
    pairs = [(true, pred) for true in options.get("y_true", absent) for pred in options.get("y_pred", absent)]
    fitting = [pair for pair in pairs if accepts(_width(pair[0]), _width(pair[1]))] or pairs
    chosen = {}
    for position, (role, option) in enumerate((("y_true", "-t"), ("y_pred", "-p"))):
        if role not in roles:
            continue
        left = [found for found in options[role] if any(pair[position] == found for pair in fitting)] or options[role]
        if not left:
            _refuse_apart(headers[role], asked, role, option, paths[role])
            _refuse_unfound(headers[role], role, option, paths[role])
        exact = [found for found in left if found[0].name == role]
        exact = exact or [found for found in left if found[0].name.casefold() == role] or left
        if len(exact) > 1:
            raise InputError(
                f"{paths[role]}: {listed((_shown(found) for found in exact), 'or')} may be {role}, and nothing says which",
                help=f"{option} COLUMN says it",
            )
        chosen[role] = exact[0]
        lists = [column.name for column in chosen[role] if column.width > 1]
        if lists and len(chosen[role]) > 1:
            raise InputError(
                f"{paths[role]}: column {quoted(lists[0])} holds lists, so it is all of {role} or none of it",
                help=f"{option} {lists[0]} takes it alone",
            )
    if header.truth is not None and "y_true" in chosen:
        chosen["y_true"] = tuple(column._replace(name=truth_key(header, column.name)) for column in chosen["y_true"])
    return Found(chosen | dict(others.roles))


def bind(
    found: Found, header: Header, asked: Asked, path: str, kinds: Mapping[str, Sequence[Kind]], ignored: frozenset[int]
) -> Binding:
    """The binding of an input for the kinds that its losses take.

    Raises:
        UsageError: a column asked for does not exist, or the classes do not fit the columns.
    """
    if header.truth is None:
        for name in asked.apart:
            select(header, name, "--id", path)
    weight = _select_any(header, asked.weight, "--weight", path) if asked.weight else ()
    if len(weight) > 1:
        raise UsageError(
            f"--weight names {listed(column.name for column in weight)}, and weights are one column",
            options=("weight",),
        )
    per_class = any(kind.per_class for kind in kinds.get("y_pred", ()))
    _refuse_other_order(found, header, asked, path)
    classes = _classes(found, header, asked, path) if per_class else None
    if asked.classes and not per_class:
        raise UsageError(
            "--classes names classes, and no loss asked for takes a column per class",
            help="cce and sparse_cce do",
            options=("classes",),
        )
    if asked.positive and not any(kind.coding == "binary" for kind in kinds.get("y_true", ())):
        raise UsageError(
            "--positive names a label, and no loss asked for has two classes",
            help="bce and hinge have",
            options=("positive",),
        )
    used = {
        role: columns for role, columns in found.roles.items() if role in kinds
    }  # LOSS all finds more than it needs
    return Binding(
        roles={role: tuple(column.name for column in columns) for role, columns in used.items()},
        widths={role: found.width(role) for role in used},
        codings={role: frozenset(kind.coding for kind in kinds[role]) for role in used},
        classes=classes,
        ignored={label: _ignored_id(label, place, classes) for place, label in enumerate(sorted(ignored))},
        positive=asked.positive or None,
        weight=weight[0].name if weight else None,
        by=_by(found, header, asked.by, path),
        where=tuple(_where(header, text, path) for text in asked.where),
        missing=asked.missing,
        id=select(header, asked.id, "--id", path)[0].name if asked.id else None,
    )


def _by(found: Found, header: Header, texts: Sequence[str], path: str) -> tuple[str, ...]:
    """The columns that make groups; `y_true` is also the column taken for it, whatever its name."""
    names: list[str] = []
    for text in texts:
        for part in [text] if text in header.names else map(str.strip, text.split(",")):
            if part == "y_true" and part not in header.names and len(found.roles.get("y_true", ())) == 1:
                names += [column.name for column in found.roles["y_true"]]
            else:
                names += [column.name for column in _select_any(header, part, "--by", path)]
    _refuse_twice(names, "--by", path)
    return tuple(names)


def select(header: Header, text: str, option: str, path: str) -> tuple[Column, ...]:
    """The columns that a text names: a name, names with commas, `first:last` in file order, `p_*`, or a number.

    Raises:
        UsageError: it names a column that does not exist, or none.
    """
    names = header.names
    known = header.by_name
    if text in known:
        return (known[text],)
    parts = [part.strip() for part in text.split(",")] if "," in text else [text]
    chosen: list[str] = []
    for part in parts:
        ends = part.split(":")
        ranges = [(":".join(ends[:cut]), ":".join(ends[cut:])) for cut in range(1, len(ends))]
        first, last = next(
            (pair for pair in ranges if pair[0] in known and pair[1] in known), (ranges or [("", "")])[0]
        )
        if part in known:
            chosen.append(part)
        elif "*" in part:
            pattern = re.compile(".*".join(map(re.escape, part.split("*"))), re.DOTALL)
            matching = [name for name in names if pattern.fullmatch(name)]
            if not matching:
                _refuse_unknown(header, part, option, path)
            chosen += matching
        elif first in known and last in known:
            start, stop = names.index(first), names.index(last)
            if stop < start:
                raise UsageError(
                    f"{path}: {option} {quoted(part)} runs backwards: column {quoted(last)} stands before "
                    f"{quoted(first)}",
                    help=f"write {quoted(last + ':' + first)}, or name the columns with commas",
                    options=(option_name(option),),
                )
            chosen += names[start : stop + 1]
        else:
            wrong = next((end for end in (first, last) if ranges and end not in known), part)
            _refuse_unknown(header, wrong, option, path)
    _refuse_twice(chosen, option, path)
    return tuple(known[name] for name in chosen)


def _refuse_twice(names: Sequence[str], option: str, path: str) -> None:
    twice = repeated(names)
    if twice is not None:
        raise UsageError(
            f"{path}: {option} names column {quoted(twice)} twice",
            help="name each column once",
            options=(option_name(option),),
        )


_OF_TRUTH = "\0of the truth"


def truth_key(header: Header, name: str) -> str:
    """The name that a column of the second input has beside those of the first."""
    return name + _OF_TRUTH if name in header.names else name


def beside_key(place: int, name: str) -> str:
    """The name that a column of one of several inputs has beside those of the first."""
    return f"{name}\0of input {place}"


def plain_name(key: str) -> str:
    """The name that a column has in its own file."""
    return key.partition("\0of ")[0]


def _select_any(header: Header, text: str, option: str, path: str) -> tuple[Column, ...]:
    """The columns that a text names, in the second input where the first has no such column."""
    truth = header.truth
    if truth is None or text in header.names or text not in truth.names:
        return select(header, text, option, path)
    return select(truth, text, option, path)


def class_names(names: Sequence[str], pattern: str = "") -> tuple[str, ...]:
    """What columns of classes are named after: what `*` matched, else what follows their common prefix.

    The prefix is cut back to its last `_`, `-` or `.`.

    >>> class_names(["p_10", "p_11"]), class_names(["cat", "car"]), class_names(["a1z", "a2z"], "a*z")
    (('10', '11'), ('cat', 'car'), ('1', '2'))
    """
    if pattern.count("*") == 1:
        before, after = map(len, pattern.split("*"))
        return tuple(name[before : len(name) - after] for name in names)
    prefix = os.path.commonprefix(list(names))  # noqa: RUF071 — of letters, not of folders
    cut = max(prefix.rfind(mark) for mark in "_-.") + 1
    return tuple(name[cut:] for name in names)


def assembled(
    source: Source, bindings: Sequence[Binding], rows: int = CHUNK_ROWS, *, shown: bool = False
) -> Generator[tuple[Batch, ...], None, None]:
    """The rows of an input as batches, one for each binding.

    Args:
        source: the input.
        bindings: which of its columns are meant.
        rows: about how many rows a batch holds.
        shown: whether labels are shown as they are written.

    Raises:
        InputError: a cell cannot be read; the rows before it are given first, so that faults are told in their order.
    """
    wanted = tuple(dict.fromkeys(name for binding in bindings for name in binding.columns))
    texts = {name for binding in bindings for name in binding.texts(shown=shown)}
    for chunk in source.chunks(wanted, rows, frozenset(wanted) - texts):
        batches, fault = _readable(chunk, bindings)
        if batches:
            yield batches
        if fault is not None:
            raise fault.error


def _readable(chunk: Chunk, bindings: Sequence[Binding]) -> tuple[tuple[Batch, ...], _Unreadable | None]:
    """The batches of a chunk up to the first row that cannot be read, and what is wrong there."""
    batches: list[Batch] = []
    faults: list[_Unreadable] = []
    for binding in bindings:
        try:
            batches.append(_batch(chunk, binding))
        except _Unreadable as fault:
            faults.append(fault)
    if not faults:
        return tuple(batches), None
    first = min(faults, key=lambda fault: fault.row)
    if not first.row:
        return (), first
    before, earlier = _readable(chunk.cut(0, first.row), bindings)  # where one kind of fault hid another before it
    return before, earlier or first


class _Unreadable(Exception):
    """A cell of a chunk that cannot be read: its row, and the error to raise."""

    def __init__(self, row: int, error: LossctlError) -> None:
        super().__init__(row)
        self.row = row
        self.error = error


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns)


def _shown(columns: Sequence[Column]) -> str:
    return columns[0].name if len(columns) == 1 else f"{columns[0].name} … {columns[-1].name}"


def _candidates(
    header: Header, names: Sequence[str], families: Sequence[str], used: set[str]
) -> list[tuple[Column, ...]]:
    free = [column for column in header.columns if column.name not in used]
    single = [(column,) for column in free if column.name.casefold() in names]
    grouped = [tuple(column for column in free if column.name.casefold().startswith(family)) for family in families]
    return single + [
        columns for columns in grouped if columns and not any(column.name.casefold() in names for column in columns)
    ]


def _headerless(header: Header, path: str) -> Found:
    if len(header.columns) == 2:
        return Found({"y_true": header.columns[:1], "y_pred": header.columns[1:]})
    raise InputError(
        f"{path}: it has one column and no names, so it is y_pred, and y_true is missing",
        help="-t and -p choose columns by number; two nameless columns are y_true and y_pred",
    )


def _refuse_apart(header: Header, asked: Asked, role: str, option: str, path: str) -> None:
    """Say so where the only column for a role is taken already."""
    options = dict.fromkeys(asked.apart, "--id") | {asked.weight: "--weight"}
    taken = [name for name in options if name and name.casefold() == role and name in header.names]
    if taken:
        raise InputError(
            f"{path}: {options[taken[0]]} takes column {quoted(taken[0])}, and no other is named like {role}",
            help=f"{option} COLUMN says which it is",
        )


def _refuse_unfound(header: Header, role: str, option: str, path: str) -> NoReturn:
    if not header.named:
        raise InputError(
            f"{path}: it has {len(header.columns)} columns and no header, so nothing says which is {role}",
            help=f"{option} chooses a column by its number, {option} 1 the first",
        )
    names = header.names
    merged = len(names) == 1 and any(mark in names[0] for mark in "\t;|,")
    raise InputError(
        f"{path}: no column is named like {role}; there {_are(header)}",
        help="-d chooses the delimiter between columns"
        if merged
        else f"{option} COLUMN says which it is"
        + (", --truth FILE takes it from another file" if role == "y_true" and header.truth is None else ""),
    )


def _refuse_unknown(header: Header, name: str, option: str, path: str) -> NoReturn:
    hint = nearest(name, header.names)
    if not hint and header.named and name.isdecimal():
        hint = "numbers name columns of files without a header; -H says that there is none"
    raise UsageError(
        f"{path}: {option} names no column {quoted(name)}; there {_are(header)}",
        help=hint or f"{option} takes one of these names",
        options=(option_name(option),),
    )


def _are(header: Header) -> str:
    names = [name for name in header.names if name]
    where = " in the first rows" if header.sampled else ""
    return f"{'is' if len(names) == 1 else 'are'}{where} {listed(names, most=12)}"


def _where(header: Header, text: str, path: str) -> tuple[str, str]:
    if "=" not in text:
        raise UsageError(
            f"cannot read --where {quoted(text)}", help="write it like --where split=test", options=("where",)
        )
    known = {*header.names, *(header.truth.names if header.truth is not None else ())}
    parts = text.split("=")
    cuts = [("=".join(parts[:cut]), "=".join(parts[cut:])) for cut in range(len(parts) - 1, 0, -1)]
    name, value = next((cut for cut in cuts if cut[0] in known), cuts[-1])  # a name may hold the sign itself
    columns = _select_any(header, name, "--where", path)
    if len(columns) != 1:
        raise UsageError(
            f"{path}: --where {quoted(text)} names several columns",
            help="repeat --where, once for each column",
            options=("where",),
        )
    return columns[0].name, cells.as_text(value)


def _ignored_id(label: int, place: int, classes: Sequence[str] | None) -> int:
    """The id of an ignored label: that of the class of this name, else one that nothing has."""
    if classes is None:
        return label
    return classes.index(str(label)) if str(label) in classes else -1 - place


def _named_after(columns: Sequence[Column], asked: str) -> tuple[str, ...]:
    pattern = asked if "," not in asked else ""
    return tuple(map(cells.as_text, class_names([column.name for column in columns], pattern)))


def _refuse_other_order(found: Found, header: Header, asked: Asked, path: str) -> None:
    true, pred = found.roles.get("y_true", ()), found.roles.get("y_pred", ())
    if not header.named or not len(true) == len(pred) > 1:
        return
    names, others = _named_after(pred, asked.y_pred), _named_after(true, asked.y_true)
    if others != names and sorted(others) == sorted(names):
        raise InputError(
            f"{path}: the columns of y_true come as {listed(others)}, those of y_pred as {listed(names)}",
            help="-t and -p can name the columns in one order",
        )


def _classes(found: Found, header: Header, asked: Asked, path: str) -> tuple[str, ...] | None:
    columns = found.roles["y_pred"]
    width = _width(columns)
    names = _named_after(columns, asked.y_pred) if len(columns) > 1 and header.named else None
    double = repeated(names or ())
    if double is not None:
        raise InputError(
            f"{path}: two columns of y_pred are named after the class {quoted(double)}",
            help="--classes names them apart",
        )
    if not asked.classes:
        return names
    given = tuple(map(cells.as_text, asked.classes))
    if len(given) != width or len({*given}) != len(given):
        twice = " and one of them twice" if len({*given}) != len(given) else ""
        raise UsageError(
            f"{path}: --classes names {len(given)}{twice}, and y_pred has {width} classes",
            help="name each class once, in the order of the columns",
            options=("classes",),
        )
    if names is not None and given != names and sorted(given) == sorted(names):
        raise UsageError(
            f"{path}: --classes names {listed(given)}, and the columns are named {listed(names)}, in another order",
            help="-p can name the columns in the order of --classes",
            options=("classes",),
        )
    return given


def _batch(chunk: Chunk, binding: Binding) -> Batch:
    kept = _filtered(chunk, binding.where)
    missing = np.zeros(kept.size, np.bool_)
    arrays: dict[str, Array] = {}
    faults: list[tuple[int, str, str]] = []
    spared: dict[str, list[tuple[int, str, str]]] = {role: [] for role in binding.spare}
    holes: list[tuple[str, str, NDArray[np.bool_]]] = []

    def code(name: str, coder: Callable[[Cells, str, int], Coded], width: int = 1, role: str = "") -> Array:
        found = spared.get(role, faults)
        shape = (kept.size,) if width == 1 else (kept.size, width)
        try:
            values, gaps = coder(_taken(chunk.columns[name], kept, width), "," if name in chunk.commas else ".", width)
        except cells.BadCell as bad:
            found.append((int(kept[bad.row]), name, bad.problem))
            return np.zeros(shape)
        if gaps is not None and role in spared:
            holes.append((role, name, gaps))
        elif gaps is not None:
            if binding.missing == "error":
                faults.append((int(kept[np.argmax(gaps)]), name, "is missing"))
            np.logical_or(missing, gaps, out=missing)
        if values.shape != shape:
            if kept.size and (gaps is None or not gaps.all()):
                row = 0 if gaps is None else int(np.argmin(gaps))
                held = values.shape[1] if values.ndim > 1 else 1
                found.append((int(kept[row]), name, cells.uneven(held, width)))
            return np.zeros(shape)
        return values

    ids = None if binding.classes is None else {name: index for index, name in enumerate(binding.classes)}
    coders: dict[str, Callable[[Cells, str, int], Coded]] = {
        "number": cells.numbers,
        "binary": lambda column, decimal, width: cells.binary(column, binding.positive, decimal, width),
        "class": lambda column, *_: _class_ids(column, ids, binding),
    }
    for role, names in binding.roles.items():
        for coding in sorted(binding.codings[role]):
            width = binding.widths[role] if len(names) == 1 else 1
            arrays[key(role, coding)] = _stacked([code(name, coders[coding], width, role) for name in names])
    weight = code(binding.weight, cells.numbers) if binding.weight else None
    parts = [[cells.group_part(cell) for cell in _taken(chunk.columns[name], kept)] for name in binding.by]
    faults += _group_faults(parts, kept, binding)
    for part in parts if binding.missing == "drop" else ():
        np.logical_or(missing, [value is None for value in part], out=missing)
    faults += _weight_faults(weight, kept, missing, binding)
    if faults:
        first = min(faults, key=lambda fault: fault[0])
        raise _Unreadable(first[0], _cell_error(chunk, binding, first))
    for role, name, gaps in holes:
        spared[role] += [(int(row), name, "is missing") for row in kept[gaps & ~missing][:1]]

    present: NDArray[np.bool_] | None = None
    dropped, whole = 0, ~missing
    gone = frozenset[Key]()
    unheld = _unheld(chunk, binding, kept[whole]) if chunk.unheld else {}
    if missing.any():
        arrays = {name: array[whole] for name, array in arrays.items()}
        if binding.missing == "drop":
            dropped = int(np.count_nonzero(missing))
            kept, weight = kept[whole], None if weight is None else weight[whole]
            out, parts = ([list(compress(part, rows)) for part in parts] for rows in (missing, whole))
            gone = frozenset(group for group in zip(*out, strict=True) if None not in group)
        else:
            present = whole
    return Batch(
        arrays=arrays,
        weight=weight,
        group=_grouped(parts) if binding.by else None,
        present=present,
        kept=kept,
        first_row=chunk.first_row,
        rows=chunk.rows,
        filtered=chunk.rows - kept.size - dropped,
        dropped=dropped,
        gone=gone,
        labels=_labels(chunk, kept, binding),
        origin=chunk.origin,
        cells=chunk.columns,
        unheld=unheld,
        unread={
            role: (first[0] + chunk.first_row, _cell_error(chunk, binding, first).message)
            for role, found in spared.items()
            for first in sorted(found, key=lambda fault: fault[0])[:1]
        },
    )


def _weight_faults(
    weight: Array | None, kept: NDArray[np.intp], missing: NDArray[np.bool_], binding: Binding
) -> Iterator[tuple[int, str, str]]:
    """The first cell that is no weight."""
    if weight is not None and binding.weight is not None:
        wrong = kept[~((weight >= 0) & (weight < np.inf)) & ~missing]
        for row in wrong[:1]:
            yield int(row), binding.weight, "is no weight: weights are finite and at least 0"


def _group_faults(
    parts: Sequence[Sequence[str | int | float | None]], kept: NDArray[np.intp], binding: Binding
) -> Iterator[tuple[int, str, str]]:
    """The cells of groups that name none."""
    for name, part in zip(binding.by, parts, strict=True):
        if None in part and binding.missing == "error":
            yield int(kept[part.index(None)]), name, "is missing"
        for row, value in enumerate(part):
            if isinstance(value, str) and cells.is_undecodable(value):
                yield int(kept[row]), name, ""


def _class_ids(column: Cells, ids: Mapping[str, int] | None, binding: Binding) -> Coded:
    try:
        return cells.class_ids(column, ids, binding.ignored)
    except cells.BadCell:
        if not binding.doubtful:
            raise
        return cells.Coded(np.full(len(column), NO_CLASS), None)


def _unheld(chunk: Chunk, binding: Binding, rows: NDArray[np.intp]) -> dict[str, list[int]]:
    """For each role whose numbers are taken the rows of which some number is no float64."""
    numeric = {
        role: names
        for role, names in binding.roles.items()
        if "number" in binding.codings[role] or ("binary" in binding.codings[role] and binding.positive is None)
    }
    if binding.weight:
        numeric["weight"] = (binding.weight,)
    found = {}
    for role, names in numeric.items():
        masks = [chunk.unheld[name][rows] for name in names if name in chunk.unheld]
        if masks:
            found[role] = (rows[np.logical_or.reduce(masks)] + chunk.first_row).tolist()
    return {role: numbers for role, numbers in found.items() if numbers}


def _filtered(chunk: Chunk, where: Sequence[tuple[str, str]]) -> NDArray[np.intp]:
    if not where:
        return np.arange(chunk.rows)
    keep = np.ones(chunk.rows, np.bool_)
    for name, text in where:
        column = squeezed(chunk.columns[name])
        wanted = cells.group_part(text)
        # 2.50 is in the group 2.5, which is what groups are called where they are shown.
        read, sought = (cells.group_part, wanted) if isinstance(wanted, float) else (cells.as_text, text)
        keep &= np.fromiter((read(cell) == sought for cell in column), np.bool_, chunk.rows)
    return np.flatnonzero(keep)


def squeezed(column: Cells) -> Cells:
    """The cells; a list or row of one value is that value."""
    if isinstance(column, np.ndarray):
        return column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column
    if not len(column) or isinstance(column[0], str) or list not in {*map(type, column)}:
        return column
    return [
        cell[0] if isinstance(cell, list) and len(cell) == 1 and not isinstance(cell[0], list) else cell
        for cell in column
    ]


def _taken(column: Cells, kept: NDArray[np.intp], width: int = 1) -> Cells:
    """The kept cells, squeezed where they should hold one value."""
    if kept.size != len(column):
        column = column[kept] if isinstance(column, np.ndarray) else [column[row] for row in kept.tolist()]
    return squeezed(column) if width == 1 else column


def _stacked(columns: Sequence[Array]) -> Array:
    """The columns of a role side by side, C-contiguous: losses differ in their last bit between layouts."""
    if len(columns) == 1:
        return np.ascontiguousarray(columns[0])
    return np.ascontiguousarray(np.column_stack(columns))


def _grouped(parts: Sequence[Sequence[str | int | float | None]]) -> tuple[NDArray[np.intp], Sequence[Key]]:
    index: dict[Key, int] = {}
    codes = [index.setdefault(group, len(index)) for group in zip(*parts, strict=True)]
    return np.array(codes, np.intp), tuple(index)


def _labels(chunk: Chunk, kept: NDArray[np.intp], binding: Binding) -> frozenset[str]:
    """With --positive: whether the label was there, and some of the others."""
    if binding.positive is None or "binary" not in binding.codings.get("y_true", ()):
        return frozenset()
    wanted = cells.as_text(binding.positive)
    seen = {
        cells.as_text(part)
        for name in binding.roles["y_true"]
        for cell in _taken(chunk.columns[name], kept)
        for part in (cell if isinstance(cell, (list, np.ndarray)) else [cell])
        if not cells.is_missing(part)
    }
    others = sorted(seen - {wanted})[:2]
    return frozenset({*others, *({POSITIVE} if wanted in seen else ())})


def _cell_error(chunk: Chunk, binding: Binding, fault: tuple[int, str, str]) -> LossctlError:
    row, name, problem = fault
    where = f"{place(chunk.origin, row, chunk.first_row, name)}: column {quoted(named(chunk.origin, name))}"
    cell = chunk.origin.cell(row, name)
    options = {"y_true": "--y-true ", "y_pred": "--y-pred "}
    option = {name: options.get(role, f"--y-pred {role}=") for role, names in binding.roles.items() for name in names}
    option |= {binding.weight or "": "--weight "} | dict.fromkeys(binding.by, "--by ")
    another = f"{option[name]}COLUMN chooses another column"
    if chunk.origin.path == LITERAL:
        another = "values are like 0,1 or [[0,1],[1,0]]"
    if cells.is_undecodable(cell):
        return InputError(f"{where}: the cell is not UTF-8", help="for Latin-1: iconv -f LATIN1 -t UTF-8 FILE")
    if problem == "is missing":
        return DataError(
            f"{where}: the cell is missing" + (f" ({quoted(cell)})" if cell.strip() else ""),
            help="--nan drop leaves such rows out, --nan propagate lets the loss be nan",
        )
    if not problem:
        if name in chunk.commas and "." in cell:
            another = f"the decimal mark here is a comma, which --decimal . changes; {another}"
        elif "," in cell and cells.is_number(cell.replace(",", ".", 1)):
            another = f"--decimal , reads commas as decimal marks; {another}"
        text_truth = name in binding.roles.get("y_true", ()) and "binary" in binding.codings["y_true"]
        return DataError(
            f"{where}: cannot read {quoted(cell)} as a number",
            help=f"--positive LABEL says which label counts as 1; {another}"
            if text_truth
            else f"--nan covers missing cells only; {another}",
        )
    if problem == "is none of the classes":
        classes = binding.classes or ()
        counted = classes == tuple(map(str, range(len(classes)))) and cells.as_text(cell) == str(len(classes))
        return DataError(
            f"{where}: {quoted(cell)} is none of the classes, which are {listed(classes, most=12)}",
            help=from_one(len(classes)) if counted else CLASSES_HELP,
        )
    return DataError(f"{where}: {quoted(cell)} {problem}", help=another)
