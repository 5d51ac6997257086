"""What the keys of the Live screen do with its log: move, follow, search."""

from __future__ import annotations

from textual.widgets import Input

from workbench.tui.live.verbs import LiveVerbs
from workbench.tui.live.view import LiveView
from workbench.tui.widgets.log import LogView


class LiveLog(LiveVerbs):
    """The part of the screen that is about the log."""

    @property
    def view(self) -> LiveView:
        """What is shown."""
        return self.query_one(LiveView)

    @property
    def _log(self) -> LogView:
        return self.view.log_view

    def action_follow(self) -> None:
        """Follow the end of the log, or stay here."""
        self._log.follow(not self._log.following)

    def action_cursor_down(self) -> None:
        """A line down."""
        self._log.scroll_down(animate=False)

    def action_cursor_up(self) -> None:
        """A line up."""
        self._log.scroll_up(animate=False)

    def action_first(self) -> None:
        """The first line."""
        self._log.scroll_home(animate=False)

    def action_last(self) -> None:
        """The end, and follow it."""
        self._log.follow()

    def action_filter(self) -> None:
        """Ask for a text to search the log for."""
        field = self.query_one("#search", Input)
        field.display = True
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search."""
        event.stop()
        event.input.display = False
        self._log.focus()
        if not self._log.search(event.value) and event.value:
            self.refuse(f"the log does not hold {event.value!r}")

    def action_next_match(self) -> None:
        """The next match."""
        self._to_match(1)

    def action_previous_match(self) -> None:
        """The match before."""
        self._to_match(-1)

    def _to_match(self, step: int) -> None:
        if not self._log.next_match(step):
            self.refuse("nothing is found: / searches the log")

    def step_out(self) -> bool:
        """Leave the search field, then the search."""
        field = self.query_one("#search", Input)
        if field.display:
            field.display = False
            return True
        if self._log.query_text:
            self._log.search("")
            self._log.follow()
            return True
        return False
