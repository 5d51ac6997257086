"""Below the form: what the key under the cursor is for and may hold, and the line in which it is typed."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from workbench.engine.draft import Draft
from workbench.engine.form import FormField, known_names, value_text
from workbench.tui.safe import one_line

HOW = {"bool": "space or enter switches it", "choice": "enter shows the choices", "unknown": "D removes it"}
"""How a key of some kinds is changed; all others are typed."""
NAMES = 80


class FieldEditor(Vertical):
    """The help of one key, and an input while it is edited."""

    DEFAULT_CSS = """
    FieldEditor { height: 4; border-top: solid $panel; padding: 0 1; }
    FieldEditor > #about { height: 2; }
    FieldEditor > #value { height: 1; width: 1fr; border: none; padding: 0; background: $panel; display: none; }
    FieldEditor.editing > #value { display: block; }
    FieldEditor.editing > #how { display: none; }
    FieldEditor > #how { height: 1; }
    """

    @dataclass
    class Typed(Message):
        """The text in the line is another one; not a decision yet."""

        text: str

    @dataclass
    class Done(Message):
        """The line was left: with ``enter`` or for another widget."""

        refocus: bool

    def compose(self) -> ComposeResult:
        """Help, input, and how to change a key that is not edited."""
        yield Static(id="about")
        yield Input(id="value", compact=True)
        yield Static(id="how")

    @property
    def editing(self) -> bool:
        """Whether a key is being typed."""
        return self.has_class("editing")

    def show(self, draft: Draft, field: FormField | None) -> None:
        """Say what a key is for."""
        about, how = Text(), Text()
        if field:
            about.append(field.path, style="bold").append(f"  {one_line(_help(field))}\n")
            names = ", ".join(known_names(draft.workspace, field.path))
            known = f", such as {one_line(names, NAMES)}" if names else ""
            about.append(f"takes {one_line(field.allowed)}{known}{_default(field)}", style="dim")
            changes = f"{HOW.get(field.kind, 'enter edits it')}"
            how.append(
                f"{changes}; D gives it back its default" if draft.given(field) and not field.required else changes
            )
        self.query_one("#about", Static).update(about)
        self.query_one("#how", Static).update(how)

    def edit(self, text: str, names: list[str]) -> None:
        """Let a value be typed.

        Args:
            text: What stands there first.
            names: What is offered while typing.
        """
        line = self.query_one(Input)
        line.suggester = SuggestFromList(names, case_sensitive=False) if names else None
        line.placeholder = one_line(", ".join(names), 60)
        with line.prevent(Input.Changed):
            line.value = text
        self.add_class("editing")
        line.focus()
        line.action_end()

    def close(self) -> None:
        """No value is typed any more."""
        self.remove_class("editing")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Each keystroke."""
        event.stop()
        if self.editing:
            self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.post_message(self.Done(refocus=True))

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """The focus went elsewhere."""
        event.stop()
        if self.editing and self.app.app_focus:  # a terminal that is left for a moment keeps the line open
            self.post_message(self.Done(refocus=False))


def _help(field: FormField) -> str:
    return "This key is unknown: it would keep the run from starting." if field.kind == "unknown" else field.help


def _default(field: FormField) -> str:
    if field.required:
        return "; it must be set"
    return "" if field.kind == "unknown" else f"; default {value_text(field.default) or '(empty)'}"
