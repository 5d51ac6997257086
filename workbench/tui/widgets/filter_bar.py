"""The line in which a table's filter is typed; it filters at every key."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from workbench.tui.keys import SHARED, bindings
from workbench.tui.safe import one_line
from workbench.tui.widgets.table import Table

WORDS = "words   !not"
"""What can be looked for in every table."""


class FilterBar(Horizontal):
    """Under a table; seen while it has the focus or filters. ``open`` is for ``/``, ``clear`` for ``esc``.

    Args:
        table: Selector of the table, on the same screen.
        example: Conditions on columns of that table, shown while nothing is typed.
        id: Of the widget.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        replace(SHARED["back"], action="leave", description="Clear the filter"),
        # before the field gets it: the next key must find the table with the focus, however fast it comes
        replace(SHARED["open"], action="accept", description="To the rows that match", priority=True),
    )
    DEFAULT_CSS = """
    FilterBar { height: 1; display: none; background: $panel; }
    FilterBar:focus-within, FilterBar.filtered { display: block; }
    FilterBar > .filter--sign { width: 2; color: $text-accent; text-style: bold; }
    FilterBar > Input { width: 1fr; min-width: 20; }
    FilterBar > .filter--said { width: auto; max-width: 60%; padding: 0 1; color: $text-muted; }
    FilterBar > .filter--said.problem { color: $text-error; }
    """

    def __init__(self, table: str, example: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._selector, self._example = table, example
        self._problem = ""

    def compose(self) -> ComposeResult:
        """A slash, the text, and what came of it."""
        yield Static("/", classes="filter--sign")
        yield Input(placeholder=f"{WORDS}   {self._example}", compact=True, select_on_focus=False)
        yield Static("", classes="filter--said", markup=False)

    def open(self) -> None:
        """Type a filter, beginning with the one that holds."""
        self.add_class("filtered")
        self._input.value = self._table.rows.filter
        self.app.update_styles(self)  # what is not shown yet cannot take the focus
        self.screen.set_focus(self._input)  # at once: the next key is no key of the table

    def clear(self) -> bool:
        """Show all rows again; False when there was no filter."""
        had = bool(self._table.rows.filter or self._input.value)
        self._input.value = self._problem = ""
        if self._table.rows.filter:
            self._table.set_filter("")
        self.remove_class("filtered")
        return had

    def refresh_count(self) -> None:
        """Say again how many rows match, after the rows changed; shows a filter that was restored."""
        if self._table.rows.filter and not self._input.has_focus:
            self._input.value = self._table.rows.filter
            self.add_class("filtered")
        self._say()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter by what is typed so far; while it cannot be read the filter before it holds."""
        event.stop()
        self._problem = ""
        if event.value != self._table.rows.filter:
            self._problem = self._table.set_filter(event.value, typing=True)
        self._say()

    def action_accept(self) -> None:
        """Back to the rows that are left; not while what is typed cannot be read."""
        if self._problem:
            return
        self.screen.set_focus(self._table)
        self.set_class(bool(self._table.rows.filter), "filtered")

    def on_descendant_blur(self) -> None:
        """The filter is typed: it may be kept."""
        self._table.tell_state()

    def action_leave(self) -> None:
        """Take the filter back, or leave when there is none."""
        self.clear()
        self.screen.set_focus(self._table)

    @property
    def _table(self) -> Table:
        return self.screen.query_one(self._selector, Table)

    @property
    def _input(self) -> Input:
        return self.query_one(Input)

    def _say(self) -> None:
        said = self.query_one(".filter--said", Static)
        said.set_class(bool(self._problem), "problem")
        count = f"{len(self._table.rows.keys):,} of {len(self._table.rows):,}"
        said.update(one_line(self._problem) if self._problem else count)
