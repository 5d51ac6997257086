"""What CUDA's kernels allocate where a CPU's do otherwise: attention and dropout.

The simulation runs on fake CPU tensors, because a fake CUDA tensor aborts in autograd on a torch without CUDA.
Attention is given to transformers as an implementation of its own, under its public interface; that also keeps it from
writing out the causal mask, which it does for tensors whose values it cannot read. Dropout is answered by a function
mode. Nothing of torch is replaced.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import repeat_kv

Tensor = torch.Tensor
ALIGNMENT = 8
"""The memory-efficient kernel pads the last dimension of a mask to a multiple of this."""
BLOCK = 128
"""Flash attention's backward pads the sequence to a multiple of this."""


class FlashAttention(torch.autograd.Function):
    """Scaled dot product attention as the fused kernels allocate it: an output and the log-sum-exp, never the scores.

    Source: flash-attention 2, csrc/flash_attn/flash_api.cpp: ``softmax_lse`` in fp32; in the backward pass ``dq_accum``
    in fp32 and ``softmax_d``, and gradients of keys and values at the number of query heads before they are summed to
    groups. cuDNN's kernel, which torch takes on an H100, takes them as one block.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, masked: bool) -> Tensor:
        """The output, (batch, heads, tokens, head size)."""
        batch, heads, tokens = query.shape[:3]
        # the bias is expanded and padded, and kept for the backward pass
        bias = (batch, 1, tokens, -(-key.shape[2] // ALIGNMENT) * ALIGNMENT)
        kept = [query.new_empty(bias)] if masked else []
        output = torch.empty_like(query.transpose(1, 2)).transpose(1, 2)
        sums = query.new_empty(batch, heads, tokens, dtype=torch.float32)
        ctx.save_for_backward(query, key, value, output, sums, *kept)
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        """Gradients of query, key and value."""
        query, key, value = ctx.saved_tensors[:3]
        batch, heads, tokens, size = query.shape
        padded = -(-tokens // BLOCK) * BLOCK
        made = torch.empty_like(query), torch.empty_like(key), torch.empty_like(value)
        numbers = batch * padded * heads * (size + 1)  # the sums of a query's gradient and one figure a row, in fp32
        expanded = 2 * batch * key.shape[2] * heads * size if key.shape[1] != heads else 0
        query.new_empty(numbers * 4 + expanded * key.element_size(), dtype=torch.uint8)
        return *made, None


PLAIN, MASKED = "fake_sdpa", "fake_sdpa_masked"
"""Names under which transformers finds the fused kernels: rows of equal length, and padded ones."""


def _plain(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **_: Any
) -> tuple[Tensor, None]:
    """Causal attention without a mask: keys and values stay at the number of their own heads."""
    return FlashAttention.apply(*_lowered(query, key, value), False).transpose(1, 2).contiguous(), None


def _masked(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **_: Any
) -> tuple[Tensor, None]:
    """With a mask transformers repeats keys and values for every head first (integrations/sdpa_attention.py)."""
    groups = getattr(module, "num_key_value_groups", 1)
    query, key, value = _lowered(query, repeat_kv(key, groups), repeat_kv(value, groups))
    return FlashAttention.apply(query, key, value, True).transpose(1, 2).contiguous(), None


def _lowered(*tensors: Tensor) -> tuple[Tensor, ...]:
    """In autocast's dtype, as the real function takes them."""
    if not torch.is_autocast_enabled("cpu"):
        return tensors
    return tuple(tensor.to(torch.get_autocast_dtype("cpu")) for tensor in tensors)


AttentionInterface.register(PLAIN, _plain)
AttentionInterface.register(MASKED, _masked)


class CudaDropout(TorchFunctionMode):
    """While active, dropout allocates as on a GPU."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is functional.dropout:
            return _dropout(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _dropout(
    input: Tensor,  # noqa: A002 - torch's name
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
) -> Tensor:
    """CUDA keeps a mask of one byte a number where a CPU keeps the scaled noise itself."""
    if not training or p == 0:
        return input
    return torch.native_dropout(input, p, True)[0]
