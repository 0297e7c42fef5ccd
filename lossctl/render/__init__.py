"""Results to text: one small module a format, each with `render(result, look)`; `page` is that of the catalogue."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.cards import Explanation, Listing, Picture
    from lossctl.identification import Identification
    from lossctl.results import Result
    from lossctl.rows import Layout, Row

FORMATS = {
    "table": "lossctl.render.table",
    "plain": "lossctl.render.plain",
    "json": "lossctl.render.json",
    "ndjson": "lossctl.render.ndjson",
    "csv": "lossctl.render.csv",
    "tsv": "lossctl.render.tsv",
    "md": "lossctl.render.md",
    "svg": "lossctl.render.svg",
    "value": "lossctl.render.value",
}
"""The module of each format."""

_PIXELS = {"png": "lossctl.render.png"}


VERDICTS = {"junit": "lossctl.render.junit", "github": "lossctl.render.github"}
"""The module of each format for verdicts alone."""

REPORTS = ("json", "junit", "md", "github", "csv")
"""The formats of reports beside the result."""

TELLS_ROWS = frozenset({"table", "md", "svg", "json"})
"""The formats that say themselves how many rows were set aside."""

TELLS_REASONS = TELLS_ROWS | {"ndjson"}
"""The formats that say themselves why a value is not the exact one."""

TELLS_VERDICT = frozenset({"table", "md", "svg"})
"""The formats that say in a sentence what became of gates."""

STREAMED = frozenset({"csv", "tsv", "json", "ndjson", "value"})
"""The formats in which rows can be written before their end is known."""


class Look(NamedTuple):
    """How a human format may look.

    Attributes:
        digits: significant digits.
        width: columns of the terminal, None for no limit.
        color: whether colours may be used.
        unicode: whether the stream can carry more than ASCII.
    """

    digits: int = 6
    width: int | None = None
    color: bool = False
    unicode: bool = True


Page: TypeAlias = "Explanation | Identification | Listing | Picture"
"""A record of the catalogue."""


class _Renderer(Protocol):
    def render(self, result: Result, look: Look) -> str: ...

    def page(self, record: Any, look: Look) -> str | bytes: ...


class Streamer(Protocol):
    """A format in which rows can be written before their end is known."""

    BETWEEN: str

    def opening(self, layout: Layout, look: Look) -> str:
        """What stands before the first row."""

    def block(self, layout: Layout, rows: Sequence[Row], look: Look) -> str:
        """Some rows; `BETWEEN` stands between two blocks."""

    def closing(self, result: Result, look: Look) -> str:
        """What stands behind the last row."""


def streamer(format: str) -> Streamer:
    """The format, which is one of STREAMED."""
    return cast("Streamer", import_module(FORMATS[format]))


def render(format: str, result: Result, look: Look) -> str:
    """The result in a format, with a line end after the last line."""
    return cast("_Renderer", import_module((FORMATS | VERDICTS)[format])).render(result, look)


def page(format: str, record: Page, look: Look) -> str | bytes:
    """A record of the catalogue in a format, one of the record's own; a picture of pixels is bytes."""
    return cast("_Renderer", import_module((FORMATS | _PIXELS)[format])).page(record, look)
