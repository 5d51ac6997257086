"""What can be done with evaluations: each key calls the function of the engine that the command calls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from workbench.tui.screen import WorkbenchScreen

if TYPE_CHECKING:
    from workbench.engine.evaluation_list import Evaluation
    from workbench.tui.evals.new import Wanted

NONE = "no evaluation is selected"


class EvaluationVerbs(WorkbenchScreen):
    """The keys that act on evaluations and on the queue; the list says on which."""

    def chosen(self) -> Evaluation | None:
        """The evaluation under the cursor."""
        raise NotImplementedError

    def marked_runs(self) -> tuple[str, ...]:
        """The runs of the marked evaluations."""
        raise NotImplementedError

    def look(self) -> None:
        """Read the evaluations anew."""
        raise NotImplementedError

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
        wanted = await self.app.push_screen_wait(NewEvaluation(subjects, asked, self.marked_runs()))
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
        self.look()

    @work(group="verb")
    async def action_pending(self) -> None:
        """Queue every trained run that has no scores; asks."""
        from workbench.engine.evaluations import pending
        from workbench.tui.evals.new import Wanted

        runs = await asyncio.to_thread(pending, self.app.workspace)
        if not runs:
            self.refuse("every trained run has scores")
            return
        what = "1 trained run that has" if len(runs) == 1 else f"{len(runs)} trained runs that have"
        if await self.app.confirm(f"Evaluate {what} no scores?", "Evaluate"):
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
        self.look()
