"""How fast one prompt is answered, of the runs of which it was measured: at a forced length, apart from the scores."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.engine.latencies import comparable
from workbench.engine.report.document import Bullets, Part, Section, Table
from workbench.engine.texts import NOT_AVAILABLE

Results = Mapping[str, Mapping[str, Any]]


def latencies(results: Results) -> Iterator[Section]:
    """A chapter, if any of the runs has been timed.

    Args:
        results: ``result.json`` by run id.
    """
    timed = {run_id: result["latency"] for run_id, result in results.items() if result.get("latency")}
    if not timed:
        return
    header = [
        "run",
        "prompts",
        "repeats",
        "new tokens",
        "first token",
        "first token p95",
        "token",
        "token p95",
        "under",
    ]
    rows = [[run_id, *_figures(one), _conditions(one)] for run_id, one in timed.items()]
    parts: list[Part] = [Table((header, rows), "Seconds, median with 95 % interval over prompts.", ("under",))]
    yield Section("Latency", [*parts, Bullets(list(_claims(timed)))])


def _figures(one: Mapping[str, Any]) -> list[str]:
    counts = [str(one.get(name, NOT_AVAILABLE)) for name in ("prompts", "repeats", "new_tokens")]
    times = []
    for name in ("ttft_s", "tpot_s"):
        told = one.get(name) or {}
        times += [_seconds(told, "median", ""), _seconds(told, "p95", "p95_")]
    return [*counts, *times]


def _seconds(told: Mapping[str, Any], name: str, prefix: str) -> str:
    value, low, high = (told.get(key) for key in (name, f"{prefix}low", f"{prefix}high"))
    if value is None or low is None or high is None:
        return NOT_AVAILABLE
    return f"{value:.4f} [{low:.4f}, {high:.4f}]"


def _conditions(one: Mapping[str, Any]) -> str:
    told = one.get("conditions") or {}
    shown = {name: value for name, value in told.items() if not name.endswith("sha256") and name != "versions"}
    return ", ".join(f"{name} {_plain(value)}" for name, value in shown.items())


def _plain(value: Any) -> str:
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _claims(timed: Results) -> Iterator[str]:
    yield (
        "Every answer is forced to the same length with one prompt at a time: time to the first token is reading the "
        "prompt, time per token is writing. How long answers are by themselves is in the tables above (new tokens)."
    )
    first, *others = timed
    for run_id in others:
        reasons = comparable(timed[first], timed[run_id])
        if reasons:
            yield f"{run_id} must not be ranked against {first}: {'; '.join(reasons)}."
    apart = [run_id for run_id, one in timed.items() if len(timed) > 1 and not one.get("interleaved_with")]
    if apart:
        yield f"Measured by itself, so that drift of the machine may be in it: {', '.join(apart)}."
