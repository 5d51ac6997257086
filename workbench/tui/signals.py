"""SIGTERM, SIGHUP and SIGINT end the app as ``q`` does, so that the terminal is given back whole."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp

LEAVE_S = 3.0
"""A terminal that is gone takes no more output, and the thread that writes would wait for it for ever."""
SIGNALLED = 128
"""Added to a signal's number it is the exit code, as shells have it."""


def install(app: WorkbenchApp) -> None:
    """Let the signals end the app; called in its event loop. Runs go on: they have sessions of their own."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, _leave, app, number)


def _leave(app: WorkbenchApp, number: int) -> None:
    code = SIGNALLED + number
    last = threading.Timer(LEAVE_S, os._exit, (code,))
    last.daemon = True
    last.start()
    app.exit(return_code=code)
