"""What Workbench's own export adds to lm-eval's files, so that reading them back loses nothing.

lm-eval's readers skip it: it stands in the free ``metadata`` of a task's config and in a document's own field. None of
its figures is believed: they are computed anew from the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from workbench.choices.protocols import as_read
from workbench.choices.tasks import TASKS
from workbench.engine.evaluate.scoring import Rule
from workbench.engine.evaluate.summary import summarize
from workbench.engine.imports.foreign import number

KEY = "workbench"
FACTS = ("task", "protocol", "answer_format", "max_new_tokens", "dataset_sha256")
"""What must be equal for a comparison; kept in the metadata of a task."""
LIBRARIES = "libraries"
"""Whose versions a score depends on; files from before there were any have none."""
SAMPLE = ("cluster", "gold", "raw", "parsed", "status", "finish", "n_prompt_tokens", "n_new_tokens")
"""What of an answer lm-eval has no place for; kept in its document."""
MEASURED = ("ll", "nll", "n_loss_tokens", "na_prob")
"""What some protocols measure of an answer: numbers, or a list of them."""
JUDGED = "judged_by"
"""The rule that settled an answer in mathematics; since math_gen@2."""
STATUSES = ("ok", "empty", "unparsed", "truncated", "error")


def facts(config: Mapping[str, Any]) -> dict[str, Any]:
    """FACTS of a task that was exported by us, and its ``name``; empty for any other."""
    metadata = config.get("metadata")
    own = metadata.get(KEY) if isinstance(metadata, dict) else None
    if not isinstance(own, dict) or own.get("task") not in TASKS or not isinstance(own.get("protocol"), str):
        return {}
    protocol = as_read(own["protocol"])
    if protocol is None:
        return {}
    losses = list(protocol.metrics) if protocol.lower_is_better else []
    named = {"name": own["name"]} if isinstance(own.get("name"), str) else {}
    libraries = own.get("libraries")
    versions = {str(key): str(one) for key, one in libraries.items()} if isinstance(libraries, dict) else {}
    facts = {name: own.get(name) for name in FACTS}
    return {**facts, **named, "lower_is_better": losses, LIBRARIES: versions}


def sample(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields SAMPLE of an exported answer; empty for any other."""
    document = record.get("doc")
    own = document.get(KEY) if isinstance(document, dict) else None
    if not isinstance(own, dict) or not all(name in own for name in SAMPLE) or own["status"] not in STATUSES:
        return {}
    tokens = {name: int(number(own[name]) or 0) for name in ("n_prompt_tokens", "n_new_tokens")}
    texts = {name: str(own[name]) for name in ("cluster", "raw", "status", "finish")}
    gold = [str(one) for one in own["gold"]] if isinstance(own["gold"], list) else []
    parsed = None if own["parsed"] is None else str(own["parsed"])
    said: dict[str, Any] = {**texts, **tokens, "gold": gold, "parsed": parsed, "exported": True}
    if own.get(JUDGED) in get_args(Rule):
        said[JUDGED] = own[JUDGED]
    return {**said, "scores": _numbers(own.get("scores")), **_numbers(own, MEASURED), **_lists(own)}


def _numbers(told: Any, names: Sequence[str] | None = None) -> dict[str, float]:
    """The finite numbers of an object, all of them or those named."""
    pairs = told.items() if isinstance(told, dict) else ()
    found = {str(name): number(value) for name, value in pairs if names is None or name in names}
    return {name: value for name, value in found.items() if value is not None}


def _lists(own: Mapping[str, Any]) -> dict[str, list[float]]:
    told = own.get("ll")
    found = [number(one) for one in told] if isinstance(told, list) else []
    known = [one for one in found if one is not None]
    return {"ll": known} if known and len(known) == len(found) else {}


def summary(task: str, protocol: str, samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """metrics, health, legacy and floors of exported answers, as the evaluation computed them.

    Empty when an answer lacks what that takes: then they are read as any other of lm-eval's.
    """
    if not samples or not all(one.get("exported") for one in samples):
        return {}
    try:
        found = summarize(task, samples, protocol)
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}
    metrics = {name: {**entry, "per_sample": True} for name, entry in found["metrics"].items()}
    return {**found, "metrics": metrics}
