"""What a run was made of: versions, hardware, hashes and seeds."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from workbench import __version__
from workbench.engine.model import device

LIBRARIES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "accelerate", "datasets", "liger-kernel")


def versions() -> dict[str, str | None]:
    """The version of each library that a number may depend on; None when it is not installed."""
    return {
        "workbench": __version__,
        "python": platform.python_version(),
        **{n: _version(n) for n in LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


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
