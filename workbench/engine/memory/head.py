"""TRL's loss as it allocates on a GPU: log-probabilities in tiles, and never all the logits as before.

TRL picks its Triton path by the device of the tensors, and a fake tensor is on the CPU, so its function cannot be
called as it is. Tile sizes are read from the installed TRL.

Source: trl 1.16, kernels/chunked_logprob.py and trainer/utils.py, add_fused_lm_head.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional
from trl.kernels.chunked_logprob import TOKEN_CHUNK_SIZE
from trl.trainer.utils import _CHUNKED_LOGPROB_CHUNK_SIZE as VOCABULARY_CHUNK_SIZE

STATISTICS = 7
"""Running figures a token, in fp32."""


class FusedHead(torch.autograd.Function):
    """Log-probabilities of the label tokens from their hidden states and the head's weight."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """One number a label token, in fp32."""
        tokens = hidden.shape[0]
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else hidden.dtype
        statistics = [torch.empty(tokens, dtype=torch.float32) for _ in range(STATISTICS)]
        tile = _tile(tokens, dtype)
        if weight.dtype != dtype:
            weight[:VOCABULARY_CHUNK_SIZE].to(dtype)
        ctx.save_for_backward(hidden, weight)
        ctx.dtype = dtype
        del statistics, tile
        return torch.empty(tokens, dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        """Gradients of hidden states and weight, summed in fp32."""
        hidden, weight = ctx.saved_tensors
        grad_hidden = torch.zeros(hidden.shape, dtype=torch.float32)
        grad_weight = torch.zeros(weight.shape, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        tile = _tile(hidden.shape[0], ctx.dtype)
        if weight.dtype != ctx.dtype:  # a chunk's name is bound anew only after the next one is cast: two live
            chunks = [weight[:VOCABULARY_CHUNK_SIZE].to(ctx.dtype) for _ in range(2)]
            del chunks
        result = grad_hidden.to(hidden.dtype), None if grad_weight is None else grad_weight.to(weight.dtype)
        del tile
        return result


def _tile(tokens: int, dtype: torch.dtype) -> torch.Tensor:
    return torch.empty((min(tokens, TOKEN_CHUNK_SIZE), VOCABULARY_CHUNK_SIZE), dtype=dtype)


def tiled(hidden: torch.Tensor, weight: torch.Tensor, label_tokens: int) -> torch.Tensor:
    """The training loss of a micro-batch, without all the logits.

    Args:
        hidden: Last hidden states, (batch, tokens, size).
        weight: Of the head, (vocabulary, size).
        label_tokens: How many positions carry a label.
    """
    flat = hidden[:, :-1].reshape(-1, hidden.shape[-1])
    chosen = flat.index_select(0, torch.empty(label_tokens, dtype=torch.long))
    log_probabilities: torch.Tensor = FusedHead.apply(chosen, weight)
    return -log_probabilities.sum() / float(label_tokens)


def whole_logits(hidden: torch.Tensor, weight: torch.Tensor, label_tokens: int) -> torch.Tensor:
    """The loss from all the logits in fp32, whichever positions carry a label. Arguments as ``tiled``.

    Source: transformers 4.55, loss/loss_utils.py, ForCausalLMLoss; accelerate's convert_outputs_to_fp32; trl 0.21,
    trainer/sft_trainer.py, compute_loss, which shifts a copy for its accuracy.
    """
    logits = functional.linear(hidden, weight)
    labels = torch.empty(hidden.shape[:-1], dtype=torch.long).view(-1)
    result = functional.cross_entropy(logits.float().view(-1, weight.shape[0]), labels, reduction="sum")
    given = logits.float()
    del logits
    shifted = given[..., :-1, :].contiguous()
    shifted.argmax(-1)
    return result


Loss = Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor]
LOSSES: dict[str, Loss] = {"trl 1.16": tiled, "trl 0.21": whole_logits}
"""By the version of TRL that computes it so."""
