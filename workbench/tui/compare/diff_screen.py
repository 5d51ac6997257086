"""In what the marked runs differ, over the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.engine.comparison_text import Grid
from workbench.engine.diff import Diff, figure_grid, key_grid
from workbench.tui.keys import Key, bindings
from workbench.tui.safe import safe_lines
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.table import Table


class DiffScreen(ModalScreen[None]):
    """Two tables: the keys of the profiles that differ, and the figures; ``tab`` goes from one to the other.

    Args:
        found: What differs.
        names: What the runs are called, in its order.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("diff.close", "escape,d", "dismiss", "Close", hint=True),
        Key("diff.next", "tab", "app.focus_next", "Other table"),
    )
    DEFAULT_CSS = """
    DiffScreen {
        align: center middle;
        & > Vertical { width: 96%; height: 92%; border: round $accent; background: $surface; padding: 0 1; }
        & Table { height: 1fr; }
        & .heading { height: 1; text-style: bold; }
        & #diff-notes { height: auto; max-height: 4; color: $text-muted; }
    }
    """

    def __init__(self, found: Diff, names: Sequence[str]) -> None:
        super().__init__()
        self._found = found
        self._names = list(names)

    def compose(self) -> ComposeResult:
        """Keys above, figures below, then what they cannot show."""
        found = self._found
        with Vertical() as box:
            box.border_title = f"{len(found.runs)} runs"
            box.border_subtitle = "esc Close   tab Other table   y Copy"
            yield Static("keys of the profiles that differ", classes="heading", markup=False)
            yield Table(_columns(["key", *self._names], 1), empty="Their profiles are the same.", id="diff-keys")
            yield Static(
                "figures, ↑ higher is better, ↓ lower; differences to the first run", classes="heading", markup=False
            )
            yield Table(
                _columns(["data set", "figure", *self._names], 2),
                empty="There is no data set on which two of them have scores.",
                id="diff-figures",
            )
            yield Static(safe_lines("\n".join(found.notes)), id="diff-notes")

    def on_mount(self) -> None:
        """Fill both."""
        for grid, name in ((key_grid(self._found), "#diff-keys"), (figure_grid(self._found), "#diff-figures")):
            self.query_one(name, Table).set_rows(_rows(grid))
        self.set_focus(self.query_one("#diff-keys", Table))


def _columns(header: Sequence[str], leading: int) -> list[Column]:
    """Columns by place: two runs may have one name."""
    least = [28 if leading == 1 else 9, 16][:leading] + [10] * len(header)
    return [Column(f"c{place}", title, least=least[place], most=44) for place, title in enumerate(header)]


def _rows(grid: Grid) -> dict[str, dict[str, str]]:
    _, rows = grid
    return {str(at): {f"c{place}": text for place, text in enumerate(row)} for at, row in enumerate(rows)}
