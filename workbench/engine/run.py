"""A run is a folder: the names of the files in it, how it is made and how it is found."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench import profile as profiles
from workbench.errors import InputError, nearest
from workbench.paths import Workspace, write_atomically
from workbench.profile import Profile

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
