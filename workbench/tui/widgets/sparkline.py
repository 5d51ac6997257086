"""A curve as one short line of text, for tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-=+*%#"
GAP = "·"
ASCII_GAP = "?"


def sparkline(values: Sequence[float | None], width: int, ascii_only: bool = False) -> str:
    """The last of the values as bars between their least and their largest, padded to ``width`` on the left.

    More values than places are averaged in as many groups. What is no finite number is a gap; a group with one finite
    number shows it. One value, or equal ones, stand in the middle. No values are spaces.

    >>> sparkline([0.0, 1.0, 2.0, None, 4.0], 6)
    ' ▁▃▅·█'
    >>> sparkline([3.0, 3.0], 2, ascii_only=True)
    '=='
    """
    bars, gap = (ASCII_BARS, ASCII_GAP) if ascii_only else (BARS, GAP)
    groups = [_mean(values[start:end]) for start, end in _groups(len(values), width)]
    finite = [value for value in groups if value is not None]
    if not finite:
        return (gap * len(groups)).rjust(width)
    low, high = min(finite), max(finite)
    text = "".join(gap if value is None else bars[_place(value, low, high, len(bars))] for value in groups)
    return text.rjust(width)


def _groups(count: int, width: int) -> list[tuple[int, int]]:
    places = min(count, max(0, width))
    return [(count * place // places, count * (place + 1) // places) for place in range(places)]


def _mean(values: Sequence[float | None]) -> float | None:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return math.fsum(value / len(finite) for value in finite) if finite else None


def _place(value: float, low: float, high: float, count: int) -> int:
    span = high / 2 - low / 2  # halves, because the whole may be more than the largest float
    if span <= 0:
        return count // 2 - 1
    return min(count - 1, int((value / 2 - low / 2) / span * count))
