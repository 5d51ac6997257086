"""What was predicted of a run's memory before it started, as its folder holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from workbench.engine.events import EventLog
from workbench.engine.run import Run


@dataclass(frozen=True)
class Predicted:
    """What was said before the run.

    Args:
        allocated_bytes: Peak of torch's allocator while training.
        reserved_bytes: What it was to hold; None where the source cannot tell.
        process_bytes: What NVML was to show for the process.
        source: "simulation" or "preview".
        error: Fraction that this source was off at most where it was measured.
        parts: What the peak is made of, in bytes.
        versions: Of the libraries that it was made with.
    """

    allocated_bytes: int
    reserved_bytes: int | None
    process_bytes: int | None
    source: str
    error: float
    parts: dict[str, int]
    versions: dict[str, str | None]


def read_prediction(run: Run) -> Predicted | None:
    """The prediction for the training stage, None where none was made.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: The file is damaged.
    """
    try:
        content = json.loads(run.prediction_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    train = content["train"]
    if train is None:
        return None
    return Predicted(
        allocated_bytes=int(train["allocated_bytes"]),
        reserved_bytes=train.get("reserved_bytes"),
        process_bytes=train.get("process_bytes"),
        source=str(train.get("source", "")),
        error=float(train.get("error") or 0.0),
        parts=dict(train.get("parts") or {}),
        versions=dict(content.get("versions") or {}),
    )


def announce(run: Run, stage: str, log: EventLog) -> Predicted | None:
    """The prediction for the training stage, told as an event; None where there is none, or a damaged one."""
    try:
        predicted = read_prediction(run)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.append("note", level="warning", text=f"prediction.json is damaged and left aside: {error!r}")
        return None
    if predicted:
        sizes: dict[str, Any] = {
            name: getattr(predicted, name) for name in ("allocated_bytes", "reserved_bytes", "process_bytes")
        }
        log.append("predicted", stage=stage, **sizes)
    return predicted
