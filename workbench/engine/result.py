"""The final numbers of a run, put together from its events and its evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.engine.events import EventReader
from workbench.engine.run import Run
from workbench.paths import write_atomically
from workbench.profile import Profile

SCHEMA = 1
PREDICTED = ("predicted_allocated_bytes", "predicted_source", "deviation", "deviation_causes")


def training_record(run: Run) -> dict[str, Any] | None:
    """The ``training`` part: every step of every attempt, the last telling of a step counts; None without steps.

    ``proof`` is that of the last attempt, ``attempts`` how many workers it took, ``recoveries`` what was done again
    because it did not fit, ``validation`` as in ``validation_record``.
    """
    steps: dict[int, dict[str, Any]] = {}
    record: dict[str, Any] = {}
    recoveries: list[dict[str, Any]] = []
    looks: list[dict[str, Any]] = []
    attempts = 0
    for event in EventReader(run.events_file).read():
        if event.kind == "step":
            steps[int(event.fields["step"])] = event.fields
        elif event.kind == "trained":
            record = event.fields
        elif event.kind == "recovered":
            recoveries.append(event.fields)
        elif event.kind == "evaluated":
            looks.append(event.fields)
        elif event.kind == "started" and event.fields.get("verb") == "run":
            attempts += 1
    if not steps:
        return None
    ordered = [steps[number] for number in sorted(steps)]
    tokens = sum(step.get("tokens") or 0 for step in ordered)
    seconds = sum(step.get("seconds") or 0.0 for step in ordered)
    return {
        "steps": max(steps),
        "train_rows": record.get("train_rows"),
        "trainable_parameters": record.get("proof", {}).get("trainable_parameters"),
        "tokens": tokens,
        "wall_s": round(seconds, 3),
        "tokens_per_s": round(tokens / seconds, 1) if seconds else None,
        "first_loss": ordered[0].get("loss"),
        "last_loss": ordered[-1].get("loss"),
        "attempts": attempts,
        "recoveries": recoveries,
        "proof": record.get("proof"),
        "validation": validation_record(looks),
    }


EVALUATED = ("step", "eval_loss", "low", "high")
"""What a result keeps of a look at the validation rows."""


def standing(looks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The looks at the validation rows that count, by ascending step.

    A look at a step makes those at and after it void, which a lost attempt told.
    """
    counted: list[dict[str, Any]] = []
    for look in looks:
        while counted and counted[-1]["step"] >= look["step"]:
            counted.pop()
        counted.append(look)
    return counted


def validation_record(looks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The loss on the validation rows: the first, the lowest (best) and the last look; None when nobody looked.

    ``best`` is None when no loss was a number. ``wall_s`` is what all looks took.

    Args:
        looks: Fields of the events ``evaluated`` of all attempts, in their order.
    """
    counted = standing(looks)
    if not counted:
        return None
    numbers = [one for one in counted if one.get("eval_loss") is not None]
    best = min(numbers, key=lambda one: one["eval_loss"], default=None)
    kept = {"first": counted[0], "best": best, "last": counted[-1]}
    return {
        "n": counted[-1].get("n"),
        "n_tokens": counted[-1].get("n_tokens"),
        "evaluations": len(counted),
        **{name: one and {key: one.get(key) for key in EVALUATED} for name, one in kept.items()},
        "wall_s": round(sum(one.get("seconds") or 0.0 for one in looks), 3),
    }


def peaks(run: Run, stage: str) -> dict[str, Any]:
    """The ``memory`` part: peaks over all samples of one stage. Unknown is None, and ``reason`` says why.

    ``peak_device_delta_bytes`` is the most that was in use on the whole GPU less what others used when the worker
    started. It alone shows a paged optimizer's state; a program that starts meanwhile is in it too. ``spill_seen``
    says whether GPU memory seemed to lie in system memory.
    """
    allocator: dict[str, int] = {}
    rss, process, reason, current = 0, None, None, ""
    others, delta, spill_seen = None, None, False
    for event in EventReader(run.events_file).read():
        if event.kind == "started":
            others = None
        elif event.kind == "stage":
            current = str(event.fields["stage"])
        used = event.fields.get("device_used_bytes") if event.kind == "memory" else None
        if used is not None and others is None:
            others = used - event.fields.get("process_bytes", 0)
        if current != stage:
            continue
        if used is not None and others is not None:
            delta = max(delta or 0, used - others)
        spill_seen = spill_seen or (event.kind == "note" and event.fields.get("about") == "spill")
        if event.kind == "memory":
            rss = max(rss, event.fields.get("rss_bytes", 0))
            reason = event.fields.get("reason", reason)
            own = event.fields.get("process_bytes")
            process = process if own is None else max(process or 0, own)
        for name in ("peak_allocated_bytes", "peak_reserved_bytes"):
            if name in event.fields:
                allocator[name] = max(allocator.get(name, 0), event.fields[name])
    return {
        "peak_allocated_bytes": allocator.get("peak_allocated_bytes"),
        "peak_reserved_bytes": allocator.get("peak_reserved_bytes"),
        "peak_process_bytes": process,
        "peak_device_delta_bytes": delta,
        "peak_rss_bytes": rss or None,
        "spill_seen": spill_seen,
        "reason": reason if process is None else None,
    }


def against_prediction(run: Run) -> dict[str, Any]:
    """What ``memory`` says of the prediction, from the last event of that kind; all None where there was none."""
    told: dict[str, Any] = {}
    for event in EventReader(run.events_file).read():
        if event.kind == "deviated":
            told = event.fields
    return {name: told.get(name) for name in PREDICTED}


def write(run: Run, profile: Profile, parts: dict[str, Any]) -> None:
    """Write ``result.json``, the file that means "finished"."""
    result = {
        "schema": SCHEMA,
        "run_id": run.id,
        "name": run.id if run.is_base else profile.name,
        "method": profile.adapter.method,
        "quant": profile.quant.method,
        "adapter": profile.adapter.model_dump(),
        "seed": profile.train.seed,
        **parts,
    }
    write_atomically(run.result_file, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
