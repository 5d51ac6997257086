"""Attention over a cache with room: a new token is written in place, and no key is copied for each query head.

The libraries' own way grows the cache by copying it at every token, and repeats keys and values for each query head
of a group as soon as a batch is padded. Both cost more than the attention itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.cache_utils import Cache, DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

GROUPED = "workbench_grouped"
"""Name of ``grouped`` among the libraries' attention functions."""

UNUSUAL = ("attn_logit_softcapping", "layers_block_type", "attn_layer_indices", "alibi", "attention_chunk_size")
"""Keys of a model's config that mean more than plain attention when they are set."""


def inner(model: Any) -> PreTrainedModel:
    """The model inside an adapter, or the model itself."""
    found: PreTrainedModel = model.get_base_model() if hasattr(model, "get_base_model") else model
    return found


def plain_causal(model: Any) -> bool:
    """Whether every layer is causal attention over all tokens before, by positions that are given.

    Only then may tokens share a forward with others that they do not see, or a cache be wound back.
    """
    config = inner(model).config
    if config._attn_implementation not in ("sdpa", "eager") or getattr(config, "is_encoder_decoder", False):  # noqa: SLF001 - transformers has no public name for it
        return False
    if getattr(config, "rope_parameters", None) is None or any(getattr(config, key, None) for key in UNUSUAL):
        return False
    kinds = getattr(config, "layer_types", None)
    if kinds is not None:
        return all(kind == "full_attention" for kind in kinds)
    return not getattr(config, "sliding_window", None)


class RoomyLayer(DynamicLayer):  # type: ignore[misc] # transformers carries no types
    """Keys and values of one layer, with room for every token that will come.

    Args:
        capacity: Tokens that there is room for.
    """

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.capacity = capacity
        self.length = 0
        self.at: torch.Tensor | None = None
        self.window = capacity

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Make the room, of the shape and kind of the first keys and values."""
        self.dtype, self.device = key_states.dtype, key_states.device
        self.keys, self.values = self._room(key_states), self._room(value_states)
        self.is_initialized = True

    def _room(self, states: torch.Tensor) -> torch.Tensor:
        rows, heads, _, width = states.shape
        return states.new_zeros((rows, heads, self.capacity, width))

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any) -> Any:
        """Write new keys and values, (rows, heads, tokens, numbers) each; everything written so far comes back."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        if self.at is not None:  # the place is a tensor, so that a recorded CUDA graph can move it
            self.keys.index_copy_(2, self.at, key_states)
            self.values.index_copy_(2, self.at, value_states)
            return self.keys[:, :, : self.window], self.values[:, :, : self.window]
        end = self.length + key_states.shape[-2]
        self.keys[:, :, self.length : end] = key_states
        self.values[:, :, self.length : end] = value_states
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def get_seq_length(self) -> int:
        """How many tokens are written."""
        return self.length

    def widened(self, rows: int, capacity: int) -> RoomyLayer:
        """A layer in which each of ``rows`` rows begins with this one's only row."""
        layer = RoomyLayer(capacity)
        if self.length:
            keys, values = (states[:, :, : self.length].expand(rows, -1, -1, -1) for states in (self.keys, self.values))
            layer.update(keys, values)
        return layer

    def take(self, part: RoomyLayer, place: slice, rows: int, shared: int, end: int) -> None:
        """Put a part into rows ``place`` of this layer's ``rows``: shared columns first, the others up to ``end``.

        The part gives up its own room: two caches of a batch would be one too many.
        """
        if not self.is_initialized:
            self.lazy_initialization(*(states[:1].expand(rows, -1, -1, -1) for states in (part.keys, part.values)))
        own = part.length - shared
        for room, states in ((self.keys, part.keys), (self.values, part.values)):
            room[place, :, :shared] = states[:, :, :shared]
            room[place, :, end - own : end] = states[:, :, shared : part.length]
        del states, part.keys, part.values
        part.is_initialized = False

    def selected(self, places: torch.Tensor) -> RoomyLayer:
        """Some of the rows."""
        layer = RoomyLayer(self.capacity)
        layer.keys, layer.values = self.keys[places], self.values[places]
        layer.dtype, layer.device, layer.is_initialized = self.dtype, self.device, True
        layer.length, layer.window = self.length, self.window
        return layer


def roomy(model: Any, capacity: int) -> Cache:
    """An empty cache for a model."""
    layers = inner(model).config.num_hidden_layers
    return Cache(layers=[RoomyLayer(capacity) for _ in range(layers)])


def grouped(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **rest: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one new token a row, heads that share keys taken together; of more tokens the library's own.

    Args:
        module: The attention layer.
        query: (rows, query heads, tokens, numbers).
        key: (rows, key heads, tokens so far, numbers).
        value: The same.
        attention_mask: What is added to the scores, (rows, 1, tokens, tokens so far); None when all is seen.
        scaling: Of the scores; one by the root of the numbers by default.
        rest: For the library's own.

    Returns:
        (rows, tokens, query heads, numbers).
    """
    if query.shape[2] > 1:
        attended, _ = sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **rest)
        return attended, None
    rows, heads, _, width = query.shape
    together = query.view(rows, key.shape[1], heads // key.shape[1], width)
    scores = torch.matmul(together, key.transpose(-1, -2)) * (width**-0.5 if scaling is None else scaling)
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    return torch.matmul(weights, value).view(rows, 1, heads, width), None


AttentionInterface.register(GROUPED, grouped)
AttentionMaskInterface.register(GROUPED, sdpa_mask)


@contextmanager
def grouped_attention(model: Any) -> Iterator[None]:
    """Let a plain causal sdpa model attend by ``grouped`` meanwhile; afterwards it is as it was."""
    config = inner(model).config
    before = config._attn_implementation  # noqa: SLF001 - as above
    if before == "sdpa":
        config._attn_implementation = GROUPED  # noqa: SLF001
    try:
        yield
    finally:
        config._attn_implementation = before  # noqa: SLF001


def causal_mask(seen: torch.Tensor, new: int, dtype: torch.dtype) -> torch.Tensor:
    """What is added to the scores of the last ``new`` tokens: nothing where they look, very little where they may not.

    Args:
        seen: (rows, tokens), True but for padding.
        new: How many tokens at the end ask.
        dtype: Of the scores.

    Returns:
        (rows, 1, new, tokens). Padding sees itself: a row that sees nothing would come out as not a number.
    """
    tokens = seen.shape[1]
    place = torch.arange(tokens, device=seen.device)
    before = place[None, :] <= place[tokens - new :, None]
    itself = place[None, :] == place[tokens - new :, None]
    open_ = (before[None] & seen[:, None, :]) | itself[None]
    mask = torch.zeros(open_.shape, dtype=dtype, device=seen.device)
    return mask.masked_fill_(~open_, torch.finfo(dtype).min)[:, None]
