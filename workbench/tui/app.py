"""The app: six modes, how they are reached, how it begins and ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, work
from textual.binding import BindingType
from textual.reactive import reactive

from workbench.paths import Workspace
from workbench.tui import keymap, modes, signals, status, theme
from workbench.tui.keys import APP, bindings
from workbench.tui.services import Services
from workbench.tui.settings import Settings
from workbench.tui.too_small import TooSmall, fits

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.geometry import Size

    from workbench.engine.board import RunRow
    from workbench.tui.screen import WorkbenchScreen


def _commands() -> type[Provider]:
    from workbench.tui.palette import WorkbenchCommands

    return WorkbenchCommands


class WorkbenchApp(Services):
    """Workbench on the whole screen.

    Args:
        workspace: Where profiles/, data/, models/ and metrics/ are.
        start_mode: The screen to begin with; "" for the one that was last used.
        run_id: A run that the first screen shows.
        settings: What the user chose; by default the user's own file.
        keys: The file with the user's own keys; by default the user's own.
    """

    TITLE = "Workbench"
    COMMANDS: ClassVar[set[Any]] = {_commands}
    MODES = {mode.name: cast("Any", mode.make) for mode in modes.MODES.values()}
    BINDINGS: ClassVar[list[BindingType]] = bindings(*APP, *(mode.as_key() for mode in modes.MODES.values()))
    CSS = """
    Toast { max-width: 70; }
    """
    gpu: reactive[str] = reactive("", init=False)
    rows: reactive[tuple[RunRow, ...] | None] = reactive(None, init=False)
    """All runs, the newest first; None before the first look at them."""

    def __init__(
        self,
        workspace: Workspace,
        start_mode: str = "runs",
        run_id: str = "",
        settings: Settings | None = None,
        keys: Path | None = None,
    ) -> None:
        self.workspace = workspace
        self.keymap: dict[str, str] = {}
        self._keys_path = keys or keymap.default_path()
        self.settings = settings or Settings()
        self.settings.on_problem = partial(self.notify, severity="warning")
        self._start_run_id = run_id
        self._look_now = asyncio.Event()
        self._begun = False
        self._asks_to_quit = False
        super().__init__()
        for row in theme.THEMES.values():
            self.register_theme(row)
        chosen = self.settings.get("app", "theme", theme.DEFAULT)
        self.theme = chosen if chosen in theme.THEMES else theme.DEFAULT
        start = start_mode or self.settings.get("app", "mode", "runs")
        self._start_mode = start if start in modes.MODES else "runs"

    # life

    async def on_mount(self) -> None:
        """Show what was asked for; look at the machine once the first frame is out."""
        # from the library's own first screen: widgets ask for the screen that is shown while they are being made
        await self.switch_mode(self._start_mode)
        if not self.is_headless:
            signals.install(self)
        if self.settings.problem:
            self.notify(self.settings.problem, severity="warning")
        if self._start_run_id:
            self.mode_screen.show_run(self._start_run_id)
        self.call_after_refresh(self._after_first_frame)

    def _after_first_frame(self) -> None:
        self._begun = True
        self._cover(self.size)
        self._look_at_runs()
        self._look_at_gpu()
        if self._keys_path.exists():
            self.keymap, problems = keymap.read(self._keys_path)
            self.set_keymap(self.keymap)
            for problem in problems:
                self.notify(problem, severity="warning", timeout=10)

    def on_resize(self, event: events.Resize) -> None:
        """A window that is too small gets one message; once it has grown the screen is there again."""
        if self._begun:
            self._cover(event.size)

    def _cover(self, size: Size) -> None:
        covered = isinstance(self.screen, TooSmall)
        if not fits(size) and not covered:
            self.push_screen(TooSmall())
        elif fits(size) and covered:
            self.pop_screen()

    @work(group="look")
    async def _look_at_runs(self) -> None:
        looks = status.Looks(self.workspace)
        pause_s = status.RUNS_S
        while True:
            try:
                self.rows, pause_s = await asyncio.to_thread(looks.look)
            except Exception as error:  # noqa: BLE001 - a broken look must say so and may not end the app
                self.notify_problem(error)
            self._look_now.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), pause_s)

    @work(group="look")
    async def _look_at_gpu(self) -> None:
        while True:
            try:
                self.gpu = await asyncio.to_thread(status.gpu_text)
            except Exception as error:  # noqa: BLE001 - a broken look must say so and may not end the app
                self.notify_problem(error)
            await asyncio.sleep(status.GPU_S)

    def look_now(self) -> None:
        """Look at the runs at once, because something was done to one of them."""
        self._look_now.set()

    @property
    def mode_screen(self) -> WorkbenchScreen:
        """The screen of the current mode, whatever lies on top of it."""
        return cast("WorkbenchScreen", self.screen_stack[0])

    async def action_quit(self) -> None:
        """Leave; runs go on, and how many is said once. Only edits that no file holds ask first."""
        bases = [cast("WorkbenchScreen", stack[0]) for stack in self._screen_stacks.values() if stack]
        unsaved = [name for name in (getattr(base, "unsaved", "") for base in bases) if name]
        if not unsaved:
            await self._quit()
        elif not self._asks_to_quit:
            self._ask_to_quit(f"{', '.join(unsaved)} has unsaved edits. Quit and give them up?")

    @work
    async def _ask_to_quit(self, text: str) -> None:
        self._asks_to_quit = True
        try:
            if await self.confirm(text, "Quit"):
                await self._quit()
        finally:
            self._asks_to_quit = False

    async def _quit(self) -> None:
        running = await asyncio.to_thread(status.running, self.workspace)
        count = "1 run keeps" if running == 1 else f"{running} runs keep"
        self.exit(message=f"{count} running; `workbench` shows them." if running else None)

    def action_help_quit(self) -> None:
        """What to press instead of ctrl+c."""
        self.notify("q quits; runs go on")

    def action_command_palette(self) -> None:
        """Open the palette, unless nothing but a message is shown."""
        if not isinstance(self.screen, TooSmall):
            super().action_command_palette()

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
        from workbench.tui.goto import GoTo

        place = await self.push_screen_wait(GoTo(self.workspace))
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
