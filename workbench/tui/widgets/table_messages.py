"""What a table tells its screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from workbench.tui.widgets.table import Table


@dataclass
class TableMessage(Message):
    """A message of one table, so that ``@on(RowSelected, "#runs")`` can tell tables apart."""

    table: Table

    @property
    def control(self) -> Table:
        """The table that sent it."""
        return self.table


@dataclass
class RowHighlighted(TableMessage):
    """The cursor is on another row; ``key`` is None when no row is shown."""

    key: str | None


@dataclass
class RowSelected(TableMessage):
    """Enter, or a second click on a row."""

    key: str


@dataclass
class MarksChanged(TableMessage):
    """Other rows are marked; ``keys`` in the order in which they were."""

    keys: tuple[str, ...]


@dataclass
class PinsChanged(TableMessage):
    """The user pinned other rows."""

    keys: tuple[str, ...]


@dataclass
class StateChanged(TableMessage):
    """The sort, the filter or the columns changed; ``state`` is what ``Table.restore`` takes."""

    state: dict[str, Any]
