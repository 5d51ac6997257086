"""A run that is watched: what was read of it, and the reading of what is new, in a thread.

There is never more than one portion on its way: the thread reads the next one once the screen has taken the last.
"""

from __future__ import annotations

import threading
from collections import deque

from textual.message import Message

from workbench.engine.follow import ENDED
from workbench.engine.history import History, HistoryReader, Portion
from workbench.engine.launch import log_tail
from workbench.engine.run import Run
from workbench.engine.tail import Tail
from workbench.tui.widgets.log import MOST_LINES

POLL_S = 0.25
ENDED_POLL_S = 1.0
"""How often an ended run is looked at: another app or a command may resume it."""


class Watched:
    """One run and all that was read of it; kept while other runs are shown."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.history = History()
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self._reader = HistoryReader(run)
        self._tail = Tail(run.log_file)
        self._status = self._asked = ""
        self.turn = threading.Lock()
        """Held from a reading until it is handed over, so that two threads never mix up their portions."""

    def read(self) -> Told | None:
        """What is new; None when nothing is. Called by one thread at a time."""
        portion = self._reader.read()
        lines = portion.lines + self._tail.read()
        status = portion.state.status
        changed = status != self._status
        if changed and not portion.more:
            lines += self._last_words(portion)
            self._status = status
        asked, self._asked = self._asked, portion.asked
        news = changed or lines or portion.is_news or portion.more or asked != portion.asked
        return Told(self, portion, lines) if news else None

    def _last_words(self, portion: Portion) -> list[str]:
        """What the worker printed last, when it is gone without a result."""
        status = portion.state.status
        if status not in ("lost", "failed"):
            return []
        printed = log_tail(self.run).splitlines()
        said = [f"the last lines of {self.run.log_file.name}:", *printed] if printed else ["the worker printed nothing"]
        return [f"{status}: {portion.state.reason}", *said, "R resumes it from its last checkpoint."]

    @property
    def poll_s(self) -> float:
        """Until the next look, in seconds."""
        return ENDED_POLL_S if self._status in ENDED else POLL_S


class Told(Message):
    """Something new of a run.

    Args:
        watched: The run.
        portion: Its events.
        lines: For its log.
    """

    def __init__(self, watched: Watched, portion: Portion, lines: list[str]) -> None:
        super().__init__()
        self.watched = watched
        self.portion = portion
        self.lines = lines
        self.taken = threading.Event()

    def take(self) -> None:
        """Keep it, and let the thread read on."""
        self.watched.history.add(self.portion)
        self.watched.lines.extend(self.lines)
        self.taken.set()


class Unread(Message):
    """A run could not be read.

    Args:
        error: Why.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
