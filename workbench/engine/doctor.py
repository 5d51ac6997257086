"""What this machine has: libraries, hardware, the way to the hub, and what is told to anybody. Imports no torch."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import psutil
import pynvml

from workbench import __version__
from workbench.engine.launch import environment
from workbench.paths import Workspace

HUB_TIMEOUT_S = 2.0
TRUE_WORDS = ("1", "ON", "YES", "TRUE")
"""What huggingface_hub takes as "on"."""
PINGS = ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK")
GIB = 2**30


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Args:
        area: workbench, library, machine, gpu, hub, telemetry or workspace.
        name: What was looked at.
        value: What was found, for people.
        ok: False: something does not work; None: neither good nor bad.
    """

    area: str
    name: str
    value: str
    ok: bool | None = None


@dataclass(frozen=True)
class GpuInfo:
    """A GPU as the driver sees it, before any library is loaded."""

    name: str
    total_bytes: int
    used_bytes: int


def diagnose(workspace: Workspace) -> list[Finding]:
    """Everything worth knowing before a run; takes at most ``HUB_TIMEOUT_S`` and a little."""
    return [
        Finding("workbench", "version", __version__, True),
        *_machine(),
        *_libraries(),
        *_gpus(),
        _hub(),
        *_telemetry(),
        *_workspace(workspace),
    ]


def _machine() -> Iterator[Finding]:
    yield Finding("machine", "Python", f"{platform.python_version()} ({sys.executable})")
    yield Finding("machine", "system", platform.platform())
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("machine", "CPU", f"{platform.processor() or platform.machine()}, {usable} usable cores")
    memory = psutil.virtual_memory()
    yield Finding("machine", "RAM", f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB available")


def _libraries() -> Iterator[Finding]:
    """The libraries that Workbench declares; optional ones may be missing."""
    try:
        declared = requires("workbench") or []
    except PackageNotFoundError:
        yield Finding("library", "workbench", "not installed as a package; `pip install -e .` does it", False)
        return
    for requirement in declared:
        found = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert found
        optional = "extra ==" in requirement
        if optional and "dev" in requirement.partition("extra ==")[2]:
            continue
        yield _library(found[0], optional)


def _library(name: str, optional: bool) -> Finding:
    try:
        return Finding("library", name, version(name), True)
    except PackageNotFoundError:
        if optional:
            return Finding("library", name, "not installed (optional)")
        return Finding("library", name, f"not installed; `pip install {name}`", False)


def gpus() -> tuple[list[GpuInfo], str]:
    """The GPUs that a worker could use, or none and the reason why."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return [], "CUDA_VISIBLE_DEVICES hides every GPU"
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return [], f"no NVIDIA driver (NVML: {error})"
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        found = [_gpu(handle) for handle in handles]
    except pynvml.NVMLError as error:
        return [], f"the driver does not answer (NVML: {error})"
    finally:
        pynvml.nvmlShutdown()
    if found and _torch_is_cpu_only():
        return [], f"there is a {found[0].name}, but this torch is built without CUDA"
    return found, "" if found else "the driver sees no GPU"


def _torch_is_cpu_only() -> bool:
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def _gpu(handle: object) -> GpuInfo:
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return GpuInfo(str(pynvml.nvmlDeviceGetName(handle)), int(memory.total), int(memory.used))


def _gpus() -> Iterator[Finding]:
    found, reason = gpus()
    if not found:
        yield Finding("gpu", "GPU", f"n/a ({reason}); everything runs on the CPU")
        return
    for number, gpu in enumerate(found):
        memory = f"{gpu.used_bytes / GIB:.1f} of {gpu.total_bytes / GIB:.1f} GiB in use"
        yield Finding("gpu", f"GPU {number}", f"{gpu.name}, {memory}", True)
    pynvml.nvmlInit()
    yield Finding("gpu", "driver", str(pynvml.nvmlSystemGetDriverVersion()), True)
    pynvml.nvmlShutdown()


def _hub() -> Finding:
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in TRUE_WORDS:
        return Finding("hub", endpoint, "not asked: HF_HUB_OFFLINE is set")
    answers: list[str] = []
    # a thread, because the time-out of a connection does not cover the look-up of its name
    asking = threading.Thread(target=lambda: answers.append(_ask(endpoint)), daemon=True)
    asking.start()
    asking.join(HUB_TIMEOUT_S)
    answer = answers[0] if answers else f"no answer within {HUB_TIMEOUT_S:g} s"
    if answer == "":
        return Finding("hub", endpoint, "reachable", True)
    return Finding("hub", endpoint, f"not reachable ({answer}); models and data sets must be here already")


def _ask(endpoint: str) -> str:
    """Why the hub does not answer; empty when it does."""
    try:
        request = urllib.request.Request(endpoint, method="HEAD", headers={"User-Agent": "workbench"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=HUB_TIMEOUT_S):  # noqa: S310 - the user's own endpoint
            return ""
    except urllib.error.HTTPError as error:
        return "" if error.code < 500 else f"HTTP {error.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def _telemetry() -> Iterator[Finding]:
    yield Finding("telemetry", "Workbench", "sends nothing to anybody", True)
    worker = environment()
    for name in PINGS:
        off = worker.get(name) == "1"
        yield Finding("telemetry", name, "1 in every worker" if off else "not set: libraries may send pings", off)


def _workspace(workspace: Workspace) -> Iterator[Finding]:
    for folder in (workspace.profiles, workspace.data, workspace.models, workspace.metrics):
        there = folder if folder.is_dir() else workspace.root
        writable = os.access(there, os.W_OK | os.X_OK)
        made = "" if folder.is_dir() else ", made when needed"
        yield Finding("workspace", str(folder), f"writable{made}" if writable else "cannot be written", writable)
    free = shutil.disk_usage(workspace.root).free
    yield Finding("workspace", "free disk", f"{free / GIB:.1f} GiB")
