"""What the numbers of a report depend on: versions, hardware, hashes, seeds, and what noise was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.engine.compared_run import ComparedRun
from workbench.engine.report.document import Part, Table
from workbench.engine.run import Run
from workbench.engine.texts import NOT_AVAILABLE

SHORT = 12
"""Digits of a hash that are shown; the run folder has all."""


def tables(runs: Sequence[Run], compared: Sequence[ComparedRun]) -> Iterator[Part]:
    """One table of runs, one of what they were asked, one of library versions."""
    results = {run.id: run.result() or {} for run in runs}
    yield Table(_runs(results), "Runs: what was measured, on what, with which seed.", ("device", "weights"))
    asked = _asked(compared)
    if asked[1]:
        yield Table(
            asked,
            "Test sets: how they were asked. Rows with the same hash answered the same questions.",
            ("data set", "protocol", "answers", "data sha256", "numerics"),
        )
    versions = _versions(results)
    if versions[1]:
        yield Table(versions, "Versions of the libraries.", tuple(versions[0]))


def _runs(results: dict[str, dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    header = ["run", "model", "parameters", "dtype", "weights", "quant", "seed", "device"]
    return header, [[run_id, *_run(result)] for run_id, result in results.items()]


def _run(result: dict[str, Any]) -> list[str]:
    model, device = result.get("model") or {}, result.get("device") or {}
    parameters = model.get("parameters")
    figures = [
        model.get("name"),
        f"{parameters:,}" if isinstance(parameters, int) else None,
        model.get("dtype"),
        str(model.get("weights_sha256") or "")[:SHORT],
        result.get("quant"),
        result.get("seed") if result.get("kind") == "train" else "none trained",
        " ".join(str(device[key]) for key in ("type", "name", "cuda") if device.get(key)),
    ]
    return [str(figure) if figure not in (None, "") else NOT_AVAILABLE for figure in figures]


def _asked(compared: Sequence[ComparedRun]) -> tuple[list[str], list[list[str]]]:
    header = ["run", "data set", "protocol", "answers", "n", "new tokens at most", "data sha256", "numerics"]
    rows = []
    for run in compared:
        for dataset, entry in run.entries.items():
            figures = (
                entry["protocol"],
                entry["answer_format"],
                entry["n"],
                entry["max_new_tokens"],
                str(entry["dataset_sha256"])[:SHORT],
                _numerics(entry),
            )
            rows.append([run.id, dataset, *(NOT_AVAILABLE if one in (None, "") else str(one) for one in figures)])
    return header, rows


def _numerics(entry: dict[str, Any]) -> str:
    """What was measured of the noise of the answers themselves, such as answers that change with the batch."""
    told = entry.get("numerics")
    return json.dumps(told, ensure_ascii=False, sort_keys=True) if told else ""


def _versions(results: dict[str, dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """A row for each set of versions, with the runs that had it."""
    groups: dict[str, list[str]] = {}
    for run_id, result in results.items():
        known = {name: version for name, version in (result.get("versions") or {}).items() if version}
        if known:
            groups.setdefault(", ".join(f"{name} {version}" for name, version in known.items()), []).append(run_id)
    return ["versions", "runs"], [[versions, ", ".join(run_ids)] for versions, run_ids in groups.items()]
