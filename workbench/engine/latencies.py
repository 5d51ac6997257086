"""Latencies of runs: measured in turns by one process, kept in their results, and never ranked across conditions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.engine.launch import call
from workbench.engine.run import Run
from workbench.errors import InputError
from workbench.paths import write_atomically

REPEATS = 3
NEW_TOKENS = 64
CONDITIONS = {
    "dtype": "dtypes",
    "attn_implementation": "attention backends",
    "device": "devices",
    "clocks": "clock states",
    "path": "ways of decoding",
    "versions": "library versions",
    "prompts_sha256": "prompts",
}
"""What must be equal, and how a sentence calls it. A quantized model may be ranked: it is what is compared."""


def measure(
    runs: Sequence[Run],
    repeats: int = REPEATS,
    new_tokens: int = NEW_TOKENS,
    on_event: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, dict[str, Any]]:
    """The latency of each run by id, several taken in turns; each is written into its run's result too.

    Raises:
        InputError: A run has no result, or the same run is named twice.
    """
    if len({run.id for run in runs}) < len(runs):
        raise InputError("Name each run once.")
    for run in runs:
        if not run.result_file.exists():
            raise InputError(f"{run.id} has no result yet; its latency would have nowhere to stand.")
    arguments = {
        "workspace": str(runs[0].workspace.root),
        "run_ids": [run.id for run in runs],
        "repeats": repeats,
        "new_tokens": new_tokens,
    }
    found: dict[str, dict[str, Any]] = call("latency", arguments, on_event)
    for run in runs:
        result = {**(run.result() or {}), "latency": found[run.id]}
        write_atomically(run.result_file, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return found


def comparable(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Why two latencies must not be ranked against each other, in sentences; nothing when they may.

    Args:
        one: ``latency`` of a result.
        other: The same of another.
    """
    first, second = one["conditions"], other["conditions"]
    reasons = [
        f"they were taken with different {name} ({_text(first.get(key))} and {_text(second.get(key))})"
        for key, name in CONDITIONS.items()
        if first.get(key) != second.get(key)
    ]
    if one["new_tokens"] != other["new_tokens"]:
        reasons.append(f"their answers have {one['new_tokens']} and {other['new_tokens']} tokens")
    return reasons


def _text(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "free"
    return str(value)[:40]
