"""Read records from a file: JSONL, JSON, CSV or parquet, by its ending."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.choices.formats import Record
from workbench.errors import InputError, nearest

SHOWN_NAMES = 8


class NotThisKindError(Exception):
    """The content is not what the file's ending says; the message says where and why."""


def read_records(path: Path, key: str) -> list[Record]:
    """The records of a file, at least one.

    Args:
        path: Where it is.
        key: The key of the profile that named the file, for the message.

    Raises:
        InputError: The file is missing, empty, of an unknown ending, or not what its ending says.
    """
    reader = READERS.get(path.suffix.lower())
    if path.is_dir():
        raise InputError(f"{key}: {path} is a folder. Name one of its files{_among(path)}")
    if not path.is_file():
        raise InputError(f"{key}: there is no file {path}. {_near(path)}")
    if reader is None:
        raise InputError(f'{key}: {path} has an unknown ending "{path.suffix}". Known endings: {", ".join(READERS)}.')
    if path.stat().st_size == 0:
        raise InputError(f"{key}: {path} is empty. Give a file with at least one row.")
    try:
        records = list(reader(path))
    except UnicodeDecodeError:
        raise InputError(f"{key}: {path} is not UTF-8 text. Save it as UTF-8.") from None
    except (NotThisKindError, csv.Error, OSError) as error:
        what = f"{path} cannot be read as {path.suffix[1:]}: {str(error).rstrip('.')}"
        raise InputError(f"{key}: {what}. Mend the file, or rename it if its ending is wrong.") from error
    if not records:
        raise InputError(f"{key}: {path} holds no rows. Give a file with at least one row.")
    return records


def _files(folder: Path) -> list[str]:
    return sorted(other.name for other in folder.iterdir() if other.suffix.lower() in READERS and other.is_file())


def _among(folder: Path) -> str:
    names = _files(folder)
    return f": {', '.join(names[:SHOWN_NAMES])}." if names else ", of which none can be read."


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} either."
    names = _files(path.parent)
    if not names:
        return f"The folder holds no file that ends with {', '.join(READERS)}."
    hint = nearest(path.name, names)
    return hint if hint.startswith("Did") else f"The folder holds: {', '.join(names[:SHOWN_NAMES])}."


def _jsonl(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig") as file:  # not splitlines(), which also cuts at U+2028 inside a text
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _record(_parse(line, f"line {number}"), f"line {number}")


def _json(path: Path) -> Iterator[Record]:
    content = _parse(path.read_text(encoding="utf-8-sig"), "the file")
    records = content.get("data") if isinstance(content, dict) else content
    if not isinstance(records, list):
        raise NotThisKindError('it must be a list of rows, or {"data": [rows]}')
    for number, record in enumerate(records, start=1):
        yield _record(record, f"row {number}")


def _parse(content: str, what: str) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise NotThisKindError(f"{what} is no JSON ({error})") from None
    except RecursionError:
        raise NotThisKindError(f"{what} is nested too deeply") from None


def _record(value: Any, what: str) -> Record:
    if not isinstance(value, dict):
        raise NotThisKindError(f"{what} is no object with columns")
    return value


def _csv(path: Path) -> Iterator[Record]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # passages may be longer than the 128 KiB it allows otherwise
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        for record in reader:
            if None in record or None in record.values():
                raise NotThisKindError(f"line {reader.line_num} has not as many cells as the head")
            yield record


def _parquet(path: Path) -> Iterable[Record]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.lib.ArrowException as error:
        raise NotThisKindError(str(error).splitlines()[0]) from None
    for place, field in enumerate(table.schema):
        if field.type in (pyarrow.float16(), pyarrow.float32()):  # 0.1 in 32 bits is 0.10000000149 in 64
            shortest = pyarrow.array([None if v is None else float(v) for v in _shortest(table.column(place))])
            table = table.set_column(place, field.name, shortest)
    records: list[Record] = table.to_pylist()
    return records


def _shortest(column: Any) -> list[str | None]:
    """The numbers of a column as short as their own precision allows."""
    import pyarrow

    written: list[str | None] = column.cast(pyarrow.float32()).cast(pyarrow.string()).to_pylist()
    return written


READERS: dict[str, Callable[[Path], Iterable[Record]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
}
