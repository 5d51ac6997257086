"""The figures that the 2025 study published: shown beside one's own on request, never paired, marked or ranked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Published:
    """One published row; scores are fractions, memory is in GiB, latencies in seconds (ARC, math, SQuAD).

    Args:
        name: Model, method, quantization.
        train_gib: Peak allocated while training; 0 when nothing was.
        eval_gib: Peak allocated while evaluating.
        arc_macro_f1, squad_f1: Scores.
        openmath_abs_diff: Mean absolute difference over the answers that were numbers; lower is not better.
        latency_s: Per prompt.
        note: What is known to be wrong with the row.
    """

    name: str
    train_gib: float
    eval_gib: float
    arc_macro_f1: float
    openmath_abs_diff: float
    squad_f1: float
    latency_s: tuple[float, float, float]
    note: str = ""


def published() -> tuple[int, list[Published]]:
    """n per task, and the rows."""
    table = tomllib.loads((files("workbench.engine") / "reference.toml").read_text(encoding="utf-8"))
    rows = [Published(**{**row, "latency_s": tuple(row["latency_s"])}) for row in table["rows"]]
    return int(table["n"]), rows
