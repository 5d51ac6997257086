"""Loss curves of several runs over each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.engine.curves import Curve
from workbench.engine.history import History, HistoryReader
from workbench.engine.run import Run
from workbench.paths import Workspace
from workbench.tui.safe import one_line
from workbench.tui.widgets.chart import SERIES
from workbench.tui.widgets.plot import Plot, Series

NAME = 24
"""Longest name in the legend."""


def losses(workspace: Workspace, run_ids: Sequence[str], given_up: Callable[[], bool]) -> dict[str, Curve]:
    """The training loss of each run; a run that never trained has an empty curve. For a thread: it reads whole logs."""
    curves = {}
    for run_id in run_ids[:SERIES]:
        reader, history = HistoryReader(Run(workspace, run_id)), History()
        while not history.loaded and not given_up():
            history.add(reader.read())
        curves[run_id] = history.curve("loss")
    return curves


def overlay(curves: dict[str, Curve], names: dict[str, str], left_out: int) -> Plot:
    """The curves as a plot, under the runs' names; ``left_out`` is how many more were asked for than have colours."""
    series = [Series(one_line(names.get(run_id, run_id), NAME), curve) for run_id, curve in curves.items()]
    more = f", {left_out} more marked than can be told apart" if left_out > 0 else ""
    return Plot(f"training loss{more}", series, empty="none of these runs has trained; mark others with space")
