"""The six screens: name, key, title and how each is made. A screen is imported when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.tui.keys import Key

if TYPE_CHECKING:
    from workbench.tui.screen import WorkbenchScreen


@dataclass(frozen=True)
class Mode:
    """One of the screens that a digit shows.

    Args:
        name: As in ``start_mode`` and in the settings.
        key: The digit.
        title: For people.
        shows: What it is for, in a few words.
        make: Gives a new screen.
    """

    name: str
    key: str
    title: str
    shows: str
    make: Callable[[], WorkbenchScreen]

    def as_key(self) -> Key:
        """The key that shows it."""
        return Key(f"mode.{self.name}", self.key, f"app.mode('{self.name}')", self.title)


def _runs() -> WorkbenchScreen:
    from workbench.tui.runs.screen import RunsScreen

    return RunsScreen()


def _profile() -> WorkbenchScreen:
    from workbench.tui.profile.screen import ProfileScreen

    return ProfileScreen()


def _live() -> WorkbenchScreen:
    from workbench.tui.live.screen import LiveScreen

    return LiveScreen()


def _evals() -> WorkbenchScreen:
    from workbench.tui.evals.screen import EvalsScreen

    return EvalsScreen()


def _compare() -> WorkbenchScreen:
    from workbench.tui.compare.screen import CompareScreen

    return CompareScreen()


def _chat() -> WorkbenchScreen:
    from workbench.tui.chat.screen import ChatScreen

    return ChatScreen()


MODES: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode("runs", "1", "Runs", "all runs of this workspace", _runs),
        Mode("profile", "2", "Profile", "what a run will do, and whether it fits", _profile),
        Mode("live", "3", "Live", "a run while it trains", _live),
        Mode("evals", "4", "Evals", "evaluations and their answers", _evals),
        Mode("compare", "5", "Compare", "which configuration is better", _compare),
        Mode("chat", "6", "Chat", "base and tuned model side by side", _chat),
    )
}
