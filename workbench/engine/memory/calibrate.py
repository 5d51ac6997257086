"""Measure what CUDA takes in a process that has done what training does; runs in a process of its own."""

from __future__ import annotations

import os
from typing import Any

import pynvml
import torch

from workbench.engine.model import device, gpu_uuid
from workbench.errors import InputError

SIZE = 512


def measure_context() -> dict[str, Any]:
    """NVML's figure for this process less what torch has reserved, after a product forth and back.

    Returns:
        ``uuid`` of the card, ``context_bytes``, ``torch`` and ``driver`` versions.

    Raises:
        InputError: There is no GPU, or its driver does not tell a process's share.
    """
    uuid = gpu_uuid()
    if uuid is None:
        raise InputError("There is no CUDA GPU whose context could be measured.")
    weight = torch.randn(SIZE, SIZE, device=device(), dtype=torch.bfloat16, requires_grad=True)
    product = (weight @ weight)[None, None]
    torch.nn.functional.scaled_dot_product_attention(product, product, product).sum().backward()
    torch.cuda.synchronize()
    pynvml.nvmlInit()
    handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)
    own = [one.usedGpuMemory for one in pynvml.nvmlDeviceGetComputeRunningProcesses(handle) if one.pid == os.getpid()]
    if not own or own[0] is None:
        raise InputError("The driver does not tell this process's share of the GPU, so its context cannot be measured.")
    return {
        "uuid": uuid,
        "context_bytes": int(own[0]) - torch.cuda.memory_reserved(),
        "torch": torch.__version__,
        "driver": pynvml.nvmlSystemGetDriverVersion(),
    }
