"""Data sets on disk: data/<id>/ with train.jsonl, test.jsonl and, as the sign that it is whole, manifest.json."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.choices.rows import Row
from workbench.engine.datasets.read import one_task
from workbench.engine.datasets.sample import overlap, sample
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import Count

SCHEMA = 1
UNFINISHED = ".unfinished-"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ABANDONED_S = 3600.0
"""An unfinished folder that nobody has touched for so long was left by a process that was killed."""


@dataclass(frozen=True)
class Prepared:
    """A data set under data/.

    Args:
        id: Its name.
        folder: Where its files are.
        manifest: What manifest.json holds: source, licence, task, counts, sha256, notes, overlap.
    """

    id: str
    folder: Path
    manifest: dict[str, Any]


def existing(workspace: Workspace, dataset_id: str) -> Prepared | None:
    """The data set of that id, None if it is not there.

    Raises:
        InputError: Its manifest is damaged.
    """
    folder = workspace.dataset(dataset_id)
    hidden = not dataset_id or dataset_id.startswith(".") or "/" in dataset_id
    if hidden or not (folder / "manifest.json").is_file():
        return None
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        missing = {"source", "licence", "task", "counts", "sha256", "overlap", "notes"} - set(manifest)
    except (ValueError, TypeError) as error:
        raise InputError(f"{folder / 'manifest.json'} is damaged ({error}). Remove the folder.") from None
    if missing:
        raise InputError(f"{folder / 'manifest.json'} lacks {', '.join(sorted(missing))}. Remove the folder.")
    return Prepared(dataset_id, folder, manifest)


def prepared(workspace: Workspace) -> list[Prepared]:
    """All data sets under data/, by name."""
    found = (existing(workspace, path.parent.name) for path in sorted(workspace.data.glob("*/manifest.json")))
    return [one for one in found if one]


def rows(data_set: Prepared, part: str, count: Count, seed: int) -> list[Row]:
    """Rows of one part, "train" or "test": a seeded, stratified sample in the file's order.

    Raises:
        InputError: The file is not what the manifest says.
    """
    path = data_set.folder / f"{part}.jsonl"
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != data_set.manifest["sha256"][part]:
        raise InputError(f"{path} was changed after it was prepared. Remove {data_set.folder} to make it anew.")
    # not splitlines(), which also cuts at U+2028 inside a text
    return sample([Row.from_json(json.loads(line)) for line in content.split(b"\n") if line], count, seed)


def write(
    workspace: Workspace, dataset_id: str, train: Sequence[Row], test: Sequence[Row], facts: dict[str, Any]
) -> Prepared:
    """Write a data set beside its place and rename it, so that it is whole or not there.

    Args:
        workspace: Where.
        dataset_id: Its name.
        train: Its training rows.
        test: Its test rows, of the same task.
        facts: The source, licence, format, seed and notes for the manifest.

    Raises:
        InputError: Something else is in its place, or the disk is full; nothing is left behind.
        OSError: It cannot be written for another reason; nothing is left behind either.
    """
    workspace.data.mkdir(parents=True, exist_ok=True)
    _sweep(workspace)
    unfinished = Path(tempfile.mkdtemp(dir=workspace.data, prefix=UNFINISHED))
    try:
        sums = {part: _write_rows(unfinished / f"{part}.jsonl", of) for part, of in (("train", train), ("test", test))}
        manifest = {
            "schema": SCHEMA,
            "id": dataset_id,
            "source": facts["source"],
            "licence": facts["licence"],
            "task": one_task([*train, *test], dataset_id),
            "format": facts["format"],
            "counts": {"train": len(train), "test": len(test)},
            "sha256": sums,
            "seed": facts["seed"],
            "notes": facts["notes"],
            "overlap": overlap(train, test),
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (unfinished / "manifest.json").write_text(text, encoding="utf-8")
        unfinished.chmod(0o755)
        return _put(workspace, unfinished, dataset_id, manifest)
    except OSError as error:
        if error.errno in FULL:
            raise InputError(f"The disk that holds {workspace.data} is full. Make room and try again.") from error
        raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _put(workspace: Workspace, unfinished: Path, dataset_id: str, manifest: dict[str, Any]) -> Prepared:
    folder = workspace.dataset(dataset_id)
    try:
        unfinished.rename(folder)  # replaces an empty folder, never a full one
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise
        other = existing(workspace, dataset_id)  # another process may have been faster with the same rows
        if other is None or other.manifest["sha256"] != manifest["sha256"]:
            raise InputError(f"{folder} is there already and is not this data set. Move it away.") from None
        return other
    return Prepared(dataset_id, folder, manifest)


def _sweep(workspace: Workspace) -> None:
    """Remove what killed processes left; what a running one writes now is younger."""
    for left in workspace.data.glob(f"{UNFINISHED}*"):
        if time.time() - left.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)


def _write_rows(path: Path, rows: Sequence[Row]) -> str:
    content = "".join(json.dumps(row.to_json(), ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
