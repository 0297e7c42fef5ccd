"""The grammar of LOSS: what `huber:delta=2,smooth_l1+0.5*bce` asks for.

    list  = spec *("," spec)
    spec  = term *("+" term)
    term  = [number "*"] name *(":" param "=" value)
    value = number | true | false | word | "[" value *("," value) "]"

A spelling may fit several losses (`log_loss`); then the shapes of the data pick one, so a parsed text is a `Request`,
and a `Request` fitted to shapes is a `Spec`.
"""

from __future__ import annotations

import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from lossctl.errors import UsageError, close, count, did_you_mean, listed, nearest, quoted
from lossctl.kinds import Choice, Number, Several
from lossctl.losses.conventions import CONVENTIONS, EXACT
from lossctl.losses.declare import Loss, Param, Params, Setting, every, folded, spelled, spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lossctl.kinds import Kind, ParamKind
    from lossctl.losses.conventions import Mean, Row, Sum
    from lossctl.losses.declare import Finish

ALL = "all"

# Every loss has this parameter: what its formula computes with.
_DTYPE = {"dtype": Param(Choice(("float64", "float32")), "float64")}

# Spellings that mean different numbers in different frameworks and so name no loss.
_REFUSED = {
    "l2loss": '"l2_loss" is the squared error here and half of it in optax, so it names no loss; '
    'write "mse" for r², "0.5*mse" for ½ r²'
}

# Scores that are the skill of a loss, spelled as scikit-learn does.
_SKILLS = {
    **dict.fromkeys(("r2", "r2score"), "mse"),
    "d2absoluteerrorscore": "mae",
    "d2pinballscore": "quantile",
    "d2loglossscore": "log_loss",
    "d2brierscore": "brier_score_loss",
}

# Neither the plus of 1e+3, nor a sign after "=", nor what stands in a list.
_PLUS = re.compile(r"(?<![0-9.][eE])(?<!=)\+(?![^\[]*\])")
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_TERM = re.compile(rf"(?:(?P<weight>{_NUMBER})\s*\*\s*)?(?P<name>[A-Za-z][\w-]*)(?P<params>(?::.*)?)", re.DOTALL)
_COMMA = re.compile(r",(?![^\[]*\])")
_COLON = re.compile(r":(?![^\[]*\])")


class Shapes(NamedTuple):
    """How many values a row of each input holds; 0 where the data have no such input."""

    y_true: int = 0
    y_pred: int = 0
    others: Mapping[str, int] = MappingProxyType({})

    def width(self, role: str) -> int:
        """How many values a row of an input holds."""
        return {"y_true": self.y_true, "y_pred": self.y_pred}.get(role) or self.others.get(role, 0)


class Term(NamedTuple):
    """One loss of a spec, with all its parameters, and its factor in a weighted sum.

    Attributes:
        weight: the factor.
        loss: the loss.
        params: its parameters.
        exact: what they would be without the convention.
        row: what the convention says of the loss; None where it says nothing.
    """

    weight: float
    loss: Loss
    params: Params
    exact: Params
    row: Row | None

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """What each input may hold."""
        return self.loss.roles if self.row is None else {**self.loss.roles, **self.row.kinds}

    @property
    def weighs(self) -> bool:
        """Whether the parameters change the weights of rows, so that the mean is none of the rows alone."""
        return any(self.params.get(name) is not None for name in ("class_weight", "ignore_index"))

    @property
    def finish(self) -> Finish | None:
        """How rows end in a value; None for their mean."""
        return self.loss.ends(self.params)


