"""What one run is: state, configuration, scores with what they can claim, and the end of its log."""

from __future__ import annotations

import time
from typing import Any

from rich.text import Text

from workbench.engine.board import RunRow
from workbench.engine.launch import log_tail
from workbench.engine.run import Run
from workbench.engine.texts import NOT_AVAILABLE, number_text, size_text, time_text
from workbench.errors import WorkbenchError
from workbench.tui.runs.columns import CURVE
from workbench.tui.safe import one_line
from workbench.tui.states import state_text
from workbench.tui.widgets.log import clean
from workbench.tui.widgets.sparkline import sparkline

LOG_LINES = 8
UNTRAINED = ("base", "evaluation", "imported")
"""Kinds of runs that do no step."""
NEXT = {
    "waiting": "its worker is starting",
    "running": "a shows it live, s stops it",
    "finished": "5 compares it, c begins a new profile from it",
    "failed": "R goes on from the last checkpoint, c begins a new profile from it",
    "stopped": "R goes on from the last checkpoint",
    "lost": "its worker is gone; R goes on from the last checkpoint",
    "damaged": "its files cannot be read",
}
"""What can be done with a run in each state."""


def details(run: Run, row: RunRow) -> Text:
    """All that is shown of a run. Reads its files: call it in a thread."""
    text = Text()
    text.append(one_line(row.name), style="bold").append(f"  {state_text(row.status)}\n")
    text.append(f"{one_line(row.id)}\n\n", style="dim")
    for name, value in (*_facts(row), *_scores(run)):
        text.append(f"{name:<9} ", style="dim").append(f"{value}\n")
    text.append(f"\n{NEXT.get(row.status, '')}\n", style="italic")
    if row.status in ("failed", "lost"):
        text.append(f"\nlast lines of {run.log_file.name}\n", style="dim")
        printed = log_tail(run, LOG_LINES).splitlines()
        text.append("\n".join(map(clean, printed)) or "(it is empty)")
    return text


def _facts(row: RunRow) -> list[tuple[str, str]]:
    facts = [
        ("model", one_line(row.model or None)),
        ("method", one_line(row.method_label or None)),
        ("quant", one_line(row.quant_label or None)),
        *([] if row.status == "finished" else [("stage", one_line(row.stage or None))]),
        *_training(row),
        ("started", _ago(row.started_s)),
        ("tags", one_line(", ".join(row.tags)) or "none (t gives it some)"),
    ]
    told = (("reason", row.reason), ("problem", row.problem), ("archived", "yes" if row.archived else ""))
    return facts + [(name, one_line(value)) for name, value in told if value]


def _training(row: RunRow) -> list[tuple[str, str]]:
    if row.kind in UNTRAINED:
        return [("step", f"{NOT_AVAILABLE} (it trains nothing)")]
    total = row.total_steps if row.total_steps is not None else NOT_AVAILABLE
    step = f"{row.step}/{total}" if row.step else f"{NOT_AVAILABLE} (none done)"
    why = "" if row.loss is not None else " (its last step told no number)" if row.step else " (no step done)"
    return [
        ("step", step),
        ("loss", f"{number_text(row.loss)}{why}  {sparkline(row.losses, 3 * CURVE).strip()}".rstrip()),
    ]


def _ago(started_s: float | None) -> str:
    if started_s is None:
        return NOT_AVAILABLE
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(started_s))
    return f"{when}, {time_text(time.time() - started_s)} ago"


def _scores(run: Run) -> list[tuple[str, str]]:
    """The first metric of each data set with interval and n, the seed, and what training took."""
    try:
        result = run.result()
        return _of_result(result) if result else []
    except (OSError, ValueError, KeyError, TypeError, AttributeError, WorkbenchError) as error:
        return [("result", f"result.json is damaged ({one_line(repr(error), 60)})")]


def _of_result(result: dict[str, Any]) -> list[tuple[str, str]]:
    found = [("seed", str(result.get("seed", NOT_AVAILABLE)))] if result.get("training") else []
    for dataset, scores in (result.get("evaluation") or {}).items():
        for metric, entry in list(scores["metrics"].items())[:1]:
            interval = f"[{number_text(entry['low'], 3)}, {number_text(entry['high'], 3)}]"
            found.append(
                (one_line(dataset, 9), f"{one_line(metric)} {entry['value']:.3f} {interval}, n = {entry['n']}")
            )
    return [*found, ("memory", _peak(result.get("memory") or {}))]


def _peak(memory: dict[str, Any]) -> str:
    """The same figure as the comparison has: what torch allocated, on a machine without a GPU the process's memory."""
    for key, what in (("peak_allocated_bytes", "allocated"), ("peak_rss_bytes", "RSS")):
        if memory.get(key):
            return f"{size_text(memory[key])} {what} at most"
    return size_text(None, one_line(memory.get("reason") or "not measured"))
