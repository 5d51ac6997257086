"""A long text on the whole screen."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.tui.keys import SHARED, Key, bindings


class FullView(ModalScreen[None]):
    """Scrolls; ``esc`` closes it and ``y`` copies the answer.

    Args:
        text: What is shown.
        answer: What is copied.
    """

    DEFAULT_CSS = """
    FullView { align: center middle; }
    FullView > VerticalScroll {
        width: 100%; height: 100%; border: round $primary; background: $surface; padding: 0 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("evals.close", "escape,enter", "close", "Close", hint=True),
        SHARED["copy"].hinted(),
        SHARED["down"],
        SHARED["up"],
        SHARED["page_down"],
        SHARED["page_up"],
        SHARED["first"],
        SHARED["last"],
    )

    def __init__(self, text: Text, answer: str) -> None:
        super().__init__()
        self._text, self._answer = text, answer

    def compose(self) -> ComposeResult:
        """The text in a frame that says the keys."""
        with VerticalScroll(id="full") as scroll:
            scroll.border_title = "answer · y copies · esc closes"
            yield Static(self._text, markup=False)

    def on_mount(self) -> None:
        """Scroll at once."""
        self._scroll.focus()

    @property
    def _scroll(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def action_cursor_down(self) -> None:
        """A line further."""
        self._scroll.scroll_down(animate=False)

    def action_cursor_up(self) -> None:
        """A line back."""
        self._scroll.scroll_up(animate=False)

    def action_page_down(self) -> None:
        """A window further."""
        self._scroll.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A window back."""
        self._scroll.scroll_page_up(animate=False)

    def action_first(self) -> None:
        """To the beginning."""
        self._scroll.scroll_home(animate=False)

    def action_last(self) -> None:
        """To the end."""
        self._scroll.scroll_end(animate=False)

    def action_copy(self) -> None:
        """Copy the whole answer."""
        self.app.copy_to_clipboard(self._answer)
        self.notify("copied the answer", markup=False)

    def action_close(self) -> None:
        """Back to the list."""
        self.dismiss()
