"""How far a run's memory was from its prediction, and what that probably means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine import result
from workbench.engine.events import EventLog
from workbench.engine.prediction import Predicted
from workbench.engine.run import Run
from workbench.profile import Profile

WORTH_A_WARNING = 0.05
"""A deviation of more than this fraction is explained."""
NOTHING_TRAINS = (0.75, 1.25)
"""What gradients and optimizer states may be of the memory that is missing, for it to be theirs."""


@dataclass(frozen=True)
class Facts:
    """What is known of a run once it has trained.

    Args:
        deviation: (actual - predicted) / predicted.
        predicted: What was said before.
        profile: What was run.
        training: The ``training`` part of its result.
        versions: Of the libraries that it ran with.
        spilled: Whether GPU memory was seen to lie in system memory.
    """

    deviation: float
    predicted: Predicted
    profile: Profile
    training: Mapping[str, Any]
    versions: Mapping[str, str | None] = field(default_factory=dict)
    spilled: bool = False


@dataclass(frozen=True)
class Cause:
    """One reason for a deviation.

    Args:
        name: What to call it.
        sign: -1 for less memory than predicted, 1 for more, 0 for either.
        said: A sentence where the facts speak for it, else "".
    """

    name: str
    sign: int
    said: Callable[[Facts], str]


def deviation(predicted_bytes: int | None, actual_bytes: int | None) -> float | None:
    """(actual - predicted) / predicted, None where either is unknown.

    >>> deviation(100, 90), deviation(100, None)
    (-0.1, None)
    """
    if not predicted_bytes or actual_bytes is None:
        return None
    return (actual_bytes - predicted_bytes) / predicted_bytes


def causes(facts: Facts) -> list[str]:
    """Why the memory may have been other than predicted, the best founded first; empty when it hardly was.

    Where nothing that was recorded speaks for a cause, the last one says what is left.
    """
    if abs(facts.deviation) <= WORTH_A_WARNING:
        return []
    sign = 1 if facts.deviation > 0 else -1
    found = [cause.said(facts) for cause in CAUSES if cause.sign in (0, sign)]
    founded = [text for text in found if text]
    return founded or [UNEXPLAINED[sign]]


def _recovered(facts: Facts) -> str:
    recoveries = facts.training.get("recoveries") or []
    if not recoveries:
        return ""
    return (
        f"the micro-batch was {facts.profile.train.micro_batch} when predicted and was halved to "
        f"{recoveries[-1]['to_micro_batch']}, because it did not fit: the figures are of two different things"
    )


def _frozen(facts: Facts) -> str:
    proof = facts.training.get("proof") or {}
    trained, moved = proof.get("trainable_tensors"), proof.get("tensors_moved_at_end")
    if trained is None or moved is None or moved >= trained:
        return ""
    return f"{trained - moved} of {trained} trained tensors never changed: part of the adapter may be frozen"


def _nothing_trains(facts: Facts) -> str:
    proof = facts.training.get("proof") or {}
    moved, missing = proof.get("tensors_moved_at_end"), -facts.deviation * facts.predicted.allocated_bytes
    held = sum(facts.predicted.parts.get(part, 0) for part in ("gradients", "optimizer"))
    low, high = NOTHING_TRAINS
    if moved or not low <= held / missing <= high:
        return ""
    return (
        "it matches a run in which nothing trains: what is missing is about what gradients and the optimizer's state "
        "were to take"
    )


def _rows_unseen(facts: Facts) -> str:
    rows = facts.training.get("train_rows")
    seen = (facts.training.get("steps") or 0) * facts.profile.train.rows_per_step
    if not rows or seen >= rows:
        return ""
    return f"only {seen} of {rows} rows were trained on: the longest ones, which set the peak, may not be among them"


def _paged(facts: Facts) -> str:
    held = facts.predicted.parts.get("optimizer", 0)
    if not OPTIMIZERS[facts.profile.train.optim].paged or held == 0:
        return ""
    return "the optimizer's state is paged: it lies outside torch's counters, and only peak_device_delta_bytes shows it"


def _kernels(facts: Facts) -> str:
    name, wanted = "liger-kernel", facts.profile.train.use_liger_kernel is not False
    if wanted and facts.predicted.versions.get(name) and facts.versions.get(name, "unknown") is None:
        return f"{name} was there when it was predicted and is not now: other kernels compute the loss"
    return ""


def _eager(facts: Facts) -> str:
    if facts.profile.model.attn_implementation != "eager":
        return ""
    return "eager attention holds the scores of every head, which grow with the square of the length"


def _spill(facts: Facts) -> str:
    return "part of the GPU's memory lay in system memory" if facts.spilled else ""


def _versions(facts: Facts) -> str:
    before = facts.predicted.versions
    changed = [
        f"{name} {before[name] or 'none'} -> {facts.versions[name] or 'none'}"
        for name in before
        if name in facts.versions and before[name] != facts.versions[name]
    ]
    return f"it ran with other versions than predicted with: {', '.join(changed)}" if changed else ""


def _preview(facts: Facts) -> str:
    if facts.predicted.source != "preview":
        return ""
    return f"the prediction was the closed form, which was off by up to {facts.predicted.error:.0%} elsewhere"


CAUSES = (
    Cause("recovered", 0, _recovered),
    Cause("frozen", -1, _frozen),
    Cause("nothing trains", -1, _nothing_trains),
    Cause("rows unseen", -1, _rows_unseen),
    Cause("paged", -1, _paged),
    Cause("kernels", 1, _kernels),
    Cause("eager attention", 1, _eager),
    Cause("spill", 1, _spill),
    Cause("versions", 0, _versions),
    Cause("preview", 0, _preview),
)
UNEXPLAINED = {
    -1: "nothing that was recorded explains it: the batches were probably shorter than assumed",
    1: "nothing that was recorded explains it: something was allocated that the prediction does not know of",
}
"""What is left by the sign of the deviation when no cause is founded."""


def tell(
    run: Run,
    stage: str,
    profile: Profile,
    predicted: Predicted,
    versions: Mapping[str, str | None],
    log: EventLog,
) -> None:
    """Write how far a stage's memory was from its prediction, and warn with the causes if that is far.

    On a CPU torch counts nothing, so the deviation is unknown.
    """
    peaks = result.peaks(run, stage)
    off = deviation(predicted.allocated_bytes, peaks["peak_allocated_bytes"])
    why: list[str] = []
    if off is not None:
        training = result.training_record(run) or {}
        why = causes(Facts(off, predicted, profile, training, versions, peaks["spill_seen"]))
    log.append(
        "deviated",
        stage=stage,
        predicted_allocated_bytes=predicted.allocated_bytes,
        predicted_source=predicted.source,
        deviation=off,
        deviation_causes=why,
    )
    if off is not None and why:
        text = f"training took {abs(off):.0%} {'more' if off > 0 else 'less'} memory than predicted: {'; '.join(why)}"
        log.append("note", level="warning", about="deviation", text=text)
