"""A line of numbers that fits: what matters less becomes shorter first, then goes; what matters stays whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from textual.content import Content

GAPS = ("  ", " ")
"""Between the parts, where there is room and where there is little."""


@dataclass(frozen=True)
class Part:
    """One part of a line.

    Args:
        forms: The ways to say it, from the longest to the shortest; an empty one last where the line can do without.
        worth: The parts with the least worth become shorter first.
    """

    forms: tuple[Content, ...]
    worth: int = 0


def part(*forms: str | Content, worth: int = 0) -> Part:
    """A part that is said in one of these ways."""
    return Part(tuple(Content(form) if isinstance(form, str) else form for form in forms), worth)


def fitted(parts: Iterable[Part], width: int | None = None, gaps: Sequence[str] = GAPS) -> Content:
    """The parts on one line of at most so many cells; all of them whole for None.

    What cannot be made to fit ends with an ellipsis.

    >>> line = [part("step 3/9"), part("33%", ""), part("attempt 2", "#2", worth=1)]
    >>> [fitted(line, width).plain for width in (None, 20, 19, 12, 9)]
    ['step 3/9  33%  attempt 2', 'step 3/9  attempt 2', 'step 3/9  attempt 2', 'step 3/9  #2', 'step 3/9…']
    """
    said = list(parts)
    if width is None:
        return _joined(said, gaps[0])
    for gap in gaps:
        line = _shortened(said, width, gap)
        if line.cell_length <= width:
            return line
    return line.truncate(width, ellipsis=True)


def _shortened(parts: list[Part], width: int, gap: str) -> Content:
    """The first line that fits, or the shortest one."""
    said = list(parts)
    for place in sorted(range(len(said)), key=lambda place: said[place].worth):
        while _joined(said, gap).cell_length > width and len(said[place].forms) > 1:
            said[place] = replace(said[place], forms=said[place].forms[1:])
    return _joined(said, gap)


def _joined(parts: list[Part], gap: str) -> Content:
    return Content(gap).join([one.forms[0] for one in parts if one.forms[0].plain])
