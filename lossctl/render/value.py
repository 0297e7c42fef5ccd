"""Nothing but numbers: one a line, every digit, for $(…)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lossctl.render.numbers import full

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lossctl.cards import Listing
    from lossctl.render import Look
    from lossctl.results import Result
    from lossctl.rows import Cells, Layout, Row

BETWEEN = ""


def render(result: Result, look: Look) -> str:
    """The values in the order of inputs, losses and groups.

    Of a breakdown the losses of its rows, of gates their values, of comparisons the differences.
    """
    if result.layout is not None:
        return block(result.layout, result.rows, look)
    if result.verdict is not None:
        return "".join(_value(check.value) + "\n" for check in result.verdict.checks)
    if result.comparisons:
        return "".join(full(comparison.difference) + "\n" for comparison in result.comparisons)
    return "".join(full(value.value) + "\n" for value in result.values)


def page(record: Listing, look: Look) -> str:
    """The names, one a line."""
    return "".join(entry.name + "\n" for entry in record.losses)


def _value(value: float | None) -> str:
    """The value of a check; nan where there is none, so that each check has its line."""
    return "nan" if value is None else str(value) if isinstance(value, int) else full(value)


def opening(layout: Layout, look: Look) -> str:
    """Nothing: there are numbers alone."""
    return ""


def block(layout: Layout, rows: Sequence[Row], look: Look) -> str:
    """The losses of the rows in their order, each row's derivatives behind them."""
    return "".join(full(number) + "\n" for row in rows for number in (*row.losses, *_flat(row.grads)))


def closing(result: Result, look: Look) -> str:
    """Nothing: there are numbers alone."""
    return ""


def _flat(grads: Sequence[Cells]) -> Iterator[float]:
    for grad in grads:
        yield from cast("Iterable[float]", grad if isinstance(grad, tuple) else (grad,))
