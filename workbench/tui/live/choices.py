"""How a user looks at runs, kept for the next start: page, metric, smoothing, window, log axis, height of charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from workbench.tui.live.charts import METRICS
from workbench.tui.live.pages import PAGES
from workbench.tui.live.view import SHARES, USUAL_SHARE, LiveView

SMOOTHINGS = (0.0, 0.6, 0.9, 0.98)
"""What ``~`` goes through."""
STEP_WINDOWS = (None, 1000.0, 200.0)
TIME_WINDOWS = (None, 600.0, 60.0)
"""What ``w`` goes through: the last steps, and the last seconds beside them."""
Choice = TypeVar("Choice")


def after(choices: Sequence[Choice], now: Choice) -> Choice:
    """The choice that comes after this one; the first after the last.

    >>> after("abc", "c"), after("abc", "?")
    ('a', 'a')
    """
    return choices[(choices.index(now) + 1) % len(choices)] if now in choices else choices[0]


def kept(view: LiveView) -> dict[str, Any]:
    """What is to be kept of a view."""
    return {
        "page": view.page.name,
        "metric": view.metric,
        "log_y": view.steps.log_y,
        "smoothing": view.steps.smoothing,
        "window": view.steps.window,
        "share": view.share,
    }


def restore(view: LiveView, stored: Any) -> None:
    """Look at runs as was kept; what is no choice any more is left as it is usually."""
    found: dict[str, Any] = stored if isinstance(stored, dict) else {}
    page = found.get("page")
    view.page = next((one for one in PAGES if one.name == page), PAGES[0])
    view.metric = _one_of(list(METRICS), found.get("metric"), view.metric)
    smoothing = _one_of(SMOOTHINGS, found.get("smoothing"), 0.0)
    view.steps = replace(view.steps, log_y=found.get("log_y") is True, smoothing=smoothing)
    view.share = _one_of(SHARES, found.get("share"), USUAL_SHARE)
    set_window(view, _one_of(STEP_WINDOWS, found.get("window"), None))


def set_window(view: LiveView, steps: float | None) -> None:
    """Show so many of the last steps, and the seconds that go with them."""
    view.steps = replace(view.steps, window=steps)
    view.times = replace(view.times, window=TIME_WINDOWS[STEP_WINDOWS.index(steps)])


def _one_of(choices: Sequence[Choice], wanted: Any, usual: Choice) -> Choice:
    return next((choice for choice in choices if choice == wanted), usual)
