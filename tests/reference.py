"""The true value of each loss for one row: its definition, in as many digits as it takes.

Each definition is that of the loss's docstring, written in mpmath with nothing done for numerical comfort. A row's loss
is a sum of terms; each term is computed with 50 digits, then with twice as many, until its first 30 digits stand still.
"""

from __future__ import annotations

import itertools
from functools import cache, partial
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
SLOPE_DIGITS = 100
SAME = mpf(10) ** -20
NOTHING = mpf(10) ** -340
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


def true(loss: str, *inputs: Any, **params: Any) -> Truth:
    """The true loss of one row.

    Args:
        loss: the name of the loss.
        inputs: those of the loss, in order: one number each; lists of numbers where a row holds several.
        params: the parameters of the loss; those left out have the defaults of their definition.

    Raises:
        KeyError: nothing is defined here under that name.
    """
    exact = [tuple(map(mpf, values)) if isinstance(values, list) else mpf(values) for values in inputs]
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


class Slope(NamedTuple):
    """What the derivative of a row's loss by y_pred, or by one of its values, is.

    Attributes:
        left, right: the derivatives on both sides; they differ at a kink.
        size: the sum of the absolute derivatives of the loss's terms.
    """

    left: Exact
    right: Exact
    size: Exact

    @property
    def at_a_kink(self) -> bool:
        """Whether no single number is the derivative."""
        return bool(abs(self.right - self.left) > max((abs(self.left) + abs(self.right)) * SAME, NOTHING))


def slope(loss: str, *inputs: Any, place: int | None = None, **params: Any) -> Slope | None:
    """The derivative of the loss of one row, from quotients of ever smaller differences.

    Args:
        loss, inputs, params: as for `true`.
        place: by which value of y_pred, where it is a list.

    Returns:
        None where the loss is infinite here or on either side.
    """
    exact = [tuple(map(mpf, values)) if isinstance(values, list) else mpf(values) for values in inputs]
    flat = [value for part in exact for value in (part if isinstance(part, tuple) else (part,))]
    sizes = [*flat, *(mpf(value) for value in params.values() if isinstance(value, float)), mpf(1)]
    apart = [one - other for one, other in itertools.combinations((*flat, mpf(1), mpf(-1)), 2)]
    least = min(abs(value) for value in (*sizes, *apart) if value and mp.isfinite(value))
    most = max(abs(value) for value in sizes if mp.isfinite(value))
    digits, found = SLOPE_DIGITS + int(1.6 * mp.log10(most / least)), None

    held = {"held": exact[1]} if loss in SLOPE_DEFINITIONS else {}

    def terms(move: Exact) -> list[Term]:
        row = exact[1]
        moved = row + move if place is None else (*row[:place], row[place] + move, *row[place + 1 :])
        return SLOPE_DEFINITIONS.get(loss, DEFINITIONS[loss])(exact[0], moved, *exact[2:], **params, **held)

    while True:
        before, found = found, _differences(terms, least, digits)
        if found is None or digits >= ZERO_DIGITS or (before is not None and all(map(_stands, before, found))):
            return found
        digits *= 2


