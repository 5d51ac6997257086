"""Tail a run: every event, and the state after it, until the run has ended."""

from __future__ import annotations

import time
from collections.abc import Iterator

from workbench.engine.events import Event, EventReader
from workbench.engine.run import Run
from workbench.engine.run_state import RunState, fold, settle

ENDED = ("finished", "failed", "stopped", "lost")


def follow(run: Run, poll_s: float = 0.25) -> Iterator[tuple[Event | None, RunState]]:
    """Every event with the state after it, then None with the state at each poll.

    Ends once the run is finished, failed, stopped or lost.

    Args:
        run: The run; its log need not be there yet.
        poll_s: Pause between two looks at the log, in seconds.
    """
    reader = EventReader(run.events_file)
    current = RunState()
    while True:
        for event in reader.read():
            current = fold(current, event)
            yield event, current
        settled = settle(run, current)
        if settled.status == "lost":  # what it wrote last may not be folded yet
            for event in reader.read():
                current = fold(current, event)
                yield event, current
            settled = settle(run, current)
        yield None, settled
        if settled.status in ENDED:
            return
        time.sleep(poll_s)
