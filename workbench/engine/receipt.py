"""The hardware that a run was made on."""

from __future__ import annotations

import platform
from typing import Any

import torch

from workbench.engine.model import device


def hardware() -> dict[str, Any]:
    """The device that the numbers were taken on."""
    if device().type == "cpu":
        return {
            "type": "cpu",
            "name": platform.processor() or platform.machine(),
            "threads": torch.get_num_threads(),
        }
    properties = torch.cuda.get_device_properties(0)
    return {
        "type": "cuda",
        "name": properties.name,
        "total_bytes": properties.total_memory,
        "capability": f"{properties.major}.{properties.minor}",
        "cuda": torch.version.cuda,
    }
