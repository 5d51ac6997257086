"""The card that a run is to fit on: the one in this machine, a well-known one by name, or just a size."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.choices.cards import CARDS, CardModel
from workbench.errors import InputError, nearest

UNITS = {"gib": 2**30, "gb": 10**9, "g": 2**30, "mib": 2**20, "mb": 10**6}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Card:
    """A GPU as far as memory goes.

    Args:
        name: What to call it.
        total_bytes: What CUDA programs can have of it in all.
        used_bytes: What other processes hold of it now; 0 for a card that is not in this machine.
        detected: Whether it is in this machine.
        uuid: NVML's name of it; empty for a card that is not here.
        capability: CUDA compute capability; (0, 0) where unknown.
    """

    name: str
    total_bytes: int
    used_bytes: int = 0
    detected: bool = False
    uuid: str = ""
    capability: tuple[int, int] = (0, 0)


def find_card(text: str) -> Card:
    """The card that ``--gpu`` means: "auto", a size such as "8GiB", or a name such as "RTX 4060 Ti 16GB".

    Raises:
        InputError: There is no GPU here ("auto"), or no card of that name; the message names the nearest.
    """
    wanted = text.strip()
    if wanted.lower() == "auto":
        card, reason = detect()
        if card is None:
            raise InputError(f'There is no GPU to fit on: {reason}. Name one, such as --gpu 8GiB or --gpu "RTX 4090".')
        return card
    size = SIZE.fullmatch(wanted)
    if size and size[2].lower() in UNITS:
        total_bytes = int(float(size[1]) * UNITS[size[2].lower()])
        if total_bytes == 0:
            raise InputError(f'--gpu "{text}": a card has more than 0 bytes.')
        return Card(wanted, total_bytes)
    for row in CARDS.values():
        if _plain(row.name) == _plain(wanted):
            return _named(row)
    found = [row for row in CARDS.values() if _plain(wanted) and _plain(wanted) in _plain(row.name)]
    if len(found) == 1 or len({row.memory_bytes for row in found}) == 1:
        return _named(found[0])
    if found:
        raise InputError(f'"{text}" may be any of: {", ".join(row.name for row in found)}.')
    raise InputError(f'There is no card "{text}". {nearest(wanted, CARDS)} A size such as 8GiB works too.')


def detect() -> tuple[Card | None, str]:
    """The first GPU of this machine with what is used of it now, or None and the reason why there is none."""
    import pynvml

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        name, uuid = pynvml.nvmlDeviceGetName(handle), pynvml.nvmlDeviceGetUUID(handle)
        capability = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    except pynvml.NVMLError as error:
        return None, f"NVML: {error}"
    return Card(str(name), int(memory.total), int(memory.used), True, str(uuid), tuple(capability)), ""


def _named(row: CardModel) -> Card:
    return Card(row.name, row.memory_bytes, capability=row.capability)


def _plain(name: str) -> str:
    return re.sub(r"nvidia|geforce|rtx|[^a-z0-9]", "", name.lower())