class Spec(NamedTuple):
    """What one result is of: a loss, or a weighted sum of losses.

    Attributes:
        text: the spec as the user may write it again, names as the catalogue has them.
        terms: one term, or those of a weighted sum.
        is_sum: whether it is a weighted sum.
        optional: whether it has no value, instead of an error, where the data are not for it.
        like: the convention.
        named: whether LOSS names it; otherwise `all` brought it in.
        barred: why it has no value whatever the rows hold, and what to type instead; None where it may have one.
    """

    text: str
    terms: tuple[Term, ...]
    is_sum: bool
    optional: bool = False
    like: str = EXACT
    named: bool = True
    barred: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """The name of the loss; of a weighted sum its text."""
        return self.text if self.is_sum else self.terms[0].loss.name

    def barring(self, why: str, *, help: str) -> Spec:
        """The spec as one that has no value whatever the rows hold.

        Raises:
            UsageError: it must have one.
        """
        if not self.optional:
            raise UsageError(why, help=help)
        return self._replace(barred=self.barred or (why, help))

    @property
    def params(self) -> Params:
        """All parameters of the loss; those of a weighted sum stand in its terms."""
        return {} if self.is_sum else self.terms[0].params

    @property
    def steps(self) -> tuple[tuple[int, str], ...]:
        """What the convention sets, in order: the index of a term and the name of a parameter."""
        return tuple(
            (index, name)
            for index, term in enumerate(self.terms)
            for name in ({} if term.row is None else {**term.row.params, **_DTYPE})
            if term.params.get(name) != term.exact.get(name)
        )

    @property
    def applied(self) -> str:
        """The convention, or `exact` where it has none of the losses."""
        return self.like if any(term.row is not None for term in self.terms) else EXACT

    @property
    def lacking(self) -> tuple[str, ...]:
        """The losses that the convention does not have."""
        without = [term.loss.name for term in self.terms if self.like != EXACT and term.row is None]
        return tuple(dict.fromkeys(without))

    @property
    def divides(self) -> Mean:
        """What the convention's own mean divides by; the weights where the terms do not agree."""
        found = {"weights" if term.row is None else term.row.mean for term in self.terms}
        return found.pop() if len(found) == 1 else "weights"

    @property
    def sums(self) -> Sum:
        """What the convention's own sum adds; rows where the terms do not agree."""
        found = {"elements" if term.row is not None and term.row.sum == "elements" else "rows" for term in self.terms}
        return "elements" if found == {"elements"} else "rows"

    @property
    def parts(self) -> tuple[str, ...]:
        """The terms of a weighted sum as text, with their factors, each text once; none for a single loss."""
        texts = _PLUS.split(self.text) if self.is_sum else []
        times = [texts[:index].count(text) + 1 for index, text in enumerate(texts)]
        return tuple(f"{text} ({time})" if time > 1 else text for text, time in zip(texts, times, strict=True))


class _Wish(NamedTuple):
    weight: str
    candidates: tuple[Loss, ...]
    given: tuple[tuple[str, str], ...]


class Request(NamedTuple):
    """One spec before the shapes of the data have picked its losses.

    Attributes:
        asked: the terms.
        like: the convention.
        optional: whether it is left out where the data are not for it, as those of `all` are.
        beside: whether it stands beside others of its text under other conventions.
    """

    asked: tuple[_Wish, ...]
    like: str
    optional: bool = False
    beside: bool = False

    @property
    def candidates(self) -> tuple[Loss, ...]:
        """Every loss the spec may come to mean."""
        return tuple(loss for asked in self.asked for loss in asked.candidates)

    def fit(self, shapes: Shapes) -> Spec:
        """The spec for data of these shapes.

        Raises:
            UsageError: no loss of that spelling takes such data, or a parameter is not one of the loss taken.
        """
        terms, texts = [], []
        is_sum = len(self.asked) > 1 or self.asked[0].weight != ""
        for asked in self.asked:
            loss = _picked(asked, shapes)
            given = _parsed(loss, asked.given)
            for name, param in loss.params.items():
                if param.required and name not in given:
                    raise UsageError(
                        f"{loss.name} needs the parameter {name}: {param.kind.meaning}",
                        help=f"write it like {loss.name}:{name}={example(param.kind)}",
                    )
            row = CONVENTIONS[self.like].get(loss.name)
            default = {name: param.default for name, param in loss.params.items()}
            taken = {} if row is None else {**row.params, **(row.single if given.get("dtype") == "float32" else {})}
            if is_sum:
                taken.pop("ignore_index", None)  # which is nothing for a term
            if shapes.y_pred == 1:
                taken.pop("by_output", None)  # which is nothing for one output
            params, exact = ({**default, **under, **given} for under in (taken, {}))
            terms.append(Term(float(asked.weight or 1), loss, _plain(params), _plain(exact), row))
            factor = f"{asked.weight}*" if asked.weight else ""
            texts.append(factor + ":".join([loss.name, *(f"{name}={text}" for name, text in asked.given)]))
        spec = Spec(
            "+".join(texts),
            tuple(terms),
            is_sum,
            self.optional or self.beside,
            self.like,
            not self.optional,
        )
        for why, help in _bars(spec, shapes):
            spec = spec.barring(why, help=help)
        if spec.is_sum:
            _refuse_sums(spec)
        return spec


