"""What the numbers of a report depend on: versions, hardware, hashes, seeds, and what noise was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.engine.compared_run import IMPORTED, ComparedRun
from workbench.engine.report.document import Grid, Part, Table
from workbench.engine.run import Run
from workbench.engine.texts import NOT_AVAILABLE

Results = dict[str, dict[str, Any]]
ASKED = ("data set", "protocol", "answers")
SEEDS = {"base": "not trained", "evaluation": "not trained", IMPORTED: NOT_AVAILABLE}
SHORT = 12
"""Digits of a hash that are shown; the run folder has all."""


def tables(runs: Sequence[Run], compared: Sequence[ComparedRun]) -> Iterator[Part]:
    """One table of runs, one of what they were asked, one of library versions."""
    results = {run.id: run.result() or {} for run in runs}
    yield Table(_runs(results), "Runs: what was measured, on what, with which seed.", ("device", "weights"))
    words = (*ASKED, "data sha256", "file", "file sha256", "numerics", "runs", "versions")
    for grid, caption in (
        (_asked(compared), "Test sets: how they were asked. Rows with the same hash answered the same questions."),
        (_imported(results), "Imported files."),
        (_versions(results), "Versions of the libraries."),
    ):
        if grid[1]:
            yield Table(grid, caption, words)


def _runs(results: Results) -> Grid:
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
        SEEDS.get(str(result.get("kind")), result.get("seed")),
        " ".join(str(device[key]) for key in ("type", "name", "cuda") if device.get(key)),
    ]
    return [str(figure) if figure not in (None, "") else NOT_AVAILABLE for figure in figures]


def _asked(compared: Sequence[ComparedRun]) -> Grid:
    """A row for each way in which a test set was asked, with the runs that were asked so."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for run in compared:
        for dataset, entry in run.entries.items():
            facts = (
                dataset,
                entry["protocol"],
                entry["answer_format"],
                entry["n"],
                entry["max_new_tokens"],
                str(entry["dataset_sha256"])[:SHORT],
                _numerics(entry),
            )
            row = tuple(NOT_AVAILABLE if fact in (None, "") else str(fact) for fact in facts)
            groups.setdefault(row, []).append(run.id)
    return [*ASKED, "n", "new tokens at most", "data sha256", "numerics", "runs"], [
        [*row, ", ".join(run_ids)] for row, run_ids in groups.items()
    ]


def _imported(results: Results) -> Grid:
    """Where the results of other tools come from."""
    told = {run_id: result["imported"] for run_id, result in results.items() if result.get("kind") == IMPORTED}
    rows = [[run_id, one["origin"], one["file"], one["sha256"][:SHORT]] for run_id, one in told.items()]
    return ["run", "origin", "file", "file sha256"], rows


def _numerics(entry: dict[str, Any]) -> str:
    """What was measured of the noise of the answers themselves, such as answers that change with the batch."""
    told = entry.get("numerics")
    return json.dumps(told, ensure_ascii=False, sort_keys=True) if told else ""


def _versions(results: Results) -> Grid:
    """A row for each set of versions, with the runs that had it."""
    groups: dict[str, list[str]] = {}
    for run_id, result in results.items():
        known = {name: version for name, version in (result.get("versions") or {}).items() if version}
        if known:
            groups.setdefault(", ".join(f"{name} {version}" for name, version in known.items()), []).append(run_id)
    return ["versions", "runs"], [[versions, ", ".join(run_ids)] for versions, run_ids in groups.items()]
