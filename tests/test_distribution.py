"""The laws of distributions and of the worst rows: they add, and say what sorting everything would say."""

from __future__ import annotations

import math
from functools import partial, reduce
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import anything, cuts, wide

from lossctl.aggregates import distribution
from lossctl.aggregates.distribution import EXACT_ROWS, Distribution
from lossctl.aggregates.mean import Mean, RootMeanSquare
from lossctl.aggregates.worst import Worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVELS = [0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 1.0]
floats = st.lists(anything, max_size=60).map(np.array).map(lambda values: values.astype(float))


def parts(values: NDArray[np.float64], places: Sequence[int]) -> list[Distribution]:
    return [Distribution.of(values[start:stop]) for start, stop in pairwise(places)]


@given(floats, st.data())
def test_chunks_and_order_change_nothing(values: NDArray[np.float64], data: st.DataObject) -> None:
    whole = Distribution.of(values)
    chunks = parts(values, data.draw(cuts(values.size)))
    assert reduce(add, chunks, Distribution()) == whole
    assert reduce(add, reversed(chunks), Distribution()) == whole


@given(wide(), st.data())
def test_chunks_and_order_change_nothing_in_bins(values: NDArray[np.float64], data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distribution, "EXACT_ROWS", 50)
        whole = Distribution.of(values)
        assert whole.approximate == (values.size > 50)
        chunks = parts(values, data.draw(cuts(values.size)))
        assert reduce(add, chunks, Distribution()) == whole
        assert reduce(add, reversed(chunks), Distribution()) == whole


@given(wide(least=1))
def test_quantiles_are_those_of_numpy(values: NDArray[np.float64]) -> None:
    found = Distribution.of(values)
    for level in LEVELS:
        expected = float(np.quantile(values / 2, level)) * 2  # halved, since NumPy subtracts neighbours
        assert abs(found.quantile(level) - expected) <= 8 * math.ulp(max(abs(values)))
    assert (found.quantile(0), found.quantile(1)) == (values.min(), values.max())


@given(wide(least=1))
def test_quantiles_in_bins_are_within_one_percent(values: NDArray[np.float64]) -> None:
    ordered = np.sort(values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distribution, "EXACT_ROWS", 0)
        found = Distribution.of(values)
    assert found.approximate
    assert (found.quantile(0), found.quantile(1)) == (ordered[0], ordered[-1])
    for level in LEVELS:
        place = level * (values.size - 1)
        below, above = ordered[math.floor(place)] / 2, ordered[math.ceil(place)] / 2  # halved, for the slack
        slack = 0.01 * np.maximum(np.abs([below, above]), 1e-300)
        assert below - slack[0] <= found.quantile(level) / 2 <= above + slack[1]


def test_bins_begin_where_the_contract_says() -> None:
    values = np.random.default_rng(0).exponential(size=EXACT_ROWS + 1)
    assert not Distribution.of(values[1:]).approximate
    binned = Distribution.of(values)
    assert binned.approximate
    assert binned == Distribution.of(values[:7]) + Distribution.of(values[7:])
    for level in LEVELS:
        assert abs(binned.quantile(level) / np.quantile(values, level) - 1) < 0.01
    largest = np.sort(values)[-1000:].sum()
    middles, counts = binned.largest(1000)
    assert counts.sum() == 1000
    assert abs(float(middles @ counts) / largest - 1) < 0.01
    assert sum(binned.histogram(10)) == values.size


