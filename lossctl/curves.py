"""The curves of losses over y_pred, for a given y_true."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossctl.cards import Curve, Picture
from lossctl.errors import UsageError, quoted, repeated
from lossctl.kinds import TARGET_DISTRIBUTION
from lossctl.losses.spec import Shapes, fits
from lossctl.results import Warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.kinds import Array, Floats, Kind
    from lossctl.losses.declare import Loss, Params
    from lossctl.losses.spec import Request, Spec

POINTS = 240
"""Parts of the range between two points; a number that many ranges divide without a rest."""
CODES = {"no-slope": "The loss declares no derivative, so its curve is drawn without one."}
"""What each note means, in words that hold for every loss."""

_PLAIN = "y_pred"
_CLASSES = 3
_FINEST = 1e-6  # width of a range below which twelve decimals are too few
_REACH = 3.0  # to both sides of the truth
_LOGITS = 6.0


class Domain(NamedTuple):
    """What a curve runs over.

    Attributes:
        label: what the numbers are, the same for losses that fit one picture.
        truth: what y_true is.
        at: the number that y_true holds, None for a class.
        low, high: the range.
    """

    label: str
    truth: str
    at: float | None
    low: float
    high: float


def picture(
    requests: Sequence[Request], at: float | None, ends: tuple[float | None, float | None], *, slope: bool
) -> Picture:
    """The curves of some losses in one picture.

    Args:
        requests: the losses.
        at: what y_true is, None for what suits the losses.
        ends: the range of y_pred, None for what suits them.
        slope: whether the derivatives are wanted, too.

    Raises:
        UsageError: a loss is no curve over one number, the losses run over different numbers, or there is nothing
            in the range.
    """
    specs = [_fitted(request) for request in requests]
    if (twice := repeated(spec.text for spec in specs)) is not None:
        raise UsageError(f"{quoted(twice)} is asked for twice", help="name each loss once")
    losses = [term.loss for spec in specs for term in spec.terms]
    labels = {loss.name: _label(loss) for loss in losses}
    if len(set(labels.values())) > 1:
        first, other = (
            next(name for name in labels if labels[name] == label) for label in dict.fromkeys(labels.values())
        )
        raise UsageError(
            f"{first} runs over {labels[first]}, {other} over {labels[other]}, which no one picture can show",
            help="plot them one by one",
        )
    domain = _domain(specs, at, ends)
    x = _places(domain)
    curves, untold = [], []
    for spec in specs:
        with np.errstate(all="ignore"):
            curves.append(Curve(spec.text, slope=False, y=_shown(spec, x, _values(spec, domain, x))))
            if slope and any(term.loss.slope is None for term in spec.terms):
                untold.append(Warn("no-slope", f"{spec.text} declares no derivative", "plot"))
            elif slope:
                curves.append(Curve(spec.text, slope=True, y=_shown(spec, x, _slopes(spec, domain, x))))
    if not any(math.isfinite(y) for curve in curves for y in curve.y):
        names = " and ".join(spec.text for spec in specs)
        raise UsageError(
            f"there is nothing to draw: {names} ha{'s' if len(specs) == 1 else 've'} no finite value for y_pred from "
            f"{domain.low:g} to {domain.high:g}",
            help="--from and --to choose another range",
        )
    return Picture(domain.label, domain.truth, tuple(x.tolist()), tuple(curves), tuple(untold))


def drawable(loss: Loss) -> bool:
    """Whether a loss is a curve over one number."""
    if not loss.plain or loss.demands:
        return False
    true, pred = loss.roles["y_true"], loss.roles["y_pred"]
    if not pred.vector:
        return not true.vector
    return pred.per_class and not pred.allowed and (true.coding == "class" or true.adds_up or bool(true.allowed))


def _fitted(request: Request) -> Spec:
    for shapes in (Shapes(1, 1), Shapes(_CLASSES, _CLASSES), Shapes(1, _CLASSES)):
        # The shapes of the loss that a spelling names first; those of three outputs are only for classes.
        firsts = [next((loss for loss in wish.candidates if drawable(loss)), None) for wish in request.asked]
        wide = shapes.y_pred > 1
        if all(loss is not None and fits(loss, shapes) and loss.takes_classes == wide for loss in firsts):
            return request.fit(shapes)
    loss = next(loss for loss in request.candidates if not drawable(loss))
    inputs = [f"{role} ({kind.name})" for role, kind in loss.roles.items()]
    raise UsageError(
        f"{loss.name} takes {', '.join(inputs[:-1])} and {inputs[-1]}, so it is no curve over one number",
        help=f"lossctl explain {loss.name} tells what it is",
    )


def _label(loss: Loss) -> str:
    true, pred = loss.roles["y_true"], loss.roles["y_pred"]
    if not pred.vector:
        return _PLAIN
    whose = "first class" if true == pred else "first label" if _of_labels(true) else "true class"
    if pred.adds_up:
        return f"y_pred of the {whose}, the rest shared equally by {_CLASSES - 1} others"
    if pred.high == 0:
        return f"y_pred of the {whose}, the rest of the probability shared equally by {_CLASSES - 1} others"
    return f"y_pred of the {whose}, that of {_CLASSES - 1} others is 0"


def _of_labels(true: Kind) -> bool:
    """Whether a row has any number of labels, not one class."""
    return bool(true.allowed) and not true.adds_up


def _domain(specs: Sequence[Spec], at: float | None, ends: tuple[float | None, float | None]) -> Domain:
    terms = [term for spec in specs for term in spec.terms]
    kinds = [(term.loss.roles["y_true"], term.loss.roles["y_pred"]) for term in terms]
    label = _label(terms[0].loss)
    truths = [true for true, _ in kinds]
    counted = [place for place, true in enumerate(truths) if true.coding == "class" or (true.allowed and true.vector)]
    if counted and at is not None:
        place = counted[0]
        raise UsageError(
            f"--at is a number of y_true, and {terms[place].loss.name} takes {truths[place].name}", help="leave it out"
        )
    if len(counted) == len(truths):
        truth = f"y_true is the first of 3 {'labels' if _of_labels(truths[0]) else 'classes'}"
        at = None
    else:
        at = _truth(specs) if at is None else at
        for true, term in zip(truths, terms, strict=True):
            wrong = true.coding != "class" and true.fault(_true(true, at, 1), term.params, _CLASSES)
            if wrong:
                raise UsageError(
                    f"--at {at:g} {wrong.problem}, which {term.loss.name} takes as y_true", help="--at chooses another"
                )
        truth = f"y_true {at:g}" if label == _PLAIN else f"y_true {at:g} for the first of {_CLASSES} classes"
    reaches = [_reach(true, pred, at or 0.0, term.params) for (true, pred), term in zip(kinds, terms, strict=True)]
    low, high = (
        given_end if given_end is not None else pick(reach[side] for reach in reaches)
        for side, (given_end, pick) in enumerate(zip(ends, (max, min), strict=True))
    )
    if not low < high:
        raise UsageError(f"the range from {low:g} to {high:g} is empty", help="--from is the lower end, --to the upper")
    return Domain(label, truth, at, low, high)


def _places(domain: Domain) -> Floats:
    """The points of a range, of few digits where its size allows."""
    with np.errstate(over="ignore", invalid="ignore"):
        x = np.linspace(domain.low, domain.high, POINTS + 1)
    if _FINEST < domain.high - domain.low < 1 / _FINEST:
        x = np.round(x, 12)
    if np.unique(x).size < x.size or not np.isfinite(x).all():
        raise UsageError(
            f"the range from {domain.low:g} to {domain.high:g} cannot be parted into {POINTS} points",
            help="--from and --to choose another range",
        )
    return x


def _reach(true: Kind, pred: Kind, at: float, params: Params) -> tuple[float, float]:
    """The range that suits a loss."""
    if pred.adds_up:
        return 0.0, 1.0
    if pred.vector or true.coding == "binary":
        low, high = -_LOGITS, _LOGITS
    else:
        low, high = at - _REACH, at + _REACH
    return (low, high) if _logged(pred, params) else (max(low, pred.low), min(high, pred.high))


def _logged(pred: Kind, params: Params) -> bool:
    return pred.logged and params.get("log_input") is True


def _truth(specs: Sequence[Spec]) -> float:
    """What y_true suits the losses: 1 in binary losses and for amounts, 0 elsewhere unless every error is the same there."""
    losses = [term.loss for spec in specs for term in spec.terms]
    truths = [loss.roles["y_true"] for loss in losses]
    if losses[0].takes_classes:
        return 1.0 if TARGET_DISTRIBUTION in truths or any(true.coding == "class" for true in truths) else 0.5
    if any(true.coding == "binary" or true.low == 0 for true in truths):
        return 1.0
    errors = np.array([-2.0, -1.0, 1.0, 2.0])
    level = [
        spec
        for spec in specs
        if "distance" not in spec.terms[0].loss.claims
        and np.unique(_values(spec, Domain("", "", 0.0, 0, 0), np.maximum(errors, -0.5))).size == 1
    ]
    return 1.0 if level else 0.0


def _values(spec: Spec, domain: Domain, x: Floats) -> Floats:
    total = np.zeros(x.size)
    for index, term in enumerate(spec.terms):
        true, pred, _ = _arrays(term.loss, domain.at, x)
        values = (
            term.weight * term.loss.rows(true, pred, **term.params)
            if spec.is_sum
            else term.loss.rows(true, pred, **term.params)
        )
        total = values if not index else total + values
    return total


def _slopes(spec: Spec, domain: Domain, x: Floats) -> Floats:
    total = np.zeros(x.size)
    for term in spec.terms:
        true, pred, direction = _arrays(term.loss, domain.at, x)
        slope = term.loss.slope(true, pred, **term.params) if term.loss.slope else np.full(x.size, np.nan)
        total = total + term.weight * (slope if slope.ndim == 1 else (slope * direction).sum(axis=1))
    return total


def _shown(spec: Spec, x: Floats, y: Floats) -> tuple[float, ...]:
    """The values where y_pred is what each term takes, NaN elsewhere."""
    for term in spec.terms:
        pred = term.loss.roles["y_pred"]
        if not _logged(pred, term.params):
            outside = (x <= pred.low) if pred.open_low else (x < pred.low)
            y = np.where(outside | (x > pred.high), np.nan, y)
    return tuple(y.tolist())


def _arrays(loss: Loss, at: float | None, x: Floats) -> tuple[Array, Floats, Floats]:
    """y_true, y_pred, and how y_pred moves with the number it is drawn over."""
    true, pred = loss.roles["y_true"], loss.roles["y_pred"]
    truth = _true(true, at, x.size)
    if not pred.vector:
        return truth, x, np.ones(x.size)
    others = _CLASSES - 1
    if pred.adds_up:
        rest, fall = (1.0 - x) / others, np.full(x.size, -1.0 / others)
    elif pred.high == 0:
        rest, fall = np.log(-np.expm1(x) / others), 1.0 / -np.expm1(-x)
    else:
        rest = fall = np.zeros(x.size)
    return (
        truth,
        np.ascontiguousarray(np.stack([x, *[rest] * others], axis=1)),
        np.stack([np.ones(x.size), *[fall] * others], axis=1),
    )


def _true(true: Kind, at: float | None, size: int) -> Array:
    if true.coding == "class":
        return np.zeros(size, np.int64)
    if not true.vector:
        return np.full(size, 0.0 if at is None else at)
    first = 1.0 if at is None else at
    rest = (1.0 - first) / (_CLASSES - 1) if true.adds_up else 0.0
    return np.tile(np.array([first, *[rest] * (_CLASSES - 1)]), (size, 1))
