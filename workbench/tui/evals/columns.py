"""The columns of the list of evaluations and of the answers, and their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from workbench.engine.answer_records import VERDICTS, evaluation_record
from workbench.engine.texts import NOT_AVAILABLE, number_text
from workbench.tui.safe import one_line
from workbench.tui.states import state_text
from workbench.tui.widgets.columns import Column, Row

if TYPE_CHECKING:
    from workbench.engine.evaluation_list import Evaluation

BEST_SEEN = 400
"""Characters of an answer that its cell is made of."""
STRIKING = ("running", "failed", "lost", "damaged")
VERDICT_STYLES = {"right": "", "partly": "bold", "wrong": "bold", "error": "bold"}


def as_row(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation under the names by which columns, the filter and ``workbench list evaluations`` know it."""
    record = evaluation_record(evaluation)
    done, total = record["done"], record["total"]
    return {**record, "progress": done / total if total and done is not None else None}


def _status(row: Row) -> Text:
    word = state_text(row["status"]) if row["status"] != "cancelled" else "- cancelled"
    return Text(word, style="bold" if row["status"] in STRIKING else "")


def _progress(row: Row) -> str:
    if row["place"]:
        return f"queue {row['place']}"
    return NOT_AVAILABLE if row["progress"] is None else f"{row['done']}/{row['total']}"


def score_text(row: Row) -> str:
    """A score with its 95 % interval."""
    if row["score"] is None:
        return NOT_AVAILABLE
    if row["low"] is None or row["high"] is None:
        return number_text(row["score"], 3)
    return f"{number_text(row['score'], 3)} [{row['low']:.2f}, {row['high']:.2f}]"


EVALUATIONS = (
    Column("status", "status", show=_status, least=10, most=11),
    Column("name", "name", least=8, most=22),
    Column("dataset", "data set", least=6, most=22),
    Column("score", "score", show=score_text, right=True, number=True, least=7, most=20),
    Column("progress", "answers", show=_progress, right=True, number=True, least=7, most=11),
    Column("metric", "metric", most=10),
    Column("what", "what", most=16),
    Column("model", "model", most=20),
    Column("n", "n", right=True, number=True, most=7, hidden=True),
    Column("place", "place", right=True, number=True, most=6, hidden=True),
    Column("run_id", "run", most=40, hidden=True),
    Column("reason", "reason", show=lambda row: one_line(row["reason"] or ""), most=60),
)


def verdict_text(name: str | None) -> Text:
    """Glyph and word of a verdict."""
    if name is None:
        return Text(NOT_AVAILABLE, style="dim")
    return Text(f"{VERDICTS.get(name, '!')} {name}", style=VERDICT_STYLES.get(name, "italic"))


def _short(key: str) -> Any:
    return lambda row: one_line((row[key] or "")[:BEST_SEEN]) if row[key] is not None else NOT_AVAILABLE


ANSWERS = (
    Column("verdict", "verdict", show=lambda row: verdict_text(row["verdict"]), least=7, most=11),
    Column("parsed", "read", show=_short("parsed"), least=4, most=18),
    Column("gold", "gold", show=_short("gold"), least=4, most=18),
    Column("answer", "answer", show=_short("answer"), least=10, most=40),
    Column("base", "base", show=lambda row: verdict_text(row["base"]), least=5, most=11),
    Column("score", "score", show=lambda row: number_text(row["score"], 2), right=True, number=True, most=6),
    Column("new_tokens", "tokens", right=True, number=True, most=6),
    Column("finish", "ended by", most=8),
    Column("doc_id", "question id", most=24),
    Column("prompt", "prompt", show=_short("prompt"), most=60, hidden=True),
    Column("base_answer", "base answer", show=_short("base_answer"), most=40, hidden=True),
)
