"""Content hashes: what a cached number depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.paths import Workspace, write_atomically

WEIGHTS = ("*.safetensors", "config.json", "generation_config.json", "adapter_config.json")
TOKENIZER = ("tokenizer*.json", "tokenizer.model", "vocab.*", "merges.txt", "special_tokens_map.json", "*.jinja")


def of_json(value: Any) -> str:
    """The sha256 of a JSON value, the same for equal values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def of_text(text: str) -> str:
    """The sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def of_file(path: Path) -> str:
    """The sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_weights(workspace: Workspace, folder: Path, patterns: Sequence[str] = WEIGHTS) -> str:
    """The sha256 over the weights and configs in a model's or an adapter's folder, or over other files there.

    Each file is read once; afterwards its size and time of change stand for its content.
    """
    memory = workspace.models / ".hashes.json"
    known = _load(memory)
    files = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    hashes = {}
    for path in files:
        stat = path.stat()
        key = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ino}"
        known[key] = hashes[path.name] = known.get(key) or of_file(path)
    write_atomically(memory, json.dumps(known, indent=0))
    return of_json(hashes)


def _load(memory: Path) -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads(memory.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # it only saves time
    return known
