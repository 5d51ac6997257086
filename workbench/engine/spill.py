"""Whether GPU memory spills into system memory, where a driver does that instead of saying that it is full.

Windows' driver (WDDM, which WSL runs on too) moves allocations into system memory when the card is full, if its
"sysmem fallback policy" allows that, as it does by default since driver 536.40. Training then goes on, far slower and
without an error. Other drivers never do it, apart from managed memory.

What cannot be known: the policy cannot be read from a process, WSL shows neither a process's share of the card nor
what of it lies elsewhere. So a warning says what was seen; that nothing was seen proves nothing.
Source: https://nvidia.custhelp.com/app/answers/detail/a_id/5490
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.engine.monitor import Sample

VERSION = Path("/proc/version")
WDDM = 0
"""NVML_DRIVER_WDDM of nvml.h."""
SLACK_BYTES = 2**28
"""torch and the driver are asked one after the other; a difference below this may be an allocation in between."""
NEARLY_FULL = 0.97
IDLE = 0.3
CONFIRMED = 2
"""So many samples in a row must show that torch holds more than the card does."""
STALLED = 20
"""So many samples in a row must show a full card that hardly works: ten seconds."""


def spilling_system(driver_model: int | None, version_file: Path = VERSION) -> str:
    """Where GPU memory can spill: "Windows" or "WSL"; empty for a system on which it cannot.

    Args:
        driver_model: From NVML; None where the driver does not tell, as on Linux and probably on WSL.
        version_file: The kernel's name, in which WSL says so.
    """
    try:
        kernel = version_file.read_text(encoding="utf-8")
    except OSError:
        kernel = ""  # no Linux
    if "microsoft" in kernel.lower():
        return "WSL"
    return "Windows" if driver_model == WDDM else ""


class SpillWatch:
    """Looks at each sample and tells once, when memory seems to have spilled.

    Args:
        system: From ``spilling_system``.
        reserved_bytes: What torch holds of the GPU now; None without a GPU.
        tell: Called with a sentence, at most once.
    """

    def __init__(self, system: str, reserved_bytes: Callable[[], int | None], tell: Callable[[str], None]) -> None:
        self._system = system
        self._reserved_bytes = reserved_bytes
        self._tell = tell
        self._told = False
        self._beyond = 0
        self._stalled = 0

    def look(self, sample: Sample) -> None:
        """Judge one more sample."""
        reserved = self._reserved_bytes()
        if self._told or reserved is None or sample.device_used_bytes is None or not sample.device_total_bytes:
            return
        self._beyond = self._beyond + 1 if reserved > sample.device_used_bytes + SLACK_BYTES else 0
        full = sample.device_used_bytes >= NEARLY_FULL * sample.device_total_bytes
        stalled = full and sample.utilization is not None and sample.utilization < IDLE
        self._stalled = self._stalled + 1 if stalled else 0
        said = self._said(reserved, sample.device_used_bytes, sample.device_total_bytes)
        if said:
            self._told = True
            self._tell(f"{said} Take a smaller batch, or less of what else fills the card.")

    def _said(self, reserved: int, used: int, total: int) -> str:
        if reserved > total:
            return (
                f"GPU memory lies in system memory, which is far slower: torch holds {_gib(reserved)}, and "
                f"the card has {_gib(total)}."
            )
        if not self._system:
            return ""
        if self._beyond >= CONFIRMED:
            return (
                f"GPU memory probably lies in system memory ({self._system}): torch holds {_gib(reserved)}, and the "
                f"driver shows only {_gib(used)} in use on the card."
            )
        if self._stalled >= STALLED:
            return (
                f"GPU memory may lie in system memory ({self._system} does not say): the card is full and has hardly "
                f"worked for {STALLED} samples."
            )
        return ""


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f} GiB"