def _differences(terms: Callable[[Exact], list[Term]], least: Exact, digits: int) -> Slope | None:
    """The quotients of differences over a step that is small beside the least distance there is."""
    with mp.workdps(digits):
        step = least * mpf(10) ** -(digits // 3)
        left, here, right = ([term() for term in terms(move)] for move in (-step, mpf(0), step))
        if any(map(mp.isinf, (*left, *here, *right))):
            return None
        below, above = (
            [(more - less) / step for more, less in itertools.zip_longest(high, low, fillvalue=mpf(0))]
            for high, low in ((here, left), (right, here))
        )
        return Slope(mp.fsum(below), mp.fsum(above), mp.fsum(map(abs, (*below, *above))) / 2)


def _stands(before: Exact, now: Exact) -> bool:
    return bool(now and abs(now - before) < abs(now) * SAME)


def mean(values: Sequence[Exact]) -> Exact:
    """The mean of exact values."""
    with mp.workdps(2 * ZERO_DIGITS):
        return mp.fsum(values) / len(values)


def root_mean_square(values: Sequence[Exact]) -> Exact:
    """The root of the mean square of exact values."""
    with mp.workdps(2 * ZERO_DIGITS):
        return mp.sqrt(mp.fsum(value * value for value in values) / len(values))


def _mae(y: Exact, f: Exact, dead_zone: float | None = None, **_: bool) -> list[Term]:
    return [lambda: max(mpf(0), abs(f - y) - mpf(dead_zone or 0))]


def _mse(y: Exact, f: Exact) -> list[Term]:
    return [lambda: (f - y) ** 2]


def _msle(y: Exact, f: Exact, clip: float | None = None) -> list[Term]:
    if clip is not None:
        y, f = max(y, mpf(clip)), max(f, mpf(clip))
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


def _quantile(y: Exact, f: Exact, level: float = 0.5, dead_zone: float | None = None) -> list[Term]:
    return [lambda: (mpf(level) if y >= f else 1 - mpf(level)) * max(mpf(0), abs(y - f) - mpf(dead_zone or 0))]


def _bce(
    y: Exact, p: Exact, label_smoothing: float = 0.0, clip: float | None = None, log_floor: float | None = None
) -> list[Term]:
    s, p = mpf(label_smoothing), _clipped(p, clip)
    most = mp.inf if log_floor is None else -mpf(log_floor)
    return [
        _weighed(lambda: y * (1 - s) + s / 2, lambda: min(-mp.ln(p), most)),
        _weighed(lambda: 1 - (y * (1 - s) + s / 2), lambda: min(-mp.ln(1 - p), most)),
    ]


def _clipped(p: Exact, clip: float | None) -> Exact:
    """A probability within clip and the float64 number 1 - clip."""
    return p if clip is None else min(max(p, mpf(clip)), mpf(1.0 - clip))


def _bce_logits(y: Exact, z: Exact, label_smoothing: float = 0.0, pos_weight: float = 1.0) -> list[Term]:
    s = mpf(label_smoothing)
    return [
        _weighed(lambda: mpf(pos_weight) * (y * (1 - s) + s / 2), lambda: _softplus(-z, mp.dps)),
        _weighed(lambda: 1 - (y * (1 - s) + s / 2), lambda: _softplus(z, mp.dps)),
    ]


def _hinge(y: Exact, f: Exact, raw_labels: bool = False) -> list[Term]:
    return [lambda: max(mpf(0), 1 - (y * f if raw_labels else f if y == 1 else -f))]


def _squared_hinge(y: Exact, f: Exact) -> list[Term]:
    return [lambda: max(mpf(0), 1 - (f if y == 1 else -f)) ** 2]


def _cce(
    t: Sequence[Exact],
    p: Sequence[Exact],
    label_smoothing: float = 0.0,
    class_weight: Weights = None,
    renormalise: bool = False,
    clip: float | None = None,
) -> list[Term]:
    def surprise(c: int) -> Exact:
        return -mp.ln(_clipped(_share(p, c, renormalise=renormalise), clip))

    return _expected(t, surprise, label_smoothing, class_weight)


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
    clip: float | None = None,
    log_floor: float | None = None,
) -> list[Term]:
    if y == ignore_index:
        return []
    kept = [_clipped(value, clip) for value in p]
    most = mp.inf if log_floor is None else -mpf(log_floor)

    def surprise(c: int) -> Exact:
        return min(-mp.ln(_share(kept, c, renormalise=renormalise)), most)

    return _labelled(int(y), len(p), surprise, label_smoothing, class_weight)


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


def _kl(p: Sequence[Exact], q: Sequence[Exact], renormalise: bool = False, clip: float | None = None) -> list[Term]:
    if renormalise:  # the definition divides in float64, before the loss begins
        p, q = _quotients(p), _quotients(q)
    if clip is not None:
        p, q = ([min(max(value, mpf(clip)), mpf(1)) for value in values] for values in (p, q))

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


def _half_mse(y: Exact, f: Exact) -> list[Term]:
    return [lambda: (f - y) ** 2 / 2]


def _rmsle(y: Exact, f: Exact, **_: bool) -> list[Term]:
    return [lambda: abs(mp.ln(1 + f) - mp.ln(1 + y))]


def _mape(y: Exact, f: Exact, eps: float = 0.0, percent: bool = False) -> list[Term]:
    base, factor = max(abs(y), mpf(eps)), 100 if percent else 1
    return [lambda: mpf(0) if f == y else factor * abs(f - y) / base if base else mp.inf]


def _smape(y: Exact, f: Exact, percent: bool = False) -> list[Term]:
    return [lambda: (200 if percent else 2) * abs(f - y) / (abs(y) + abs(f)) if f or y else mpf(0)]


def _wmape(y: Any, f: Any) -> list[Term]:
    true, pred = _several(y), _several(f)

    def share() -> Exact:
        errors = mp.fsum(abs(a - b) for a, b in zip(true, pred, strict=True))
        return _over(errors, mp.fsum(map(abs, true)))

    return [share]


def normalised_root(true: Sequence[Exact], pred: Sequence[Exact], normalise: str) -> Exact:
    """The root of the mean square of errors, as a share of a measure of the true values."""
    mean = mp.fsum(true) / len(true)
    measures = {
        "mean": abs(mean),
        "range": max(true) - min(true),
        "std": mp.sqrt(mp.fsum((a - mean) ** 2 for a in true) / len(true)),
        "l2": mp.sqrt(mp.fsum(a**2 for a in true)),
    }
    squares = mp.fsum((a - b) ** 2 for a, b in zip(true, pred, strict=True))
    return _over(mp.sqrt(squares / len(true)), measures[normalise])


def _nrmse(y: Any, f: Any, normalise: str = "mean") -> list[Term]:
    return [partial(normalised_root, _several(y), _several(f), normalise)]


def _minkowski(y: Any, f: Any, p: float) -> list[Term]:
    gaps = [abs(a - b) for a, b in zip(_several(y), _several(f), strict=True)]
    return [lambda: mp.power(mp.fsum(mp.power(gap, mpf(p)) for gap in gaps), 1 / mpf(p))]


def _several(values: Any) -> tuple[Exact, ...]:
    return values if isinstance(values, tuple) else (values,)


def _over(above: Exact, below: Exact) -> Exact:
    return above / below if below else mp.inf if above else mpf(0)


