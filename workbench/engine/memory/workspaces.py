"""Bytes that a CUDA kernel takes inside a call and gives back before it returns, by operation.

The operations themselves run as fake kernels, which make only the result. One row an operation of bitsandbytes 0.50;
the sources are named beside the rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

FUSED_ROWS = 4
"""Up to so many rows the 4-bit product runs in one kernel that never holds the weights in 16 bits
(backends/cuda/ops.py, _GEMM_4BIT_CUSTOM_FLOOR_M)."""


def _gemm_4bit(activations: Any, packed: Any, shape: Any, *rest: Any, absmax_8bit: Any = None, **_: Any) -> int:
    """backends/cuda/ops.py, gemm_4bit: the scales in fp32 when they were quantized too, then the whole weight."""
    rows, columns = shape
    if activations.numel() // columns <= FUSED_ROWS:
        return 0
    scales = 0 if absmax_8bit is None else math.ceil(rows * columns / rest[1]) * 4
    output = activations.numel() // columns * rows * activations.element_size()
    # the scales are dropped before the product's output, which is counted as the result, is made
    return int(rows * columns * activations.element_size() + max(0, scales - output))


def _int8_scaled_mm(activations: Any, weight: Any, *_: Any, **__: Any) -> int:
    """backends/default/ops.py, int8_scaled_mm: the product in int32, then in fp16, then the result in its dtype."""
    return int(activations.numel() // activations.shape[-1] * weight.shape[0] * (4 + 2))


def _int8_vectorwise_quant(activations: Any, *_: Any, **__: Any) -> int:
    """backends/cuda/ops.py, int8_vectorwise_quant: magnitudes in fp16 and a mask of one byte, to find outliers."""
    return int(activations.numel() * (2 + 1))


WORKSPACES: dict[str, Callable[..., int]] = {
    "bitsandbytes::gemm_4bit": _gemm_4bit,
    "bitsandbytes::int8_scaled_mm": _int8_scaled_mm,
    "bitsandbytes::int8_vectorwise_quant": _int8_vectorwise_quant,
}


def workspace_bytes(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Bytes that a call of this operation takes while it runs; 0 for one that takes none."""
    rule = WORKSPACES.get(operation._schema.name)
    return rule(*args, **kwargs) if rule else 0
