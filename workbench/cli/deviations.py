"""How far memory predictions were off, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.output import size_text

if TYPE_CHECKING:
    from workbench.engine.memory.record import DeviationReport

WORST = 10
Grid = tuple[list[str], list[list[str]]]


def deviation_table(report: DeviationReport) -> Grid:
    """Header and rows of the error's distribution: by source, then by source, model and method."""
    header = ["source", "model", "method", "n", "bias", "median", "p95", "max"]
    rows = [
        [
            *(spread.source, spread.model, spread.method, str(spread.n), deviation_text(spread.bias)),
            *(f"{size:.2%}" for size in (spread.median, spread.p95, spread.maximum)),
        ]
        for spread in report.spreads
    ]
    return header, rows


def worst_table(report: DeviationReport, count: int = WORST) -> Grid:
    """Header and rows of the trainings whose prediction was off most."""
    header = ["run", "model", "method", "source", "predicted", "actual", "deviation", "likely cause"]
    rows = [
        [
            *(row.run_id, row.model, row.method, row.source),
            *(size_text(row.predicted_bytes), size_text(row.actual_bytes), deviation_text(row.deviation)),
            "; ".join(row.causes),
        ]
        for row in report.rows[:count]
    ]
    return header, rows


def deviation_notes(report: DeviationReport) -> list[str]:
    """What the tables leave out, a sentence each."""
    notes = []
    if report.recovered:
        names = ", ".join(report.recovered)
        notes.append(f"{len(report.recovered)} did not fit as predicted and went on in smaller pieces: {names}")
    if report.without:
        notes.append(f"{len(report.without)} finished trainings have no prediction or no measured GPU memory")
    if report.damaged:
        notes.append(f"{len(report.damaged)} results cannot be read: {', '.join(report.damaged)}")
    return notes


def deviation_text(deviation: float) -> str:
    """A signed fraction for people.

    >>> deviation_text(0.0123), deviation_text(-0.4)
    ('+1.23%', '-40.00%')
    """
    return f"{deviation:+.2%}"
