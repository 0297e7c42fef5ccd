"""Which loss, convention and reduction give a number: what is tried, and which explanation comes first."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from lossctl.errors import UsageError, quoted
from lossctl.kinds import Number, Switch
from lossctl.losses.conventions import CONVENTIONS, EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lossctl.losses.declare import Loss
    from lossctl.results import Value

USUAL: Mapping[str, tuple[str, ...]] = {
    "delta": ("0.1", "0.5", "1.345", "1.5", "2", "5", "10"),
    "beta": ("0.1", "0.1111111111111111", "0.5", "2"),
    "level": ("0.01", "0.05", "0.1", "0.25", "0.75", "0.9", "0.95", "0.99"),
    "gamma": ("0", "0.5", "1", "3", "5"),
    "alpha": ("0.05", "0.1", "0.2", "0.25", "0.5", "0.75"),
    "label_smoothing": ("0.01", "0.05", "0.1", "0.2"),
    "margin": ("0.1", "0.2", "0.5", "2"),
    "p": ("1", "1.5", "3"),
    "power": ("1.1", "1.2", "1.25", "1.7", "1.75", "1.9", "3"),
    "epsilon": ("0", "0.01", "0.2", "0.5"),
    "scale": ("0.1", "0.5", "2"),
    "k": ("2", "3", "5"),
    "q": ("0.7",),
    "dispersion": ("0.5", "2"),
}
"""Values that parameters often have, as LOSS has them; a switch has both of its positions."""


class Wanted(NamedTuple):
    """A number to explain.

    Attributes:
        text: as it was given.
        value: its value.
        half: half a unit of its last digit.
    """

    text: str
    value: float
    half: float

    def is_met(self, value: float) -> bool:
        """Whether a number rounds to it, or was cut off to it."""
        if not math.isfinite(self.value):
            return value == self.value or (value != value and self.value != self.value)
        return abs(value - self.value) <= self.half * (1 + 1e-9) + 4 * math.ulp(self.value)

    def off(self, value: float) -> float:
        """How far a number is from it, as a share of its size."""
        distance = abs(value - self.value)
        return distance / (abs(self.value) or 1.0) if distance == distance else math.inf


def wanted(text: str) -> Wanted:
    """The number that a text gives, to the digits that it has.

    Raises:
        UsageError: it is no number.

    >>> wanted("0.6931").half
    5e-05
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise UsageError(f"VALUE is a number, not {quoted(text)}", help="lossctl identify 0.6931 preds.csv") from None
    exponent = number.as_tuple().exponent
    half = float(Decimal(5).scaleb(exponent - 1)) if isinstance(exponent, int) else 0.0
    return Wanted(text.strip(), float(number), half)


def tried(loss: Loss) -> Iterator[str]:
    """The LOSS texts that are tried for one loss: its defaults, then each parameter with its other usual values."""
    demanded = {name: param.kind for name, param in loss.params.items() if param.required}
    if not all(isinstance(kind, Number) and name in USUAL for name, kind in demanded.items()):
        return
    needed = [f"{name}={USUAL[name][0]}" for name in demanded]
    base = ":".join([loss.name, *needed])
    yield base
    for name, param in loss.params.items():
        if isinstance(param.kind, Switch):
            yield f"{base}:{name}={str(not param.default).lower()}"
        elif isinstance(param.kind, Number):
            for text in USUAL.get(name, ()):
                if (text if not param.required else f"{name}={text}") not in {str(param.default), *needed} and _taken(
                    param.kind, text
                ):
                    yield f"{loss.name}:{name}={text}" if param.required else f"{base}:{name}={text}"


def _taken(kind: Number, text: str) -> bool:
    try:
        kind.parse(text)
    except ValueError:
        return False
    return True


class Reading(NamedTuple):
    """What a tool may have done with a value before it printed it.

    Attributes:
        text: in words, to follow the value; nothing where it printed the value itself.
        of: what it printed for a value.
        cost: how unusual that is.
    """

    text: str
    of: Callable[[float], float]
    cost: float


