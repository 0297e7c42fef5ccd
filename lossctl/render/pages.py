"""The records of the catalogue as blocks of text, which the human formats share."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from lossctl.cards import Explanation, Listing, Picture
from lossctl.errors import printable
from lossctl.identification import Identification
from lossctl.render.grid import Grid, about
from lossctl.render.numbers import full, short
from lossctl.render.sketch import legend, sketch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.cards import Card, Entry, Framework, Line, Output, Parameter, Work, Worked
    from lossctl.render import Look, Page
    from lossctl.render.grid import Kind

WIDEST = 88
"""Columns of prose where nothing says how many there are; longer lines are hard to read."""

# Of a name like y_true the line stands between letters and is no mark of Markdown.
_SPECIAL = re.compile(r"([\\|*`\[\]<>~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))")
_ROWS = 20
_TOLD = 10  # digits of a number that is compared with another
_OUTPUTS = 3  # of a row, whose steps are shown
_SHOWN = 6  # numbers of a row of classes, beside other text
_SKETCH, _LOW = 60, 8  # columns and lines of a curve beside other text

# What formulas are written with, for streams that carry ASCII alone.
_SPELLED = str.maketrans(
    {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "λ": "lambda", "μ": "mu", "π": "pi"}
    | {"ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi", "ℓ": "l", "Γ": "Gamma", "Δ": "Delta", "Φ": "Phi"}
    | {"½": "1/2", "²": "^2", "³": "^3", "ᵖ": "^p", "√": "sqrt", "Σ": "sum", "Π": "prod", "‖": "||", "∞": "inf"}
    | {"≤": "<=", "≥": ">=", "≠": "!=", "×": "*", "·": "*", "…": "...", "−": "-", "→": "->", "ø": "o", "Ø": "O"}
)


class Title(NamedTuple):
    """What everything below it is about, and the heading it stands under."""

    text: str
    family: str


class Heading(NamedTuple):
    """A line above other blocks."""

    text: str


class Prose(NamedTuple):
    """A paragraph, wrapped where lines end."""

    text: str


class Verse(NamedTuple):
    """Lines that stand as they are; formulas may be folded where lines end."""

    lines: tuple[str, ...]
    folded: bool = False


class Item(NamedTuple):
    """A term and what is said about it, in paragraphs."""

    term: str
    texts: tuple[str, ...]


Block: TypeAlias = Title | Heading | Prose | Verse | tuple[Item, ...]


def blocks(record: Page, look: Look) -> list[Block]:
    """A record as it is read from top to bottom."""
    if isinstance(record, Picture):
        return _picture(record, look, _ROWS)
    if isinstance(record, Identification):
        return _identification(record, look)
    return _listing(record) if isinstance(record, Listing) else _explanation(record, look)


def _identification(record: Identification, look: Look) -> list[Block]:
    found: list[Block] = [Prose(record.summary)]
    for one in record.explained:
        same = [f"the same to these digits like {', '.join(one.likes)}"] if one.likes and record.found else []
        item = Item(short(one.printed, max(look.digits, _TOLD)), (one.text, *same, *one.reasons))
        found += [Verse(("",)), (item,), Verse((f"  {one.command}",))]
    return [*found, Verse(("",)), Prose("; ".join(about(record) for record in record.inputs))]


def grid(record: Listing, look: Look) -> Grid:
    """A list as one table."""
    names, *rows = (tuple(plain(cell, look) for cell in row) for row in record.cells())
    return Grid(names, tuple(cast("list[Kind]", ["text"] * len(names))), tuple(rows))


def written(found: Sequence[Block], look: Look) -> str:
    """The blocks as text: headings bold, terms in a column of their own, all else indented below its heading."""
    width = max(look.width or WIDEST, 20)
    lines: list[str] = []
    indent = ""
    for block in found:
        if isinstance(block, (Title, Heading)):
            title = plain(block.text, look)
            beside = f"   {plain(block.family, look)}" if isinstance(block, Title) else ""
            lines += ["", (f"\x1b[1m{title}\x1b[0m" if look.color else title) + beside]
            indent = "  " if isinstance(block, Heading) else ""
        elif isinstance(block, Prose):
            lines += _wrapped(plain(block.text, look), width, indent)
        elif isinstance(block, Verse):
            for line in block.lines:
                text = (indent + plain(line, look)).rstrip()
                lines += _folded(text, width, indent + "    ") if block.folded and len(text) > width else [text]
        else:
            lines += _items(block, look, width, indent)
    return "\n".join(lines).lstrip("\n") + "\n"


def marked_down(found: Sequence[Block], look: Look) -> str:
    """The blocks as Markdown."""
    parts: list[str] = []
    for block in found:
        if isinstance(block, Title):
            parts.append(f"## {escaped(plain(block.text, look))}")
        elif isinstance(block, Heading):
            parts.append(f"### {escaped(plain(block.text, look))}")
        elif isinstance(block, Prose):
            parts.append(escaped(plain(block.text, look)))
        elif isinstance(block, Verse):
            if any(block.lines):  # an empty line alone sets blocks apart, as Markdown does itself
                parts.append("\n".join(["```text", *(plain(line, look).rstrip() for line in block.lines), "```"]))
        else:
            parts.append(
                "\n".join(
                    f"- `{plain(item.term, look)}`: {escaped(plain('; '.join(item.texts), look))}" for item in block
                )
            )
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """The text with what Markdown would act on as itself."""
    return _SPECIAL.sub(r"\\\1", text)


def plain(text: str, look: Look) -> str:
    """The text harmless, and spelled in ASCII where the stream carries no more."""
    harmless = printable(text)
    if look.unicode or harmless.isascii():
        return harmless
    bare = unicodedata.normalize("NFKD", harmless.translate(_SPELLED))
    bare = "".join(char for char in bare if not unicodedata.combining(char))
    return bare.encode("ascii", "backslashreplace").decode()


def _wrapped(text: str, width: int, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _folded(text: str, width: int, indent: str) -> list[str]:
    """A line of a formula, folded before what symbols stand for, and elsewhere where that is not enough."""
    lines: list[str] = []
    for part in _DEFINITIONS.split(text):
        if lines and len(lines[-1]) + len(_GAP + part) <= width:
            lines[-1] += _GAP + part
        else:
            lines += _wrapped(part, width, indent, indent if lines else "")
    return lines


_GAP = "   "
_DEFINITIONS = re.compile(rf"(?<=[,;]){_GAP}\s*")


def _items(items: Sequence[Item], look: Look, width: int, indent: str) -> list[str]:
    """Each term with its texts beside it, or below it where it is long or the lines are short."""
    room = min(max(len(item.term) for item in items), width // 3 - len(indent))
    hanging = indent + " " * (room + 2)
    lines: list[str] = []
    for item in items:
        term = plain(item.term, look)
        texts = [plain(text, look) for text in item.texts]
        if len(term) > room:
            lines.append(indent + term)
            term = ""
        for number, text in enumerate(texts):
            first = f"{indent}{term:<{room}}  " if term and not number else None
            lines += _wrapped(text, width, hanging, first)
    return lines


def _picture(record: Picture, look: Look, rows: int) -> list[Block]:
    drawn = sketch(record, min(look.width or WIDEST, WIDEST), rows, unicode=look.unicode)
    return [
        Verse((*drawn, "")),
        Prose(f"{record.label}; {record.truth}"),
        Verse(tuple(legend(record, unicode=look.unicode))),
    ]


def _listing(record: Listing) -> list[Block]:
    found: list[Block] = []
    for family in dict.fromkeys(entry.family for entry in record.losses):
        found += [Heading(family), tuple(_item(entry) for entry in record.losses if entry.family == family)]
    if record.inputs:
        found += [Heading("fits"), *(Prose(about(input)) for input in record.inputs)]
    return found


def _explanation(record: Explanation, look: Look) -> list[Block]:
    found: list[Block] = [Prose(record.remark)] if record.remark else []
    for code in record.codes:
        found += [
            Heading(code.code),
            Prose(f"the code of {'an error' if code.kind == 'error' else 'a note'}"),
            Prose(code.meaning),
        ]
    for card in record.cards:
        found += _card(card, look)
    for row in record.worked:
        found += _worked(row, look)
    return found


def _worked(row: Worked, look: Look) -> list[Block]:
    found: list[Block] = [Title(row.text, f"row {row.row:,} of {row.input}")]
    for work in row.works:
        if row.is_sum:
            found.append(Heading(f"Term {short(work.weight, look.digits)}*{work.loss}"))
        found += [Heading("Formula"), Verse(work.formula, folded=True)]
        found += [Prose(f"where {work.symbols}")] if work.symbols else []
        found += [
            Heading("Numbers"),
            tuple(Item(role, (_cells(role, cells, look),)) for role, cells in work.cells.items()),
        ]
        for place, output in enumerate(work.outputs):
            if len(work.outputs) == 1 or place < _OUTPUTS:
                found += [
                    Heading(f"Steps of {output.name}" if output.name else "Steps"),
                    *_steps(output, work, look),
                ]
        if len(work.outputs) > 1:
            each = tuple(Item(output.name, (_digits(output.value, look),)) for output in work.outputs)
            found += [
                Heading("Outputs"),
                each,
                Prose(f"The value of the row is {work.rows}."),
                Verse((f"{work.loss} = {_digits(work.value, look)}",)),
            ]
    if row.is_sum:
        values = [(work.weight, short(work.value, look.digits)) for work in row.works]
        terms = " + ".join(text if weight == 1 else f"{short(weight, look.digits)}·{text}" for weight, text in values)
        found += [Heading("Sum"), Verse((f"{row.text} = {terms}", f"= {_digits(row.value, look)}"))]
    return found


def _steps(output: Output, work: Work, look: Look) -> list[Block]:
    lines = [text for line in output.lines for text in _step(line, look)]
    untold = Prose("As it stands the formula gives this row no number, so there is no step to show.")
    found: list[Block] = [Verse(tuple(lines)) if lines else untold]
    if output.plain is not None:
        rounded = f"Rounded at each step, as here, it comes to {full(output.plain)}; lossctl keeps the digits that this loses."
        narrow = f"In float64 it comes to {full(output.plain)}; {work.params.get('dtype')} gives what stands below."
        found.append(Prose(narrow if work.params.get("dtype") else rounded))
    found.append(Verse(("", f"{work.loss} = {_digits(output.value, look)}")))
    if output.slope is not None:
        slopes = ", ".join(short(slope, look.digits) for slope in output.slope)
        found.append(Verse((f"its slope by y_pred: {slopes}",)))
    return found


def _step(line: Line, look: Look) -> list[str]:
    """A line of a calculation, on several lines where it is long."""
    filled = "".join(part if isinstance(part, str) else short(part, look.digits) for part in line.filled)
    if line.test:
        return [f"{line.source}: {filled} {'holds' if line.value else 'does not hold'}"]
    value = line.value if isinstance(line.value, str) else _numbers(line.value, look)
    if filled and not line.source:  # a term of a sum
        return [f"{line.name}: {filled}" + (f" = {value}" if value != filled else "")]
    parts = list(dict.fromkeys(part for part in (line.name, line.source, filled, value) if part))
    whole = " = ".join(parts)
    if len(whole) <= (look.width or WIDEST) - 2 or len(parts) == 1:
        return [whole]
    first = " = ".join(parts[:2]) if line.name and line.source else parts[0]
    rest = parts[2:] if line.name and line.source else parts[1:]
    return [first, *(f"    = {part}" for part in rest)]


def _numbers(value: float | tuple[float, ...], look: Look) -> str:
    if not isinstance(value, tuple):
        return short(value, look.digits)
    shown = [short(number, look.digits) for number in value]
    return f"[{', '.join(shown if len(shown) <= _SHOWN else [*shown[:_SHOWN], '…'])}]"


def _cells(role: str, cells: Sequence[tuple[str, float | str]], look: Look) -> str:
    texts = [(name, value if isinstance(value, str) else short(value, look.digits)) for name, value in cells]
    if len(texts) > 1:
        return ", ".join(f"{name} {value}" if name else value for name, value in texts)
    ((name, value),) = texts
    return value if name in {"", role} else f"{value} (column {name})"


def _digits(value: float, look: Look) -> str:
    """A loss as a breakdown prints it, and with all its digits where these are more."""
    brief = short(value, look.digits)
    return brief if float(brief) == value or value != value else f"{brief}   (all digits: {full(value)})"


def _card(card: Card, look: Look) -> list[Block]:
    entry = card.entry
    found: list[Block] = [
        Title(entry.name, entry.family),
        Prose(entry.summary),
        Heading("Formula"),
        Verse(card.formula, folded=True),
    ]
    if card.symbols:
        found.append(Prose(f"where {card.symbols}"))
    inputs = [Item(role, (kind,)) for role, kind in entry.inputs.items()]
    found += [Heading("Range"), Prose(card.range), Heading("Inputs"), tuple(inputs)]
    if card.rows:
        found.append(Prose(f"A row may hold several outputs; its value is {card.rows}."))
    if entry.params:
        found += [Heading("Parameters"), tuple(Item(name, (_param(param),)) for name, param in entry.params.items())]
    found += [Heading("Use"), Prose(card.use)]
    if card.kink and not card.curves:
        found += [Heading("Slope"), Prose(card.kink)]
    for drawn in card.curves:
        slope = drawn.curves[0].slope
        found += [Heading("Slope" if slope else "Curve"), *([Prose(card.kink)] if slope and card.kink else [])]
        found += [Verse(tuple(sketch(drawn, min((look.width or WIDEST) - 2, _SKETCH), _LOW, unicode=look.unicode)))]
        asked = f"{drawn.curves[0].loss} " if drawn.curves[0].loss != entry.name else ""
        found += [Prose(f"{asked}over {drawn.label}; {drawn.truth}")]
    if entry.aliases:
        found += [Heading("Other names"), Prose(", ".join(entry.aliases))]
    if card.frameworks:
        found += [Heading("Frameworks"), tuple(Item(one.convention, _differs(one)) for one in card.frameworks)]
    return [*found, Heading("References"), Prose(card.references), Heading("Try"), Verse(card.examples)]


def _param(param: Parameter) -> str:
    if param.required:
        return f"{param.takes}; it must be given"
    return f"{param.takes}; {param.text} unless given" if param.text else f"{param.takes}; none unless given"


def _differs(one: Framework) -> tuple[str, ...]:
    """What a framework calls a loss, and what it does otherwise: words that go on, and whole sentences."""
    words = [text for text in one.differs if not text.endswith(".")]
    sentences = [text for text in one.differs if text.endswith(".")]
    return (one.name, *(["; ".join(words)] if words else []), *sentences)


def _item(entry: Entry) -> Item:
    holds = dict.fromkeys(entry.inputs.values())
    inputs = (
        f"{' and '.join(entry.inputs)}: {next(iter(holds))}"
        if len(holds) == 1
        else "; ".join(f"{role}: {kind}" for role, kind in entry.inputs.items())
    )
    params = ", ".join(f"{name}={param.text}" if param.text else name for name, param in entry.params.items())
    return Item(entry.name, (entry.summary, f"{inputs}; {params}" if params else inputs))
