"""What an optimizer keeps and what it takes for a moment, on fake tensors.

A real optimizer reads values (``step.item()``), which fake tensors do not have; so its tensors are made here by the
rules of the installed libraries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from workbench.choices.optimizers import BLOCK_SIZE_8BIT, OPTIMIZERS

Tensors = list[torch.Tensor]
MIN_8BIT_SIZE = 4096
"""Smaller parameters keep fp32 states (the same file, min_8bit_size)."""
MIN_PAGED_SIZE = 100_000
"""Smaller parameters keep their states in torch's memory (the same file, get_state_buffer)."""


def _adam(parameter: torch.Tensor) -> Tensors:
    """Both moments in the parameter's dtype, and the step (torch/optim/adamw.py)."""
    return [torch.empty_like(parameter), torch.empty_like(parameter), torch.empty((), dtype=torch.float32)]


def _moments(parameter: torch.Tensor) -> Tensors:
    """Both moments in fp32."""
    return [torch.empty(parameter.shape, dtype=torch.float32) for _ in range(2)]


def _adam_8bit(parameter: torch.Tensor) -> Tensors:
    """Both moments in one byte with a scale a block (bitsandbytes/optim/optimizer.py, Optimizer2State)."""
    count = parameter.numel()
    if count < MIN_8BIT_SIZE:
        return _moments(parameter)
    scales = math.ceil(count / BLOCK_SIZE_8BIT)
    return [
        torch.empty(size, dtype=kind)
        for _ in range(2)
        for size, kind in ((count, torch.uint8), (scales, torch.float32))
    ]


def _adafactor(parameter: torch.Tensor) -> Tensors:
    """Row and column means of a matrix, one number a number otherwise (transformers/optimization.py)."""
    if parameter.dim() < 2:
        return [torch.empty(parameter.shape, dtype=torch.float32)]
    rows = torch.empty(parameter.shape[:-1], dtype=torch.float32)
    return [rows, torch.empty(parameter.shape[:-2] + parameter.shape[-1:], dtype=torch.float32)]


def _paged(parameter: torch.Tensor) -> Tensors:
    """Moments in managed memory, which the driver moves to the host; those of small parameters are not."""
    return _moments(parameter) if parameter.numel() < MIN_PAGED_SIZE else []


def _paged_8bit(parameter: torch.Tensor) -> Tensors:
    """The same in one byte: the scales are not paged (the same file, Optimizer2State.init_state)."""
    states = _adam_8bit(parameter)
    return states if parameter.numel() < MIN_PAGED_SIZE else states[1::2]


def _nothing(parameter: torch.Tensor) -> Tensors:
    return []


STATES: dict[str, Callable[[torch.Tensor], Tensors]] = {
    "adamw_torch_fused": _adam,
    "adamw_torch": _adam,
    "adamw_bnb_8bit": _adam_8bit,
    "paged_adamw_8bit": _paged_8bit,
    "paged_adamw_32bit": _paged,
    "adafactor": _adafactor,
    "sgd": _nothing,
}
"""State tensors of one parameter, by ``train.optim``."""


def keep_states(optim: str, parameters: Sequence[torch.Tensor], embedding: torch.Tensor | None = None) -> Tensors:
    """The optimizer's state tensors for these parameters.

    Args:
        optim: ``train.optim``.
        parameters: What is trained.
        embedding: The embedding's weight, if it may be among them.
    """
    row, plain = OPTIMIZERS[optim], STATES[optim]
    in_fp32 = _paged if row.paged else _moments
    of_embedding = in_fp32 if row.fp32_embedding else plain
    rules = [of_embedding if parameter is embedding else plain for parameter in parameters]
    return [tensor for rule, parameter in zip(rules, parameters, strict=True) for tensor in rule(parameter)]


def take_temporaries(optim: str, parameters: Sequence[torch.Tensor]) -> Tensors:
    """Take what a step takes for a moment; nothing where kernels work in place."""
    row = OPTIMIZERS[optim]
    largest = max(parameters, key=lambda parameter: parameter.numel())
    copies = [torch.empty_like(parameter) for _ in range(row.copies) for parameter in parameters]
    return copies + [torch.empty(largest.shape, dtype=torch.float32) for _ in range(row.largest_fp32)]