READINGS = (
    Reading("", lambda value: value, 0),
    Reading("times 100", lambda value: 100 * value, 3),
    Reading("its square root", lambda value: math.sqrt(value) if value >= 0 else math.nan, 3.5),
    Reading("with the sign changed", lambda value: -value, 3.5),
    Reading("half of it", lambda value: value / 2, 4),
    Reading("twice of it", lambda value: 2 * value, 4),
    Reading("in bits, divided by ln 2", lambda value: value / math.log(2), 4.5),
    Reading("as a perplexity, e to its power", lambda value: math.exp(value) if value < 700 else math.inf, 4.5),
    Reading("1 minus it", lambda value: 1 - value, 5),
)


class Match(NamedTuple):
    """One explanation of a number.

    Attributes:
        value: what lossctl computes.
        printed: what a tool made of it.
        reading: in words, what that was.
        likes: the other conventions that give the same digits.
        cost: how unusual it is.
    """

    value: Value
    printed: float
    reading: str
    likes: tuple[str, ...]
    cost: float

    def also(self, like: str) -> Match:
        """The match with another convention."""
        return self if like in {self.value.like, *self.likes} else self._replace(likes=(*self.likes, like))


_REDUCTIONS = {"mean": 0.0, "sum": 2.0, "mean-count": 2.5, "mean-weight": 2.5}
_PARAMETER, _CONVENTION = 3.0, 1.0
_DIGITS = 12  # in which numbers that are the same agree
_FAR = 2.5  # by so much less usual an explanation of the same number is none
_PLACE = 1e-2  # of the catalogue, which begins with what is used most
_LABELS = 0.9  # a loss of labels tells more about data that are labels than one of any numbers


def ranks(losses: Sequence[Loss]) -> dict[str, float]:
    """For each loss of the catalogue how unusual it is."""
    labelled = {loss.name for loss in losses if any(kind.coding != "number" for kind in loss.roles.values())}
    return {loss.name: _PLACE * place - _LABELS * (loss.name in labelled) for place, loss in enumerate(losses)}


def explained(values: Sequence[Value], number: Wanted, ranks: Mapping[str, float]) -> list[Match]:
    """The explanations of a number, the most usual first; several conventions that give its digits are one.

    Args:
        values: what the data give, under each convention and reduction.
        number: the number to explain.
        ranks: for each loss how unusual it is.
    """
    found = [match for match in _readings(values, ranks) if number.is_met(match.printed)]
    kept: dict[tuple[str, ...], Match] = {}
    told: dict[str, float] = {}
    for match in sorted(found, key=lambda match: (match.cost, number.off(match.printed))):
        one = (match.value.text, match.value.reduction, match.reading)
        digits = f"{match.printed:.{_DIGITS}g}"
        if one in kept:
            kept[one] = kept[one].also(match.value.like)
        elif match.cost < told.setdefault(digits, match.cost) + _FAR:
            kept[one] = match
    return [*kept.values()]


def nearest(values: Sequence[Value], number: Wanted, ranks: Mapping[str, float]) -> list[Match]:
    """The values themselves that come nearest to a number, the nearest first; none where all are infinitely far."""
    plain = [
        match for match in _readings(values, ranks) if not match.reading and math.isfinite(number.off(match.printed))
    ]
    kept: dict[float, Match] = {}
    for match in sorted(plain, key=lambda match: (number.off(match.printed), match.cost)):
        kept.setdefault(match.printed, match)
    return [*kept.values()]


def _readings(values: Sequence[Value], ranks: Mapping[str, float]) -> Iterator[Match]:
    for value in values:
        row = CONVENTIONS[value.like].get(value.loss)
        given = value.text.count("=") + (0 if row is None else len(row.params.keys() & USUAL.keys()))
        cost = _REDUCTIONS[value.reduction] + _PARAMETER * given + ranks[value.loss]
        cost += _CONVENTION if value.like != EXACT else 0.0
        for reading in READINGS:
            yield Match(value, reading.of(value.value), reading.text, (), cost + reading.cost)
