"""SIGTERM, SIGHUP and SIGINT end the app as ``q`` does, and so does a terminal that is gone without a signal."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp

LEAVE_S = 3.0
"""A terminal that is gone takes no more output, and the thread that writes would wait for it for ever."""
SIGNALLED = 128
"""Added to a signal's number it is the exit code, as shells have it."""
KEYS = 0
"""The descriptor that keys come from."""
LOOK_S = 5.0
"""A pseudo-terminal wakes whoever waits for its end; other terminals are looked at so often."""


def install(app: WorkbenchApp) -> None:
    """Let the signals end the app; called in its event loop. Runs go on: they have sessions of their own."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, _leave, app, number)
    if os.isatty(KEYS):
        threading.Thread(target=_watch, args=(KEYS,), name="terminal", daemon=True).start()


def _watch(terminal: int) -> None:
    """Send this process the signal that only a terminal which controls it sends, once that terminal is gone.

    The event loop may be waiting to write by then, so the end is made sure of from this thread.
    """
    if gone(terminal):
        _end_anyway(SIGNALLED + signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)


def gone(terminal: int, look_s: float = LOOK_S) -> bool:
    """Wait until a terminal is gone: true then, false at once where the system cannot tell.

    Args:
        terminal: Its descriptor.
        look_s: How often it is looked at, in seconds, whether anything wakes this or not.
    """
    look = select.poll()
    look.register(terminal, 0)  # the end of a terminal is told without being asked for
    while not (seen := look.poll(look_s * 1000)):
        pass
    return bool(seen[0][1] & (select.POLLHUP | select.POLLERR))


def _leave(app: WorkbenchApp, number: int) -> None:
    code = SIGNALLED + number
    _end_anyway(code)
    app.exit(return_code=code)


def _end_anyway(code: int) -> None:
    last = threading.Timer(LEAVE_S, os._exit, (code,))
    last.daemon = True
    last.start()
