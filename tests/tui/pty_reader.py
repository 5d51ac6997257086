"""A pseudo-terminal without an emulator, for where there is no tmux: what a command writes, as words in their order."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time

MOVES = re.compile(rb"\x1b\[[0-9;?]*[Hf]")
CODES = re.compile(rb"\x1b(\[[0-9;:?<>=]*[A-Za-z]|[\]P_^][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_=>78])")
KEPT_BYTES = 200_000


class PtyReader:
    """A command in a pty that somebody reads.

    Args:
        command: What runs in it.
        size: Columns and rows.
    """

    def __init__(self, command: list[str], size: tuple[int, int]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color"}
        for name in ("COLUMNS", "LINES"):  # what starts this may have them of its own terminal
            environment.pop(name, None)
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environment
        )
        os.close(theirs)
        self._written = b""
        self._answer = b""
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                portion = os.read(self._ours, 65536)
            except OSError:
                return  # the command has ended and closed its side
            with self._news:
                self._written = (self._written + portion)[-KEPT_BYTES:]
                self._answer += portion
                self._news.notify_all()

    def screen(self) -> str:
        """What was written last, without its control codes; a cursor that moves is a new line."""
        return CODES.sub(b"", MOVES.sub(b"\n", self._written)).decode(errors="replace")

    def wait(self, text: bytes, deadline_s: float = 60.0) -> None:
        """Until a regular expression has been written; fails with what is on the screen."""
        with self._news:
            self._until(text, deadline_s)

    def press(self, keys: bytes, answer: bytes, deadline_s: float = 30.0) -> float:
        """Seconds from the keys to the first output after them that matches a regular expression."""
        with self._news:
            self._answer = b""
            begun_s = time.perf_counter()
            os.write(self._ours, keys)
            self._until(answer, deadline_s)
            return time.perf_counter() - begun_s

    def _until(self, text: bytes, deadline_s: float) -> None:
        if not self._news.wait_for(lambda: re.search(text, self._answer), deadline_s):
            raise TimeoutError(f"{text!r} was not written; the screen is:\n{self.screen()[-2000:]}")

    def close(self) -> None:
        """End the command."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(30)
        self._reader.join(5)
        os.close(self._ours)
