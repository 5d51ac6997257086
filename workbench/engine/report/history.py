"""What a run's log tells over time: its loss by step, its memory by second."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from workbench.engine.events import EventReader
from workbench.engine.result import standing
from workbench.engine.run import Run

KINDS = {
    "peak_allocated_bytes": "allocated by torch, peak so far",
    "peak_reserved_bytes": "reserved by torch, peak so far",
    "process_bytes": "of the process on the GPU",
    "rss_bytes": "of the process in main memory (RSS)",
}


@dataclass(frozen=True)
class History:
    """One run over time.

    Args:
        losses: (step, loss), ascending; a step that was told again after a resume has its last loss.
        eval_losses: The same on the validation rows; empty without any.
        memory: (seconds since the start, bytes) by kind.
        stages: (seconds since the start, name).
    """

    losses: list[tuple[float, float]]
    eval_losses: list[tuple[float, float]]
    memory: dict[str, list[tuple[float, float]]]
    stages: list[tuple[float, str]]


def history(run: Run) -> History:
    """What the log says; nothing of what it does not hold."""
    losses: dict[float, float] = {}
    looks: list[dict[str, Any]] = []
    memory: dict[str, list[tuple[float, float]]] = {label: [] for label in KINDS.values()}
    stages: list[tuple[float, str]] = []
    start: float | None = None
    for event in EventReader(run.events_file).read():
        start = event.time_s if start is None else start
        second = event.time_s - start
        step = event.fields.get("step")
        if event.kind == "step" and isinstance(step, int):
            losses[step] = _number(event.fields.get("loss"))
        elif event.kind == "evaluated" and isinstance(step, int):
            looks.append(event.fields)
        elif event.kind == "stage":
            stages.append((second, str(event.fields.get("stage"))))
        for name, label in KINDS.items():
            if isinstance(event.fields.get(name), int):
                memory[label].append((second, float(event.fields[name])))
    by_kind = {label: points for label, points in memory.items() if points}
    eval_losses = {look["step"]: _number(look.get("eval_loss")) for look in standing(looks)}
    return History(_finite(losses), _finite(eval_losses), by_kind, stages)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _finite(losses: dict[float, float]) -> list[tuple[float, float]]:
    return [(step, loss) for step, loss in sorted(losses.items()) if math.isfinite(loss)]
