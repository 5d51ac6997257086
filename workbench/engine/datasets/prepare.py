"""Bring a data set into data/<id>/: from files, from the hub, from the generators, or as a sample of another."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from workbench.choices.rows import Row
from workbench.choices.sources import BY_HUB_ID, SOURCES, Source
from workbench.engine.datasets import generate, hub
from workbench.engine.datasets.read import one_task, read_file
from workbench.engine.datasets.sample import split
from workbench.engine.datasets.store import SCHEMA, Prepared, existing, prepared, rows, write
from workbench.errors import InputError, Problem, nearest
from workbench.paths import Workspace
from workbench.profile import Count, DataOptions

HELD_OUT = 0.1
HELD_OUT_ROWS = 500


def prepare(workspace: Workspace, data: DataOptions) -> Prepared:
    """The data set that a profile names, made now if it is not there yet.

    Raises:
        InputError: No such data set, file or column, no rows, no hub, or a full disk; nothing is left behind.
    """
    _one_source(data)
    if data.dataset:
        return prepare_named(workspace, data.dataset)
    dataset_id = resolve(workspace, data)
    return existing(workspace, dataset_id) or _from_files(workspace, dataset_id, data)


def _one_source(data: DataOptions) -> None:
    files = data.train_file or data.test_file
    if data.dataset and files:
        raise InputError(
            f'data.dataset: both a data set ("{data.dataset}") and a file ("{files}") are named; keep one.'
        )
    if not data.dataset and not data.train_file:
        raise InputError(f"data.dataset: name a data set ({', '.join(SOURCES)}), or give data.train_file.")


def prepare_named(workspace: Workspace, name: str) -> Prepared:
    """The data set with that name. Errors as ``prepare``."""
    found = existing(workspace, name)
    if found:
        return found
    source = _source(workspace, name)
    if source.name != name:
        return prepare_named(workspace, source.name)
    train, test, notes = hub.read(source) if source.hub_id else generate.rows(source.name)
    facts = {"source": source.hub_id or source.label, "licence": source.licence, "format": "workbench"}
    return write(workspace, name, train, test, {**facts, "seed": generate.SEED, "notes": notes})


def _source(workspace: Workspace, name: str) -> Source:
    source = BY_HUB_ID.get(name) or SOURCES.get(name)
    if source is None:
        known = {*SOURCES, *BY_HUB_ID, *(one.id for one in prepared(workspace))}
        raise InputError(f'data.dataset: there is no data set "{name}". {nearest(name, known)}')
    return source


def resolve(workspace: Workspace, data: DataOptions) -> str:
    """The id under which ``prepare`` keeps these options' rows: it changes with the files' content.

    A file that is not there does not matter here; ``prepare`` and ``check`` say so.
    """
    if data.dataset:
        return BY_HUB_ID[data.dataset].name if data.dataset in BY_HUB_ID else data.dataset
    seed = None if data.test_file else data.seed  # it only decides which rows are held out
    digest = hashlib.sha256(f"{SCHEMA} {data.format} {data.task} {data.convert_float_answers} {seed}".encode())
    for name in (data.train_file, data.test_file):
        path = locate(workspace, name)
        digest.update(_sum(path) if name and path.is_file() else b"none")
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(data.train_file).stem).strip("-.").lower() or "rows"
    return f"{stem.removeprefix('train-')}-{digest.hexdigest()[:8]}"


def _sum(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def locate(workspace: Workspace, name: str) -> Path:
    """The path of a file that a profile names, relative to the workspace."""
    path = Path(name).expanduser()
    return path if path.is_absolute() else workspace.root / path


def check(workspace: Workspace, data: DataOptions) -> list[Problem]:
    """What ``prepare`` would refuse, found without writing anything; the hub is not asked."""
    try:
        _one_source(data)
        if not existing(workspace, resolve(workspace, data)):
            if data.dataset:
                _source(workspace, data.dataset)
            else:
                _read_files(workspace, data)
    except InputError as error:
        key, colon, what = str(error).partition(": ")
        return [Problem(key, what) if colon and key.startswith("data.") else Problem("data", str(error))]
    return []


def count_train_rows(workspace: Workspace, data: DataOptions) -> int | None:
    """How many training rows the data set of a profile has, before a sample is taken; None when it is on the hub.

    Raises:
        InputError: No such data set or file, or a file that cannot be read.
    """
    _one_source(data)
    found = existing(workspace, resolve(workspace, data))
    if found:
        return int(found.manifest["counts"]["train"])
    if not data.dataset:
        return len(_read_files(workspace, data)[0])
    return None if _source(workspace, data.dataset).hub_id else generate.TRAIN_ROWS


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
        notes.append(f"test: {count} of {len(train.rows)} rows held out of the training file, seed {data.seed}")
    one_task([*train_rows, *test_rows], "data.train_file")
    return train_rows, test_rows, {"format": train.format.name, "notes": notes}


def _from_files(workspace: Workspace, dataset_id: str, data: DataOptions) -> Prepared:
    train, test, facts = _read_files(workspace, data)
    names = " and ".join(Path(name).name for name in (data.train_file, data.test_file) if name)
    facts = {"source": names, "licence": "unknown: local files", "seed": data.seed, **facts}
    return write(workspace, dataset_id, train, test, facts)


def reduce(
    workspace: Workspace, source_id: str, new_id: str, train_rows: Count, test_rows: Count, seed: int
) -> Prepared:
    """A smaller data set: seeded, stratified samples of another one.

    Raises:
        InputError: The source is not there, or the new name is taken.
    """
    if existing(workspace, new_id) or new_id in SOURCES:
        raise InputError(f'There is a data set "{new_id}" already; give another name.')
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", new_id):
        raise InputError(f'"{new_id}" cannot name a data set: use letters, digits, ".", "_" and "-".')
    source = prepare_named(workspace, source_id)
    counts = source.manifest["counts"]
    note = f"sample of {source.id} ({counts['train']} training and {counts['test']} test rows), seed {seed}"
    facts = {name: source.manifest[name] for name in ("source", "licence", "format")}
    return write(
        workspace,
        new_id,
        rows(source, "train", train_rows, seed),
        rows(source, "test", test_rows, seed),
        {**facts, "seed": seed, "notes": [*source.manifest["notes"], note]},
    )
