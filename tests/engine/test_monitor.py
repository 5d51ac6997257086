import os
import threading
import time
from types import SimpleNamespace

import pynvml
import pytest

from workbench.engine.events import EventLog, EventReader
from workbench.engine.monitor import Gpu, Monitor


@pytest.fixture
def nvml(monkeypatch):
    """A driver that shows one GPU and two processes."""

    def own(_):
        return [SimpleNamespace(pid=1, usedGpuMemory=5), SimpleNamespace(pid=os.getpid(), usedGpuMemory=700)]

    def forbidden(_):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByUUID", lambda uuid: uuid)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lambda _: SimpleNamespace(used=900, total=1000))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", own)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lambda _: SimpleNamespace(gpu=50))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTemperature", lambda *_: 40)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetPowerUsage", forbidden)


def test_a_gpu_is_sampled_as_a_whole_and_for_this_process(nvml):
    sample = Gpu("GPU-1").sample(10, os.getpid())
    assert (sample.device_used_bytes, sample.device_total_bytes, sample.process_bytes) == (900, 1000, 700)
    assert (sample.utilization, sample.temperature_celsius, sample.reason) == (0.5, 40, "")
    assert sample.power_watts is None  # this driver does not tell


def test_every_sample_is_shown_to_whoever_judges_it(tmp_path):
    shown = threading.Event()
    seen = []

    def look(sample):
        seen.append(sample)
        shown.set()

    with Monitor(EventLog(tmp_path / "events.jsonl"), None, on_error=pytest.fail, on_sample=look):
        assert shown.wait(10)
    assert seen[0].reason == "no CUDA device"


def test_the_driver_model_is_known_on_windows_alone(nvml, monkeypatch):
    def missing(_):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_FUNCTION_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetCurrentDriverModel", missing)
    assert Gpu("GPU-1").driver_model() is None
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCurrentDriverModel", lambda _: pynvml.NVML_DRIVER_WDDM)
    assert Gpu("GPU-1").driver_model() == 0


def test_a_share_that_the_driver_hides_is_unknown_with_the_reason(nvml):
    sample = Gpu("GPU-1").sample(10, pid=99)
    assert sample.process_bytes is None
    assert "does not show" in sample.reason


def test_without_a_gpu_the_process_is_sampled_and_the_reason_said(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    with Monitor(log, None, on_error=pytest.fail):
        time.sleep(1.2)
    events = list(EventReader(tmp_path / "events.jsonl").read())
    assert len(events) >= 2
    assert all(event.kind == "memory" and event.fields["rss_bytes"] > 10_000_000 for event in events)
    assert all(event.fields["reason"] == "no CUDA device" for event in events)
    assert not any("process_bytes" in event.fields for event in events)


def test_a_sampler_that_breaks_says_so_and_does_not_end_the_run(tmp_path, monkeypatch):
    said = []
    monitor = Monitor(EventLog(tmp_path / "events.jsonl"), None, on_error=said.append)
    monkeypatch.setattr(monitor, "sample", lambda: 1 / 0)
    with monitor:
        time.sleep(0.8)
    assert len(said) == 1
    assert "no longer sampled" in said[0]
