"""Which data set is shown: one line with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from workbench.tui.keys import SHARED, bindings
from workbench.tui.safe import one_line


class BlockBar(Widget, can_focus=True):
    """Names of data sets, one of them chosen: with h l while it has the focus, or a click."""

    BINDINGS = bindings(
        SHARED["left"].says("Previous data set", hint=False), SHARED["right"].says("Next data set", hint=False)
    )
    DEFAULT_CSS = """
    BlockBar { height: 1; color: $text-muted; }
    BlockBar:focus { background: $panel; color: $foreground; }
    """

    @dataclass
    class Chosen(Message):
        """Another data set is wanted."""

        bar: BlockBar
        place: int

        @property
        def control(self) -> BlockBar:
            """The bar, for ``@on`` selectors."""
            return self.bar

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._names: list[str] = []
        self._said = ""
        self.place = 0

    def show(self, names: Sequence[str], place: int, said: str) -> None:
        """Show these names, and what is to be said of the chosen one."""
        self._names, self.place, self._said = [one_line(name, 24) for name in names], place, one_line(said)
        self.refresh()

    def say(self, text: str) -> None:
        """Say something else beside the names."""
        self._said = one_line(text)
        self.refresh()

    def step(self, by: int) -> None:
        """Choose the next name, or the one before; round at the ends."""
        if len(self._names) > 1:
            self.post_message(self.Chosen(self, (self.place + by) % len(self._names)))

    def render(self) -> Text:
        """The line."""
        line = Text(no_wrap=True, overflow="ellipsis")
        for place, name in enumerate(self._names):
            line.append(f" {name} ", "bold reverse" if place == self.place else "").append(" ")
        return line.append(self._said)

    def on_click(self, event: events.Click) -> None:
        """Choose the name under the mouse."""
        end = 0
        for place, name in enumerate(self._names):
            start, end = end, end + len(name) + 3
            if start <= event.x < end - 1:
                self.post_message(self.Chosen(self, place))

    def action_cursor_left(self) -> None:
        """The data set before."""
        self.step(-1)

    def action_cursor_right(self) -> None:
        """The next data set."""
        self.step(1)
