"""A text that is longer than its place; the keys that move in a table move in it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll

from workbench.tui.keys import SHARED, bindings


class Scroll(VerticalScroll, inherit_bindings=False):
    """Takes the focus; ``j k``, pages, ``g G``."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        *(SHARED[name] for name in ("down", "up", "page_down", "page_up", "first", "last"))
    )

    def action_cursor_down(self) -> None:
        """A line further."""
        self.scroll_down(animate=False)

    def action_cursor_up(self) -> None:
        """A line back."""
        self.scroll_up(animate=False)

    def action_page_down(self) -> None:
        """A window further."""
        self.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A window back."""
        self.scroll_page_up(animate=False)

    def action_first(self) -> None:
        """To the beginning."""
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        """To the end."""
        self.scroll_end(animate=False)
