"""What is wrong with the model that a profile names: no such name, an incomplete folder, no room for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from workbench.choices.adapters import FullOptions
from workbench.choices.models import MODELS
from workbench.engine.fetch import model_folder
from workbench.errors import Problem, nearest
from workbench.paths import Workspace
from workbench.profile import Profile

HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Linear layers of every row of MODELS."""
WEIGHTS = ("*.safetensors",)
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")
HALF_BYTES = 2
"""Bytes of a weight on disk, in bfloat16 or float16."""
GIB = 2**30


def check_model(profile: Profile, workspace: Workspace) -> Iterator[Problem]:
    """Problems of [model], of the adapted layers and of the disk; ``where`` is the key alone."""
    options = profile.model
    folder = model_folder(workspace, options)
    if folder is not None:
        yield from _folder(folder, profile)
    else:
        yield from _name(options.name, workspace)
    yield from _revision(profile, workspace)
    yield from _targets(profile)
    yield from _disk(profile, workspace, fetched=folder is not None)
    if options.trust_remote_code:
        yield Problem("model.trust_remote_code", "Python code that comes with the model will run.", fatal=False)


def _local(name: str, workspace: Workspace) -> Path:
    path = Path(name).expanduser()
    return path if path.is_absolute() else workspace.root / path


def _name(name: str, workspace: Workspace) -> Iterator[Problem]:
    """A name that no usable folder stands behind."""
    path = _local(name, workspace)
    if name in MODELS:
        return
    if path.is_dir():
        yield Problem("model.name", f"{path} is no model: it has no config.json.")
    elif name.startswith((".", "/", "~")) or name.count("/") > 1:
        yield Problem("model.name", f"there is no folder {path}.")
    elif not HUB_ID.fullmatch(name):
        fix = f"{nearest(name, MODELS)} A hub id looks like Qwen/Qwen3-0.6B."
        yield Problem("model.name", f'there is no model "{name}".', fix)


def _folder(folder: Path, profile: Profile) -> Iterator[Problem]:
    """What a folder with a config.json lacks."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield Problem("model.name", f"{folder / 'config.json'} cannot be read: {error}.")
        return
    if not any(any(folder.glob(pattern)) for pattern in WEIGHTS):
        yield Problem("model.name", f"{folder} has no weights: no file that ends in .safetensors.")
    if not any((folder / name).exists() for name in TOKENIZERS):
        yield Problem("model.name", f"{folder} has no tokenizer: none of {', '.join(TOKENIZERS)}.")
    elif not _has_template(folder):
        yield Problem(
            "model.name",
            f"{folder} has no chat template, so rows cannot be rendered as the model will be asked.",
            "Put chat_template.jinja of the model's instruct version into the folder.",
        )
    yield from _length(config, profile)


def _has_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").exists() or (folder / "chat_template.json").exists():
        return True
    try:
        config: dict[str, Any] = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False  # nothing there that could hold one
    return bool(config.get("chat_template"))


def _length(config: dict[str, Any], profile: Profile) -> Iterator[Problem]:
    limit = config.get("max_position_embeddings")
    if isinstance(limit, int) and profile.train.max_length > limit:
        yield Problem(
            "train.max_length",
            f"{profile.train.max_length} tokens are more than the model can read ({limit}).",
            f"Set train.max_length = {limit} or less.",
        )


def _revision(profile: Profile, workspace: Workspace) -> Iterator[Problem]:
    options = profile.model
    if options.revision != "main" and (_local(options.name, workspace) / "config.json").exists():
        yield Problem(
            "model.revision",
            f'"{options.revision}" has no effect: {options.name} is a folder and is used as it is.',
            fatal=False,
        )


def _targets(profile: Profile) -> Iterator[Problem]:
    targets = getattr(profile.adapter, "target_modules", None)
    if not isinstance(targets, list):
        return
    if not targets:
        fix = f'Name some of {", ".join(LINEAR)}, or set "all-linear".'
        yield Problem("adapter.target_modules", "the list is empty, so nothing would be trained.", fix)
    if profile.model.name in MODELS:
        for name in targets:
            if name.rpartition(".")[2] not in (*LINEAR, "lm_head"):
                what = f'{profile.model.name} has no linear layer "{name}".'
                yield Problem("adapter.target_modules", what, nearest(name, LINEAR))


def _disk(profile: Profile, workspace: Workspace, fetched: bool) -> Iterator[Problem]:
    """Room for the model and, after full fine-tuning, for what was trained; sizes only of rows of MODELS."""
    row = MODELS.get(profile.model.name)
    if row is None:
        return
    one_copy = row.parameters * HALF_BYTES
    trained = isinstance(profile.adapter, FullOptions) and profile.train.max_steps != 0
    needed = one_copy * ((0 if fetched else 1) + (1 if trained else 0))
    free = psutil.disk_usage(str(workspace.root)).free
    if needed > free:
        yield Problem(
            "model.name",
            f"{row.name} needs {needed / GIB:.1f} GiB on the disk of {workspace.root}, which has {free / GIB:.1f} GiB "
            "free.",
            "Make room, or give another place with --workspace.",
        )
