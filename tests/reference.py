"""The true value of each loss for one row: its definition, in as many digits as it takes.

Each definition is that of the loss's docstring, written in mpmath with nothing done for numerical comfort. A row's loss
is a sum of terms; each term is computed with 50 digits, then with twice as many, until its first 30 digits stand still.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath brings no types

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Exact: TypeAlias = Any
"""An mpf: what mpmath computes with."""
Term: TypeAlias = "Callable[[], Exact]"
Weights: TypeAlias = "tuple[float, ...] | None"

FIRST_DIGITS = 50
STANDING_DIGITS = 30
ZERO_DIGITS = 1600
"""A difference that is 0 in so many digits is 0: squares of subnormal numbers begin after 647."""


class Truth(NamedTuple):
    """What a row's loss is.

    Attributes:
        value: the loss.
        size: the sum of its terms' absolute values; the loss itself where no term is negative.
    """

    value: Exact
    size: Exact


def true(loss: str, y_true: Any, y_pred: Any, **params: Any) -> Truth:
    """The true loss of one row.

    Args:
        loss: the name of the loss.
        y_true, y_pred: one number each; lists of numbers where the loss takes a value per class.
        params: the parameters of the loss; those left out have the defaults of their definition.

    Raises:
        KeyError: nothing is defined here under that name.
    """
    exact = [tuple(map(mpf, values)) if isinstance(values, list) else mpf(values) for values in (y_true, y_pred)]
    terms = [settled(term) for term in DEFINITIONS[loss](*exact, **params)]
    with mp.workdps(2 * ZERO_DIGITS):
        return Truth(mp.fsum(terms), mp.fsum(map(abs, terms)))


def settled(term: Term) -> Exact:
    """The value of a term, with the precision doubled until its first digits stand still."""
    digits, value = FIRST_DIGITS, None
    while True:
        with mp.workdps(digits):
            before, value = value, term()
            if mp.isinf(value):
                return value
            if value == 0:
                if digits >= ZERO_DIGITS:
                    return value
            elif before is not None and abs(value - before) < abs(value) * mpf(10) ** -STANDING_DIGITS:
                return value
        digits *= 2


def mean(values: Sequence[Exact]) -> Exact:
    """The mean of exact values."""
    with mp.workdps(2 * ZERO_DIGITS):
        return mp.fsum(values) / len(values)


def root_mean_square(values: Sequence[Exact]) -> Exact:
    """The root of the mean square of exact values."""
    with mp.workdps(2 * ZERO_DIGITS):
        return mp.sqrt(mp.fsum(value * value for value in values) / len(values))


def _mae(y: Exact, f: Exact) -> list[Term]:
    return [lambda: abs(f - y)]


def _mse(y: Exact, f: Exact) -> list[Term]:
    return [lambda: (f - y) ** 2]


def _msle(y: Exact, f: Exact) -> list[Term]:
    return [lambda: (mp.ln(1 + f) - mp.ln(1 + y)) ** 2]


def _huber(y: Exact, f: Exact, delta: float = 1.0) -> list[Term]:
    def term() -> Exact:
        size, bound = abs(f - y), mpf(delta)
        return size**2 / 2 if size <= bound else bound * (size - bound / 2)

    return [term]


def _smooth_l1(y: Exact, f: Exact, beta: float = 1.0) -> list[Term]:
    def term() -> Exact:
        size, bound = abs(f - y), mpf(beta)
        return size**2 / (2 * bound) if size < bound else size - bound / 2

    return [term]


def _pseudo_huber(y: Exact, f: Exact, delta: float = 1.0) -> list[Term]:
    return [lambda: mpf(delta) ** 2 * (mp.sqrt(1 + ((f - y) / mpf(delta)) ** 2) - 1)]


def _log_cosh(y: Exact, f: Exact) -> list[Term]:
    return [lambda: mp.ln(mp.cosh(f - y))]


def _quantile(y: Exact, f: Exact, level: float = 0.5) -> list[Term]:
    return [lambda: mpf(level) * (y - f) if y >= f else (1 - mpf(level)) * (f - y)]


def _bce(y: Exact, p: Exact, label_smoothing: float = 0.0) -> list[Term]:
    s = mpf(label_smoothing)
    return [
        _weighed(lambda: y * (1 - s) + s / 2, lambda: -mp.ln(p)),
        _weighed(lambda: 1 - (y * (1 - s) + s / 2), lambda: -mp.ln(1 - p)),
    ]


def _bce_logits(y: Exact, z: Exact, label_smoothing: float = 0.0, pos_weight: float = 1.0) -> list[Term]:
    s = mpf(label_smoothing)
    return [
        _weighed(lambda: mpf(pos_weight) * (y * (1 - s) + s / 2), lambda: _softplus(-z, mp.dps)),
        _weighed(lambda: 1 - (y * (1 - s) + s / 2), lambda: _softplus(z, mp.dps)),
    ]


def _hinge(y: Exact, f: Exact) -> list[Term]:
    return [lambda: max(mpf(0), 1 - (f if y == 1 else -f))]


def _squared_hinge(y: Exact, f: Exact) -> list[Term]:
    return [lambda: max(mpf(0), 1 - (f if y == 1 else -f)) ** 2]


def _cce(
    t: Sequence[Exact],
    p: Sequence[Exact],
    label_smoothing: float = 0.0,
    class_weight: Weights = None,
    renormalise: bool = False,
) -> list[Term]:
    return _expected(t, lambda c: _surprise(p, c, renormalise=renormalise), label_smoothing, class_weight)


def _cce_logits(
    t: Sequence[Exact], z: tuple[Exact, ...], label_smoothing: float = 0.0, class_weight: Weights = None
) -> list[Term]:
    return _expected(t, lambda c: _surprise_of_logits(z, c, mp.dps), label_smoothing, class_weight)


def _sparse_cce(
    y: Exact,
    p: Sequence[Exact],
    label_smoothing: float = 0.0,
    class_weight: Weights = None,
    ignore_index: int | None = None,
    renormalise: bool = False,
) -> list[Term]:
    if y == ignore_index:
        return []
    return _labelled(int(y), len(p), lambda c: _surprise(p, c, renormalise=renormalise), label_smoothing, class_weight)


def _sparse_cce_logits(
    y: Exact,
    z: tuple[Exact, ...],
    label_smoothing: float = 0.0,
    class_weight: Weights = None,
    ignore_index: int | None = None,
) -> list[Term]:
    if y == ignore_index:
        return []
    return _labelled(int(y), len(z), lambda c: _surprise_of_logits(z, c, mp.dps), label_smoothing, class_weight)


def _kl(p: Sequence[Exact], q: Sequence[Exact], renormalise: bool = False) -> list[Term]:
    if renormalise:  # the definition divides in float64, before the loss begins
        p, q = _quotients(p), _quotients(q)

    def term(c: int) -> Term:
        return _weighed(lambda: p[c], lambda: mp.ln(p[c] / q[c]) if q[c] else mp.inf)

    return [term(c) for c in range(len(p))]


def _quotients(values: Sequence[Exact]) -> list[Exact]:
    with mp.workdps(ZERO_DIGITS):
        total = float(mp.fsum(values))
    return [mpf(float(value) / total) for value in values]


def _weighed(weight: Term, value: Term) -> Term:
    """Weight times value; nothing where the weight is 0, even if the value is infinite."""

    def product() -> Exact:
        factor = weight()
        return factor * value() if factor else mpf(0)

    with mp.workdps(ZERO_DIGITS):
        return product if weight() else lambda: mpf(0)


def _share(p: Sequence[Exact], c: int, *, renormalise: bool) -> Exact:
    return p[c] / mp.fsum(p) if renormalise else p[c]


def _surprise(p: Sequence[Exact], c: int, *, renormalise: bool) -> Exact:
    return -mp.ln(_share(p, c, renormalise=renormalise))


@cache
def _softplus(z: Exact, _digits: int) -> Exact:
    return mp.ln(1 + mp.exp(z))


@cache
def _surprise_of_logits(z: tuple[Exact, ...], c: int, digits: int) -> Exact:
    exponentials = _exponentials(z, digits)
    return mp.ln(mp.fsum(exponentials) / exponentials[c]) if exponentials[c] else mp.inf


@cache
def _exponentials(z: tuple[Exact, ...], _digits: int) -> tuple[Exact, ...]:
    return tuple(map(mp.exp, z))


def _expected(
    t: Sequence[Exact], surprise: Callable[[int], Exact], label_smoothing: float, class_weight: Weights
) -> list[Term]:
    s, k = mpf(label_smoothing), len(t)
    w = class_weight or (1.0,) * k

    def term(c: int) -> Term:
        return _weighed(lambda: mpf(w[c]) * (t[c] * (1 - s) + s / k), lambda: surprise(c))

    return [term(c) for c in range(k)]


def _labelled(
    y: int, k: int, surprise: Callable[[int], Exact], label_smoothing: float, class_weight: Weights
) -> list[Term]:
    s, w = mpf(label_smoothing), class_weight or (1.0,) * k

    def smooth(c: int) -> Term:
        return _weighed(lambda: s / k * mpf(w[c]), lambda: surprise(c))

    return [_weighed(lambda: (1 - s) * mpf(w[y]), lambda: surprise(y)), *map(smooth, range(k))]


DEFINITIONS: dict[str, Callable[..., list[Term]]] = {
    "mae": _mae,
    "mse": _mse,
    "rmse": _mae,
    "msle": _msle,
    "huber": _huber,
    "smooth_l1": _smooth_l1,
    "pseudo_huber": _pseudo_huber,
    "log_cosh": _log_cosh,
    "quantile": _quantile,
    "bce": _bce,
    "bce_logits": _bce_logits,
    "hinge": _hinge,
    "squared_hinge": _squared_hinge,
    "cce": _cce,
    "cce_logits": _cce_logits,
    "sparse_cce": _sparse_cce,
    "sparse_cce_logits": _sparse_cce_logits,
    "kl": _kl,
}
