"""Lines of a table as styled pieces, each column cut or filled to its width."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from workbench.tui.safe import one_line
from workbench.tui.widgets.columns import GAP, Cell, Placed, Row

PIN, MARK = "^", "•"
GUTTER = "  "
UP, DOWN = "▲", "▼"
ELLIPSIS = "…"


def gutter(pinned: bool, marked: bool) -> str:
    """The two cells before a row."""
    return (PIN if pinned else " ") + (MARK if marked else " ")


def header(
    placed: Sequence[Placed], cursor: int, sort: str, reverse: bool, plain: Style, chosen: Style
) -> list[list[Segment]]:
    """Pieces of the head of each column; the sorted one carries an arrow, the cursor's one its own style."""
    cells = []
    for place, one in enumerate(placed):
        arrow = (DOWN if reverse else UP) if one.column.key == sort else ""
        text = _head(one_line(one.column.title), arrow, one)
        cells.append([Segment(text, chosen if place == cursor else plain), Segment(" " * GAP, plain)])
    return cells


def _head(title: str, arrow: str, one: Placed) -> str:
    """The title with its arrow beside it; where there is no room the title is cut and not the arrow."""
    if cell_len(title) + len(arrow) <= one.width:
        return aligned(f"{title}{arrow}", one.width, one.column.right)
    return aligned(title, one.width - len(arrow), one.column.right) + arrow


def line(
    placed: Sequence[Placed], row: Row, cursor: int, style: Style, cell_style: Style, console: Console
) -> list[list[Segment]]:
    """Pieces of a row's cells; the cell in the cursor's column has ``cell_style``."""
    return [
        [*_pieces(one, row, cell_style if place == cursor else style, console), Segment(" " * GAP, style)]
        for place, one in enumerate(placed)
    ]


def _pieces(one: Placed, row: Row, style: Style, console: Console) -> list[Segment]:
    cell: Cell = one.column.cell(row)
    if isinstance(cell, str):
        return [Segment(aligned(cell, one.width, one.column.right), style)]
    shown = cell.copy()
    shown.end = ""
    spare = one.width - cell.cell_len
    if spare < 0:
        shown.truncate(one.width, overflow="ellipsis")
    elif one.column.right:
        shown.pad_left(spare)
    else:
        shown.pad_right(spare)
    drawn = Text(end="", no_wrap=True).append_text(shown)  # makes the cell's own style a span, which render gives back
    return list(Segment.apply_style(drawn.render(console), style))


def aligned(text: str, width: int, right: bool) -> str:
    """The text in exactly so many cells; cut with an ellipsis where it is longer.

    >>> aligned("loss", 6, right=True), aligned("a long name", 6, right=False)
    ('  loss', 'a lon…')
    """
    length = cell_len(text)
    if length > width:
        return f"{set_cell_size(text, width - 1)}{ELLIPSIS}" if width > 0 else ""
    return " " * (width - length) + text if right else text + " " * (width - length)
