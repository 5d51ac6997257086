"""In what runs differ: the keys of their profiles, and their figures with what the differences can claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.engine.compare import compare
from workbench.engine.comparison import Block, Line
from workbench.engine.comparison_text import MARKS, Grid
from workbench.engine.figures import FIGURES, Better, Figure, figures, score
from workbench.engine.run import Run
from workbench.engine.texts import NOT_AVAILABLE
from workbench.errors import InputError, Problem, ProblemsError
from workbench.paths import Workspace

NO_KEY = "not a key"
"""Shown where a run's method has no option of that name."""


@dataclass(frozen=True)
class KeyDifference:
    """A key of the profiles that has not the same value everywhere.

    Args:
        key: Such as ``adapter.r``.
        values: As texts, one for each run.
    """

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class FigureDifference:
    """A figure of the runs on one data set.

    Args:
        dataset: Its id.
        key: Name of the figure, as in ``figures``.
        better: Which of two values is the better one.
        values: One for each run, None where it is unknown.
        deltas: Value minus that of the first run, likewise.
        marks: Of a score what its paired difference to the first run can claim, as in ``Cell.mark``, with a question
            mark after a tie that may be a lack of questions. Empty for all that is measured once and not tested.
    """

    dataset: str
    key: str
    better: Better
    values: tuple[float | None, ...]
    deltas: tuple[float | None, ...]
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Diff:
    """What ``diff`` says.

    Args:
        runs: Their ids; differences are to the first.
        keys: Those that differ.
        figures: All scores, and of the other figures those that differ.
        notes: What the comparison cannot show.
    """

    runs: tuple[str, ...]
    keys: tuple[KeyDifference, ...]
    figures: tuple[FigureDifference, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def diff(workspace: Workspace, runs: Sequence[Run]) -> Diff:
    """In what two runs or more differ. Runs without a result have their keys compared alone.

    Raises:
        InputError: There are fewer than two different runs, or a frozen profile cannot be read.
    """
    ids = tuple(dict.fromkeys(run.id for run in runs))
    if len(ids) < 2:
        raise InputError("A difference takes two runs or more.")
    chosen = [Run(workspace, run_id) for run_id in ids]
    keys = _keys([_flat(run) for run in chosen])
    comparison = compare(workspace, chosen, baseline=ids[0])
    found = [one for block in comparison.blocks for one in _figures(block, ids)]
    return Diff(ids, tuple(keys), tuple(found), comparison.notes)


def _flat(run: Run) -> dict[str, str]:
    """All keys of a run's frozen profile, defaults too, as texts."""
    try:
        sections = run.profile().model_dump(mode="json")
    except OSError as error:
        raise ProblemsError([Problem(str(run.profile_file), f"cannot be read: {error.strerror}.")]) from None
    return {
        f"{section}.{key}": _text(value)
        for section, options in sections.items()
        for key, value in (options.items() if isinstance(options, dict) else [("", options)])
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _keys(profiles: Sequence[dict[str, str]]) -> list[KeyDifference]:
    names = dict.fromkeys(key for profile in profiles for key in profile)
    rows = [KeyDifference(key, tuple(profile.get(key, NO_KEY) for profile in profiles)) for key in names]
    return [row for row in rows if len(set(row.values)) > 1]


def _figures(block: Block, ids: Sequence[str]) -> list[FigureDifference]:
    by_id = {line.id: line for line in block.lines}
    lines = [by_id.get(run_id) for run_id in ids]
    if sum(line is not None for line in lines) < 2:
        return []
    rows = [_figure(block, figure, lines) for figure in figures(block)]
    return [
        row
        for row in rows
        if any(value is not None for value in row.values) and (row.key in block.metrics or len(set(row.values)) > 1)
    ]


def _figure(block: Block, figure: Figure, lines: Sequence[Line | None]) -> FigureDifference:
    values = tuple(None if line is None else figure.of(line) for line in lines)
    first = values[0]
    deltas = tuple(None if value is None or first is None else value - first for value in values)
    marks = tuple(_mark(line, figure.key) for line in lines)
    return FigureDifference(block.dataset, figure.key, figure.better, values, (None, *deltas[1:]), marks)


def _mark(line: Line | None, metric: str) -> str:
    cell = line.cells.get(metric) if line else None
    return f"{cell.mark}{'?' if cell.underpowered else ''}" if cell and cell.mark != "baseline" else ""


def key_grid(found: Diff) -> Grid:
    """Header and rows of the keys that differ."""
    return ["key", *found.runs], [[one.key, *one.values] for one in found.keys]


def figure_grid(found: Diff) -> Grid:
    """Header and rows of the figures; an arrow at the name points to the better side."""
    header = ["data set", "figure", *found.runs]
    return header, [[one.dataset, _figure_of(one).label, *_cells(one)] for one in found.figures]


def _cells(one: FigureDifference) -> list[str]:
    figure = _figure_of(one)
    cells = []
    for value, delta, mark in zip(one.values, one.deltas, one.marks, strict=True):
        claim = f"{MARKS.get(mark.rstrip('?'), '')}{'?' if mark.endswith('?') else ''}"
        change = "" if delta is None else f"  {'-' if delta < 0 else '+'}{figure.text(abs(delta))}"
        cells.append(NOT_AVAILABLE if value is None else f"{figure.text(value)}{change} {claim}".rstrip())
    return cells


def _figure_of(one: FigureDifference) -> Figure:
    return FIGURES.get(one.key) or score(one.key, one.better)
