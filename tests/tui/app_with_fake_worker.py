"""The app as it is, but for what its workers do: ``python app_with_fake_worker.py WORKSPACE RUN-ID``.

A worker that it starts leads a session of its own, holds the lock and is waited for as always; it only trains nothing.
"""

import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from workbench.engine import launch
from workbench.engine.run import Run
from workbench.engine.run_state import state
from workbench.paths import Workspace
from workbench.tui.start import start

FAKE = Path(__file__).with_name("fake_worker.py")
POPEN = subprocess.Popen


def popen(command, **options):
    """The process, with the fake worker in place of the real one."""
    if command[1:3] == ["-m", "workbench.engine.worker"]:
        root, run_id, _ = command[3:]
        first = state(Run(Workspace(Path(root)), run_id)).step + 1
        command = [sys.executable, str(FAKE), root, run_id, "100000", "0.02", str(first)]
    return POPEN(command, **options)


if __name__ == "__main__":
    with patch.object(launch.subprocess, "Popen", popen):
        sys.exit(start(Workspace(Path(sys.argv[1])), "live", sys.argv[2]))
