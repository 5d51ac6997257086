"""A draft on the screen: the form and the text beside each other, both always showing the same draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import OptionList, Static, TextArea

from workbench.engine.draft import Draft
from workbench.engine.form import FormField, known_names
from workbench.errors import InputError, Problem
from workbench.tui.profile.editor import FieldEditor
from workbench.tui.profile.fields import FieldList, by_place, overview
from workbench.tui.profile.summary import Summary
from workbench.tui.profile.toml_area import TomlArea

WIDE = 120
"""From so many columns on, form and text stand beside each other."""
PAST = 200
CHECK_S = 0.15
"""How long the edits must pause before the draft is checked."""


class DraftPane(Vertical):
    """Form, text and prediction of one draft. It changes nothing but the draft; files are the screen's."""

    DEFAULT_CSS = """
    DraftPane > #sides { height: 1fr; }
    DraftPane #form { width: 1fr; }
    DraftPane #whole { height: auto; max-height: 4; padding: 0 1; }
    DraftPane #toml { display: none; }
    DraftPane.text #toml { display: block; width: 1fr; }
    DraftPane.text #form { display: none; }
    DraftPane.wide #toml { display: block; width: 45%; border-left: solid $panel; }
    DraftPane.wide #form { display: block; width: 55%; }
    DraftPane.wide FieldEditor { height: 5; }
    DraftPane.wide FieldEditor > #about { height: 3; }
    """

    @dataclass
    class Changed(Message):
        """There is another draft now."""

        draft: Draft

    @dataclass
    class Picked(Message):
        """A key was chosen whose value is picked from a list."""

        field: FormField

    def __init__(self, card_name: str, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._card_name = card_name
        self._timer: Timer | None = None
        self._draft: Draft | None = None
        self.problems: Sequence[Problem] = ()
        self._past: list[Draft] = []
        self._before: Draft | None = None  # as it was when the typing of a value began
        self._typing_text = False

    def compose(self) -> ComposeResult:
        """The prediction on top, then form and text."""
        yield Summary(self._card_name, id="summary")
        with Horizontal(id="sides"):
            with Vertical(id="form"):
                yield Static(id="whole")
                yield FieldList(id="fields", compact=True)
                yield FieldEditor(id="editor")
            yield TomlArea(id="toml")

    # the draft

    @property
    def draft(self) -> Draft:
        """What is edited."""
        assert self._draft is not None
        return self._draft

    @property
    def is_open(self) -> bool:
        """Whether there is a draft."""
        return self._draft is not None

    @property
    def summary(self) -> Summary:
        """The forecast."""
        return self.query_one(Summary)

    @property
    def field(self) -> FormField | None:
        """The key under the cursor."""
        return self.draft.field(self.query_one(FieldList).path)

    def open(self, draft: Draft) -> None:
        """Show another draft; nothing of the last one can be taken back any more."""
        self._past, self._before, self.problems, self._typing_text = [], None, (), False
        self.remove_class("text")
        self._show(draft, anew=True)
        self.query_one(FieldList).action_first()
        self.focus_form()

    def close(self) -> None:
        """There is no draft any more."""
        self._draft = None
        self.summary.look_away()

    def saved(self, draft: Draft) -> None:
        """The draft is what its file holds now; it can still be taken back."""
        self._draft = draft
        self._show_parts()

    def change(self, draft: Draft) -> None:
        """Another draft, by one decision that can be taken back."""
        if draft.text != self.draft.text:
            self._past = [*self._past[-PAST:], self.draft]
            self._typing_text = False
            self._show(draft)

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        if self._past:
            self._show(self.draft.with_text(self._past.pop().text))
            return True
        return False

    def _show(self, draft: Draft, anew: bool = False) -> None:
        self._draft = draft
        self._show_parts()
        self.summary.look(draft, anew)
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(CHECK_S, self._check)
        self.post_message(self.Changed(draft))

    @work(thread=True, exclusive=True, group="check")
    def _check(self) -> None:
        if (draft := self._draft) is not None:
            problems = draft.problems()
            if self.is_attached and self.app.is_running:
                self.app.call_from_thread(self._say, draft, problems)

    def _say(self, draft: Draft, problems: Sequence[Problem]) -> None:
        """Show what a thread found wrong, unless there is a newer draft."""
        if self._draft is not None and draft.text == self._draft.text:
            self.problems = problems
            self._show_parts()

    def _show_parts(self) -> None:
        draft = self.draft
        if not draft.syntax:
            self.query_one(FieldList).show(draft, by_place(self.problems, draft))
            self.query_one(FieldEditor).show(draft, self.field)
        self.query_one("#whole", Static).update(overview(draft, self.problems))
        area = self.query_one(TomlArea)
        if area.text != draft.text:
            with area.prevent(TextArea.Changed):
                area.show(draft.text)

    # changing a key

    def set_value(self, field: FormField, value: Any) -> None:
        """Set one key."""
        draft, lost = self.draft.with_value(field, value)
        self.change(draft)
        self._tell_lost(field, lost)

    def default(self) -> None:
        """Give the key under the cursor back its default; an unknown key goes.

        Raises:
            InputError: It has it already, or must be set.
        """
        field = self._editable()
        if field.required:
            raise InputError(f"{field.path} has no default: every profile must set it.")
        draft, lost = self.draft.without(field)
        self.change(draft)
        self._tell_lost(field, lost)

    def _tell_lost(self, field: FormField, lost: Sequence[str]) -> None:
        if lost:
            method = self.draft.value(field)
            self.app.notify(f"{field.section}.{method} has no {', '.join(lost)}: removed. u brings it back.")

    def toggle(self) -> None:
        """Switch the key under the cursor on or off.

        Raises:
            InputError: It is no switch.
        """
        field = self._editable()
        if field.kind != "bool":
            raise InputError(f"{field.path} is no switch: it takes {field.allowed}.")
        self.set_value(field, self.draft.value(field) is not True)

    def _editable(self) -> FormField:
        if self.draft.syntax:
            raise InputError(f"line {self.draft.syntax.line} of the text is no TOML: mend it there first (v).")
        field = self.field
        if field is None:
            raise InputError("no key is chosen")
        return field

    @on(OptionList.OptionSelected)
    def _edit(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        try:
            field = self._editable()
            if field.kind == "unknown":
                raise InputError(f"no profile has a key {field.path}; D removes it.")  # noqa: TRY301 - said in one place
        except InputError as error:
            self.app.notify(str(error), severity="warning")
            return
        if field.kind == "bool":
            self.toggle()
        elif field.kind == "choice":
            self.post_message(self.Picked(field))
        else:
            self._before = self.draft
            names = known_names(self.draft.workspace, field.path)
            self.query_one(FieldEditor).edit(self.draft.shown(field), names)

    @on(FieldEditor.Typed)
    def _typed(self, event: FieldEditor.Typed) -> None:
        """The draft follows each keystroke, so that problems and prediction are those of what stands there."""
        event.stop()
        field = self.field
        if field is not None and event.text != self.draft.shown(field):
            self._show(self.draft.with_value(field, field.read(event.text))[0])

    @on(FieldEditor.Done)
    def _done(self, event: FieldEditor.Done) -> None:
        event.stop()
        self.keep()
        if event.refocus:
            self.focus_form()

    def keep(self) -> None:
        """Take the value that is being typed for decided."""
        before, self._before = self._before, None
        self.query_one(FieldEditor).close()
        if before is not None and before.text != self.draft.text:
            self._past = [*self._past[-PAST:], before]
            self._typing_text = False

    def leave_field(self) -> None:
        """One step out of a text: a value that is typed is as it was before, the text field gives way to the form."""
        editor = self.query_one(FieldEditor)
        if editor.editing:
            before, self._before = self._before, None
            editor.close()
            if before is not None and before.text != self.draft.text:
                self._show(self.draft.with_text(before.text))
        self.remove_class("text")
        self.focus_form()

    @on(OptionList.OptionHighlighted)
    def _help(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self._draft and not self.draft.syntax:
            self.query_one(FieldEditor).show(self.draft, self.field)
            self.query_one(TomlArea).follow(self.draft.line(self.field) if self.field else None)

    @on(TextArea.Changed)
    def _text_typed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._draft is None or event.text_area.text == self.draft.text:
            return
        if not self._typing_text:
            self._past = [*self._past[-PAST:], self.draft]
            self._typing_text = True
        self._show(self.draft.with_text(event.text_area.text))

    def other_view(self) -> None:
        """The text instead of the form, or the form again; side by side the focus goes over."""
        area = self.query_one(TomlArea)
        if area.has_focus or (self.has_class("text") and not self.has_class("wide")):
            self.leave_field()
            return
        self.add_class("text")
        area.focus()
        if self.draft.syntax:
            area.mark_line(self.draft.syntax.line)

    def focus_form(self) -> None:
        """The form takes the keys, if it is in sight."""
        if self.has_class("wide") or not self.has_class("text"):
            self.query_one(FieldList).focus()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side where there is room."""
        self.set_class(event.size.width >= WIDE, "wide")
