"""Divergences of two distributions over the same classes. Throughout, p = y_true and q = y_pred."""

import math

import numpy as np

from lossctl.kinds import Amounts, Distribution, Flag, Floats, PerRow
from lossctl.losses.declare import NEVER_NEGATIVE, loss
from lossctl.losses.stable import (
    counted,
    excess,
    log_ratio,
    renormalised,
    row_root_mean_square,
    row_sum,
    signed_log_ratio,
    slope_by_rows,
)

FAMILY = "divergences"


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _reverse_kl_slope(y_true: Floats, y_pred: Floats, *, renormalise: bool) -> Floats:
    """Infinite where p excludes a class, whatever q is."""
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    slope = np.where(p == 0, np.inf, 1.0 + signed_log_ratio(q, p))
    return slope_by_rows(slope, y_pred, divide=renormalise)


@loss("reverse_kl_divergence", family=FAMILY, slope=_reverse_kl_slope)
def reverse_kl(y_true: Distribution, y_pred: Distribution, *, renormalise: Flag = False) -> PerRow:
    """Kullback-Leibler divergence of the true from the predicted distribution.

    Formula:
        Σ_c q_c ln(q_c / p_c); renormalise first divides both by their sums, in float64

    Range:
        0 to inf where both add to 1; inf where p excludes a class that q holds.

    Use:
        Like kl with its sides exchanged: q pays for what it adds where p has little, so a fit settles on one
        peak. For one-hot truths it is infinite unless q is the same.

    References:
        Kullback and Leibler (1951), On Information and Sufficiency.

    Example:
        >>> reverse_kl(np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]])).round(7)
        array([0.143841])
    """
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    return row_sum(counted(q, signed_log_ratio(q, p)))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _js_slope(y_true: Floats, y_pred: Floats, *, renormalise: bool) -> Floats:
    """-inf where q alone is 0; where p is 0 the slope for q above 0."""
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    size = log_ratio(np.abs(p - q) / 2, np.minimum(q, (p + q) / 2)) / 2
    slope = np.where(p == 0, math.log(2) / 2, np.where(q < p, -size, size))
    return slope_by_rows(slope, y_pred, divide=renormalise)


@loss(
    "js_divergence",
    "jensen_shannon",
    "jensen_shannon_divergence",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_js_slope,
)
def js(y_true: Distribution, y_pred: Distribution, *, renormalise: Flag = False) -> PerRow:
    """Jensen-Shannon divergence, in nats.

    Formula:
        ½ Σ_c (p_c ln(p_c / m_c) + q_c ln(q_c / m_c)),   m = ½ (p + q);
        renormalise first divides both by their sums, in float64

    Range:
        0 to ln 2. SciPy's jensenshannon is its square root.

    Use:
        Like kl where both sides are equal in rank or hold zeros: symmetric and always finite. SciPy prints its
        root, and in bits it is divided by ln 2.

    References:
        Lin (1991), Divergence Measures Based on the Shannon Entropy.

    Example:
        >>> js(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.5, 0.5]])).round(7)
        array([0.6931472, 0.       ])
    """
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    larger, smaller = np.maximum(p, q), np.minimum(p, q)
    # With d half the difference over m, a class gives ½ m ((1 + d) ln(1 + d) + (1 - d) ln(1 - d)), which near 0 is the
    # series ½ m Σ d²ᵏ / (k (2k - 1)).
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(larger == 0, 0.0, (larger - smaller) / (larger + smaller))
        square = np.square(np.minimum(share, 0.6))
        series = np.zeros_like(square)
        for term in range(32, 0, -1):
            series = square * (series + 1.0 / (term * (2 * term - 1)))
        rest = 2 * smaller / (larger + smaller)
        far = (1.0 + share) * np.log1p(share) + np.where(smaller == 0, 0.0, rest * np.log(rest))
    return row_sum((larger + smaller) * np.where(share > 0.6, far, series)) / 4


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _jeffreys_slope(y_true: Floats, y_pred: Floats, *, renormalise: bool) -> Floats:
    """Infinite where p excludes a class, whatever q is."""
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    slope = np.where(p == 0, np.inf, signed_log_ratio(q, p) + (q - p) / q)
    return slope_by_rows(slope, y_pred, divide=renormalise)


@loss("jeffreys_divergence", "symmetric_kl", family=FAMILY, claims=NEVER_NEGATIVE, slope=_jeffreys_slope)
def jeffreys(y_true: Distribution, y_pred: Distribution, *, renormalise: Flag = False) -> PerRow:
    """Jeffreys divergence: the Kullback-Leibler divergences of both directions, added.

    Formula:
        Σ_c (p_c - q_c) ln(p_c / q_c); renormalise first divides both by their sums, in float64

    Range:
        0 to inf; inf where one excludes a class that the other holds.

    Use:
        Like kl where neither side is the truth: symmetric. It is infinite as soon as one side alone excludes a
        class.

    References:
        Jeffreys (1946), An Invariant Form for the Prior Probability in Estimation Problems.

    Example:
        >>> jeffreys(np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]])).round(7)
        array([0.2746531])
    """
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    size = np.abs(p - q)
    return row_sum(counted(size, log_ratio(size, np.minimum(p, q))))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _hellinger_slope(y_true: Floats, y_pred: Floats, *, renormalise: bool) -> Floats:
    """0 where p and q are the same; where p_c is 0 the slope for q_c above 0."""
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    apart = hellinger(p, q)[:, None]
    root = np.sqrt(q)
    share = np.where(p == 0, 1.0, (q - p) / (np.sqrt(p) + root) / root)
    return slope_by_rows(np.where(apart == 0, 0.0, share / (4.0 * apart)), y_pred, divide=renormalise)


