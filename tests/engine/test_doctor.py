import os
import threading

import pynvml
import pytest

from workbench.engine import doctor
from workbench.engine.doctor import diagnose, gpus
from workbench.paths import Workspace


@pytest.fixture
def findings(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def look():
        return {(finding.area, finding.name): finding for finding in diagnose(Workspace(tmp_path))}

    return look


def test_versions_come_from_the_installed_packages(findings):
    found = findings()
    assert found["library", "torch"].ok
    assert found["library", "typer"].value[0].isdigit()
    assert ("library", "pytest") not in found


def test_a_missing_library_is_wrong_and_a_missing_extra_is_not(monkeypatch):
    monkeypatch.setattr(
        doctor, "requires", lambda _: ["no-such-thing>=1", 'nor-this; extra == "liger"', 'x; extra == "dev"']
    )
    needed, optional = doctor._libraries()
    assert (needed.ok, optional.ok) == (False, None)
    assert "pip install no-such-thing" in needed.value


def test_the_hub_is_not_asked_offline(findings, monkeypatch):
    monkeypatch.setattr(doctor, "_ask", lambda endpoint: pytest.fail("it was asked"))
    (hub,) = [finding for (area, _), finding in findings().items() if area == "hub"]
    assert "HF_HUB_OFFLINE" in hub.value


@pytest.mark.parametrize(("answer", "ok"), [("", True), ("HTTP 503", None)])
def test_the_hub_s_answer_is_told(monkeypatch, answer, ok):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(doctor, "_ask", lambda endpoint: answer)
    hub = doctor._hub()
    assert hub.ok is ok
    assert answer in hub.value


def test_a_hub_that_is_silent_is_given_up(monkeypatch):
    silent = threading.Event()
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(doctor, "HUB_TIMEOUT_S", 0.05)
    monkeypatch.setattr(doctor, "_ask", lambda endpoint: str(silent.wait(10)))
    assert "no answer within 0.05 s" in doctor._hub().value
    silent.set()


def test_an_address_that_cannot_be_reached_has_a_reason():
    assert doctor._ask("http://127.0.0.1:9") != ""
    assert doctor._ask("no address") != ""


def test_telemetry_is_off_in_every_worker(findings, monkeypatch):
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    found = [finding for (area, _), finding in findings().items() if area == "telemetry"]
    assert len(found) == 4
    assert all(finding.ok for finding in found)


def test_a_folder_that_cannot_be_written_is_wrong(findings, monkeypatch):
    assert findings()["workspace", "free disk"].value.endswith("GiB")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert any(finding.ok is False and area == "workspace" for (area, _), finding in findings().items())


def test_no_driver_is_a_reason(monkeypatch):
    def absent():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(pynvml, "nvmlInit", absent)
    found, reason = gpus()
    assert found == []
    assert "no NVIDIA driver" in reason


def test_hidden_gpus_are_none(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus() == ([], "CUDA_VISIBLE_DEVICES hides every GPU")


def test_a_gpu_is_seen_through_the_driver(monkeypatch, findings):
    class Memory:
        total, used = 2**37, 2**30

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name, answer in (
        ("nvmlInit", None),
        ("nvmlShutdown", None),
        ("nvmlDeviceGetCount", 1),
        ("nvmlDeviceGetHandleByIndex", 0),
        ("nvmlDeviceGetMemoryInfo", Memory),
        ("nvmlDeviceGetName", "NVIDIA H200"),
        ("nvmlSystemGetDriverVersion", "575.1"),
    ):
        monkeypatch.setattr(pynvml, name, lambda *_, answer=answer: answer)
    monkeypatch.setattr(doctor, "_torch_is_cpu_only", lambda: False)
    found = findings()
    assert found["gpu", "GPU 0"].value == "NVIDIA H200, 1.0 of 128.0 GiB in use"
    assert found["gpu", "driver"].value == "575.1"
    monkeypatch.setattr(doctor, "_torch_is_cpu_only", lambda: True)
    assert gpus() == ([], "there is a NVIDIA H200, but this torch is built without CUDA")
