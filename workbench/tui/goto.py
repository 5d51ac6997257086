"""``:`` goes to a screen, a run or a profile by a part of its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

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
    from workbench.engine.run import runs

    return [
        *(Place("screen", mode.title, mode.name) for mode in MODES.values()),
        *(Place("run", run.id, run.id) for run in reversed(runs(workspace))),
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

    Args:
        known: All places.
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

    def __init__(self, known: list[Place]) -> None:
        super().__init__()
        self._known = known
        self._found: list[Place] = []

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
        self.query_one(Input).focus()
        self._show("")

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

    def on_input_submitted(self) -> None:
        """Go to the chosen match."""
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
