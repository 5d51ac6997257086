"""The names of all runs, before anything is read of them: what a list can show in its first moment."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from workbench.paths import Workspace

STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class RunName:
    """A run's folder, taken at its name.

    Args:
        id: The folder's name.
        name: Of the profile; the id where the id holds no other.
        made_s: When the folder was made, in seconds since 1970, as the id says it; None when it does not.
    """

    id: str
    name: str
    made_s: float | None


def run_names(workspace: Workspace) -> list[RunName]:
    """Every folder that is probably a run, the newest first."""
    try:
        with os.scandir(workspace.metrics) as entries:
            ids = [entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except FileNotFoundError:
        return []
    return sorted(map(run_name, ids), key=lambda run: (run.made_s or 0.0, run.id), reverse=True)


def run_name(run_id: str) -> RunName:
    """What an id says.

    >>> run_name("20260101-120000.2-my-run").name, run_name("base-m-12345678")
    ('my-run', RunName(id='base-m-12345678', name='base-m-12345678', made_s=None))
    """
    day, _, rest = run_id.partition("-")
    clock, _, name = rest.partition("-")
    try:
        made_s = time.mktime(time.strptime(f"{day}-{clock.partition('.')[0]}", STAMP))
    except ValueError:
        return RunName(run_id, run_id, None)
    return RunName(run_id, name or run_id, made_s)
