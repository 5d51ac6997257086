"""The app: six modes, and what every screen may ask of it."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.worker import WorkerFailed

from workbench.paths import Workspace
from workbench.tui import modes, status, theme
from workbench.tui.keys import APP, bindings, key_text
from workbench.tui.messages import Messages, Said
from workbench.tui.problems import place, sentence
from workbench.tui.safe import lines, one_line
from workbench.tui.settings import Settings

if TYPE_CHECKING:
    from textual.actions import ActionParseResult

    from workbench.tui.screen import WorkbenchScreen


class WorkbenchApp(App[object]):
    """Workbench on the whole screen.

    Args:
        workspace: Where profiles/, data/, models/ and metrics/ are.
        start_mode: The screen to begin with; "" for the one that was last used.
        run_id: A run that the first screen shows.
        settings: What the user chose; by default the user's own file.
    """

    TITLE = "Workbench"
    MODES = {mode.name: cast("Any", mode.make) for mode in modes.MODES.values()}
    BINDINGS: ClassVar[list[BindingType]] = bindings(*APP, *(mode.as_key() for mode in modes.MODES.values()))
    CSS = """
    Toast { max-width: 70; }
    """
    status: reactive[status.Status] = reactive(status.Status(), init=False)

    def __init__(
        self, workspace: Workspace, start_mode: str = "runs", run_id: str = "", settings: Settings | None = None
    ) -> None:
        self.workspace = workspace
        self.settings = settings or Settings()
        self.messages = Messages()
        self.command = ""
        self._start_run_id = run_id
        self._told: set[tuple[str, str, int]] = set()
        super().__init__()
        for row in theme.THEMES.values():
            self.register_theme(row)
        chosen = self.settings.get("app", "theme", theme.DEFAULT)
        self.theme = chosen if chosen in theme.THEMES else theme.DEFAULT
        start = start_mode or self.settings.get("app", "mode", "runs")
        self._current_mode = start if start in modes.MODES else "runs"
        self._screen_stacks = {self._current_mode: []}

    # life

    def on_mount(self) -> None:
        """Show what was asked for; look at the machine once the first frame is out."""
        if self.settings.problem:
            self.notify(self.settings.problem, severity="warning")
        if self._start_run_id:
            self.mode_screen.show_run(self._start_run_id)
        self.call_after_refresh(self._watch_machine)

    @work(group="status")
    async def _watch_machine(self) -> None:
        while True:
            try:
                self.status = await asyncio.to_thread(status.look, self.workspace)
            except Exception as error:  # noqa: BLE001 - a broken look must say so and may not end the app
                self.notify_problem(error)
            await asyncio.sleep(status.PERIOD_S)

    @property
    def mode_screen(self) -> WorkbenchScreen:
        """The screen of the current mode, whatever lies on top of it."""
        return cast("WorkbenchScreen", self.screen_stack[0])

    async def action_quit(self) -> None:
        """Leave; runs go on, and how many is said once."""
        count = len(self.status.running)
        kept = f"{count} run{'s' if count > 1 else ''} keep{'' if count > 1 else 's'} running; `workbench` shows them."
        self.exit(message=kept if count else None)

    # going places

    async def action_mode(self, name: str) -> None:
        """Show the screen of a mode, as it was left."""
        await self.switch_mode(name)
        self.settings.set("app", "mode", name)

    async def open_run(self, run_id: str, mode: str = "live") -> None:
        """Show a run on the screen of a mode."""
        await self.action_mode(mode)
        self.mode_screen.show_run(run_id)

    async def open_profile(self, path: Path) -> None:
        """Show a profile on the Profile screen."""
        await self.action_mode("profile")
        self.mode_screen.show_profile(path)

    def action_help(self) -> None:
        """The keys of this screen."""
        from workbench.tui.help import HelpScreen, help_text, sections

        self.push_screen(HelpScreen(modes.MODES[self.current_mode].title, help_text(sections(self.screen))))

    @work
    async def action_goto(self) -> None:
        """Go to a screen, a run or a profile by name."""
        from workbench.tui.goto import GoTo, places

        known = await asyncio.to_thread(places, self.workspace)
        place = await self.push_screen_wait(GoTo(known))
        if place is None:
            return
        if place.kind == "run":
            await self.open_run(place.target)
        elif place.kind == "profile":
            await self.open_profile(Path(place.target))
        else:
            await self.action_mode(place.target)

    @work
    async def action_jump(self) -> None:
        """Move the focus to a pane by its letter."""
        from workbench.tui.jump import Jump

        panes = list(self.mode_screen.panes())
        if not panes:
            self.notify("this screen has no panes to jump to", severity="warning")
            return
        pane = await self.push_screen_wait(Jump(panes))
        if pane is not None:
            pane.focus()

    def action_messages(self) -> None:
        """Everything that was said."""
        from workbench.tui.messages import MessagesScreen

        self.push_screen(MessagesScreen(self.messages.all))

    def action_next_theme(self) -> None:
        """The next of the themes, kept for the next start."""
        self.choose_theme(theme.after(self.theme))

    def choose_theme(self, name: str) -> None:
        """Change the theme and keep the choice."""
        self.theme = name
        self.settings.set("app", "theme", name)

    # saying

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a toast, and keep it for the messages; the text is never read as markup."""
        del markup
        self.messages.add(Said(f"{title}: {message}" if title else message, severity))
        super().notify(lines(message), title=one_line(title), severity=severity, timeout=timeout, markup=False)

    def notify_problem(self, error: BaseException) -> None:
        """Say an error; one that comes again and again at the same place is said once."""
        from workbench.errors import WorkbenchError

        if not isinstance(error, WorkbenchError):
            if place(error) in self._told:
                return
            self._told.add(place(error))
        self.notify(sentence(error), severity="error", timeout=10)

    def did(self, *command: str) -> None:
        """Remember the headless command of what was just done: one text, or its words."""
        self.command = command[0] if len(command) == 1 else shlex.join(command)

    def action_copy_command(self) -> None:
        """Copy the headless command of what was done last."""
        if self.command:
            self.copy(self.command)
        else:
            self.notify("nothing has been done yet that a command could repeat", severity="warning")

    def copy(self, text: str) -> None:
        """Put a text on the clipboard and say so."""
        self.copy_to_clipboard(text)
        self.notify(f"copied: {one_line(text, 200)}")

    def get_key_display(self, binding: Binding) -> str:
        """A key as it is written everywhere in the app."""
        return key_text(binding.key)

    # asking; all of these are called from workers

    async def confirm(self, text: str, yes: str = "Yes") -> bool:
        """Whether the user agrees; the safe button has the focus."""
        from workbench.tui.dialogs import Confirm

        return await self.push_screen_wait(Confirm(text, yes)) == "yes"

    async def ask(self, text: str, value: str = "") -> str | None:
        """One line of text; None when the user left."""
        from workbench.tui.dialogs import Ask

        return await self.push_screen_wait(Ask(text, value))

    async def ask_stop(self, run_id: str) -> str:
        """How a run is stopped: "yes" after a checkpoint, "more" at once, "" not at all."""
        from workbench.tui.dialogs import Confirm

        text = f"Stop {run_id}?\nIt writes a checkpoint first and can be resumed. Press s again to end it at once."
        return await self.push_screen_wait(Confirm(text, "Stop", more=("s", "End at once")))

    # errors

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: Any = None,
        namespaces: Any = None,
    ) -> bool:
        """Do what a key says; an error of it is said and the app goes on."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:  # noqa: BLE001 - whatever a key ran into, the app goes on
            self.notify_problem(error)
            return True

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed):
            self.notify_problem(error.error)
            return
        super()._handle_exception(error)
