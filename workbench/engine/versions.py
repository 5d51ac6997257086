"""The versions that a number may depend on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from workbench import __version__

LIBRARIES = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "bitsandbytes",
    "accelerate",
    "datasets",
    "liger-kernel",
    "math-verify",
)


def versions() -> dict[str, str | None]:
    """The version of each library that a number may depend on; None when it is not installed. Nothing is imported."""
    return {
        "workbench": __version__,
        "python": platform.python_version(),
        **{name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
