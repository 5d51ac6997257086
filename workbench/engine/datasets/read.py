"""Turn records into rows, with answers as text from the first moment, and say which rows are wrong."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from workbench.choices.formats import FORMATS, BadRowError, Format, Record, recognise
from workbench.choices.rows import Row
from workbench.engine.datasets.files import read_records
from workbench.engine.evaluate.numbers import number as parse_number
from workbench.errors import InputError, nearest
from workbench.profile import DataOptions

SHOWN_BAD_ROWS = 5
SHOWN_FORMATS = 3
LIKE_ENOUGH = 0.75
"""Two column names are taken for the same one with a typing mistake in it from here."""


@dataclass
class Reading:
    """Rows with what was done to them.

    Args:
        rows: In the file's order.
        format: The shape that the file had.
        converted: How many rows had a number for an answer that became text.
        kept: How many rows have a number for an answer that stayed one.
        example: One such number and its text.
        notes: Sentences for the manifest.
    """

    rows: list[Row]
    format: Format
    converted: int = 0
    kept: int = 0
    example: tuple[float, str] | None = None
    notes: list[str] = field(default_factory=list)


def read_file(path: Path, data: DataOptions, key: str) -> Reading:
    """The rows in a file.

    Args:
        path: JSONL, JSON, CSV or parquet, by its ending.
        data: Says which format and task, and whether numbers become text.
        key: The key of the profile that named the file, for the message.

    Raises:
        InputError: The file is missing, empty, not of its kind, or of no known shape.
    """
    return to_rows(read_records(path, key), data, f"{key}: {path}", path.stem)


def to_rows(records: list[Record], data: DataOptions, where: str, prefix: str) -> Reading:
    """Records of one shape as rows.

    Args:
        records: At least one.
        data: As in ``read_file``.
        where: Stands before each message.
        prefix: Of the ids of rows that have none.

    Raises:
        InputError: The columns fit no format, or rows do not hold what the format needs; the first few are named.
    """
    reading = Reading([], _format(records, data, where))
    bad: list[str] = []
    seen: set[str] = set()
    for number, record in enumerate(records, start=1):
        try:
            row = reading.format.read(record, f"{prefix}-{number}")
            row = _finish(row, data, reading)
        except (BadRowError, KeyError, TypeError, AttributeError, IndexError) as error:
            bad.append(f"row {number}: {_why(error, reading.format)}")
            continue
        if row.id in seen:
            bad.append(f'row {number}: an earlier row has the id "{row.id}" too')
        seen.add(row.id)
        reading.rows.append(row)
    if bad:
        more = f"; and {len(bad) - SHOWN_BAD_ROWS} more" if len(bad) > SHOWN_BAD_ROWS else ""
        shown = "; ".join(bad[:SHOWN_BAD_ROWS])
        verb = "row is" if len(bad) == 1 else "rows are"
        raise InputError(f"{where}: {len(bad)} of {len(records)} {verb} wrong: {shown}{more}. Mend or remove them.")
    reading.notes += _notes(reading, data)
    return reading


def number_text(number: float) -> str:
    """A finite number as a person writes it: no trailing ".0", no exponent.

    >>> number_text(68.0), number_text(0.25), number_text(1e-07), number_text(-0.0)
    ('68', '0.25', '0.0000001', '0')
    """
    plain = format(Decimal(repr(number)), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def one_task(rows: Iterable[Row], where: str) -> str:
    """The task that all rows are of.

    Raises:
        InputError: They are of several.
    """
    tasks = Counter(row.task for row in rows)
    if len(tasks) > 1:
        raise InputError(f"{where}: the rows are of several tasks ({', '.join(tasks)}); make a data set of each.")
    return next(iter(tasks))


def _why(error: Exception, chosen: Format) -> str:
    if isinstance(error, BadRowError):
        return str(error)
    if isinstance(error, KeyError):
        return f'"{error.args[0]}" is missing'
    return f"it does not look like {chosen.name} ({error})"


def _format(records: list[Record], data: DataOptions, where: str) -> Format:
    columns = list(records[0])
    if data.format == "auto":
        found = recognise(columns)
        if found is None:
            raise InputError(
                f"{where}: the columns {', '.join(columns)} fit no known format. Nearest: {_nearest_formats(columns)}. "
                "Rename the columns."
            )
        return found
    if data.format not in FORMATS:
        raise InputError(f'data.format: there is no format "{data.format}". {nearest(data.format, ["auto", *FORMATS])}')
    chosen = FORMATS[data.format]
    missing = sorted(chosen.columns - set(columns))
    if missing:
        raise InputError(
            f"{where}: the format {chosen.name} needs the columns {', '.join(sorted(chosen.columns))}, and "
            f"{', '.join(missing)} is not there. The file has: {', '.join(columns)}."
            ' Rename its columns or set data.format = "auto".'
        )
    return chosen


def _nearest_formats(columns: list[str]) -> str:
    """The formats that share most columns with the file, nearly equal names counting in part."""

    def likeness(row: Format) -> float:
        return sum(_likeness(needed, columns) for needed in row.columns) / len(row.columns)

    best = sorted(FORMATS.values(), key=likeness, reverse=True)[:SHOWN_FORMATS]
    return "; ".join(f"{row.name} ({', '.join(sorted(row.columns))})" for row in best)


def _likeness(needed: str, columns: list[str]) -> float:
    ratios = (difflib.SequenceMatcher(None, needed, column.strip().lower()).ratio() for column in columns)
    return max((ratio for ratio in ratios if ratio >= LIKE_ENOUGH), default=0.0)


def _finish(row: Row, data: DataOptions, reading: Reading) -> Row:
    if data.task not in ("auto", row.task):
        row = _as_task(row, data.task)
    if row.task in ("math", "arc") and (not row.answers or row.answers[0] == ""):
        raise BadRowError("the answer is empty")
    numbers = any(isinstance(answer, float) for answer in row.answers)
    if not data.convert_float_answers:
        reading.kept += numbers
        return row
    reading.converted += numbers
    answers = tuple(_as_text(answer, reading) for answer in row.answers)
    turns = tuple({**turn, "content": _as_text(turn["content"], reading)} for turn in row.messages)
    return replace(row, answers=answers, messages=turns)


def _as_task(row: Row, task: str) -> Row:
    """The row as one of another task.

    Raises:
        BadRowError: It has not what that task needs.
    """
    if len(row.messages) > 2:
        raise BadRowError(
            f'a conversation of {len(row.messages)} turns is no "{task}" question; set data.task = "auto"'
        )
    if task == "squad" and not row.context:
        raise BadRowError('it has no passage, so it is no "squad" question; set another data.task')
    return replace(row, task=task, messages=())


def _as_text(answer: str | float, reading: Reading) -> str:
    if isinstance(answer, str):
        return answer
    written = number_text(answer)
    if reading.example is None or not reading.example[0].is_integer():
        reading.example = (answer, written)
    return written


def _notes(reading: Reading, data: DataOptions) -> list[str]:
    notes = []
    rows = len(reading.rows)
    if reading.converted and reading.example:
        number, written = reading.example
        notes.append(
            f'answer: {reading.converted} of {rows} floats written as text without ".0" ({number!r} -> {written})'
        )
    if reading.kept and not data.convert_float_answers:
        notes.append(f"answer: {reading.kept} of {rows} are floats and stay so: data.convert_float_answers is off")
    if odd := sum(row.task == "math" and not _is_number(row) for row in reading.rows):
        notes.append(f"answer: {odd} of {rows} are no numbers and must be met letter by letter")
    if whole := sum(row.task == "arc" and not row.options for row in reading.rows):
        notes.append(f"options: {whole} of {rows} questions keep their options in the question, which is unclear")
    return notes


def _is_number(row: Row) -> bool:
    return parse_number(str(row.answers[0])) is not None