def test_infinities_and_nan() -> None:
    infinite = Distribution.of(np.array([math.inf, 1.0, -math.inf, 3.0]))
    assert [infinite.quantile(level) for level in (0, 0.5, 1)] == [-math.inf, 2.0, math.inf]
    assert infinite.quantile(0.9) == math.inf
    assert infinite.histogram(2) == [1, 1]
    unknown = Distribution.of(np.array([math.nan, 1.0]))
    assert math.isnan(unknown.quantile(0.5))
    assert [part.tolist() for part in infinite.largest(3)] == [[math.inf, 1.0, 3.0], [1, 1, 1]]
    assert infinite.infinite == 2
    assert str(unknown.largest(2)[0].tolist()) == "[nan, 1.0]"
    assert math.isnan(Distribution().quantile(0.5))
    assert Distribution().histogram(3) == [0, 0, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distribution, "EXACT_ROWS", 0)
        binned = Distribution.of(np.array([math.inf, 0.0, -math.inf, math.inf, -0.0]))
    assert [binned.quantile(level) for level in (0, 0.25, 0.5, 0.75, 1)] == [-math.inf, 0, 0, math.inf, math.inf]
    assert [part.tolist() for part in binned.largest(5)] == [[math.inf, 0.0, -math.inf], [2, 2, 1]]
    assert (binned.infinite, binned.histogram(2)) == (3, [2, 0])


@given(wide(), st.integers(0, 4000))
def test_the_largest_are_those_of_a_sort(values: NDArray[np.float64], rows: int) -> None:
    found, counts = Distribution.of(values).largest(rows)
    assert found.tolist() == (np.sort(values)[max(values.size - rows, 0) :] + 0.0).tolist()
    assert counts.tolist() == [1] * found.size


@given(wide(), st.sampled_from([Mean, RootMeanSquare]))
def test_values_that_count_several_times_add_as_often(values: NDArray[np.float64], kind: type[Mean]) -> None:
    counts = np.arange(values.size) % 4 + 1
    assert kind().counted(values, counts) == kind.of(np.repeat(values, counts), None).total


@given(wide(least=1), st.integers(1, 30))
def test_a_histogram_counts_each_value_once(values: NDArray[np.float64], bins: int) -> None:
    counts = Distribution.of(values).histogram(bins)
    assert len(counts) == bins
    assert sum(counts) == values.size
    assert counts[0] > 0


def test_a_histogram() -> None:
    assert Distribution.of(np.array([0.0, 1, 1, 2, 9.9, 10])).histogram(5) == [3, 1, 0, 0, 2]
    assert Distribution.of(np.array([2.0, 2.0])).histogram(3) == [2, 0, 0]
    assert Distribution.of(np.array([-1.7e308, 1.7e308])).histogram(2) == [1, 1]


def worst(values: NDArray[np.float64], first: int, most: int) -> Worst[int]:
    rows = np.arange(first, first + values.size)
    return Worst.of(values, rows, most, lambda places: (places + first).tolist())


@given(floats, st.integers(0, 8), st.data())
def test_the_worst_rows_are_those_of_a_sort(values: NDArray[np.float64], most: int, data: st.DataObject) -> None:
    largest = np.where(np.isnan(values), 0, -values)
    ranked = sorted(range(values.size), key=lambda row: (not math.isnan(values[row]), largest[row], row))
    places = data.draw(cuts(values.size))
    chunks = [worst(values[start:stop], start, most) for start, stop in pairwise(places)]
    empty: Worst[int] = Worst(most)
    found = reduce(add, reversed(chunks), empty)
    assert found == worst(values, 0, most)
    assert [one.row for one in found.rows] == ranked[:most]
    assert all(one.row == one.shown for one in found.rows)


def taken(rows: NDArray[np.intp], places: NDArray[np.intp]) -> list[int]:
    return list(map(int, rows[places]))


@given(floats, st.data())
def test_the_worst_row_of_each_group(values: NDArray[np.float64], data: st.DataObject) -> None:
    codes = np.array(data.draw(st.lists(st.integers(0, 3), min_size=values.size, max_size=values.size)), np.intp)
    rows = np.arange(values.size)
    found = Worst.by_code(values, rows, codes, 4, lambda places: places.tolist())
    for code, one in enumerate(found):
        chosen = np.flatnonzero(codes == code)
        assert one == Worst.of(values[chosen], chosen, 1, partial(taken, chosen))
