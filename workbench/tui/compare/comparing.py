"""The making of a comparison: in a thread, again when a run has come or changed, or with another baseline."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from workbench.engine.contenders import Stamp, finished, stamp
from workbench.errors import WorkbenchError
from workbench.tui.screen import WorkbenchScreen

if TYPE_CHECKING:
    from workbench.engine.comparison import Comparison

LOOK_S = 5.0
"""So often the screen looks whether the comparison would come out otherwise."""


@dataclass
class Compared(Message):
    """A thread has made a comparison, or could not.

    Args:
        baseline: What it was asked for.
        stamp: Of the runs that it looked at.
        made: The comparison; None without a finished run.
        error: Why there is none.
    """

    baseline: str
    stamp: Stamp
    made: Comparison | None = None
    error: Exception | None = None


class Comparing(WorkbenchScreen):
    """Keeps ``comparison`` up to date while the screen is shown; a screen says in ``show_comparison`` what follows."""

    MODE = "compare"

    def __init__(self) -> None:
        super().__init__()
        self.comparison: Comparison | None = None
        self.chosen_baseline = ""
        self._seen: tuple[str, Stamp] | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_compared(self) -> bool:
        """Whether the first comparison is there."""
        return self._seen is not None

    def on_mount(self) -> None:
        """Begin to compare."""
        self.look()
        self.every(LOOK_S, self.look)

    def on_screen_resume(self) -> None:
        """What changed while another screen was shown."""
        self.look()

    def look(self) -> None:
        """Compare anew where that would change something; not while a comparison is being made."""
        if self.is_current and not (self._thread and self._thread.is_alive()):
            self._begin()

    def take_baseline(self, run_id: str) -> None:
        """Compare with another baseline; with an empty one, with the base model that all share."""
        if run_id == self.chosen_baseline:
            self.show_comparison()  # nothing to compare anew: show again what is the baseline
            return
        self.chosen_baseline = run_id
        self._begin()

    def show_comparison(self) -> None:
        """There is another comparison; None when no run has a result."""
        raise NotImplementedError

    def _begin(self) -> None:
        """Start a thread that does not hold up the end of the app: hundreds of runs take it many seconds."""
        context = contextvars.copy_context()
        arguments = (self._compare, self.chosen_baseline, self._seen)
        self._thread = threading.Thread(target=context.run, args=arguments, name="compare", daemon=True)
        self._thread.start()

    def _compare(self, baseline: str, seen: tuple[str, Stamp] | None) -> None:
        runs_stamp: Stamp = ()
        try:
            from workbench.engine.compare import compare  # it loads scipy

            runs = finished(self.app.workspace)
            runs_stamp = stamp(runs)
            if (baseline, runs_stamp) == seen:
                return
            made = compare(self.app.workspace, runs, baseline) if runs else None
            answer = Compared(baseline, runs_stamp, made)
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen says it and the app goes on
            answer = Compared(baseline, runs_stamp, error=error)
        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile, and its loop is closed
            self.post_message(answer)

    def on_compared(self, event: Compared) -> None:
        """Show what a thread has made, unless another baseline was chosen meanwhile."""
        event.stop()
        if event.baseline != self.chosen_baseline:
            return
        self._seen = event.baseline, event.stamp
        if event.error is None:
            self.comparison = event.made
            self.show_comparison()
            return
        self.app.notify_problem(event.error)
        if isinstance(event.error, WorkbenchError):
            self.chosen_baseline = ""  # it is gone: go on without it
