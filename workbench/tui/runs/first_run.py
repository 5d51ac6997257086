"""What an empty workspace shows: the next key to press, and how far the quickstart is once it was pressed."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from workbench.tui.keys import SHARED, bindings
from workbench.tui.safe import one_line


class FirstRun(Static, can_focus=True):
    """A text that takes ``enter``.

    Args:
        folder: The workspace.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(SHARED["open"].says("Start the quickstart"))
    DEFAULT_CSS = """
    FirstRun { padding: 1 3; height: 1fr; display: none; }
    """

    class Wanted(Message):
        """The quickstart is to start."""

    def __init__(self, folder: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._folder = folder
        self.said = ""

    def render(self) -> Text:
        """What to press, and what will happen."""
        text = Text()
        text.append("There are no runs here yet.\n", style="bold")
        text.append(f"{one_line(self._folder)}\n\n", style="dim")
        text.append("Press enter", style="bold")
        text.append(" to start the quickstart: it fetches SmolLM2-135M (about 270 MB), trains a LoRA on questions ")
        text.append("about short passages, and compares the tuned model with the untrained one.\n")
        text.append("Needs 4 GiB of RAM and no GPU; five to eight minutes on two cores.\n\n")
        for key, what in (("2", "write a profile of your own"), ("?", "all keys of this screen"), ("q", "quit")):
            text.append(f"  {key}", style="bold").append(f"  {what}\n")
        if self.said:
            text.append(f"\n{one_line(self.said)}", style="italic")
        return text

    def say(self, text: str) -> None:
        """How far it is."""
        self.said = text
        self.refresh()

    def action_open(self) -> None:
        """Start."""
        self.post_message(self.Wanted())
