"""Read rows from a file, as text from the first moment, and say where a file is wrong."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from workbench.choices.formats import FORMATS, BadRowError, Format, Record, recognise
from workbench.choices.rows import Row
from workbench.choices.tasks import TASKS
from workbench.errors import InputError, nearest
from workbench.profile import DataOptions

SHOWN_BAD_ROWS = 5


@dataclass
class Reading:
    """Rows with what was done to them.

    Args:
        rows: In the file's order.
        format: The shape that the file had.
        converted: How many answers were numbers and became text.
        example: One such number and its text.
    """

    rows: list[Row]
    format: Format
    converted: int = 0
    example: tuple[float, str] | None = None
    notes: list[str] = field(default_factory=list)


def read_file(path: Path, data: DataOptions, key: str) -> Reading:
    """The rows in a file.

    Args:
        path: JSONL, JSON, CSV or parquet, by its extension.
        data: Says which format and task, and whether numbers become text.
        key: The key of the profile that named the file, for the message.

    Raises:
        InputError: The file is missing, empty, not of its kind, or of no known shape.
    """
    reader = READERS.get(path.suffix.lower())
    if not path.is_file():
        names = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = nearest(path.name, names) if names else f"The folder {path.parent} is not there either or is empty."
        raise InputError(f"{key}: there is no file {path}. {hint}")
    if reader is None:
        raise InputError(f'{key}: {path} has an unknown ending "{path.suffix}". Known: {", ".join(READERS)}.')
    try:
        records = list(reader(path))
    except (ValueError, csv.Error, OSError) as error:
        raise InputError(f"{key}: {path} cannot be read as {path.suffix[1:]}: {error}.") from error
    if not records:
        raise InputError(f"{key}: {path} holds no rows.")
    return to_rows(records, data, f"{key}: {path}", path.stem)


def to_rows(records: list[Record], data: DataOptions, where: str, prefix: str) -> Reading:
    """Records of one shape as rows.

    Raises:
        InputError: The columns fit no format, or rows do not hold what the format needs; the first few are named.
    """
    chosen = _format(records, data, where)
    reading = Reading([], chosen)
    bad: list[str] = []
    for number, record in enumerate(records, start=1):
        try:
            row = chosen.read(record, f"{prefix}-{number}")
        except (BadRowError, KeyError, TypeError, AttributeError, IndexError) as error:
            what = f"the column {error} is missing" if isinstance(error, KeyError) else str(error)
            bad.append(f"row {number}: {what}")
            continue
        reading.rows.append(_finish(row, data, reading))
    if bad:
        more = f" and {len(bad) - SHOWN_BAD_ROWS} more" if len(bad) > SHOWN_BAD_ROWS else ""
        raise InputError(
            f"{where}: {len(bad)} of {len(records)} rows are wrong: {'; '.join(bad[:SHOWN_BAD_ROWS])}{more}."
        )
    if reading.example:
        number, written = reading.example
        reading.notes.append(
            f"answer: {reading.converted} of {len(records)} numbers written as text ({number!r} as {written})"
        )
    return reading


def _format(records: list[Record], data: DataOptions, where: str) -> Format:
    columns = list(records[0])
    if data.format != "auto":
        chosen = FORMATS.find(data.format)
        missing = sorted(chosen.columns - set(columns))
        if missing:
            raise InputError(
                f"{where}: the format {chosen.name} needs the columns {', '.join(sorted(chosen.columns))}; "
                f"{', '.join(missing)} is missing. The file has: {', '.join(columns)}."
            )
        return chosen
    found = recognise(columns)
    if found is None:
        known = "; ".join(f"{row.name} ({', '.join(sorted(row.columns))})" for row in FORMATS.values())
        raise InputError(f"{where}: the columns {', '.join(columns)} fit no known format. Known: {known}.")
    return found


def _finish(row: Row, data: DataOptions, reading: Reading) -> Row:
    if data.task not in ("auto", row.task):
        row = replace(row, task=TASKS.find(data.task).name, messages=())
    if data.convert_float_answers:
        row = replace(row, answers=tuple(_as_text(answer, reading) for answer in row.answers))
    return row


def _as_text(answer: str | float, reading: Reading) -> str:
    if isinstance(answer, str):
        return answer
    written = number_text(answer)
    reading.converted += 1
    reading.example = reading.example or (answer, written)
    return written


def number_text(number: float) -> str:
    """A number as a person writes it: no trailing ".0", no exponent.

    >>> number_text(68.0), number_text(0.25), number_text(1e-07), number_text(-0.0)
    ('68', '0.25', '0.0000001', '0')
    """
    plain = format(Decimal(repr(number)), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def _jsonl(path: Path) -> Iterator[Record]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            yield _record(_parse(line, f"line {number}"), f"line {number}")


def _json(path: Path) -> Iterator[Record]:
    content = _parse(path.read_text(encoding="utf-8"), "the file")
    records = content.get("data") if isinstance(content, dict) else content
    if not isinstance(records, list):
        raise ValueError('it must be a list of rows, or {"data": [rows]}')
    for number, record in enumerate(records, start=1):
        yield _record(record, f"row {number}")


def _parse(content: str, what: str) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise ValueError(f"{what} is no JSON ({error})") from None


def _record(value: Any, what: str) -> Record:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is no object with columns")
    return value


def _csv(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, record in enumerate(csv.DictReader(file, strict=True), start=1):
            if None in record or None in record.values():
                raise ValueError(f"row {number} has not as many cells as the head")
            yield record


def _parquet(path: Path) -> Iterable[Record]:
    import pyarrow.lib
    import pyarrow.parquet

    try:
        records: list[Record] = pyarrow.parquet.read_table(path).to_pylist()
    except pyarrow.lib.ArrowException as error:
        raise ValueError(str(error).splitlines()[0]) from None
    return records


READERS: dict[str, Callable[[Path], Iterable[Record]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
}


def one_task(rows: Iterable[Row], where: str) -> str:
    """The task that all rows are of.

    Raises:
        InputError: They are of several.
    """
    tasks = Counter(row.task for row in rows)
    if len(tasks) > 1:
        raise InputError(f"{where}: the rows are of several tasks ({', '.join(tasks)}); make a data set of each.")
    return next(iter(tasks))
