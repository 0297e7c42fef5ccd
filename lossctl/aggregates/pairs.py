"""Two models' losses of the same rows: what their difference, and how far it may be chance, can be told from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import add
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from lossctl.aggregates.exact import ExactSum
from lossctl.aggregates.groups import places
from lossctl.aggregates.mean import denominators, squares, weighted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lossctl.kinds import Floats

FEW = 29
"""So many rows are kept one by one; more are known by their sums alone."""

Shape: TypeAlias = Literal["mean", "root", "ratio"]
"""What the losses add up to: a mean, the root of a mean of squares, or a ratio of two sums."""


class Rows(NamedTuple):
    """What some rows add up to under one model.

    Attributes:
        losses: shape (n,), the loss of each row alone.
        above: shape (n,), what it adds to the numerator, but for its weight; of a root its loss, which is squared.
        below: shape (n,), what it adds to the denominator, but for its weight; None for 1.
    """

    losses: Floats
    above: Floats
    below: Floats | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """What the pairs of losses of some rows add up to.

    Under a model a row adds a to the numerator (wℓ; of a root wℓ²) and b to the denominator (w). d is a of new - a of
    base. The columns are of a mean d; of a root d and e = a of new + a of base; of both b where it is not always 1, which
    is the same for both models; of a ratio d, b of new - b of base, a of base, b of base.

    Attributes:
        squares: Σx² for each column x, in units of 2**-2274.
        products: Σxy for each two columns, in order.
        cubes: Σd³.
        low, high: the extremes of d that are numbers; inf and -inf where there are none.
        rows: rows whose weight is not 0. The others are not looked at.
        wins, ties, losses: rows in which the loss of new is lower, equal, higher.
        few: the number of each row and its d, by number, as long as there are no more than FEW; None for more, and for
            ratios.
    """

    squares: tuple[ExactSum, ...]
    products: tuple[ExactSum, ...]
    cubes: ExactSum = ExactSum()
    low: float = np.inf
    high: float = -np.inf
    rows: int = 0
    wins: int = 0
    ties: int = 0
    losses: int = 0
    few: tuple[tuple[int, float], ...] | None = ()

    @classmethod
    def empty(cls, shape: Shape, *, weighted: bool) -> Pairs:
        """The pairs of no rows.

        Args:
            shape: what the losses add up to.
            weighted: whether rows have weights, or the loss has a factor for them.
        """
        columns = 4 if shape == "ratio" else 1 + (shape == "root") + weighted
        return cls((ExactSum(),) * columns, (ExactSum(),) * (columns * (columns - 1) // 2))

    @classmethod
    def of(cls, base: Rows, new: Rows, numbers: NDArray[np.intp], weights: Floats | None, shape: Shape) -> Pairs:
        """The pairs of some rows.

        Args:
            base: the rows under base.
            new: the rows under new.
            numbers: shape (n,), the number of each row.
            weights: shape (n,), None for weights of 1.
            shape: what the losses add up to.
        """
        columns = _columns(base, new, numbers, weights, shape)
        sums = tuple(reduce(add, (ExactSum.of(part) << shift for part, shift in squares(x))) for x in columns.all)
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            products = tuple(ExactSum.of(x * y) for x, y in combinations(columns.all, 2))
            cubes = ExactSum.of(columns.all[0] * columns.all[0] * columns.all[0])
        wins, ties, losses = (int(np.count_nonzero(mask)) for mask in columns.outcomes)
        low, high = _extremes(columns.all[0])
        few = _few(columns.numbers, columns.all[0], shape)
        return cls(sums, products, cubes, low, high, columns.numbers.size, wins, ties, losses, few)

    @classmethod
    def by_code(
        cls,
        base: Rows,
        new: Rows,
        numbers: NDArray[np.intp],
        weights: Floats | None,
        shape: Shape,
        codes: NDArray[np.intp],
        groups: int,
    ) -> list[Pairs]:
        """The pairs of each group: row i belongs to group `codes[i]`, a number below `groups`."""
        columns = _columns(base, new, numbers, weights, shape)
        codes = codes if columns.seen is None else codes[columns.seen]
        sums = []
        for x in columns.all:
            parts = [[one << shift for one in ExactSum.by_code(part, codes, groups)] for part, shift in squares(x)]
            sums.append([reduce(add, each) for each in zip(*parts, strict=True)])
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            products = [ExactSum.by_code(x * y, codes, groups) for x, y in combinations(columns.all, 2)]
            cubes = ExactSum.by_code(columns.all[0] * columns.all[0] * columns.all[0], codes, groups)
        outcomes = [np.bincount(codes[mask], minlength=groups).tolist() for mask in columns.outcomes]
        found = []
        for group, (its, wins, ties, losses) in enumerate(zip(places(codes, groups), *outcomes, strict=True)):
            d = columns.all[0][its]
            low, high = _extremes(d)
            few = _few(columns.numbers[its], d, shape)
            one = tuple(each[group] for each in sums)
            two = tuple(each[group] for each in products)
            found.append(cls(one, two, cubes[group], low, high, its.size, wins, ties, losses, few))
        return found

    def __add__(self, other: Pairs) -> Pairs:
        few = None
        if self.few is not None and other.few is not None and self.rows + other.rows <= FEW:
            few = tuple(sorted(self.few + other.few))
        return Pairs(
            tuple(map(add, self.squares, other.squares)),
            tuple(map(add, self.products, other.products)),
            self.cubes + other.cubes,
            min(self.low, other.low),
            max(self.high, other.high),
            self.rows + other.rows,
            self.wins + other.wins,
            self.ties + other.ties,
            self.losses + other.losses,
            few,
        )


def numerators(rows: Rows, weights: Floats | None, shape: Shape) -> Floats:
    """What each row adds to the numerator under a model, shape (n,)."""
    with np.errstate(over="ignore", under="ignore"):
        return weighted(np.square(rows.above) if shape == "root" else rows.above, weights)


class _Columns(NamedTuple):
    """The columns of pairs, d first, of the rows that are seen; None for all."""

    all: list[Floats]
    numbers: NDArray[np.intp]
    outcomes: tuple[NDArray[np.bool_], ...]
    seen: NDArray[np.bool_] | None


def _columns(base: Rows, new: Rows, numbers: NDArray[np.intp], weights: Floats | None, shape: Shape) -> _Columns:
    below = [denominators(weights, rows.below) for rows in (base, new)]
    counted = weights if shape == "ratio" else below[0]
    seen = None
    if counted is not None and not counted.all():
        seen = counted != 0
        base, new = (_taken(rows, seen) for rows in (base, new))
        weights = None if weights is None else weights[seen]
        numbers = numbers[seen]
        below = [None if each is None else each[seen] for each in below]
    one, two = numerators(base, weights, shape), numerators(new, weights, shape)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        columns = [two - one]
        if shape == "ratio":
            first, second = (np.ones(one.size) if each is None else each for each in below)
            columns += [second - first, one, first]
        elif shape == "root":
            columns.append(two + one)
    if shape != "ratio" and below[0] is not None:
        columns.append(below[0])
    outcomes = (new.losses < base.losses, new.losses == base.losses, new.losses > base.losses)
    return _Columns(columns, numbers, outcomes, seen)


def _taken(rows: Rows, seen: NDArray[np.bool_]) -> Rows:
    return Rows(rows.losses[seen], rows.above[seen], None if rows.below is None else rows.below[seen])


def _extremes(d: Floats) -> tuple[float, float]:
    return float(np.fmin.reduce(d, initial=np.inf)), float(np.fmax.reduce(d, initial=-np.inf))


def _few(numbers: NDArray[np.intp], d: Floats, shape: Shape) -> tuple[tuple[int, float], ...] | None:
    return tuple(zip(numbers.tolist(), d.tolist(), strict=True)) if d.size <= FEW and shape != "ratio" else None
