"""What is said of an event to whoever watches a run, on one line."""

from __future__ import annotations

import time
from typing import Any

from workbench.engine.events import Event
from workbench.engine.texts import size_text


def event_line(event: Event) -> str:
    """What is said of an event that stays on the screen; empty for those that only move the progress line."""
    fields = event.fields
    if event.kind == "stage":
        return f"stage: {fields.get('stage', '')}"
    if event.kind == "note":
        level = fields.get("level", "info")
        return f"{'' if level == 'info' else f'{level}: '}{fields.get('text', '')}"
    if event.kind == "saved":
        step = f" at step {fields['step']}" if "step" in fields else ""
        return f"saved: {fields.get('what', '')}{step}"
    if event.kind == "predicted":
        return f"predicted: {size_text(fields.get('allocated_bytes'))} of GPU memory allocated at most"
    return STAYING.get(event.kind, _nothing)(fields)


def log_line(event: Event) -> str:
    """The same for a log, with the time of day, and with beginnings, ends, steps and answers too.

    >>> import os; os.environ["TZ"] = "UTC"; time.tzset()
    >>> log_line(Event("step", 43451.0, {"step": 412, "total_steps": 2000, "loss": 1.182}))
    '12:04:11 step 412/2000  loss 1.1820'
    """
    text = event_line(event) or LINES.get(event.kind, _nothing)(event.fields)
    return f"{time.strftime('%H:%M:%S', time.localtime(event.time_s))} {text}" if text else ""


def _nothing(_: dict[str, Any]) -> str:
    return ""


def _asking(fields: dict[str, Any]) -> str:
    done, total = fields.get("done", 0), fields.get("total", 0)
    known = f", {done} are answered already" if done else ""
    return f"asking {fields.get('dataset', '')}: {total} questions{known}"


def _started(fields: dict[str, Any]) -> str:
    if "within" in fields:  # the answers of an untrained model, which the worker of another run asks for
        return f"started within {fields['within']}"
    return f"started by process {fields.get('pid', 'n/a')}"


def _step(fields: dict[str, Any]) -> str:
    loss = fields.get("loss")
    said = f"{loss:.4f}" if isinstance(loss, float | int) else "is no number"
    return f"step {fields.get('step')}/{fields.get('total_steps') or '?'}  loss {said}"


def _evaluated(fields: dict[str, Any]) -> str:
    loss = fields.get("eval_loss")
    said = f"{loss:.4f}" if isinstance(loss, float | int) else "is no number"
    return f"eval_loss {said} at step {fields.get('step')}, on {fields.get('n', 'n/a')} validation rows"


def _recovered(fields: dict[str, Any]) -> str:
    sizes = f"{fields.get('from_micro_batch')} to {fields.get('to_micro_batch')}"
    return f"out of GPU memory at step {fields.get('step')}: micro-batch {sizes}, same rows in each step"


def _sample(fields: dict[str, Any]) -> str:
    return (
        f"{fields.get('dataset', '')} {fields.get('done')}/{fields.get('total')}  "
        f"{fields.get('metric', 'score')} {fields.get('score', 'n/a')}"
    )


def _ended(fields: dict[str, Any]) -> str:
    return "  ".join(str(fields[key]) for key in ("status", "reason", "fix") if fields.get(key))


LINES = {"started": _started, "step": _step, "sample": _sample, "ended": _ended}
"""What is said of the kinds that only a log tells."""
STAYING = {"asking": _asking, "evaluated": _evaluated, "recovered": _recovered}
"""The same of kinds of which every event stays on the screen."""
