"""The pages of the Live screen: which charts each shows."""

from __future__ import annotations

from dataclasses import dataclass

MAIN = "main"
"""The chart whose metric ``m`` changes."""
WIDE, TALL = 110, 34
"""From so many columns and rows a page shows more."""


@dataclass(frozen=True)
class Page:
    """One page.

    Args:
        name: For its tab.
        charts: Names of its charts, as in ``charts.CHARTS``, two in a row.
        more: Charts that a large window shows too.
        columns: The widths of the columns.
        log: Whether it shows the log; a large window shows it on every page.
    """

    name: str
    charts: tuple[str, ...]
    more: tuple[str, ...] = ()
    columns: str = "1fr 1fr"
    log: bool = True


PAGES = (
    Page("overview", (MAIN, "memory"), ("tokens_per_s", "grad_norm"), "3fr 2fr"),
    Page("training", ("loss", "learning_rate", "grad_norm", "tokens_per_s"), log=False),
    Page("machine", ("memory", "utilization", "temperature_celsius", "power_watts"), log=False),
    Page("evaluation", ("score",), columns="1fr"),
    Page("log", ()),
)


def is_large(width: int, height: int) -> bool:
    """Whether a window has room for more."""
    return width >= WIDE and height >= TALL
