"""Samples of GPU and process memory twice a second, in a thread, as events of the run."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil
import pynvml

from workbench.engine.events import EventLog

PERIOD_S = 0.5


@dataclass(frozen=True)
class Sample:
    """What one look saw; None is unknown, and ``reason`` says why.

    Args:
        rss_bytes: Resident memory of this process.
        device_used_bytes: Memory in use on the whole GPU, other processes included.
        device_total_bytes: Capacity of the GPU.
        process_bytes: This process's own share of the GPU.
        utilization: Fraction of the time in which a kernel ran.
        temperature_celsius: Of the GPU.
        power_watts: Of the GPU.
        reason: Why the GPU's fields are unknown; empty when they are known.
    """

    rss_bytes: int
    device_used_bytes: int | None = None
    device_total_bytes: int | None = None
    process_bytes: int | None = None
    utilization: float | None = None
    temperature_celsius: int | None = None
    power_watts: float | None = None
    reason: str = ""


class Gpu:
    """One GPU seen through NVML."""

    def __init__(self, uuid: str) -> None:
        """Raises pynvml.NVMLError when there is no driver or no such GPU."""
        pynvml.nvmlInit()
        self._handle = pynvml.nvmlDeviceGetHandleByUUID(uuid)

    def sample(self, rss_bytes: int, pid: int) -> Sample:
        """What the driver says at this moment."""
        memory = pynvml.nvmlDeviceGetMemoryInfo(self._handle)
        power = _known(lambda: pynvml.nvmlDeviceGetPowerUsage(self._handle))
        own_bytes = self._own_bytes(pid)
        return Sample(
            rss_bytes=rss_bytes,
            device_used_bytes=int(memory.used),
            device_total_bytes=int(memory.total),
            process_bytes=own_bytes,
            utilization=_percent(_known(lambda: pynvml.nvmlDeviceGetUtilizationRates(self._handle).gpu)),
            temperature_celsius=_known(
                lambda: pynvml.nvmlDeviceGetTemperature(self._handle, pynvml.NVML_TEMPERATURE_GPU)
            ),
            power_watts=None if power is None else power / 1000,
            reason="" if own_bytes is not None else "the driver does not show this process's share",
        )

    def driver_model(self) -> int | None:
        """NVML's number of Windows' driver model; None where there is no such thing."""
        model: int | None = _known(lambda: pynvml.nvmlDeviceGetCurrentDriverModel(self._handle))
        return model

    def _own_bytes(self, pid: int) -> int | None:
        processes = _known(lambda: pynvml.nvmlDeviceGetComputeRunningProcesses(self._handle)) or []
        own = [process.usedGpuMemory for process in processes if process.pid == pid]
        return own[0] if own else None


def _known(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except pynvml.NVMLError:
        return None  # this driver or this container does not tell


def _percent(value: int | None) -> float | None:
    return None if value is None else value / 100


def open_gpu(uuid: str | None) -> tuple[Gpu | None, str]:
    """The GPU with that UUID, or None and the reason why it cannot be watched."""
    if uuid is None:
        return None, "no CUDA device"
    try:
        return Gpu(uuid), ""
    except pynvml.NVMLError as error:
        return None, f"NVML: {error}"


class Monitor:
    """A thread that appends ``memory`` events; use it as a context manager.

    Args:
        log: Where to.
        uuid: Of the GPU; None without one.
        on_error: Called with what ended the sampling.
        on_sample: Called with each sample, in the thread.
    """

    def __init__(
        self,
        log: EventLog,
        uuid: str | None,
        on_error: Callable[[str], None],
        on_sample: Callable[[Sample], None] = lambda _: None,
    ) -> None:
        self._log = log
        self._gpu, self._reason = open_gpu(uuid)
        self._on_error = on_error
        self._on_sample = on_sample
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="monitor", daemon=True)

    def record(self) -> None:
        """Write what is in use now: every stage has a first and a last sample, however short it is."""
        self._record(self.sample())

    def sample(self) -> Sample:
        """What is in use now."""
        rss_bytes = psutil.Process().memory_info().rss
        if self._gpu is None:
            return Sample(rss_bytes=rss_bytes, reason=self._reason)
        return self._gpu.sample(rss_bytes, os.getpid())

    def _watch(self) -> None:
        try:
            while not self._stop.wait(PERIOD_S):
                sample = self.sample()
                self._record(sample)
                self._on_sample(sample)
        except Exception as error:  # noqa: BLE001 - a broken sampler must say so and may not end the run
            self._on_error(f"memory is no longer sampled: {error!r}")

    def _record(self, sample: Sample) -> None:
        self._log.append("memory", **{key: value for key, value in vars(sample).items() if value not in (None, "")})

    def __enter__(self) -> Monitor:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
