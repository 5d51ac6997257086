"""The one line on top: what the screen shows, the GPU's memory, how many runs are running."""

from __future__ import annotations

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from workbench.tui.safe import one_line
from workbench.tui.status import Status


class Header(Widget):
    """Subject on the left, the machine on the right; the subject gives way where both do not fit."""

    DEFAULT_CSS = """
    Header { dock: top; height: 1; background: $panel; color: $foreground; }
    """
    subject: reactive[str] = reactive("")
    machine: reactive[str] = reactive("")

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def on_mount(self) -> None:
        """The app looks at the machine; the line follows."""
        self.watch(self.app, "status", self._show)

    def _show(self, status: Status) -> None:
        self.machine = status.text()

    def render(self) -> Text:
        """The line, exactly as wide as the screen."""
        right = f"{self.machine} " if self.machine else ""
        left = f" {self._title}"
        if self.subject:
            left += f" · {one_line(self.subject)}"
        room = max(0, self.size.width - len(right) - 1)
        shown = Text(left, no_wrap=True)
        shown.stylize("bold", 0, len(self._title) + 1)
        shown.truncate(room, overflow="ellipsis", pad=True)
        return Text.assemble(shown, " ", right, no_wrap=True)
