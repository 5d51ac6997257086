"""A run's state: what its files say, folded anew by every reader."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.engine.events import Event, EventReader
from workbench.engine.locks import alive
from workbench.engine.run import Run

PENDING_S = 60.0
"""How long a launched worker may take to write its first event before it counts as lost."""


@dataclass(frozen=True)
class RunState:
    """What is known of a run at this moment.

    Args:
        status: waiting, running, finished, failed, stopped or lost.
        stage: What the worker said it is doing last.
        step: Last finished optimizer step.
        total_steps: Steps of the whole run; None until the worker knows.
        loss: Training loss of the last step; None before the first and after NaN.
        started_s: When its worker first started; None before that.
        last_s: Time of the last event.
        waited_from_s: When what it is at began: a stage, a test set, a step or a batch; None before it started.
        fields: The fields of the last event of each kind.
        reason: Why it failed or stopped.
    """

    status: str = "waiting"
    stage: str = ""
    step: int = 0
    total_steps: int | None = None
    loss: float | None = None
    started_s: float | None = None
    last_s: float | None = None
    waited_from_s: float | None = None
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    reason: str = ""


AWAITED = ("started", "stage", "asking", "step", "sample")
"""After events of these kinds one waits for the next of them."""
ENDED_BY = {"stage": ("asking", "sample"), "asking": ("sample",)}
"""Kinds of whose fields none count any more after an event of this kind: the answers of another test set."""


def fold(state: RunState, event: Event) -> RunState:
    """The state after one more event; pure."""
    kept = {kind: told for kind, told in state.fields.items() if kind not in ENDED_BY.get(event.kind, ())}
    state = replace(state, last_s=event.time_s, fields={**kept, event.kind: event.fields})
    if event.kind in AWAITED:
        state = replace(state, waited_from_s=event.time_s)
    if event.kind == "started":
        first = state.started_s if state.started_s is not None else event.time_s
        return replace(state, status="running", stage="starting", started_s=first, reason="")
    if event.kind == "stage":
        return replace(state, stage=str(event.fields.get("stage", "")))
    if event.kind == "step":
        return replace(
            state,
            step=int(event.fields["step"]),
            total_steps=event.fields.get("total_steps"),
            loss=event.fields.get("loss"),
        )
    if event.kind == "ended":
        status, reason = event.fields.get("status", "failed"), event.fields.get("reason", "")
        return replace(state, status=str(status), reason=str(reason))
    return state


def state(run: Run) -> RunState:
    """The run's state now, from its whole log and from whether its worker lives."""
    return settle(run, _folded(EventReader(run.events_file).read()))


def settle(run: Run, folded: RunState, read_on: Callable[[], RunState] | None = None) -> RunState:
    """The folded state, with a dead worker shown as lost instead of as running.

    Args:
        run: The run.
        folded: What its log says.
        read_on: Gives the state after what was logged since; by default the whole log is read anew.
    """
    if folded.status == "running" and not alive(run):
        # the worker may have ended between the reading of its log and the look at its lock
        again = read_on() if read_on else _folded(EventReader(run.events_file).read())
        if again.status != "running":
            return again
        return replace(again, status="lost", reason="the worker disappeared without a word")
    if folded.status == "waiting" and not alive(run) and _age_s(run) > PENDING_S:
        return replace(folded, status="lost", reason="the worker never started")
    return folded


def _folded(events: Iterable[Event]) -> RunState:
    current = RunState()
    for event in events:
        current = fold(current, event)
    return current


def _age_s(run: Run) -> float:
    try:
        return time.time() - run.profile_file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
