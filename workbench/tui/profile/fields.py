"""The form: one line a key, and below a key what is wrong with it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from workbench.engine.draft import Draft
from workbench.engine.form import TABLES, FormField, about, method_of
from workbench.errors import Problem
from workbench.tui.keys import SHARED, bindings
from workbench.tui.safe import one_line, spelt

KEY_WIDTH = 30
VALUE_LEAST = 12
STATE_WIDTH = 13
"""Columns for the mark before a key and the word after its value."""
INDENT = "    "
SECTION = "section:"
"""How the ids of headings begin; those of keys are their paths."""
KEYS = ("down", "up", "page_down", "page_up", "first", "last", "open")

Problems = Mapping[str, Sequence[Problem]]
"""By key, by section, and under the empty text those of the whole."""


def by_place(problems: Sequence[Problem], draft: Draft) -> dict[str, list[Problem]]:
    """Problems by the key or the section that they belong to; all others under the empty text."""
    places = {field.path for field in draft.fields} | {field.section for field in draft.fields}
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(problem.where if problem.where in places else "", []).append(problem)
    return found


class FieldList(OptionList):
    """All keys of a draft, section by section; enter on one selects it."""

    DEFAULT_CSS = """
    FieldList { height: 1fr; border: none; padding: 0; background: $background; scrollbar-size-vertical: 1; }
    FieldList:focus { border: none; background-tint: $foreground 0%; }
    FieldList > .option-list--option-disabled { color: $accent; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(*(SHARED[name] for name in KEYS))

    _shown: tuple[Draft, Problems] | None = None

    def on_resize(self) -> None:
        """What is wrong is told in as many lines as it needs now."""
        if self._shown:
            self.show(*self._shown)

    def show(self, draft: Draft, problems: Problems) -> None:
        """Show a draft; the cursor stays on its key."""
        self._shown = draft, problems
        rows = list(self._rows(draft, problems))
        if [name for name, _ in rows] == [option.id for option in self.options]:
            self._replace(rows)
            return
        before = self.highlighted_option
        self.set_options(Option(text, id=name, disabled=name.startswith(SECTION)) for name, text in rows)
        if before is None or not self.move_to(str(before.id)):
            self.action_first()

    def _replace(self, rows: Sequence[tuple[str, Text]]) -> None:
        for index, (_, text) in enumerate(rows):
            if self.get_option_at_index(index).prompt != text:
                self.replace_option_prompt_at_index(index, text)

    def move_to(self, path: str) -> bool:
        """Put the cursor on a key; False when there is none of that path."""
        for index, option in enumerate(self.options):
            if option.id == path:
                self.highlighted = index
                return True
        return False

    def seek(self, wanted: Callable[[str], bool], step: int) -> bool:
        """Put the cursor on the next key that is wanted, or on the one before; False when there is no other.

        Args:
            wanted: Says so of a path.
            step: 1 for the next, -1 for the one before; round the end.
        """
        paths = [str(option.id) for option in self.options]
        here = paths.index(self.path) if self.path in paths else 0
        others = [*paths[here + 1 :], *paths[:here]][::step]
        found = next((path for path in others if not path.startswith(SECTION) and wanted(path)), "")
        return bool(found) and self.move_to(found)

    @property
    def path(self) -> str:
        """The key under the cursor; empty when there is none."""
        option = self.highlighted_option
        return str(option.id) if option else ""

    def _rows(self, draft: Draft, problems: Problems) -> list[tuple[str, Text]]:
        rows: list[tuple[str, Text]] = []
        section = None
        width = self.scrollable_content_region.width
        for field in draft.fields:
            if field.section != section:
                section = field.section
                rows.append((f"{SECTION}{section}", _heading(draft, section, problems, width)))
            rows.append((field.path, field_row(draft, field, problems.get(field.path, ()), width)))
        return rows

    def action_open(self) -> None:
        """Select the key under the cursor."""
        self.action_select()

    def action_last(self) -> None:
        """The last key."""
        super().action_last()

    def action_first(self) -> None:
        """The first key, with its heading in sight."""
        super().action_first()
        self.scroll_home(animate=False)


def _heading(draft: Draft, section: str, problems: Problems, width: int) -> Text:
    method = method_of(draft.tree, section)
    label = f" · {TABLES[section][method].label}" if section in TABLES and method in TABLES[section] else ""
    text = Text(f"{section or 'no section'}{one_line(label)}", style="bold")
    told = about(section, method) if section else "no profile has these keys"
    text.append(f"  {one_line(told)}", style="dim")
    if width:
        text.truncate(width, overflow="ellipsis")
    for problem in problems.get(section, ()) if section else ():
        text.append("\n").append_text(problem_text(problem, width=width))
    return text


def field_row(draft: Draft, field: FormField, problems: Sequence[Problem], width: int = 0) -> Text:
    """A key with its value, whether that is the default, and below what is wrong with it and what it may be.

    ``width`` as for ``problem_text``.
    """
    given = draft.given(field)
    value = one_line(draft.shown(field), max(VALUE_LEAST, width - KEY_WIDTH - STATE_WIDTH) if width else 0)
    text = Text(f"{_mark(problems)} ", overflow="fold")
    text.append(f"{one_line(field.key, KEY_WIDTH - 1):<{KEY_WIDTH}}", style="" if given else "dim")
    text.append(_decorated(draft, field, value), style="bold" if given else "")
    if not given:
        text.append("  missing" if field.required else "  default", style="dim italic")
    for problem in problems:
        text.append("\n").append_text(problem_text(problem, "" if field.kind == "text" else field.allowed, width))
    return text


def overview(draft: Draft, problems: Sequence[Problem]) -> Text:
    """How many problems there are, and those that belong to no key."""
    if draft.syntax:
        told = Text.assemble(("✗ error", "bold red"), f" line {draft.syntax.line}: {spelt(draft.syntax.what)}.")
        return told.append(" The form waits until the text is TOML again (v).")
    fatal = sum(problem.fatal for problem in problems)
    counts = [_counted("✗", fatal, "error"), _counted("!", len(problems) - fatal, "warning")]
    text = Text(" · ".join(filter(None, counts)) or "✓ nothing wrong found", style="bold")
    for problem in by_place(problems, draft).get("", []):
        text.append("\n").append_text(problem_text(problem))
    return text


def _counted(glyph: str, count: int, word: str) -> str:
    return f"{glyph} {count} {word}{'s' * (count > 1)}" if count else ""


def _mark(problems: Sequence[Problem]) -> str:
    if any(problem.fatal for problem in problems):
        return "✗"
    return "!" if problems else " "


def _decorated(draft: Draft, field: FormField, value: str) -> str:
    """A value with a look or a word of its own: a switch, or the label of a choice."""
    if field.kind == "bool" and isinstance(draft.value(field), bool):
        return "● true" if draft.value(field) else "○ false"
    label = next((one.label for one in field.choices if one.label and one.value == draft.value(field)), "")
    return f"{value} ({label})" if label and label != value else value or "(empty)"


def problem_text(problem: Problem, allowed: str = "", width: int = 0) -> Text:
    """What is wrong, begun with a glyph and a word, and the values that would be right.

    Args:
        problem: What is told.
        allowed: What the key takes, told after an error.
        width: Columns that a line may have; 0 where the widget breaks lines.
    """
    word, style = ("✗ error", "bold red") if problem.fatal else ("! warning", "bold yellow")
    said = " ".join(part for part in (problem.what, problem.fix) if part)
    if allowed and problem.fatal and allowed not in said:
        said += f" It takes {allowed}."
    told = f"{INDENT}{word} {spelt(said)}"
    if width:
        told = "\n".join(textwrap.wrap(told, width, subsequent_indent=INDENT + "  "))
    text = Text(told)
    text.stylize(style, len(INDENT), len(INDENT) + len(word))
    return text
