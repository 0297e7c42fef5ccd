"""The formulas of docstrings, read so that numbers can be put in.

They are written for people, in one notation: `½ r²`, `-Σ_c t_c ln p_c`, `max(0, 1 - m)² where m ≥ -1`, with what the
symbols stand for behind them. This module reads that notation, and nothing is computed by it but what `explain` shows
step by step: a formula that it cannot read is shown as it stands.
"""

from __future__ import annotations

import itertools
import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Number: TypeAlias = float | tuple[float, ...]
Filled: TypeAlias = tuple[str | float, ...]
"""A formula with numbers in the place of symbols."""

_LETTER = "[A-Za-zΑ-Ωα-ωℓ]"
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?π?|π)|(?P<half>½)|(?P<twopi>\d*π)|(?P<sign>[-−+/·×()|‖\[\]√=≠≤≥<>,])|(?P<power>[²³ᵖ]|\^)"
    rf"|(?P<name>[a-z][\d']|{_LETTER}{{2,}}(?:_{_LETTER}{{2,}})*|y_true|y_pred|{_LETTER})(?P<index>_(?:\{{[^}}]*\}}|{_LETTER}))?)"
)
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "Φ": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
    "φ": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "ln": lambda x: -math.inf if x == 0 else math.log(x),
    "exp": lambda x: math.inf if x > 709 else math.exp(x),
    "cosh": lambda x: math.inf if abs(x) > 709 else math.cosh(x),
    "arctan": math.atan,
    "Γ": math.gamma,
}
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "≠": lambda a, b: a != b,
    "≤": lambda a, b: a <= b,
    "≥": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}
_CASE = re.compile(r"(?P<value>.+?)\s+(?:where (?P<condition>.+)|elsewhere)")
_IS = re.compile(r"(?P<name>\w+) is (?P<values>-?\d+(?: or -?\d+)*)")


_TERMS = 12
"""Terms of a sum that are shown one by one; of more the sum alone."""


class Unreadable(ValueError):
    """The formula is not written in the notation, or has no number for these inputs."""


class Step(NamedTuple):
    """A line of a calculation.

    Attributes:
        name: what is found, empty for a line that goes on.
        source: as the docstring writes it.
        filled: with numbers in the place of symbols, empty where that would say the same again.
        value: what it gives; a tuple of a value for each class; a class by its name.
        test: whether it says if the condition of a case holds, 1 or 0.
    """

    name: str
    source: str
    filled: Filled
    value: Number | str
    test: bool = False


class Node(NamedTuple):
    """A part of a formula.

    Attributes:
        kind: number, symbol, sum (of signed parts), product (of parts, some of which divide), group (in parentheses),
            power, call, bars, norm, test (1 or 0), over (Σ or a maximum over indices).
        text: the symbol, the function, the comparison.
        parts: what it is made of.
        at: of a symbol its index, of `over` what runs and the conditions.
        signs: for each part of a sum or product whether it is added or multiplied, rather than subtracted or divided.
    """

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()
    at: str = ""
    signs: tuple[bool, ...] = ()


