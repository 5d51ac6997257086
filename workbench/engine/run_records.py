"""Runs as records, and any records as CSV, JSON and Markdown: what ``workbench list`` prints and the app exports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.engine.texts import NOT_AVAILABLE, number_text, printable, time_text

if TYPE_CHECKING:
    from workbench.engine.board import RunRow

Record = dict[str, Any]
FORMATS = {"csv": ".csv", "json": ".json", "markdown": ".md"}
"""Names of the formats, and how their files end."""


def run_record(row: RunRow, now_s: float) -> Record:
    """A run with the names that filters know it by; unknown is None, fractions are 0..1."""
    age_s = row.age_s(now_s)
    record: Record = {
        "run": row.id,
        "status": row.status,
        **{name: getattr(row, name) or None for name in ("name", "kind", "model", "method", "quant")},
        **{name: getattr(row, name) for name in ("stage", "step", "total_steps", "loss")},
        "age_s": None if age_s is None else round(age_s, 1),
        "tags": list(row.tags),
        "archived": row.archived,
        "reason": row.reason,
    }
    return record | {"problem": row.problem} if row.problem else record


def progress(row: RunRow) -> float | None:
    """Finished fraction of a run's steps; None while the number of its steps is unknown."""
    return min(1.0, row.step / row.total_steps) if row.total_steps else None


def as_text(records: Sequence[Record], form: str) -> str:
    """Records in one of ``FORMATS``, as the content of a file."""
    if form == "json":
        return json.dumps(list(records), indent=2, ensure_ascii=False) + "\n"
    return _csv(records) if form == "csv" else _markdown(records)


def _csv(records: Sequence[Record]) -> str:
    """Every field of every record; unknown is empty."""
    columns = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _joined(value) for name, value in record.items()} for record in records)
    return text.getvalue()


def _joined(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _markdown(records: Sequence[Record]) -> str:
    """A table; of runs only what a person wants to read."""
    runs = bool(records) and "run" in records[0]
    shown = [_for_people(record) for record in records] if runs else list(records)
    head = list(dict.fromkeys(name for record in shown for name in record))
    rows = [[_cell(record.get(name)) for name in head] for record in shown]
    lines = [" | ".join(row) for row in (head, ["---"] * len(head), *rows)]
    return "".join(f"| {line} |\n" for line in lines)


def _for_people(record: Record) -> Record:
    total = record["total_steps"]
    return {
        **{name: record[name] for name in ("status", "run", "model", "method", "quant")},
        "step": f"{record['step']}/{total}" if total else None,
        "loss": number_text(record["loss"]),
        "age": time_text(record["age_s"]),
        "tags": ", ".join(record["tags"]),
    }


def _cell(value: object) -> str:
    text = NOT_AVAILABLE if value is None else printable(str(_joined(value)))
    return text.replace("\n", " ").replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
