"""A table for any number of rows: keys and mouse over what ``TableView`` draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual import events

from workbench.tui.keys import SHARED, bindings
from workbench.tui.safe import one_line
from workbench.tui.widgets.columns import Column, Row, arranged
from workbench.tui.widgets.table_messages import MarksChanged, PinsChanged, RowHighlighted, RowSelected, StateChanged
from workbench.tui.widgets.table_view import TableView

KEYS = (
    *("down", "up", "page_down", "page_up", "first", "last", "left", "right"),
    *("open", "toggle", "pin", "sort", "reverse", "columns", "copy"),
)


class Table(TableView):
    """Rows and columns with a cursor, a sort, a filter, marks and pins.

    It posts the messages of ``table_messages``. A row is any mapping; its key is the caller's.

    Args:
        columns: All of them; the first one is never hidden and stays in sight when the others scroll.
        empty: Said in place of rows while there are none.
        one_pin: Whether pinning a row lets go of the one that was.
        id: Of the widget.
    """

    BINDINGS = bindings(*(SHARED[name] for name in KEYS))

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "Nothing here yet.",
        one_pin: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(columns, empty=empty, id=id)
        self._offered = list(columns)
        self._one_pin = one_pin
        self._key: str | None = None

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor; None when no row is shown."""
        return self._key

    @property
    def marked(self) -> tuple[str, ...]:
        """Keys of the marked rows, in the order in which they were marked."""
        return tuple(self._rows.marks)

    @property
    def pinned(self) -> tuple[str, ...]:
        """Keys of the pinned rows."""
        return tuple(self._rows.pins)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other columns for other rows; those with a known key keep their order and visibility."""
        chosen = self.state()["columns"]
        self._offered = list(columns)
        self._rows.columns = arranged(columns, chosen)
        if self._rows.sort not in {column.key for column in columns}:
            self._rows.sort_by("")
        if self._rows.filter_by(self._rows.filter):  # it names a column that is no more
            self._rows.filter_by("")
        self._changed()

    def set_rows(self, rows: Mapping[str, Row]) -> None:
        """All rows anew, in their order; cursor, marks and pins stay where their keys are still there."""
        self._rows.replace(rows)
        self._changed()

    def update_rows(self, rows: Mapping[str, Row]) -> None:
        """Other values for some rows; widths, cursor, marks and pins stay."""
        self._rows.update(rows)
        self._lines.clear()
        self._changed(measure=not self._placed)

    def set_filter(self, text: str, *, typing: bool = False) -> str:
        """Show only rows that match; returns what is wrong with the text, and then changes nothing.

        While somebody is ``typing`` no ``StateChanged`` is sent: whoever keeps the state would write it at every key.
        """
        problem = self._rows.filter_by(text)
        if not problem:
            self._changed(measure=False)
            if not typing:
                self.tell_state()
        return problem

    def tell_state(self) -> None:
        """Send the state to whoever keeps it."""
        self.post_message(StateChanged(self, self.state()))

    def set_sort(self, key: str, reverse: bool = False) -> None:
        """Sort by a column; with an empty key keep the order in which the rows were given."""
        self._rows.sort_by(key, reverse)
        self._changed()
        self.tell_state()

    def set_pins(self, keys: Sequence[str]) -> None:
        """Pin these rows and no others, without a message."""
        self._rows.pin(keys)
        self._changed(measure=False)

    def set_marks(self, keys: Sequence[str]) -> None:
        """Mark these rows and no others."""
        self._rows.mark(keys)
        self.refresh()
        self.post_message(MarksChanged(self, self.marked))

    def move_to(self, key: str) -> bool:
        """Put the cursor on a row; False when it is not shown."""
        if key not in self._rows.keys:
            return False
        self._go(self._rows.keys.index(key))
        return True

    def state(self) -> dict[str, Any]:
        """Sort, filter and columns as JSON has them, for the settings."""
        return {
            "sort": self._rows.sort,
            "reverse": self._rows.reverse,
            "filter": self._rows.filter,
            "columns": [[column.key, not column.hidden] for column in self._rows.columns],
        }

    def restore(self, state: object) -> None:
        """Take up a state from the settings, or none; what of it does not fit this table is passed over."""
        kept = state if isinstance(state, dict) else {}
        self._rows.columns = arranged(self._offered, kept.get("columns"))
        sort, text = kept.get("sort"), kept.get("filter")
        known = sort in {column.key for column in self._offered}
        self._rows.sort_by(str(sort) if known else "", kept.get("reverse") is True)
        if not isinstance(text, str) or self._rows.filter_by(text):
            self._rows.filter_by("")
        self._changed()

    def on_resize(self) -> None:
        """More or less room: the columns are placed anew."""
        self._changed()

    def on_click(self, event: events.Click) -> None:
        """A click on a head sorts, one on a row puts the cursor there, a second one opens it."""
        offset = event.get_content_offset(self)
        column = self._column_at(offset.x) if offset else None
        if offset is None:
            return
        if offset.y == 0:
            if column is not None:
                self._sort_or_reverse(self._placed[column].column.key)
            return
        row = self._row_at(offset.y)
        if row is not None:
            self._go(row, self._column if column is None else column)
            if event.chain == 2:
                self.action_open()

    def action_cursor_down(self) -> None:
        """To the next row."""
        self._go(self._row + 1)

    def action_cursor_up(self) -> None:
        """To the row before."""
        self._go(self._row - 1)

    def action_page_down(self) -> None:
        """A window further down."""
        self._go(self._row + self._page())

    def action_page_up(self) -> None:
        """A window further up."""
        self._go(self._row - self._page())

    def action_first(self) -> None:
        """To the first row."""
        self._go(0)

    def action_last(self) -> None:
        """To the last row."""
        self._go(len(self._rows.keys) - 1)

    def action_cursor_left(self) -> None:
        """To the column before."""
        self._go(self._row, self._column - 1)

    def action_cursor_right(self) -> None:
        """To the next column."""
        self._go(self._row, self._column + 1)

    def action_open(self) -> None:
        """Select the row under the cursor."""
        if self._key is not None:
            self.post_message(RowSelected(self, self._key))

    def action_toggle_this(self) -> None:
        """Mark the row under the cursor, or no longer."""
        if self._key is not None:
            self._rows.toggle_mark(self._key)
            self._redraw_cursor(self._row, self._column)
            self.post_message(MarksChanged(self, self.marked))

    def action_pin(self) -> None:
        """Pin the row under the cursor above all others, or no longer."""
        if self._key is not None:
            self._rows.toggle_pin(self._key, alone=self._one_pin)
            self._changed(measure=False)
            self.post_message(PinsChanged(self, self.pinned))

    def action_sort(self) -> None:
        """Sort by the column under the cursor; when it is sorted by that already, back to the first order."""
        if self.cursor_column:
            key = self.cursor_column.key
            self.set_sort("" if key == self._rows.sort else key)

    def action_reverse(self) -> None:
        """Turn the sort round."""
        if self._rows.sort:
            self.set_sort(self._rows.sort, not self._rows.reverse)
        elif self.cursor_column:
            self.set_sort(self.cursor_column.key, reverse=True)

    def action_columns(self) -> None:
        """Ask which columns are shown, and in which order."""
        from workbench.tui.widgets.columns_dialog import ColumnsDialog

        def chosen(columns: list[Column] | None) -> None:
            if columns is not None:
                self._rows.columns = columns
                self._changed()
                self.tell_state()

        self.app.push_screen(ColumnsDialog(self._rows.columns), chosen)

    def action_copy(self) -> None:
        """Copy the cell under the cursor."""
        if self._key is not None and self.cursor_column:
            text = str(self.cursor_column.cell(self._rows[self._key]))
            self.app.copy_to_clipboard(text)
            self.notify(f"copied: {one_line(text, 200)}", markup=False)

    def _sort_or_reverse(self, key: str) -> None:
        self.set_sort(key, reverse=key == self._rows.sort and not self._rows.reverse)

    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height - 2 - self._fixed())

    def _go(self, row: int, column: int | None = None) -> None:
        """Put the cursor on a row and a column, or on the nearest that there is."""
        before = self._row, self._column
        self._row = max(0, min(row, len(self._rows.keys) - 1))
        if column is not None:
            self._column = max(0, min(column, len(self._placed) - 1))
        if before != (self._row, self._column):
            self._redraw_cursor(*before)
        self._note_key()

    def _changed(self, measure: bool = True) -> None:
        """Rows, columns or their order changed: find the cursor's row again, and draw."""
        keys = self._rows.keys
        at = self._row < len(keys) and keys[self._row] == self._key
        if not at and self._key in self._rows:
            self._row = keys.index(self._key) if self._key in keys else self._row
        self._row = max(0, min(self._row, len(keys) - 1))
        if measure:
            self._place_columns()
        self._redraw()
        self._note_key()

    def _note_key(self) -> None:
        keys = self._rows.keys
        key = keys[self._row] if keys else None
        if key != self._key:
            self._key = key
            self.post_message(RowHighlighted(self, key))
