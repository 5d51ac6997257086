"""All runs of a workspace as rows of a list, looked at again and again at little cost."""

from __future__ import annotations

import json
import math
import os
import time
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine import tags
from workbench.engine.events import EventReader
from workbench.engine.glance import Curve, glance
from workbench.engine.run import Run
from workbench.engine.run_state import RunState, fold, settle
from workbench.errors import WorkbenchError
from workbench.paths import Workspace

DAMAGED = "damaged"
"""The status of a run whose log cannot be read."""
FRESH_NS = 1_000_000_000
"""A folder that changed so short a time ago is looked at again: clocks of file systems tick slowly."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, WorkbenchError)
"""What reading a damaged file raises."""
Frozen = tuple[str, dict[str, Any], str, str]
"""Model, [adapter], quantization method, and the kind of the run."""


@dataclass(frozen=True)
class RunRow:
    """One run in a list.

    Args:
        id: Of the run.
        name: Of its profile; the id for the answers of an untrained model.
        kind: "train", "base" (answers of an untrained model), "evaluation" (of a model, on request) or "imported"
            (another tool's result); empty when the profile cannot be read, as the next four are.
        model: Name of the base model.
        method: Name of the adapter method, "none" where nothing is trained.
        method_label: The same for people, with the rank.
        quant: Name of the quantization method.
        quant_label: The same for people.
        status: waiting, running, finished, failed, stopped, lost or damaged.
        stage: What the worker said it is doing last.
        step: Last finished optimizer step.
        total_steps: Steps of the whole run; None when unknown.
        loss: Training loss of the last step; None before the first and after NaN.
        losses: Some losses, evenly spread over the steps so far, the last one included; None is no number.
        started_s: When its worker first started, in seconds since 1970; None before that.
        last_s: Time of its last event.
        tags: Given by the user.
        archived: Whether lists leave it out unless they are asked for all.
        reason: Why it failed, stopped or is lost.
        problem: Which of its files cannot be read, and why; empty for none.
    """

    id: str
    name: str = ""
    kind: str = ""
    model: str = ""
    method: str = ""
    method_label: str = ""
    quant: str = ""
    quant_label: str = ""
    status: str = DAMAGED
    stage: str = ""
    step: int = 0
    total_steps: int | None = None
    loss: float | None = None
    losses: tuple[float | None, ...] = ()
    started_s: float | None = None
    last_s: float | None = None
    tags: tuple[str, ...] = ()
    archived: bool = False
    reason: str = ""
    problem: str = ""

    def age_s(self, now_s: float) -> float | None:
        """Seconds since its worker first started; None before that."""
        return None if self.started_s is None else max(0.0, now_s - self.started_s)


class Board:
    """The runs of a workspace. One thread at a time may refresh it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._watched: dict[str, _Watched] = {}

    def refresh(self) -> list[RunRow]:
        """All runs, the newest first; archived ones too. Files that did not change are not read again."""
        names = _folders(self._workspace.metrics)
        for gone in self._watched.keys() - names:
            del self._watched[gone]
        for name in names - self._watched.keys():
            self._watched[name] = _Watched(Run(self._workspace, name))
        rows = (watched.refresh() for watched in self._watched.values())
        shown = [row for row in rows if row is not None]
        return sorted(shown, key=_newest, reverse=True)


def _newest(row: RunRow) -> tuple[float, str]:
    """What rows are sorted by: a run that waits for its worker has just been made."""
    begun_s = math.inf if row.status == "waiting" else row.last_s or 0.0
    return begun_s if row.started_s is None else row.started_s, row.id


def _folders(metrics: Path) -> set[str]:
    try:
        with os.scandir(metrics) as entries:
            return {entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()}
    except FileNotFoundError:
        return set()


class _Watched:
    """One run's folder: what was read of it, and when it must be looked at again."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._files = (run.folder, run.events_file)
        self._stamp: list[tuple[int, int]] = []
        self._is_fresh = False
        self._row: RunRow | None = None
        self._facts: dict[str, Any] = {}
        self._state: RunState | None = None
        self._curve = Curve()
        self._reader = EventReader(run.events_file)

    def refresh(self) -> RunRow | None:
        """Its row now; None while the folder holds no run."""
        stamp = [_changed(path) for path in self._files]
        live = self._row is None or self._row.status in ("waiting", "running")
        if stamp == self._stamp and not (live or self._is_fresh):
            return self._row
        self._stamp = stamp
        self._is_fresh = time.time_ns() - stamp[0][0] < FRESH_NS
        try:
            self._row = self._read()
        except UNREADABLE as error:
            self._state = None  # begin anew once the files have changed
            self._row = RunRow(self._run.id, self._run.id, problem=_why(self._run.events_file, error))
        return self._row

    def _read(self) -> RunRow | None:
        if not (self._run.profile_file.exists() or self._run.events_file.exists()):
            return None  # being made at this moment, or no run
        now = settle(self._run, self._read_on(), self._read_on)
        row = RunRow(
            self._run.id,
            self._run.id,
            status=now.status,
            stage=now.stage,
            step=now.step,
            total_steps=None if now.total_steps is None else int(now.total_steps),
            loss=None if now.loss is None else float(now.loss),
            started_s=None if now.started_s is None else float(now.started_s),
            last_s=None if now.last_s is None else float(now.last_s),
            reason=now.reason,
        )
        return self._with_tags(self._with_facts(self._with_losses(row)))

    def _read_on(self) -> RunState:
        """The state after what was logged since; begins with a glance."""
        if self._state is None:
            seen = glance(self._run.events_file)
            self._state, self._curve = seen.state, seen.curve
            self._reader = EventReader(self._run.events_file, seen.offset)
        for event in self._reader.read():
            self._state = fold(self._state, event)
            if event.kind == "step":
                self._curve.add(event)
        return self._state

    def _with_losses(self, row: RunRow) -> RunRow:
        points = self._curve.points
        last = (row.loss,) if row.step and (not points or points[-1][0] < row.step) else ()
        return replace(row, losses=(*(loss for _, loss in points), *last))

    def _with_facts(self, row: RunRow) -> RunRow:
        """With what the profile says; a finished run's result says the same, and is read much faster than TOML."""
        if row.status == "finished" and not self._facts and self._run.result_file.exists():
            try:
                self._facts = _facts(self._run, _from_result(self._run.result_file))
            except UNREADABLE as error:
                row = replace(row, problem=_why(self._run.result_file, error))
        try:
            self._facts = self._facts or _facts(self._run, _from_profile(self._run.profile_file))
        except UNREADABLE as error:
            return replace(row, problem=_why(self._run.profile_file, error))
        return replace(row, **self._facts)

    def _with_tags(self, row: RunRow) -> RunRow:
        try:
            noted = tags.read(self._run)
        except UNREADABLE as error:
            return replace(row, problem=_why(self._run.tags_file, error))
        return replace(row, tags=noted.tags, archived=noted.archived)


def _changed(path: Path) -> tuple[int, int]:
    try:
        seen = path.stat()
    except OSError:
        return 0, 0
    return seen.st_mtime_ns, seen.st_size


def _why(path: Path, error: BaseException) -> str:
    return str(error) if isinstance(error, WorkbenchError) else f"{path} is damaged ({error!r})"


def _from_result(path: Path) -> Frozen:
    result = json.loads(path.read_bytes())
    return result["model"]["name"], result["adapter"], result["quant"], result["kind"]


def _from_profile(path: Path) -> Frozen:
    frozen = tomllib.loads(path.read_text(encoding="utf-8"))
    kind = "train" if frozen["train"]["max_steps"] != 0 else "evaluation"
    return frozen["model"]["name"], frozen["adapter"], frozen["quant"]["method"], kind


def _facts(run: Run, frozen: Frozen) -> dict[str, Any]:
    """What a row says of the run's profile."""
    model, adapter, quant, kind = frozen
    kind = "base" if run.is_base else kind
    return {
        "name": run.id if run.is_base else run.id.split("-", 2)[-1],
        "kind": kind,
        "model": str(model),
        "method": str(adapter["method"]) if kind == "train" else "none",
        "method_label": _method_label(adapter) if kind == "train" else "imported" if kind == "imported" else "base",
        "quant": str(quant),
        "quant_label": QUANTIZERS[quant].label if quant in QUANTIZERS else str(quant),
    }


def _method_label(adapter: dict[str, Any]) -> str:
    method = str(adapter["method"])
    label = ADAPTERS[method].label if method in ADAPTERS else method
    return f"{label} r{adapter['r']}" if adapter.get("r") else label
