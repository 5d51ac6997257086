"""The numbers of each step of a run as records: what ``workbench steps`` prints and the Live screen exports."""

from __future__ import annotations

import math
from typing import Any

from workbench.engine.history import STEP_KEYS, History, HistoryReader
from workbench.engine.run import Run


def step_records(run: Run) -> list[dict[str, Any]]:
    """One record a step, in their order; the last telling of a step counts. What is no number is None."""
    history, reader = History(), HistoryReader(run)
    while not history.loaded:
        history.add(reader.read(math.inf))
    told = {key: history.curve(key) for key in STEP_KEYS if len(history.curve(key))}
    by_step: dict[int, dict[str, Any]] = {}
    for key, curve in told.items():
        for x, y in zip(curve.xs, curve.ys, strict=True):
            record = by_step.setdefault(int(x), {"step": int(x), **dict.fromkeys(told)})
            record[key] = None if math.isnan(y) else y
    return [by_step[step] for step in sorted(by_step)]
