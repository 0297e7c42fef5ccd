"""Strict JSON: RFC 8259, no NaN, no live control characters."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from lossctl.results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossctl.render import Look, Page
    from lossctl.rows import Layout, Row

BETWEEN = ",\n"

# What json leaves as it is, though a terminal would act on it: C1 controls, line separators, text direction, halves.
_LIVE = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def render(result: Result, look: Look) -> str:
    """The whole result as one document."""
    return dumps(result.to_dict(), look, indent=2) + "\n"


def page(record: Page, look: Look) -> str:
    """The whole record as one document."""
    return dumps(record.to_dict(), look, indent=2) + "\n"


def opening(layout: Layout, look: Look) -> str:
    """The document up to its first row."""
    whole = Result("breakdown")
    head = dumps({"schema": whole.schema, "command": whole.command, "version": whole.version}, look, indent=2)
    return head.removesuffix("\n}") + ',\n  "rows": [\n'


def block(layout: Layout, rows: Sequence[Row], look: Look) -> str:
    """Each row on its line."""
    return BETWEEN.join("    " + dumps(row.to_dict(), look) for row in rows)


def closing(result: Result, look: Look) -> str:
    """The document behind its last row."""
    rest = {
        name: value for name, value in result.to_dict().items() if name not in {"schema", "command", "version", "rows"}
    }
    return "\n  ],\n" + dumps(rest, look, indent=2).removeprefix("{\n") + "\n"


def dumps(record: object, look: Look, indent: int | None = None) -> str:
    """A record as JSON text."""
    text = json.dumps(record, indent=indent, ensure_ascii=not look.unicode, allow_nan=False)
    return _LIVE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