def _mask_parts(y: Any, p: Any) -> tuple[Exact, Exact, Exact]:
    """Pixels found, wrongly found and missed."""
    pairs = list(zip(_several(y), _several(p), strict=True))
    return (
        mp.fsum(a * b for a, b in pairs),
        mp.fsum(b * (1 - a) for a, b in pairs),
        mp.fsum(a * (1 - b) for a, b in pairs),
    )


def _dice(y: Any, p: Any, smooth: float = 0.0, eps: float = 0.0, **_: bool) -> list[Term]:
    def value() -> Exact:
        found, more, less = _mask_parts(y, p)
        return _over(more + less + mpf(eps), 2 * found + more + less + 2 * mpf(smooth) + mpf(eps))

    return [value]


def _tversky(
    y: Any, p: Any, alpha: float = 0.5, beta: float = 0.5, eps: float = 0.0, swapped: bool = False, **_: bool
) -> list[Term]:
    def value() -> Exact:
        found, *wrongs = _mask_parts(y, p)
        more, less = reversed(wrongs) if swapped else wrongs
        wrong = mpf(alpha) * more + mpf(beta) * less + mpf(eps)
        return _over(wrong, found + wrong)

    return [value]


def _generalized_dice(y: Any, p: Any, eps: float = 0.0, smooth: float | None = None) -> list[Term]:
    return _dice(y, p, smooth or 0.0) if eps or any(_several(y)) else [lambda: mpf(0)]


def sides(box: Sequence[Exact], format: str) -> list[Sequence[Exact]]:
    """The first and the last coordinate of a box along each axis."""
    (a, b, c, d) = box
    if format == "xywh":
        c, d = a + c, b + d
    elif format == "cxcywh":
        a, b, c, d = a - c / 2, b - d / 2, a + c / 2, b + d / 2
    return [(a, c), (b, d)]


def _of_boxes(further: Callable[..., Exact], missed: Callable[[Exact, Exact], Exact]) -> Any:
    def terms(t: Sequence[Exact], p: Sequence[Exact], format: str = "xyxy", eps: float = 0.0) -> list[Term]:
        def value() -> Exact:
            true, pred = sides(t, format), sides(p, format)
            both, around, areas = mpf(1), mpf(1), [mpf(1), mpf(1)]
            for one, other in zip(true, pred, strict=True):
                both *= max(mpf(0), min(one[1], other[1]) - max(one[0], other[0]))
                around *= max(one[1], other[1]) - min(one[0], other[0])
                areas = [area * (side[1] - side[0]) for area, side in zip(areas, (one, other), strict=True)]
            union = sum(areas) - both + mpf(eps)
            share = both / union if union else mpf(true == pred)
            return missed(share, union) + further(true, pred, around, union, 1 - share, mpf(eps))

        return [value]

    return terms


def _nothing(*_: Any) -> Exact:
    return mpf(0)


def _uncovered(_t: Any, _p: Any, around: Exact, union: Exact, _missed: Exact, eps: Exact) -> Exact:
    return (around - (union - eps)) / (around + eps) if around else mpf(0)


def _distance(true: Any, pred: Any, _around: Exact, _union: Exact, _missed: Exact, eps: Exact) -> Exact:
    apart, diagonal = mpf(0), eps
    for one, other in zip(true, pred, strict=True):
        apart += (mp.fsum(one) - mp.fsum(other)) ** 2 / 4
        diagonal += (max(one[1], other[1]) - min(one[0], other[0])) ** 2
    return apart / diagonal if apart else mpf(0)


def _proportions(true: Any, pred: Any) -> Exact:
    sizes = [(x[1] - x[0], y[1] - y[0]) for x, y in (true, pred)]
    angles = [mp.atan2(*size) if max(size) else mpf(0) for size in sizes]
    return 4 / mp.pi**2 * (angles[0] - angles[1]) ** 2 if min(map(max, sizes)) else mpf(0)


def _distance_and_shape(true: Any, pred: Any, around: Exact, union: Exact, missed: Exact, eps: Exact) -> Exact:
    v = _proportions(true, pred)
    return _distance(true, pred, around, union, missed, eps) + (v**2 / (missed + v + eps) if v else mpf(0))


def _ciou_held(
    t: Sequence[Exact], p: Sequence[Exact], format: str = "xyxy", eps: float = 0.0, *, held: Sequence[Exact]
) -> list[Term]:
    """The loss with the factor of its last part as it is for another predicted box."""

    def value() -> Exact:
        whole, without = (DEFINITIONS[name](t, held, format, eps)[0]() for name in ("ciou", "diou"))
        v, last = _proportions(sides(t, format), sides(held, format)), whole - without
        factor = last / v if v else mpf(0)
        return DEFINITIONS["diou"](t, p, format, eps)[0]() + factor * _proportions(sides(t, format), sides(p, format))

    return [value]


def _linear(share: Exact, _union: Exact) -> Exact:
    return 1 - share


def _expectile(y: Exact, f: Exact, level: float = 0.5) -> list[Term]:
    return [lambda: (mpf(level) if y >= f else 1 - mpf(level)) * (f - y) ** 2]


def _lq(y: Exact, f: Exact, p: float = 2.0) -> list[Term]:
    return [lambda: abs(f - y) ** mpf(p)]


