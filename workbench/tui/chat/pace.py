"""How often something that grows is shown: the dearer a look was, the longer the pause after it."""

from __future__ import annotations

import time

SHARE = 9.0
"""The pause after a look, as a multiple of what it cost: most of the time is for the keyboard."""
LONGEST_S = 1.0


class Pace:
    """Looks that are far enough apart."""

    def __init__(self) -> None:
        self._begun_s = 0.0
        self._due_s = 0.0

    def begin(self) -> bool:
        """Whether it is time for a look, which begins now."""
        self._begun_s = time.perf_counter()
        return self._begun_s >= self._due_s

    def end(self) -> None:
        """The look is on the screen."""
        now_s = time.perf_counter()
        self._due_s = now_s + min(LONGEST_S, SHARE * (now_s - self._begun_s))
