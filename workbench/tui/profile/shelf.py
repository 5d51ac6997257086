"""The profiles of the workspace, to open one."""

from __future__ import annotations

from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical

from workbench.engine.profile_list import profile_records
from workbench.paths import Workspace
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filter_bar import FilterBar
from workbench.tui.widgets.table import Table

COLUMNS = (
    Column("name", "profile", least=16, most=30),
    Column("model", "model", least=10, most=20),
    Column("method", "method", least=6, most=8),
    Column("quant", "quant", least=5, most=6),
    Column("data", "data", least=8, most=24),
    Column("shows", "shows", least=12, most=100),
)
EMPTY = "There are no profiles here yet. Press ctrl+n to make one."


class Shelf(Vertical):
    """A table of profiles with a filter line.

    Args:
        workspace: Where profiles/ is.
        id: Of the widget.
    """

    DEFAULT_CSS = """
    Shelf > Table { height: 1fr; }
    """

    def __init__(self, workspace: Workspace, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._workspace = workspace

    def compose(self) -> ComposeResult:
        """The table, and below it the filter."""
        yield Table(COLUMNS, empty=EMPTY, id="profiles")
        yield FilterBar("#profiles", "model~llama   method=lora", id="filter")

    @property
    def table(self) -> Table:
        """The table."""
        return self.query_one(Table)

    @property
    def chosen(self) -> str | None:
        """The profile under the cursor."""
        return self.table.cursor_key

    def ask_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def clear_filter(self) -> bool:
        """Show all profiles again; False when there was no filter."""
        return self.query_one(FilterBar).clear()

    def focus_table(self) -> None:
        """The table takes the keys."""
        self.table.focus()

    @work(thread=True, exclusive=True)
    def read(self) -> None:
        """Read the profiles, beside the screen."""
        records = profile_records(self._workspace)
        self.app.call_from_thread(self._show, records)

    def _show(self, records: list[dict[str, Any]]) -> None:
        self.table.set_rows({record["name"]: record for record in records})
