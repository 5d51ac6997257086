"""The largest micro-batch of a run: what its peak memory depends on beside the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.profile import TrainOptions


@dataclass(frozen=True)
class Workload:
    """A micro-batch.

    Args:
        micro_batch: Rows.
        sequence_tokens: Tokens of its longest row; the others are padded to it.
        label_tokens: Positions of the whole micro-batch whose loss counts.
        accumulation: Micro-batches a step; with more than one, gradients are there while the next one runs.
        varied: Whether the rows of the data set differ in length.
        source: Where the figures come from, in words.
    """

    micro_batch: int
    sequence_tokens: int
    label_tokens: int
    accumulation: int
    varied: bool
    source: str

    @property
    def padded(self) -> bool:
        """Whether rows of different length lie in one micro-batch, so that attention needs a mask."""
        return self.varied and self.micro_batch > 1


def worst_case(train: TrainOptions) -> Workload:
    """Every row as long as ``max_length``, every token of it trained."""
    rows = train.micro_batch
    return Workload(
        micro_batch=rows,
        sequence_tokens=train.max_length,
        label_tokens=rows * (train.max_length - 1),
        accumulation=train.gradient_accumulation_steps,
        varied=False,
        source=f"worst case: rows of train.max_length = {train.max_length} tokens, all of them trained",
    )


def longest(train: TrainOptions, lengths: Sequence[int], labels: Sequence[int]) -> Workload:
    """The micro-batch of the longest row and those with most labels, whatever order the sampler takes.

    Args:
        train: How rows are batched.
        lengths: Tokens of each training row.
        labels: How many of them are trained, by row.
    """
    rows = min(train.micro_batch, len(lengths))
    batch = sorted(lengths, reverse=True)[:rows]
    return Workload(
        micro_batch=rows,
        sequence_tokens=batch[0],
        label_tokens=max(1, sum(sorted(labels, reverse=True)[:rows])),
        accumulation=train.gradient_accumulation_steps,
        varied=len(set(lengths)) > 1,
        source=f"the longest of {len(lengths)} training rows has {batch[0]} tokens",
    )
