"""Liger's kernels as they allocate: norms, the gated feed-forward layer and the rotation of positions.

liger-kernel itself needs Triton and a GPU. Its modules are swapped for ones that keep and make the same tensors, so
that the simulation runs where the profile is written.

Source: liger-kernel 0.8, ops/{rms_norm,swiglu,rope}.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

STREAMING_MULTIPROCESSORS = 132
"""Rows of the partial sums of a norm's weight gradient: one a multiprocessor; those of an H100."""
MULTI_HEAD_NAMES = ("gate_proj", "up_proj", "down_proj")


class RmsNorm(torch.autograd.Function):
    """Keeps input and reciprocal root mean square; the input's gradient overwrites the output's."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """The normed input."""
        ctx.save_for_backward(hidden, hidden.new_empty(hidden.shape[:-1], dtype=torch.float32), weight)
        return torch.empty_like(hidden)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        """Gradients of input and weight."""
        weight = ctx.saved_tensors[2]
        partial = torch.empty((STREAMING_MULTIPROCESSORS, weight.shape[0]), dtype=torch.float32)
        return grads[0], partial.sum(0).to(weight.dtype)


class SiluMul(torch.autograd.Function):
    """Keeps gate and up projection; their gradients overwrite them."""

    @staticmethod
    def forward(ctx: Any, gate: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
        """silu(gate) * up."""
        ctx.save_for_backward(gate, up)
        return torch.empty_like(gate)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        """Gradients of both."""
        return ctx.saved_tensors


class Rotation(torch.autograd.Function):
    """Rotates in place, forth and back."""

    @staticmethod
    def forward(ctx: Any, query: torch.Tensor, key: torch.Tensor) -> Any:
        """Both, rotated."""
        return query.view_as(query), key.view_as(key)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        """Gradients of both."""
        return grads


class FusedNorm(nn.Module):
    """An RMS norm by Liger's kernel."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.weight = norm.weight

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """The normed input."""
        result: torch.Tensor = RmsNorm.apply(hidden, self.weight)
        return result


class FusedFeedForward(nn.Module):
    """A gated feed-forward layer by Liger's kernel."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = layer.gate_proj, layer.up_proj, layer.down_proj

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """The layer's output."""
        result: torch.Tensor = self.down_proj(SiluMul.apply(self.gate_proj(hidden), self.up_proj(hidden)))
        return result


def fuse(model: nn.Module) -> None:
    """Swap norms and gated feed-forward layers for Liger's."""
    for name, module in list(model.named_modules()):
        kind = type(module).__name__
        parent, own = model.get_submodule(name.rpartition(".")[0]), name.rpartition(".")[2]
        if kind.endswith("RMSNorm") and getattr(module, "weight", None) is not None:
            setattr(parent, own, FusedNorm(module))
        elif kind.endswith("MLP") and all(hasattr(module, part) for part in MULTI_HEAD_NAMES):
            setattr(parent, own, FusedFeedForward(module))


@contextmanager
def fused_rotation(model: nn.Module) -> Iterator[None]:
    """While active, the model's module rotates positions in place, which Liger does by rebinding the same name."""
    module: Any = sys.modules[type(model).__module__]
    original = getattr(module, "apply_rotary_pos_emb", None)
    if original is None:
        yield
        return
    module.apply_rotary_pos_emb = lambda query, key, *_, **__: Rotation.apply(query, key)
    try:
        yield
    finally:
        module.apply_rotary_pos_emb = original
