"""The `@loss` decorator and the catalogue it writes.

A loss is declared once, as a function: its signature names the inputs and their kinds, its keyword-only parameters
their intervals and defaults; its docstring is its card. Everything else, from command-line parameters to the README's
table, is read from there when it is asked for. The decorator returns the function untouched, so that doctest and mypy
keep seeing it.
"""

from __future__ import annotations

import inspect
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar, cast

from lossctl.kinds import DISTRIBUTION, LOG_PROBABILITIES, LOGITS, Kind, ParamKind, PerElement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lossctl.kinds import Floats
    from lossctl.losses.stable import Split

Finish: TypeAlias = Literal["root_mean_square", "ratio", "normalised", "norm", "largest", "median", "roots", "medians"]
"""How a loss that is no mean of its rows ends; the aggregates of that name know how."""

BY_OUTPUT: Mapping[Finish, Finish] = {"root_mean_square": "roots", "median": "medians"}
"""What is the mean of the ends of the outputs, where each ends by itself."""

Constant: TypeAlias = Literal["mean", "variance", "quantile"]
"""What of y_true gives the loss of the best constant prediction: its mean, in which the loss is linear; its variance, times
the loss of an error of 1; or its values about their quantile of the parameter `level`, without one about their median."""

Setting: TypeAlias = "float | int | bool | str | tuple[float, ...] | None"
Params: TypeAlias = "Mapping[str, Setting]"

Claim: TypeAlias = Literal["distance", "nonnegative", "zero_at_truth", "bounded", "symmetric", "level"]

DISTANCE: frozenset[Claim] = frozenset({"distance", "nonnegative", "zero_at_truth"})
"""The loss depends on y_pred - y_true alone, is never negative, and is 0 where they are equal."""
BOUNDED_DISTANCE: frozenset[Claim] = DISTANCE | {"bounded"}
"""Also the largest error has a finite loss."""
NEVER_NEGATIVE: frozenset[Claim] = frozenset({"nonnegative"})
ZERO_AT_TRUTH: frozenset[Claim] = frozenset({"nonnegative", "zero_at_truth"})
SYMMETRIC: frozenset[Claim] = ZERO_AT_TRUTH | {"symmetric"}
"""Also y_true and y_pred may change places."""
LEVEL: frozenset[Claim] = frozenset({"nonnegative", "level"})
"""The loss is 0 or 1, and so constant but where it jumps."""


class Param(NamedTuple):
    """A parameter of a loss.

    Attributes:
        kind: what it may be.
        default: what it is unless given.
        required: whether it has no default and must be given.
    """

    kind: ParamKind
    default: Setting
    required: bool = False


class Loss(NamedTuple):
    """One loss of the catalogue.

    Attributes:
        name: the name in every result.
        aliases: other spellings, those of the frameworks included.
        family: the heading it stands under.
        roles: the inputs, in order, and what each may hold: most often y_true and y_pred, and others by their names.
        called: further words for inputs: a forecast's y_pred is also its `mean`.
        ordered: inputs, none of whose values may be above that of the next.
        params: its parameters, in order.
        rows: the formula: arrays of the roles and the parameters in, a value per element or row out.
        elementwise: whether `rows` gives a value per element.
        finish: how the mean ends in a value, None for a mean of rows.
        weigh: the factor, of shape (n,), by which parameters such as class_weight multiply the weight of each row;
            `rows` has it in its values already.
        split: what rows add up by where it is not their values, such as the numerators and the denominators of a ratio:
            the arguments of `rows` in.
        claims: laws that the tests hold it to.
        slope: the derivative by y_pred of the loss of each element, or of each row: the arguments of `rows` in, the
            shape of y_pred out; None where none is declared.
        constant: what of y_true gives the loss of the best constant prediction, None where nothing that adds does.
        measures: what symbols of its formula stand for that no other formula says: the arguments of `rows` in, for each
            of these symbols a value per row out.
        best: the y_pred that is best where y_true has a mean, or a quantile: that, of shape (1,) or (1, k), and the
            parameters in, the same shape out, or None under parameters for which it is not known; without it the same.
        summary: the first line of its docstring.
    """

    name: str
    aliases: tuple[str, ...]
    family: str
    roles: Mapping[str, Kind]
    called: Mapping[str, str]
    ordered: tuple[str, ...]
    params: Mapping[str, Param]
    rows: Callable[..., Floats]
    elementwise: bool
    finish: Finish | None
    weigh: Callable[..., Floats | None] | None
    split: Callable[..., Split] | None
    claims: frozenset[Claim]
    slope: Callable[..., Floats] | None
    constant: Constant | None
    best: Callable[..., Floats | None] | None
    measures: Callable[..., Mapping[str, Floats]] | None
    summary: str

    def ends(self, params: Params) -> Finish | None:
        """How rows end in a value under these parameters.

        The parameter `pool` takes all rows as one, else the end is a mean; `by_output` ends each output by itself.
        """
        if self.split is not None and params.get("pool") is False:
            return None
        return BY_OUTPUT[self.finish] if self.finish is not None and params.get("by_output") is True else self.finish

    @property
    def takes_classes(self) -> bool:
        """Whether y_pred holds a value per class."""
        return "y_pred" in self.roles and self.roles["y_pred"].per_class

    @property
    def plain(self) -> bool:
        """Whether its inputs are y_true and y_pred, and no others."""
        return tuple(self.roles) == ("y_true", "y_pred")

    @property
    def words(self) -> dict[str, str]:
        """The inputs by every word for them."""
        return {role: role for role in self.roles} | dict(self.called)

    @property
    def demands(self) -> bool:
        """Whether some parameter must be given."""
        return any(param.required for param in self.params.values())

    @property
    def tells_chances(self) -> bool:
        """Whether y_pred says how probable each class is, in probabilities or logarithms."""
        return self.roles.get("y_pred") in {DISTRIBUTION, LOGITS, LOG_PROBABILITIES}


