"""The texts of the Profile screen's pages: rows as they are trained, a dry run, the difference from the parent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from workbench.engine.differences import Difference
from workbench.engine.memory.need import counted
from workbench.errors import Problem
from workbench.tui.profile.fields import problem_text
from workbench.tui.profile.lines import Known, parts_line, plan_lines, verdict_line
from workbench.tui.safe import lines, one_line, spelt

TRAINED = ("[[", "]]")
"""Around trained text, beside its colour: without colours it still shows."""


def rows_text(answer: dict[str, Any]) -> Text:
    """The rows of a preview job as the model reads them, trained text marked, and what the audit counted."""
    text = audit_text(answer["audit"]).append(f"trained text is green and between {TRAINED[0]} and {TRAINED[1]}\n")
    for row in answer["rows"]:
        text.append(f"\n─── {one_line(row['id'])}\n", style="bold")
        for piece, trained in row["pieces"]:
            shown = lines(piece)
            text.append(f"{TRAINED[0]}{shown}{TRAINED[1]}" if trained else shown, style="bold green" if trained else "")
        text.append("\n")
    return text


def audit_text(report: dict[str, Any]) -> Text:
    """What the audit counted and found."""
    share = report["trained_tokens"] / report["tokens"] if report["tokens"] else 0.0
    text = Text(f"{report['rows']:,} rows · longest {report['longest_tokens']:,} tokens · ")
    text.append(f"{report['trained_tokens']:,} of {report['tokens']:,} tokens trained ({share:.1%})\n")
    for problem in report["problems"]:
        text.append_text(problem_text(Problem("", problem["text"], fatal=problem["fatal"]))).append("\n")
    return text


def dry_run_text(problems: Sequence[Problem], report: dict[str, Any] | None, known: Known) -> Text:
    """What would happen if the run was started: check, audit, memory, steps.

    Args:
        problems: From the check.
        report: From the audit; None when the check already found errors.
        known: Memory and steps.
    """
    fatal = any(problem.fatal for problem in problems)
    audited = [problem["fatal"] for problem in report["problems"]] if report else []
    stops = fatal or any(audited)
    text = Text("✗ this run would not start\n" if stops else "✓ this run can start\n", style="bold")
    text.append("\ncheck\n", style="underline")
    text.append("    ✓ ok\n" if not problems else "")
    for problem in problems:
        text.append_text(problem_text(problem)).append(f"  ({spelt(problem.where)})\n" if problem.where else "\n")
    text.append("\naudit of the training rows\n", style="underline")
    text.append_text(Text("    not done: the check found errors\n") if report is None else audit_text(report))
    text.append("\nforecast\n", style="underline")
    for line in (verdict_line(known), parts_line(known)):
        text.append("    ").append_text(line).append("\n" if line else "")
    for note in _notes(known):
        text.append(f"           {one_line(note)}\n", style="dim")
    return text.append_text(plan_lines(known.plan)) if known.plan else text


def _notes(known: Known) -> list[str]:
    """What the forecast counts on the card, and what it assumes; each sentence once."""
    worst = known.forecast.worst if known.forecast else None
    told = counted(worst, known.card) if worst and known.card else []
    assumed = [note for one in (known.forecast.estimates if known.forecast else ()) for note in one.notes]
    return list(dict.fromkeys([*told, *assumed]))


def difference_text(what: str, rows: Sequence[Difference]) -> Text:
    """The keys that differ, each with both values."""
    if not rows:
        return Text(f"no key differs from {one_line(what)}")
    width = max(len(row.path) for row in rows)
    text = Text(f"{len(rows)} key{'s' * (len(rows) > 1)} differ{'s' * (len(rows) == 1)} from {one_line(what)}\n\n")
    for row in rows:
        text.append(f"{row.path:<{width}}  ", style="bold")
        text.append(f"{one_line(row.before) or '(empty)'}").append("  →  ").append(
            f"{one_line(row.after) or '(empty)'}\n"
        )
    return text
