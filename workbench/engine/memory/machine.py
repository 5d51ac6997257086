"""What CUDA takes on a card beside torch's tensors: measured once a machine, else that of a measured card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import platformdirs

from workbench.engine.memory.cards import Card
from workbench.engine.memory.estimate import Machine
from workbench.paths import write_atomically

GIB, MIB = 2**30, 2**20
MEASURED_CONTEXT_BYTES = int(0.75 * GIB)
"""NVML's figure less torch's reserved memory: 0.750 to 0.760 GiB in eleven runs on an H200."""
WORKSPACE_BYTES = 4096 * 2 * 1024 + 16 * 8 * 1024
"""cuBLAS workspace of one thread: two buffers of 4 MiB, eight of 16 KiB (aten/src/ATen/cuda/CublasHandlePool.cpp)."""
HOPPER_WORKSPACE_BYTES = 32 * MIB
"""The same from compute capability 9.0."""
THREADS = 2
"""The thread of the forward pass and that of autograd have a workspace each."""


def machine_file() -> Path:
    """Where this machine's measured constants are kept."""
    return platformdirs.user_state_path("workbench") / "machine.json"


def machine(card: Card | None) -> Machine:
    """The figures of a card; those of the measured card, with a note, where this one was not measured."""
    hopper = card is not None and card.capability >= (9, 0)
    workspace = THREADS * (HOPPER_WORKSPACE_BYTES if hopper else WORKSPACE_BYTES)
    measured = _measured_bytes(card.uuid) if card is not None else None
    if measured is not None:
        return Machine(measured, workspace, ("CUDA context as measured on this card",))
    note = "CUDA context assumed to be 0.75 GiB, as on an H200; `workbench fit --calibrate` measures this card's"
    return Machine(MEASURED_CONTEXT_BYTES, workspace, (note,))


def keep(uuid: str, measured: dict[str, Any]) -> None:
    """Remember what was measured on the card with that UUID."""
    write_atomically(machine_file(), json.dumps({**_known(), uuid: measured}, indent=2) + "\n")


def _measured_bytes(uuid: str) -> int | None:
    try:
        return int(_known()[uuid]["context_bytes"])
    except (KeyError, TypeError, ValueError):
        return None  # not measured, or the file is damaged: measuring again mends it


def _known() -> dict[str, Any]:
    try:
        found = json.loads(machine_file().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # nothing measured yet
    return found if isinstance(found, dict) else {}
