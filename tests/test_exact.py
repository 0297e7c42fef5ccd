"""ExactSum: equal to the sum of fractions, whatever the size, order and number of the values."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import anything, cuts, finite, wide

from lossctl.aggregates.exact import UNIT, ExactSum

if TYPE_CHECKING:
    from lossctl.kinds import Floats

EMPTY = ExactSum()


def fraction(total: ExactSum) -> Fraction:
    return Fraction(total.units, 2**UNIT)


def sums(values: list[float]) -> ExactSum:
    return ExactSum.of(np.array(values, np.float64))


@given(st.lists(finite, max_size=200))
def test_few_values_add_like_fractions(values: list[float]) -> None:
    assert fraction(sums(values)) == sum(map(Fraction, values))


@given(wide())
def test_many_values_add_like_fractions(values: Floats) -> None:
    assert fraction(ExactSum.of(values)) == sum(map(Fraction, values.tolist()))


@given(wide())
def test_rounds_like_fsum(values: Floats) -> None:
    try:
        expected = math.fsum(values.tolist())
    except OverflowError:  # fsum gives up where a partial sum overflows
        assume(False)
    assert float(ExactSum.of(values)) == expected


@pytest.mark.parametrize("size", [63, 64, 65, 32_767, 32_768, 32_769, 100_000])
@pytest.mark.parametrize("value", [5e-324, 2.0**-1022, 0.1, 1e308, -1e308])
def test_equal_values_at_the_edges_of_blocks(size: int, value: float) -> None:
    assert fraction(ExactSum.of(np.full(size, value))) == size * Fraction(value)


def test_what_cancels_leaves_the_rest() -> None:
    values = np.concatenate([np.full(20_000, 1e308), [1e-300], np.full(20_000, -1e308)])
    assert float(ExactSum.of(values)) == 1e-300


def test_a_sum_beyond_the_largest_float_is_infinite_but_its_mean_is_not() -> None:
    total = ExactSum.of(np.full(1000, -1e308))
    assert float(total) == -math.inf
    assert total.over(ExactSum.of_count(1000)) == -1e308


@given(st.lists(anything, max_size=100))
def test_the_empty_sum_changes_nothing(values: list[float]) -> None:
    assert sums(values) + EMPTY == EMPTY + sums(values) == sums(values)


@given(st.lists(anything, max_size=80), st.lists(anything, max_size=80), st.lists(anything, max_size=80))
def test_sums_add_in_any_order(one: list[float], two: list[float], three: list[float]) -> None:
    a, b, c = sums(one), sums(two), sums(three)
    assert (a + b) + c == a + (b + c) == sums(one + two + three)
    assert a + b == b + a


@given(st.data(), wide(most=2000))
def test_where_the_values_are_cut_never_shows(data: st.DataObject, values: Floats) -> None:
    places = data.draw(cuts(values.size))
    parts = [ExactSum.of(values[start:stop]) for start, stop in pairwise(places)]
    assert reduce(add, parts, EMPTY) == ExactSum.of(values)


@given(wide(), st.integers(0, 2**32))
def test_the_order_of_values_never_shows(values: Floats, seed: int) -> None:
    assert ExactSum.of(np.random.default_rng(seed).permutation(values)) == ExactSum.of(values)


@given(st.lists(anything, max_size=200), st.integers(1, 7))
def test_groups_have_the_sums_of_their_values(values: list[float], groups: int) -> None:
    array = np.array(values, np.float64)
    codes = np.arange(array.size) % groups
    assert ExactSum.by_code(array, codes, groups) == [ExactSum.of(array[codes == code]) for code in range(groups)]


@settings(max_examples=30)
@given(wide(least=100, most=80_000), st.integers(1, 50))
def test_groups_of_many_values_have_their_sums(values: Floats, groups: int) -> None:
    codes = np.random.default_rng(0).integers(0, groups, values.size)
    assert ExactSum.by_code(values, codes, groups) == [ExactSum.of(values[codes == code]) for code in range(groups)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1e308], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, 1.0], math.nan),
        ([math.nan, math.inf], math.nan),
    ],
)
@pytest.mark.parametrize("others", [0, 1000])
def test_infinities_and_nans_are_counted(values: list[float], expected: float, others: int) -> None:
    total = sums(values + [0.5] * others)
    assert repr(float(total)) == repr(expected)
    assert total.plus + total.minus + total.nans == sum(not math.isfinite(value) for value in values)


def test_two_threads_at_once_do_not_mix_their_sums() -> None:
    arrays = [np.random.default_rng(seed).normal(size=400_000) * 10.0**seed for seed in range(8)]
    alone = [ExactSum.of(array) for array in arrays]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert list(pool.map(ExactSum.of, arrays)) == alone


@pytest.mark.parametrize(
    ("over", "under", "expected"),
    [
        (0.0, 0.0, math.nan),
        (1.0, 0.0, math.inf),
        (-1.0, 0.0, -math.inf),
        (1.0, 3.0, 1 / 3),
        (math.inf, -1.0, -math.inf),
    ],
)
def test_quotients_round_once(over: float, under: float, expected: float) -> None:
    assert repr(sums([over]).over(sums([under]))) == repr(expected)
