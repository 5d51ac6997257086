"""The palette: screens, themes, exports and every action of the screen, found by three letters of the name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.screen import Screen

from workbench.tui import theme
from workbench.tui.available import available
from workbench.tui.keys import keys_text
from workbench.tui.modes import MODES

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp


@dataclass(frozen=True)
class Command:
    """One line of the palette.

    Args:
        name: What is searched and shown.
        help: A second line.
        run: Does it.
    """

    name: str
    help: str
    run: Callable[[], Any]


def commands(app: WorkbenchApp, screen: Screen[Any]) -> Iterator[Command]:
    """Everything that the palette offers over a screen."""
    from workbench.tui.screen import WorkbenchScreen

    for mode in MODES.values():
        yield Command(f"Screen: {mode.title}", f"{mode.key} · {mode.shows}", partial(app.action_mode, mode.name))
    for offered in available(screen):
        if offered.binding.id and not offered.binding.id.startswith("mode."):
            run = partial(app.run_action, offered.binding.action, offered.node)
            yield Command(offered.binding.description, keys_text(offered.keys), run)
    if isinstance(screen, WorkbenchScreen):
        for way in screen.exports():
            yield Command(way.name, f"same as: {way.command}", partial(screen.write_export, way))
    for name in theme.THEMES:
        yield Command(f"Theme: {name}", "kept for the next start", partial(app.choose_theme, name))


class WorkbenchCommands(Provider):
    """The source of the palette's lines."""

    async def startup(self) -> None:
        """Collect them once, as the screen is now."""
        self._commands = list(commands(cast("WorkbenchApp", self.app), self.screen))

    async def discover(self) -> Hits:
        """All of them, while nothing has been typed."""
        for command in self._commands:
            yield DiscoveryHit(command.name, command.run, help=command.help)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for command in self._commands:
            score = matcher.match(command.name)
            if score > 0:
                yield Hit(score, matcher.highlight(command.name), command.run, text=command.name, help=command.help)
