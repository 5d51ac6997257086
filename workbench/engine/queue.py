"""Evaluations one after the other: their order, progress and failures stand in a log that anybody may read.

``metrics/.queue/`` holds the log, the lock of the process that works on it, and its stop request. Whoever adds a task
appends a line and sees to it that the process lives; it ends when nothing is left to do.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.engine import evaluations
from workbench.engine.events import Event, EventLog, EventReader
from workbench.engine.launch import START_S, environment
from workbench.engine.locks import held
from workbench.errors import InputError, RunFailed
from workbench.paths import Workspace

OPEN = ("waiting", "running")
"""The states of a task that is not over; the others are finished, failed, stopped, lost and cancelled."""
_numbers = itertools.count()


@dataclass(frozen=True)
class Task:
    """One evaluation that was asked for.

    Args:
        id: Of the task.
        name: Of the run or the model.
        profile: What a model is asked; empty for the project's own sets.
        overrides: ``section.key=value``.
        status: waiting, running, finished, failed, stopped, lost or cancelled.
        run_id: The run that holds its events and answers; empty while it waits.
        verb: Of that run's worker.
        reason: Why it did not finish.
    """

    id: str
    name: str
    profile: str = ""
    overrides: tuple[str, ...] = ()
    status: str = "waiting"
    run_id: str = ""
    verb: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Queue:
    """The tasks of the present batch, in their order: once all are over, the next one that is added begins anew."""

    tasks: dict[str, Task] = field(default_factory=dict)

    @property
    def open(self) -> list[Task]:
        """Those that are not over."""
        return [task for task in self.tasks.values() if task.status in OPEN]


class Files:
    """The files of a workspace's queue."""

    def __init__(self, workspace: Workspace) -> None:
        self.folder = workspace.queue
        self.log = self.folder / "events.jsonl"
        self.lock = self.folder / "lock"
        self.stop = self.folder / "stop"
        self.worker_log = self.folder / "worker.log"


def task(
    workspace: Workspace,
    name: str,
    datasets: Sequence[str] = (),
    profile: Path | None = None,
    overrides: Iterable[str] = (),
) -> Task:
    """A task that can be added.

    Args:
        workspace: Where everything lies.
        name: A run, or a model: a row of MODELS, a hub id or a folder.
        datasets: What is asked: a model only these, a run its own test rows too; by default as its profile says.
        profile: What a model is asked, and in what form.
        overrides: ``section.key=value``; for a run only of the section ``eval``.

    Raises:
        InputError: It could not be evaluated; the message says why.
    """
    changes = [*evaluations.on_datasets(workspace, name, datasets), *overrides]
    known = evaluations.checked(workspace, name, profile, changes)
    task_id = f"{time.time_ns()}-{os.getpid()}-{next(_numbers)}"
    return Task(task_id, known, str(profile.resolve()) if profile else "", tuple(changes))


def add(workspace: Workspace, tasks: Iterable[Task]) -> None:
    """Put tasks at the end of the queue and see to it that its process works.

    Raises:
        RunFailed: The process did not start; the tasks are in the queue all the same.
    """
    files = Files(workspace)
    log = EventLog(files.log)
    for one in tasks:
        asked = {"profile": one.profile, "overrides": list(one.overrides)}
        log.append("queued", task=one.id, name=one.name, **asked)
    log.close()
    files.stop.unlink(missing_ok=True)  # it was meant for what was there before
    ensure_worker(workspace)


def read(workspace: Workspace) -> Queue:
    """The queue now."""
    queue = Queue()
    for event in EventReader(Files(workspace).log).read():
        queue = fold(queue, event)
    return queue


def fold(queue: Queue, event: Event) -> Queue:
    """The queue after one more event; pure. Lines that are not the queue's own are passed over."""
    fields, task_id = event.fields, str(event.fields.get("task", ""))
    if event.kind == "queued":
        overrides = tuple(str(one) for one in fields.get("overrides", ()))
        added = Task(task_id, str(fields.get("name", "")), str(fields.get("profile", "")), overrides)
        return Queue({**(queue.tasks if queue.open else {}), task_id: added})
    known = queue.tasks.get(task_id)
    if known is None:
        return queue
    return Queue({**queue.tasks, task_id: _after(known, event.kind, fields)})


def _after(known: Task, kind: str, fields: dict[str, Any]) -> Task:
    if kind == "begun":
        return replace(known, status="running", run_id=str(fields["run_id"]), verb=str(fields["verb"]))
    if kind == "over":
        return replace(known, status=str(fields["status"]), reason=str(fields.get("reason", "")))
    return known


def works(workspace: Workspace) -> bool:
    """Whether the process that works on the queue lives. Never called by that process."""
    return held(Files(workspace).lock)


def stop(workspace: Workspace) -> None:
    """Stop the evaluation that runs, with its answers kept, and cancel those that wait.

    Raises:
        InputError: Nothing is in the queue.
    """
    if not read(workspace).open:
        raise InputError("The queue is empty; there is nothing to stop.")
    Files(workspace).stop.touch()
    ensure_worker(workspace)


def resume(workspace: Workspace) -> None:
    """Go on with a queue whose process is gone.

    Raises:
        InputError: Nothing is in the queue, or its process lives.
    """
    if not read(workspace).open:
        raise InputError("The queue is empty; there is nothing to resume.")
    if works(workspace):
        raise InputError("The queue is being worked on; `workbench queue` shows it.")
    ensure_worker(workspace)


def ensure_worker(workspace: Workspace) -> None:
    """Start the process that works on the queue, unless one does already, and wait until it holds the lock.

    It leads a session of its own: it outlives this process, its terminal and its ssh link.

    Raises:
        RunFailed: It did not start.
    """
    if works(workspace):
        return
    files = Files(workspace)
    with files.worker_log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.engine.queue_worker", str(workspace.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment(),
        )
    threading.Thread(target=process.wait, name="reaper of the queue", daemon=True).start()
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if works(workspace) or process.poll() == 0:  # it may have had little to do
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RunFailed(f"The queue's process did not start; see {files.worker_log}.")
