"""The lines above the form: whether the run fits on the card, what its memory is made of, its steps and its time."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from workbench.engine.memory import Card, Estimate, judge
from workbench.engine.memory.estimate import PARTS
from workbench.engine.plan import Figure, Plan
from workbench.engine.texts import NOT_AVAILABLE, time_text
from workbench.tui.profile.forecast import Forecast
from workbench.tui.safe import one_line

GIB = 2**30
SMALL = 0.01
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
        plan: Steps, tokens and time; None while the draft is no profile.
        lineage: In how many keys it differs from its parent.
        simulating: Whether a simulation is under way.
        failed: Why the last simulation found nothing.
    """

    forecast: Forecast | None = None
    card: Card | None = None
    no_card: str = ""
    plan: Plan | None = None
    lineage: str = ""
    simulating: bool = False
    failed: str = ""


def verdict_line(known: Known) -> Text:
    """Whether it fits, what it needs, who says so and how far that may be off."""
    text = Text("memory ", style="bold", no_wrap=True, overflow="ellipsis")
    estimate = known.forecast.worst if known.forecast else None
    if estimate is None:
        reason = known.forecast.reason if known.forecast else "not looked at yet"
        return text.append(f"n/a: {one_line(reason)}", style="not bold")
    if known.card is None:
        text.append(f"needs {gib(estimate.process_bytes)}", style="not bold")
    else:
        text.append_text(_judged(estimate, known.card))
    stage = "" if estimate.stage == "train" else f" of {estimate.stage}"
    text.append(f" · {estimate.source}{stage} ±{estimate.error:.0%}", style="not bold dim")
    if known.simulating:
        text.append(", simulating …", style="not bold italic")
    elif known.failed:
        text.append(f" · no simulation: {one_line(known.failed)}", style="not bold dim")
    if known.card is None:
        text.append(f" · no card: C chooses one ({one_line(known.no_card)})", style="not bold")
    return text


def _judged(estimate: Estimate, card: Card) -> Text:
    verdict = judge(estimate, card)
    room = f"{verdict.margin:.0%} free" if verdict.margin >= 0 else f"{-verdict.margin:.0%} too much"
    needed = f"{verdict.need_bytes / GIB:.2f} of {gib(verdict.total_bytes)}, {room}"
    return Text.assemble(VERDICTS[verdict.word], (f" {one_line(card.name)}: {needed}", "not bold"))


def parts_line(known: Known) -> Text:
    """What the peak is made of; parts below a hundredth of it are told together."""
    estimate = known.forecast.worst if known.forecast else None
    if estimate is None:
        return Text("")
    sizes = {name: estimate.parts.get(name, 0) for name in PARTS}
    small = sum(size for size in sizes.values() if size < SMALL * sum(sizes.values()))
    parts = [f"{name} {amount(size)}" for name, size in sizes.items() if size >= SMALL * sum(sizes.values())]
    rest = [f"rest {amount(small)}"] if small else []
    return Text(f"       {' + '.join([*parts, *rest])}", style="dim", no_wrap=True, overflow="ellipsis")


def plan_line(known: Known) -> Text:
    """Steps, tokens and time of the training, and the difference from the parent."""
    text = Text("run    ", style="bold", no_wrap=True, overflow="ellipsis")
    if known.plan is None:
        return text.append("n/a", style="not bold")
    said = [f"{_number(known.plan.steps)} steps", f"{_number(known.plan.tokens)} tokens", _duration(known.plan.train_s)]
    return text.append(" · ".join([*said, *filter(None, [known.lineage])]), style="not bold")


def plan_lines(plan: Plan) -> Text:
    """Each figure of a plan with where it comes from, or why it is unknown."""
    rows = {"rows": plan.rows, "steps": plan.steps, "tokens": plan.tokens}
    text = Text()
    for name, figure in rows.items():
        text.append(f"    {name:<7}", style="bold").append(f"{_number(figure)}  ({one_line(figure.how)})\n")
    told = f"{_duration(plan.train_s)}  ({one_line(plan.train_s.how)})\n"
    return text.append(f"    {'time':<7}", style="bold").append(told)


def _number(figure: Figure) -> str:
    return NOT_AVAILABLE if figure.value is None else f"{figure.value:,.0f}"


def _duration(figure: Figure) -> str:
    """A time with what earlier runs span."""
    if figure.value is None:
        return f"time {NOT_AVAILABLE}"
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return f"about {time_text(figure.value)}"
    return f"about {time_text(figure.value)} ({time_text(figure.low)} to {time_text(figure.high)})"


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
