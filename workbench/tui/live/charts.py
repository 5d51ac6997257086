"""What each chart of the Live screen shows of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from workbench.engine.follow import ENDED
from workbench.engine.history import SCORE, History
from workbench.tui.widgets import axis
from workbench.tui.widgets.plot import Level, Plot, Series

CURVES = 8
"""A chart tells so many series apart."""


precise = partial(axis.number, digits=4)
"""How a loss is written."""


@dataclass(frozen=True)
class Metric:
    """A number that the worker tells at each step.

    Args:
        key: Its field.
        title: With its unit.
        series: Fields drawn together, each with its name and look.
        format: How it is written.
    """

    key: str
    title: str
    series: tuple[tuple[str, str, str], ...] = ()
    format: axis.Format = axis.number


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric("loss", "loss", (("loss", "train", "line"), ("eval_loss", "eval", "points")), precise),
        Metric("grad_norm", "gradient norm"),
        Metric("learning_rate", "learning rate"),
        Metric("tokens_per_s", "tokens/s"),
        Metric("seconds", "seconds per step"),
    )
}
"""What ``m`` goes through, in this order."""


def none_so_far(what: str, done: str, history: History) -> str:
    """Why nothing is shown of something: it may still come, or it never will."""
    return f"no {what} {done}" if history.state.status in ENDED else f"no {what} {done} yet"


def _no_step(history: History) -> str:
    return f"{none_so_far('step', 'done', history)} ({history.state.status})"


def step_plot(key: str, history: History) -> Plot:
    """A metric over the steps."""
    metric = METRICS[key]
    fields = metric.series or ((key, "", "line"),)
    series = [
        Series(name, history.curve(field), "points" if look == "points" else "line")
        for field, name, look in fields
        if field == key or len(history.curve(field))
    ]
    told = len(history.curve("loss")) > 0
    empty = f"n/a: this run does not tell its {metric.title}" if told else _no_step(history)
    return Plot(metric.title, series, x_name="step", y_format=metric.format, whole_x=True, empty=empty)


def _over_time(title: str, key: str, history: History, y_format: axis.Format) -> Plot:
    return Plot(
        title,
        [Series("", history.curve(key), smooth=False)],
        x_name="elapsed",
        x_format=axis.time,
        y_format=y_format,
        x_base=60.0,
        from_zero=True,
        empty=why_unknown(history),
    )


def why_unknown(history: History) -> str:
    """Why the GPU's numbers are not there."""
    if not history.memory:
        return none_so_far("sample", "taken", history)
    return f"n/a: {history.memory.get('reason') or 'the driver does not tell'}"


def own_key(history: History) -> str:
    """The field with the run's own share of the GPU: the driver's, or torch's where the driver hides it."""
    return "process_bytes" if len(history.curve("process_bytes")) else "reserved_bytes"


def predicted(history: History) -> Level | None:
    """The peak that was predicted for the run, of its process or else of torch alone; None when nobody predicted."""
    for key, name in (("process_bytes", "predicted"), ("allocated_bytes", "predicted for torch")):
        value = history.fact("predicted", key)
        if isinstance(value, float | int) and value > 0:
            return Level(f"{name} {axis.size(value)}", float(value), dotted=True)
    return None


def memory_plot(history: History) -> Plot:
    """The GPU's memory with the run's own share, the capacity and the prediction; without a GPU the process's."""
    common = Plot(x_name="elapsed", x_format=axis.time, y_format=axis.size, x_base=60.0, y_base=2.0, from_zero=True)
    device = history.curve("device_used_bytes")
    if not len(device):
        resident = Series("RSS", history.curve("rss_bytes"), "area", smooth=False)
        title, note = "memory of the process", _peak("rss_bytes", history)
        return replace(common, title=title, note=note, series=[resident], empty=why_unknown(history))
    own, total = own_key(history), history.memory.get("device_total_bytes")
    name = "own" if own == "process_bytes" else "torch"
    levels = [] if not total else [Level(f"capacity {axis.size(total)}", float(total))]
    foretold = predicted(history)
    return replace(
        common,
        title="GPU memory",
        note=_peak(own, history),
        series=[Series(name, history.curve(own), "area", smooth=False), Series("device", device, smooth=False)],
        levels=[*levels, foretold] if foretold else levels,
    )


def _peak(key: str, history: History) -> str:
    peak = history.curve(key).peak
    return "" if peak is None else f"peak {axis.size(peak)}"


def score_plot(history: History) -> Plot:
    """The mean score over the questions answered so far, a line for each data set and stage."""
    keys = history.scores()[-CURVES:]
    return Plot(
        "score, running mean",
        [Series(key.removeprefix(SCORE), history.curve(key), smooth=False) for key in keys],
        x_name="questions answered",
        whole_x=True,
        empty=none_so_far("question", "answered", history),
    )


CHARTS: dict[str, Callable[[History], Plot]] = {
    **{key: partial(step_plot, key) for key in METRICS},
    "memory": memory_plot,
    "utilization": lambda history: _over_time("GPU utilisation", "utilization", history, axis.percent),
    "temperature_celsius": lambda history: _over_time("GPU temperature", "temperature_celsius", history, celsius),
    "power_watts": lambda history: _over_time("GPU power", "power_watts", history, watts),
    "score": score_plot,
}
"""The plot of each chart; that of ``pages.MAIN`` is the chosen metric's."""


def celsius(value: float) -> str:
    """A temperature.

    >>> celsius(61.0)
    '61°C'
    """
    return f"{value:.0f}°C"


def watts(value: float) -> str:
    """A power.

    >>> watts(181.4)
    '181 W'
    """
    return f"{value:.0f} W"