@loss("hellinger_distance", family=FAMILY, claims=NEVER_NEGATIVE, slope=_hellinger_slope)
def hellinger(y_true: Distribution, y_pred: Distribution, *, renormalise: Flag = False) -> PerRow:
    """Hellinger distance.

    Formula:
        √(½ Σ_c (√p_c - √q_c)²); renormalise first divides both by their sums, in float64

    Range:
        0 to 1.

    Use:
        A bounded distance, finite also where classes are excluded. Some leave out the ½, which makes it larger
        by √2, or the root.

    References:
        Hellinger (1909), Neue Begründung der Theorie quadratischer Formen von unendlichvielen Veränderlichen.

    Example:
        >>> hellinger(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.5, 0.5]]))
        array([1., 0.])
    """
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    roots = np.sqrt(p) + np.sqrt(q)
    return row_root_mean_square((p - q) / np.where(roots == 0, 1.0, roots)) * math.sqrt(p.shape[1] / 2)


def _total_variation_slope(y_true: Floats, y_pred: Floats, *, renormalise: bool) -> Floats:
    """0 at the kinks, as for the absolute error."""
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    return slope_by_rows(np.sign(q - p) / 2, y_pred, divide=renormalise)


@loss("total_variation_distance", "tv_distance", family=FAMILY, claims=NEVER_NEGATIVE, slope=_total_variation_slope)
def total_variation(y_true: Distribution, y_pred: Distribution, *, renormalise: Flag = False) -> PerRow:
    """Total variation distance: the largest difference of the probability of any set of classes.

    Formula:
        ½ Σ_c |p_c - q_c|; renormalise first divides both by their sums, in float64

    Range:
        0 to 1.

    Use:
        How far off the probability of any event can be, which is easy to explain. Some leave out the ½, and it
        does not tell a class missed by little from one excluded.

    References:
        Levin, Peres and Wilmer (2009), Markov Chains and Mixing Times, section 4.1.

    Example:
        >>> total_variation(np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]]))
        array([0.25])
    """
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    return row_sum(np.abs(p - q)) / 2


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _chi2_slope(y_true: Floats, y_pred: Floats, *, renormalise: bool) -> Floats:
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    slope = np.where(p == 0, 1.0, ((q - p) / q) * ((q + p) / q))
    return slope_by_rows(slope, y_pred, divide=renormalise)


@loss("chi_squared", "chi2_divergence", "pearson_chi2", family=FAMILY, claims=NEVER_NEGATIVE, slope=_chi2_slope)
def chi2(y_true: Distribution, y_pred: Distribution, *, renormalise: Flag = False) -> PerRow:
    """Pearson's χ² divergence of the predicted from the true distribution.

    Formula:
        Σ_c (p_c - q_c)² / q_c; renormalise first divides both by their sums, in float64

    Range:
        0 to inf; inf where q excludes a class that p holds.

    Use:
        Where errors in classes that q holds to be rare matter most: it divides by q. It is Pearson's statistic
        of n counts divided by n, with p observed and q expected.

    References:
        Pearson (1900), On the Criterion That a Given System of Deviations from the Probable in the Case of a
        Correlated System of Variables Is Such That It Can Be Reasonably Supposed to Have Arisen from Random
        Sampling.

    Example:
        >>> chi2(np.array([[0.25, 0.75]]), np.array([[0.5, 0.5]]))
        array([0.25])
    """
    p, q = renormalised(y_true, divide=renormalise), renormalised(y_pred, divide=renormalise)
    size = np.abs(p - q)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return row_sum(counted(size, size / q))


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def _generalized_kl_slope(y_true: Floats, y_pred: Floats) -> Floats:
    return np.where(y_true == 0, 1.0, (y_pred - y_true) / y_pred)


@loss(
    "generalized_kl_divergence",
    "convex_kl_divergence",
    "i_divergence",
    family=FAMILY,
    claims=NEVER_NEGATIVE,
    slope=_generalized_kl_slope,
)
def generalized_kl(y_true: Amounts, y_pred: Amounts) -> PerRow:
    """Kullback-Leibler divergence of amounts that need not add to 1.

    Formula:
        Σ_c (p_c ln(p_c / q_c) - p_c + q_c)

    Range:
        0 to inf; inf where q is 0 and p is not.

    Use:
        For amounts such as counts or spectra, as in non-negative matrix factorisation; of distributions it is
        kl. It is not symmetric.

    References:
        Csiszár (1991), Why Least Squares and Maximum Entropy?

    Example:
        >>> generalized_kl(np.array([[2.0, 0.0]]), np.array([[1.0, 3.0]])).round(7)
        array([3.3862944])
    """
    p, q = y_true, y_pred
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        share, rest = excess((q - p) / p)
        near = p * share * rest
        far = p * (signed_log_ratio(p, q) - 1.0) + q
        return row_sum(np.where(p == 0, q, np.where((p <= 2.5 * q) & (q <= 2.5 * p), near, far)))
