"""What of a table is seen: only the lines in the window are drawn, so the number of rows does not matter.

The library's own table makes every cell before the first frame: twelve seconds for 20,000 rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workbench.tui.widgets.columns import GAP, Column, Placed, arranged, place
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.table_line import GUTTER, gutter, header, line

MORE_LEFT, MORE_RIGHT = "◂", "▸"
MOST_LINES = 1000
"""So many drawn lines are kept."""
PINNED_SHARE = 0.5
"""Of the height; pinned rows beyond it scroll with the others."""


class TableView(ScrollView, can_focus=True):
    """Header, pinned rows and the part that scrolls, with a cursor on one row and one column.

    Args:
        columns: All of them; the first one stays in sight when the others scroll sideways.
        empty: Said in place of rows while there are none.
        id: Of the widget.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--header-cursor",
        "table--cursor",
        "table--cell-cursor",
        "table--pinned",
        "table--marked",
        "table--row",
        "table--empty",
    }
    DEFAULT_CSS = """
    TableView {
        background: $surface;
        color: $foreground;
        height: 1fr;
        scrollbar-gutter: stable;
        scrollbar-size: 0 1;
        & > .table--header { text-style: bold; background: $panel; color: $foreground; }
        & > .table--header-cursor { text-style: bold underline; background: $panel; color: $foreground; }
        & > .table--pinned { background: $secondary-muted; color: $foreground; }
        & > .table--marked { color: $text-accent; text-style: bold; }
        & > .table--empty { color: $text-muted; }
        & > .table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: bold;
        }
        & > .table--cell-cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: bold underline;
        }
        &:focus > .table--cursor, &:focus > .table--cell-cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """

    def __init__(self, columns: Sequence[Column], *, empty: str, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.empty = empty
        self._rows = Rows(arranged(columns, None))
        self._placed: list[Placed] = []
        self._row = 0
        self._column = 0
        self._lines: dict[tuple[Any, ...], Strip] = {}

    @property
    def rows(self) -> Rows:
        """The rows, to look at; they are changed through the table."""
        return self._rows

    @property
    def cursor_column(self) -> Column | None:
        """The column under the cursor; None before the first row was shown."""
        return self._placed[self._column].column if self._placed else None

    def draw_anew(self) -> None:
        """Draw all rows, also those that were drawn before: what they show may follow from more than the row."""
        self._lines.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the window: the header, a pinned row, or a row of the part that scrolls."""
        if y == 0:
            plain, cursor = (self.get_component_rich_style(f"table--header{end}") for end in ("", "-cursor"))
            heads = header(self._placed, self._column, self._rows.sort, self._rows.reverse, plain, cursor)
            return self._with_more(self._cropped(heads, GUTTER, plain), plain)
        row = self._row_at(y)
        if row is None:
            return self._below(y)
        return self._drawn(row, self._rows.keys[row])

    def _drawn(self, row: int, key: str) -> Strip:
        """A row's line, drawn once for as long as it looks the same: a table that scrolls draws one row at a key."""
        style, cell_style = self._styles(row, key)
        marks = gutter(key in self._rows.pins, key in self._rows.marks)
        look = (key, style, cell_style, marks, self._column, self.scroll_offset.x, self.scrollable_content_region.width)
        strip = self._lines.get(look)
        if strip is None:
            if len(self._lines) >= MOST_LINES:
                self._lines.clear()
            cells = line(self._placed, self._rows[key], self._column, style, cell_style, self.app.console)
            strip = self._lines[look] = self._cropped(cells, marks, style)
        return strip

    def _styles(self, row: int, key: str) -> tuple[Style, Style]:
        """Style of a row, and of its cell in the cursor's column."""
        if row == self._row:
            return self.get_component_rich_style("table--cursor"), self.get_component_rich_style("table--cell-cursor")
        name = (
            "table--pinned" if key in self._rows.pins else "table--marked" if key in self._rows.marks else "table--row"
        )
        style = self.get_component_rich_style(name)
        return style, style

    def _cropped(self, cells: list[list[Segment]], marks: str, style: Style) -> Strip:
        """Gutter and first column, then as much of the others as is scrolled into view."""
        width, x = self.scrollable_content_region.width, self.scroll_offset.x
        fixed = Strip([Segment(marks, style), *(cells[0] if cells else [])])
        rest = Strip([segment for cell in cells[1:] for segment in cell])
        room = max(0, width - fixed.cell_length)
        return Strip.join([fixed, rest.crop_extend(x, x + room, style)]).crop_extend(0, width, style)

    def _with_more(self, strip: Strip, style: Style) -> Strip:
        """The header with a sign at each side to which columns can be scrolled."""
        width, x, left = strip.cell_length, self.scroll_offset.x, self._fixed_width()
        if self._placed and self._placed[-1].end - GAP - x > width > left:
            strip = Strip.join([strip.crop(0, width - 1), Strip([Segment(MORE_RIGHT, style)])])
        if x and left < width:
            before, _, after = strip.divide([left - GAP, left, width])
            strip = Strip.join([before, Strip([Segment(MORE_LEFT, style)]), after])
        return strip

    def _below(self, y: int) -> Strip:
        """A line under the last row; where there is none the first ones say why."""
        width, base = self.scrollable_content_region.width, self.rich_style
        text = f"No row matches  {self._rows.filter}" if len(self._rows) else self.empty
        said = [] if self._rows.keys else wrap(text, max(1, width - len(GUTTER)))
        if y > len(said):
            return Strip.blank(width, base)
        style = self.get_component_rich_style("table--empty")
        return Strip([Segment(GUTTER, base), Segment(said[y - 1], style)]).crop_extend(0, width, base)

    def _row_at(self, y: int) -> int | None:
        """Place of the row that a line of the window shows; None for the header and below the last row."""
        row = y - 1 if y <= self._fixed() else y - 1 + self.scroll_offset.y
        return row if y > 0 and row < len(self._rows.keys) else None

    def _column_at(self, x: int) -> int | None:
        """Place of the column that a cell of the window shows."""
        x += 0 if x < self._fixed_width() else self.scroll_offset.x
        return next((place for place, one in enumerate(self._placed) if x < one.end), None)

    def _fixed(self) -> int:
        """How many pinned rows stay in sight when the others scroll."""
        return min(len(self._rows.pins), int(self.scrollable_content_region.height * PINNED_SHARE))

    def _fixed_width(self) -> int:
        return self._placed[0].end if self._placed else len(GUTTER)

    def _place_columns(self) -> None:
        """Measure the columns anew."""
        self._lines.clear()
        shown = [column for column in self._rows.columns if not column.hidden]
        room = self.scrollable_content_region.width or self.app.size.width
        self._placed = place(shown, self._rows.shown(), self._rows.sort, len(GUTTER), room - len(MORE_RIGHT))
        self._column = max(0, min(self._column, len(self._placed) - 1))

    def _redraw(self) -> None:
        """Draw after rows or columns changed, with the cursor in sight."""
        self.virtual_size = Size(self._placed[-1].end if self._placed else 0, len(self._rows.keys) + 1)
        self._scroll_to_cursor()
        self.refresh()

    def _redraw_cursor(self, left_row: int, left_column: int) -> None:
        """Draw after the cursor left this row and column: three lines, unless something scrolled."""
        self._scroll_to_cursor()
        for row in {self._row, left_row} | ({-1} if left_column != self._column else set()):
            y = row + 1 if row < self._fixed() else row + 1 - self.scroll_offset.y
            self.refresh(Region(0, y, self.size.width, 1))

    def _scroll_to_cursor(self) -> None:
        width, height = self.scrollable_content_region.size
        if not width or not height or not self._placed:
            return
        x, y = self.scroll_offset
        fixed = self._fixed()
        if self._row >= fixed:
            y = max(min(y, self._row - fixed), self._row + 2 - height)
        if self._column:
            one, left = self._placed[self._column], self._fixed_width()
            least = max(x, one.end - GAP - width)
            starts = [other.x - left for other in self._placed[1 : self._column + 1]]
            x = next((start for start in starts if start >= least), one.x - left)  # begin with a whole column
        else:
            x = 0
        if (x, y) != self.scroll_offset:
            self.scroll_to(x, y, animate=False, force=True)
