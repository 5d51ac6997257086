"""What a profile will take, as lines on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.output import NOT_AVAILABLE, say, time_text

if TYPE_CHECKING:
    from workbench.engine.plan import Figure, Plan


def say_plan(plan: Plan) -> None:
    """Print one line for each figure, with where it comes from or why it is unknown."""
    for name, text in (
        ("training rows", _count_text(plan.rows)),
        ("optimizer steps", _count_text(plan.steps)),
        ("tokens", _count_text(plan.tokens)),
        ("training time", duration_text(plan.train_s)),
    ):
        say(f"{name:>15}: {text}")


def _count_text(figure: Figure) -> str:
    return f"{NOT_AVAILABLE if figure.value is None else f'{figure.value:,.0f}'} ({figure.how})"


def duration_text(figure: Figure) -> str:
    """A duration with what earlier runs span.

    >>> from workbench.engine.plan import Figure
    >>> duration_text(Figure(100.0, "from 2 runs", 90.0, 120.0)), duration_text(Figure(None, "no earlier run"))
    ('about 1m40s, 1m30s to 2m00s (from 2 runs)', 'n/a (no earlier run)')
    """
    if figure.value is None or figure.low is None or figure.high is None:
        return f"{time_text(figure.value)} ({figure.how})"
    low, high = time_text(figure.low), time_text(figure.high)
    spans = f", {low} to {high}" if low != high else ""
    return f"about {time_text(figure.value)}{spans} ({figure.how})"
