"""Batches under a budget of tokens, the widest first; halved, and asked again, when the GPU is full."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Literal, TypeVar

import torch

from workbench.engine.evaluate.attention import inner

T = TypeVar("T")

CPU_TOKENS = 8192
LEAST_TOKENS = 2048
"""The budget of a GPU that the weights have all but filled."""
MOST_TOKENS = 131_072
ROOM = 0.7
"""Fraction of a GPU's memory beside the weights that keys and values may take."""
SPARE_BYTES = 2 * 2**30


def budget(model: Any, wanted: int | Literal["auto"]) -> int:
    """Tokens of one batch: what the profile says, or by the GPU's memory; the same for the same model and card.

    A token takes two vectors of every key head in every layer.
    """
    if wanted != "auto":
        return wanted
    if model.device.type != "cuda":
        return CPU_TOKENS
    total = torch.cuda.get_device_properties(model.device).total_memory
    room = (total - inner(model).get_memory_footprint() - SPARE_BYTES) * ROOM
    return int(max(LEAST_TOKENS, min(MOST_TOKENS, room // token_bytes(model))))


def token_bytes(model: Any) -> int:
    """Bytes of one token's keys and values."""
    config = inner(model).config
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * width * inner(model).dtype.itemsize)


def in_batches(
    widths: Sequence[int],
    budget: int,
    do: Callable[[list[int]], T],
    on_note: Callable[[str], None],
    wanted: Collection[int] | None = None,
) -> Iterator[tuple[list[int], T]]:
    """What ``do`` makes of each batch, with the batch.

    Args:
        widths: Tokens that each item takes, its answer too.
        budget: Tokens of a batch, padding counted; one item alone may take more.
        do: Called with the places of a batch's items.
        on_note: Told when a batch was too large.
        wanted: Places that matter. A batch with none of them is left out, the others stay as they are: what a model
            answers in half precision may depend on who else is in the batch. All matter by default.

    Raises:
        torch.OutOfMemoryError: Not even one item fits.
    """
    order = sorted(range(len(widths)), key=lambda place: -widths[place])
    while order:
        batch = order[: max(1, budget // max(1, widths[order[0]]))]
        if wanted is None or any(place in wanted for place in batch):
            try:
                done = do(batch)
            except torch.OutOfMemoryError:
                if len(batch) == 1:
                    raise
                torch.cuda.empty_cache()
                budget = len(batch) // 2 * widths[batch[0]]
                on_note(f"out of GPU memory: batches of {budget} tokens from here")
                continue
            yield batch, done
        order = order[len(batch) :]