def _epsilon_insensitive(y: Exact, f: Exact, epsilon: float = 0.1) -> list[Term]:
    return [lambda: max(mpf(0), abs(f - y) - mpf(epsilon))]


def _squared_epsilon_insensitive(y: Exact, f: Exact, epsilon: float = 0.1) -> list[Term]:
    return [lambda: max(mpf(0), abs(f - y) - mpf(epsilon)) ** 2]


def _zero_one(y: Exact, f: Exact) -> list[Term]:
    return [lambda: mpf(y != f)]


def _fair(y: Exact, f: Exact, scale: float = 1.0) -> list[Term]:
    c = mpf(scale)
    return [lambda: c * c * (abs(f - y) / c - mp.log1p(abs(f - y) / c))]


def _cauchy(y: Exact, f: Exact, scale: float = 1.0) -> list[Term]:
    c = mpf(scale)
    return [lambda: c * c / 2 * mp.ln(1 + ((f - y) / c) ** 2)]


def _geman_mcclure(y: Exact, f: Exact, scale: float = 1.0) -> list[Term]:
    return [lambda: (f - y) ** 2 / 2 / (1 + ((f - y) / mpf(scale)) ** 2)]


def _welsch(y: Exact, f: Exact, scale: float = 1.0) -> list[Term]:
    c = mpf(scale)
    # Beyond 1e6 the exponential is 0 in any digits there are, and mpmath has no exponent for it.
    return [lambda: c * c / 2 * (1 - (mp.exp(-(((f - y) / c) ** 2)) if abs(f - y) < c * mpf(10) ** 6 else 0))]


def _tukey(y: Exact, f: Exact, scale: float = 4.685) -> list[Term]:
    c = mpf(scale)
    return [lambda: c * c / 6 * (1 - (1 - ((f - y) / c) ** 2) ** 3) if abs(f - y) <= c else c * c / 6]


def _poisson_nll(
    y: Exact,
    f: Exact,
    log_input: bool = False,
    eps: float = 0.0,
    full: bool = False,
    stirling: bool = False,
    clip: float | None = None,
) -> list[Term]:
    f = f if clip is None or log_input else max(f, mpf(clip))
    rest: list[Term] = []
    if full and not stirling:
        rest = [lambda: mp.loggamma(1 + y)]
    elif full and y > 1:
        rest = [lambda: y * mp.ln(y), lambda: -y, lambda: mp.ln(2 * mp.pi * y) / 2]
    if log_input:
        return [lambda: mp.exp(f) if f < 10**4 else mp.inf, lambda: -y * f if f < 10**4 else mpf(0), *rest]
    return [lambda: f, _weighed(lambda: y, lambda: -mp.ln(f + mpf(eps)) if f or eps else mp.inf), *rest]


def _y_ln_ratio(y: Exact, f: Exact) -> Exact:
    return y * mp.ln(y / f) if y else mpf(0)


def _poisson_deviance(y: Exact, f: Exact) -> list[Term]:
    return [lambda: 2 * (_y_ln_ratio(y, f) - y + f)]


def _gamma_deviance(y: Exact, f: Exact, eps: float = 0.0, eps_true: float = 0.0) -> list[Term]:
    def term() -> Exact:
        ratio = (y + mpf(eps_true)) / (f + mpf(eps))
        return 2 * (ratio - mp.ln(ratio) - 1) if ratio else mp.inf

    return [term]


def _tweedie_deviance(y: Exact, f: Exact, power: float = 1.5) -> list[Term]:
    p = mpf(power)
    if p in (1, 2):
        return _poisson_deviance(y, f) if p == 1 else _gamma_deviance(y, f)
    if y == f:
        return []
    if not y:
        return [lambda: 2 * f ** (2 - p) / (2 - p) if p < 2 else mp.inf]
    return [lambda: 2 * (y ** (2 - p) / ((1 - p) * (2 - p)) - y * f ** (1 - p) / (1 - p) + f ** (2 - p) / (2 - p))]


def _gamma_nll(y: Exact, f: Exact, clip: float | None = None) -> list[Term]:
    f = f if clip is None else max(f, mpf(clip))
    return [lambda: y / f, lambda: mp.ln(f)]


def _tweedie_nll(
    y: Exact, f: Exact, power: float = 1.5, log_input: bool = False, clip: float | None = None
) -> list[Term]:
    p, f = mpf(power), f if clip is None or log_input else max(f, mpf(clip))
    if log_input:
        return [
            _weighed(lambda: y, lambda: _bounded_exp((1 - p) * f) / (p - 1)),
            lambda: _bounded_exp((2 - p) * f) / (2 - p),
        ]
    return [lambda: y * f ** (1 - p) / (p - 1), lambda: f ** (2 - p) / (2 - p)]


def _negbin_nll(y: Exact, f: Exact, dispersion: float = 1.0) -> list[Term]:
    a = mpf(dispersion)
    return [lambda: y * mp.ln(1 + 1 / (a * f)), lambda: mp.ln(1 + a * f) / a]


def _of_margin(loss: Callable[[Exact], Exact]) -> Callable[..., list[Term]]:
    return lambda y, f, raw_labels=False: [lambda: loss(y * f if raw_labels else f if y == 1 else -f)]


