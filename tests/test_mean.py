"""What rows add up to, groups and counts: values that add, with an empty element."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import anything, cuts, finite, wide

from lossctl.aggregates.counts import Counts, Mentions
from lossctl.aggregates.finished import Largest, Median, Ratio
from lossctl.aggregates.groups import Each, Groups
from lossctl.aggregates.mean import Mean, RootMeanSquare
from lossctl.aggregates.norms import Norm

if TYPE_CHECKING:
    from lossctl.batch import Key
    from lossctl.kinds import Floats

AGGREGATES = pytest.mark.parametrize("aggregate", [Mean, RootMeanSquare, Ratio, Norm, Largest, Median])
weights = st.floats(0, 1e6)
KEYS: list[Key] = [(1,), (-2,), (2.5,), ("",), ("a",), (None,)]


def of(aggregate: type[Mean], rows: list[tuple[float, float]], *, weighted: bool = True) -> Mean:
    values, weight = np.array(rows, np.float64).reshape(-1, 2).T
    return aggregate.of(values, weight if weighted else None)


@AGGREGATES
@given(rows=st.lists(st.tuples(anything, weights), max_size=60), others=st.lists(st.tuples(anything, weights)))
def test_means_add_to_the_mean_of_all(
    aggregate: type[Mean], rows: list[tuple[float, float]], others: list[tuple[float, float]]
) -> None:
    one, two = of(aggregate, rows), of(aggregate, others)
    assert one + two == two + one == of(aggregate, rows + others)
    assert one + aggregate() == aggregate() + one == one


@AGGREGATES
@given(data=st.data(), values=wide(least=1, most=1000))
def test_where_rows_are_cut_and_ordered_never_shows(aggregate: type[Mean], data: st.DataObject, values: Floats) -> None:
    places = data.draw(cuts(values.size))
    parts = [aggregate.of(values[start:stop], None) for start, stop in pairwise(places)]
    whole = aggregate.of(values, None)
    assert reduce(add, parts) == whole == aggregate.of(values[::-1].copy(), None)
    assert pickle.loads(pickle.dumps(whole)) == whole


@given(st.lists(st.tuples(finite, weights), min_size=1, max_size=60))
def test_a_weighted_mean_is_rounded_once(rows: list[tuple[float, float]]) -> None:
    products = [weight * value for value, weight in rows]
    assume(all(map(math.isfinite, products)) and any(weight for _, weight in rows))
    total = sum(map(Fraction, products))
    mean = of(Mean, rows)
    assert mean.value("mean") == float(total / sum(Fraction(weight) for _, weight in rows))
    assert mean.value("mean-count") == float(total / len(rows))


@given(st.lists(st.tuples(st.integers(-(2**26), 2**26), st.integers(-1074, 990)), min_size=1, max_size=60))
def test_a_root_mean_square_is_rounded_once(drawn: list[tuple[int, int]]) -> None:
    values = [math.ldexp(mantissa, exponent) for mantissa, exponent in drawn]  # their squares have 53 bits: no rounding
    root = RootMeanSquare.of(np.array(values), None).value("mean")
    mean = sum(Fraction(value) ** 2 for value in values) / len(values)
    exact, below, above = Fraction(root), Fraction(math.nextafter(root, 0.0)), Fraction(math.nextafter(root, math.inf))
    assert ((below + exact) / 2) ** 2 <= mean <= ((above + exact) / 2) ** 2


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e300, 1e-300, 3.0])
def test_roots_neither_overflow_nor_underflow(size: float) -> None:
    values = np.array([3 * size, 4 * size, 5 * size, 5 * size, 5 * size])
    assert RootMeanSquare.of(values, None).value("mean") == pytest.approx(size * math.sqrt(20), rel=3e-16)


@AGGREGATES
def test_a_row_of_weight_zero_counts_but_is_not_looked_at(aggregate: type[Mean]) -> None:
    mean = of(aggregate, [(2.0, 1.0), (math.nan, 0.0), (math.inf, 0.0)])
    assert (mean.rows, mean.value("mean")) == (3, 2.0)


@AGGREGATES
@given(rows=st.lists(st.tuples(anything, weights), min_size=1, max_size=60), groups=st.integers(1, 5))
def test_groups_have_the_means_of_their_rows(
    aggregate: type[Mean], rows: list[tuple[float, float]], groups: int
) -> None:
    values, weight = np.array(rows).T
    codes = np.arange(len(rows)) % groups
    expected = [aggregate.of(values[codes == code], weight[codes == code]) for code in range(groups)]
    assert aggregate.by_code(values, weight, None, codes, groups) == expected


def test_a_factor_multiplies_the_denominator_only() -> None:
    mean = Mean.of(np.array([3.0, 0.0]), np.array([2.0, 5.0]), np.array([1.0, 0.0]))
    assert mean.value("mean") == 3.0
    assert mean.value("mean-count") == 3.0
    assert mean.value("sum") == 6.0


def maps() -> st.SearchStrategy[Groups[int]]:
    drawn = st.dictionaries(st.sampled_from(KEYS), st.integers(-9, 9), max_size=5)
    return st.builds(lambda members: Groups(members), drawn)  # noqa: PLW0108 — mypy infers the key from a lambda only


@given(maps(), maps(), maps())
def test_groups_add_member_by_member(one: Groups[int], two: Groups[int], three: Groups[int]) -> None:
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    empty: Groups[int] = Groups({})
    assert one + empty == empty + one == one


def test_groups_come_in_the_order_of_their_keys_numbers_first() -> None:
    groups = Groups({("b",): 1, (10,): 2, (None,): 3, (2.5,): 4, ("a",): 5})
    assert [key for key, _ in groups.ordered()] == [(2.5,), (10,), ("a",), ("b",), (None,)]


def test_several_aggregates_add_each_to_its_like() -> None:
    assert Each((1, 2)) + Each((10, 20)) == Each((11, 22))
    with pytest.raises(ValueError, match="shorter"):
        Each((1, 2)) + Each((1,))


def test_counts_add() -> None:
    counts = Counts(10, 2, 1) + Counts(5, 0, 4)
    assert (counts.rows, counts.filtered, counts.dropped, counts.used) == (15, 2, 5, 8)
    assert counts + Counts() == counts


@given(st.lists(st.integers(1, 100), unique=True), st.data())
def test_mentions_name_the_first_rows_however_they_are_cut(rows: list[int], data: st.DataObject) -> None:
    places = data.draw(cuts(len(rows)))
    parts = [Mentions.of(rows[start:stop]) for start, stop in pairwise(places)]
    assert reduce(add, parts, Mentions()) == Mentions.of(rows)