class _Declaration(NamedTuple):
    function: Callable[..., Floats]
    aliases: tuple[str, ...]
    family: str
    finish: Finish | None
    weigh: Callable[..., Floats | None] | None
    split: Callable[..., Split] | None
    claims: frozenset[Claim]
    slope: Callable[..., Floats] | None
    called: Mapping[str, str]
    ordered: tuple[str, ...]
    constant: Constant | None
    best: Callable[..., Floats | None] | None
    measures: Callable[..., Mapping[str, Floats]] | None


_declared: dict[str, _Declaration] = {}

F = TypeVar("F", bound="Callable[..., Floats]")


def loss(
    *aliases: str,
    family: str,
    finish: Finish | None = None,
    weigh: Callable[..., Floats | None] | None = None,
    split: Callable[..., Split] | None = None,
    claims: frozenset[Claim] = frozenset(),
    slope: Callable[..., Floats] | None = None,
    called: Mapping[str, str] = MappingProxyType({}),
    ordered: tuple[str, ...] = (),
    constant: Constant | None = None,
    best: Callable[..., Floats | None] | None = None,
    measures: Callable[..., Mapping[str, Floats]] | None = None,
) -> Callable[[F], F]:
    """Enter a function into the catalogue under its own name.

    Args:
        aliases: other spellings; case, `_` and `-` do not matter. Losses may share one: the shapes of the data then
            choose, in the order of declaration.
        family: the heading it stands under.
        finish: how the mean ends in a value, see `Loss`.
        weigh: the factor of each row's weight, see `Loss`.
        split: what rows add up by, see `Loss`.
        claims: laws that the tests hold it to.
        slope: the derivative by y_pred, see `Loss`.
        called: further words for inputs, see `Loss`.
        ordered: inputs that are in order, see `Loss`.
        constant: what gives the loss of the best constant, see `Loss`.
        best: the best constant, see `Loss`.
        measures: what symbols of the formula stand for, see `Loss`.
    """

    def enter(function: F) -> F:
        _declared[function.__name__] = _Declaration(
            function, aliases, family, finish, weigh, split, claims, slope, called, ordered, constant, best, measures
        )
        return function

    return enter


@cache
def get(name: str) -> Loss:
    """The loss of this name, read from its declaration."""
    declared = _declared[name]
    roles: dict[str, Kind] = {}
    params: dict[str, Param] = {}
    annotations = inspect.get_annotations(declared.function)
    for parameter in inspect.signature(declared.function).parameters.values():
        kind = annotations[parameter.name].__metadata__[0]
        if parameter.kind is parameter.KEYWORD_ONLY:
            required = parameter.default is parameter.empty
            params[parameter.name] = Param(kind, None if required else parameter.default, required)
        else:
            roles[parameter.name] = cast("Kind", kind)
    return Loss(
        name=name,
        aliases=declared.aliases,
        family=declared.family,
        roles=roles,
        called=declared.called,
        ordered=declared.ordered,
        params=params,
        rows=declared.function,
        elementwise=annotations["return"] == PerElement,
        finish=declared.finish,
        weigh=declared.weigh,
        split=declared.split,
        claims=declared.claims,
        slope=declared.slope,
        constant=declared.constant,
        best=declared.best,
        measures=declared.measures,
        summary=_summary(declared.function),
    )


def _summary(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]


def every() -> list[Loss]:
    """All losses, in the order of declaration."""
    return [get(name) for name in _declared]


def folded(spelling: str) -> str:
    """A spelling as names are compared: without case, `_` and `-`."""
    return spelling.casefold().replace("_", "").replace("-", "")


@cache
def _book() -> dict[str, list[str]]:
    book: dict[str, list[str]] = {}
    for name, declared in _declared.items():
        for spelling in dict.fromkeys(map(folded, (name, *declared.aliases))):
            book.setdefault(spelling, []).append(name)
    return book


def spelled(spelling: str) -> list[Loss]:
    """The losses that a spelling may mean, none where nothing has that name.

    >>> [loss.name for loss in spelled("MSELoss")]
    ['mse']
    """
    return [get(name) for name in _book().get(folded(spelling), [])]


def spellings() -> dict[str, str]:
    """For every spelling the first loss it may mean, for suggestions."""
    return {spelling: name for name, declared in reversed(_declared.items()) for spelling in (name, *declared.aliases)}
