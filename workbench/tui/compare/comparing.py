"""The making of a comparison: in a thread, again when a run has come or changed, or with another baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.worker import get_current_worker

from workbench.engine.contenders import Stamp, finished, stamp
from workbench.errors import WorkbenchError
from workbench.tui.screen import WorkbenchScreen

if TYPE_CHECKING:
    from workbench.engine.comparison import Comparison

LOOK_S = 5.0
"""So often the screen looks whether the comparison would come out otherwise."""


class Comparing(WorkbenchScreen):
    """Keeps ``comparison`` up to date while the screen is shown; a screen says in ``show_comparison`` what follows."""

    MODE = "compare"

    def __init__(self) -> None:
        super().__init__()
        self.comparison: Comparison | None = None
        self.chosen_baseline = ""
        self._stamp: tuple[Stamp, str] | None = None

    @property
    def is_compared(self) -> bool:
        """Whether the first comparison is there."""
        return self._stamp is not None

    def on_mount(self) -> None:
        """Begin to compare."""
        self.look()
        self.every(LOOK_S, self.look)

    def on_screen_resume(self) -> None:
        """What changed while another screen was shown."""
        self.look()

    def look(self) -> None:
        """Compare anew where that would change something; not while a comparison is being made."""
        busy = any(worker.group == "compare" and not worker.is_finished for worker in self.workers)
        if self.is_current and not busy:
            self._compare(self.chosen_baseline)

    def take_baseline(self, run_id: str) -> None:
        """Compare with another baseline; with an empty one, with the base model that all share."""
        if run_id == self.chosen_baseline:
            self.show_comparison()  # nothing to compare anew: show again what is the baseline
            return
        self.chosen_baseline = run_id
        self._compare(run_id)

    def show_comparison(self) -> None:
        """There is another comparison; None when no run has a result."""
        raise NotImplementedError

    @work(thread=True, exclusive=True, group="compare")
    def _compare(self, baseline: str) -> None:
        from workbench.engine.compare import compare  # it loads scipy

        worker = get_current_worker()
        runs = finished(self.app.workspace)
        now = (stamp(runs), baseline)
        if now == self._stamp:
            return
        try:
            made = compare(self.app.workspace, runs, baseline) if runs else None
        except WorkbenchError as error:
            self.app.call_from_thread(self._refuse, error, now)
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._take, made, now)

    def _take(self, made: Comparison | None, now: tuple[Stamp, str]) -> None:
        self._stamp, self.comparison = now, made
        self.show_comparison()

    def _refuse(self, error: WorkbenchError, now: tuple[Stamp, str]) -> None:
        """The baseline is gone: say so once, and go on without it."""
        self._stamp, self.chosen_baseline = now, ""
        self.app.notify_problem(error)
