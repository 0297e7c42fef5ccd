"""Which loss, convention and reduction give a number: what is tried, and which explanation comes first."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from lossctl.errors import UsageError, quoted
from lossctl.kinds import Choice, Number, Several, Switch
from lossctl.losses.conventions import CONVENTIONS, EXACT
from lossctl.losses.declare import get

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lossctl.losses.conventions import Row
    from lossctl.losses.declare import Loss
    from lossctl.results import Value

USUAL: Mapping[str, tuple[str, ...]] = {
    "delta": ("0.1", "0.5", "1.345", "1.35", "1.5", "2", "5", "10"),
    "beta": ("0.1", "0.1111111111111111", "0.5", "2"),
    "level": ("0.01", "0.05", "0.1", "0.25", "0.75", "0.9", "0.95", "0.99"),
    "gamma": ("0", "0.5", "1", "3", "5"),
    "alpha": ("0.05", "0.1", "0.2", "0.25", "0.5", "0.75"),
    "label_smoothing": ("0.01", "0.05", "0.1", "0.2"),
    "margin": ("0.1", "0.2", "0.5", "2"),
    "p": ("1", "1.5", "2", "3"),
    "power": ("1.1", "1.2", "1.25", "1.7", "1.75", "1.9", "3"),
    "epsilon": ("0", "0.01", "0.2", "0.5"),
    "scale": ("0.1", "0.5", "2"),
    "k": ("2", "3", "5"),
    "q": ("0.7",),
    "dispersion": ("0.5", "2"),
    "pos_weight": ("2", "3", "5", "10"),
}
"""Values that parameters often have, as LOSS has them; a switch has both of its positions."""

OWN = frozenset({"by_output", "halve_two", "raw_labels", "stirling", "swapped", "ties", "with_zero"})
"""Switches for what one tool alone does: they are tried under conventions that set them, and only there."""

LISTS: Mapping[str, tuple[str, ...]] = {
    "level": (
        "0.1,0.9",
        "0.05,0.95",
        "0.1,0.5,0.9",
        "0.05,0.5,0.95",
        "0.025,0.5,0.975",
        "0.05,0.25,0.5,0.75,0.95",
        "0.1,0.25,0.5,0.75,0.9",
        "0.025,0.25,0.5,0.75,0.975",
        "0.005,0.025,0.165,0.25,0.5,0.75,0.835,0.975,0.995",
        "0.01,0.025,0.05,0.1,0.15,0.2,0.25,0.3,0.35,0.4,0.45,0.5,0.55,0.6,0.65,0.7,0.75,0.8,0.85,0.9,0.95,0.975,0.99",
    ),
    "alpha": (
        "0.05",
        "0.1",
        "0.2",
        "0.5",
        "0.1,0.5",
        "0.05,0.5",
        "0.05,0.2",
        "0.02,0.05,0.2",
        "0.05,0.2,0.5",
        "0.02,0.05,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9",
    ),
}
"""Lists that parameters with a number for each column often are, where the columns do not say it."""


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
    """The number that a text gives, to the digits that it has; with a % behind it hundredths.

    Raises:
        UsageError: it is no number.

    >>> wanted("0.6931").half, wanted("69.31%").value
    (5e-05, 0.6931)
    """
    digits = text.strip()
    try:
        number = Decimal(digits.removesuffix("%"))
        value = float(number.scaleb(-2) if digits.endswith("%") else number)
        exponent = number.as_tuple().exponent
        half = float(Decimal(f"5e{exponent - 1}")) if isinstance(exponent, int) else 0.0
    except (ArithmeticError, ValueError):
        raise UsageError(f"VALUE is a number, not {quoted(text)}", help=_written(digits)) from None
    return Wanted(digits, value, half / 100 if digits.endswith("%") else half)


def _written(text: str) -> str:
    """What to type for a number as other countries and tables write it."""
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+%?", text) and not re.search(r"[1-9][0-9]{0,2},[0-9]{3}%?$", text):
        return f"write it with a point: {text.replace(',', '.')}"
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?%?", text):
        return f"write it without commas: {text.replace(',', '')}"
    return "lossctl identify 0.6931 preds.csv"


def tried(loss: Loss, columns: Mapping[str, Sequence[str]], row: Row | None = None) -> Iterator[str]:
    """The LOSS texts that are tried for one loss: its defaults, then each parameter with its other usual values.

    Args:
        loss: the loss.
        columns: the columns of inputs whose names may say what a parameter is.
        row: what a convention says of the loss.
    """
    demanded = {name: param.kind for name, param in loss.params.items() if param.required}
    for name, kind in demanded.items():
        if isinstance(kind, Several) and len(demanded) == 1:
            yield from (f"{loss.name}:{name}=[{text}]" for text in _lists(name, columns.get(kind.role, ())))
    if not all(isinstance(kind, Number) and name in USUAL for name, kind in demanded.items()):
        return
    needed = [f"{name}={USUAL[name][0]}" for name in demanded]
    base = ":".join([loss.name, *needed])
    yield base
    taken = {name: param.default for name, param in loss.params.items()} | ({} if row is None else {**row.params})
    switches = [
        (name, str(on).lower())
        for name, param in loss.params.items()
        if isinstance(param.kind, Switch) and (name not in OWN or (row is not None and name in row.params))
        for on in dict.fromkeys((not param.default, not taken[name]))
    ]
    yield from (f"{base}:{name}={on}" for name, on in switches)
    pairs = ((one, other) for one, other in combinations(switches, 2) if one[0] != other[0])
    yield from (f"{base}:{one}={on}:{other}={there}" for (one, on), (other, there) in pairs)
    for name, param in loss.params.items():
        if isinstance(param.kind, Choice):
            yield from (f"{base}:{name}={word}" for word in param.kind.words if word != param.default)
        elif isinstance(param.kind, Number):
            for text in dict.fromkeys((*_told(loss, name, columns), *USUAL.get(name, ()))):
                if (text if not param.required else f"{name}={text}") not in {str(param.default), *needed} and _taken(
                    param.kind, text
                ):
                    yield f"{loss.name}:{name}={text}" if param.required else f"{base}:{name}={text}"


def shares(names: Sequence[str]) -> Iterator[tuple[Decimal, ...]]:
    """The numbers between 0 and 1 that the names of columns may hold, one for each; numbers that only count are none.

    >>> [[*map(str, found)] for found in shares(["q0.05", "q0.5"])], [[*map(str, found)] for found in shares(["p10", "p90"])]
    ([['0.05', '0.5']], [['0.1', '0.9']])
    """
    for pattern in (_SHARE, _WHOLE):
        texts = [pattern.findall(name) for name in names]
        numbers = [Decimal(found[-1].replace("_", ".")) for found in texts if found]
        if (
            not numbers
            or len({*numbers}) < len(names)
            or numbers in ([*range(len(names))], [*range(1, len(names) + 1)])
        ):
            continue
        for exponent in (0, -2, -3):
            if max(numbers).scaleb(exponent) <= 1:
                yield tuple(number.scaleb(exponent).normalize() for number in numbers)
                return


_SHARE = re.compile(r"[0-9]+[._][0-9]+|\.[0-9]+|[0-9]+")
_WHOLE = re.compile(r"[0-9]+")


def _lists(name: str, columns: Sequence[str]) -> Iterator[str]:
    """What a parameter with a number for each of some columns may be: what their names say, else what is usual."""
    told = [_listed(found) for found in _readable(name, columns)]
    size = len(columns)
    even = [[Decimal(2 * place - 1) / (2 * size) for place in range(1, size + 1)]]
    even.insert(0, [Decimal(place) / (size + 1) for place in range(1, size + 1)])
    usual = [text for text in LISTS.get(name, ()) if text.count(",") + 1 == size]
    yield from dict.fromkeys(told or [*usual, *(map(_listed, even) if name == "level" and size else ())])


def _listed(numbers: Sequence[Decimal]) -> str:
    return ",".join(f"{float(number)!r}" for number in numbers)


def _readable(name: str, columns: Sequence[str]) -> Iterator[tuple[Decimal, ...]]:
    """What the names of columns say of a parameter: ends of intervals bear their level, their share or their quantile."""
    for found in shares(columns):
        if name == "alpha":
            ways = found, tuple(1 - each for each in found), tuple(2 * each for each in found)
            yield from (way for way in ways if min(way) > 0 and max(way) <= 1)
        else:
            yield found


def _told(loss: Loss, name: str, columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What the one column of an input says of a parameter that is one number."""
    role = {"level": "y_pred", "alpha": "lower"}.get(name, "")
    if role in loss.roles and len(columns.get(role, ())) == 1:
        yield from map(_listed, _readable(name, columns[role]))


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


