"""The screen of mode "live": one run while it trains and afterwards."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Unmount
from textual.worker import get_current_worker

from workbench.engine.locks import alive
from workbench.engine.run import Run, runs
from workbench.engine.run_records import FORMATS, as_text
from workbench.engine.steps import step_records
from workbench.paths import Workspace
from workbench.tui.files import Export
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.live.charts import METRICS
from workbench.tui.live.choices import SMOOTHINGS, STEP_WINDOWS, after, kept, restore, set_window
from workbench.tui.live.feed import POLL_S, Told, Unread, Watched
from workbench.tui.live.log_keys import LiveLog
from workbench.tui.live.pages import MAIN, PAGES, Page
from workbench.tui.live.view import SHARES, USUAL_SHARE, LiveView
from workbench.tui.widgets.raster import MODES, usual_mode

PAUSE, RESUME = SHARED["toggle"].says("Pause"), SHARED["toggle"].says("Resume")


class LiveScreen(LiveLog):
    """Curves, numbers and log of one run; others are kept while they are not shown."""

    MODE = "live"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        PAUSE,
        Key("live.metric", "m", "next_metric", "Metric", hint=True),
        SHARED["log_y"].says("Log-y"),
        SHARED["stop"].hinted(),
        SHARED["right"].says("Next page"),
        SHARED["left"].says("Page before", hint=False),
        Key("live.smooth", "tilde", "smooth", "Smoothing"),
        Key("live.window", "w", "window", "Window: all or the last"),
        Key("live.follow", "f", "follow", "Follow the log"),
        Key("live.glyphs", "B", "glyphs", "Chart glyphs"),
        Key("live.before", "left_square_bracket", "other_run(-1)", "Run before"),
        Key("live.after", "right_square_bracket", "other_run(1)", "Run after"),
        Key("live.checkpoint", "K", "checkpoint", "Checkpoint now"),
        Key("live.resume", "R", "resume", "Resume the run"),
        SHARED["attach"].says("Attach to the newest running", hint=False),
        SHARED["filter"].says("Search the log", hint=False),
        *(SHARED[key] for key in ("next_match", "previous_match", "down", "up", "first", "last")),
    )

    def __init__(self) -> None:
        super().__init__()
        self._watched: dict[str, Watched] = {}
        self._run_id = ""
        self._paused = False
        self._over = threading.Event()

    def compose_body(self) -> ComposeResult:
        """The view."""
        yield LiveView()

    @property
    def watched(self) -> Watched | None:
        """The run on show."""
        return self._watched.get(self._run_id)

    def on_mount(self) -> None:
        """Show the run that was asked for, or the newest."""
        mode = self.app.settings.get("app", "glyphs", usual_mode())
        self.view.draw_as(mode if mode in MODES else usual_mode())
        restore(self.view, self.app.settings.get(self.MODE, "view"))
        self.view.lay_out()
        self.every(1.0, self._tick)
        if self._run_id:
            self._watch(self._run_id)
        else:
            self.action_attach()

    def on_unmount(self, _: Unmount) -> None:
        """Let the reading thread go at once."""
        self._over.set()

    # which run

    def show_run(self, run_id: str) -> None:
        """Show a run; what was read of the last one is kept."""
        self.workers.cancel_group(self, "choose")
        if self.is_mounted and self.query(LiveView):
            self._watch(run_id)
        else:
            self._run_id = run_id

    def _watch(self, run_id: str) -> None:
        self._run_id = run_id
        watched = self._watched.setdefault(run_id, Watched(Run(self.app.workspace, run_id)))
        self.subject = run_id
        self.app.did("workbench", "watch", run_id)
        self._show(watched)
        self._read(watched)

    def _show(self, watched: Watched) -> None:
        self.view.history = watched.history
        self.view.log_view.clear()
        self.view.log_view.write(watched.lines)
        self.view.paint()

    @work(group="choose", exclusive=True)
    async def action_attach(self) -> None:
        """Show the newest run that is running; without one, the newest."""
        found = await asyncio.to_thread(_newest, self.app.workspace)
        if found is None:
            self.refuse("there is no run yet: 2 shows the profiles, ctrl+r starts one")
        elif found != self._run_id:
            self._watch(found)
        else:
            self.refuse(f"{found} is the newest run")

    @work(group="choose", exclusive=True)
    async def action_other_run(self, step: int) -> None:
        """Show the run before or after this one."""
        ids = [run.id for run in await asyncio.to_thread(runs, self.app.workspace)]
        place = ids.index(self._run_id) + step if self._run_id in ids else len(ids) - 1
        if 0 <= place < len(ids):
            self._watch(ids[place])
        else:
            self.refuse("there is no run before this one" if step < 0 else "there is no run after this one")

    # reading

    @work(thread=True, group="read", exclusive=True, exit_on_error=False)
    def _read(self, watched: Watched) -> None:
        """Hand over what is new, a portion at a time, until another run is shown."""
        worker = get_current_worker()
        while not (worker.is_cancelled or self._over.is_set()):
            try:
                with watched.turn:
                    told = watched.read()
                    if told is not None:
                        self.post_message(told)
            except Exception as error:  # noqa: BLE001 - a broken file is said, and read again when it has changed
                self.post_message(Unread(error))
                told = None
            if told is not None:
                while not (told.taken.wait(POLL_S) or worker.is_cancelled or self._over.is_set()):
                    pass
            if told is None or not told.portion.more:
                self._over.wait(watched.poll_s)

    def on_unread(self, unread: Unread) -> None:
        """Say why; once for an error that comes again and again."""
        self.app.notify_problem(unread.error)

    def on_told(self, told: Told) -> None:
        """Keep what is new, and show it unless the view is paused or not on the screen."""
        told.take()
        if told.watched is not self.watched:
            return
        if self._paused:
            self._tick()
            return
        self.view.log_view.write(told.lines)
        if not told.portion.more and self.app.mode_screen is self:
            self.view.paint()

    def on_screen_resume(self) -> None:
        """Catch up with what came while another screen was shown."""
        if self.watched and not self._paused:
            self.view.paint()

    def _tick(self) -> None:
        if self.watched and self.app.mode_screen is self:
            self.view.paint_facts()

    # how it is shown

    def action_toggle_this(self) -> None:
        """Stop painting, not the training; or catch up and go on."""
        self._paused = not self._paused
        key = RESUME if self._paused else PAUSE
        self._bindings.key_to_bindings["space"] = [key.binding()]
        self.view.say_paused(self._paused)
        self.refresh_bindings()
        if self.watched and not self._paused:
            self._show(self.watched)
        self._tick()

    def action_next_metric(self) -> None:
        """Another metric in the first chart of the overview."""
        if MAIN not in self.view.page.charts:
            self.refuse("only the overview has a chart that changes its metric")
            return
        self.view.metric = after(list(METRICS), self.view.metric)
        self._changed()

    def action_log_y(self) -> None:
        """A logarithmic y axis, or a linear one, for the metrics of steps."""
        self.view.steps = replace(self.view.steps, log_y=not self.view.steps.log_y)
        self._changed()

    def action_smooth(self) -> None:
        """More smoothing, then none."""
        self.view.steps = replace(self.view.steps, smoothing=after(SMOOTHINGS, self.view.steps.smoothing))
        self._changed()

    def action_window(self) -> None:
        """All, or the last steps and minutes."""
        set_window(self.view, after(STEP_WINDOWS, self.view.steps.window))
        self._changed()

    def action_glyphs(self) -> None:
        """Braille, blocks or ASCII, kept for the next start."""
        mode = after(list(MODES), self.app.settings.get("app", "glyphs", usual_mode()))
        self.app.settings.set("app", "glyphs", mode)
        self.view.draw_as(mode)
        self.view.paint()

    def action_page(self, name: str) -> None:
        """The page of that name; what a click on its tab does."""
        self._turn(next(page for page in PAGES if page.name == name))

    def action_cursor_right(self) -> None:
        """The next page."""
        self._turn(after(PAGES, self.view.page))

    def action_cursor_left(self) -> None:
        """The page before."""
        self._turn(after(PAGES[::-1], self.view.page))

    def _turn(self, page: Page) -> None:
        self.view.turn(page)
        self._keep()

    def resize_pane(self, by: int) -> bool:
        """More or fewer rows for the charts."""
        place = SHARES.index(self.view.share) + by
        self.view.share = SHARES[min(max(place, 0), len(SHARES) - 1)] if by else USUAL_SHARE
        self.view.lay_out()
        self._keep()
        return True

    def _changed(self) -> None:
        self.view.lay_out()
        self.view.paint()
        self._keep()

    def _keep(self) -> None:
        self.app.settings.set(self.MODE, "view", kept(self.view))

    # what is chosen

    def copy_text(self) -> str | None:
        """The selected text, or the page as text."""
        return self.get_selected_text() or (self.view.text() if self.watched else None)

    def exports(self) -> Iterable[Export]:
        """The numbers of each step, in three formats."""
        if self.watched is None:
            return
        run = self.watched.run
        for form, suffix in FORMATS.items():
            name = f"Export the steps of the run as {form}"
            yield Export(name, suffix, partial(_steps_text, run, form), f"workbench steps {run.id} --{form}")

    def editor_path(self) -> Path | None:
        """What the worker printed."""
        return self.watched.run.log_file if self.watched and self.watched.run.log_file.exists() else None


def _steps_text(run: Run, form: str) -> str:
    return as_text(step_records(run), form)


def _newest(workspace: Workspace) -> str | None:
    known = [run for run in runs(workspace) if not run.is_base]
    running = next((run.id for run in reversed(known) if alive(run)), None)
    return running or (known[-1].id if known else None)
