"""The Poisson bootstrap: how often each row counts in each replicate, whatever the chunks and their order."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lossctl.kinds import Floats

_MASK = 2**64 - 1
_STEP = 0x9E3779B97F4A7C15  # the constants of SplitMix64 (Steele, Lea and Flood, 2014)
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_LANES = 4  # draws of 16 bits that one hash of 64 gives


def counts(seed: int, rows: NDArray[np.intp], replicates: int) -> Iterator[Floats]:
    """For each replicate how often each row counts, shape (n,): Poisson numbers of mean 1.

    They depend on the seed, the number of the row and the replicate alone.

    Args:
        seed: any whole number.
        rows: shape (n,), the number of each row.
        replicates: how many replicates.
    """
    table = _poisson()
    for block in range(-(-replicates // _LANES)):
        draws = hashed(mixed(mixed(seed) ^ block), rows)
        for lane in range(min(_LANES, replicates - block * _LANES)):
            yield table[(draws >> np.uint64(16 * lane)) & np.uint64(0xFFFF)]


def hashed(key: int, rows: NDArray[np.intp]) -> NDArray[np.uint64]:
    """64 random bits for each row, shape (n,): SplitMix64 of a counter."""
    z = rows.astype(np.uint64) * np.uint64(_STEP) + np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    return z ^ (z >> np.uint64(31))


def mixed(key: int) -> int:
    """The same bits for one number, below 2**64."""
    z = (key * _STEP + _STEP) & _MASK
    z = ((z ^ (z >> 30)) * _FIRST) & _MASK
    z = ((z ^ (z >> 27)) * _SECOND) & _MASK
    return z ^ (z >> 31)


@cache
def _poisson() -> Floats:
    """For each number of 16 bits a Poisson number of mean 1."""
    chances = np.exp(-1.0) / np.cumprod([1.0, *range(1, 12)])
    return np.searchsorted(np.cumsum(chances), (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.float64)
