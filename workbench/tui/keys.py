"""Every key that more than one screen knows, once: stable id, keys, action, description.

The same key means the same thing everywhere. A screen takes a shared key from ``SHARED`` (with a word of its own where
that says more: ``SHARED["toggle"].says("Mark")``) and adds rows for what only it can do. Ids are what a user's
``keys.toml`` remaps; they never change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from textual.binding import Binding, BindingType
from textual.keys import format_key

FORBIDDEN = frozenset(
    {"ctrl+h", "ctrl+i", "ctrl+m", "ctrl+enter", "alt+enter", "ctrl+slash", "ctrl+a", "ctrl+b", "ctrl+z"}
)
"""Keys that tmux or a terminal turns into other keys, or keeps."""


@dataclass(frozen=True)
class Key:
    """One thing that a key does.

    Args:
        id: Stable name, as in ``keys.toml``; a screen's own keys begin with its mode: ``live.smooth``.
        keys: Textual names of the keys, separated by commas.
        action: Name of the method ``action_<name>``; ``app.<name>`` for one of the app.
        description: What it does, in one to three words.
        hint: Whether the footer may show it.
        priority: Whether it works even while a text is typed.
    """

    id: str
    keys: str
    action: str
    description: str
    hint: bool = False
    priority: bool = False

    def says(self, description: str, hint: bool = True) -> Key:
        """The same key, described in a screen's own word and, as a rule, hinted at in the footer."""
        return replace(self, description=description, hint=hint)

    def hinted(self) -> Key:
        """The same key, shown in the footer."""
        return replace(self, hint=True)

    def binding(self) -> Binding:
        """What Textual wants."""
        return Binding(self.keys, self.action, self.description, show=self.hint, priority=self.priority, id=self.id)


APP = (
    Key("help", "question_mark,f1", "app.help", "Help", hint=True),
    Key("palette", "ctrl+p", "app.command_palette", "Commands", hint=True, priority=True),
    Key("goto", "colon", "app.goto", "Go to"),
    Key("jump", "ctrl+o", "app.jump", "Jump to a pane"),
    Key("messages", "exclamation_mark", "app.messages", "Messages"),
    Key("theme", "T", "app.next_theme", "Next theme"),
    Key("copy_command", "Y", "app.copy_command", "Copy the command"),
    Key("quit", "q", "app.quit", "Quit"),
    Key("quit_now", "ctrl+q", "app.quit", "Quit", priority=True),
)
"""What works on every screen; bound by the app. The keys of the modes are added from ``modes.MODES``."""

SCREEN = (
    Key("back", "escape", "back", "Back"),
    Key("copy", "y", "copy", "Copy"),
    Key("export", "e", "export", "Export"),
    Key("editor", "E", "editor", "Open in $EDITOR"),
    Key("grow", "plus", "grow", "Grow the pane"),
    Key("shrink", "underscore", "shrink", "Shrink the pane"),
    Key("reset_layout", "0", "reset_layout", "Reset the layout"),
)
"""What every screen answers in its own way; bound by the base screen, which refuses what a screen cannot do."""

OFFERED = (
    Key("filter", "slash", "filter", "Filter"),
    Key("next_match", "n", "next_match", "Next match"),
    Key("previous_match", "N", "previous_match", "Previous match"),
    Key("down", "j,down", "cursor_down", "Down"),
    Key("up", "k,up", "cursor_up", "Up"),
    Key("page_down", "pagedown", "page_down", "Page down"),
    Key("page_up", "pageup", "page_up", "Page up"),
    Key("first", "g,home", "first", "First"),
    Key("last", "G,end", "last", "Last"),
    Key("left", "h,left", "cursor_left", "Left"),
    Key("right", "l,right", "cursor_right", "Right"),
    Key("open", "enter", "open", "Open"),
    Key("toggle", "space", "toggle_this", "Mark"),
    Key("new", "ctrl+n", "new", "New"),
    Key("stop", "s", "stop", "Stop"),
    Key("pin", "p", "pin", "Pin"),
    Key("view", "v", "view", "Other view"),
    Key("sort", "o", "sort", "Sort"),
    Key("reverse", "O", "reverse", "Reverse the sort"),
    Key("columns", "full_stop", "columns", "Columns"),
    Key("attach", "a", "attach", "Attach"),
    Key("log_y", "L", "log_y", "Log y axis"),
)
"""What some screens have; they take the row from here, so that the key and its meaning are the same."""

SHARED: dict[str, Key] = {key.id: key for key in (*APP, *SCREEN, *OFFERED)}
"""All of them by id."""


def bindings(*keys: Key) -> list[BindingType]:
    """The ``BINDINGS`` of a screen, a widget or the app."""
    return [key.binding() for key in keys]


def key_text(key: str) -> str:
    """A key for people.

    >>> key_text("ctrl+p"), key_text("question_mark"), key_text("escape"), key_text("j")
    ('^p', '?', 'esc', 'j')
    """
    *modifiers, last = key.split("+") if key != "+" else [key]
    shown = format_key(last)
    if "ctrl" in modifiers:
        modifiers.remove("ctrl")
        shown = f"^{shown}"
    return "+".join([*modifiers, shown])


def keys_text(keys: Iterable[str]) -> str:
    """Several keys for people: ``j ↓``."""
    return " ".join(key_text(key.strip()) for key in keys)