def parse(text: str, like: str = "exact") -> list[Request]:
    """The requests of a LOSS argument, in order.

    Args:
        text: the argument.
        like: the convention that sets the parameters the text leaves open; `all` for each of them beside `exact`.

    Raises:
        UsageError: the text breaks the grammar or names what does not exist.
    """
    if like not in {*CONVENTIONS, ALL}:
        hint = nearest(like, CONVENTIONS) or f"there is {listed(CONVENTIONS)}"
        raise UsageError(f"there is no convention {quoted(like)}", help=hint, options=("like",))
    likes = list(CONVENTIONS) if like == ALL else [like]
    requests: list[Request] = []
    for part in _split(_COMMA, text, text):
        if part.casefold() == ALL:
            if any(request.optional for request in requests):
                raise UsageError(f"{quoted(ALL)} is asked for twice", help="name each loss once")
            requests += [
                Request((_Wish("", (loss,), ()),), one, optional=True, beside=one != likes[0])
                for loss in every()
                if not loss.demands
                for one in likes
            ]
        else:
            asked = tuple(_asked(term, text) for term in _split(_PLUS, part, text))
            requests += [Request(asked, one, beside=len(likes) > 1) for one in likes]
    return requests


def fit(requests: Sequence[Request], shapes: Shapes) -> list[Spec]:
    """The specs for data of these shapes; the same one twice is an error, but `all` gives way to what is named.

    A convention beside the exact value is left out where it does not have the loss, and so is a loss of `all`.

    Raises:
        UsageError: a loss takes no such data, or is asked for twice.
    """
    named = [request.fit(shapes) for request in requests if not request.optional]
    known = [(spec.like, spec.terms) for spec in named]
    for index, spec in enumerate(named):
        if known[index] in known[:index]:
            raise UsageError(f"{quoted(spec.text)} is asked for twice", help="name each loss once")
    specs = []
    for request in requests:
        if not request.optional:
            spec = request.fit(shapes)
        elif (
            not fits(request.candidates[0], shapes)
            or (
                (spec := request.fit(shapes)).like,
                spec.terms,
            )
            in known
            or spec.barred
        ):
            continue
        if not (spec.lacking and (request.optional or request.beside)):
            specs.append(spec)
    if not specs:
        raise UsageError(
            f"no loss takes {count(shapes.y_true, 'column')} of y_true and {count(shapes.y_pred, 'column')} of y_pred",
            help="-t and -p choose other columns",
        )
    return specs


def fits(loss: Loss, shapes: Shapes) -> bool:
    """Whether a loss takes data of these shapes."""
    widths = {role: shapes.width(role) for role in loss.roles}
    if 0 in widths.values():
        return False
    if loss.elementwise:
        return len({*widths.values()}) == 1
    vectors = {role: kind for role, kind in loss.roles.items() if kind.vector}
    long_enough = all(kind.fewest <= widths[role] <= (kind.most or widths[role]) for role, kind in vectors.items())
    alike = {widths[role] for role, kind in vectors.items() if not kind.of_each}
    whole = all(widths[role] % widths["y_true"] == 0 for role, kind in vectors.items() if kind.of_each)
    return long_enough and whole and len(alike) <= 1 and all(widths[role] == 1 for role in widths.keys() - vectors)


def unpooled(losses: Iterable[tuple[Loss, Params]], outputs: int) -> bool:
    """Whether some loss takes each row as a mask though there is one output, which is one pixel a row."""
    return outputs == 1 and any(loss.finish is not None and loss.ends(params) is None for loss, params in losses)


