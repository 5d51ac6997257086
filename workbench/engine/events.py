"""The log of a run: one JSON line an event, appended by one process, read by anybody.

Kinds: started stage step memory asking sample note saved predicted recovered trained deviated ended. Readers skip
kinds that they do not know.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = 1


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Args:
        kind: What happened.
        time_s: When, in seconds since 1970.
        fields: The rest of the line.
    """

    kind: str
    time_s: float
    fields: dict[str, Any]


class EventLog:
    """The writing end. Threads may share it; a line is written whole or not at all."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        self._lock = threading.Lock()
        self._end_torn_line()

    def _end_torn_line(self) -> None:
        """A writer that died in the middle of a line must not swallow the next one."""
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            os.write(self._descriptor, b"\n")

    def append(self, kind: str, **fields: Any) -> None:
        """Write one event. NaN and infinity become null, and a note says which fields they were."""
        lost = [key for key, value in fields.items() if _not_finite(value)]
        clean = {key: None if key in lost else value for key, value in fields.items()}
        self._write({"time_s": round(time.time(), 3), "kind": kind, **clean})
        if lost:
            text = ", ".join(f"{key} is {fields[key]}" for key in lost)
            self._write({"time_s": round(time.time(), 3), "kind": "note", "level": "warning", "text": text})

    def _write(self, record: dict[str, Any]) -> None:
        line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
        with self._lock:
            os.write(self._descriptor, line.encode())

    def close(self) -> None:
        """Close the file; the log may not be used afterwards."""
        os.close(self._descriptor)


def _not_finite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


class EventReader:
    """The reading end: each call of ``read`` gives the events since the last one.

    Args:
        path: The log.
        offset: Bytes of it that are known already, up to the end of a line.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path = path
        self._offset = offset

    def read(self) -> Iterator[Event]:
        """Events not yet seen, up to the last whole line; none while the file is not there."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            event = parse_event(line)
            if event:
                yield event


def parse_event(line: bytes) -> Event | None:
    """The event in a line; None when the line holds none."""
    try:
        record = json.loads(str(line, "utf-8"))  # bytes would have their encoding guessed
        return Event(record.pop("kind"), record.pop("time_s"), record)
    except (ValueError, KeyError, AttributeError):
        return None  # a line torn by a crash; the writer ended it before it went on
