"""Whether something holds a GPU's clocks back, as its driver tells: a latency taken meanwhile is another latency."""

from __future__ import annotations

import pynvml

REASONS = {
    0x2: "application clocks",
    0x4: "power cap",
    0x8: "hardware slowdown",
    0x10: "sync boost",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake",
    0x100: "display clocks",
}
"""What the bits mean; idling is none. Source: nvml.h, nvmlClocksEventReasons."""


def throttle(uuid: str | None) -> list[str] | None:
    """What holds the clocks back now, nothing when they run free; None where it is not known.

    Args:
        uuid: NVML's name of the GPU; None without one.
    """
    if uuid is None:
        return None
    try:
        pynvml.nvmlInit()
        bits = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(pynvml.nvmlDeviceGetHandleByUUID(uuid))
    except pynvml.NVMLError:
        return None  # this driver or this container does not tell
    return named(int(bits))


def named(bits: int) -> list[str]:
    """The reasons in a bit mask.

    >>> named(0x1), named(0x24)
    ([], ['power cap', 'software thermal slowdown'])
    """
    return [name for bit, name in REASONS.items() if bits & bit]
