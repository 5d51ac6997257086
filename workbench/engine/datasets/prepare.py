"""Bring a data set into data/<id>/: train.jsonl, test.jsonl and, last, manifest.json."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.choices.rows import Row
from workbench.choices.sources import BY_HUB_ID, SOURCES
from workbench.engine.datasets import generate, hub
from workbench.engine.datasets.read import one_task, read_file
from workbench.engine.datasets.sample import overlap, sample, split
from workbench.errors import InputError, Problem, nearest
from workbench.paths import Workspace
from workbench.profile import Count, DataOptions

SCHEMA = 1
HELD_OUT = 0.1
HELD_OUT_ROWS = 500


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


def prepare(workspace: Workspace, data: DataOptions) -> Prepared:
    """The data set that a profile names, made now if it is not there yet.

    Raises:
        InputError: No such data set, file or column, no rows, or no hub; nothing is left behind.
        OSError: The disk is full; nothing is left behind.
    """
    if bool(data.dataset) == bool(data.train_file):
        raise InputError("data.dataset: name a data set, or give data.train_file (and data.test_file), but not both.")
    if data.dataset:
        return prepare_named(workspace, data.dataset)
    dataset_id = resolve(workspace, data)
    return _existing(workspace, dataset_id) or _from_files(workspace, dataset_id, data)


def prepare_named(workspace: Workspace, name: str) -> Prepared:
    """The data set with that name. Errors as ``prepare``."""
    existing = _existing(workspace, name)
    if existing:
        return existing
    source = BY_HUB_ID.get(name) or SOURCES.get(name)
    if source is None:
        known = {*SOURCES, *BY_HUB_ID, *(one.id for one in prepared(workspace))}
        raise InputError(f'data.dataset: there is no data set "{name}". {nearest(name, known)}')
    if source.name != name:
        return prepare_named(workspace, source.name)
    train, test, notes = hub.read(source) if source.hub_id else generate.rows(source.name)
    facts = {"source": source.hub_id or source.label, "licence": source.licence, "format": "workbench"}
    return write(workspace, name, train, test, {**facts, "seed": generate.SEED, "notes": notes})


def resolve(workspace: Workspace, data: DataOptions) -> str:
    """The id under which ``prepare`` keeps these options' rows: it changes with the files' content.

    Raises:
        InputError: A file is missing.
    """
    if data.dataset:
        return BY_HUB_ID[data.dataset].name if data.dataset in BY_HUB_ID else data.dataset
    files = [("data.train_file", data.train_file), ("data.test_file", data.test_file)]
    digest = hashlib.sha256(f"{data.format} {data.task} {data.convert_float_answers} {data.seed}".encode())
    for key, name in files:
        if name:
            path = locate(workspace, name)
            digest.update(path.read_bytes() if path.is_file() else f"{key} missing".encode())
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(data.train_file).stem).strip("-.").lower() or "rows"
    return f"{stem.removeprefix('train-')}-{digest.hexdigest()[:8]}"


def locate(workspace: Workspace, name: str) -> Path:
    """The path of a file that a profile names, relative to the workspace."""
    path = Path(name).expanduser()
    return path if path.is_absolute() else workspace.root / path


def check(workspace: Workspace, data: DataOptions) -> list[Problem]:
    """What ``prepare`` would refuse, found without writing anything; the hub is not asked."""
    known = data.dataset in SOURCES or data.dataset in BY_HUB_ID
    if data.dataset and not data.train_file and (known or _existing(workspace, data.dataset)):
        return []
    try:
        if not data.dataset and data.train_file:
            _read_files(workspace, data)
        else:
            prepare(workspace, data)  # refuses before it reads anything
    except InputError as error:
        key, _, what = str(error).partition(": ")
        return [Problem(key, what)]
    return []


def _read_files(workspace: Workspace, data: DataOptions) -> tuple[list[Row], list[Row], dict[str, Any]]:
    train = read_file(locate(workspace, data.train_file), data, "data.train_file")
    notes = [f"train: {note}" for note in train.notes]
    if data.test_file:
        reading = read_file(locate(workspace, data.test_file), data, "data.test_file")
        notes += [f"test: {note}" for note in reading.notes]
        train_rows, test_rows = train.rows, reading.rows
    else:
        count = max(1, min(HELD_OUT_ROWS, int(len(train.rows) * HELD_OUT)))
        if count >= len(train.rows):
            raise InputError("data.train_file: one row alone cannot be trained and tested; give data.test_file.")
        train_rows, test_rows = split(train.rows, count, data.seed)
        notes.append(f"test: {count} rows held out of the training file, seed {data.seed}")
    one_task([*train_rows, *test_rows], "data.train_file, data.test_file")
    return train_rows, test_rows, {"format": train.format.name, "notes": notes}


def _from_files(workspace: Workspace, dataset_id: str, data: DataOptions) -> Prepared:
    train, test, facts = _read_files(workspace, data)
    names = " and ".join(Path(name).name for name in (data.train_file, data.test_file) if name)
    facts = {"source": names, "licence": "unknown: local files", "seed": data.seed, **facts}
    return write(workspace, dataset_id, train, test, facts)


def write(
    workspace: Workspace, dataset_id: str, train: Sequence[Row], test: Sequence[Row], facts: dict[str, Any]
) -> Prepared:
    """Write a data set beside its place and rename it, so that it is whole or not there."""
    workspace.data.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=workspace.data, prefix=".unfinished-"))
    try:
        sums = {
            name: _write_rows(unfinished / f"{name}.jsonl", rows) for name, rows in (("train", train), ("test", test))
        }
        manifest = {
            "schema": SCHEMA,
            "id": dataset_id,
            "task": one_task([*train, *test], dataset_id),
            "counts": {"train": len(train), "test": len(test)},
            "sha256": sums,
            "overlap": overlap(train, test),
            **facts,
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (unfinished / "manifest.json").write_text(text, encoding="utf-8")
        unfinished.chmod(0o755)
        shutil.rmtree(workspace.dataset(dataset_id), ignore_errors=True)
        unfinished.rename(workspace.dataset(dataset_id))
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Prepared(dataset_id, workspace.dataset(dataset_id), manifest)


def _write_rows(path: Path, rows: Sequence[Row]) -> str:
    text = "".join(json.dumps(row.to_json(), ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def _existing(workspace: Workspace, dataset_id: str) -> Prepared | None:
    folder = workspace.dataset(dataset_id)
    if not dataset_id or "/" in dataset_id or not (folder / "manifest.json").is_file():
        return None
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{folder / 'manifest.json'} is damaged ({error}); remove the folder.") from None
    return Prepared(dataset_id, folder, manifest)


def prepared(workspace: Workspace) -> list[Prepared]:
    """All data sets under data/, by name."""
    found = (_existing(workspace, path.parent.name) for path in sorted(workspace.data.glob("*/manifest.json")))
    return [one for one in found if one]


def rows(data_set: Prepared, part: str, count: Count, seed: int) -> list[Row]:
    """Rows of one part, "train" or "test": a seeded, stratified sample in the file's order.

    Raises:
        InputError: The file is not what the manifest says.
    """
    path = data_set.folder / f"{part}.jsonl"
    text = path.read_text(encoding="utf-8")
    if hashlib.sha256(text.encode()).hexdigest() != data_set.manifest["sha256"][part]:
        raise InputError(f"{path} was changed after it was prepared; remove {data_set.folder} to make it anew.")
    return sample([Row.from_json(json.loads(line)) for line in text.splitlines()], count, seed)


def reduce(
    workspace: Workspace, source_id: str, new_id: str, train_rows: Count, test_rows: Count, seed: int
) -> Prepared:
    """A smaller data set: seeded, stratified samples of another one.

    Raises:
        InputError: The source is not there, or the new name is taken.
    """
    if _existing(workspace, new_id) or new_id in SOURCES:
        raise InputError(f'There is a data set "{new_id}" already; give another name.')
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", new_id):
        raise InputError(f'"{new_id}" cannot name a data set: use letters, digits, ".", "_" and "-".')
    source = prepare_named(workspace, source_id)
    note = f"sample of {source.id} ({source.manifest['counts']}), seed {seed}"
    facts = {name: source.manifest[name] for name in ("source", "licence", "format")}
    return write(
        workspace,
        new_id,
        rows(source, "train", train_rows, seed),
        rows(source, "test", test_rows, seed),
        {**facts, "seed": seed, "notes": [*source.manifest["notes"], note]},
    )