def _modified_huber(m: Exact) -> Exact:
    return max(mpf(0), 1 - m) ** 2 if m >= -1 else -4 * m


def _bounded_exp(x: Exact) -> Exact:
    """e to a power, of which mpmath need not hold what is far beyond float64."""
    return mp.exp(x) if abs(x) < 10**5 else mp.inf if x > 0 else mpf(0)


def _sigmoid(z: Exact) -> Exact:
    return 1 / (1 + _bounded_exp(-z))


def _brier(y: Exact, p: Exact) -> list[Term]:
    return [lambda: (p - y) ** 2]


def _brier_multiclass(
    t: Sequence[Exact], p: Sequence[Exact], renormalise: bool = False, halve_two: bool = False
) -> list[Term]:
    p = _quotients(p) if renormalise else p
    divisor = 2 if halve_two and len(p) == 2 else 1
    return [lambda: mp.fsum((a - b) ** 2 for a, b in zip(t, p, strict=True)) / divisor]


def _sparse_brier(y: Exact, p: Sequence[Exact], renormalise: bool = False, halve_two: bool = False) -> list[Term]:
    return _brier_multiclass([mpf(c == y) for c in range(len(p))], p, renormalise, halve_two)


def _rps(y: Exact, p: Sequence[Exact], renormalise: bool = False) -> list[Term]:
    p = _quotients(p) if renormalise else p

    def term(c: int) -> Term:
        return lambda: (mp.fsum(p[: c + 1]) - (y <= c)) ** 2

    return [term(c) for c in range(len(p))]


def _rls(y: Exact, p: Sequence[Exact], renormalise: bool = False) -> list[Term]:
    p = _quotients(p) if renormalise else p

    def term(c: int) -> Term:
        def value() -> Exact:
            with mp.workdps(ZERO_DIGITS):
                side = abs(mp.fsum(p[: c + 1]) + (y <= c) - 1)
            return -mp.ln(side) if side else mp.inf

        return value

    return [term(c) for c in range(len(p))]


def _ranking_softmax(y: Sequence[Exact], z: tuple[Exact, ...]) -> list[Term]:
    return [_weighed(lambda c=c: y[c], lambda c=c: _surprise_of_logits(z, c, mp.dps)) for c in range(len(z))]  # type: ignore[misc]  # mypy sees no defaults


def _barron(y: Exact, f: Exact, shape: float = 1.0, scale: float = 1.0) -> list[Term]:
    def value() -> Exact:
        square, a = ((f - y) / mpf(scale)) ** 2, mpf(shape)
        if a == 2:
            return square / 2
        if a == 0:
            return mp.ln(square / 2 + 1)
        return abs(a - 2) / a * ((square / abs(a - 2) + 1) ** (a / 2) - 1)

    return [value]


def _binary_focal(
    y: Exact, p: Exact, gamma: float = 2.0, alpha: float | None = None, clip: float | None = None
) -> list[Term]:
    kept = _clipped(p, clip)

    def missing() -> Exact:
        return (y * (1 - p) + (1 - y) * p) ** mpf(gamma) * _balance(y, alpha)

    return [
        _weighed(lambda: missing() * y, lambda: -mp.ln(kept)),
        _weighed(lambda: missing() * (1 - y), lambda: -mp.ln(1 - kept)),
    ]


def _balance(y: Exact, alpha: float | None) -> Exact:
    return mpf(1) if alpha is None else mpf(alpha) * y + (1 - mpf(alpha)) * (1 - y)


def _categorical_focal(
    t: Sequence[Exact],
    p: Sequence[Exact],
    gamma: float = 2.0,
    alpha: float = 1.0,
    renormalise: bool = False,
    clip: float | None = None,
) -> list[Term]:
    p = [_clipped(value, clip) for value in (_quotients(p) if renormalise else p)]

    def term(c: int) -> Term:
        return _weighed(lambda: mpf(alpha) * t[c] * (1 - p[c]) ** mpf(gamma), lambda: -mp.ln(p[c]))

    return [term(c) for c in range(len(p))]


def _sparse_categorical_focal(
    y: Exact,
    p: Sequence[Exact],
    gamma: float = 2.0,
    alpha: float = 1.0,
    renormalise: bool = False,
    clip: float | None = None,
) -> list[Term]:
    return _categorical_focal([mpf(c == y) for c in range(len(p))], p, gamma, alpha, renormalise, clip)


def _sigmoid_focal(y: Exact, z: Exact, gamma: float = 2.0, alpha: float | None = None) -> list[Term]:
    def missing() -> Exact:
        # Far beyond float64 the logarithms stand for themselves: mpmath has no exponent for what they are of.
        miss = y * _bounded_sigmoid(-z) + (1 - y) * _bounded_sigmoid(z)
        return miss ** mpf(gamma) * _balance(y, alpha)

    return [
        _weighed(lambda: missing() * y, lambda: _softplus(-z, mp.dps)),
        _weighed(lambda: missing() * (1 - y), lambda: _softplus(z, mp.dps)),
    ]


def _bounded_sigmoid(z: Exact) -> Exact:
    return 1 / (1 + mp.exp(-z)) if abs(z) < 10**6 else mpf(z > 0)


