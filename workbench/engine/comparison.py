"""What a comparison holds; made by ``compare``, shown by whoever asks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.engine.reference import Published


@dataclass(frozen=True)
class Cell:
    """One score of one run.

    Args:
        value, low, high: The score and its 95 % interval, fractions; bounds None when there are none.
        n: How many answers it stands on.
        delta, delta_low, delta_high: Paired difference to the baseline with its 95 % interval; None without.
        p_holm: Two-sided p of no difference, adjusted for the rows of this column; None without.
        mark: "baseline", "better", "worse", "equivalent", "tie", or "" without a pair.
        underpowered: Whether a tie may only be a lack of questions: a difference of 5 points might not have shown.
        best: Whether no row of this column is shown to be better.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    delta: float | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    p_holm: float | None = None
    mark: str = ""
    underpowered: bool = False
    best: bool = False


@dataclass(frozen=True)
class Line:
    """One run in the block of one data set.

    Args:
        id: Of the run; of a floor what it always answers.
        kind: "train", "base" or "floor".
        name, model, method, quant, seed: What it is; seed None where nothing was trained.
        cells: By metric.
        health: coverage, empty, unparsed, truncated, error (fractions), mean_new_tokens; empty for a floor.
        latency_s: Seconds a prompt in the batched run.
        train_memory_bytes, eval_memory_bytes: Peaks; None where unknown or where nothing was trained.
        flags: What keeps it from being trusted: "collapsed", "low coverage".
        memory_kind: What the peaks are of: "allocated" by torch on a GPU, "RSS" without one.
        legacy: The 2025 study's figures, never ranked: absdiff and absdiff_n.
        predicted_memory_bytes, memory_deviation: What was predicted of the training, and how far off that was, a
            fraction of it; None where unknown.
    """

    id: str
    kind: str
    name: str
    model: str = ""
    method: str = ""
    quant: str = ""
    seed: int | None = None
    cells: dict[str, Cell] = field(default_factory=dict)
    health: dict[str, float] = field(default_factory=dict)
    latency_s: float | None = None
    train_memory_bytes: int | None = None
    eval_memory_bytes: int | None = None
    flags: tuple[str, ...] = ()
    memory_kind: str = ""
    legacy: dict[str, float | None] = field(default_factory=dict)
    predicted_memory_bytes: int | None = None
    memory_deviation: float | None = None


@dataclass(frozen=True)
class Block:
    """All runs on one data set.

    Args:
        dataset: Its id.
        task, protocol, answer_format: How it was asked.
        metrics: Names of the scores, the ranked one first.
        lines: Baseline first, then by the ranked score, floors last.
        detectable: The smallest difference of the ranked score that this many answers would show, a fraction;
            None without a pair.
    """

    dataset: str
    task: str
    protocol: str
    answer_format: str
    metrics: tuple[str, ...]
    lines: tuple[Line, ...]
    detectable: float | None


@dataclass(frozen=True)
class Comparison:
    """What ``compare`` says.

    Args:
        baseline: Id of the run that differences are taken to; empty for none.
        blocks: One a data set and way of asking.
        notes: What the table cannot say by itself.
        reference_n, reference: Published figures, unpaired; 0 and empty unless asked for.
    """

    baseline: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...]
    reference_n: int = 0
    reference: tuple[Published, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)
