"""How far predictions were off: every finished training in a workspace that had one, so that the claim is checked."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine.run import runs
from workbench.paths import Workspace

ALL = "all"


@dataclass(frozen=True)
class Deviated:
    """One training with the memory that was predicted and what it took.

    Args:
        run_id, model, method: Which; method with the quantization where there is one.
        source: "simulation" or "preview".
        predicted_bytes, actual_bytes: Peak of torch's allocator while training.
        deviation: (actual - predicted) / predicted.
        causes: What the run said of a large one.
    """

    run_id: str
    model: str
    method: str
    source: str
    predicted_bytes: int
    actual_bytes: int
    deviation: float
    causes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spread:
    """The deviations of a group of trainings; fractions.

    Args:
        source, model, method: What the group shares; "all" where it does not.
        n: How many trainings.
        bias: Median of the signed deviations: above zero, predictions are too low.
        median, p95, maximum: Of the deviations' sizes; p95 is the nearest rank, so of fewer than 20 the largest.
    """

    source: str
    model: str
    method: str
    n: int
    bias: float
    median: float
    p95: float
    maximum: float


@dataclass(frozen=True)
class DeviationReport:
    """What ``report`` found.

    Args:
        rows: The trainings that count, the worst first.
        spreads: One for each source, then one for each source, model and method.
        recovered: Runs that did not fit as predicted and went on with smaller micro-batches. What they would have
            taken is unknown, so they are in no spread: each is a prediction that failed if it said "fits".
        without: Finished trainings that have no prediction, or no measured memory to hold against it.
        damaged: Runs whose result cannot be read.
    """

    rows: tuple[Deviated, ...]
    spreads: tuple[Spread, ...]
    recovered: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def report(workspace: Workspace) -> DeviationReport:
    """The deviations of all finished trainings in a workspace."""
    rows: list[Deviated] = []
    recovered, without, damaged = [], [], []
    for run in runs(workspace):
        try:
            result = run.result()
            if result is None or result["kind"] != "train" or result["training"] is None:
                continue
            row = _row(run.id, result)
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            damaged.append(run.id)
            continue
        if row is None:
            without.append(run.id)
        elif result["training"].get("recoveries"):
            recovered.append(run.id)
        else:
            rows.append(row)
    rows.sort(key=lambda row: -abs(row.deviation))
    return DeviationReport(tuple(rows), _spreads(rows), tuple(recovered), tuple(without), tuple(damaged))


def _row(run_id: str, result: dict[str, Any]) -> Deviated | None:
    memory = result["memory"]
    off = memory.get("deviation")
    if off is None:
        return None
    method, quant = ADAPTERS[result["method"]].label, result["quant"]
    return Deviated(
        run_id=run_id,
        model=result["model"]["name"],
        method=method if quant == "none" else f"{method}, {QUANTIZERS[quant].label}",
        source=memory["predicted_source"],
        predicted_bytes=int(memory["predicted_allocated_bytes"]),
        actual_bytes=int(memory["peak_allocated_bytes"]),
        deviation=float(off),
        causes=tuple(memory.get("deviation_causes") or ()),
    )


def _spreads(rows: Sequence[Deviated]) -> tuple[Spread, ...]:
    wholes = sorted({(row.source, ALL, ALL) for row in rows}, reverse=True)  # the simulation before the preview
    parts = sorted({(row.source, row.model, row.method) for row in rows}, key=lambda key: (key[0] == "preview", key))
    return tuple(_spread(key, [row.deviation for row in rows if _is_in(row, key)]) for key in (*wholes, *parts))


def _is_in(row: Deviated, key: tuple[str, str, str]) -> bool:
    own = (row.source, row.model, row.method)
    return all(wanted in (ALL, value) for wanted, value in zip(key, own, strict=True))


def _spread(key: tuple[str, str, str], deviations: Sequence[float]) -> Spread:
    sizes = sorted(abs(one) for one in deviations)
    return Spread(
        *key,
        n=len(sizes),
        bias=statistics.median(deviations),
        median=statistics.median(sizes),
        p95=nearest_rank(sizes, 0.95),
        maximum=sizes[-1],
    )


def nearest_rank(values: Iterable[float], fraction: float) -> float:
    """The smallest of the values that at least this fraction of them does not exceed.

    >>> nearest_rank([1, 2, 3, 4], 0.5), nearest_rank([1, 2, 3, 4], 0.95)
    (2, 4)
    """
    ordered = sorted(values)
    return ordered[max(1, math.ceil(fraction * len(ordered))) - 1]
