"""Everything that was said in a toast can be read again: the list of messages and the screen that shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.safe import lines, one_line
from workbench.tui.widgets.scroll import Scroll

Severity = Literal["information", "warning", "error"]
KEPT = 500
MARKS: dict[Severity, str] = {"information": "·", "warning": "! warning", "error": "✗ error"}


@dataclass(frozen=True)
class Said:
    """One message.

    Args:
        text: What was said, several lines where needed.
        severity: As Textual's toasts know it.
        time_s: When, in seconds since 1970.
    """

    text: str
    severity: Severity = "information"
    time_s: float = field(default_factory=time.time)

    def line(self) -> str:
        """Time, severity and text on one line."""
        return f"{time.strftime('%H:%M:%S', time.localtime(self.time_s))} {MARKS[self.severity]} {one_line(self.text)}"


class Messages:
    """The last messages, the newest last."""

    def __init__(self) -> None:
        self.all: list[Said] = []

    def add(self, said: Said) -> None:
        """Keep a message; beyond ``KEPT`` the oldest goes."""
        self.all = [*self.all[-KEPT + 1 :], said]


class MessagesScreen(ModalScreen[None]):
    """The messages, the newest on top, and the whole text of the chosen one."""

    DEFAULT_CSS = """
    MessagesScreen { align: center middle; }
    MessagesScreen > #messages { width: 90%; height: 70%; border: round $primary; background: $surface; }
    MessagesScreen > #message {
        width: 90%; height: auto; max-height: 25%; border: round $primary; background: $surface; padding: 0 1;
    }
    MessagesScreen #text { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        SHARED["copy"].hinted(),
        Key("close_messages", "escape,exclamation_mark,q", "close", "Close"),
        *(SHARED[name] for name in ("down", "up", "first", "last")),
    )

    def __init__(self, said: list[Said]) -> None:
        super().__init__()
        self._said = list(reversed(said))

    def compose(self) -> ComposeResult:
        """The list above, the chosen message below."""
        listed = OptionList(*(Option(Text(said.line(), no_wrap=True)) for said in self._said), id="messages")
        listed.border_title = "messages · y copies · esc closes"
        yield listed
        with Scroll(id="message"):
            yield Static(Text("no messages yet"), id="text")

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the whole of a message."""
        self.query_one("#text", Static).update(Text(lines(self._said[event.option_index].text)))

    def action_cursor_down(self) -> None:
        """One message further."""
        self.query_one(OptionList).action_cursor_down()

    def action_cursor_up(self) -> None:
        """One message back."""
        self.query_one(OptionList).action_cursor_up()

    def action_first(self) -> None:
        """To the newest message."""
        self.query_one(OptionList).action_first()

    def action_last(self) -> None:
        """To the oldest message."""
        self.query_one(OptionList).action_last()

    def action_copy(self) -> None:
        """Copy the chosen message."""
        chosen = self.query_one(OptionList).highlighted
        if chosen is not None:
            self.app.copy_to_clipboard(self._said[chosen].text)
            self.notify("copied", markup=False)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()
