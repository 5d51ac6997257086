"""``ctrl+o`` puts a letter on every pane; the letter moves the focus there."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


class Jump(ModalScreen[Widget | None]):
    """The letters over the screen below; any other key closes it.

    Args:
        panes: Where one can go.
    """

    DEFAULT_CSS = """
    Jump {
        background: $background 30%; layers: letters;
        & > Static {
            layer: letters; width: 3; height: 1; position: absolute; background: $accent; color: $background;
            text-style: bold; text-align: center;
        }
    }
    """

    def __init__(self, panes: Iterable[Widget]) -> None:
        super().__init__()
        self.targets = dict(zip(LETTERS, panes, strict=False))

    def compose(self) -> ComposeResult:
        """A letter in the corner of each pane."""
        for letter, pane in self.targets.items():
            mark = Static(Text(letter))
            mark.styles.offset = pane.region.offset
            yield mark

    def on_key(self, event: events.Key) -> None:
        """A letter jumps, any other key stays."""
        event.stop()
        self.dismiss(self.targets.get(event.key))
