"""A text over the screen, to be read and left."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.safe import one_line


class Page(ModalScreen[None]):
    """A scrollable text.

    Args:
        title: What it is.
        text: Itself.
    """

    DEFAULT_CSS = """
    Page { align: center middle; }
    Page > VerticalScroll {
        width: 96%; height: auto; max-height: 92%; border: round $primary; background: $surface; padding: 0 1;
    }
    Page Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("page.close", "escape,q,enter", "close", "Close"),
        SHARED["copy"],
        *(SHARED[name] for name in ("down", "up", "page_down", "page_up", "first", "last")),
    )

    def __init__(self, title: str, text: Text) -> None:
        super().__init__()
        self.title_text = title
        self.text = text

    def compose(self) -> ComposeResult:
        """The text in a box."""
        with VerticalScroll(id="page") as box:
            box.border_title = one_line(f"{self.title_text} · y copies · esc closes")
            yield Static(self.text, id="text")

    @property
    def _box(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def action_cursor_down(self) -> None:
        """Further down."""
        self._box.scroll_down(animate=False)

    def action_cursor_up(self) -> None:
        """Further up."""
        self._box.scroll_up(animate=False)

    def action_page_down(self) -> None:
        """A page down."""
        self._box.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self._box.scroll_page_up(animate=False)

    def action_first(self) -> None:
        """The head."""
        self._box.scroll_home(animate=False)

    def action_last(self) -> None:
        """The end."""
        self._box.scroll_end(animate=False)

    def action_copy(self) -> None:
        """Copy the whole text."""
        self.app.copy_to_clipboard(self.text.plain)
        self.notify("copied", markup=False)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()
