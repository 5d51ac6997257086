"""What the header says of the machine: GPU memory and how many runs are running, read in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.paths import Workspace

PERIOD_S = 2.0
GIB = 2**30


@dataclass(frozen=True)
class Status:
    """One look at the machine.

    Args:
        gpu: Memory of the first GPU for people, or why there is none.
        running: Ids of the runs whose worker lives.
    """

    gpu: str = ""
    running: tuple[str, ...] = ()

    def text(self) -> str:
        """Both on one line.

        >>> Status("no GPU", ("a",)).text()
        'no GPU · 1 running'
        """
        return " · ".join(part for part in (self.gpu, f"{len(self.running)} running") if part)


def look(workspace: Workspace) -> Status:
    """The state of the machine now. Slow the first time: it loads the library that talks to the driver."""
    return Status(gpu_text(), running(workspace))


def running(workspace: Workspace) -> tuple[str, ...]:
    """Ids of the runs whose worker holds its lock."""
    from workbench.engine.run import alive, runs

    return tuple(run.id for run in runs(workspace) if alive(run))


def gpu_text() -> str:
    """``GPU 0 18.2/80.0 GiB``, with the number of others; "no GPU" where the driver shows none."""
    from workbench.engine.doctor import gpus

    found, _ = gpus()
    if not found:
        return "no GPU"
    more = f" +{len(found) - 1}" if len(found) > 1 else ""
    return f"GPU 0 {found[0].used_bytes / GIB:.1f}/{found[0].total_bytes / GIB:.1f} GiB{more}"
