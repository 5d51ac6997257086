"""Keep an imported result as a run folder of kind "imported", which everything that reads runs can read."""

from __future__ import annotations

import json
import re
import shutil
from typing import Any

from workbench import profile as profiles
from workbench.engine import hashes
from workbench.engine.compared_run import IMPORTED
from workbench.engine.events import SCHEMA, EventLog
from workbench.engine.imports.foreign import Foreign, Scores, text
from workbench.engine.result import SCHEMA as RESULT_SCHEMA
from workbench.engine.run import Run, create, runs
from workbench.paths import Workspace, write_atomically

UNKNOWN_MEMORY = {
    "peak_allocated_bytes": None,
    "peak_reserved_bytes": None,
    "peak_process_bytes": None,
    "peak_rss_bytes": None,
    "reason": "imported: measured by another tool, if at all",
}
UNKNOWN_SPEED = {"wall_s": None, "new_tokens_per_s": None, "prompts_per_s": None, "latency_s": None}


def keep(workspace: Workspace, found: Foreign) -> tuple[Run, bool]:
    """The run folder that holds a result, and whether it is new: what a file says is imported once.

    Raises:
        OSError: The folder cannot be written; nothing is left behind.
    """
    sha256 = hashes.of_file(found.file)
    known = _known(workspace, _identity(found, sha256))
    if known:
        return known, False
    run = create(workspace, _profile(found))
    try:
        _write(run, found, sha256)
    except BaseException:
        shutil.rmtree(run.folder, ignore_errors=True)
        raise
    return run, True


def slug(name: str) -> str:
    """A name that can stand in a path: letters, digits, dots and dashes, at most 60 of them.

    >>> slug("../../etc/passwd; rm -rf"), slug("Qwen/Qwen3-8B"), slug("///")
    ('etc-passwd-rm--rf', 'Qwen-Qwen3-8B', 'result')
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:60].strip("-./") or "result"


def _profile(found: Foreign) -> profiles.Profile:
    """Names what was measured, so that lists can show it; it trains and asks nothing."""
    tree = {"name": text(found.model) or "unknown"}, {"dataset": slug(found.scores[0].dataset)}
    model, data = (json.dumps(part).replace('": ', '" = ').strip("{}") for part in tree)
    body = f"[model]\n{model}\n[data]\n{data}\n[train]\nmax_steps = 0\n[eval]\nenabled = false\n"
    return profiles.parse(body, name=f"imported-{slug(found.name)}", where=str(found.file))


def _identity(found: Foreign, sha256: str) -> str:
    """The same for the same file with the same files beside it: samples may have come since, or golds."""
    said = [[scores.dataset, scores.metrics, len(scores.samples)] for scores in found.scores]
    return hashes.of_json([sha256, found.name, said])


def _known(workspace: Workspace, identity: str) -> Run | None:
    for run in runs(workspace):
        try:
            result = run.result() or {}
            if result.get("kind") == IMPORTED and result["imported"]["identity"] == identity:
                return run
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # a damaged result is somebody else's problem here
    return None


def _write(run: Run, found: Foreign, sha256: str) -> None:
    log = EventLog(run.events_file)
    log.append("started", schema=SCHEMA, verb="import")
    keys = {scores.dataset: hashes.of_json([sha256, found.name, scores.dataset]) for scores in found.scores}
    samples = [
        {"dataset": scores.dataset, "task": scores.task, "key": keys[scores.dataset], **sample}
        for scores in found.scores
        for sample in scores.samples
    ]
    lines = "".join(json.dumps(sample, ensure_ascii=False, allow_nan=False) + "\n" for sample in samples)
    write_atomically(run.samples_file, lines)
    result = _result(run, found, sha256, keys)
    write_atomically(run.result_file, json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    log.append("ended", status="finished")
    log.close()


def _result(run: Run, found: Foreign, sha256: str, keys: dict[str, str]) -> dict[str, Any]:
    return {
        "schema": RESULT_SCHEMA,
        "run_id": run.id,
        "name": found.name,
        "kind": IMPORTED,
        "method": found.method,
        "quant": found.quant,
        "adapter": None,
        "seed": None,
        "model": {"name": found.model, "weights_sha256": None, "parameters": None, "dtype": None},
        "training": None,
        "memory": UNKNOWN_MEMORY,
        "evaluation": {scores.dataset: _entry(scores, keys[scores.dataset]) for scores in found.scores},
        "base_run_id": None,
        "versions": dict(found.versions),
        "device": {"type": "unknown", "name": found.device},
        "imported": {
            "origin": found.origin,
            "file": text(found.file.name, longest=200),
            "sha256": sha256,
            "identity": _identity(found, sha256),
            "trained": found.trained,
            "asked": dict(found.asked),
            "caveats": list(found.caveats),
        },
    }


def _entry(scores: Scores, key: str) -> dict[str, Any]:
    return {
        "task": scores.task,
        "protocol": scores.protocol,
        "protocol_key": key,
        "answer_format": "as imported",
        "max_new_tokens": None,
        "dataset_sha256": "",
        "n": len(scores.samples) or scores.n,
        "metrics": scores.metrics,
        "health": scores.health,
        "legacy": scores.legacy,
        "floors": scores.floors,
        "speed": UNKNOWN_SPEED,
        "memory": UNKNOWN_MEMORY,
        "has_samples": bool(scores.samples),
        "judged_by": dict(scores.judged_by),
        **scores.facts,
    }
