"""A run is a folder; its state is what its files say, folded anew by every reader."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench import profile as profiles
from workbench.engine.events import Event, EventReader
from workbench.errors import InputError, RunStopped, nearest
from workbench.paths import Workspace, write_atomically
from workbench.profile import Profile

PENDING_S = 60.0
"""How long a launched worker may take to write its first event before it counts as lost."""

LOCK_TRIES = 10

BASE = "base-"
"""How the ids of evaluations of untrained models begin."""


@dataclass(frozen=True)
class Run:
    """A run's folder and the names of the files in it."""

    workspace: Workspace
    id: str

    @property
    def is_base(self) -> bool:
        """Whether it holds the answers of an untrained model."""
        return self.id.startswith(BASE)

    @cached_property  # lists of thousands ask again and again
    def folder(self) -> Path:
        """metrics/<run-id>/"""
        return self.workspace.run(self.id)

    @property
    def artifacts(self) -> Path:
        """models/<run-id>/"""
        return self.workspace.artifacts(self.id)

    @property
    def profile_file(self) -> Path:
        """The frozen profile; written before the run's folder counts as a run."""
        return self.folder / "profile.toml"

    @property
    def events_file(self) -> Path:
        """The append-only log."""
        return self.folder / "events.jsonl"

    @property
    def samples_file(self) -> Path:
        """One line for each evaluated prompt."""
        return self.folder / "samples.jsonl"

    @property
    def lock_file(self) -> Path:
        """Held by the worker for as long as it lives."""
        return self.folder / "lock"

    @property
    def stop_file(self) -> Path:
        """Its presence asks the worker to checkpoint and stop."""
        return self.folder / "stop"

    @property
    def checkpoint_file(self) -> Path:
        """Its presence asks the worker for a checkpoint after the step that it is at."""
        return self.folder / "checkpoint"

    @property
    def tags_file(self) -> Path:
        """What a user noted about the run: tags, and whether it is archived."""
        return self.folder / "tags.json"

    @property
    def audit_file(self) -> Path:
        """What the audit found in the training rows."""
        return self.folder / "audit.json"

    @property
    def receipt_file(self) -> Path:
        """Versions, hardware, hashes and seeds."""
        return self.folder / "receipt.json"

    @property
    def log_file(self) -> Path:
        """What the worker and its libraries print."""
        return self.folder / "worker.log"

    @property
    def prediction_file(self) -> Path:
        """The peak memory predicted before the start: ``train`` and ``evaluate`` estimates, and ``versions``."""
        return self.folder / "prediction.json"

    @property
    def result_file(self) -> Path:
        """The final numbers; written last."""
        return self.folder / "result.json"

    @property
    def adapter(self) -> Path:
        """Folder of the trained adapter (or of the whole model after full fine-tuning)."""
        return self.artifacts / "adapter"

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints."""
        return self.artifacts / "checkpoints"

    def profile(self) -> Profile:
        """The frozen profile."""
        text = self.profile_file.read_text(encoding="utf-8")
        frozen = profiles.parse(text, name="frozen", where=str(self.profile_file))
        return frozen.model_copy(update={"name": self.id if self.is_base else self.id.split("-", 2)[-1]})

    def result(self) -> dict[str, Any] | None:
        """What ``result.json`` holds, None while the run has none."""
        if not self.result_file.exists():
            return None
        result: dict[str, Any] = json.loads(self.result_file.read_text(encoding="utf-8"))
        return result


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


def alive(run: Run) -> bool:
    """Whether a worker holds the run's lock. Never called by the worker itself."""
    return held(run.lock_file)


def held(lock_file: Path) -> bool:
    """Whether another process holds a lock. Whoever looks shares it with others who look at the same moment."""
    try:
        descriptor = os.open(lock_file, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


@contextmanager
def locked(run: Run, should_stop: Callable[[], bool]) -> Iterator[None]:
    """Hold another run's lock; waits for a worker that is at it.

    Raises:
        RunStopped: Somebody asked meanwhile.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(run.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while not _try_lock(descriptor):
            if should_stop():
                raise RunStopped(f"stopped while another worker was evaluating {run.id}")
            time.sleep(1.0)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.lockf(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def take_lock(lock_file: Path) -> int | None:
    """Hold a lock until this process ends or closes the descriptor; None when another one holds it.

    A viewer that looks whether the lock is free holds it for a moment, so it is tried more than once.
    """
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(LOCK_TRIES):
        if _try_lock(descriptor):
            return descriptor
        time.sleep(0.05)
    os.close(descriptor)
    return None


def create(workspace: Workspace, profile: Profile) -> Run:
    """A new run folder that holds the frozen profile.

    Raises:
        OSError: The folder cannot be written.
    """
    workspace.metrics.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", profile.name).strip("-.") or "run"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for suffix in ("", *(f".{n}" for n in range(2, 1000))):
        run = Run(workspace, f"{stamp}{suffix}-{name}")
        try:
            run.folder.mkdir()
        except FileExistsError:
            continue
        try:
            write_atomically(run.profile_file, profiles.dump(profile))
        except OSError:
            run.folder.rmdir()
            raise
        return run
    raise InputError(f"{workspace.metrics}: a thousand runs within one second.")


def runs(workspace: Workspace) -> list[Run]:
    """All runs, the oldest first."""
    if not workspace.metrics.is_dir():
        return []
    names = sorted(path.parent.name for path in workspace.metrics.glob("*/profile.toml"))
    return [Run(workspace, name) for name in names]


def find(workspace: Workspace, name: str) -> Run:
    """The run with that id, or the newest of the profile with that name; "last" is the newest of all.

    Raises:
        InputError: There is none; the message names the nearest.
    """
    known = runs(workspace)
    ids = [run.id for run in known]
    if name in ids:
        return Run(workspace, name)
    trained = [run for run in known if not run.is_base]
    if name == "last" and trained:
        return trained[-1]
    matching = [run for run in known if run.id.endswith(f"-{name}") or run.id.startswith(name)]
    if matching:
        return matching[-1]
    if not known:
        raise InputError(f'There is no run "{name}": {workspace.metrics} has none yet.')
    raise InputError(f'There is no run "{name}". {nearest(name, ids)}')
