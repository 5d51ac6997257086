"""What every screen may ask of the app: say, copy, ask, and what becomes of errors."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING, Any

from textual.app import App, ScreenStackError
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.notifications import SeverityLevel
from textual.worker import WorkerFailed

from workbench.errors import WorkbenchError
from workbench.tui.keys import key_text
from workbench.tui.messages import Messages, Said
from workbench.tui.problems import place, sentence
from workbench.tui.safe import lines, one_line

if TYPE_CHECKING:
    from textual.actions import ActionParseResult


TURNS = 3
"""Turns of the event loop that a worker needs to put its dialog on the screen."""


class Services(App[object]):
    """The app without its screens."""

    def __init__(self) -> None:
        self.messages = Messages()
        self.command = ""
        self._told: set[tuple[str, str, int]] = set()
        super().__init__()

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
        """Say an error; one that comes again and again at the same place is said once.

        While the app closes its widgets go one after the other; whatever comes back meanwhile from a thread and finds
        its own gone is no error.
        """
        if isinstance(error, NoMatches | ScreenStackError) and not self.is_running:
            return
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
        """Do what a key says; an error of it is said and the app goes on.

        A question that the action asks is on the screen when this returns: the next key, typed quickly, does not act
        on the screen below.
        """
        try:
            done = await super().run_action(action, default_namespace, namespaces)
        except Exception as error:  # noqa: BLE001 - whatever a key ran into, the app goes on
            self.notify_problem(error)
            return True
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return done

    def _handle_exception(self, error: Exception) -> None:
        """A worker's error is said; any other one has broken a widget, so that the app cannot go on."""
        if isinstance(error, WorkerFailed):
            self.notify_problem(error.error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End with one sentence; Textual would print the values of all variables, secrets too."""
        self.bell()
        if self._exception is not None:
            self._exit_renderables.append(f"Workbench has to close, runs go on. {sentence(self._exception)}")
        self._close_messages_no_wait()
