"""The screen of mode "profile": the profiles of the workspace, and one of them as form and text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input, TextArea

from workbench.engine.differences import differences
from workbench.engine.form import FormField, value_text
from workbench.errors import InputError
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.profile import deeds
from workbench.tui.profile.aside import aside
from workbench.tui.profile.choose import Choose
from workbench.tui.profile.draft_screen import DISK_S, DraftScreen
from workbench.tui.profile.fields import FieldList
from workbench.tui.profile.page import Page
from workbench.tui.profile.pages import difference_text
from workbench.tui.profile.pane import DraftPane
from workbench.tui.profile.shelf import Shelf
from workbench.tui.profile.summary import AUTO


class ProfileScreen(DraftScreen):
    """The shelf of profiles; the pane with a draft in its place while one is open."""

    MODE = "profile"
    _sought = ""
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("profile.save", "ctrl+s", "save", "Save", hint=True),
        Key("profile.start", "ctrl+r", "start", "Start", hint=True),
        Key("profile.dry_run", "ctrl+t", "dry_run", "Dry run", hint=True),
        SHARED["view"].says("TOML"),
        Key("profile.default", "D", "default", "Default for this field", hint=True),
        SHARED["new"].says("New"),
        SHARED["toggle"].says("On or off", hint=False),
        Key("profile.undo", "u", "undo", "Undo"),
        Key("profile.differences", "d", "differences", "Differences from the parent"),
        Key("profile.rows", "r", "rows", "Rows as they are trained"),
        Key("profile.card", "C", "card", "Choose the card"),
        Key("profile.reload", "f5", "reload", "Read the file again"),
        SHARED["filter"].says("Filter, or search a key", hint=False),
        SHARED["next_match"].says("Next match or problem", hint=False),
        SHARED["previous_match"].says("Previous match or problem", hint=False),
    )
    DEFAULT_CSS = """
    ProfileScreen #pane { display: none; }
    ProfileScreen.open #pane { display: block; }
    ProfileScreen.open #shelf { display: none; }
    """

    def compose_body(self) -> ComposeResult:
        """Shelf and pane; one of them is in sight."""
        yield Shelf(self.app.workspace, id="shelf")
        yield DraftPane(self.app.settings.get("profile", "card", AUTO), id="pane")

    def on_mount(self) -> None:
        """Read the profiles; look at the open file now and then."""
        self.shelf.read()
        self.every(DISK_S, self.look_at_disk)

    def on_screen_resume(self) -> None:
        """The list may have changed meanwhile."""
        if not self.pane.is_open:
            self.shelf.read()

    def step_out(self) -> bool:
        """Out of the text view, then out of the draft, then out of the filter."""
        if not self.pane.is_open:
            return self.shelf.clear_filter()
        self._leave()
        return True

    def _leave_field(self) -> bool:
        if self.pane.is_open and isinstance(self.focused, Input | TextArea):
            self.pane.leave_field()
            return True
        return super()._leave_field()

    # the draft

    def show_page(self, page: Page) -> None:
        """Show a page that took a while, unless the user has gone elsewhere; then say its first line."""
        if self.app.screen is self:
            self.app.push_screen(page)
        else:
            self.app.notify(page.text.plain.partition("\n")[0], title=page.title_text)

    @work
    async def _pick(self, field: FormField) -> None:
        value = self.pane.draft.value(field)
        chosen = await self.app.push_screen_wait(Choose(field.path, field.choices, value))
        if chosen is not None:
            self.pane.set_value(field, chosen.value)

    @on(DraftPane.Picked)
    def _picked(self, event: DraftPane.Picked) -> None:
        event.stop()
        self._pick(event.field)

    def action_default(self) -> None:
        """The default of the key under the cursor."""
        if self.opened():
            self._try(self.pane.default)

    def action_toggle_this(self) -> None:
        """Switch the key under the cursor."""
        if self.opened():
            self._try(self.pane.toggle)

    def _try(self, deed: Callable[[], None]) -> None:
        """Change a key, or say why it cannot be changed."""
        try:
            deed()
        except InputError as error:
            self.refuse(str(error))

    def action_undo(self) -> None:
        """Take the last change back."""
        if self.opened() and not self.pane.undo():
            self.refuse("nothing was changed that could be taken back")

    def action_view(self) -> None:
        """Form or text."""
        if self.opened():
            self.pane.other_view()

    @work
    async def action_filter(self) -> None:
        """Filter the list of profiles; in a form, go to a key by a part of its name."""
        if not self.pane.is_open:
            self.shelf.ask_filter()
            return
        text = await self.app.ask("Go to the key whose name has:", self._sought)
        if text is not None:
            self._sought = text.strip().lower()
            self._seek(1)

    def action_next_match(self) -> None:
        """The next key that was searched, or with a problem."""
        if self.opened():
            self._seek(1)

    def action_previous_match(self) -> None:
        """The one before."""
        if self.opened():
            self._seek(-1)

    def _seek(self, step: int) -> None:
        wrong = {problem.where for problem in self.pane.problems}
        found = self.query_one(FieldList).seek(
            lambda path: self._sought in path.lower() if self._sought else path in wrong, step
        )
        if not found:
            self.refuse(f'no other key has "{self._sought}"' if self._sought else "no other key has a problem")

    def copy_text(self) -> str | None:
        """The value under the cursor."""
        field = self.pane.field if self.pane.is_open else None
        return value_text(self.pane.draft.value(field)) if field else None

    def editor_path(self) -> Path | None:
        """The file of the draft, or of the profile under the cursor."""
        if self.pane.is_open:
            return self.pane.draft.path if self.pane.draft.saved is not None else None
        return self.app.workspace.profile(self.shelf.chosen) if self.shelf.chosen else None

    # what a run of it would be, and starting it

    @work
    async def action_card(self) -> None:
        """Choose the card that the run is to fit on."""
        summary = self.pane.summary
        chosen = await self.app.push_screen_wait(Choose("card", summary.cards(), summary.card_name))
        if chosen is not None:
            self.app.settings.set("profile", "card", chosen.value)
            summary.choose_card(str(chosen.value))

    def action_differences(self) -> None:
        """The keys that differ from the parent."""
        if self.opened():
            self._try(self._show_differences)

    def _show_differences(self) -> None:
        draft = self.pane.draft
        what, rows = differences(draft)
        self.app.did("workbench", "check", draft.name, "--diff")
        self.app.push_screen(Page(f"{draft.name} and {what}", difference_text(what, rows)))

    @work
    async def action_rows(self) -> None:
        """Training rows as the model sees them."""
        if self.idle():
            with self.busy("checking"):
                self.pane.keep()
                await deeds.show_rows(self, self.pane.draft)

    @work
    async def action_dry_run(self) -> None:
        """Check and audit, without training."""
        if self.idle():
            with self.busy("checking"):
                self.pane.keep()
                await deeds.dry_run(self, self.pane.draft, self.pane.summary)

    @work
    async def action_start(self) -> None:
        """Save, check, and start the run in a process of its own."""
        if self.idle():
            with self.busy("starting"):
                await self._start()

    async def _start(self) -> None:
        self.pane.keep()
        draft = self.pane.draft
        problems = await aside(draft.problems)
        fatal = [problem for problem in problems if problem.fatal]
        if fatal:
            more = f" (and {len(fatal) - 1} more)" if len(fatal) > 1 else ""
            self.refuse(f"{draft.name} cannot start: {fatal[0]}{more}")
            return
        if (draft.dirty or draft.changed_on_disk) and not await self.save():
            return
        self.pane.summary.rest()  # the run may need the memory
        await deeds.start(self, self.pane.draft, problems, self.pane.summary.known)
