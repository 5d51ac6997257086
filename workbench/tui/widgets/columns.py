"""Columns of a table: what they show of a row, how wide they are, and how they sort."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from workbench.engine.query import is_missing
from workbench.tui.safe import one_line

Row = Mapping[str, Any]
Cell = str | Text
LEADING = 4
"""So many columns are seen without scrolling sideways, if their least widths allow it."""
GAP = 1
MEASURED = 300
"""So many rows say how wide a column is; a later cell that is wider ends in an ellipsis."""


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        key: Of the value in a row, and the name that a filter knows it by.
        title: Its head.
        show: What is shown of a row; by default the value as text, ``n/a`` where it is missing.
        right: Whether it is set to the right, as numbers are.
        number: Whether it holds only numbers: a filter that compares it with a word is a mistake.
        least, most: Its width in cells lies between; ``least`` also when the window is narrow.
        rank: What a value is sorted by; by default the value itself, text without regard to case.
        hidden: Whether the user has to ask for it.
    """

    key: str
    title: str
    show: Callable[[Row], Cell] | None = None
    right: bool = False
    number: bool = False
    least: int = 4
    most: int = 40
    rank: Callable[[Any], Any] | None = None
    hidden: bool = False

    def cell(self, row: Row) -> Cell:
        """What is shown of a row, on one line and without anything that could steer the terminal."""
        if self.show is None:
            value = row.get(self.key)
            return one_line(None if is_missing(value) else value)
        shown = self.show(row)
        if isinstance(shown, Text):
            return shown if shown.plain.isprintable() else Text(one_line(shown.plain), shown.style)
        return one_line(shown)

    def sort_key(self, row: Row) -> tuple[int, Any] | None:
        """What the row is sorted by, numbers before text; None where the value is missing."""
        value = row.get(self.key)
        if is_missing(value):
            return None
        if self.rank:
            value = self.rank(value)
        if isinstance(value, int | float):
            return 0, value
        return 1, str(value).casefold()


@dataclass(frozen=True)
class Placed:
    """A column with its place on the canvas.

    Args:
        column: The column.
        x: Its first cell.
        width: In cells, without the gap that follows.
    """

    column: Column
    x: int
    width: int

    @property
    def end(self) -> int:
        """The first cell after it and its gap."""
        return self.x + self.width + GAP


def place(columns: Sequence[Column], rows: Sequence[Row], arrow: str, left: int, room: int) -> list[Placed]:
    """Columns beside each other, as wide as their cells.

    Args:
        columns: In the order shown.
        rows: All rows; some of them are measured.
        arrow: Key of the column with the sort arrow, which takes a cell; empty for none.
        left: The first cell that is free.
        room: Cells that can be seen: where the leading columns do not fit in, the widest of them shrink.
    """
    sample = rows[:: max(1, len(rows) // MEASURED)]
    widths = [_natural(column, sample, column.key == arrow) for column in columns]
    _fit(widths, [column.least for column in columns], room - left)
    placed = []
    for column, width in zip(columns, widths, strict=True):
        placed.append(Placed(column, left, width))
        left += width + GAP
    return placed


def _natural(column: Column, rows: Iterable[Row], has_arrow: bool) -> int:
    widest = max((_length(column.cell(row)) for row in rows), default=0)
    titled = cell_len(column.title) + has_arrow
    return max(min(max(widest, column.least), column.most), titled)


def _length(cell: Cell) -> int:
    return cell_len(cell) if isinstance(cell, str) else cell.cell_len


def _fit(widths: list[int], least: Sequence[int], room: int) -> None:
    """Shrink the widest of the leading columns, a cell at a time, until all of them can be seen."""
    leading = range(min(LEADING, len(widths)))
    while sum(widths[i] + GAP for i in leading) - GAP > room:
        able = [i for i in leading if widths[i] > least[i]]
        if not able:
            return
        widths[max(able, key=widths.__getitem__)] -= 1


def arranged(columns: Sequence[Column], chosen: object) -> list[Column]:
    """All columns in the order and with the visibility that was chosen.

    Args:
        columns: All there are; the first one always comes first and is never hidden.
        chosen: ``[[key, shown], ...]`` from the settings file. What is not so is passed over, and columns that it
            does not name keep their place at the end.
    """
    known = {column.key: column for column in columns}
    entries = chosen if isinstance(chosen, list) else []
    shown = {
        entry[0]: bool(entry[1])
        for entry in entries
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and entry[0] in known
    }
    first = columns[0].key
    order = [
        first,
        *(key for key in shown if key != first),
        *(key for key in known if key not in shown and key != first),
    ]
    return [replace(known[key], hidden=key != first and not shown.get(key, not known[key].hidden)) for key in order]
