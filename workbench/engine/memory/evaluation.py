"""The peak of evaluation: reading the prompts of a batch, and the last token with its cache full.

As in training, the real model runs on tensors without contents, here with the product's own cache and in the portions
in which ``evaluate.decode`` reads; only without gradients.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from workbench.engine.evaluate.attention import GROUPED, roomy
from workbench.engine.evaluate.decode import alike, next_logits
from workbench.engine.memory.hollow import build, count_weights, materialize
from workbench.engine.memory.kernels import CudaDropout
from workbench.engine.memory.simulate import Simulated, causal_mask, measured
from workbench.engine.memory.tracker import Tracker
from workbench.engine.model import attach
from workbench.profile import Profile

PHASES = ("prefill", "next prefill", "cache", "decode")
"""The first prompts are read, the next ones beside the cache of all, what was read moves into that, the last token.
Each grows by the same amount with every layer; the largest of them does not."""


@dataclass(frozen=True)
class Generation:
    """A batch that is answered.

    Args:
        rows: Prompts at once.
        prompt_tokens: Of the longest.
        new_tokens: Answer tokens at most.
    """

    rows: int
    prompt_tokens: int
    new_tokens: int

    @property
    def capacity(self) -> int:
        """Columns of the cache."""
        return self.prompt_tokens + self.new_tokens

    @property
    def portions(self) -> list[slice]:
        """Rows that are read together."""
        return [slice(rows[0], rows[-1] + 1) for rows in alike([self.prompt_tokens] * self.rows)]


def generation(profile: Profile, config: dict[str, Any], batch: Generation, layers: int) -> Simulated:
    """The memory of answering a batch with the model cut to ``layers`` layers, adapter attached and not merged.

    Args:
        profile: What is evaluated.
        config: The model's config.json.
        batch: The largest batch.
        layers: How many layers are simulated.
    """
    tracker = Tracker()
    with torch.device("meta"):
        base = build(profile, config, layers, batch.rows > 1)
        model = attach(base, profile)
        model.requires_grad_(False).eval()
    with FakeTensorMode(allow_non_fake_inputs=True), contextlib.ExitStack() as stack:
        materialize(model)
        count_weights(model, tracker)
        stack.enter_context(tracker)
        stack.enter_context(CudaDropout())
        stack.enter_context(torch.no_grad())
        _answer(base, batch, lambda phase: tracker.within(part="activations", phase=phase))
    return measured(tracker, tracker.cut(), PHASES, 0)


def _answer(base: PreTrainedModel, batch: Generation, within: Callable[[str], AbstractContextManager[Any]]) -> None:
    """As ``decode.read`` and ``decode.speak`` do."""
    cache = roomy(base, batch.capacity)
    for place in batch.portions:
        with within("next prefill" if place.start else "prefill"):
            own = _read(base, batch, place.stop - place.start)
        with within("cache"):
            for layer, part in zip(cache.layers, own.layers, strict=True):
                layer.take(part, place, batch.rows, 0, batch.prompt_tokens)
    with within("decode"):
        _speak_last(base, batch, cache)


def _read(base: PreTrainedModel, batch: Generation, rows: int) -> Cache:
    """A cache of these prompts alone."""
    mask = causal_mask(rows, batch.prompt_tokens) if batch.rows > 1 else None
    own = roomy(base, batch.prompt_tokens)
    prompts = torch.empty((rows, batch.prompt_tokens), dtype=torch.long)
    base(input_ids=prompts, past_key_values=own, use_cache=True, logits_to_keep=1)
    del mask
    return own


def _speak_last(base: PreTrainedModel, batch: Generation, cache: Cache) -> None:
    """The last token of each answer: one step of ``decode.speak`` with all room but its own taken."""
    for layer in cache.layers:
        layer.length = batch.capacity - 1
    mask = torch.zeros((batch.rows, 1, 1, batch.capacity), dtype=base.dtype)
    one = torch.empty((batch.rows, 1), dtype=torch.long)
    base.config._attn_implementation = GROUPED  # noqa: SLF001 - as ``attention.grouped_attention`` does
    next_logits(base, one, mask, one, cache)
