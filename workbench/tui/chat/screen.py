"""The screen of mode "chat"."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from workbench.tui.modes import MODES
from workbench.tui.screen import WorkbenchScreen


class ChatScreen(WorkbenchScreen):
    """Says what it will show."""

    MODE = "chat"

    def compose_body(self) -> ComposeResult:
        """One sentence."""
        yield Static(f"{MODES[self.MODE].title}: {MODES[self.MODE].shows}. This screen is not built yet.", markup=False)
