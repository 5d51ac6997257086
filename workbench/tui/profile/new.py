"""A new profile: its name, what it begins as, and the three choices that matter most."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine.draft import Draft, new_draft
from workbench.engine.edit import BLANK
from workbench.engine.form import known_names
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.tui.keys import Key, bindings
from workbench.tui.safe import one_line

SAME = ""
"""The choice to take what the source has."""


class NewProfile(ModalScreen[tuple[Draft, list[str]] | None]):
    """Gives a draft that is not written yet and the keys that its methods do not have; None when it was left.

    Args:
        workspace: Where profiles are.
        source: The profile that it begins as, unless another one is chosen.
    """

    DEFAULT_CSS = """
    NewProfile { align: center middle; }
    NewProfile > VerticalScroll {
        width: 76; max-width: 98%; height: auto; max-height: 98%; border: round $primary; background: $surface;
        padding: 0 1;
    }
    NewProfile Horizontal { height: auto; }
    NewProfile Label { width: 14; height: 1; }
    NewProfile Input, NewProfile Select { width: 1fr; }
    NewProfile #error { height: auto; color: $error; }
    NewProfile #buttons { margin-top: 1; align-horizontal: right; }
    NewProfile Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("new.cancel", "escape", "cancel", "Cancel"), Key("new.create", "ctrl+s", "create", "Create", priority=True)
    )

    def __init__(self, workspace: Workspace, source: str) -> None:
        super().__init__()
        self._workspace = workspace
        names = sorted(path.stem for path in workspace.profiles.glob("*.toml"))
        self._sources = list(dict.fromkeys([*names, BLANK]))
        self._source = source if source in names else self._sources[0]

    def compose(self) -> ComposeResult:
        """One line each; tab goes to the next."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = "new profile · tab next · ^s creates · esc leaves"
            with Horizontal():
                yield Label("name")
                yield Input(id="name", compact=True, placeholder="letters, digits, . _ -")
            yield from self._choice("begins as", "source", ((name, name) for name in self._sources), self._source)
            yield from self._choice("model", "model", _same(known_names(self._workspace, "model.name")), SAME)
            yield from self._choice("adapter", "adapter", _same(ADAPTERS), SAME)
            yield from self._choice("quantization", "quant", _same(QUANTIZERS), SAME)
            yield Static(id="error")
            with Horizontal(id="buttons"):
                yield Button("Create", id="create", variant="primary", compact=True)

    def _choice(self, title: str, name: str, options: Iterable[tuple[str, str]], value: str) -> ComposeResult:
        with Horizontal():
            yield Label(title)
            shown = [(Text(one_line(label)), key) for label, key in options]
            yield Select(shown, value=value, allow_blank=False, id=name, compact=True)

    def on_mount(self) -> None:
        """Type the name at once."""
        self.query_one("#name").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the name."""
        event.stop()
        self.action_create()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The button."""
        event.stop()
        self.action_create()

    def action_create(self) -> None:
        """Make the draft, or say why there can be none of that name."""
        chosen = {
            name: str(self.query_one(f"#{name}", Select).value) for name in ("source", "model", "adapter", "quant")
        }
        try:
            draft = new_draft(self._workspace, self.query_one("#name", Input).value.strip(), **chosen)
        except InputError as error:
            self.query_one("#error", Static).update(
                Text(one_line(str(error).replace(", or --force to write over it", "")))
            )
            self.query_one("#name").focus()
            return
        self.dismiss(draft)

    def action_cancel(self) -> None:
        """No new profile."""
        self.dismiss(None)


def _same(names: Iterable[str]) -> list[tuple[str, str]]:
    return [("as there", SAME), *((name, name) for name in names)]
