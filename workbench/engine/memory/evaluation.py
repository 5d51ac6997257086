"""The peak of evaluation: reading the prompts of a batch, and the last token with its cache full.

As in training, the real model runs on tensors without contents; only without gradients.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import DynamicCache

from workbench.engine.memory.hollow import build, count_weights, materialize
from workbench.engine.memory.kernels import CudaDropout
from workbench.engine.memory.simulate import Simulated, causal_mask, measured
from workbench.engine.memory.tracker import Tracker
from workbench.engine.model import attach
from workbench.profile import Profile

PHASES = ("prefill", "decode")


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
        _generate(base, batch, tracker)
    return measured(tracker, tracker.cut(), PHASES, 0)


def _generate(base: Any, batch: Generation, tracker: Tracker) -> None:
    cache = DynamicCache(config=base.config)
    padded = batch.rows > 1
    with _part(tracker, "prefill"):
        mask = causal_mask(batch.rows, batch.prompt_tokens) if padded else None
        _last_scores(base, torch.empty((batch.rows, batch.prompt_tokens), dtype=torch.long), cache)
    with _part(tracker, "decode"):
        _fill(cache, batch.new_tokens - 1)
        mask = causal_mask(batch.rows, 1, _length(cache)) if padded else None
        _last_scores(base, torch.empty((batch.rows, 1), dtype=torch.long), cache)
    del mask


def _last_scores(base: Any, tokens: torch.Tensor, cache: DynamicCache) -> None:
    """The next token's scores, in the model's dtype and then in fp32, as ``generate`` takes them."""
    logits = base(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
    logits[:, -1].float()


def _fill(cache: DynamicCache, tokens: int) -> None:
    """Grow every layer's keys and values by so many tokens, as decoding would have done by now."""
    for layer in cache.layers:
        grown = list(layer.keys.shape)
        grown[2] += tokens
        layer.keys = layer.keys.new_empty(grown)
        layer.values = layer.values.new_empty(grown)


def _length(cache: DynamicCache) -> int:
    return int(cache.layers[0].keys.shape[2])


@contextlib.contextmanager
def _part(tracker: Tracker, phase: str) -> Iterator[None]:
    with tracker.within(part="activations", phase=phase):
        yield
