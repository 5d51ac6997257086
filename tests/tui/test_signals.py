"""A terminal that goes away without a hang-up signal, as one does that does not control the app's session."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import contextmanager

from workbench.engine.locks import alive
from workbench.tui.settings import default_path
from workbench.tui.signals import gone

from .terminal import ROOT, WORKBENCH

HUNG_UP = 128 + signal.SIGHUP
CODES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
KEPT_BYTES = 200_000
BLOCKED = """
import asyncio, threading
from workbench.tui import signals

signals.LEAVE_S = 0.2

async def main():
    signals.install(None)
    print("installed", flush=True)
    threading.Event().wait()

asyncio.run(main())
"""


class Unsignalled:
    """A command on a pseudo-terminal that sends it no signals; nobody but the test reads what it writes."""

    def __init__(self, command):
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        for name in ("COLUMNS", "LINES"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environment
        )
        os.close(theirs)

    def press(self, keys):
        os.write(self._ours, keys)

    def read_until(self, text):
        written, deadline = b"", time.monotonic() + 60
        while text not in CODES.sub(b"", written):
            assert time.monotonic() < deadline, written[-2000:]
            if select.select([self._ours], [], [], 1.0)[0]:
                written = (written + os.read(self._ours, 65536))[-KEPT_BYTES:]

    def hang_up(self):
        os.close(self._ours)


@contextmanager
def on_a_terminal(*command):
    shown = Unsignalled(command)
    try:
        yield shown
    finally:
        shown.process.kill()
        shown.process.wait()


def test_an_app_whose_terminal_is_gone_ends_and_keeps_what_was_chosen(recorded):
    with on_a_terminal(*WORKBENCH, "--workspace", str(recorded.workspace.root)) as shown:
        shown.read_until("● running".encode())
        shown.press(b"2")
        shown.read_until(b" Profile")
        shown.hang_up()
        assert shown.process.wait(20) == HUNG_UP
    assert json.loads(default_path().read_text())["app"]["mode"] == "profile"
    assert alive(recorded["running"])


def test_an_app_that_waits_for_a_terminal_that_is_gone_ends_too():
    with on_a_terminal(sys.executable, "-c", BLOCKED) as shown:
        shown.read_until(b"installed\r\n")  # its last byte: a write that is cut off would end it otherwise
        shown.hang_up()
        assert shown.process.wait(20) == HUNG_UP


def test_a_terminal_is_gone_once_its_other_side_is_closed():
    ours, theirs = pty.openpty()
    said = []
    watching = threading.Thread(target=lambda: said.append(gone(theirs, look_s=0.01)), daemon=True)
    watching.start()
    os.write(ours, b"keys are no end\n")
    watching.join(0.1)
    assert watching.is_alive()
    os.close(ours)
    watching.join(20)
    assert said == [True]
    os.close(theirs)


def test_what_the_system_cannot_tell_is_no_end():
    ours, theirs = pty.openpty()
    os.close(ours)
    os.close(theirs)
    assert not gone(theirs)
