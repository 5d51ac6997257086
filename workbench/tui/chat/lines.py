"""The two lines between the conversation and the field: who answers, and how."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from workbench.engine.chat.session import Session
from workbench.tui.chat.words import settings_line, worker_line


class Lines(Static):
    """Fits what it says into its width."""

    DEFAULT_CSS = """
    Lines { height: 2; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._session: Session | None = None
        self._how = (False, True)

    def show(self, session: Session | None, both: bool, markdown: bool) -> None:
        """Say what holds now."""
        self._session, self._how = session, (both, markdown)
        self._say()

    def on_resize(self) -> None:
        """More or less room."""
        self._say()

    def _say(self) -> None:
        width = self.content_size.width
        if width:
            lines = (worker_line(self._session, width), settings_line(self._session, *self._how, width))
            self.update(Content("\n").join(lines), layout=False)
