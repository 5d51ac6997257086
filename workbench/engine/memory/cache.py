"""Predictions that were made before, found by everything that they depend on."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache as once
from pathlib import Path
from typing import Any

import platformdirs

from workbench import choices
from workbench.engine import datasets, hashes
from workbench.engine.fetch import model_folder
from workbench.engine.memory.estimate import Machine, Prediction
from workbench.engine.versions import versions
from workbench.errors import InputError
from workbench.paths import Workspace, write_atomically
from workbench.profile import Profile

NOT_FOR_MEMORY = {
    "train": ("learning_rate", "warmup_steps", "lr_scheduler_type", "weight_decay", "seed", "save_steps", "eval_steps"),
    "model": ("name", "revision"),
}
"""Keys that change no byte: two profiles that differ in these alone share a prediction."""


def key(workspace: Workspace, profile: Profile, config: dict[str, Any], machine: Machine, quick: bool) -> str:
    """A hash over profile, model, data and machine, the libraries' versions and this package's code."""
    content = profile.model_dump()
    for section, names in NOT_FOR_MEMORY.items():
        for name in names:
            content[section].pop(name, None)
    return hashes.of_json(
        {
            "profile": content,
            "config": config,
            "model_is_here": model_folder(workspace, profile.model) is not None,
            "data": rows_id(workspace, profile),
            "machine": asdict(machine),
            "versions": versions(),
            "code": _code(),
            "quick": quick,
        }
    )


def rows_id(workspace: Workspace, profile: Profile) -> tuple[str, ...]:
    """The id of the rows, which changes with their content, and whether they are here."""
    try:
        dataset_id = datasets.resolve(workspace, profile.data)
    except InputError as error:
        return (str(error),)
    manifest = workspace.dataset(dataset_id) / "manifest.json"
    return dataset_id, hashes.of_file(manifest) if manifest.is_file() else "not here"


@once
def _code() -> str:
    """The code of this package and the rows of the tables, which say the margins."""
    folders = Path(__file__).parent, Path(choices.__file__).parent
    sources = [source for folder in folders for source in sorted(folder.glob("*.py"))]
    return hashes.of_json([hashes.of_file(source) for source in sources])


def _file(key: str) -> Path:
    return platformdirs.user_cache_path("workbench") / "memory" / f"{key}.json"


def find(key: str) -> Prediction | None:
    """The prediction that was kept under a key; None when there is none, or it cannot be read."""
    try:
        return Prediction.from_json(json.loads(_file(key).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None  # it only saves time


def keep(key: str, prediction: Prediction) -> None:
    """Keep a prediction under a key."""
    write_atomically(_file(key), json.dumps(prediction.to_json()) + "\n")