def _categorical_focal_logits(t: Sequence[Exact], z: tuple[Exact, ...], gamma: float = 2.0) -> list[Term]:
    def term(c: int) -> Term:
        def value() -> Exact:
            shares = _exponentials(z, mp.dps)
            rest = mp.fsum(share for place, share in enumerate(shares) if place != c) / mp.fsum(shares)
            surprise = _surprise_of_logits(z, c, mp.dps)
            return surprise * rest ** mpf(gamma) if surprise else mpf(0)

        return _weighed(lambda: t[c], value)

    return [term(c) for c in range(len(z))]


def _sparse_categorical_focal_logits(y: Exact, z: tuple[Exact, ...], gamma: float = 2.0) -> list[Term]:
    return _categorical_focal_logits([mpf(c == y) for c in range(len(z))], z, gamma)


def _generalized_ce(y: Exact, p: Sequence[Exact], q: float = 0.5, renormalise: bool = False) -> list[Term]:
    own = (_quotients(p) if renormalise else p)[int(y)]
    return [lambda: (1 - own ** mpf(q)) / mpf(q)]


def _poly_ce(t: Sequence[Exact], z: tuple[Exact, ...], epsilon: float = 2.0) -> list[Term]:
    def term(c: int) -> Term:
        def value() -> Exact:
            surprise = _surprise_of_logits(z, c, mp.dps)
            return surprise + mpf(epsilon) * (1 - mp.exp(-surprise))

        return _weighed(lambda: t[c], value)

    return [term(c) for c in range(len(z))]


def _sparse_poly_ce(y: Exact, z: tuple[Exact, ...], epsilon: float = 2.0) -> list[Term]:
    return _poly_ce([mpf(c == y) for c in range(len(z))], z, epsilon)


def _others(y: Exact, z: Sequence[Exact]) -> list[Exact]:
    return [value for c, value in enumerate(z) if c != y]


def _multiclass_hinge(y: Exact, z: Sequence[Exact], with_zero: bool = False) -> list[Term]:
    zero = [mpf(0)] if with_zero else []
    return [lambda: _lack(max(_others(y, z) + zero), z[int(y)], mpf(1))]


def _categorical_hinge(t: Sequence[Exact], z: Sequence[Exact], with_zero: bool = False) -> list[Term]:
    return _multiclass_hinge(t.index(1), z, with_zero)


def _multi_margin(y: Exact, z: Sequence[Exact], p: int = 1, margin: float = 1.0) -> list[Term]:
    return [lambda: mp.fsum(_lack(other, z[int(y)], mpf(margin)) ** p for other in _others(y, z)) / len(z)]


def _lack(other: Exact, own: Exact, margin: Exact) -> Exact:
    return margin if other == own else max(mpf(0), margin + other - own)


def _multiclass_perceptron(y: Exact, z: Sequence[Exact]) -> list[Term]:
    return [lambda: max(z) - z[int(y)]]


def _nll(y: Exact, x: Sequence[Exact], class_weight: Weights = None, ignore_index: int | None = None) -> list[Term]:
    if y == ignore_index:
        return []
    return [_weighed(lambda: mpf(1 if class_weight is None else class_weight[int(y)]), lambda: -x[int(y)])]


def _one_vs_all(y: Exact, z: Sequence[Exact]) -> list[Term]:
    def term(c: int) -> Term:
        return lambda: _softplus(-z[c] if c == y else z[c], mp.dps) / len(z)

    return [term(c) for c in range(len(z))]


def _top_k_error(y: Exact, z: Sequence[Exact], k: int = 1, ties: bool = False) -> list[Term]:
    others = _others(y, z)
    higher = [other for other in others if other > z[int(y)] or (ties and other == z[int(y)])]
    return [lambda: mpf(len(higher) >= k)]


def _multilabel_margin(t: Sequence[Exact], z: Sequence[Exact]) -> list[Term]:
    own, other = ([score for label, score in zip(t, z, strict=True) if label == side] for side in (1, 0))
    return [lambda: mp.fsum(_lack(b, a, mpf(1)) for a in own for b in other) / len(z)]


def _subset_zero_one(t: Sequence[Exact], f: Sequence[Exact]) -> list[Term]:
    return [lambda: mpf(tuple(t) != tuple(f))]


def _reverse_kl(p: Sequence[Exact], q: Sequence[Exact], renormalise: bool = False) -> list[Term]:
    return _kl(q, p, renormalise)


def _divergence(of_class: Callable[[Exact, Exact], Exact], finish: Callable[[Exact], Exact] = lambda x: x) -> Any:
    def terms(p: Sequence[Exact], q: Sequence[Exact], renormalise: bool = False) -> list[Term]:
        if renormalise:
            p, q = _quotients(p), _quotients(q)
        return [lambda: finish(mp.fsum(of_class(a, b) for a, b in zip(p, q, strict=True)))]

    return terms


def _js_of_class(p: Exact, q: Exact) -> Exact:
    return (_y_ln_ratio(p, (p + q) / 2) + _y_ln_ratio(q, (p + q) / 2)) / 2


