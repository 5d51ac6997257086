"""``:`` goes to a screen, a run or a profile by a part of its name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from workbench.engine.names import run_names
from workbench.tui.keys import Key, bindings
from workbench.tui.modes import MODES
from workbench.tui.safe import one_line

if TYPE_CHECKING:
    from workbench.paths import Workspace

SHOWN = 12


@dataclass(frozen=True)
class Place:
    """Somewhere to go.

    Args:
        kind: screen, run or profile.
        name: As it is typed.
        target: Mode, run id, or the profile's path.
    """

    kind: str
    name: str
    target: str


def places(workspace: Workspace) -> list[Place]:
    """All of them: screens, then runs with the newest first, then profiles."""
    return [
        *(Place("screen", mode.title, mode.name) for mode in MODES.values()),
        *(Place("run", run.id, run.id) for run in run_names(workspace)),
        *(Place("profile", path.stem, str(path)) for path in sorted(Path(workspace.profiles).glob("*.toml"))),
    ]


def matching(text: str, known: list[Place]) -> list[Place]:
    """The best matches first; without a text the first ones."""
    if not text.strip():
        return known[:SHOWN]
    matcher = Matcher(text.strip())
    scored = [(matcher.match(place.name), place) for place in known]
    found = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
    return [place for _, place in found[:SHOWN]]


class GoTo(ModalScreen[Place | None]):
    """A line to type in and what matches it.

    It is there at once and reads the names meanwhile, so that what is typed quickly lands in its line.

    Args:
        workspace: Where runs and profiles are.
    """

    DEFAULT_CSS = """
    GoTo {
        align: center top;
        & > Vertical {
            width: 70; max-width: 95%; height: auto; margin-top: 1; border: round $primary; background: $surface;
        }
        & OptionList { height: auto; max-height: 14; border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("goto.cancel", "escape", "cancel", "Cancel"),
        Key("goto.down", "down", "move(1)", "Down"),
        Key("goto.up", "up", "move(-1)", "Up"),
    )

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._known: list[Place] = []
        self._found: list[Place] = []
        self._read = asyncio.Event()

    def compose(self) -> ComposeResult:
        """The line above the list."""
        with Vertical() as box:
            box.border_title = "go to a screen, a run or a profile"
            yield Input(placeholder="part of a name", id="goto")
            listed = OptionList(id="places")
            listed.can_focus = False
            yield listed

    def on_mount(self) -> None:
        """Type at once."""
        self.set_focus(self.query_one(Input))
        self._read_places()

    @work
    async def _read_places(self) -> None:
        try:
            self._known = await asyncio.to_thread(places, self._workspace)
        finally:
            self._read.set()
        self._show(self.query_one(Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What matches."""
        self._show(event.value)

    def _show(self, text: str) -> None:
        self._found = matching(text, self._known)
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([Option(Text(f"{place.kind:<8} {one_line(place.name)}")) for place in self._found])
        listed.highlighted = 0 if self._found else None

    def action_move(self, by: int) -> None:
        """Another of the matches."""
        listed = self.query_one(OptionList)
        if self._found:
            listed.highlighted = ((listed.highlighted or 0) + by) % len(self._found)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the chosen match."""
        await self._read.wait()
        if not self._found:
            self._show(event.value)
        chosen = self.query_one(OptionList).highlighted
        if chosen is None:
            self.app.notify("nothing here has such a name", severity="warning")
        else:
            self.dismiss(self._found[chosen])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go where the mouse points."""
        self.dismiss(self._found[event.option_index])

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss(None)
