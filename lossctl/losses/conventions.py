"""Conventions: what a name given to --like sets. A convention is data, never a code path."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lossctl.losses.declare import Params

CONVENTIONS: Mapping[str, Mapping[str, Params]] = {"exact": {}}
"""For each convention the parameters it sets, by the name of the loss. `exact` leaves every formula as it is."""
