"""What the Live screen asks the engine to do with its run: stop, resume, write a checkpoint."""

from __future__ import annotations

import asyncio

from textual import work

from workbench.engine import launch
from workbench.tui.live.facts import RESUMABLE
from workbench.tui.live.feed import Watched
from workbench.tui.screen import WorkbenchScreen


class LiveVerbs(WorkbenchScreen):
    """The verbs; each is a command's, and says so."""

    @property
    def watched(self) -> Watched | None:
        """The run on show."""
        raise NotImplementedError

    def _chosen(self) -> Watched | None:
        if self.watched is None:
            self.refuse("no run is shown: [ and ] go through the runs")
        return self.watched

    @work
    async def action_stop(self) -> None:
        """Ask, then stop the run after its step with a checkpoint, or at once."""
        watched = self._chosen()
        if watched is None:
            return
        status = watched.history.state.status
        if status not in ("running", "waiting"):
            self.refuse(f"{watched.run.id} is {status}; there is nothing to stop")
            return
        answer = await self.app.ask_stop(watched.run.id)
        if answer:
            now = answer == "more"
            await asyncio.to_thread(launch.stop, watched.run, now)
            self.app.did("workbench", "stop", watched.run.id, *(["--now"] if now else []))
            self.app.notify("it was ended" if now else "it stops after this step, with a checkpoint")

    @work(group="resume", exclusive=True)
    async def action_resume(self) -> None:
        """Start a worker that goes on from the last checkpoint."""
        watched = self._chosen()
        if watched is None:
            return
        status = watched.history.state.status
        if status not in RESUMABLE:
            self.refuse(f"{watched.run.id} is {status}; there is nothing to resume")
            return
        self.app.notify(f"resuming {watched.run.id} …")
        await asyncio.to_thread(launch.resume, watched.run)
        self.app.did("workbench", "resume", watched.run.id, "--detach")
        self.app.notify(f"{watched.run.id} goes on")

    @work
    async def action_checkpoint(self) -> None:
        """Ask the run for a checkpoint after its step."""
        watched = self._chosen()
        if watched is None:
            return
        await asyncio.to_thread(launch.checkpoint, watched.run)
        self.app.did("workbench", "checkpoint", watched.run.id)
        self.app.notify("it writes a checkpoint after this step")
