"""Sums of floats with no rounding before the end.

A finite float64 is an integer times 2**-1074, so a sum of them is one Python integer. Adding such integers is
associative and commutative: how rows are cut into chunks, ordered or shared between threads cannot show in a sum.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

UNIT = 1074
"""A sum counts in units of 2**-1074, the smallest float64."""

_BLOCK = 32_768  # values summed at once: _BLOCK * 2**_BITS stays below 2**63
_BITS = 47  # bits of each value that one level takes
_FEW = 64  # below this many values plain integers are faster than array passes
_HUGE = 2.0**1000  # from here up sums of a block might overflow, so values are scaled down first
_SCALE = 256
_EXPONENTS = np.arange(2048)


class _Scratch(threading.local):
    """Work arrays that belong to one thread: shared ones would silently mix two sums."""

    def __init__(self) -> None:
        self.level = np.empty(_BLOCK)
        self.rest = np.empty(_BLOCK)


_scratch = _Scratch()


@dataclass(frozen=True, slots=True)
class ExactSum:
    """The sum of some float64 values, unrounded; infinities and NaNs are counted beside it.

    Attributes:
        units: the sum of the finite values, in units of 2**-1074.
        plus: how many values were +inf.
        minus: how many values were -inf.
        nans: how many values were NaN.

    >>> float(ExactSum.of(np.array([1e308, 1.0, -1e308])) + ExactSum.of(np.array([1e-300])))
    1.0
    """

    units: int = 0
    plus: int = 0
    minus: int = 0
    nans: int = 0

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> ExactSum:
        """The sum of a one-dimensional array."""
        if values.size < _FEW:
            return _of_few(values.tolist())
        units = 0
        plus = minus = nans = 0
        for start in range(0, values.size, _BLOCK):
            block = values[start : start + _BLOCK]
            low, high = float(block.min()), float(block.max())
            if not (math.isfinite(low) and math.isfinite(high)):
                plus += int(np.count_nonzero(block == np.inf))
                minus += int(np.count_nonzero(block == -np.inf))
                nans += int(np.count_nonzero(block != block))
                block = block[np.isfinite(block)]
                if not block.size:
                    continue
                low, high = float(block.min()), float(block.max())
            units += _units(block, max(high, -low))
        return cls(units, plus, minus, nans)

    @classmethod
    def of_count(cls, count: int) -> ExactSum:
        """The sum of `count` ones."""
        return cls(count << UNIT)

    @classmethod
    def by_code(cls, values: NDArray[np.float64], codes: NDArray[np.intp], groups: int) -> list[ExactSum]:
        """One sum per group: value i belongs to group `codes[i]`, a number below `groups`."""
        finite = np.isfinite(values)
        counts = [[0] * groups] * 3
        if not finite.all():
            odd, where = values[~finite], codes[~finite]
            counts = [
                np.bincount(where[odd == np.inf], minlength=groups).tolist(),
                np.bincount(where[odd == -np.inf], minlength=groups).tolist(),
                np.bincount(where[odd != odd], minlength=groups).tolist(),
            ]
            values, codes = values[finite], codes[finite]
        units = [0] * groups
        for start in range(0, values.size, _BLOCK):
            _add_units_by_code(units, values[start : start + _BLOCK], codes[start : start + _BLOCK])
        return [cls(*parts) for parts in zip(units, *counts, strict=True)]

    def __add__(self, other: ExactSum) -> ExactSum:
        return ExactSum(
            self.units + other.units, self.plus + other.plus, self.minus + other.minus, self.nans + other.nans
        )

    def __lshift__(self, bits: int) -> ExactSum:
        """The sum times 2**bits."""
        return ExactSum(self.units << bits, self.plus, self.minus, self.nans)

    def times(self, count: int) -> ExactSum:
        """The sum of so many like it."""
        return ExactSum(self.units * count, self.plus * count, self.minus * count, self.nans * count)

    def __float__(self) -> float:
        """The sum, rounded once."""
        return self.over(ONE)

    def over(self, other: ExactSum) -> float:
        """The quotient of two sums, rounded once: NaN for 0 / 0, infinite where no float64 is large enough."""
        if self.nans or other.nans or other.plus or other.minus or (self.plus and self.minus):
            return math.nan
        if self.plus or self.minus:
            return math.inf if (self.plus > 0) == (other.units >= 0) else -math.inf
        if not self.units and not other.units:
            return math.nan
        try:
            return self.units / other.units
        except (OverflowError, ZeroDivisionError):
            return math.inf if (self.units > 0) == (other.units >= 0) else -math.inf


ONE = ExactSum.of_count(1)


def _of_few(values: Iterable[float]) -> ExactSum:
    units = plus = minus = nans = 0
    for value in values:
        if math.isfinite(value):
            numerator, denominator = value.as_integer_ratio()
            units += numerator << (UNIT + 1 - denominator.bit_length())
        elif value > 0:
            plus += 1
        elif value < 0:
            minus += 1
        else:
            nans += 1
    return ExactSum(units, plus, minus, nans)


def _units(block: NDArray[np.float64], size: float) -> int:
    """The sum of at most _BLOCK finite values, none beyond `size`, in units."""
    if size >= _HUGE:
        huge = np.abs(block) >= _HUGE
        scaled = block[huge] * 2.0**-_SCALE
        rest = block[~huge]
        units = _units(scaled, float(np.abs(scaled).max())) << _SCALE
        return units + (_units(rest, float(np.abs(rest).max())) if rest.size else 0)
    sample = np.abs(block[:: max(block.size // _FEW, 1)])
    if 8 * np.count_nonzero(sample < size * 2.0 ** -(2 * _BITS)) > sample.size:
        return _units_by_exponent(block)
    return _units_by_level(block, size)


def _units_by_level(block: NDArray[np.float64], size: float) -> int:
    """The sum of values of similar size: two levels of _BITS bits nearly always hold them.

    Adding 1.5 * 2**(52 + k) to a value below 2**(k + _BITS) leaves round(value / 2**k) in the low bits of the sum's
    representation. Those integers, and the constant's own bits, add modulo 2**64 without loss. What the rounding
    left over, at most 2**(k - 1), is exact in float64 and goes to the next level.
    """
    level = _scratch.level[: block.size]
    rest = _scratch.rest[: block.size]
    units = 0
    k = math.frexp(size)[1]
    for _ in range(2):
        k = max(k - _BITS, -UNIT)
        constant = math.ldexp(1.5, 52 + k)
        np.add(block, constant, out=level)
        total = int(np.add.reduce(level.view(np.int64))) - level.size * int(np.float64(constant).view(np.int64))
        units += ((total + 2**63) % 2**64 - 2**63) << (k + UNIT)
        np.subtract(level, constant, out=level)
        np.subtract(block, level, out=rest)
        block = rest
    if rest.any():
        left = rest[rest != 0.0]
        units += _of_few(left.tolist()).units if left.size < _FEW else _units_by_exponent(left)
    return units


def _units_by_exponent(block: NDArray[np.float64]) -> int:
    """The sum of values of any size: one bin for each exponent.

    In a bin the upper halves of the mantissas are multiples of one power of two with 27 bits each, and so are the
    lower halves, so `bincount` adds both without rounding. Sixteen neighbouring bins fit into one integer.
    """
    bits = block.view(np.int64)
    exponents = _scratch.level[: block.size].view(np.int64)
    half = _scratch.rest[: block.size]
    np.bitwise_and(np.right_shift(bits, 52, out=exponents), 0x7FF, out=exponents)
    np.bitwise_and(bits, -(1 << 26), out=half.view(np.int64))
    units = 0
    for offset in (26, 0):
        sums = np.bincount(exponents, half, 2048)
        np.subtract(block, half, out=half)
        sums[1] += sums[0]  # subnormal numbers share the grid of the smallest normal ones
        sums[0] = 0.0
        whole = np.ldexp(sums, 1075 - offset - _EXPONENTS).astype(np.int64) << (_EXPONENTS % 16)
        units += _whole(whole.reshape(-1, 16).sum(axis=1)) << offset
    return units >> 1  # the grid of the bins is 2**-1075


def _whole(groups: NDArray[np.int64]) -> int:
    """The sum of groups[g] * 2**(16 * g): each fourth group is a 64-bit limb of one long integer."""
    units = 0
    for lane in range(4):
        limbs = groups[lane::4].astype("<i8")
        borrowed = (limbs < 0).astype("<i8")  # a negative limb reads as 2**64 too much
        lane_units = int.from_bytes(limbs.tobytes(), "little") - (int.from_bytes(borrowed.tobytes(), "little") << 64)
        units += lane_units << (16 * lane)
    return units


def _add_units_by_code(units: list[int], block: NDArray[np.float64], codes: NDArray[np.intp]) -> None:
    """Add a block of finite values to the units of their groups.

    All groups share one grid: multiples of 2**k with few enough bits that `bincount` adds them without rounding.
    """
    size = float(np.abs(block).max()) if block.size else 0.0
    if size >= _HUGE:
        huge = np.abs(block) >= _HUGE
        scaled = [0] * len(units)
        _add_units_by_code(scaled, block[huge] * 2.0**-_SCALE, codes[huge])
        for code, value in enumerate(scaled):
            units[code] += value << _SCALE
        block, codes = block[~huge], codes[~huge]
        size = float(np.abs(block).max()) if block.size else 0.0
    while size:
        k = max(math.frexp(size)[1] - (52 - _BLOCK.bit_length()), -UNIT)
        constant = math.ldexp(1.5, 52 + k)
        level = (block + constant) - constant
        sums = np.bincount(codes, level, len(units))
        for code in np.flatnonzero(sums).tolist():
            numerator, denominator = float(sums[code]).as_integer_ratio()
            units[code] += numerator << (UNIT + 1 - denominator.bit_length())
        block = block - level
        left = block != 0.0
        block, codes = block[left], codes[left]
        size = float(np.abs(block).max()) if block.size else 0.0
