"""In what two results of one block may differ on purpose: it needs saying. What must be equal is in ``pairing``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.engine.compared_run import ComparedRun
from workbench.engine.latencies import comparable

SAYING = {
    "template_sha256": "chat template",
    "system_sha256": "system turn",
    "dtype": "dtype",
    "attn_implementation": "attention backend",
    "batch_tokens": "batch size",
    "fewshot_as_multiturn": "form of its few-shot examples",
}
"""Facts that may differ on purpose, and then part of a difference may be theirs."""


def differences_to_say(group: Sequence[ComparedRun], dataset: str) -> Iterator[str]:
    """A sentence for each fact in which results of one block differ, as far as they record it."""
    sizes = {run.id: run.entries[dataset]["n"] for run in group}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{n} in {run_id}" for run_id, n in sizes.items())
        yield f"{dataset}: the rows stand on different numbers of answers ({told})"
    yield from _judges(group, dataset)
    for run in group:
        numerics = run.entries[dataset].get("numerics") or {}
        if numerics.get("flips"):
            told = f"{numerics['flips']} of {numerics['flip_n']} answers of {run.id}"
            yield f"{dataset}: {told} are others when asked alone: so much of a difference may be rounding"
    for fact, name in SAYING.items():
        known = {run.id: found for run in group if (found := _fact(run, dataset, fact)) is not None}
        if len(set(known.values())) > 1:
            yield f"{dataset}: not all rows have the same {name}; part of a difference may be its"


def _judges(group: Sequence[ComparedRun], dataset: str) -> Iterator[str]:
    """Which scores stand on a library's judgement, and on which version of it."""
    versions = {run.id: told for run in group if (told := _libraries(run.entries[dataset]))}
    if len(set(versions.values())) > 1:
        told = ", ".join(f"{one} in {run_id}" for run_id, one in versions.items())
        yield f"{dataset}: expressions were judged by different versions ({told}); part of a difference may be theirs"
    for run in group:
        rules = run.entries[dataset].get("judged_by")
        count = rules.get("math_verify") if isinstance(rules, dict) else None
        if count:
            yield f"{dataset}: {count} of {run.entries[dataset]['n']} answers of {run.id} were judged by math-verify"


def _libraries(entry: Mapping[str, Any]) -> str:
    told = entry.get("libraries")
    return ", ".join(f"{name} {version}" for name, version in sorted(told.items())) if isinstance(told, dict) else ""


def latencies_to_say(shown: Sequence[ComparedRun], baseline: str) -> Iterator[str]:
    """Which latencies must not be ranked against that of the baseline, or of the first that was timed, and why."""
    timed = sorted((run for run in shown if run.latency), key=lambda run: run.id != baseline)
    for run in timed[1:]:
        reasons = comparable(timed[0].latency, run.latency)
        if reasons:
            yield f"latencies of {run.id} and {timed[0].id} must not be ranked: {'; '.join(reasons)}"


def _fact(run: ComparedRun, dataset: str, fact: str) -> Any:
    """What an evaluation records of itself; else what the run does."""
    numerics = run.entries[dataset].get("numerics") or {}
    return numerics.get({"attn_implementation": "attn"}.get(fact, fact), run.asked.get(fact))