class _Parser:
    def __init__(self, text: str) -> None:
        self._open = 0  # bars that have begun
        self._tokens: list[tuple[str, str, str]] = []
        at = 0
        text = text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise Unreadable(text)
            kind = next(name for name in ("number", "half", "sign", "power", "name") if match[name])
            self._tokens.append((kind, match[kind], (match["index"] or "")[1:].strip("{}")))
            at = match.end()
        self._at = 0

    def whole(self) -> Node:
        found = self._sum()
        if self._at < len(self._tokens):
            raise Unreadable(self._tokens[self._at][1])
        return found

    def condition(self) -> Node:
        left = self._sum()
        sign = self._next()[1]
        if sign not in _COMPARED:
            raise Unreadable(sign)
        found = Node("test", sign, (left, self._sum()))
        if self._at < len(self._tokens):
            raise Unreadable(self._tokens[self._at][1])
        return found

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str, str]:
        if self._at >= len(self._tokens):
            raise Unreadable("the end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sign: str) -> None:
        if self._next()[1] != sign:
            raise Unreadable(sign)

    def _sum(self) -> Node:
        signs, parts = [self._peek() not in {"-", "−"}], []
        if not signs[0]:
            self._next()
        parts.append(self._product())
        while self._peek() in {"+", "-", "−"}:
            signs.append(self._next()[1] == "+")
            parts.append(self._product())
        return parts[0] if len(parts) == 1 and signs[0] else Node("sum", parts=tuple(parts), signs=tuple(signs))

    def _product(self, *, divide: bool = True) -> Node:
        parts, signs = [self._factor()], [True]
        while (sign := self._peek()) and (sign in "/·×" or self._begins()) and (divide or sign != "/"):
            signs.append(sign != "/")
            if sign in "/·×":
                self._next()
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else Node("product", parts=tuple(parts), signs=tuple(signs))

    def _begins(self) -> bool:
        """Whether another factor begins here; a bar that does ends the bars around it, where there are any."""
        kind, text, _ = self._tokens[self._at]
        return kind in {"number", "half", "name"} or text in {"(", "[", "√"} or (text in {"|", "‖"} and not self._open)

    def _factor(self) -> Node:
        found = self._base()
        while self._at < len(self._tokens) and self._tokens[self._at][0] == "power":
            sign = self._next()[1]
            raised = {"²": Node("number", "2"), "³": Node("number", "3"), "ᵖ": Node("symbol", "p")}.get(sign)
            found = Node("power", sign, (found, raised or self._base()))
        return found

    def _base(self) -> Node:
        kind, text, index = self._next()
        if kind == "number":
            return Node("number", text)
        if kind == "half":
            return Node("number", "½")
        if text == "(":
            held, self._open = self._open, 0
            found = self._sum()
            self._open = held
            self._expect(")")
            return found if found.kind in {"number", "symbol", "call", "bars"} else Node("group", parts=(found,))
        if text in {"|", "‖"}:
            self._open += 1
            found = self._sum()
            self._open -= 1
            self._expect(text)
            return Node("bars" if text == "|" else "norm", parts=(found,))
        if text == "√":
            return Node("call", "√", (self._base(),))
        if text == "[":
            left = self._sum()
            sign = self._next()[1]
            found = Node("test", sign, (left, self._sum()))
            self._expect("]")
            return found
        if kind != "name":
            raise Unreadable(text)
        if text in {"Σ", "max", "min"} and index:
            return Node("over", text, (self._product(),), index)
        if text == "Σ":  # over all there is in a row: what divides it stands outside
            return Node("over", text, (self._product(divide=False),))
        if text in _FUNCTIONS or text in {"max", "min"}:
            if self._peek() != "(":
                return Node("call", text, (self._factor(),))
            self._next()
            held, self._open = self._open, 0
            parts = [self._sum()]
            while self._peek() == ",":
                self._next()
                parts.append(self._sum())
            self._open = held
            self._expect(")")
            return Node("call", text, tuple(parts))
        return Node("symbol", text, at=index)


class _Cases(NamedTuple):
    """Values with the conditions under which they hold, None for all that is left."""

    cases: tuple[tuple[str, str | None], ...]


def work(
    lines: Sequence[str],
    symbols: str,
    given: Mapping[str, Number | None],
    classes: Sequence[str],
    *,
    labelled: bool,
    measures: Mapping[str, float] = MappingProxyType({}),
) -> list[Step]:
    """A formula step by step, the value last.

    Args:
        lines: the formula.
        symbols: what stands for what beside what it says itself.
        given: the inputs and parameters by name: a number, a number for each class, None where there is none. The
            index of a class is a number.
        classes: the names of the classes, empty where there are none.
        labelled: whether y_true is the index of a class.
        measures: values of further symbols, each of which is a step where the formula has it.

    Raises:
        Unreadable: it is not written in the notation, or has no number for these inputs.
    """
    return _Work(lines, symbols, given, classes, measures, labelled=labelled).steps()


class _Work:
    def __init__(
        self,
        lines: Sequence[str],
        symbols: str,
        given: Mapping[str, Number | None],
        classes: Sequence[str],
        measures: Mapping[str, float],
        *,
        labelled: bool,
    ) -> None:
        self._given = given
        self._measures = measures
        self._labelled = labelled
        self._classes = classes
        self._known: dict[str, Number] = {name: value for name, value in given.items() if value is not None}
        self._steps: list[Step] = []
        self._defined: dict[str, str | _Cases] = {}
        self._indexed: dict[str, tuple[str, str]] = {}
        self._changes: dict[str, list[str]] = {}
        self._floor = -math.inf
        self._main: str | _Cases = ""
        self._read(lines, symbols)

    def steps(self) -> list[Step]:
        value = self._valued("", self._main)
        if isinstance(value, tuple) or value != value:
            raise Unreadable("no number")
        return self._steps

    # What stands where.

    def _read(self, lines: Sequence[str], symbols: str) -> None:
        text = re.sub(r",\n", ",   ", "\n".join(lines))
        cases: list[tuple[str, str | None]] = []
        rest: list[str] = []
        for line in text.split("\n"):
            body, _, more = line.partition(",   ") if re.search(r"\belsewhere\b", line) else (line, "", "")
            match = _CASE.fullmatch(body.strip())
            if match is not None and len(text.split("\n")) > 1 and not rest and ";" not in body:
                cases.append((match["value"], match["condition"]))
                rest += [more] if more else []
            else:
                rest.append(line)
        whole = "\n".join(rest)
        if cases:
            self._main, pieces = _Cases(tuple(cases)), whole
        else:
            parts = re.split(r",\s{2,}|;|\n| for one row|, for |, over ", whole, maxsplit=1)
            self._main, pieces = parts[0], parts[1] if len(parts) > 1 else ""
            found = [_CASE.fullmatch(part) for part in parts[0].split(", ")]
            if all(found):
                self._main = _Cases(tuple((match["value"], match["condition"]) for match in found if match))
        if (match := re.search(r"with (\w+)(?:, [^:;]*)?: ([^;]+?)(?:\.\s|;|$)", pieces)) and self._given.get(match[1]):
            self._main = match[2]
        last = ""
        for piece in re.split(
            r",\s{2,}|;\s*|\n|\.\s+|,\s(?![^({\[]*[)}\]])|\sand\s(?=\w = )|\s(?=with \w+ \w is )|\swith\s(?=\w = )",
            f"{pieces}\n{symbols}",
        ):
            last = self._piece(piece.strip(), last)

    def _piece(self, piece: str, last: str) -> str:
        """Take one remark behind a formula, and give the symbol it is about."""
        if match := re.fullmatch(
            r"(?:one for each of )?([kKM]) (?:classes|labels|members|quantiles|intervals|vectors\b.*)", piece
        ):
            self._known.setdefault(match[1], float(len(self._classes)))
        elif match := re.match(
            r"(?:then )?(renormalise|clip) (?:first )?(?:divides|keeps) (both|them|it|\w)\b(.*)", piece
        ):
            if self._given.get(match[1]):
                how = "/" if match[1] == "renormalise" else "1 - clip" if match[3].endswith("1 - clip") else "1"
                names = {"both": ("p", "q"), "them": ("p", "q"), "it": ("p",)}.get(match[2], (match[2],))
                for name in names:
                    self._changes.setdefault(name, []).append(how)
        elif match := re.fullmatch(r"clip raises (\w)(?: and (\w))? below it to it", piece):
            if self._given.get("clip") is not None:
                for name in filter(None, match.groups()):
                    self._changes.setdefault(name, []).append("least")
        elif piece == "c over the rows":
            raise Unreadable(piece)
        elif re.match(r"(?:and )?log_floor\b", piece):
            floor = self._given.get("log_floor")
            self._floor = floor if isinstance(floor, float) else self._floor
        elif match := re.fullmatch(r"(\w+) adds (.+)", piece):
            if self._given.get(match[1]):
                self._rewritten("{} + " + match[2])
        elif match := re.fullmatch(r"(\w+) multiplies by (\d+)", piece):
            if self._given.get(match[1]):
                self._rewritten(match[2] + " ({})")
        elif re.fullmatch(r"rows whose y is ignore_index weigh 0", piece):
            if self._given.get("ignore_index") == self._given.get("y_true"):
                self._main = "0"
        elif match := re.fullmatch(r"with (\w+) (\w) is (.+)", piece):
            if self._given.get(match[1]):
                self._defined[match[2]] = match[3]
        elif match := re.fullmatch(r"(\S+) without (\w+)", piece):
            if self._given.get(match[2]) is None and last:
                self._defined[last] = match[1]
        elif match := re.fullmatch(r"(\w+) (\w) makes it (.+)", piece):
            if self._given.get(match[1]):
                self._main = match[3]
            self._defined.setdefault(match[2], match[1])
        elif match := re.fullmatch(r"(?:with |and )?(.) = (.+)", piece):
            case = _CASE.fullmatch(match[2])
            meant: str | _Cases = match[2] if case is None else _Cases(((case["value"], case["condition"]),))
            self._defined.setdefault(match[1], meant)
            return match[1]
        elif match := re.fullmatch(r"(.)_(\w) = (.+)", piece):
            self._indexed.setdefault(match[1], (match[2], match[3]))
        elif match := _CASE.fullmatch(piece):
            held = self._defined.get(last)
            if last and isinstance(held, _Cases):
                self._defined[last] = _Cases((*held.cases, (match["value"], match["condition"])))
            elif not last and isinstance(self._main, _Cases):
                self._main = _Cases((*self._main.cases, (match["value"], match["condition"])))
            elif not last and match["condition"] and isinstance(self._main, str):
                self._main = _Cases(((match["value"], match["condition"]), (self._main, None)))
        return last

    def _rewritten(self, pattern: str) -> None:
        """Put the formula, or each of its cases, in the place of the braces."""
        main = self._main
        if isinstance(main, str):
            self._main = pattern.replace("{}", main)
        else:
            self._main = _Cases(tuple((pattern.replace("{}", text), condition) for text, condition in main.cases))

    # What it comes to.

    def _valued(self, name: str, meant: str | _Cases) -> Number:
        """The value of what a text means, after the steps to it."""
        source = meant if isinstance(meant, str) else self._holding(meant)
        if match := re.fullmatch(r"softmax of (\w+)", source):
            logits = self._symbol(match[1])
            if not isinstance(logits, tuple):
                raise Unreadable(source)
            powers = [math.exp(z - max(logits)) for z in logits]
            shares = tuple(power / sum(powers) for power in powers)
            self._steps.append(Step(name, source, (), shares))
            return shares
        node = _Parser(source).whole()
        value = self._value(node, {})
        self._unroll(node)
        if self._labelled and source == "y_true" and isinstance(value, float):
            self._steps.append(Step(name, source, (), self._classes[int(value)]))
        elif name != source:
            filled = () if isinstance(value, tuple) or node.kind == "number" else _joined(self._filled(node, {}))
            self._steps.append(Step(name, source, () if filled == (value,) else filled, value))
        return value

    def _holding(self, meant: _Cases) -> str:
        """The value whose condition holds, after a step that says so."""
        for value, condition in meant.cases:
            if condition is None:
                return value
            left = _IS.fullmatch(condition.replace("it ", "y_true ").removesuffix(" for some label"))
            if left is not None:
                found = self._symbol(left["name"])
                if isinstance(found, float) and found in map(float, left["values"].split(" or ")):
                    return value
                continue
            if condition == "both are 0":
                if self._symbol("y_true") == self._symbol("y_pred") == 0:
                    return value
                continue
            node = _Parser(condition.removesuffix(" for some label")).condition()
            sides = [self._value(part, {}) for part in node.parts]
            if any(isinstance(side, tuple) for side in sides) != condition.endswith(" for some label"):
                raise Unreadable(condition)
            if isinstance(sides[0], tuple) and isinstance(sides[1], tuple):
                holds = any(
                    _COMPARED[node.text](*pair) for pair in zip(*cast("list[tuple[float, ...]]", sides), strict=True)
                )
            else:
                one, other = cast("list[float]", sides)
                holds = _COMPARED[node.text](one, other)
                self._steps.append(Step("", condition, (one, f" {node.text} ", other), float(holds), test=True))
            if holds:
                return value
        raise Unreadable("no case holds")

    def _symbol(self, name: str) -> Number:
        if name in self._known:
            return self._known[name]
        if name in self._measures:
            self._known[name] = self._measures[name]
            self._steps.append(Step(name, "", (), self._measures[name]))
            return self._measures[name]
        if name in self._defined:
            value = self._valued(name, self._defined[name])
            for how in self._changes.get(name, ()):
                value = self._changed(name, value, how)
            self._known[name] = value
            return value
        if name == "k" and self._classes:
            return float(len(self._classes))
        raise Unreadable(name)

    def _changed(self, name: str, value: Number, how: str) -> Number:
        """The value divided by its sum, or kept within bounds."""
        if how == "/":
            source = f"{name} / Σ_c {name}_c"
            total = math.fsum(value) if isinstance(value, tuple) else value
            value = _each(lambda part: part / total, [value])
        elif how == "least":
            source, least = f"max({name}, clip)", cast("float", self._given["clip"])
            value = _each(lambda part: max(part, least), [value])
        else:
            source = f"{name} within clip and {how}"
            low = cast("float", self._given["clip"])
            high = 1.0 - low if how == "1 - clip" else 1.0
            value = _each(lambda part: min(max(part, low), high), [value])
        self._steps.append(Step(name, source, (), value))
        return value

    def _at(self, name: str, env: Mapping[str, int]) -> int:
        """The class that an index means."""
        if name in env:
            return env[name]
        found = self._symbol(name)
        if isinstance(found, tuple) or found not in range(len(self._classes)):
            raise Unreadable(name)
        return int(found)

    def _value(self, node: Node, env: Mapping[str, int]) -> Number:
        if node.kind == "number":
            return _number(node.text)
        if node.kind == "symbol":
            return self._of_symbol(node, env)
        if node.kind == "over" and not node.at:
            whole = self._value(node.parts[0], env)
            return math.fsum(whole) if isinstance(whole, tuple) else whole
        if node.kind == "over":
            found = [cast("float", self._value(node.parts[0], inner)) for inner in self._runs(node.at, env)]
            return math.fsum(found) if node.text == "Σ" else max(found) if node.text == "max" else min(found)
        parts = [self._value(part, env) for part in node.parts]
        if node.kind == "group":
            return parts[0]
        if node.kind == "sum":
            return _each(
                lambda *numbers: sum(n if plus else -n for n, plus in zip(numbers, node.signs, strict=True)), parts
            )
        if node.kind == "product":
            return _each(lambda *numbers: _product(numbers, node.signs), parts)
        if node.kind == "power":
            return _each(_power, parts)
        if node.kind == "bars":
            return _each(abs, parts)
        if node.kind == "norm" and isinstance(parts[0], tuple):
            return math.hypot(*parts[0])
        if node.kind == "test":
            return _each(lambda one, other: float(_COMPARED[node.text](one, other)), parts)
        if node.kind == "call" and node.text == "ln":
            return _each(lambda number: max(_FUNCTIONS["ln"](number), self._floor), parts)
        if node.kind == "call":
            return _each(_function(node.text), parts)
        raise Unreadable(node.kind)

    def _of_symbol(self, node: Node, env: Mapping[str, int]) -> Number:
        if not node.at:
            return float(env[node.text]) if node.text in env else self._symbol(node.text)
        at = self._at(node.at, env)
        if node.text in self._indexed:
            name, source = self._indexed[node.text]
            return self._value(_Parser(source).whole(), {**env, name: at})
        meant = self._defined.get(node.text, "")
        if isinstance(meant, str) and self._given.get(meant, 0.0) is None:  # no weights: each is 1
            return 1.0
        found = self._symbol(node.text)
        if not isinstance(found, tuple):
            raise Unreadable(node.text)
        size = len(found) // len(self._classes)  # above 1 where the members of an ensemble are vectors
        return found[at] if size == 1 else found[at * size : (at + 1) * size]

    def _runs(self, index: str, env: Mapping[str, int]) -> Iterator[dict[str, int]]:
        """What the indices of a sum take on, one after the other."""
        names, _, conditions = index.partition(":")
        if not conditions and (match := re.fullmatch(r"(\w)\s*[≤≠<]\s*\w", names.strip())):
            names, conditions = match[1], names
        tests = [_Parser(condition).condition() for condition in conditions.split(", ")] if conditions else []
        for places in itertools.product(range(len(self._classes)), repeat=len(names.split(","))):
            inner = {**env, **dict(zip(map(str.strip, names.split(",")), places, strict=True))}
            if all(self._value(test, inner) for test in tests):
                yield inner

    # How it is shown.

    def _unroll(self, node: Node) -> None:
        """Show each term of the sums in a formula, and what they are made of."""
        if node.kind == "over" and node.at:
            runs = list(self._runs(node.at, {}))
            if len(runs) <= _TERMS:
                for inner in runs:
                    whose = ", ".join(f"{name} = {self._classes[place]}" for name, place in inner.items())
                    value = self._value(node.parts[0], inner)
                    self._steps.append(Step(whose, "", _joined(self._filled(node.parts[0], inner)), value))
        elif node.kind == "symbol" and node.text in self._indexed:
            name, source = self._indexed[node.text]
            inner = {name: self._at(node.at, {})}
            below = _Parser(source).whole()
            self._steps.append(
                Step(f"{node.text}_{node.at}", source, _joined(self._filled(below, inner)), self._value(below, inner))
            )
        else:
            for part in node.parts:
                self._unroll(part)

    def _filled(self, node: Node, env: Mapping[str, int], *, tight: bool = False) -> Iterator[str | float]:
        """A formula with numbers for symbols; `tight` puts negative ones in parentheses."""
        if node.kind == "number":
            yield node.text
        elif node.kind in {"symbol", "over", "test", "norm"}:
            value = self._value(node, env)
            if isinstance(value, tuple):
                raise Unreadable(node.text)
            yield from ("(", value, ")") if tight and (value < 0 or math.copysign(1, value) < 0) else (value,)
        elif node.kind == "group":
            yield from ("(", *self._filled(node.parts[0], env), ")")
        elif node.kind == "sum":
            for place, (part, plus) in enumerate(zip(node.parts, node.signs, strict=True)):
                yield ("" if plus else "-") if not place else (" + " if plus else " - ")
                yield from self._filled(part, env, tight=bool(place) or not plus)
        elif node.kind == "product":
            for place, (part, times) in enumerate(zip(node.parts, node.signs, strict=True)):
                yield "" if not place else "·" if times else " / "
                yield from self._filled(part, env, tight=True)
        elif node.kind == "power":
            yield from self._filled(node.parts[0], env, tight=True)
            yield from (node.text,) if node.text in {"²", "³"} else ("^", *self._filled(node.parts[1], env, tight=True))
        elif node.kind == "bars":
            yield from ("|", *self._filled(node.parts[0], env), "|")
        else:
            floored = node.text == "ln" and self._floor > -math.inf
            yield from ("max(", self._floor, ", ln") if floored else (node.text,)
            if len(node.parts) == 1 and node.parts[0].kind in {"symbol", "number", "over", "call", "group"}:
                inner = list(self._filled(node.parts[0], env, tight=True))
                yield "" if node.text == "√" or inner[0] == "(" else " "
                yield from inner
            else:
                for place, part in enumerate(node.parts):
                    yield "(" if not place else ", "
                    yield from self._filled(part, env)
                yield ")"
            yield ")" if floored else ""


def _number(text: str) -> float:
    if text == "½":
        return 0.5
    return float(text) if not text.endswith("π") else float(text[:-1] or 1) * math.pi


def _joined(parts: Iterator[str | float]) -> Filled:
    """The pieces with neighbouring texts as one."""
    found: list[str | float] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return tuple(part for part in found if part != "")


def _each(function: Callable[..., float], parts: Sequence[Number]) -> Number:
    """A function of numbers, or class by class where one of them is a number for each class."""
    size = next((len(part) for part in parts if isinstance(part, tuple)), None)
    try:
        if size is None:
            return float(function(*parts))
        columns = [part if isinstance(part, tuple) else (part,) * size for part in parts]
        return tuple(float(function(*numbers)) for numbers in zip(*columns, strict=True))
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.nan


def _product(numbers: Sequence[float], signs: Sequence[bool]) -> float:
    """The product; a factor of 0 outweighs what is infinite, as it does in the losses."""
    if any(number == 0 and times for number, times in zip(numbers, signs, strict=True)):
        return math.nan if any(number == 0 and not times for number, times in zip(numbers, signs, strict=True)) else 0.0
    total = 1.0
    for number, times in zip(numbers, signs, strict=True):
        total = total * number if times else total / number if number else math.copysign(math.inf, total)
    return total


def _power(base: float, exponent: float) -> float:
    found = base**exponent
    return found if isinstance(found, float) else math.nan


def _function(name: str) -> Callable[..., float]:
    known: dict[str, Callable[..., float]] = {**_FUNCTIONS, "√": math.sqrt, "max": max, "min": min}
    if name not in known:
        raise Unreadable(name)
    return known[name]
