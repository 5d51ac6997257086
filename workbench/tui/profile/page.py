"""A text over the screen, to be read and left."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.safe import one_line
from workbench.tui.widgets.scroll import Scroll


class Page(ModalScreen[None]):
    """A scrollable text.

    Args:
        title: What it is.
        text: Itself.
    """

    DEFAULT_CSS = """
    Page { align: center middle; }
    Page > Scroll {
        width: 96%; height: auto; max-height: 92%; border: round $primary; background: $surface; padding: 0 1;
    }
    Page Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("page.close", "escape,q,enter", "close", "Close"),
        SHARED["copy"],
    )

    def __init__(self, title: str, text: Text) -> None:
        super().__init__()
        self.title_text = title
        self.text = text

    def compose(self) -> ComposeResult:
        """The text in a box."""
        with Scroll(id="page") as box:
            box.border_title = one_line(f"{self.title_text} · y copies · esc closes")
            yield Static(self.text, id="text")

    def action_copy(self) -> None:
        """Copy the whole text."""
        self.app.copy_to_clipboard(self.text.plain)
        self.notify("copied", markup=False)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()
