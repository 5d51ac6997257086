"""Which columns a table shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from workbench.tui.widgets.columns import Column


class ColumnsDialog(ModalScreen[list[Column] | None]):
    """Ends with all columns as they were arranged, or with None when the user changed his mind.

    Args:
        columns: As they are arranged now; the first one can be neither hidden nor moved.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
        Binding("space", "flip", "Show or hide"),
        Binding("J,shift+down", "shift(1)", "Move the column down"),
        Binding("K,shift+up", "shift(-1)", "Move the column up"),
        Binding("enter", "accept", "Accept", priority=True),
        Binding("escape", "cancel", "Cancel"),
    ]
    DEFAULT_CSS = """
    ColumnsDialog { align: center middle; }
    ColumnsDialog > Vertical {
        width: 44; height: auto; max-height: 90%; border: round $accent; background: $surface; padding: 0 1;
    }
    ColumnsDialog OptionList { height: auto; max-height: 14; border: none; background: $surface; padding: 0; }
    ColumnsDialog Static { height: auto; color: $text-muted; }
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self._columns = list(columns)

    def compose(self) -> ComposeResult:
        """The list, and its keys."""
        with Vertical() as box:
            box.border_title = "Columns"
            yield OptionList(*self._options(), markup=False, compact=True)
            yield Static("space show/hide  J K move  enter accept  esc cancel", markup=False)

    def on_mount(self) -> None:
        """Begin at the first column that can be hidden."""
        self._list.highlighted = min(1, len(self._columns) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click shows or hides, as space does."""
        event.stop()
        self.action_flip()

    def action_move(self, step: int) -> None:
        """To the next column, or the one before."""
        place = (self._list.highlighted or 0) + step
        self._list.highlighted = max(0, min(place, len(self._columns) - 1))

    def action_flip(self) -> None:
        """Show the column under the cursor, or hide it."""
        place = self._list.highlighted
        if place:
            self._columns[place] = replace(self._columns[place], hidden=not self._columns[place].hidden)
            self._show(place)

    def action_shift(self, step: int) -> None:
        """Move the column under the cursor up or down."""
        place = self._list.highlighted or 0
        other = place + step
        if place and 0 < other < len(self._columns):
            self._columns[place], self._columns[other] = self._columns[other], self._columns[place]
            self._show(other)

    def action_accept(self) -> None:
        """Take them."""
        self.dismiss(self._columns)

    def action_cancel(self) -> None:
        """Leave all as it was."""
        self.dismiss(None)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def _options(self) -> list[Option]:
        return [
            Option(Text(f"[{' ' if column.hidden else 'x'}] {column.title or column.key}")) for column in self._columns
        ]

    def _show(self, place: int) -> None:
        self._list.clear_options()
        self._list.add_options(self._options())
        self._list.highlighted = place
