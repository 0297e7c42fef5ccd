"""Aggregates by group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol

    from numpy.typing import NDArray

    from lossctl.batch import Key

    class Adds(Protocol):
        """Anything that can be added to its like."""

        def __add__(self, other: Any, /) -> Any: ...


T = TypeVar("T", bound="Adds")


@dataclass(frozen=True, slots=True)
class Each(Generic[T]):
    """Several aggregates of the same rows, added each to its like.

    >>> Each((1, 2)) + Each((10, 20))
    Each(members=(11, 22))
    """

    members: tuple[T, ...]

    def __add__(self, other: Each[T]) -> Each[T]:
        return Each(tuple(one + two for one, two in zip(self.members, other.members, strict=True)))


@dataclass(frozen=True, slots=True)
class Groups(Generic[T]):
    """One aggregate per group; groups that meet are added.

    >>> (Groups({("a",): 1}) + Groups({("a",): 2, ("b",): 5})).members
    {('a',): 3, ('b',): 5}
    """

    members: Mapping[Key, T] = field(default_factory=dict)

    def __add__(self, other: Groups[T]) -> Groups[T]:
        if not other.members or not self.members:
            return self if self.members else other
        members = dict(self.members)
        for key, member in other.members.items():
            members[key] = members[key] + member if key in members else member
        return Groups(members)

    def ordered(self) -> list[tuple[Key, T]]:
        """The groups by key, numbers before text and both before missing keys."""
        return sorted(self.members.items(), key=lambda item: [_rank(part) for part in item[0]])


def places(codes: NDArray[np.intp], groups: int) -> list[NDArray[np.intp]]:
    """Where the rows of each group are, in their order.

    >>> [of_one.tolist() for of_one in places(np.array([1, 0, 1]), 2)]
    [[1], [0, 2]]
    """
    ends = np.cumsum(np.bincount(codes, minlength=groups))
    return np.split(np.argsort(codes, kind="stable"), ends)[:groups]


def _rank(part: str | float | None) -> tuple[int, float, str]:
    if part is None:
        return (2, 0.0, "")
    return (1, 0.0, part) if isinstance(part, str) else (0, part, "")
