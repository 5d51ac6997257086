"""The lines above the form: whether the run fits on the card, what its memory is made of, its steps and its time."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from workbench.engine.memory import Card, Estimate, judge
from workbench.engine.memory.estimate import PARTS
from workbench.tui.profile.forecast import Forecast
from workbench.tui.safe import one_line

GIB = 2**30
VERDICTS = {
    "fits": ("✓ fits", "bold green"),
    "tight": ("! tight", "bold yellow"),
    "does not fit": ("✗ does not fit", "bold red"),
}


@dataclass(frozen=True)
class Known:
    """What the summary shows.

    Args:
        forecast: Peak memory; None before anybody has looked.
        card: What it is judged on; None when there is none.
        no_card: Why there is none.
        plan: Steps and time, or why they cannot be told.
        lineage: In how many keys it differs from its parent.
        simulating: Whether a simulation is under way.
    """

    forecast: Forecast | None = None
    card: Card | None = None
    no_card: str = ""
    plan: str = ""
    lineage: str = ""
    simulating: bool = False


def verdict_line(known: Known) -> Text:
    """Whether it fits, what it needs, who says so and how far that may be off."""
    text = Text("memory ", style="bold", no_wrap=True, overflow="ellipsis")
    estimate = known.forecast.worst if known.forecast else None
    if estimate is None:
        reason = known.forecast.reason if known.forecast else "not looked at yet"
        text.append(f"n/a: {one_line(reason)}", style="not bold")
    elif known.card is None:
        text.append(f"needs {gib(estimate.process_bytes)}", style="not bold")
        text.append(f" · no card to judge on ({one_line(known.no_card)}); C chooses one", style="not bold")
    else:
        text.append_text(_judged(estimate, known.card))
    if estimate:
        text.append(f" · {estimate.source} of {estimate.stage}, ±{estimate.error:.0%}", style="not bold dim")
    if known.simulating:
        text.append(" · simulating …", style="not bold italic")
    return text


def _judged(estimate: Estimate, card: Card) -> Text:
    verdict = judge(estimate, card)
    room = f"{verdict.margin:.0%} free" if verdict.margin >= 0 else f"{-verdict.margin:.0%} too much"
    needed = f"{gib(verdict.need_bytes)} of {gib(verdict.total_bytes)} on {one_line(card.name)}, {room}"
    return Text.assemble(VERDICTS[verdict.word], (f" {needed}", "not bold"))


def parts_line(known: Known) -> Text:
    """What the peak is made of, the largest parts that fit on the line in the order of all tables."""
    estimate = known.forecast.worst if known.forecast else None
    if estimate is None:
        return Text("")
    parts = [f"{name} {amount(estimate.parts[name])}" for name in PARTS if estimate.parts.get(name)]
    return Text(f"       {' + '.join(parts)}", style="dim", no_wrap=True, overflow="ellipsis")


def plan_line(known: Known) -> Text:
    """Steps, time, and the difference from the parent."""
    said = " · ".join(one_line(part) for part in (known.plan, known.lineage) if part)
    return Text.assemble(("run    ", "bold"), said or "n/a", no_wrap=True, overflow="ellipsis")


def gib(size_bytes: float) -> str:
    """Bytes in GiB.

    >>> gib(5.5 * 2**30)
    '5.50 GiB'
    """
    return f"{size_bytes / GIB:.2f} GiB"


def amount(size_bytes: float) -> str:
    """Bytes in GiB without the unit, or in MiB with it where they are few.

    >>> amount(5.5 * 2**30), amount(3 * 2**20)
    ('5.50', '3M')
    """
    return f"{size_bytes / GIB:.2f}" if size_bytes >= GIB / 10 else f"{size_bytes / 2**20:.0f}M"
