"""Is one model better than another, or is it chance? Paired statistics of the sums that Pairs and Mean hold."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossctl.aggregates.exact import UNIT
from lossctl.aggregates.finished import Ratio
from lossctl.aggregates.mean import SQUARE_UNIT, RootMeanSquare
from lossctl.aggregates.norms import Norm, Normalised
from lossctl.aggregates.replicates import hashed, mixed
from lossctl.analysis.student import quantile, two_sided
from lossctl.comparisons import BOOTSTRAP, SIGN_FLIP, T

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.aggregates.mean import Mean
    from lossctl.aggregates.pairs import Pairs
    from lossctl.comparisons import Comparison

_EXACT = 16  # up to so many rows each way of flipping signs is tried
_FLIPS = 19_999
_LEAST = 1 - 1e-12  # sums that rounding alone may set apart count as equal
_POWER = 0.8

FEWEST_ROWS = 30
"""Of fewer rows an interval is doubted whatever they hold."""
_HEAVY = 0.25
_HEAVY_OF_FEW = 10.0
_ROUNDING = 1e-9  # spread that is none, beside a difference that is the same in each row
_SKEWED = 0.2  # the t interval errs by the skewness over the root of the rows


CONFIDENCES = "a number from 0.5 to below 1"
"""What the confidence of an interval is, in words."""


def is_confidence(value: object) -> bool:
    """Whether an interval can have this confidence."""
    return isinstance(value, (int, float)) and 0.5 <= value < 1


class Doubt(NamedTuple):
    """Why an interval may be too narrow.

    Attributes:
        code: `few-rows`, `equal-differences`, `heavy-row` or `skewed`.
        heaviest: the share of the variance that one row makes.
    """

    code: str
    heaviest: float


class Found(NamedTuple):
    """What is known of the difference of two models.

    Attributes:
        base: the value under base.
        new: the value under new.
        difference: new - base, rounded once.
        low, high: the interval of the difference; NaN where it has none.
        p_value: the chance of a difference at least as far from 0 if the models were equally good; None where that
            cannot be told.
        test: what the chance is told by; None where nothing tells it.
        detectable: the difference that would have been found four times out of five, whatever is found beside it; None
            where that is not known, or where none could have been.
        doubt: why the interval may be too narrow, None where nothing says so.
    """

    base: float
    new: float
    difference: float
    low: float
    high: float
    p_value: float | None
    test: str | None
    detectable: float | None
    doubt: Doubt | None


class How(NamedTuple):
    """How a difference is judged.

    Attributes:
        confidence: of the interval, between 0 and 1.
        seed: of whatever is drawn.
        comparisons: how many differences are judged beside each other.
    """

    confidence: float
    seed: int
    comparisons: int = 1


def found(base: Mean, new: Mean, pairs: Pairs, replicates: Sequence[tuple[Mean, Mean]], how: How) -> Found:
    """What two means and their pairs say.

    The standard error is that of the mean difference of the rows, s / √n; with weights the linearised one of a ratio of
    two means, √(m / (m - 1) · Σ(a - μb)²) / Σb, of the m rows whose b is not 0; of roots of mean squares and of ratios that
    of the delta method. The largest loss and the median have none. The interval is Student's t with m - 1 degrees of freedom around the exact difference.

    Args:
        base: the mean under base, of one row or more.
        new: the mean under new.
        pairs: the pairs of both.
        replicates: both means in each replicate of a bootstrap, which then gives interval and chance; else none.
        how: how to judge.
    """
    values = base.value("mean"), new.value("mean")
    nothing = Found(*values, values[1] - values[0], math.nan, math.nan, None, None, None, None)
    if not all(map(math.isfinite, values)):
        return nothing
    difference = _difference(base, new)
    nothing = nothing._replace(difference=difference)
    spread = _spread(base, new, pairs) if pairs.rows > 1 else None
    if spread is None:
        return nothing
    error = _root(spread.squares * pairs.rows / (pairs.rows - 1))
    freedom = pairs.rows - 1
    reach = quantile(how.confidence, freedom)
    if replicates:
        low, high, p_value = _bootstrap(replicates, freedom, how)
        test = BOOTSTRAP
    else:
        low, high = difference - reach * error, difference + reach * error
        test = T if pairs.few is None else SIGN_FLIP
        t = abs(difference) / error if error else math.inf if difference else 0.0
        p_value = two_sided(t, freedom) if pairs.few is None else sign_flip([d for _, d in pairs.few], how.seed)
    rare = (1 - how.confidence) / how.comparisons  # what Holm's adjustment takes for certain, whatever the others show
    detectable = (quantile(1 - rare, freedom) + NormalDist().inv_cdf(_POWER)) * error
    if least(test, pairs.rows, len(replicates)) > rare:
        detectable = math.inf
    return Found(
        *values,
        difference,
        low,
        high,
        p_value,
        test,
        detectable if 0 < detectable < math.inf else None,
        _doubt(pairs, spread, difference, error),
    )


def sign_flip(differences: Sequence[float], seed: int) -> float:
    """The chance of a sum at least as far from 0 if each difference could as well have had the other sign.

    Up to 16 differences each way of flipping is tried, beyond that 19,999 ways drawn with the seed, beside the one seen.

    Args:
        differences: at least one.
        seed: any whole number.
    """
    values = np.array(differences)
    size = float(np.abs(values).max())
    if size:
        values = values / size  # so that no sum overflows
    least = abs(float(values.sum())) * _LEAST
    if values.size <= _EXACT:
        sums = values[:1]
        for value in values[1:].tolist():
            sums = np.concatenate([sums + value, sums - value])
        return float(np.count_nonzero(np.abs(sums) >= least)) / sums.size
    bits = hashed(mixed(seed), np.arange(_FLIPS))
    signs = ((bits[:, None] >> np.arange(values.size, dtype=np.uint64)) & np.uint64(1)).astype(np.float64) * 2.0 - 1.0
    sums = (signs * values).sum(axis=1)
    return (float(np.count_nonzero(np.abs(sums) >= least)) + 1.0) / (_FLIPS + 1.0)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """The chances, each raised so that of them all one below a level is as rare as the level says (Holm, 1979).

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    known = sorted((p_value, place) for place, p_value in enumerate(p_values) if p_value is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    most = 0.0
    for rank, (p_value, place) in enumerate(known):
        most = max(most, min(1.0, p_value * (len(known) - rank)))
        adjusted[place] = most
    return adjusted


def least(test: str | None, rows: int, replicates: int) -> float:
    """The smallest chance that a test of so many rows can tell."""
    if test == SIGN_FLIP:
        return 2.0 ** (1 - rows) if rows <= _EXACT else 1.0 / (_FLIPS + 1.0)
    if test == BOOTSTRAP:
        wider = math.sqrt(rows / (rows - 1))
        return two_sided(NormalDist().inv_cdf(1.0 / (replicates + 1.0)) / wider, rows - 1)
    return 0.0


def enough(test: str | None, rows: int, chance: float) -> float:
    """How many rows a sign-flip test takes to tell a chance, or how many replicates a bootstrap of so many rows."""
    if test == SIGN_FLIP:
        few = range(2, FEWEST_ROWS)
        return next((number for number in few if least(SIGN_FLIP, number, 0) <= chance), FEWEST_ROWS)
    tail = NormalDist().cdf(-math.sqrt(rows / (rows - 1)) * quantile(1.0 - chance, rows - 1))
    return math.ceil(1.0 / tail) - 1.0 if tail else math.inf


def hopeless(comparisons: Sequence[Comparison]) -> bool:
    """Whether no comparison of a run could have been found, however far the models were apart."""
    known = [one for one in comparisons if one.p_value is not None]
    floors = (least(one.test, one.wins + one.ties + one.losses, one.replicates) for one in known)
    return bool(known) and min(floors) * known[0].comparisons > 1 - known[0].confidence


def out_of_reach(one: Comparison, comparisons: Sequence[Comparison]) -> bool:
    """Whether one of the comparisons of a run could not have been found, however far its models were apart.

    Its smallest chance would stand behind those of the others that are smaller still, and Holm's adjustment raises it
    no less than theirs.
    """
    smallest = least(one.test, one.wins + one.ties + one.losses, one.replicates)
    known = [each for each in comparisons if each.p_value is not None]
    before = [each.p_adjusted or 0.0 for each in known if (each.p_value or 0.0) < smallest]
    return max(smallest * (len(known) - len(before)), *before, 0.0) > 1 - one.confidence


def rows_for(share: float, value: float, detectable: float, rows: int) -> int | None:
    """How many rows it takes to find a difference of a share of a value; None where no number does."""
    wanted = share * abs(value)
    if not wanted:
        return None
    needed = rows * (detectable / wanted) ** 2
    return math.ceil(needed) if needed < 1e18 else None


def numerator(mean: Mean) -> Fraction:
    """What the rows of a mean add up to, their weights included; of finite losses."""
    return Fraction(mean.total.units, 1 << (SQUARE_UNIT if isinstance(mean, RootMeanSquare) else UNIT))


def denominator(mean: Mean) -> Fraction:
    """What that is divided by."""
    return Fraction((mean.below if isinstance(mean, Ratio) else mean.weight).units, 1 << UNIT)


def _divisor(mean: Mean) -> Fraction:
    """What the root of their quotient is divided by, which the true values say and so no model changes."""
    return Fraction(_root(mean.scale)) if isinstance(mean, Normalised) else Fraction(1)


def is_unadded(mean: type[Mean]) -> bool:
    """Whether it is no mean, no root of a mean and no ratio of two: how far rows carry its difference is not known."""
    return not mean.adds or issubclass(mean, Norm)


def _difference(base: Mean, new: Mean) -> float:
    """The difference of two values, rounded once but for roots, of which it has all digits but the last."""
    values = [(numerator(mean), denominator(mean)) for mean in (base, new)]
    if not all(below for _, below in values) or is_unadded(type(new)) or not _divisor(new):
        return new.value("mean") - base.value("mean")
    first, second = (above / below for above, below in values)
    try:
        if not isinstance(new, RootMeanSquare):
            return float(second - first)
        roots = _root(first) + _root(second)
        return float((second - first) / Fraction(roots) / _divisor(new)) if roots else 0.0
    except OverflowError:
        return math.inf if second > first else -math.inf


class _Spread(NamedTuple):
    """What is known of the residuals of the linearised difference.

    Attributes:
        squares: the sum of their squares.
        heaviest: the share of it that one row makes.
        skewness: of the differences, 0 where that leaves the range of numbers.
    """

    squares: Fraction
    heaviest: float
    skewness: float


def _spread(base: Mean, new: Mean, pairs: Pairs) -> _Spread | None:
    """How far rows lie from the difference; None where nothing adds up to it, or sums leave the range of numbers."""
    above, below = ([part(mean) for mean in (base, new)] for part in (numerator, denominator))
    if is_unadded(type(new)) or not all(below) or not _divisor(new):
        return None
    if any(each.nans or each.plus or each.minus for each in (*pairs.squares, *pairs.products)):
        return None
    gram = [Fraction(each.units, 1 << SQUARE_UNIT) for each in pairs.squares]
    cross = [Fraction(each.units, 1 << UNIT) for each in pairs.products]
    factors = _factors(above, below, new)
    if len(gram) < len(factors):  # b is 1 in each row
        gram.append(Fraction(pairs.rows))
        cross += [above[1] - above[0], *([above[1] + above[0]] if len(factors) > 2 else [])]
    squares = sum((factor**2 * each for factor, each in zip(factors, gram, strict=True)), Fraction(0))
    for (one, two), each in zip(combinations(factors, 2), cross, strict=True):
        squares += 2 * one * two * each
    root = isinstance(new, RootMeanSquare)
    if root and squares <= 0 and above[0] != above[1] and (pairs.low != pairs.high or not pairs.low):
        return None  # squares of squares were too small for a float64
    squares = max(squares, Fraction(0))
    low, high = (factors[0] * Fraction(end) for end in (pairs.low, pairs.high))
    if len(pairs.squares) == 1:  # what the rounding of squares did is bounded by what the extremes allow
        squares = min(max(squares, (high - low) ** 2 / 2), pairs.rows * (high - low) ** 2 / 4)
    middle = factors[0] * (above[1] - above[0]) / pairs.rows
    farthest = max(high - middle, middle - low) ** 2
    return _Spread(
        squares, min(float(farthest / squares), 1.0) if squares else 0.0, _skewness(above[1] - above[0], pairs)
    )


def _skewness(total: Fraction, pairs: Pairs) -> float:
    if pairs.cubes.nans or pairs.cubes.plus or pairs.cubes.minus:
        return 0.0
    mean = total / pairs.rows
    square = Fraction(pairs.squares[0].units, 1 << SQUARE_UNIT) / pairs.rows
    cube = Fraction(pairs.cubes.units, 1 << UNIT) / pairs.rows
    deviation = _root(max(square - mean**2, Fraction(0)))
    return float((cube - 3 * mean * square + 2 * mean**3) / Fraction(deviation) ** 3) if deviation else 0.0


def _doubt(pairs: Pairs, spread: _Spread, difference: float, error: float) -> Doubt | None:
    """Why an interval may be too narrow.

    By simulation (the tests hold it to that): of shapes whose 95 % intervals hold the truth in fewer than 93 of 100
    samples two samples in three or more are doubted, of normal ones of 50 rows or more one in fifty.
    """
    rows = pairs.rows
    if rows < FEWEST_ROWS:
        return Doubt("few-rows", spread.heaviest)
    if difference and error <= _ROUNDING * abs(difference):
        return Doubt("equal-differences", spread.heaviest)
    if spread.heaviest > max(_HEAVY, _HEAVY_OF_FEW / rows):
        return Doubt("heavy-row", spread.heaviest)
    return Doubt("skewed", spread.heaviest) if abs(spread.skewness) > _SKEWED * math.sqrt(rows) else None


def _factors(above: Sequence[Fraction], below: Sequence[Fraction], new: Mean) -> list[Fraction]:
    """What the columns of a row add to the difference of two values, to first order."""
    first, second = (one / two for one, two in zip(above, below, strict=True))
    if isinstance(new, Ratio):
        parts = [1 / each for each in below]
        return [parts[1], -second * parts[1], parts[1] - parts[0], first * parts[0] - second * parts[1]]
    if not isinstance(new, RootMeanSquare):
        return [1 / below[1], (first - second) / below[1]]
    roots = [_root(first), _root(second)]
    slopes = [Fraction(0.5 / root) if root else Fraction(0) for root in roots]
    factors = [(slopes[1] + slopes[0]) / 2, (slopes[1] - slopes[0]) / 2, Fraction(roots[0] - roots[1]) / 2]
    return [factor / below[1] / _divisor(new) for factor in factors]


def _bootstrap(replicates: Sequence[tuple[Mean, Mean]], freedom: int, how: How) -> tuple[float, float, float | None]:
    """The interval of a bootstrap, and the chance that belongs to it.

    Percentiles are taken further out, as Student's t is wider than the normal (Hesterberg, 2015): for 20 rows plain ones
    would hold 92 % where 95 are asked for. The chance is that at which the interval would end at 0.
    """
    values = np.array([new.value("mean") - base.value("mean") for base, new in replicates])
    values = values[np.isfinite(values)]  # of few rows a replicate may count none
    if values.size < 2:
        return math.nan, math.nan, None
    wider = math.sqrt((freedom + 1) / freedom)
    normal = NormalDist()
    tail = normal.cdf(-wider * quantile(how.confidence, freedom))
    low, high = np.quantile(values, [tail, 1 - tail]).tolist()
    ties = int(np.count_nonzero(values == 0)) / 2
    fewer = min(int(np.count_nonzero(values < 0)), int(np.count_nonzero(values > 0))) + ties
    beyond = min((fewer + 1) / (values.size + 1), 0.5)
    return low, high, two_sided(normal.inv_cdf(beyond) / wider, freedom)


def _root(square: Fraction) -> float:
    """The root of a number of any size."""
    if not square:
        return 0.0
    half = (square.numerator.bit_length() - square.denominator.bit_length()) // 2
    return math.ldexp(math.sqrt(square / Fraction(4) ** half), half)
