"""Results from a CSV table: one row a figure, with the columns name, metric, value and n.

``value`` is a count such as 45/50, a fraction such as 0.9, or a percentage such as 90 %. The columns dataset, model,
method and quant may be there too.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from pathlib import Path

from workbench.engine.imports.foreign import Foreign, Metric, Scores, of_count, of_mean, text
from workbench.errors import InputError, Problem, ProblemsError

NEEDED = ("name", "metric", "value")
MOST_ROWS = 100_000


def read(path: Path) -> list[Foreign]:
    """The results in a table, one for each name.

    Raises:
        ProblemsError: Rows that cannot be right, all of them, each with its line.
        InputError: It is no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [{str(key).strip().lower(): value for key, value in row.items()} for row in csv.DictReader(file)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: this is no CSV: {error}.") from None
    missing = [name for name in NEEDED if not rows or name not in rows[0]]
    if missing:
        raise InputError(f"{path}: the columns {', '.join(missing)} are missing; it needs name, metric, value and n.")
    if len(rows) > MOST_ROWS:
        raise InputError(f"{path}: more than {MOST_ROWS:,} rows.")
    problems: list[Problem] = []
    metrics: list[Metric | None] = []
    for line, row in enumerate(rows, start=2):
        try:
            metrics.append(_metric(row))
        except ValueError as error:
            metrics.append(None)
            problems.append(Problem(f"{path}: line {line}", f"{error}."))
    if problems:
        raise ProblemsError(problems)
    return [_foreign(path, name, rows, metrics) for name in {text(row["name"]): None for row in rows}]


def _metric(row: dict[str, str | None]) -> Metric:
    """What a row says.

    Raises:
        ValueError: It cannot be right.
    """
    written, told = (row["value"] or "").strip(), (row.get("n") or "").strip()
    if not (text(row["name"]) and text(row["metric"])):
        raise ValueError("name or metric is empty")
    n = _whole(told, "n") if told else None
    count = re.fullmatch(r"(\d{1,9})\s*/\s*(\d{1,9})", written)
    if count:
        right, of = int(count[1]), int(count[2])
        if not 0 <= right <= of or of == 0:
            raise ValueError(f"{written} is no share")
        if n not in (None, of):
            raise ValueError(f"the value says n = {of}, the column says n = {n}")
        return of_count(right, of)
    value = _share(written)
    return of_mean(value, n)


def _share(written: str) -> float:
    percent = written.endswith("%")
    try:
        value = float(written.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        raise ValueError(f'"{text(written)}" is no number') from None
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        raise ValueError(f"{text(written)} is no fraction; write 45/50, 0.9 or 90%")
    return value


def _whole(written: str, name: str) -> int:
    if not re.fullmatch(r"\d{1,9}", written) or int(written) == 0:
        raise ValueError(f'{name} = "{text(written)}" is no count')
    return int(written)


def _foreign(path: Path, name: str, rows: Sequence[dict[str, str | None]], metrics: Sequence[Metric | None]) -> Foreign:
    own = [(row, metric) for row, metric in zip(rows, metrics, strict=True) if text(row["name"]) == name and metric]
    first = own[0][0]
    scores: dict[str, dict[str, Metric]] = {}
    for row, metric in own:
        dataset = text(row.get("dataset")) or text(path.stem)
        scores.setdefault(dataset, {})[text(row["metric"])] = metric
    return Foreign(
        name=name,
        origin=f"CSV {text(path.name)}",
        file=path,
        model=text(first.get("model")) or name,
        method=text(first.get("method")) or "as named",
        quant=text(first.get("quant")) or "as named",
        scores=[Scores(dataset, "table", "as in the table", _n(found), found) for dataset, found in scores.items()],
        caveats=["typed in by somebody: nothing but the figures is known"],
    )


def _n(metrics: dict[str, Metric]) -> int | None:
    counts = [metric["n"] for metric in metrics.values() if metric["n"]]
    return max(counts) if counts else None
