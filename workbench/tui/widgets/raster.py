"""A raster of dots inside character cells, in braille, block or ASCII glyphs: what charts and scatters draw on.

Dots count from the upper left. A cell shows all of its dots in the ink that touched it last; an ink is
whatever the widget that shows the raster names its styles by.

>>> raster = Raster(4, 1, MODES["ascii"])
>>> raster.line(0, 1, 3, 0, ink=0)
>>> raster.text()
"..''"
"""

from __future__ import annotations

import locale
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Mode:
    """How a cell shows its dots.

    Args:
        name: As in the settings.
        across: Dots side by side in a cell.
        down: Dots above one another in a cell.
        bits: The bit of each dot in a cell, row by row.
        glyphs: The character for each sum of bits.
        marks: Characters that tell lines apart without colour, one for each series.
        level: The character of a horizontal line.
        dotted: The character of a second kind of horizontal line.
        axis: The character between the labels and the plot.
        border: The name of the border that fits.
    """

    name: str
    across: int
    down: int
    bits: tuple[tuple[int, ...], ...]
    glyphs: str
    marks: str
    level: str
    dotted: str
    axis: str
    border: str


_BRAILLE_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_MARKS = "●○■□▲△◆◇"

MODES: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode("braille", 2, 4, _BRAILLE_BITS, "".join(map(chr, range(0x2800, 0x2900))), _MARKS, "┈", "╌", "│", "round"),
        Mode("block", 2, 2, ((1, 2), (4, 8)), " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█", _MARKS, "┈", "╌", "│", "round"),
        Mode("ascii", 1, 2, ((1,), (2,)), " '.:", "*o#x@+%&", "-", "=", "|", "ascii"),
    )
}


def usual_mode() -> str:
    """The mode for whoever has chosen none: braille, or ASCII where the terminal's encoding lacks it."""
    try:
        MODES["braille"].glyphs.encode(locale.getpreferredencoding(False))
    except (UnicodeEncodeError, LookupError):
        return "ascii"
    return "braille"


class Raster:
    """Cells of dots; drawing outside of it draws nothing."""

    def __init__(self, width: int, height: int, mode: Mode) -> None:
        """``width`` and ``height`` are in cells."""
        self.width, self.height, self.mode = max(0, width), max(0, height), mode
        self.dots_across = self.width * mode.across
        self.dots_down = self.height * mode.down
        self._bits = [[0] * self.width for _ in range(self.height)]
        self._inks: list[list[Hashable]] = [[None] * self.width for _ in range(self.height)]
        self._marks: dict[tuple[int, int], str] = {}

    def dot(self, x: int, y: int, ink: Hashable) -> None:
        """One dot."""
        if 0 <= x < self.dots_across and 0 <= y < self.dots_down:
            (row, low), (column, side) = divmod(y, self.mode.down), divmod(x, self.mode.across)
            self._bits[row][column] |= self.mode.bits[low][side]
            self._inks[row][column] = ink

    def column(self, x: int, top: int, bottom: int, ink: Hashable) -> None:
        """All dots of one column from ``top`` to ``bottom``, both included."""
        for y in range(max(0, min(top, bottom)), min(self.dots_down - 1, max(top, bottom)) + 1):
            self.dot(x, y, ink)

    def line(self, x0: int, y0: int, x1: int, y1: int, ink: Hashable) -> None:
        """A straight line with both its ends; as many dots as its longer side."""
        steps = max(abs(x1 - x0), abs(y1 - y0))
        for step in range(steps + 1):
            share = step / steps if steps else 0.0
            self.dot(round(x0 + (x1 - x0) * share), round(y0 + (y1 - y0) * share), ink)

    def mark(self, x: int, y: int, char: str, ink: Hashable) -> None:
        """A character in the cell that holds this dot, in place of its dots."""
        if 0 <= x < self.dots_across and 0 <= y < self.dots_down:
            self.put(y // self.mode.down, x // self.mode.across, char, ink)

    def put(self, row: int, column: int, text: str, ink: Hashable) -> None:
        """A text of narrow characters that begins in this cell, cut at the edges."""
        for place, char in enumerate(text, column):
            if 0 <= row < self.height and 0 <= place < self.width:
                self._marks[row, place] = char
                self._inks[row][place] = ink

    def is_free(self, row: int, column: int) -> bool:
        """Whether nothing is drawn in a cell."""
        return not self._bits[row][column] and (row, column) not in self._marks

    def row(self, row: int) -> list[tuple[str, Hashable]]:
        """The runs of one ink in a row of cells, from left to right; the ink of untouched cells is None."""
        glyphs, bits, inks = self.mode.glyphs, self._bits[row], self._inks[row]
        chars = [self._marks.get((row, column)) or glyphs[bits[column]] for column in range(self.width)]
        blank = glyphs[0]
        cells = [(" " if char == blank else char, ink) for char, ink in zip(chars, inks, strict=True)]
        return [("".join(char for char, _ in run), ink) for ink, run in groupby(cells, key=lambda cell: cell[1])]

    def rows(self) -> Iterator[list[tuple[str, Hashable]]]:
        """Every row, from the top."""
        return (self.row(row) for row in range(self.height))

    def text(self) -> str:
        """The raster without its inks, lines joined by newlines."""
        return "\n".join("".join(text for text, _ in row) for row in self.rows())


def scale(value: float, low: float, high: float, dots: int) -> int:
    """The dot, from 0 to ``dots - 1``, of a value between ``low`` and ``high``; outside of them it lies outside.

    >>> scale(5.0, 0.0, 10.0, 11), scale(1.0, 1.0, 1.0, 9)
    (5, 4)
    """
    span = high / 2 - low / 2  # halves, because the whole may be more than the largest float
    if span <= 0:
        return (dots - 1) // 2
    return round((value / 2 - low / 2) / span * (dots - 1))


def points(
    raster: Raster,
    xs: Sequence[float],
    ys: Sequence[float],
    limits: tuple[float, float, float, float],
    char: str,
    ink: Hashable,
) -> list[tuple[int, int]]:
    """Mark points; gives the (row, column) of the cell of each.

    Args:
        raster: What to draw on.
        xs: Finite numbers.
        ys: One finite number for each x.
        limits: x at the left, x at the right, y at the bottom, y at the top.
        char: The mark.
        ink: Its ink.
    """
    left, right, bottom, top = limits
    cells = []
    for x, y in zip(xs, ys, strict=True):
        across = scale(x, left, right, raster.dots_across)
        down = raster.dots_down - 1 - scale(y, bottom, top, raster.dots_down)
        raster.mark(across, down, char, ink)
        cells.append((down // raster.mode.down, across // raster.mode.across))
    return cells
