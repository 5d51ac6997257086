"""A finished run as the comparison sees it: its result and its samples."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine.run import Run
from workbench.engine.samples import read_samples

Sample = dict[str, Any]


@dataclass(frozen=True)
class ComparedRun:
    """What of a run goes into a comparison.

    Args:
        id, name, kind, model, method, quant: What it is; method with the adapter's rank.
        seed: Of the training; None where nothing was trained.
        base_run_id: Run that holds the answers of its base model; empty for none.
        device: What it was measured on.
        train_memory_bytes: Peak while training; None where nothing was trained.
        entries: ``evaluation`` of its result, by data set.
        samples: By data set and doc_hash, those that the entries were made of.
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
    entries: dict[str, dict[str, Any]]
    samples: dict[str, dict[str, Sample]]


def read(run: Run) -> ComparedRun:
    """The run, from its files.

    Raises:
        ValueError, KeyError, TypeError: A file is damaged.
    """
    result = run.result()
    assert result is not None
    trained = result["kind"] == "train" and result["training"] is not None
    memory = result["memory"]
    entries = result["evaluation"]
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
        entries=entries,
        samples=_samples(run, entries),
    )


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
    for dataset, entry in entries.items():
        if len(found[dataset]) != entry["n"]:
            raise ValueError(f"{dataset}: {len(found[dataset])} samples for n = {entry['n']}")
    return found
