"""What can be done with a run of the list: each key calls the function of the engine that the command calls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on, work

from workbench.tui.runs.first_run import FirstRun
from workbench.tui.screen import WorkbenchScreen

if TYPE_CHECKING:
    from workbench.engine.board import RunRow
    from workbench.engine.run import Run

NONE = "no run is selected"
READING = "the runs are still being read"
UNFINISHED = ("failed", "stopped", "lost")


class RunVerbs(WorkbenchScreen):
    """The keys that act on runs; the list says which."""

    def chosen(self) -> RunRow | None:
        """The run under the cursor."""
        raise NotImplementedError

    def several(self) -> list[RunRow]:
        """The marked runs; without marks the one under the cursor."""
        raise NotImplementedError

    def _run(self, row: RunRow) -> Run:
        from workbench.engine.run import Run

        return Run(self.app.workspace, row.id)

    async def action_attach(self) -> None:
        """Show the run live."""
        row = self.chosen()
        if row is None:
            self.refuse(NONE if self.app.rows is not None else READING)
        else:
            await self.app.open_run(row.id, "live")

    @work(group="verb")
    async def action_stop(self) -> None:
        """Stop the run after a checkpoint, or at once; asks."""
        row = self.chosen()
        if row is None:
            self.refuse(NONE if self.app.rows is not None else READING)
            return
        if row.status not in ("running", "waiting"):
            self.refuse(f"{row.id} is {row.status}; there is nothing to stop")
            return
        if row.kind == "base":
            self.refuse(f"{row.id} is made by a run on its way; stop that run")
            return
        answer = await self.app.ask_stop(row.id)
        if answer:
            await self._stop(row, now=answer == "more")

    async def _stop(self, row: RunRow, now: bool) -> None:
        from workbench.engine import launch

        self.app.did("workbench", "stop", row.id, *(["--now"] if now else []))
        await asyncio.to_thread(launch.stop, self._run(row), now)
        self.app.notify(f"{row.id} was ended" if now else f"{row.id} stops after this step, with a checkpoint")
        self.app.look_now()

    @work(group="verb")
    async def action_resume(self) -> None:
        """Go on from the last checkpoint."""
        from workbench.engine import launch

        row = self.chosen()
        if row is None:
            self.refuse(NONE if self.app.rows is not None else READING)
        elif row.status not in UNFINISHED:
            self.refuse(f"{row.id} is {row.status}; there is nothing to resume")
        else:
            self.app.did("workbench", "resume", row.id, "--detach")
            self.app.notify(f"resuming {row.id}")
            await asyncio.to_thread(launch.resume, self._run(row))
            self.app.look_now()

    @work(group="verb")
    async def action_clone(self) -> None:
        """Begin a profile as the run was, and show it."""
        from workbench.engine.clone import clone

        row = self.chosen()
        if row is None:
            self.refuse(NONE if self.app.rows is not None else READING)
            return
        name = await self.app.ask(f"Name of the new profile that begins as {row.id}", f"{row.name}-2")
        if not name:
            return
        path = await asyncio.to_thread(clone, self._run(row), name)
        await self.app.open_profile(path)
        self.app.did("workbench", "new", path.stem, "--from-run", row.id)

    @work(group="verb")
    async def action_tag(self) -> None:
        """Give runs tags; what is taken out of the line is taken away."""
        from workbench.engine import tags

        rows = self.several()
        if not rows:
            self.refuse(NONE if self.app.rows is not None else READING)
            return
        common = [tag for tag in rows[0].tags if all(tag in row.tags for row in rows)]
        line = await self.app.ask(f"Tags of {_names(rows)}, separated by blanks", " ".join(common))
        if line is None:
            return
        wanted = line.split()
        for row in rows:
            run, gone = self._run(row), [tag for tag in common if tag not in wanted]
            if gone:
                await asyncio.to_thread(tags.untag, run, gone)
            if wanted:
                await asyncio.to_thread(tags.tag, run, wanted)
        self.app.did("workbench", "tag", rows[-1].id, *wanted)
        self.app.look_now()

    @work(group="verb")
    async def action_archive(self) -> None:
        """Leave runs out of the list, or show them again when all of them are archived; asks."""
        from workbench.engine import tags

        rows = self.several()
        if not rows:
            self.refuse(NONE if self.app.rows is not None else READING)
            return
        restore = all(row.archived for row in rows)
        word, change = ("Restore", tags.restore) if restore else ("Archive", tags.archive)
        if not await self.app.confirm(f"{word} {_names(rows)}?\nNo file is removed.", word):
            return
        for row in rows:
            await asyncio.to_thread(change, self._run(row))
        self.app.did("workbench", "archive", *(row.id for row in rows), *(["--restore"] if restore else []))
        self.app.look_now()

    @on(FirstRun.Wanted)
    def _wanted_quickstart(self) -> None:
        self._quickstart()

    @work(exclusive=True, group="quickstart")
    async def _quickstart(self) -> None:
        from workbench.tui.runs.quickstart import start

        first = self.query_one(FirstRun)

        def say(text: str) -> None:
            self.app.call_from_thread(first.say, text)

        first.say("checking the profile")
        try:
            run = await asyncio.to_thread(start, self.app.workspace, say)
        finally:
            first.say("")
        self.app.look_now()
        await self.app.open_run(run.id, "live")
        self.app.did("workbench", "run", "quickstart", "--detach")


def _names(rows: list[RunRow]) -> str:
    """What a question calls the runs.

    >>> from workbench.engine.board import RunRow
    >>> _names([RunRow("a"), RunRow("b")])
    '2 runs (a, b)'
    """
    if len(rows) == 1:
        return rows[0].id
    more = ", ..." if len(rows) > 3 else ""
    return f"{len(rows)} runs ({', '.join(row.id for row in rows[:3])}{more})"
