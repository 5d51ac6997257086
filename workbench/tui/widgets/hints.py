"""The footer: Help and Palette first, then as many of the screen's own keys as fit, six at most."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from workbench.tui.keys import key_text

FIRST = ("app.help", "app.command_palette")
MOST = 6


class Hints(Widget):
    """Keys with what they do; a click presses the key."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Hints { dock: bottom; height: 1; background: $panel; color: $foreground; }
    """

    def on_mount(self) -> None:
        """The keys change with the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _: Screen[object]) -> None:
        self.refresh()

    def shown(self) -> list[Binding]:
        """The keys on show, in their order."""
        by_action: dict[str, Binding] = {}
        for _, binding, _, _ in self.screen.active_bindings.values():
            if binding.show:
                by_action.setdefault(binding.action, binding)
        first = [by_action.pop(action) for action in FIRST if action in by_action]
        return self._fitting([*first, *list(by_action.values())[:MOST]])

    def _fitting(self, keys: list[Binding]) -> list[Binding]:
        fitting, width = [], 1
        for binding in keys:
            width += len(_label(binding)) + 2
            if width > max(self.size.width, 1) + 1:
                break
            fitting.append(binding)
        return fitting

    def render(self) -> Text:
        """The line."""
        line = Text(" ", no_wrap=True, overflow="crop")
        for binding in self.shown():
            line.append(key_text(binding.key), style="bold").append(f" {binding.description}  ")
        return line

    def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        start = 1
        for binding in self.shown():
            end = start + len(_label(binding)) + 2
            if start <= event.x < end - 1:
                self.app.simulate_key(binding.key)
                return
            start = end


def _label(binding: Binding) -> str:
    return f"{key_text(binding.key)} {binding.description}"