def _cosine(a: Sequence[Exact], b: Sequence[Exact], similarity: bool = False) -> list[Term]:
    def cosine() -> Exact:
        lengths = mp.sqrt(mp.fsum(x * x for x in a) * mp.fsum(x * x for x in b))
        return -mp.fsum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else mpf(0)

    def part(c: int) -> Term:
        return lambda: -a[c] * b[c] / (mp.sqrt(mp.fsum(x * x for x in a) * mp.fsum(x * x for x in b)) or mpf(1))

    return [part(c) for c in range(len(a))] if similarity else [lambda: mpf(1), cosine]


def _gaussian_nll(y: Exact, m: Exact, v: Exact, full: bool = False, eps: float = 0.0) -> list[Term]:
    v = max(v, mpf(eps))
    if not v:
        return [lambda: mp.inf if y != m else -mp.inf]
    return [lambda: mp.ln(v) / 2, lambda: (y - m) ** 2 / (2 * v), *([lambda: mp.ln(2 * mp.pi) / 2] if full else [])]


def _logs_normal(y: Exact, m: Exact, s: Exact) -> list[Term]:
    return _gaussian_nll(y, m, s * s, full=True)


def _crps_normal(y: Exact, m: Exact, s: Exact) -> list[Term]:
    if not s:
        return [lambda: abs(y - m)]
    # far out the terms are |y - m| and -σ/√π to any number of digits
    z = min(abs(y - m) / s, mpf(10) ** 6)
    return [
        lambda: abs(y - m) * (2 * mp.ncdf(z) - 1),
        lambda: 2 * s * mp.npdf(z),
        lambda: -s / mp.sqrt(mp.pi),
    ]


def _interval(y: Exact, low: Exact, high: Exact, alpha: float = 0.1) -> list[Term]:
    fine = 2 / mpf(alpha)
    return [lambda: high - low, lambda: fine * max(mpf(0), low - y), lambda: fine * max(mpf(0), y - high)]


def _wis(y: Exact, m: Exact, low: Sequence[Exact], high: Sequence[Exact], alpha: Sequence[float] = ()) -> list[Term]:
    def of_intervals() -> Exact:
        parts = zip(low, high, map(mpf, alpha), strict=True)
        return mp.fsum(a / 2 * (u - l) + max(mpf(0), l - y) + max(mpf(0), y - u) for l, u, a in parts)  # noqa: E741 — as in the paper

    return [lambda: (abs(y - m) / 2 + of_intervals()) / (len(low) + mpf("0.5"))]


def _crps_ensemble(y: Exact, x: Sequence[Exact], fair: bool = False) -> list[Term]:
    m = len(x)
    pairs = 2 * m * (m - 1) if fair else 2 * m * m
    return [
        lambda: mp.fsum(abs(one - y) for one in x) / m,
        lambda: -mp.fsum(abs(one - other) for one in x for other in x) / pairs,
    ]


def _crps_quantile(y: Exact, q: Sequence[Exact], level: Sequence[float] = ()) -> list[Term]:
    def of_level(value: Exact, a: Exact) -> Exact:
        return max(a * (y - value), (a - 1) * (y - value))

    return [lambda: 2 * mp.fsum(of_level(v, mpf(a)) for v, a in zip(q, level, strict=True)) / len(q)]


def _length(a: Sequence[Exact], b: Sequence[Exact], p: float = 2.0, eps: float = 0.0, root_eps: float = 0.0) -> Exact:
    gaps = [abs(one - other + mpf(eps)) for one, other in zip(a, b, strict=True)]
    return (mp.fsum(gap**p for gap in gaps) + mpf(root_eps)) ** (1 / mpf(p))


def _energy_score(y: Sequence[Exact], x: Sequence[Exact]) -> list[Term]:
    members = [x[at : at + len(y)] for at in range(0, len(x), len(y))]
    m = len(members)
    return [
        lambda: mp.fsum(_length(one, y) for one in members) / m,
        lambda: -mp.fsum(_length(one, other) for one in members for other in members) / (2 * m * m),
    ]


def _dss(y: Exact, x: Sequence[Exact]) -> list[Term]:
    if len(set(x)) == 1:
        return [lambda: -mp.inf if x[0] == y else mp.inf]

    def mean() -> Exact:
        return mp.fsum(x) / len(x)

    def variance() -> Exact:
        return mp.fsum((one - mean()) ** 2 for one in x) / (len(x) - 1)

    return [lambda: (y - mean()) ** 2 / variance(), lambda: mp.ln(variance())]


def _at_least_zero(*terms: Term) -> list[Term]:
    """The terms where their sum is above 0; else two that are 0 together and as large."""
    values = [settled(term) for term in terms]
    if mp.fsum(values) > 0:
        return [*terms]
    half = mp.fsum(map(abs, values)) / 2
    return [lambda: half, lambda: -half]


def _triplet_margin(
    x: Sequence[Exact], n: Sequence[Exact], a: Sequence[Exact], margin: float = 1.0, **given: float
) -> list[Term]:
    return _at_least_zero(lambda: _length(a, x, **given), lambda: -_length(a, n, **given), lambda: mpf(margin))


def _margin_ranking(y: Exact, a: Exact, b: Exact, margin: float = 0.0) -> list[Term]:
    return [lambda: max(mpf(0), mpf(margin) - (1 if y > 0 else -1) * (a - b))]