SKILL = "its skill like R², 1 less its share of the best constant's"
"""What a tool that prints R² or D² made of a value; how that is done stands beside the value."""
_SKILLED = 2.0

EXCHANGED = "with y_true and y_pred exchanged"
OPPOSITE = "with the other class as the positive one"
_MISTAKEN = 3.0
_AVERAGED = 4.0


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
_GROUP = 0.5
_FAR = 2.5  # by so much less usual an explanation of the same number is none
_PLACE = 1e-2  # of the catalogue, which begins with what is used most
_LABELS = 0.9  # a loss of labels tells more about data that are labels than one of any numbers


def ranks(losses: Sequence[Loss]) -> dict[str, float]:
    """For each loss of the catalogue how unusual it is: a norm is one as a sum, parameters that must be given make none so."""
    demands = {loss.name: sum(param.required for param in loss.params.values()) for loss in losses}
    labelled = {loss.name for loss in losses if any(kind.coding != "number" for kind in loss.roles.values())}
    return {
        loss.name: _PLACE * place
        - _LABELS * (loss.name in labelled)
        - _PARAMETER * demands[loss.name]
        + _REDUCTIONS["sum"] * (loss.finish == "norm")
        for place, loss in enumerate(losses)
    }


def explained(
    values: Sequence[Value],
    number: Wanted,
    ranks: Mapping[str, float],
    mistaken: Mapping[str, Sequence[Value]] = MappingProxyType({}),
    classes: int = 1,
) -> list[Match]:
    """The explanations of a number, the most usual first; several conventions that give its digits are one.

    Args:
        values: what the data give, under each convention and reduction.
        number: the number to explain.
        ranks: for each loss how unusual it is.
        mistaken: by what was done to the data, in words, what they give then.
        classes: how many values a row of y_pred holds, over which some tools average where a loss adds them.
    """
    of_mistakes = (
        Match(value, value.value, text, (), _cost(value, ranks) + _MISTAKEN)
        for text, turned in mistaken.items()
        for value in turned
        if math.isfinite(value.value)  # what is no number has many reasons nearer than a mistake
    )
    averaged = (
        Match(
            value,
            value.value / classes,
            f"divided by {classes}, the number of classes",
            (),
            _cost(value, ranks) + _AVERAGED,
        )
        for value in values
        if classes > 1 and value.reduction == "mean" and get(value.loss).takes_classes
    )
    matches = (*_readings(values, ranks), *of_mistakes, *averaged)
    found = [match for match in matches if number.is_met(match.printed)]
    kept: dict[tuple[object, ...], Match] = {}
    told: dict[str, float] = {}
    for match in sorted(found, key=lambda match: (match.cost, number.off(match.printed))):
        group = tuple((match.value.group or {}).items())
        one = (match.value.text, match.value.reduction, match.reading, group)
        usual = told.setdefault(f"{match.printed:.{_DIGITS}g}", match.cost)
        if one in kept:
            kept[one] = kept[one].also(match.value.like)
        elif match.cost < usual + _FAR:
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


def _cost(value: Value, ranks: Mapping[str, float]) -> float:
    """How unusual it is that a tool prints a value."""
    row = CONVENTIONS[value.like].get(value.loss)
    given = value.text.count("=") + (0 if row is None else len(row.params.keys() & USUAL.keys()))
    cost = _REDUCTIONS[value.reduction] + _PARAMETER * given + ranks[value.loss]
    cost += _CONVENTION if value.like != EXACT else 0.0
    return cost + (0.0 if value.group is None else _GROUP)


def _readings(values: Sequence[Value], ranks: Mapping[str, float]) -> Iterator[Match]:
    for value in values:
        cost = _cost(value, ranks)
        if value.skill is not None and value.reduction == "mean" and math.isfinite(value.skill.skill):
            yield Match(value, value.skill.skill, SKILL, (), cost + _SKILLED)
        for reading in READINGS:
            printed = reading.of(value.value)
            if not reading.text or math.isfinite(printed):  # of what is no number nobody takes a root
                yield Match(value, printed, reading.text, (), cost + reading.cost)
