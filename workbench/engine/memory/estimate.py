"""What a prediction of peak memory says, and whether that fits on a card."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine.memory.cards import Card
from workbench.engine.memory.workload import Workload
from workbench.profile import Profile

Source = Literal["preview", "simulation"]
PARTS = ("weights", "adapter", "gradients", "optimizer", "activations", "loss", "workspace", "context")
"""What a peak is made of, in the order in which tables show it."""

SAFE_MARGIN = 0.03
"""A need that leaves less than this fraction of the card free is called tight: more than a simulation was ever off,
with what the driver may add."""
VARIED_MARGIN = 0.06
"""The same where rows differ in length: blocks of many sizes leave holes that no block fits into."""


@dataclass(frozen=True)
class Estimate:
    """The predicted peak of one process.

    Args:
        source: "preview" is the closed form, "simulation" the real model's step on fake tensors.
        stage: "train" or "evaluate".
        allocated_bytes: Peak that torch's allocator will have handed out.
        reserved_bytes: Peak that it will hold; None where the source cannot tell.
        process_bytes: What NVML will show for the process at least: allocated or reserved, and the CUDA context.
        phase: Where the peak stands: "forward", "loss", "backward", "optimizer", or one of ``evaluation.PHASES``.
        parts: Bytes at the peak by the names in ``PARTS``; all but "context" add up to ``allocated_bytes``.
        error: Fraction that this source was off at most on the configurations it was measured on.
        notes: What was assumed, and what is only best effort.
        safe_margin: Fraction of the card that must stay free to call it a fit.
        paged_bytes: About how much optimizer state lies beside torch's memory, in managed memory that moves to RAM when
            the card is full; counted nowhere.
        spare_bytes: What may be needed beyond the prediction, by what the weights are; free as well in a fit.
    """

    source: Source
    stage: str
    allocated_bytes: int
    reserved_bytes: int | None
    process_bytes: int
    phase: str
    parts: dict[str, int]
    error: float
    notes: tuple[str, ...] = ()
    safe_margin: float = SAFE_MARGIN
    paged_bytes: int = 0
    spare_bytes: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Machine:
    """What a card takes beside torch's tensors.

    Args:
        context_bytes: CUDA context and loaded kernels of one process.
        workspace_bytes: cuBLAS workspaces, which torch counts as allocated.
        notes: Where the figures come from.
    """

    context_bytes: int
    workspace_bytes: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Whether an estimate fits on a card.

    Args:
        word: "fits", "tight" or "does not fit".
        need_bytes: What the run needs of the card, the context and other processes included.
        total_bytes: What the card has.
        margin: Fraction of the card that stays free; negative when it does not fit.
        card: Which card.
    """

    word: Literal["fits", "tight", "does not fit"]
    need_bytes: int
    total_bytes: int
    margin: float
    card: Card

    @property
    def run_bytes(self) -> int:
        """What the run needs by itself, the context included."""
        return self.need_bytes - self.card.used_bytes

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Prediction:
    """The peaks of one profile.

    Args:
        train: Of the training; None when the profile trains nothing.
        evaluate: Of the evaluation in batches.
        evaluate_one: Of the evaluation one prompt at a time.
        workload: The micro-batch that was simulated.
        trainable_parameters: How many numbers are trained.
        versions: Of the libraries that were simulated with.
        evaluates: Whether the run evaluates too; where it does not, what that would take counts for nothing.
    """

    train: Estimate | None
    evaluate: Estimate
    evaluate_one: Estimate
    workload: Workload
    trainable_parameters: int
    versions: dict[str, str | None]
    evaluates: bool = True

    @property
    def needed(self) -> tuple[Estimate, ...]:
        """What the card must hold, one after the other: training, then one prompt if the run evaluates.

        Evaluation counts with one prompt at a time, since it halves its batches by itself.
        """
        if self.train is None:
            return (self.evaluate_one,)
        return (self.train, self.evaluate_one) if self.evaluates else (self.train,)

    @property
    def peak(self) -> Estimate:
        """The largest of what the card must hold."""
        return max(self.needed, key=lambda one: one.allocated_bytes)

    def to_json(self) -> dict[str, Any]:
        """As JSON; ``from_json`` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Prediction:
        """The prediction that ``to_json`` wrote.

        Raises:
            KeyError, TypeError: It is none.
        """
        train, evaluate, single = (
            None if content[name] is None else Estimate(**{**content[name], "notes": tuple(content[name]["notes"])})
            for name in ("train", "evaluate", "evaluate_one")
        )
        if evaluate is None or single is None:
            raise TypeError("a prediction always says what evaluation takes")
        workload = Workload(**content["workload"])
        rest = (content[name] for name in ("trainable_parameters", "versions", "evaluates"))
        return cls(train, evaluate, single, workload, *rest)


def safe_margin(workload: Workload, profile: Profile) -> float:
    """The fraction of the card that must stay free for a training on such micro-batches, by the rows of the tables."""
    adapter, quantizer = ADAPTERS[profile.adapter.method], QUANTIZERS[profile.quant.method]
    return max(
        VARIED_MARGIN if workload.varied else SAFE_MARGIN,
        adapter.safe_margin,
        quantizer.safe_margin,
    )


def safe_bytes(estimate: Estimate, card: Card) -> float:
    """What must stay free of the card to call it a fit."""
    return estimate.safe_margin * card.total_bytes + estimate.spare_bytes


def judge(estimate: Estimate, card: Card) -> Verdict:
    """The verdict on one estimate.

    What counts is what is allocated, with the context and whatever else is on the card: blocks that torch only caches
    are given back before it runs out of memory, and a paged optimizer's state makes room.
    """
    context = estimate.parts.get("context", 0)
    need = estimate.allocated_bytes + context + card.used_bytes
    margin = 1 - need / card.total_bytes
    word: Literal["fits", "tight", "does not fit"] = "does not fit"
    if margin >= 0:
        word = "fits" if margin * card.total_bytes >= safe_bytes(estimate, card) else "tight"
    return Verdict(word, need, card.total_bytes, margin, card)
