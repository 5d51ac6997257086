"""The runs that a comparison begins with when nobody names them: all that have a result and are not archived."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.engine import tags
from workbench.engine.run import Run, runs
from workbench.errors import InputError
from workbench.paths import Workspace

Stamp = tuple[tuple[str, int], ...]
"""Says whether a comparison would come out otherwise: each run with the time of its result."""


def finished(workspace: Workspace) -> list[Run]:
    """All runs with a result, the oldest first, without the archived ones."""
    return [run for run in runs(workspace) if run.result_file.exists() and not _archived(run)]


def stamp(chosen: Iterable[Run]) -> Stamp:
    """What changes when a run comes, goes or is evaluated again."""
    return tuple((run.id, _changed_ns(run)) for run in chosen)


def _archived(run: Run) -> bool:
    try:
        return tags.read(run).archived
    except InputError:  # the list of runs says that the file is damaged; a comparison can do without it
        return False


def _changed_ns(run: Run) -> int:
    try:
        return run.result_file.stat().st_mtime_ns
    except OSError:
        return 0
