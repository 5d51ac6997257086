"""What CUDA's kernels allocate where a CPU's do otherwise: attention and dropout, seen as torch calls them.

The simulation runs on fake CPU tensors, because a fake CUDA tensor aborts in autograd on a torch without CUDA. A function
mode answers the two calls in their CUDA form; nothing of torch is replaced.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

Tensor = torch.Tensor
ALIGNMENT = 8
"""The memory-efficient kernel pads the last dimension of a mask to a multiple of this."""
BLOCK = 128
"""Flash attention's backward pads the sequence to a multiple of this."""


class FlashAttention(torch.autograd.Function):
    """Scaled dot product attention as the fused kernels allocate it: an output and the log-sum-exp, never the scores.

    Source: flash-attention 2, csrc/flash_attn/flash_api.cpp: ``softmax_lse`` in fp32; in the backward pass ``dq_accum`` in fp32
    and ``softmax_d``, and gradients of keys and values at the number of query heads before they are summed to groups.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """The output, (batch, heads, tokens, head size)."""
        batch, heads, tokens = query.shape[:3]
        if mask is not None:  # the bias is expanded and padded, and kept for the backward pass
            ctx.bias = query.new_empty((batch, 1, tokens, -(-key.shape[2] // ALIGNMENT) * ALIGNMENT))
        output = torch.empty_like(query.transpose(1, 2)).transpose(1, 2)
        ctx.save_for_backward(query, key, value, output, query.new_empty(batch, heads, tokens, dtype=torch.float32))
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        """Gradients of query, key and value."""
        query, key, value = ctx.saved_tensors[:3]
        batch, heads, tokens, size = query.shape
        padded = -(-tokens // BLOCK) * BLOCK
        accumulator = query.new_empty((batch, padded, heads, size), dtype=torch.float32)
        sums = query.new_empty((batch, heads, padded), dtype=torch.float32)
        grad_query = torch.empty_like(query)
        expanded = []
        if key.shape[1] != heads:
            expanded = [key.new_empty((batch, key.shape[2], heads, size)) for _ in range(2)]
        grads_out = grad_query, torch.empty_like(key), torch.empty_like(value), None
        del accumulator, sums, expanded
        return grads_out


class CudaKernels(TorchFunctionMode):
    """While active, attention and dropout allocate as on a GPU."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.scaled_dot_product_attention:
            return _attention(*args, **kwargs)
        if func is functional.dropout:
            return _dropout(*args, **kwargs)
        return func(*args, **kwargs)


def _attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, **_: Any) -> Any:
    if torch.is_autocast_enabled("cpu"):
        lower = torch.get_autocast_dtype("cpu")
        query, key, value = query.to(lower), key.to(lower), value.to(lower)
    return FlashAttention.apply(query, key, value, attn_mask)


def _dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:  # noqa: A002 - torch's name
    """CUDA keeps a mask of one byte a number where a CPU keeps the scaled noise itself."""
    if not training or p == 0:
        return input
    return torch.native_dropout(input, p, True)[0]
