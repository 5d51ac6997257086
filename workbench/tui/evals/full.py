"""A long text on the whole screen."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.widgets.scroll import Scroll


class FullView(ModalScreen[None]):
    """Scrolls; ``esc`` closes it and ``y`` copies the answer.

    Args:
        text: What is shown.
        answer: What is copied.
    """

    DEFAULT_CSS = """
    FullView { align: center middle; }
    FullView > Scroll {
        width: 100%; height: 100%; border: round $primary; background: $surface; padding: 0 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("evals.close", "escape,enter", "close", "Close", hint=True),
        SHARED["copy"].hinted(),
    )

    def __init__(self, text: Text, answer: str) -> None:
        super().__init__()
        self._text, self._answer = text, answer

    def compose(self) -> ComposeResult:
        """The text in a frame that says the keys."""
        with Scroll(id="full") as scroll:
            scroll.border_title = "answer · y copies · esc closes"
            yield Static(self._text, markup=False)

    def action_copy(self) -> None:
        """Copy the whole answer."""
        self.app.copy_to_clipboard(self._answer)
        self.notify("copied the answer", markup=False)

    def action_close(self) -> None:
        """Back to the list."""
        self.dismiss()
