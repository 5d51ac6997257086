"""One of several values, each with what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from workbench.engine.form import Choice, value_text
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.safe import one_line


class Choose(ModalScreen[Choice | None]):
    """A list to choose from; gives None when it was left with ``esc``.

    Args:
        title: What is chosen.
        choices: The values.
        current: The value that the cursor stands on first.
    """

    DEFAULT_CSS = """
    Choose { align: center middle; }
    Choose > OptionList {
        width: 76; max-width: 95%; height: auto; max-height: 80%; border: round $primary; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("choose.cancel", "escape,q", "cancel", "Cancel"),
        *(SHARED[name] for name in ("down", "up", "first", "last")),
    )

    def __init__(self, title: str, choices: Sequence[Choice], current: object = None) -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)
        self._current = current

    def compose(self) -> ComposeResult:
        """The list."""
        width = max((len(value_text(choice.value)) for choice in self._choices), default=0)
        listed = OptionList(*(Option(_row(choice, width, choice.value == self._current)) for choice in self._choices))
        listed.border_title = one_line(f"{self._title} · enter takes it · esc leaves it")
        yield listed

    def on_mount(self) -> None:
        """Stand on the current value."""
        values = [choice.value for choice in self._choices]
        self.query_one(OptionList).highlighted = values.index(self._current) if self._current in values else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """The choice."""
        event.stop()
        self.dismiss(self._choices[event.option_index])

    def action_cancel(self) -> None:
        """No choice."""
        self.dismiss(None)

    def action_cursor_down(self) -> None:
        """One value further."""
        self.query_one(OptionList).action_cursor_down()

    def action_cursor_up(self) -> None:
        """One value back."""
        self.query_one(OptionList).action_cursor_up()

    def action_first(self) -> None:
        """The first value."""
        self.query_one(OptionList).action_first()

    def action_last(self) -> None:
        """The last value."""
        self.query_one(OptionList).action_last()


def _row(choice: Choice, width: int, current: bool) -> Text:
    text = Text("● " if current else "  ")
    text.append(f"{one_line(value_text(choice.value)):<{width}}", style="bold")
    said = ": ".join(part for part in (choice.label, choice.help) if part)
    return text.append(f"  {one_line(said)}", style="dim") if said else text
