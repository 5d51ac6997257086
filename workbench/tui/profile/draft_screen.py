"""What happens to a draft as a whole: it is opened, made, saved, given up, and its file watched."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from textual import on, work

from workbench.engine.draft import Draft, open_draft
from workbench.tui.profile.new import NewProfile
from workbench.tui.profile.pane import DraftPane
from workbench.tui.profile.shelf import Shelf
from workbench.tui.screen import WorkbenchScreen
from workbench.tui.widgets.header import Header
from workbench.tui.widgets.table_messages import RowSelected

DISK_S = 1.0
"""How often the file is looked at."""


class DraftScreen(WorkbenchScreen):
    """A screen with a ``Shelf`` and a ``DraftPane``, of which one is in sight."""

    _told_change = False
    _doing = ""

    @property
    def pane(self) -> DraftPane:
        """The open draft."""
        return self.query_one(DraftPane)

    @property
    def shelf(self) -> Shelf:
        """The list of profiles."""
        return self.query_one(Shelf)

    # opening and leaving

    def show_profile(self, path: Path) -> None:
        """Open a profile that another screen or the palette asked for."""
        self._open(path.stem if path == self.app.workspace.profile(path.stem) else str(path))

    @on(RowSelected)
    def _chosen(self, event: RowSelected) -> None:
        event.stop()
        self._open(event.key)

    @work(exclusive=True, group="open")
    async def _open(self, name: str) -> None:
        if self.pane.is_open and self.pane.draft.name == name:
            return
        if await self.may_leave():
            self.show(open_draft(self.app.workspace, name))
            self.app.did("workbench", "check", name)

    def show(self, draft: Draft) -> None:
        """Edit a draft from now on."""
        self._told_change = False
        self.add_class("open")
        self.pane.open(draft)

    async def may_leave(self) -> bool:
        """Whether the open draft may be closed: it is saved, or its edits are given up."""
        if not self.unsaved:
            return True
        return await self.app.confirm(f"{self.pane.draft.name} has unsaved edits. Give them up?", "Give up")

    @property
    def unsaved(self) -> str:
        """The name of a draft that no file holds; empty when everything is saved."""
        return self.pane.draft.name if self.pane.is_open and self.pane.draft.dirty else ""

    @work(exclusive=True, group="open")
    async def _leave(self) -> None:
        if await self.may_leave():
            self.pane.close()
            self.remove_class("open")
            self._name_subject()
            self.shelf.read()
            self.shelf.focus_table()

    @work(exclusive=True, group="open")
    async def action_new(self) -> None:
        """A new profile."""
        if not await self.may_leave():
            return
        source = self.pane.draft.name if self.pane.is_open else self.shelf.chosen or "quickstart"
        made = await self.app.push_screen_wait(NewProfile(self.app.workspace, source))
        if made is None:
            return
        draft, lost = made
        self.show(draft)
        if lost:
            self.app.notify(f"removed, because the chosen method has no such key: {', '.join(lost)}")

    # what the header says

    @on(DraftPane.Changed)
    def _changed(self, event: DraftPane.Changed) -> None:
        event.stop()
        self._name_subject()

    def _name_subject(self) -> None:
        if not self.query(Header):
            return  # the app is leaving
        if not self.pane.is_open:
            self.subject = ""
            return
        draft = self.pane.draft
        state = "not written yet" if draft.saved is None else "unsaved" if draft.dirty else "saved"
        parts = [
            draft.name,
            state,
            "changed on disk" if self._told_change else "",
            f"{self._doing} …" if self._doing else "",
        ]
        self.subject = " · ".join(part for part in parts if part)

    @contextmanager
    def busy(self, doing: str) -> Iterator[None]:
        """Say in the header what is being done; within another such, in its place."""
        before, self._doing = self._doing, doing
        self._name_subject()
        try:
            yield
        finally:
            self._doing = before
            self._name_subject()

    def say_doing(self, doing: str) -> None:
        """Say how far it is, until ``busy`` ends."""
        self._doing = doing
        self._name_subject()

    def idle(self) -> bool:
        """Whether a draft is open and nothing long is under way; says so when not."""
        if self._doing:
            self.refuse(f"{self._doing}: wait until that is done")
        return not self._doing and self.opened()

    def opened(self) -> bool:
        """Whether a draft is open; says so when not."""
        if not self.pane.is_open:
            self.refuse("no profile is open: enter opens one, ctrl+n makes one")
        return self.pane.is_open

    # the file

    async def look_at_disk(self) -> None:
        """Notice that somebody else changed the file."""
        if not self.pane.is_open:
            return
        draft = self.pane.draft
        if not await asyncio.to_thread(lambda: draft.changed_on_disk):
            self._told_change = False
            return
        if self.pane.draft is not draft or self._told_change:
            return
        if not draft.dirty and draft.path.is_file():
            self.pane.change(open_draft(draft.workspace, draft.name))
            self.app.notify(f"{draft.path} was changed on disk and read again; u shows what it was")
            return
        self._told_change = True
        self._name_subject()
        how = "f5 reads it and gives your edits up; ctrl+s asks before it writes over it."
        self.app.notify(f"{draft.path} was changed on disk. {how}", severity="warning")

    @work(exclusive=True, group="open")
    async def action_reload(self) -> None:
        """Read the file of the draft again."""
        if not self.opened():
            return
        draft = self.pane.draft
        if draft.saved is None:
            self.refuse(f"{draft.name} is not written yet: there is no file to read")
        elif await self.may_leave():
            self.show(open_draft(draft.workspace, draft.name))
            self.app.notify(f"{draft.path} was read again")

    @work(group="save")
    async def action_save(self) -> None:
        """Write the draft to its file."""
        if self.opened():
            await self.save()

    async def save(self) -> bool:
        """Write the draft; False when the user would not write over what somebody else wrote."""
        self.pane.keep()
        draft = self.pane.draft
        force = draft.changed_on_disk
        if force and not await self.app.confirm(
            f"{draft.path} was changed on disk meanwhile. Write over that?", "Write over"
        ):
            return False
        self.pane.saved(draft.save(force=force))
        self._told_change = False
        self._name_subject()
        self.app.notify(f"saved {draft.path}{self._wrong()}")
        self.app.did("workbench", "check", draft.name)
        return True

    def _wrong(self) -> str:
        fatal = sum(problem.fatal for problem in self.pane.problems)
        return f"; it cannot run yet: {fatal} error{'s' * (fatal > 1)}" if fatal else ""
