"""The rows whose loss is beyond a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lossctl.aggregates.counts import Mentions
from lossctl.aggregates.worst import Worst

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lossctl.kinds import Floats


@dataclass(frozen=True, slots=True)
class Beyond:
    """What a limit on the losses of rows makes of some rows.

    Attributes:
        above: the rows whose loss is finite and above the limit.
        unknown: the rows whose loss is not finite, which no limit can judge.
        largest: the row with the largest finite loss.
        first: the worst of the unknown rows.
    """

    above: Mentions = Mentions()
    unknown: Mentions = Mentions()
    largest: Worst[None] = Worst(1)
    first: Worst[None] = Worst(1)

    @classmethod
    def of(cls, values: Floats, rows: NDArray[np.intp], limit: float) -> Beyond:
        """What the limit makes of some rows.

        Args:
            values: shape (n,), the loss of each row.
            rows: shape (n,), the number of each row, ascending.
            limit: the largest loss that is allowed.
        """
        finite = np.isfinite(values)
        known, strange = np.flatnonzero(finite), np.flatnonzero(~finite)
        return cls(
            Mentions.among(rows[finite & (values > limit)]),
            Mentions.among(rows[strange]),
            Worst.of(values[known], rows[known], 1, _nothing),
            Worst.of(values[strange], rows[strange], 1, _nothing),
        )

    def __add__(self, other: Beyond) -> Beyond:
        return Beyond(
            self.above + other.above,
            self.unknown + other.unknown,
            self.largest + other.largest,
            self.first + other.first,
        )


def _nothing(places: NDArray[np.intp]) -> list[None]:
    return [None] * places.size
