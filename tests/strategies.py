"""What Hypothesis draws: floats of every size, and ways to cut rows into chunks."""

from __future__ import annotations

import math
import sys

import numpy as np
from hypothesis import strategies as st

finite = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 5e-324, -5e-324, sys.float_info.min, sys.float_info.max, -sys.float_info.max]),
    st.sampled_from([1e308, -1e308, math.nextafter(1e308, 0), 1.0, -1.0, 2.0**1000, 2.0**999, 2.0**-1022]),
)
"""Finite floats, with neighbours of 1e308, subnormal numbers and what cancels."""

anything = st.one_of(finite, st.sampled_from([math.inf, -math.inf, math.nan]))
"""Any float."""


@st.composite
def wide(draw: st.DrawFn, least: int = 0, most: int = 3000) -> np.ndarray:
    """An array whose values span a drawn range of decades: too many values to draw one by one."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(st.integers(least, most))
    low, high = sorted((draw(st.integers(-330, 308)), draw(st.integers(-330, 308))))
    with np.errstate(over="ignore", under="ignore"):
        values = rng.uniform(-1.79, 1.79, size) * 10.0 ** rng.integers(low, high, size, endpoint=True)
    values = np.where(np.isfinite(values), values, 0.0)
    return np.abs(values) if draw(st.booleans()) else values


def cuts(size: int) -> st.SearchStrategy[list[int]]:
    """Places at which `size` rows are cut into chunks, some of them empty."""
    return st.lists(st.integers(0, size), max_size=6).map(lambda places: [0, *sorted(places), size])
