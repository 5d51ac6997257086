"""Questions that wait for an answer: yes or no, stop now or later, one line of text.

The safe button has the focus, ``esc`` is no, ``enter`` presses the button that has the focus.
"""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from workbench.tui.keys import Key, bindings
from workbench.tui.safe import lines, one_line


class Confirm(ModalScreen[str]):
    """A question with a safe answer.

    Gives "" for no, "yes", or "more" for the answer that only the key in ``more`` offers.

    Args:
        text: The question; it names what is concerned.
        yes: Word of the button that does it.
        more: A key and the word of a stronger answer, offered once the key is pressed in the dialog.
    """

    DEFAULT_CSS = """
    Confirm, Ask {
        align: center middle;
        & > Vertical {
            width: 66; max-width: 90%; height: auto; max-height: 90%; border: round $warning; background: $surface;
            padding: 1 2;
        }
        & Horizontal { height: auto; margin-top: 1; align-horizontal: right; }
        & Button { margin-left: 2; min-width: 10; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("dialog.no", "escape", "answer('')", "No"),
        Key("dialog.next", "right,l,down", "app.focus_next", "Next button"),
        Key("dialog.previous", "left,h,up", "app.focus_previous", "Previous button"),
    )

    def __init__(self, text: str, yes: str = "Yes", more: tuple[str, str] | None = None) -> None:
        super().__init__()
        self._text = text
        self._yes = yes
        self._more = more
        if more:
            self._bindings.bind(more[0], "offer_more", more[1])

    def compose(self) -> ComposeResult:
        """The question, then no before yes."""
        with Vertical():
            yield Static(Text(lines(self._text)), id="question")
            with Horizontal():
                yield Button("No", id="no", variant="primary")
                yield Button(Text(one_line(self._yes)), id="yes", variant="warning")

    def on_mount(self) -> None:
        """The safe button first."""
        self.set_focus(self.query_one("#no"))

    async def action_offer_more(self) -> None:
        """Show the stronger answer; it still has to be chosen."""
        if self._more and not self.query("#more"):
            await self.query_one(Horizontal).mount(Button(Text(self._more[1]), id="more", variant="error"))
            self.query_one("#more").focus()

    def action_answer(self, answer: str) -> None:
        """Close with an answer."""
        self.dismiss(answer)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button is an answer."""
        event.stop()
        self.dismiss("" if event.button.id == "no" else str(event.button.id))


class Ask(ModalScreen[str | None]):
    """One line of text; gives None when it was left with ``esc``.

    Args:
        text: What is asked for.
        value: What stands there first.
    """

    DEFAULT_CSS = Confirm.DEFAULT_CSS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Key("dialog.cancel", "escape", "cancel", "Cancel"))

    def __init__(self, text: str, value: str = "") -> None:
        super().__init__()
        self._text = text
        self._value = value

    def compose(self) -> ComposeResult:
        """The question and the line."""
        with Vertical():
            yield Static(Text(lines(self._text)), id="question")
            yield Input(self._value, id="answer", select_on_focus=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one(Input))

    def action_cancel(self) -> None:
        """No answer."""
        self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The answer."""
        event.stop()
        self.dismiss(event.value)
