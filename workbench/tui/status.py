"""What the app knows of the machine: all runs, and the GPU's memory; read in threads, shown by header and screens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.engine.board import Board, RunRow
    from workbench.paths import Workspace

RUNS_S = 1.0
GPU_S = 3.0
"""Seconds between two looks."""
BUSY = 15.0
"""A look that takes long is followed by a pause so many times as long: less than a tenth of a core for 5,000 runs."""
GIB = 2**30


class Looks:
    """Looks at the runs, one after the other; each says how long to wait for the next one."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._board: Board | None = None

    def look(self) -> tuple[tuple[RunRow, ...], float]:
        """All runs, the newest first, and the seconds until the next look. The first call imports the engine."""
        from workbench.engine.board import Board

        begun_s = time.monotonic()
        self._board = self._board or Board(self._workspace)
        rows = tuple(self._board.refresh())
        return rows, max(RUNS_S, BUSY * (time.monotonic() - begun_s))


def count_running(rows: tuple[RunRow, ...]) -> int:
    """How many runs are running; the answers of an untrained model are the work of one of them."""
    return sum(row.status == "running" and row.kind != "base" for row in rows)


def running(workspace: Workspace) -> int:
    """The same, from the locks at this moment."""
    from workbench.engine.locks import alive
    from workbench.engine.run import runs

    return sum(alive(run) for run in runs(workspace) if not run.is_base)


def gpu_text() -> str:
    """``GPU 0 18.2/80.0 GiB``, with the number of others; "no GPU" where the driver shows none."""
    from workbench.engine.doctor import gpus

    found, _ = gpus()
    if not found:
        return "no GPU"
    more = f" +{len(found) - 1}" if len(found) > 1 else ""
    return f"GPU 0 {found[0].used_bytes / GIB:.1f}/{found[0].total_bytes / GIB:.1f} GiB{more}"
