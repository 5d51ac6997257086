"""Bytes that a CUDA kernel takes inside a call and gives back before it returns, by operation.

The operations themselves run as fake kernels, which make only the result. Rows are of PyTorch 2.x and bitsandbytes
0.50; the sources are named beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

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


MULTIPROCESSORS, THREADS = 132, 2048
"""Of an H100, and threads that each holds; smaller cards divide a sum among fewer blocks, and take less."""
REDUCING_THREADS, WARP = 512, 32
LEAST_VALUES, MOST_VALUES = 16, 256
"""Values that a thread adds up at least and at most, before blocks share an output."""


def _sum(values: torch.Tensor, dims: Any = None, *_: Any, **__: Any) -> int:
    """aten/src/ATen/native/cuda/Reduce.cuh: where many rows are summed, blocks share an output and meet in fp32.

    Only sums over all leading dimensions of a contiguous tensor, as a norm's weight or a bias gets its gradient.
    """
    kept = values.shape[-1] if values.dim() else 1
    leading = dims is not None and sorted(dim % values.dim() for dim in dims) == list(range(values.dim() - 1))
    if not (leading and values.is_contiguous() and values.is_floating_point()):
        return 0
    rows = values.numel() // kept
    vector = math.gcd(kept, 4)
    columns, threads = kept // vector, REDUCING_THREADS // vector
    width = min(_power_below(columns, threads), WARP)
    height = min(_power_below(rows, threads), threads // width)
    width = min(_power_below(columns, threads), threads // height)
    each, blocks = math.ceil(rows / height), math.ceil(columns / width)
    target = MULTIPROCESSORS * (THREADS // (width * height))
    if each < MOST_VALUES or blocks > target:
        return 0
    shared = max(min(math.ceil(target / blocks), math.ceil(each / LEAST_VALUES)), math.ceil(each / MOST_VALUES))
    return 4 * kept * shared * width * vector if shared > 1 else 0


def _power_below(number: int, most: int) -> int:
    """The largest power of two up to both."""
    return 1 << (min(number, most).bit_length() - 1)


WORKSPACES: dict[str, Callable[..., int]] = {
    "aten::sum": _sum,
    "bitsandbytes::gemm_4bit": _gemm_4bit,
    "bitsandbytes::int8_scaled_mm": _int8_scaled_mm,
    "bitsandbytes::int8_vectorwise_quant": _int8_vectorwise_quant,
}


def workspace_bytes(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Bytes that a call of this operation takes while it runs; 0 for one that takes none."""
    rule = WORKSPACES.get(operation._schema.name)
    return rule(*args, **kwargs) if rule else 0
