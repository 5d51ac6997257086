"""A finished run as the comparison sees it: its result and its samples."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass, field
from typing import Any

from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine import hashes
from workbench.engine.run import Run
from workbench.engine.samples import read_samples

Sample = dict[str, Any]
HEALTH = ("coverage", "empty", "unparsed", "truncated", "error", "mean_new_tokens")
DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OSError)
"""What reading the files of a run may raise that somebody or something has damaged."""
MEMORY = ("peak_allocated_bytes", "peak_rss_bytes")
IMPORTED = "imported"
"""Kind of a result that another tool measured."""
SAMPLE = ("cluster", "gold", "parsed", "status", "scores")


@dataclass(frozen=True)
class ComparedRun:
    """What of a run goes into a comparison.

    Args:
        id, name, kind, model, method, quant: What it is; method with the adapter's rank.
        seed: Of the training; None where nothing was trained.
        base_run_id: Run that holds the answers of its base model; empty for none.
        device: What it was measured on.
        train_memory_bytes: Peak while training; None where nothing was trained.
        predicted_memory_bytes, memory_deviation: What was predicted of it, and (actual - predicted) / predicted; None
            where unknown.
        entries: ``evaluation`` of its result, by data set.
        samples: By data set and doc_hash, those that the entries were made of; none where an imported result
            came without them.
        configuration: The same for runs that differ by their training seed alone; empty where nothing was trained.
        origin: Which tool and file an imported result comes from; empty for our own.
        asked: What a prompt was made with, as far as it is known: comparability.SAYING.
        caveats: What an imported result cannot claim.
        trained: Whether it is known to be more than a base model.
        latency: ``latency`` of its result; empty where nobody timed it.
    """

    id: str
    name: str
    kind: str
    model: str
    method: str
    quant: str
    seed: int | None
    base_run_id: str
    device: str
    train_memory_bytes: int | None
    predicted_memory_bytes: int | None
    memory_deviation: float | None
    entries: dict[str, dict[str, Any]]
    samples: dict[str, dict[str, Sample]]
    configuration: str = ""
    origin: str = ""
    asked: dict[str, Any] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()
    trained: bool = False
    latency: dict[str, Any] = field(default_factory=dict)

    def median_s(self, name: str) -> float | None:
        """The median of ``ttft_s`` or ``tpot_s``; None where nobody timed it."""
        value: float | None = self.latency[name].get("median") if name in self.latency else None
        return value


def read(run: Run) -> ComparedRun:
    """The run, from its files.

    Raises:
        ValueError, KeyError, TypeError: A file is damaged.
    """
    result = run.result()
    if not isinstance(result, dict) or not isinstance(result["evaluation"], dict):
        raise TypeError("result.json is no result")
    if result["kind"] == IMPORTED:
        return _read_imported(run, result)
    trained = result["kind"] == "train" and result["training"] is not None
    memory = result["memory"]
    entries = result["evaluation"]
    for dataset, entry in entries.items():
        _check(dataset, entry)
    return ComparedRun(
        id=run.id,
        name=result["name"],
        kind=result["kind"],
        model=result["model"]["name"],
        method=_method(result),
        quant=QUANTIZERS[result["quant"]].label,
        seed=result["seed"] if trained else None,
        base_run_id=result["base_run_id"] or "",
        device=json.dumps(result["device"], sort_keys=True),
        train_memory_bytes=(memory["peak_allocated_bytes"] or memory["peak_rss_bytes"]) if trained else None,
        predicted_memory_bytes=_number(memory.get("predicted_allocated_bytes")),
        memory_deviation=_number(memory.get("deviation")),
        entries=entries,
        samples=_samples(run, entries),
        configuration=_configuration(run, result) if trained else "",
        asked=_asked(run, result),
        trained=trained,
        latency=_latency(result.get("latency") or {}),
    )


def _read_imported(run: Run, result: dict[str, Any]) -> ComparedRun:
    entries = result["evaluation"]
    for dataset, entry in entries.items():
        _check(dataset, entry, complete=False)
    with_samples = {dataset: entry for dataset, entry in entries.items() if entry["has_samples"]}
    return ComparedRun(
        id=run.id,
        name=str(result["name"]),
        kind=IMPORTED,
        model=str(result["model"]["name"]),
        method=str(result["method"]),
        quant=str(result["quant"]),
        seed=None,
        base_run_id="",
        device=json.dumps(result["device"], sort_keys=True),
        train_memory_bytes=None,
        predicted_memory_bytes=None,
        memory_deviation=None,
        entries=entries,
        samples={**{dataset: {} for dataset in entries}, **_samples(run, with_samples)},
        origin=str(result["imported"]["origin"]),
        asked=dict(result["imported"]["asked"]),
        caveats=tuple(map(str, result["imported"]["caveats"])),
        trained=bool(result["imported"]["trained"]),
    )


def _latency(latency: dict[str, Any]) -> dict[str, Any]:
    """The same, once it is seen to be one.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: It is none.
    """
    if latency and not all(_is_number(latency[name].get("median")) for name in ("ttft_s", "tpot_s")):
        raise ValueError("the latencies are no numbers")
    if latency and not isinstance(latency["conditions"], dict):
        raise TypeError("the latencies have no conditions")
    return latency


def _configuration(run: Run, result: dict[str, Any]) -> str:
    """A hash of the frozen profile without its training seed, and of the weights it began from."""
    frozen = tomllib.loads(run.profile_file.read_text(encoding="utf-8"))
    frozen.get("train", {}).pop("seed", None)
    return hashes.of_json([frozen, result["model"]["weights_sha256"]])


def _asked(run: Run, result: dict[str, Any]) -> dict[str, Any]:
    """What the prompts were made with: from the receipt, where the run has one."""
    known = {"dtype": result["model"].get("dtype")}
    if not run.receipt_file.exists():
        return known
    identity = json.loads(run.receipt_file.read_text(encoding="utf-8")).get("model", {})
    told = {name: identity.get(name) for name in ("template_sha256", "attn_implementation", "batch_tokens")}
    return {**known, **told, "system_sha256": hashes.of_json(identity.get("system"))}


def _check(dataset: str, entry: dict[str, Any], complete: bool = True) -> None:
    """Whether everything is there that a table shows; an imported result need not say how it was answered.

    Raises:
        ValueError, KeyError, TypeError: Something is not.
    """
    scores = [entry["metrics"][name][key] for name in entry["metrics"] for key in ("value", "low", "high")]
    shares = [entry["health"][name] for name in HEALTH] if complete else list(entry["health"].values())
    speed, memory = entry["speed"]["latency_s"], [entry["memory"][name] for name in MEMORY]
    floors = [value for values in entry["floors"].values() for value in values.values()]
    missing = not scores or any(value is None for value in [*scores[::3], *shares])
    if missing or not all(_is_number(value) for value in [*scores, *shares, speed, *memory, *floors]):
        raise ValueError(f"the scores of {dataset} are incomplete")


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and math.isfinite(value))


def _number(value: Any) -> Any:
    """The value, or None.

    Raises:
        ValueError: It is neither.
    """
    if not _is_number(value):
        raise ValueError(f"{value!r} is no number")
    return value


def _method(result: dict[str, Any]) -> str:
    if result["kind"] != "train":
        return "base"
    label = ADAPTERS[result["method"]].label
    rank = (result["adapter"] or {}).get("r")
    return f"{label} r{rank}" if rank else label


def _samples(run: Run, entries: dict[str, dict[str, Any]]) -> dict[str, dict[str, Sample]]:
    by_key = {entry["protocol_key"]: dataset for dataset, entry in entries.items()}
    found: dict[str, dict[str, Sample]] = {dataset: {} for dataset in entries}
    for sample in read_samples(run.samples_file):
        if sample["key"] in by_key:
            found[by_key[sample["key"]]][sample["doc_hash"]] = sample
    if any(name not in sample for own in found.values() for sample in own.values() for name in SAMPLE):
        raise ValueError("samples.jsonl holds lines that are no samples")
    for dataset, entry in entries.items():
        if len(found[dataset]) != entry["n"]:
            raise ValueError(f"{dataset}: {len(found[dataset])} samples for n = {entry['n']}")
    return found
