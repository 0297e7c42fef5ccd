"""What the errors of rows amount to as one vector: its norm, and its root mean square by a measure of the true values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lossctl.aggregates.constant import Moments
from lossctl.aggregates.exact import ONE, UNIT, ExactSum
from lossctl.aggregates.mean import SQUARE_UNIT, Mean, Reduction, RootMeanSquare, root, weighted
from lossctl.losses.stable import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lossctl.kinds import Floats
    from lossctl.losses.stable import Once


@dataclass(frozen=True, slots=True)
class Normalised(RootMeanSquare):
    """√(Σwℓ² over Σw), divided by the mean, the range, the standard deviation or the length of the true values.

    What `Mean` calls the factor are these, of shape (n, k), and once is what to divide by.

    Attributes:
        by: "mean", "range", "std" or "l2"; empty where there are no rows.
        moments: Σw and Σwy, and Σwy² where that is divided by.
        low, high: the extremes of the true values where the range is divided by.
    """

    by: str = ""
    moments: Moments = Moments()
    low: float = math.inf
    high: float = -math.inf
    reductions: ClassVar[frozenset[Reduction]] = frozenset({"mean", "mean-weight"})

    @classmethod
    def of(cls, values: Floats, weights: Floats | None, factor: Floats | None = None, *once: Once) -> Self:
        """The normalised root of some rows."""
        return cls.by_code(values, weights, factor, np.zeros(values.size, np.intp), 1, *once)[0]

    @classmethod
    def by_code(
        cls,
        values: Floats,
        weights: Floats | None,
        factor: Floats | None,
        codes: NDArray[np.intp],
        groups: int,
        *once: Once,
    ) -> list[Self]:
        """The normalised root of each group."""
        roots = RootMeanSquare.by_code(values, weights, None, codes, groups)
        if factor is None:
            return [cls(one.total, one.weight, one.rows) for one in roots]
        (by,) = map(str, once)
        moments = Moments.by_code(factor, weights, codes, groups, squares=by in {"std", "l2"})
        lows, highs = np.full(groups, math.inf), np.full(groups, -math.inf)
        if by == "range":
            seen = slice(None) if weights is None else weights != 0
            np.fmin.at(lows, codes[seen], factor[seen].min(axis=1))
            np.fmax.at(highs, codes[seen], factor[seen].max(axis=1))
        parts = zip(roots, moments, lows.tolist(), highs.tolist(), strict=True)
        return [cls(root.total, root.weight, root.rows, by, *rest) for root, *rest in parts]

    def __add__(self, other: Self) -> Self:
        whole = Mean.__add__(self, other)
        low, high = min(self.low, other.low), max(self.high, other.high)
        moments = self.moments + other.moments
        return type(self)(whole.total, whole.weight, whole.rows, self.by or other.by, moments, low, high)

    @property
    def scale(self) -> Fraction:
        """The square of what the root is divided by."""
        if self.by == "range":
            return (Fraction(self.high) - Fraction(self.low)) ** 2
        first, second = sum(self.moments.first), sum(self.moments.second)
        if self.by == "l2":
            return Fraction(second, 1 << (3 * UNIT))
        values = self.moments.weight * len(self.moments.first)  # Σw, an output a value
        above = second * values - first**2 if self.by == "std" else first**2
        return Fraction(above, values**2 << (2 * UNIT))

    def value(self, reduction: Reduction) -> float:
        """The root by what it is divided by, rounded once; 0 where no row is off."""
        total, over = self.total, self._denominator(reduction)
        if self.moments.odd or total.nans or over.units <= 0:
            return math.nan
        if not total.units and not total.plus:
            return 0.0
        scale = self.scale
        if total.plus or not scale:
            return math.inf
        return root(total.units * scale.denominator, (over.units << (SQUARE_UNIT - UNIT)) * scale.numerator)


@dataclass(frozen=True, slots=True)
class Norm(Mean):
    """(Σwℓᵖ) to the power 1/p; each power is rounded, their sum is not.

    Attributes:
        p: the power, which is given once; 0 where there are no rows. The total counts in units of 2**-(1074 + `_lift(p)`).
    """

    p: float = 0.0
    reductions: ClassVar[frozenset[Reduction]] = frozenset({"mean", "mean-weight"})

    @classmethod
    def of(cls, values: Floats, weights: Floats | None, factor: Floats | None = None, *once: Once) -> Self:
        """The norm of some rows."""
        return cls.by_code(values, weights, factor, np.zeros(values.size, np.intp), 1, *once)[0]

    @classmethod
    def by_code(
        cls,
        values: Floats,
        weights: Floats | None,
        factor: Floats | None,
        codes: NDArray[np.intp],
        groups: int,
        *once: Once,
    ) -> list[Self]:
        """The norm of each group."""
        means = Mean.by_code(np.zeros(values.size), weights, factor, codes, groups)
        p = float(once[0]) if once else 1.0
        totals = [ExactSum()] * groups
        for part, shift in powers(values, p):
            sums = ExactSum.by_code(weighted(part, weights), codes, groups)
            totals = [total + (one << shift) for total, one in zip(totals, sums, strict=True)]
        return [cls(total, mean.weight, mean.rows, p) for total, mean in zip(totals, means, strict=True)]

    def __add__(self, other: Self) -> Self:
        whole = Mean.__add__(self, other)
        return type(self)(whole.total, whole.weight, whole.rows, max(self.p, other.p))

    @classmethod
    def carried(cls, values: Floats, weights: Floats | None, *once: Once) -> Floats:
        """Losses whose powers add without weights what the powers of these add with them, shape (n,)."""
        return weighted(values, None if weights is None else np.power(weights, 1.0 / float(once[0])))

    def part(self, values: Floats, weights: Floats | None = None) -> ExactSum:
        """What some of its rows add to the total; both of shape (n,)."""
        return type(self).of(values, weights, None, self.p).total

    def value(self, reduction: Reduction) -> float:  # noqa: ARG002 — both it has are the same
        """The norm. It has no other reduction."""
        total = self.total
        if not total.units or total.nans or total.plus:
            return total.over(ONE)
        # 2**(p * place) is taken out, and the root of what is left multiplied by 2**place.
        unit = UNIT + _lift(self.p)
        place = math.floor((total.units.bit_length() - unit) / self.p)
        taken = Fraction(self.p) * place
        rest = Fraction(total.units, 1 << unit) / Fraction(2) ** math.floor(taken)
        norm = (float(rest) * 2.0 ** -float(taken % 1)) ** (1.0 / self.p)
        if self.p.is_integer():  # whose powers are known exactly, so one step of Newton's leaves no error
            norm += norm * float(rest / Fraction(norm) ** int(self.p) - 1) / self.p
        try:
            return math.ldexp(norm, place)
        except OverflowError:
            return math.inf


_BAND = 512


def powers(values: Floats, p: float) -> list[tuple[Floats, int]]:
    """Arrays whose sums, each times a power of two, add to the sum of the values to the p, in the units of a `Norm`.

    Args:
        values: shape (n,), at least 0.
        p: from 1 to 100.
    """
    mantissa, exponent = np.frexp(values)
    whole, rest = product(exponent.astype(np.float64), np.asarray(p))
    place = np.floor(whole)
    band = np.floor(place / _BAND) * _BAND
    power = np.ldexp(np.power(mantissa, p) * np.exp2((whole - place) + rest), (place - band).astype(np.intc))
    return [(np.where(band == one, power, 0.0), int(one) + _lift(p)) for one in np.unique(band).tolist()]


def _lift(p: float) -> int:
    """How many bits below 2**-1074 the power of the smallest float64 lies, and some more."""
    return (int(UNIT * p) // _BAND + 2) * _BAND
