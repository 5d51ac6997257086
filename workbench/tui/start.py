"""Start the app in this terminal and give it back whole, however the app ends."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import NoReturn

from workbench.paths import Workspace


def start(workspace: Workspace, mode: str = "", run_id: str = "") -> int:
    """Run the app until it is left, and end this process with its exit code.

    Args:
        workspace: Where profiles/, data/, models/ and metrics/ are.
        mode: The screen to begin with; "" for the one that was last used.
        run_id: A run that it shows.
    """
    from workbench.tui.app import WorkbenchApp

    app = WorkbenchApp(workspace, mode, run_id)
    app.run(loop=asyncio.new_event_loop())
    _leave(app.return_code or 0)


def _leave(code: int) -> NoReturn:
    """End at once: the interpreter would wait for threads, such as one that is in the middle of a download.

    Nothing is lost: what an interrupted download left is used by the next one, and runs have processes of their own.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
