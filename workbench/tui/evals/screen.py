"""Evaluations: what is at work with its score so far, what waits, what is done; and new ones."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from workbench.tui.evals.columns import EVALUATIONS, as_row
from workbench.tui.files import Export
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.screen import WorkbenchScreen
from workbench.tui.widgets.filter_bar import FilterBar
from workbench.tui.widgets.table import Table
from workbench.tui.widgets.table_messages import RowHighlighted, RowSelected, StateChanged

if TYPE_CHECKING:
    from workbench.engine.evaluation_list import Evaluation
    from workbench.tui.evals.new import Wanted

LOOK_S = 1.0
NONE = "no evaluation is selected"


class EvalsScreen(WorkbenchScreen):
    """One row for each run and data set; ``enter`` shows the answers."""

    MODE = "evals"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        SHARED["new"].says("New"),
        SHARED["open"].says("Answers"),
        SHARED["stop"].hinted(),
        SHARED["attach"].hinted(),
        SHARED["filter"].hinted(),
        Key("evals.resume", "R", "resume", "Resume the queue"),
        Key("evals.pending", "u", "pending", "Evaluate runs without scores"),
    )
    DEFAULT_CSS = """
    EvalsScreen #evaluations { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, Evaluation] = {}
        self._wanted = ""
        self._busy = False

    def compose_body(self) -> ComposeResult:
        """The list and its filter."""
        yield Table(EVALUATIONS, empty="Looking at the evaluations …", id="evaluations")
        yield FilterBar("#evaluations", id="filter")

    def on_mount(self) -> None:
        """As it was left; looked at again and again while it is shown."""
        from workbench.engine.evaluation_list import EvaluationList

        self._list = EvaluationList(self.app.workspace)
        self.table.restore(self.app.settings.get(self.MODE, "table"))
        self.table.focus()
        self.watch(self.app, "rows", self._look)
        self.every(LOOK_S, self._look)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#evaluations", Table)

    # rows

    def on_screen_resume(self) -> None:
        """What changed while another screen was shown."""
        self._look()

    def _look(self) -> None:
        if self.app.rows is not None and self.is_current and not self._busy:
            self._busy = True
            self._refresh()

    @work(group="evaluations")
    async def _refresh(self) -> None:
        """Read in a thread; there is no other look before this one is shown."""
        try:
            self._show(await asyncio.to_thread(self._list.refresh, self.app.rows or ()))
        finally:
            self._busy = False

    def _show(self, found: list[Evaluation]) -> None:
        before, self._rows = self._rows, {row.key: row for row in found}
        self.table.empty = "No evaluations here: ^n asks runs and models, u every run that has no scores."
        if before and list(before) == list(self._rows):
            news = {key: row for key, row in self._rows.items() if row is not before[key] and row != before[key]}
            changed = {key: as_row(row) for key, row in news.items()}
            if changed:
                self.table.update_rows(changed)
        else:
            self.table.set_rows({key: as_row(row) for key, row in self._rows.items()})
        self.query_one(FilterBar).refresh_count()
        if self._wanted:
            self.show_run(self._wanted)

    def show_run(self, run_id: str) -> None:
        """Put the cursor on a run's first evaluation, at once or when it has been read."""
        own = [key for key, row in self._rows.items() if row.run_id == run_id]
        self._wanted = "" if own and self.table.move_to(own[0]) else run_id

    def chosen(self) -> Evaluation | None:
        """The evaluation under the cursor."""
        return self._rows.get(self.table.cursor_key or "")

    @on(RowHighlighted, "#evaluations")
    def _highlighted(self) -> None:
        row = self.chosen()
        self.subject = " · ".join(part for part in (row.name, row.dataset) if part) if row else ""

    @on(RowSelected, "#evaluations")
    def _selected(self) -> None:
        self.action_open()

    # what the base screen asks

    def step_out(self) -> bool:
        """The filter, then the marks."""
        if self.query_one(FilterBar).clear():
            return True
        had = bool(self.table.marked)
        self.table.set_marks(())
        return had

    def copy_text(self) -> str | None:
        """The run's id."""
        row = self.chosen()
        return (row.run_id or row.name) if row else None

    def editor_path(self) -> Path | None:
        """The run's answers."""
        row = self.chosen()
        return self.app.workspace.run(row.run_id) / "samples.jsonl" if row and row.run_id else None

    def exports(self) -> Iterable[Export]:
        """The evaluations that are shown, in three formats."""
        where = f" --where {shlex.quote(self.table.rows.filter)}" if self.table.rows.filter else ""
        from workbench.engine.run_records import FORMATS

        for form, suffix in FORMATS.items():
            command = f"workbench list evaluations{where} --{form}"
            yield Export(f"Export the evaluations as {form}", suffix, partial(self._text, form), command)

    def _text(self, form: str) -> str:
        from workbench.engine.answer_records import evaluation_record
        from workbench.engine.run_records import as_text

        return as_text([evaluation_record(self._rows[key]) for key in self.table.rows.keys], form)

    @on(StateChanged, "#evaluations")
    def _keep(self, event: StateChanged) -> None:
        self.app.settings.set(self.MODE, "table", event.state)

    # keys

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def action_open(self) -> None:
        """The answers of an evaluation."""
        from workbench.tui.evals.answers import AnswersScreen

        row = self.chosen()
        if row is None:
            self.refuse(NONE)
        elif not (row.run_id and row.done):
            self.refuse(f"{row.name} has not answered anything yet" if not row.reason else row.reason)
        else:
            self.app.push_screen(AnswersScreen(row))

    async def action_attach(self) -> None:
        """Show the run of an evaluation live."""
        row = self.chosen()
        if row is None or not row.run_id:
            self.refuse(NONE if row is None else f"{row.name} has not begun yet")
        else:
            await self.app.open_run(row.run_id, "live")

    @work(group="verb")
    async def action_new(self) -> None:
        """Choose runs, models and data sets, and queue them."""
        from workbench.engine import evaluables
        from workbench.tui.evals.new import NewEvaluation

        workspace, runs = self.app.workspace, self.app.rows or ()
        subjects = await asyncio.to_thread(evaluables.subjects, workspace, runs)
        asked = await asyncio.to_thread(evaluables.data_sets, workspace)
        marked = tuple(self._rows[key].run_id for key in self.table.marked if key in self._rows)
        wanted = await self.app.push_screen_wait(NewEvaluation(subjects, asked, marked))
        if wanted is not None:
            await self._add(wanted)

    async def _add(self, wanted: Wanted) -> None:
        from workbench.engine import queue

        def add() -> None:
            tasks = [queue.task(self.app.workspace, name, wanted.datasets) for name in wanted.names]
            queue.add(self.app.workspace, tasks)

        on_these = [word for name in wanted.datasets for word in ("--on", name)]
        self.app.did("workbench", "eval", *wanted.names, *on_these, "--detach")
        await asyncio.to_thread(add)
        count = len(wanted.names)
        self.app.notify(
            f"{count} {'evaluation' if count == 1 else 'evaluations'} queued; the queue goes on without you"
        )
        self.app.look_now()
        self._look()

    @work(group="verb")
    async def action_pending(self) -> None:
        """Queue every trained run that has no scores; asks."""
        from workbench.engine.evaluations import pending
        from workbench.tui.evals.new import Wanted

        runs = await asyncio.to_thread(pending, self.app.workspace)
        if not runs:
            self.refuse("every trained run has scores")
        elif await self.app.confirm(f"Evaluate {len(runs)} trained runs that have no scores?", "Evaluate"):
            await self._add(Wanted(tuple(run.id for run in runs), ()))

    @work(group="verb")
    async def action_stop(self) -> None:
        """Stop the queue, or an evaluation that somebody started by itself; asks."""
        from workbench.engine import queue

        if await asyncio.to_thread(lambda: queue.read(self.app.workspace).open):
            await self._stop_queue()
            return
        row = self.chosen()
        if row is None or row.status not in ("running", "waiting") or not row.run_id:
            self.refuse("nothing is being evaluated here")
            return
        answer = await self.app.ask_stop(row.run_id)
        if answer:
            await self._stop_run(row.run_id, now=answer == "more")

    async def _stop_queue(self) -> None:
        from workbench.engine import queue

        tasks = (await asyncio.to_thread(queue.read, self.app.workspace)).open
        names = ", ".join(task.name for task in tasks[:3]) + (", ..." if len(tasks) > 3 else "")
        text = f"Stop the queue of {len(tasks)} ({names})?\nThe answers so far are kept; what waits is cancelled."
        if await self.app.confirm(text, "Stop"):
            self.app.did("workbench queue --stop")
            await asyncio.to_thread(queue.stop, self.app.workspace)
            self.app.notify("the queue stops once the batch at hand is answered")
            self.app.look_now()

    async def _stop_run(self, run_id: str, now: bool) -> None:
        from workbench.engine import launch
        from workbench.engine.run import Run

        self.app.did("workbench", "stop", run_id, *(["--now"] if now else []))
        await asyncio.to_thread(launch.stop, Run(self.app.workspace, run_id), now)
        self.app.notify(f"{run_id} was ended" if now else f"{run_id} stops after this batch; its answers are kept")
        self.app.look_now()

    @work(group="verb")
    async def action_resume(self) -> None:
        """Go on with a queue whose process is gone."""
        from workbench.engine import queue

        self.app.did("workbench queue --resume")
        await asyncio.to_thread(queue.resume, self.app.workspace)
        self.app.notify("the queue goes on")
        self._look()