def _cosine_embedding(y: Exact, a: Sequence[Exact], b: Sequence[Exact], margin: float = 0.0) -> list[Term]:
    if y > 0:
        return _cosine(a, b)

    def product(x: Exact, z: Exact) -> Exact:
        lengths = mp.sqrt(mp.fsum(one * one for one in a) * mp.fsum(one * one for one in b))
        return x * z / lengths if lengths else mpf(0)

    products = [partial(product, x, z) for x, z in zip(a, b, strict=True)]
    return _at_least_zero(*products, lambda: -mpf(margin))


def _hinge_embedding(y: Exact, d: Exact, margin: float = 1.0) -> list[Term]:
    return [lambda: d if y > 0 else max(mpf(0), mpf(margin) - d)]


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
    "half_mse": _half_mse,
    "rmsle": _rmsle,
    "mape": _mape,
    "smape": _smape,
    "wmape": _wmape,
    "nrmse": _nrmse,
    "minkowski": _minkowski,
    "max_error": _mae,
    "median_absolute_error": _mae,
    "expectile": _expectile,
    "lq": _lq,
    "epsilon_insensitive": _epsilon_insensitive,
    "squared_epsilon_insensitive": _squared_epsilon_insensitive,
    "zero_one": _zero_one,
    "fair": _fair,
    "cauchy": _cauchy,
    "geman_mcclure": _geman_mcclure,
    "welsch": _welsch,
    "tukey": _tukey,
    "poisson_nll": _poisson_nll,
    "poisson_deviance": _poisson_deviance,
    "gamma_deviance": _gamma_deviance,
    "tweedie_deviance": _tweedie_deviance,
    "gamma_nll": _gamma_nll,
    "tweedie_nll": _tweedie_nll,
    "negbin_nll": _negbin_nll,
    "brier": _brier,
    "brier_multiclass": _brier_multiclass,
    "sparse_brier": _sparse_brier,
    "rps": _rps,
    "rls": _rls,
    "ranking_softmax": _ranking_softmax,
    "barron": _barron,
    "binary_focal": _binary_focal,
    "categorical_focal": _categorical_focal,
    "sparse_categorical_focal": _sparse_categorical_focal,
    "sigmoid_focal": _sigmoid_focal,
    "categorical_focal_logits": _categorical_focal_logits,
    "sparse_categorical_focal_logits": _sparse_categorical_focal_logits,
    "generalized_ce": _generalized_ce,
    "poly_ce": _poly_ce,
    "sparse_poly_ce": _sparse_poly_ce,
    "multiclass_hinge": _multiclass_hinge,
    "categorical_hinge": _categorical_hinge,
    "multi_margin": _multi_margin,
    "multiclass_perceptron": _multiclass_perceptron,
    "nll": _nll,
    "one_vs_all": _one_vs_all,
    "top_k_error": _top_k_error,
    "multilabel_margin": _multilabel_margin,
    "subset_zero_one": _subset_zero_one,
    "reverse_kl": _reverse_kl,
    "gaussian_nll": _gaussian_nll,
    "logs_normal": _logs_normal,
    "crps_normal": _crps_normal,
    "interval": _interval,
    "wis": _wis,
    "crps_ensemble": _crps_ensemble,
    "crps_quantile": _crps_quantile,
    "energy_score": _energy_score,
    "dss": _dss,
    "triplet_margin": _triplet_margin,
    "margin_ranking": _margin_ranking,
    "cosine_embedding": _cosine_embedding,
    "hinge_embedding": _hinge_embedding,
    "cosine": _cosine,
    "perceptron": _of_margin(lambda m: max(mpf(0), -m)),
    "soft_margin": _of_margin(lambda m: mp.ln(1 + mp.exp(-m)) if abs(m) < 10**5 else max(mpf(0), -m)),
    "exponential": _of_margin(lambda m: _bounded_exp(-m)),
    "modified_huber": _of_margin(_modified_huber),
    "savage": _of_margin(lambda m: _sigmoid(-m) ** 2),
    "tangent": _of_margin(lambda m: (2 * mp.atan(m) - 1) ** 2),
    "dice": _dice,
    "tversky": _tversky,
    "generalized_dice": _generalized_dice,
    "iou": _of_boxes(_nothing, _linear),
    "unitbox": _of_boxes(_nothing, lambda share, _: -mp.ln(share) if share else mp.inf),
    "giou": _of_boxes(_uncovered, _linear),
    "diou": _of_boxes(_distance, _linear),
    "ciou": _of_boxes(_distance_and_shape, _linear),
    "js": _divergence(_js_of_class),
    "jeffreys": _divergence(lambda p, q: ((p - q) * mp.ln(p / q) if p and q else mp.inf) if p != q else mpf(0)),
    "hellinger": _divergence(lambda p, q: (mp.sqrt(p) - mp.sqrt(q)) ** 2 / 2, mp.sqrt),
    "total_variation": _divergence(lambda p, q: abs(p - q) / 2),
    "chi2": _divergence(lambda p, q: mpf(0) if p == q else (p - q) ** 2 / q if q else mp.inf),
    "generalized_kl": _divergence(lambda p, q: _y_ln_ratio(p, q) - p + q if q or not p else mp.inf),
}
SLOPE_DEFINITIONS: dict[str, Callable[..., list[Term]]] = {"ciou": _ciou_held}
"""What a slope is the derivative of where that is not the loss itself: as here, but some of it held where y_pred is."""
