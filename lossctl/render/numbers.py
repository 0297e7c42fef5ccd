"""The one place where a float becomes text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def full(value: float) -> str:
    """All digits: the shortest text that reads back as the same float.

    >>> full(0.1), full(float("inf"))
    ('0.1', 'inf')
    """
    return repr(float(value))


def short(value: float, digits: int) -> str:
    """A number for people, of so many significant digits.

    >>> short(1.17693934, 6), short(442.0, 6), short(1e-300, 6), short(1234567.0, 6)
    ('1.17694', '442', '1e-300', '1.23457e+06')
    """
    return f"{value:.{digits}g}"


def apart(one: float, other: float, digits: int) -> tuple[str, str]:
    """Two numbers for people, with as many more digits as it takes to see which is larger.

    >>> apart(0.4123, 0.4, 3), apart(0.1 + 2**-56, 0.1, 6), apart(2.0, 2.0, 6)
    (('0.412', '0.4'), ('0.10000000000000002', '0.1'), ('2', '2'))
    """
    for more in range(digits, 17):
        texts = short(one, more), short(other, more)
        if _order(*map(float, texts)) == _order(one, other):
            return texts
    return full(one), full(other)


def _order(one: float, other: float) -> int:
    return (one > other) - (one < other)


def aligned(texts: Sequence[str]) -> list[str]:
    """Numbers padded so that their decimal points stand under each other.

    >>> aligned(["1.5", "22.25", "7", "inf"])
    ['  1.5 ', ' 22.25', '  7   ', 'inf   ']
    """
    points = [next((at for at, char in enumerate(text) if char in ".e"), len(text)) for text in texts]
    if any(char in "in" for text in texts for char in text):  # inf and nan end where whole numbers end
        points = [
            len(text) if text.strip("+-")[:1] in {"i", "n"} else at for text, at in zip(texts, points, strict=True)
        ]
    left = max(points, default=0)
    padded = [" " * (left - at) + text for text, at in zip(texts, points, strict=True)]
    width = max(map(len, padded), default=0)
    return [text.ljust(width) for text in padded]
