"""What is shown instead of a screen that would not fit."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.tui.keys import Key, bindings

NEEDED = Size(60, 15)


def fits(size: Size) -> bool:
    """Whether the screens can be shown in a window of this size."""
    return size.width >= NEEDED.width and size.height >= NEEDED.height


class TooSmall(ModalScreen[None]):
    """Size now and size needed; nothing but quitting works until the window has grown."""

    DEFAULT_CSS = """
    TooSmall { align: center middle; background: $background; }
    TooSmall Static { width: auto; height: auto; max-width: 100%; text-align: center; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(Key("small.quit", "q", "app.quit", "Quit"))

    def compose(self) -> ComposeResult:
        """One message."""
        yield Static(self._text(self.app.size))

    def _text(self, size: Size) -> Text:
        return Text(
            f"This window is {size.width}x{size.height}.\nWorkbench needs {NEEDED.width}x{NEEDED.height}.\n"
            "Make it larger, or press q to quit.",
            justify="center",
        )

    def on_resize(self, event: events.Resize) -> None:
        """The size as it is now."""
        self.query_one(Static).update(self._text(event.size))
