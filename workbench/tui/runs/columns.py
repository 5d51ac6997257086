"""The columns of the list of runs, and a run as a row of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.text import Text

from workbench.engine.run_records import progress, run_record
from workbench.engine.texts import NOT_AVAILABLE, number_text, time_text
from workbench.tui.safe import one_line
from workbench.tui.states import state_text
from workbench.tui.widgets.columns import Column, Row
from workbench.tui.widgets.sparkline import sparkline

if TYPE_CHECKING:
    from workbench.engine.board import RunRow
    from workbench.engine.names import RunName

STRIKING = ("running", "failed", "lost", "damaged")
"""What one looks for in a list."""
UNREAD = "reading"
"""The state of a run whose files have not been read yet."""
CURVE = 8
"""Cells of a loss curve."""


def as_row(row: RunRow, now_s: float) -> dict[str, Any]:
    """A run under the names by which columns, the filter and ``workbench list --where`` know it."""
    return {
        **run_record(row, now_s),
        "tags": ", ".join(row.tags),
        "progress": progress(row),
        "losses": row.losses,
        "started_s": row.started_s,
        "method_label": row.method_label,
    }


def as_unread(name: RunName) -> dict[str, Any]:
    """A run of which only the name is known so far."""
    unknown = dict.fromkeys(("kind", "model", "method", "quant", "stage", "step", "total_steps", "loss", "progress"))
    return {
        **unknown,
        "run": name.id,
        "status": UNREAD,
        "name": name.name,
        "age_s": None if name.made_s is None else time.time() - name.made_s,
        "tags": "",
        "archived": False,
        "reason": "",
        "losses": (),
        "started_s": name.made_s,
        "method_label": "",
    }


def _status(row: Row) -> Text:
    if row["status"] == UNREAD:
        return Text(f"… {UNREAD}", style="dim")
    return Text(state_text(row["status"]), style="bold" if row["status"] in STRIKING else "")


def _progress(row: Row) -> str:
    return NOT_AVAILABLE if row["progress"] is None else f"{row['progress']:.0%}"


def _curve(row: Row) -> str:
    return sparkline(row["losses"], CURVE)


def _age(row: Row) -> str:
    return NOT_AVAILABLE if row["started_s"] is None else time_text(time.time() - row["started_s"])


COLUMNS = (
    Column("status", "status", show=_status, least=10, most=10),
    Column("name", "name", least=8, most=20),
    Column("model", "model", least=8, most=20),
    Column("method", "method", show=lambda row: one_line(row["method_label"] or None), least=6, most=12),
    Column("quant", "quant", least=5, most=12),
    Column("progress", "step %", show=_progress, right=True, number=True, least=4, most=6),
    Column("losses", "curve", show=_curve, least=CURVE, most=CURVE, rank=len),
    Column("loss", "loss", show=lambda row: number_text(row["loss"], 3), right=True, number=True, most=8),
    Column("age_s", "age", show=_age, right=True, number=True, least=3, most=6),
    Column("tags", "tags", show=lambda row: one_line(row["tags"]), most=20),
    Column("run", "run", most=40, hidden=True),
    Column("kind", "kind", most=12, hidden=True),
    Column("stage", "stage", most=16, hidden=True),
    Column("step", "step", right=True, number=True, most=10, hidden=True),
    Column("reason", "reason", show=lambda row: one_line(row["reason"]), most=60, hidden=True),
)
