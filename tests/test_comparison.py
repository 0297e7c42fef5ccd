"""Paired statistics: against SciPy, against each other, by simulation, and whatever the chunks."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]  # it has no types

import lossctl
from lossctl.aggregates.finished import Ratio
from lossctl.aggregates.mean import Mean, RootMeanSquare
from lossctl.aggregates.pairs import FEW, Pairs, Rows, Shape
from lossctl.aggregates.replicates import counts
from lossctl.analysis.comparison import Found, How, found, holm, rows_for, sign_flip
from lossctl.analysis.student import quantile, two_sided
from lossctl.engines.local import fold
from lossctl.losses.spec import parse
from lossctl.pairing import Options, Pairing
from lossctl.plan import Model, planned
from lossctl.readers.columns import Asked, assembled
from lossctl.readers.table import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HOW = How(0.95, 0)
SHAPES: dict[str, Callable[[np.random.Generator, Any], Floats]] = {
    "normal": lambda rng, size: rng.normal(size=size),
    "skewed": lambda rng, size: rng.exponential(size=size) - 1,
    "heavy": lambda rng, size: rng.standard_t(3, size=size),
    "discrete": lambda rng, size: rng.choice([-1.0, 0.0, 1.0], p=[0.1, 0.8, 0.1], size=size),
    "lognormal": lambda rng, size: rng.lognormal(0, 2, size=size) - math.exp(2),
}


def held(
    base: Floats,
    new: Floats,
    *,
    root: bool = False,
    weights: Floats | None = None,
    replicates: int = 0,
    how: How = HOW,
) -> Found:
    """What the losses of rows say."""
    kind = RootMeanSquare if root else Mean
    rows = np.arange(1, base.size + 1)
    drawn = [
        (kind.of(base, times), kind.of(new, times))
        for count in counts(0, rows, replicates)
        for times in [count if weights is None else count * weights]
    ]
    pairs = Pairs.of(Rows(base, base), Rows(new, new), rows, weights, "root" if root else "mean")
    return found(kind.of(base, weights), kind.of(new, weights), pairs, drawn, how)


@pytest.mark.parametrize("df", [1, 2, 3, 5, 19, 28, 79, 80, 300, 4999, 10**7])
def test_student_is_that_of_scipy(df: int) -> None:
    bound = 1e-12 if df < 1000 else 1e-9
    for t in (0.01, 0.1, 0.7, 1.0, 1.7, 1.75, 2.0, 3.0, 8.0, 30.0, 1e3):
        expected = 2 * stats.t.sf(t, df)
        assert abs(two_sided(t, df) - expected) <= bound * expected, t
        assert two_sided(-t, df) == two_sided(t, df)
    for level in (0.5, 0.8, 0.95, 0.99, 0.999):
        assert quantile(level, df) == pytest.approx(stats.t.ppf(0.5 + level / 2, df), rel=bound, abs=0)
    assert (two_sided(0.0, df), two_sided(math.inf, df)) == (1.0, 0.0)


@pytest.mark.parametrize("rows", [2, 5, 20, 30, 500])
@pytest.mark.parametrize("shape", ["normal", "skewed", "heavy", "discrete"])
def test_difference_and_interval_are_those_of_a_paired_t_test(rows: int, shape: str) -> None:
    rng = np.random.default_rng(rows)
    base = rng.exponential(size=rows)
    new = base + 0.1 + SHAPES[shape](rng, rows)
    one = held(base, new)
    expected = stats.ttest_rel(new, base)
    low, high = expected.confidence_interval()
    assert [one.base, one.new] == [float(sum(map(Fraction, losses)) / rows) for losses in (base, new)]
    assert one.difference == pytest.approx(np.mean(new - base), rel=1e-12)
    assert (one.low, one.high) == pytest.approx((low, high), rel=1e-10)
    if rows > FEW:
        assert one.test == "paired t"
        assert one.p_value == pytest.approx(expected.pvalue, rel=1e-10)


@pytest.mark.parametrize(
    "differences",
    [
        [1.0, 1.0, 1.0, -1.0, 0.0],
        [0.1, 0.2, 0.3, -0.6, 0.1, 0.2],
        np.random.default_rng(1).normal(0.4, 1, 13).tolist(),
        np.random.default_rng(2).choice([-1.0, 0.0, 1.0], 12).tolist(),
    ],
)
def test_few_signs_are_flipped_in_every_way(differences: list[float]) -> None:
    expected = stats.permutation_test(
        (np.array(differences),), lambda x, axis: x.mean(axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip(differences, 0) == pytest.approx(expected.pvalue, rel=1e-12)


def test_more_signs_are_flipped_by_chance_with_a_seed() -> None:
    differences = np.random.default_rng(3).normal(0.4, 1, 25).tolist()
    expected = stats.ttest_1samp(differences, 0).pvalue
    chances = [sign_flip(differences, seed) for seed in range(3)]
    assert chances == [sign_flip(differences, seed) for seed in range(3)]
    assert len({*chances}) == 3
    # The t test is nearly the same test; 20,000 draws leave a deviation of 0.0015 at 0.05.
    assert all(abs(chance - expected) < 0.01 for chance in chances)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_bootstrap_is_that_of_scipy_but_for_chance(weighted: bool) -> None:
    rng = np.random.default_rng(4)
    base, weights = rng.exponential(size=800), rng.uniform(0.2, 2, 800) if weighted else np.ones(800)
    new = base * rng.normal(1, 0.3, 800) + 0.01
    one = held(base, new, weights=weights if weighted else None, replicates=2000)

    def ratio(d: Floats, w: Floats, axis: int) -> Floats:
        return np.asarray((d * w).sum(axis=axis) / w.sum(axis=axis))

    expected = stats.bootstrap(
        (new - base, weights), ratio, paired=True, method="percentile", n_resamples=2000, rng=np.random.default_rng(5)
    )
    size = expected.confidence_interval.high - expected.confidence_interval.low
    assert one.test == "bootstrap"
    # Each end of either has a deviation of 0.013 times the size of the interval.
    assert one.low == pytest.approx(expected.confidence_interval.low, abs=0.07 * size)
    assert one.high == pytest.approx(expected.confidence_interval.high, abs=0.07 * size)
    t = held(base, new, weights=weights if weighted else None)
    assert one.p_value == pytest.approx(t.p_value, abs=0.05)
    assert (one.difference, one.base, one.new) == (t.difference, t.base, t.new)


def test_an_interval_of_the_bootstrap_ends_at_0_where_its_chance_is_that_of_the_level() -> None:
    rng = np.random.default_rng(6)
    agreed = 0
    for _ in range(40):
        base = rng.normal(size=12) ** 2
        one = held(base, base + rng.normal(0.5, 1, 12), replicates=200)
        assert one.p_value is not None
        if abs(one.p_value - 0.05) > 0.02:
            assert (one.p_value < 0.05) == (one.low > 0 or one.high < 0)
            agreed += 1
    assert agreed > 20


def test_weights_are_those_of_a_ratio_of_two_means() -> None:
    rng = np.random.default_rng(7)
    base, new, weights = rng.exponential(size=(3, 60))
    weights[::5] = 0.0
    base[0], new[5] = math.nan, math.inf  # not looked at
    one = held(base, new, weights=weights)
    seen = weights > 0
    w, d = weights[seen], (new - base)[seen]
    mean = np.sum(w * d) / np.sum(w)
    error = math.sqrt(w.size / (w.size - 1) * np.sum((w * (d - mean)) ** 2)) / np.sum(w)
    assert one.difference == pytest.approx(mean, rel=1e-12)
    assert (one.high - one.low) / 2 == pytest.approx(stats.t.ppf(0.975, w.size - 1) * error, rel=1e-10)
    assert one.p_value == pytest.approx(2 * stats.t.sf(abs(mean) / error, w.size - 1), rel=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
def test_equal_weights_say_what_no_weights_say(weighted: bool) -> None:
    base, new = np.random.default_rng(8).exponential(size=(2, 50))
    one = held(base, new, root=weighted)
    other = held(base, new, root=weighted, weights=np.full(50, 2.0))
    assert one[:3] == other[:3]
    assert one[3:6] == pytest.approx(other[3:6], rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_roots_have_the_spread_of_leaving_rows_out(weighted: bool) -> None:
    rng = np.random.default_rng(9)
    base = np.abs(rng.normal(size=2000))
    new = np.abs(base + rng.normal(0, 0.3, 2000)) * 1.2
    weights = rng.uniform(0.5, 1.5, 2000) if weighted else np.ones(2000)
    sums = [np.sum(weights * loss**2) for loss in (base, new)]
    without = np.sqrt((sums[1] - weights * new**2) / (weights.sum() - weights))
    without -= np.sqrt((sums[0] - weights * base**2) / (weights.sum() - weights))
    error = math.sqrt(1999 / 2000 * np.sum((without - without.mean()) ** 2))  # the jackknife, equal to order 1 / n
    one = held(base, new, root=True, weights=weights if weighted else None)
    assert one.difference == pytest.approx(math.sqrt(sums[1] / weights.sum()) - math.sqrt(sums[0] / weights.sum()))
    assert (one.high - one.low) / 2 == pytest.approx(stats.t.ppf(0.975, 1999) * error, rel=5e-3)


def test_a_root_of_few_rows_is_tested_on_its_squares() -> None:
    base, new = np.random.default_rng(10).exponential(size=(2, 9))
    assert held(base, new, root=True).p_value == sign_flip((new**2 - base**2).tolist(), 0)


def test_a_difference_that_is_the_same_in_each_row_has_no_width() -> None:
    one = held(np.full(40, 0.1), np.full(40, 0.4))
    assert (one.low, one.high, one.p_value) == (0.30000000000000004, 0.30000000000000004, 0.0)
    assert one.doubt is not None
    assert one.doubt.code == "equal-differences"
    one = held(np.full(40, 0.1), np.full(40, 0.1))
    assert (one.difference, one.low, one.high, one.p_value) == (0.0, 0.0, 0.0, 1.0)
    rows = np.arange(40) / 7
    for scale in (1e-9, 1.0, 1e9):  # so that each row is rounded in its own way
        doubt = held(scale * rows, scale * (rows + 0.1)).doubt
        assert doubt is not None
        assert doubt.code == "equal-differences"


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1.0, 1e150, 1e300])
def test_the_size_of_losses_does_not_show(scale: float) -> None:
    base, new = np.random.default_rng(11).uniform(0.5, 1, (2, 50))
    one, other = held(base, new), held(base * scale, new * scale)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-9)
    assert other.low / scale == pytest.approx(one.low, rel=1e-9)


def test_what_has_no_spread_is_not_decided() -> None:
    rows = np.random.default_rng(12).uniform(0.5, 1, (2, 50))
    for base, new in (
        (rows[0], np.r_[math.inf, rows[1][1:]]),
        (rows[0], np.r_[math.nan, rows[1][1:]]),
        (rows[0][:1], rows[1][:1]),
        (rows[0] * 1e-308 * 1e-10, rows[1] * 1e-308 * 1e-10),
    ):
        one = held(base, new)
        undecided = one.p_value is None and math.isnan(one.low) and one.detectable is None
        assert undecided == (base[0] > 1e-300)
    tiny = held(rows[0] * 1e-170, rows[1] * 1e-170, root=True)  # whose squares are 0
    assert (tiny.p_value, tiny.difference != 0) == (None, True)


def test_holm_raises_the_smallest_most() -> None:
    # by hand: 4 · 0.01, 3 · 0.02, 2 · 0.03, 1 · 0.04 raised to what came before
    assert holm([0.04, 0.01, None, 0.03, 0.02]) == [0.06, 0.04, None, 0.06, 0.06]
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_power_is_that_of_the_usual_formula() -> None:
    # 1,000 rows with a deviation of 0.12: 2.8 · 0.12 / √1000 = 0.0106, and 1 % of 0.41 takes 6,700 rows
    d = np.random.default_rng(13).normal(size=1000)
    d = (d - d.mean()) / d.std(ddof=1) * 0.12
    one = held(np.full(1000, 0.41), 0.41 + d)
    assert one.detectable == pytest.approx(0.0106, abs=0.0001)
    assert one.detectable is not None
    assert rows_for(0.01, 0.41, one.detectable, 1000) == pytest.approx(6700, abs=50)
    assert rows_for(0.01, 0.0, 1.0, 1000) is None


def test_power_reckons_with_the_other_comparisons() -> None:
    """2,000 samples in which five comparisons lie as far apart as is detectable: four of five are found, by Holm too."""
    draw = np.random.default_rng(14)
    rows, samples = 100, 2000
    d = draw.normal(size=rows)
    d = (d - d.mean()) / d.std(ddof=1)
    one = held(np.ones(rows), 1 + d, how=How(0.95, 0, comparisons=5))
    assert one.detectable is not None
    t = stats.ttest_1samp(one.detectable + draw.normal(size=(samples, 5, rows)), 0, axis=-1).pvalue
    alone = (t <= 0.05 / 5).mean()  # the others show nothing
    assert alone == pytest.approx(0.8, abs=5 * math.sqrt(0.16 / samples / 5))
    assert np.mean([[chance <= 0.05 for chance in holm(each.tolist()) if chance is not None] for each in t]) > alone
    assert held(np.ones(6), 1 + d[:6], how=How(0.95, 0, comparisons=2)).detectable is None  # 1 of 32 is above 0.05 / 2


def test_one_row_is_told_by_its_part_of_the_variance() -> None:
    d = np.r_[np.zeros(99), 1.0]
    doubt = held(np.zeros(100), d).doubt
    assert doubt is not None
    assert doubt.code == "heavy-row"
    assert doubt.heaviest == pytest.approx(0.99, rel=1e-12)


def test_skewed_differences_are_doubted() -> None:
    d = np.repeat([0.0, 1.0], [485, 15])  # skewness by hand: (1 - 2 p) / √(p (1 - p)) = 5.5, over √500 0.246
    for weights in (None, np.full(500, 3.0)):
        doubt = held(np.zeros(500), d, weights=weights).doubt
        assert doubt is not None
        assert doubt.code == "skewed"
    assert held(np.zeros(1000), np.r_[d, d]).doubt is None  # 0.174
    assert held(np.zeros(500), 1e200 * d).doubt is None  # whose cubes are no numbers


def test_draws_depend_on_seed_row_and_replicate_alone() -> None:
    rows = np.arange(1, 3001)
    whole = np.array([*counts(5, rows, 7)])
    apart = np.concatenate([[*counts(5, part, 7)] for part in (rows[:11], rows[11:])], axis=1)
    assert (whole == apart).all()
    assert (whole[:3] == [*counts(5, rows, 3)]).all()
    assert not (whole == [*counts(6, rows, 7)]).all(axis=1).any()


def test_draws_are_poisson() -> None:
    drawn = np.array([*counts(0, np.arange(20_000), 40)])
    seen = np.bincount(drawn.astype(int).ravel(), minlength=9)[:9]
    expected = stats.poisson.pmf(np.arange(9), 1) * drawn.size
    assert (abs(seen - expected) < 5 * np.sqrt(expected) + 20).all()
    related = np.corrcoef(drawn) - np.eye(40)
    assert abs(related).max() * math.sqrt(20_000) < 5


@pytest.mark.parametrize("rows", [20, 60, 400])
@pytest.mark.parametrize("shape", ["normal", "skewed", "heavy", "discrete", "lognormal"])
def test_intervals_hold_the_truth_or_a_note_doubts_them(rows: int, shape: str) -> None:
    """The 95 % intervals of 300 samples: chance alone leaves a coverage of 0.95 between 0.91 and 0.98."""
    rng = np.random.default_rng(rows)
    covered = alarms = doubted = 0
    for _ in range(300):
        base = rng.exponential(size=rows)
        one = held(base, base + SHAPES[shape](rng, rows))
        covered += one.low <= 0 <= one.high
        alarms += one.p_value is not None and one.p_value <= 0.05
        doubted += one.doubt is not None
    if not (covered >= 0.91 * 300 and alarms <= 0.09 * 300):
        assert doubted > 0.8 * 300
    if shape in {"normal", "heavy", "discrete"}:
        assert covered >= 0.91 * 300
        assert alarms <= 0.09 * 300
        assert alarms >= 0.015 * 300 or (shape, rows) == ("discrete", 20)  # four rows that differ are too few to tell
    if shape == "normal" and rows > 30:
        assert doubted < 0.03 * 300


def pairing(table: dict[str, Any], loss: str, options: Options, **asked: Any) -> tuple[Memory, Pairing]:
    source = Memory("made", "made", table)
    models = [
        Model(
            planned(parse(loss), source.header(), Asked("y", name, **asked), "made", "mean"),
            name,
            None,
            source.header(),
        )
        for name in ("a", "b", "c")
    ]
    return source, Pairing.of(models, options)


def made(rows: int, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    y, a, b, c = rng.integers(0, 5, (4, rows)) / 2
    return {
        "y": y,
        "a": a,
        "b": b,
        "c": c,
        "w": rng.choice([0.0, 0.3, 1.7], rows),
        "g": [f"g{place}" for place in rng.integers(0, 4, rows)],
        "id": [f"r{row}" for row in range(rows)],
    }


@pytest.mark.parametrize("asked", [{}, {"weight": "w"}, {"by": "g"}, {"weight": "w", "by": "g", "id": "id"}])
@pytest.mark.parametrize("replicates", [0, 6])
def test_chunks_and_their_order_change_nothing(asked: dict[str, str], replicates: int) -> None:
    results = []
    for rows, order in ((150, 1), (7, 1), (40, -1), (1, 1)):
        source, ask = pairing(made(150), "mse,rmse,mse+0.5*mae", Options(HOW, replicates, 3), **asked)
        batches = [*assembled(source, [model.plan.binding for model in ask.models], rows, shown=True)]
        (folded,) = fold([ask], ([batch] for batch in batches[::order]))
        results.append(ask.result(folded))
    assert all(result == results[0] for result in results)
    groups = 5 if "by" in asked else 1
    assert len(results[0].comparisons) == 2 * 3 * groups


@given(
    st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 1e3), st.integers(0, 2)), min_size=1, max_size=60),
    st.data(),
)
def test_pairs_of_parts_add_to_the_pairs_of_all(rows: list[tuple[float, float, int]], data: st.DataObject) -> None:
    base, new, codes = (np.array(column) for column in zip(*rows, strict=True))
    numbers = np.arange(1, base.size + 1)
    weights = data.draw(st.sampled_from([None, codes.astype(float)]))
    shape: Shape = data.draw(st.sampled_from(get_args(Shape)))
    below = data.draw(st.sampled_from([None, 2.0 - (codes == 1)]))
    cut = data.draw(st.integers(0, base.size))

    def of(part: slice | NDArray[np.bool_]) -> Pairs:
        one, two = (Rows(losses[part], losses[part], None if below is None else below[part]) for losses in (base, new))
        return Pairs.of(one, two, numbers[part], None if weights is None else weights[part], shape)

    whole = of(slice(None))
    empty = Pairs.empty(shape, weighted=weights is not None or below is not None)
    assert of(slice(cut, None)) + of(slice(cut)) == whole == whole + empty == empty + whole
    grouped = Pairs.by_code(Rows(base, base, below), Rows(new, new, below), numbers, weights, shape, codes, 3)
    assert grouped == [of(codes == code) for code in range(3)]
    assert reduce(add, grouped) == whole
    seen = np.ones(base.size, bool) if weights is None else weights > 0
    assert (whole.wins, whole.ties, whole.losses) == tuple(
        int(np.count_nonzero(mask[seen])) for mask in (new < base, new == base, new > base)
    )
    assert (whole.few is None) == (whole.rows > FEW or shape == "ratio")


def test_python_gives_what_the_parts_give() -> None:
    rng = np.random.default_rng(14)
    y, a, b = rng.normal(size=(3, 100))
    one = lossctl.compare("mse", y, a, b)
    other = held((y - a) ** 2, (y - b) ** 2)
    assert (one.base_value, one.new_value, one.difference, one.interval, one.p_value) == (
        *other[:3],
        (other.low, other.high),
        other.p_value,
    )
    assert (one.base_value, one.new_value) == (lossctl.compute("mse", y, a), lossctl.compute("mse", y, b))
    assert (one.wins + one.losses, one.ties, one.n, one.p_adjusted) == (100, 0, 100, one.p_value)
    assert lossctl.compare("mse", y, a, b, confidence=0.8).interval == pytest.approx(
        stats.ttest_rel((y - b) ** 2, (y - a) ** 2).confidence_interval(0.8), rel=1e-10
    )
    assert lossctl.compare("mse", y, b, a).difference == -one.difference


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lossctl.compare("mse,mae", [1], [1], [1]), 'compare takes one LOSS, and "mse,mae" is 2'),
        (lambda: lossctl.compare("mse", [1, 2], [1, 2], [1]), "y_true has 2 rows and new has 1"),
        (
            lambda: lossctl.compare("mse", [1], [1], [1], confidence=95),
            'confidence is a number from 0.5 to below 1, not "95"',
        ),
        (
            lambda: lossctl.compare("mse", [1], [1], [1], bootstrap=-1),
            'bootstrap is a whole number from 0 to 999,999,999, not "-1"',
        ),
        (
            lambda: lossctl.compare("mse", [1], [1], [1], bootstrap=10**9),
            'bootstrap is a whole number from 0 to 999,999,999, not "1000000000"',
        ),
        (
            lambda: lossctl.compare("mse", [1], [1], ["x"]),
            'arguments: row 1: column "new": cannot read "x" as a number',
        ),
    ],
)
def test_python_says_what_is_wrong(call: Callable[[], object], message: str) -> None:
    with pytest.raises(lossctl.LossctlError) as caught:
        call()
    assert str(caught.value) == message


def shares(values: Sequence[float | None]) -> float:
    return math.fsum(value for value in values if value is not None)


@pytest.mark.parametrize("asked", [{"by": "g"}, {"weight": "w", "by": "g"}])
def test_shares_of_groups_and_of_all_rows_add_to_1(asked: dict[str, str]) -> None:
    source, ask = pairing(made(50), "mse,rmse", Options(HOW, 0, 50), **asked)
    batches = assembled(source, [model.plan.binding for model in ask.models], 9, shown=True)
    (folded,) = fold([ask], ([batch] for batch in batches))
    result = ask.result(folded)
    for new in "bc":
        for loss in ("mse", "rmse"):
            groups = [one.share for one in result.comparisons if (one.new, one.loss) == (new, loss)]
            assert shares(groups) == pytest.approx(1, abs=1e-12)
            rows = [one for one in result.reasons if (one.new, one.loss) == (new, loss)]
            assert all(one.share > 0 for one in rows)
            assert [one.share for one in rows] == sorted((one.share for one in rows), reverse=True)
            whole = next(one for one in result.comparisons if (one.new, one.loss, one.group) == (new, loss, None))
            better = [one.new_loss < one.base_loss for one in rows]
            assert all(better) if whole.difference < 0 else not any(better)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("same", [False, True])
def test_ratios_have_the_spread_of_leaving_rows_out(weighted: bool, same: bool) -> None:
    rng = np.random.default_rng(15)
    above = rng.exponential(size=(2, 2000))
    below = rng.uniform(1, 2, (2, 2000))
    below[1] = below[0] if same else below[1] + 0.1 * above[1]
    weights = rng.uniform(0.5, 1.5, 2000) if weighted else np.ones(2000)
    given = weights if weighted else None
    rows = np.arange(2000)
    first, second = (Rows(a / b, a, b) for a, b in zip(above, below, strict=True))
    base, new = (Ratio.of(a, given, b) for a, b in zip(above, below, strict=True))
    one = found(base, new, Pairs.of(first, second, rows, given, "ratio"), [], HOW)
    sums = [(np.sum(weights * a), np.sum(weights * b)) for a, b in zip(above, below, strict=True)]
    assert one.difference == pytest.approx(sums[1][0] / sums[1][1] - sums[0][0] / sums[0][1], rel=1e-9)
    parts = [(a - weights * x) / (b - weights * y) for (a, b), x, y in zip(sums, above, below, strict=True)]
    without = parts[1] - parts[0]
    error = math.sqrt(1999 / 2000 * np.sum((without - without.mean()) ** 2))  # the jackknife, equal to order 1 / n
    assert (one.high - one.low) / 2 == pytest.approx(stats.t.ppf(0.975, 1999) * error, rel=5e-3)
    assert one.test == "paired t"