def _bars(spec: Spec, shapes: Shapes) -> Iterator[tuple[str, str]]:
    """Why a spec has no value of data of these shapes, whatever they hold, and what to type instead."""
    if unpooled([(term.loss, term.params) for term in spec.terms], shapes.y_pred):
        yield (
            f"{spec.text} takes each row as a mask, and there is one column of y_pred, so one pixel a row",
            f"{spec.name}:pool=true takes all rows as one mask",
        )
    for row, loss, params in ((term.row, term.loss, term.params) for term in spec.terms if term.row is not None):
        if row.one_output and loss.elementwise and shapes.y_pred > 1:
            yield (
                f"{row.name} of {spec.like} takes one output a row, and y_pred has {count(shapes.y_pred, 'column')}",
                "--like exact takes several; -t and -p choose other columns",
            )
        for name, kind in row.takes.items():
            try:
                kind.parse(str(params[name]))
            except ValueError:
                yield (
                    f"{row.name} of {spec.like} takes {kind.meaning} as {name}, not {params[name]}",
                    f"--like exact takes {loss.params[name].kind.meaning}",
                )


def _split(separator: re.Pattern[str], text: str, whole: str) -> Iterator[str]:
    for part in separator.split(text):
        if not part.strip():
            raise UsageError(
                f"LOSS {quoted(whole)} has an empty part", help='write losses like "mse,huber:delta=2" or "mse+0.5*mae"'
            )
        yield part.strip()


def _asked(term: str, whole: str) -> _Wish:
    match = _TERM.fullmatch(term)
    if match is None:
        raise UsageError(
            f"cannot read {quoted(term)} in LOSS {quoted(whole)}",
            help="a loss is a name with parameters, like huber:delta=2; a weighted sum is like mse+0.5*mae",
        )
    name = match["name"]
    refused = _REFUSED.get(folded(name))
    if refused is not None:
        raise UsageError(refused)
    if (skilled := _SKILLS.get(folded(name))) is not None:
        raise UsageError(
            f"{quoted(name)} is no loss but the skill of one, {skilled}",
            help=f"lossctl compute {skilled} preds.csv --skill tells it",
        )
    candidates = tuple(spelled(name))
    if not candidates:
        known = spellings()
        like = close(name, known, likeness=0.75) or close(name, known)
        raise UsageError(
            f"there is no loss {quoted(name)}",
            help=did_you_mean(known[word] for word in like) or "lossctl list shows the losses there are",
        )
    if match["weight"] and not math.isfinite(float(match["weight"])):
        raise UsageError(
            f"the factor {quoted(match['weight'])} is beyond the largest float64", help="write a smaller one"
        )
    given = tuple(_assignment(part, term) for part in _COLON.split(match["params"])[1:])
    params = {param: None for loss in candidates for param in loss.params}
    for index, (param, _) in enumerate(given):
        if param not in params and param not in _DTYPE:
            raise UsageError(
                f"{candidates[0].name} has no parameter {quoted(param)}", help=_param_help(candidates[0], param, params)
            )
        if param in dict(given[:index]):
            raise UsageError(f"{quoted(param)} is given twice in {quoted(term)}", help="give each parameter once")
    return _Wish(match["weight"] or "", candidates, given)


def _assignment(part: str, term: str) -> tuple[str, str]:
    name, equals, value = (piece.strip() for piece in part.partition("="))
    if not (name and equals and value):
        raise UsageError(f"cannot read {quoted(':' + part)} in {quoted(term)}", help="a parameter is like :delta=2")
    return name, value


def _param_help(loss: Loss, param: str, known: dict[str, None]) -> str:
    if not known:
        return f"{loss.name} has no parameters"
    return nearest(param, known) or f"its parameter{'s are' if len(known) > 1 else ' is'} {listed(known)}"


def _parsed(loss: Loss, given: tuple[tuple[str, str], ...]) -> Params:
    parsed: dict[str, Setting] = {}
    for name, text in given:
        if name not in loss.params and name not in _DTYPE:
            raise UsageError(
                f"{loss.name} has no parameter {quoted(name)}",
                help=f"the shapes of y_true and y_pred call for {loss.name}; "
                + _param_help(loss, name, dict.fromkeys(loss.params)),
            )
        kind = {**loss.params, **_DTYPE}[name].kind
        try:
            parsed[name] = kind.parse(text)
        except ValueError:
            raise UsageError(
                f"{loss.name} takes {kind.meaning} as {name}, not {quoted(text)}",
                help=_default(loss, name),
            ) from None
    return parsed


def _default(loss: Loss, name: str) -> str:
    param = {**loss.params, **_DTYPE}[name]
    if param.required:
        return f"write it like {loss.name}:{name}={example(param.kind)}"
    if param.default is None:
        return f"without {name} there is none"
    return f"its default is {str(param.default).lower()}"


