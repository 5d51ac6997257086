"""The one line on top: what the screen shows, the GPU's memory, how many runs are running."""

from __future__ import annotations

from rich.text import Text
from textual import getters
from textual.reactive import reactive
from textual.widget import Widget

from workbench.tui.app import WorkbenchApp
from workbench.tui.safe import one_line
from workbench.tui.status import count_running


class Header(Widget):
    """Subject on the left, the machine on the right; the subject gives way where both do not fit."""

    DEFAULT_CSS = """
    Header { dock: top; height: 1; background: $panel; color: $foreground; }
    """
    subject: reactive[str] = reactive("")
    machine: reactive[str] = reactive("")
    app = getters.app(WorkbenchApp)

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def on_mount(self) -> None:
        """The app looks at the machine; the line follows."""
        self.watch(self.app, "gpu", self._show_machine)
        self.watch(self.app, "rows", self._show_machine)

    def _show_machine(self) -> None:
        app = self.app
        running = None if app.rows is None else count_running(app.rows)
        self.machine = " · ".join(part for part in (app.gpu, "" if running is None else f"{running} running") if part)

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
