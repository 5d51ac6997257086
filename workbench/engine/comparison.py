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
        unpaired: Whether the difference is one of independent samples, for want of answers to pair.
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
    unpaired: bool = False


@dataclass(frozen=True)
class Line:
    """One run in the block of one data set.

    Args:
        id: Of the run; of a floor what it always answers.
        kind: "train", "base", "imported", "floor", or "seeds" for a configuration that was trained several times.
        name, model, method, quant, seed: What it is; seed None where nothing was trained.
        cells: By metric.
        health: coverage, empty, unparsed, truncated, error (fractions), mean_new_tokens; empty for a floor, and
            without what an imported result does not say.
        latency_s: Seconds a prompt in the batched run.
        ttft_s, tpot_s: Medians of the time to the first token and of the time of each other, one prompt at a time and
            at a forced length; None where nobody timed it.
        train_memory_bytes, eval_memory_bytes: Peaks; None where unknown or where nothing was trained.
        flags: What keeps it from being trusted: "low coverage", "below a floor"; and "collapsed", "collapsed to one
            answer" or "collapsed on <data set>", with which it is never best.
        memory_kind: What the peaks are of: "allocated" by torch on a GPU, "RSS" without one.
        legacy: Figures that are shown and never ranked, by name: of ours absdiff and absdiff_n, of an imported
            result whatever its own tool measured.
        predicted_memory_bytes, memory_deviation: What was predicted of the training, and how far off that was, a
            fraction of it; None where unknown.
        origin: Which tool and file an imported result comes from; empty for our own.
        runs: Ids of the runs of one configuration, kind "seeds".
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
    origin: str = ""
    runs: tuple[str, ...] = ()
    ttft_s: float | None = None
    tpot_s: float | None = None


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
        needed: How many questions would show a difference of the ranked score, as (difference, questions);
            empty without a pair.
        winner: Id of the one row that is shown to beat all others by the ranked score; empty without one.
        seeds: Configurations that were trained with three seeds or more, each summed up over its runs.
        footer: What the table can claim, in sentences.
        lower_is_better: Those of the metrics that are losses, no fractions; "better" then means lower.
        baseline: Id of the run that differences are taken to; empty without one.
    """

    dataset: str
    task: str
    protocol: str
    answer_format: str
    metrics: tuple[str, ...]
    lines: tuple[Line, ...]
    detectable: float | None
    needed: tuple[tuple[float, int], ...] = ()
    winner: str = ""
    seeds: tuple[Line, ...] = ()
    footer: tuple[str, ...] = ()
    lower_is_better: tuple[str, ...] = ()
    baseline: str = ""


@dataclass(frozen=True)
class Comparison:
    """What ``compare`` says.

    Args:
        baseline: Id of the run that is pinned, or that all blocks have in common; empty otherwise.
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
