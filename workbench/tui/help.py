"""The help overlay: this screen's keys first, then those of the focused widget, then those of everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from workbench.tui.available import Offered, available
from workbench.tui.keys import APP, SCREEN, Key, bindings, keys_text
from workbench.tui.widgets.scroll import Scroll

EVERYWHERE = frozenset(key.id for key in (*APP, *SCREEN))


def sections(screen: Screen[object]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The keys that a screen answers: heading and (keys, description) of each part, no empty part."""
    here = f"Where the focus is ({type(screen.focused).__name__})" if screen.focused else "In the parts of this screen"
    parts: dict[str, list[tuple[str, str]]] = {"This screen": [], here: [], "Everywhere": []}
    for offered in available(screen):
        title = {"own": "This screen", "here": here, "everywhere": "Everywhere"}[_part(offered)]
        parts[title].append((keys_text(offered.keys), offered.binding.description))
    return [(title, rows) for title, rows in parts.items() if rows]


def _part(offered: Offered) -> str:
    name = offered.binding.id or ""
    if not name:
        return "here" if not isinstance(offered.node, Screen) else "everywhere"
    return "everywhere" if name in EVERYWHERE or name.startswith("mode.") else "own"


def help_text(parts: Iterable[tuple[str, list[tuple[str, str]]]]) -> Text:
    """All parts as lines of text."""
    text = Text()
    for title, rows in parts:
        text.append(f"{title}\n", style="bold underline")
        for keys, description in rows:
            text.append(f"  {keys:<14}", style="bold").append(f" {description}\n")
        text.append("\n")
    return text


class HelpScreen(ModalScreen[None]):
    """The keys of the screen below.

    Args:
        title: Of the screen below.
        text: Its keys.
    """

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Scroll {
        width: 70; max-width: 95%; height: auto; max-height: 90%; border: round $primary; background: $surface;
        padding: 0 1;
    }
    HelpScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(Key("help.close", "escape,question_mark,f1,q", "close", "Close"))

    def __init__(self, title: str, text: Text) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """One scrollable text."""
        with Scroll() as box:
            box.border_title = f"help · {self._title} · esc closes"
            yield Static(self._text, id="keys")

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()