def _plain(params: Params) -> Params:
    """The parameters, with the type of numbers only where it is not the usual one."""
    usual = params.get("dtype") == _DTYPE["dtype"].default
    return {name: value for name, value in params.items() if not (usual and name == "dtype")}


def _picked(asked: _Wish, shapes: Shapes) -> Loss:
    # Of several, the one with a column per class: log_loss of as many truths as predictions is multi-class too.
    for loss in sorted(asked.candidates, key=lambda loss: not loss.takes_classes):
        if fits(loss, shapes):
            return loss
    _refuse_lack(asked.candidates[0], shapes)
    held = [f"{role} has {count(shapes.width(role), 'column')}" for role in asked.candidates[0].roles]
    wanted = {loss.name: _wanted(loss) for loss in asked.candidates}
    needs = "; ".join(f"{name} takes {text}" for name, text in wanted.items())
    raise UsageError(
        f"{', '.join(held[:-1])} and {held[-1]}: {needs}",
        help=_other_losses(asked, shapes),
    )


def example(kind: ParamKind) -> str:
    """A value of a parameter, to show how one is written."""
    if isinstance(kind, Several):
        return "[0.1,0.5,0.9]"
    if isinstance(kind, Choice):
        return kind.words[0]
    return "2" if isinstance(kind, Number) and kind.low >= 1 else "0.1"


def _refuse_lack(loss: Loss, shapes: Shapes) -> None:
    lacking = [role for role in loss.roles if not shapes.width(role)]
    if not lacking:
        return
    words = {role: word for word, role in loss.called.items() if role in {"y_true", "y_pred"}}
    columns = ",".join(f"{words.get(role, role)}=COLUMN" for role in loss.roles if role != "y_true")
    raise UsageError(
        f"{loss.name} takes {listed(loss.roles)}, and no column is named like {listed(lacking, 'or')}",
        help=f"-p {columns} says which columns they are",
    )


def _wanted(loss: Loss) -> str:
    if loss.elementwise:
        return "as many of one as of the other" if len(loss.roles) == 2 else "as many of each"
    if all(kind.vector and kind.per_class for kind in loss.roles.values()):
        return "one column per class in both, two classes or more"
    if loss.takes_classes:
        return "one column of class ids or names in y_true and one column per class in y_pred"
    alike: dict[str, list[str]] = {}
    for role, kind in loss.roles.items():
        alike.setdefault(_columns(kind, loss), []).append(role)
    return _and(
        [
            f"{text}{' each' if len(roles) > 1 and not text.startswith('equally') else ''} of {_and(roles)}"
            for text, roles in alike.items()
        ]
    )


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _columns(kind: Kind, loss: Loss) -> str:
    """How many columns an input takes, in words."""
    if not kind.vector:
        return "1 column"
    if kind.fewest == kind.most:
        return f"{kind.fewest} columns"
    if kind.of_each:
        return "as many for each member as y_true has"
    least = "" if kind.fewest == 1 else f", {kind.fewest} or more,"
    several = sum(other.vector and not other.of_each for other in loss.roles.values()) > 1
    return f"equally many columns{least}" if several else f"{kind.fewest} or more columns"


def _other_losses(asked: _Wish, shapes: Shapes) -> str:
    choose = "-t and -p choose other columns"
    others = [loss.name for loss in every() if fits(loss, shapes) and loss not in asked.candidates]
    if others and shapes.y_pred > 1:
        return f"{choose}; for these columns there {'is' if len(others) == 1 else 'are'} {listed(others)}"
    if (shapes.y_true, shapes.y_pred) == (1, 1):
        return f"{choose}, for example -p 'p_*'; by argument one row of three classes is [[0.2,0.5,0.3]]"
    return choose


def _refuse_sums(spec: Spec) -> None:
    for term in spec.terms:
        if term.finish is not None:
            raise UsageError(
                f"{term.loss.name} is no mean of rows, so it cannot be a term of {quoted(spec.text)}",
                help="ask for it by itself",
            )
        if term.weighs:
            raise UsageError(
                f"{term.loss.name} with class_weight or ignore_index weighs rows, "
                f"so it cannot be a term of {quoted(spec.text)}",
                help="ask for it by itself",
            )
