"""The base of the six screens: header, body, footer, and the keys that every screen answers.

How a screen plugs in:
1. It is ``workbench/tui/<mode>/screen.py``, has the class name that stands in ``modes.py`` and derives from
   ``WorkbenchScreen``.
2. It sets ``MODE`` and yields its widgets from ``compose_body()``; header and footer are there already.
3. ``BINDINGS = bindings(SHARED["stop"].hinted(), SHARED["toggle"].says("Pause"), Key("live.smooth", ...))`` with
   ``keys``: a shared key keeps its id and meaning; hinted ones are in the footer (six fit); all are in ``?``, ``^p``.
4. It overrides what it can do: ``show_run(id)``, ``show_profile(path)``, ``copy_text()``, ``step_out()``,
   ``exports()``, ``editor_path()``, ``resize_pane(by)``, ``panes()``; what it leaves alone is refused with a reason.
5. An action that cannot run now stays listed and calls ``self.refuse("no run selected")``; never ``check_action``.
6. An action that asks is a worker: ``@work async def action_stop(self)`` with ``await self.app.confirm(...)``,
   ``await self.app.ask(...)`` or ``await self.app.ask_stop(run_id)``.
7. What may block (files, processes) runs in ``@work(thread=True)`` and comes back by ``post_message`` or
   ``self.app.call_from_thread``; an exception there becomes a message and the app goes on. Polls use ``self.every``.
8. After a verb: ``self.app.did("workbench stop RUN")`` is what ``Y`` copies; ``self.app.notify_problem(error)`` says an
   error; ``self.subject = "profile/run"`` is the header; ``self.app.settings.get/set(MODE, key)`` keeps choices.
9. Text from outside goes through ``workbench.tui.safe``. Widgets have an ``id``: the jump overlay and tests use it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, TextArea

from workbench.tui import files
from workbench.tui.app import WorkbenchApp
from workbench.tui.files import Export
from workbench.tui.keys import SCREEN, bindings
from workbench.tui.modes import MODES
from workbench.tui.widgets.header import Header
from workbench.tui.widgets.hints import Hints


class WorkbenchScreen(Screen[None]):
    """A screen of the app; see the module's docstring for what it offers and what to override."""

    app = getters.app(WorkbenchApp)
    MODE: ClassVar[str]
    BINDINGS: ClassVar[list[BindingType]] = bindings(*SCREEN)
    DEFAULT_CSS = """
    WorkbenchScreen { layout: vertical; }
    WorkbenchScreen > #body { height: 1fr; width: 100%; }
    """

    def compose(self) -> ComposeResult:
        """Header, body, footer."""
        yield Header(MODES[self.MODE].title)
        with Vertical(id="body"):
            yield from self.compose_body()
        yield Hints()

    def compose_body(self) -> ComposeResult:
        """The screen's own widgets."""
        yield from ()

    @property
    def subject(self) -> str:
        """What the header names beside the title, such as ``profile/run``."""
        return self.query_one(Header).subject

    @subject.setter
    def subject(self, text: str) -> None:
        self.query_one(Header).subject = text

    # what a screen overrides

    def show_run(self, run_id: str) -> None:
        """Show a run that another screen, the palette or the command line asked for."""
        self.refuse(f"{MODES[self.MODE].title} cannot show {run_id}")

    def show_profile(self, path: Path) -> None:
        """Show a profile."""
        self.refuse(f"{MODES[self.MODE].title} cannot show {path.name}")

    def copy_text(self) -> str | None:
        """What ``y`` copies: the focused cell, row, command or message; None when nothing is chosen."""
        return None

    def step_out(self) -> bool:
        """Take back one step of the screen's own (a filter, a selection); False when there is none."""
        return False

    def exports(self) -> Iterable[Export]:
        """The ways to export what is shown; the first is what ``e`` does."""
        return ()

    def editor_path(self) -> Path | None:
        """The file that ``E`` opens."""
        return None

    @property
    def unsaved(self) -> str:
        """Name of what was edited here and is in no file; quitting asks about it."""
        return ""

    def resize_pane(self, by: int) -> bool:
        """Grow (1) or shrink (-1) the focused pane, or reset the layout (0); False when there is nothing to resize."""
        del by
        return False

    def panes(self) -> Iterable[Widget]:
        """What ``ctrl+o`` jumps to: by default every visible widget that takes the focus."""
        return [widget for widget in self.focus_chain if widget.region]

    # what a screen calls

    def write_export(self, way: Export) -> None:
        """Write one of the exports to a file and say where it is."""
        files.export(self.app, self.MODE, way)

    def refuse(self, reason: str) -> None:
        """Say why an action cannot run now."""
        self.app.notify(reason, severity="warning")

    def every(self, seconds: float, callback: Callable[[], Any]) -> Timer:
        """Call again and again; an exception is said once and the next call comes all the same."""

        async def guarded() -> None:
            try:
                answer = callback()
                if inspect.isawaitable(answer):
                    await answer
            except Exception as error:  # noqa: BLE001 - a broken reader must say so and may not end the app
                self.app.notify_problem(error)

        return self.set_interval(seconds, guarded)

    # the keys that every screen has

    def action_back(self) -> None:
        """One step out: a text field, then the screen's own steps, then the screen below."""
        if isinstance(self.focused, Input | TextArea) and self._leave_field():
            return
        if self.step_out():
            return
        if len(self.app.screen_stack) > 1:
            self.dismiss()

    def _leave_field(self) -> bool:
        others = [widget for widget in self.focus_chain if not isinstance(widget, Input | TextArea)]
        self.set_focus(others[0] if others else None)
        return True

    def action_copy(self) -> None:
        """Copy what is chosen."""
        text = self.copy_text()
        if text is None:
            self.refuse("nothing is chosen that could be copied")
        else:
            self.app.copy(text)

    def action_export(self) -> None:
        """Write what is shown to a file."""
        ways = list(self.exports())
        if not ways:
            self.refuse("this screen has nothing to export")
            return
        self.write_export(ways[0])

    def action_editor(self) -> None:
        """Open the file in the user's editor."""
        path = self.editor_path()
        if path is None:
            self.refuse("no file is chosen that an editor could open")
        else:
            files.edit(self.app, path)

    def action_grow(self) -> None:
        """More room for the focused pane."""
        self._resize(1)

    def action_shrink(self) -> None:
        """Less room for the focused pane."""
        self._resize(-1)

    def action_reset_layout(self) -> None:
        """The layout as it was."""
        self._resize(0)

    def _resize(self, by: int) -> None:
        if not self.resize_pane(by):
            self.refuse("no pane here can be resized")
