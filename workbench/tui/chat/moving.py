"""From message to message on the Chat screen, and back to the field; what ``y`` copies of them."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widgets import TextArea

from workbench.tui.chat.views import Message
from workbench.tui.screen import WorkbenchScreen


class Moving(WorkbenchScreen):
    """A screen with a conversation and a field to write in."""

    @property
    def scroll(self) -> VerticalScroll:
        """The conversation."""
        return self.query_one("#conversation", VerticalScroll)

    @property
    def field(self) -> TextArea:
        """What is being written."""
        return self.query_one("#prompt", TextArea)

    @property
    def messages(self) -> list[Message]:
        """Prompts and answers, the oldest first."""
        return list(self.query(Message))

    def action_open(self) -> None:
        """Back to the field."""
        self.field.focus()

    def action_cursor_down(self) -> None:
        """The next message."""
        self._move(1)

    def action_cursor_up(self) -> None:
        """The message before."""
        self._move(-1)

    def action_first(self) -> None:
        """The first message."""
        self._go(0)

    def action_last(self) -> None:
        """The last message; the view follows it again."""
        self._go(-1)
        self.scroll.anchor()

    def action_page_down(self) -> None:
        """A window further."""
        self.scroll.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A window back."""
        self.scroll.scroll_page_up(animate=False)

    def _move(self, by: int) -> None:
        messages = self.messages
        place = messages.index(self.focused) + by if isinstance(self.focused, Message) else len(messages) - 1
        self._go(min(max(place, 0), len(messages) - 1))

    def _go(self, place: int) -> None:
        messages = self.messages
        if messages:
            messages[place].focus()
        else:
            self.refuse("nothing was said yet")

    def _leave_field(self) -> bool:
        messages = self.messages
        self.set_focus(messages[-1] if messages else None)
        return True

    def copy_text(self) -> str | None:
        """What is selected, the focused message, or the last one."""
        if selected := self.get_selected_text():
            return selected
        messages = self.messages
        focused = self.focused if isinstance(self.focused, Message) else None
        chosen = focused or (messages[-1] if messages else None)
        return chosen.copied if chosen else None
