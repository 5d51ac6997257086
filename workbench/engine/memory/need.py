"""What of a run's memory a verdict counts, and what it leaves out: in bytes, and in sentences for whoever reads it.

A paged optimizer keeps the states of its large tensors in CUDA's managed memory, beside torch's. The driver keeps them
on the card while nobody else needs the room, and moves them to RAM to make room for an allocation that needs it, so
that no run ends for want of GPU memory because of them; but then every step fetches them over the bus. Hence they count
in no need, and are told.

Source: Dettmers et al. 2023, https://arxiv.org/abs/2305.14314, section 3; bitsandbytes/optim/optimizer.py,
get_state_buffer. Windows' driver, which WSL runs on too, cannot use more managed memory than the card has:
https://docs.nvidia.com/cuda/cuda-programming-guide/04-special-topics/unified-memory.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine.memory.cards import Card
from workbench.engine.memory.estimate import Estimate, judge, safe_bytes, safe_margin
from workbench.engine.memory.outliers import outlier_bytes
from workbench.engine.memory.workload import Workload
from workbench.engine.texts import size_text
from workbench.profile import Profile

STAGES = {"train": "training", "evaluate": "answering one prompt at a time"}
"""What the card is needed for, by the stage of an estimate."""


def paged_bytes(optim: str, trained: int, embedding: int) -> int:
    """About what of an optimizer's state is paged; 0 for one that is not.

    Small tensors' states lie in torch's memory in truth; they are counted here too.

    Args:
        optim: ``train.optim``.
        trained: How many numbers are trained.
        embedding: How many of them are an embedding's.
    """
    row = OPTIMIZERS[optim]
    return round(row.moments_bytes(trained, embedding)) if row.paged else 0


@dataclass(frozen=True)
class Allowance:
    """What a training needs or holds beside what is predicted; the first three are an estimate's, with its notes."""

    safe_margin: float
    spare_bytes: int
    paged_bytes: int
    notes: tuple[str, ...]


def allowance(profile: Profile, config: dict[str, Any], workload: Workload, trained: int, embedding: int) -> Allowance:
    """What is allowed for a training.

    Args:
        profile: What is trained.
        config: The model's config.json.
        workload: The largest micro-batch.
        trained: How many numbers are trained.
        embedding: How many of them are an embedding's.
    """
    spare, outliers = outlier_bytes(profile, config, workload)
    paged = paged_bytes(profile.train.optim, trained, embedding)
    told = (outliers, paged_note(paged) if paged else "")
    return Allowance(safe_margin(workload, profile), spare, paged, tuple(filter(None, told)))


def paged_note(size_bytes: int) -> str:
    """What is told of a paged state, whatever the card."""
    return (
        f"about {size_text(size_bytes)} of optimizer state is paged and not counted: where the card has no room for "
        "it the driver moves it to RAM, which is slower; under Windows and WSL it cannot"
    )


def displaced_bytes(estimate: Estimate, card: Card) -> int:
    """How much of a paged state the card has no room for beside what counts."""
    verdict = judge(estimate, card)
    room = max(0, verdict.total_bytes - verdict.need_bytes)
    return max(0, estimate.paged_bytes - room)


def counted(estimate: Estimate, card: Card) -> list[str]:
    """What the need is the sum of, why a tight one is no fit, and how much of a paged state will have to lie in RAM."""
    parts = [
        f"{size_text(estimate.allocated_bytes)} allocated while {STAGES[estimate.stage]}",
        f"{size_text(estimate.parts.get('context', 0))} of CUDA itself",
        *([f"{size_text(card.used_bytes)} held by others"] if card.used_bytes else []),
    ]
    told = [f"counted: {' + '.join(parts)}"]
    if judge(estimate, card).word == "tight":
        told.append(f"a fit leaves {size_text(round(safe_bytes(estimate, card)))} free, for what cannot be foreseen")
    displaced = displaced_bytes(estimate, card)
    if displaced:
        told.append(f"about {size_text(displaced)} of the paged optimizer state will lie in RAM, fetched at every step")
    return told
