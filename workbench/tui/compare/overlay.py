"""Loss curves of several runs over each other: on the training rows, on the validation rows, or both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbench.engine.curves import Curve
from workbench.engine.history import History, HistoryReader
from workbench.engine.run import Run
from workbench.paths import Workspace
from workbench.tui.live.charts import precise
from workbench.tui.safe import one_line
from workbench.tui.widgets.chart import SERIES
from workbench.tui.widgets.plot import Plot, Series

NAME = 24
"""Longest name in the legend."""
TITLES = {"both": "loss", "train": "training loss", "eval": "validation loss"}
"""What ``m`` goes through, in this order; without a look at validation rows there is the training loss alone."""


@dataclass(frozen=True)
class Losses:
    """The losses of one run over its steps; a curve without points where it told none."""

    train: Curve
    eval: Curve


def losses(workspace: Workspace, run_ids: Sequence[str], given_up: Callable[[], bool]) -> dict[str, Losses]:
    """The losses of as many of the runs as can be told apart. For a thread: it reads whole logs."""
    found = {}
    for run_id in run_ids[:SERIES]:
        reader, history = HistoryReader(Run(workspace, run_id)), History()
        while not history.loaded and not given_up():
            history.add(reader.read())
        found[run_id] = Losses(history.curve("loss"), history.curve("eval_loss"))
    return found


def has_looked(found: Mapping[str, Losses]) -> bool:
    """Whether any of the runs looked at validation rows."""
    return any(len(one.eval) for one in found.values())


def overlay(found: Mapping[str, Losses], names: Mapping[str, str], left_out: int, shown: str = "both") -> Plot:
    """The losses as a plot, under the runs' names; an "eval" has the colour of the run before it.

    Args:
        found: By run.
        names: By run.
        left_out: How many more were asked for.
        shown: A key of ``TITLES``.
    """
    shown = shown if has_looked(found) else "train"
    series: list[Series] = []
    for run_id, one in found.items():
        own = _of_run(one, one_line(names.get(run_id, run_id), NAME), shown, len(series))
        if len(series) + len(own) > SERIES:
            left_out += 1
        else:
            series += own
    title = ", ".join([TITLES[shown], *_missing(found, left_out, shown)])
    return Plot(
        title, series, y_format=precise, whole_x=True, empty="none of these runs has trained; mark others with space"
    )


def _of_run(one: Losses, name: str, shown: str, place: int) -> list[Series]:
    if shown == "eval":
        return [Series(name, one.eval)] if len(one.eval) else []
    looks = [Series("eval", one.eval, "points", colour_of=place)] if shown == "both" and len(one.eval) else []
    return [Series(name, one.train), *looks]


def _missing(found: Mapping[str, Losses], left_out: int, shown: str) -> list[str]:
    without = sum(not len(one.eval) for one in found.values()) if shown == "eval" else 0
    said = [f"{without} {'has' if without == 1 else 'have'} none"] if without else []
    how = " (m shows one loss alone)" if shown == "both" else ""
    return [*said, *([f"{left_out} more marked than can be told apart{how}"] if left_out > 0 else [])]
