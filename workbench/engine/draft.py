"""A profile while it is written: its text, and everything that a form shows of it.

A draft never changes: each edit gives a new one, so that going back is keeping the one before.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from workbench import profile as profiles
from workbench.engine import edit
from workbench.engine.check import check
from workbench.engine.form import SECTIONS, FormField, fields, value_text
from workbench.errors import InputError, Problem, ProblemsError
from workbench.paths import Workspace, write_atomically
from workbench.profile import DEFAULT_METHODS, Profile

STAND_INS = {"model": {"name": "-"}, "data": {"dataset": "-"}}
"""What stands for a section that a profile must have, while the rest of it is checked."""
HEADER = re.compile(r"\s*\[([^\[\]]+)\]")
PLACE = re.compile(r"at line (\d+)")


@dataclass(frozen=True)
class SyntaxProblem:
    """Why a text is no TOML, and in which line from 1; the last one when the end came too early."""

    line: int
    what: str


@dataclass(frozen=True)
class Draft:
    """One profile with its unsaved edits.

    Args:
        workspace: Where it lies.
        name: The file's name without .toml, or a path that ends in it.
        text: What would be saved now.
        saved: What the file held when it was last read or written; None for a profile that is not written yet.
    """

    workspace: Workspace
    name: str
    text: str
    saved: str | None = None

    @property
    def path(self) -> Path:
        """Its file."""
        return self.workspace.profile(self.name)

    @property
    def dirty(self) -> bool:
        """Whether there are edits that no file holds."""
        return self.text != self.saved

    @property
    def changed_on_disk(self) -> bool:
        """Whether somebody else has changed, made or removed the file meanwhile."""
        return text_of(self.path) != self.saved

    @cached_property
    def tree(self) -> Mapping[str, Any]:
        """The text as TOML; empty while it is none."""
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError:
            return {}

    @cached_property
    def syntax(self) -> SyntaxProblem | None:
        """Why the text is no TOML."""
        try:
            tomllib.loads(self.text)
            _ = self._document  # stricter in a few corners
        except tomllib.TOMLDecodeError as error:
            found = PLACE.search(str(error))
            return SyntaxProblem(int(found[1]) if found else self.text.count("\n") + 1, str(error))
        except ParseError as error:
            return SyntaxProblem(error.line, str(error))
        return None

    @cached_property
    def _document(self) -> tomlkit.TOMLDocument:
        return tomlkit.parse(self.text)

    @cached_property
    def fields(self) -> list[FormField]:
        """All keys that it may have, and last in each section those that it has and may not."""
        known = fields(self.tree)
        shown: list[FormField] = []
        for section in SECTIONS:
            own = [field for field in known if field.section == section]
            table = self.tree.get(section)
            extra = set(table) - {field.key for field in own} if isinstance(table, Mapping) else set()
            shown += [*own, *(FormField(section, key, "unknown") for key in sorted(extra))]
        return [*shown, *(FormField("", key, "unknown") for key in self.tree if key not in SECTIONS)]

    def field(self, path: str) -> FormField | None:
        """The key of that path."""
        return next((field for field in self.fields if field.path == path), None)

    def given(self, field: FormField) -> bool:
        """Whether the text says it, so that it is not the default."""
        return field.key in self._table(field.section)

    def value(self, field: FormField) -> Any:
        """What the text says, or the default."""
        return self._table(field.section).get(field.key, field.default)

    def shown(self, field: FormField) -> str:
        """The value as it is shown and typed, a number spelt as in the text; empty for a missing one."""
        value = self.value(field)
        if isinstance(value, float) and self.given(field):
            item: Any = self._document[field.section]
            return str(item[field.key].as_string())
        return "" if value is None else value_text(value)

    def _table(self, section: str) -> Mapping[str, Any]:
        table = self.tree.get(section, {}) if section else self.tree
        return table if isinstance(table, Mapping) else {}

    def line(self, field: FormField) -> int | None:
        """The line, from 1, in which the text sets a key; None when it does not, or not in a line of its own."""
        section = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            header = HEADER.match(line)
            section = header[1].strip() if header else section
            if section == field.section and re.match(rf"\s*[\"']?{re.escape(field.key)}[\"']?\s*=", line):
                return number
        return None

    def with_text(self, text: str) -> Draft:
        """The draft with another text."""
        return replace(self, text=text)

    def with_value(self, field: FormField, value: Any) -> tuple[Draft, list[str]]:
        """The draft with one key set, and the keys that another method of the section does not have any more.

        Raises:
            InputError: The text is no TOML at the moment, so that no key can be set.
        """
        if field.key == "method":
            text, lost = edit.switch_method(self.text, field.section, value)
        else:
            text, lost = edit.set_key(self.text, field.section, field.key, value), []
        return self.with_text(text), lost

    def without(self, field: FormField) -> tuple[Draft, list[str]]:
        """The draft with the default of one key, and the keys lost as by ``with_value``.

        Raises:
            InputError: It is not set, or the text is no TOML at the moment.
        """
        lost: list[str] = []
        text = self.text
        if field.key == "method":
            text, lost = edit.switch_method(text, field.section, field.default)
        return self.with_text(edit.unset_key(text, field.section, field.key)), lost

    def profile(self) -> Profile:
        """The profile that it is.

        Raises:
            ProblemsError, InputError: It is none yet.
        """
        return profiles.parse(self.text, self.path.stem, str(self.path))

    def problems(self) -> list[Problem]:
        """Everything that is wrong with it here; ``where`` is the key, the section, or empty for the whole.

        Keys that no profile may have come first. Where there are such, what ``check`` finds in the other
        sections is told as well, with defaults in the place of wrong values.
        """
        if self.syntax:
            return [Problem("", f"this is no TOML: {self.syntax.what}")]
        try:
            return self._checked(self.profile())
        except ProblemsError as error:
            wrong = [self._own(problem) for problem in error.problems]
        return [*wrong, *self._beside({problem.where.partition(".")[0] for problem in wrong})]

    def _checked(self, profile: Profile) -> list[Problem]:
        return [self._own(problem) for problem in check(profile, self.workspace, str(self.path))]

    def _beside(self, sections: set[str]) -> list[Problem]:
        """What ``check`` finds in sections that are right, when others are not."""
        right = {name: table for name, table in self.tree.items() if name in SECTIONS and name not in sections}
        for section, method in DEFAULT_METHODS.items():
            if section in right:
                right[section] = {"method": method, **right[section]}
        profile = Profile.model_validate({**STAND_INS, **right, "name": self.path.stem})
        return [one for one in self._checked(profile) if one.fatal and one.where.partition(".")[0] not in sections]

    def _own(self, problem: Problem) -> Problem:
        return replace(problem, where=problem.where.removeprefix(str(self.path)).removeprefix(": "))

    def save(self, force: bool = False) -> Draft:
        """Write it, whole or not at all, right or wrong.

        Raises:
            InputError: The file was changed meanwhile, and ``force`` does not say to write over that.
            OSError: It cannot be written.
        """
        if self.changed_on_disk and not force:
            raise InputError(f"{self.path} was changed by somebody else meanwhile; it was not saved.")
        write_atomically(self.path, self.text)
        return replace(self, saved=self.text)


def open_draft(workspace: Workspace, name: str) -> Draft:
    """The draft of a profile that is there.

    Raises:
        InputError: It is not there, or is no text.
    """
    path = workspace.profile(name)
    text = profiles.read_text(path)
    return Draft(workspace, name, text, text)


def new_draft(
    workspace: Workspace, name: str, source: str, model: str = "", adapter: str = "", quant: str = ""
) -> tuple[Draft, list[str]]:
    """A draft, not written yet, that begins as another profile; and the keys that its methods do not have.

    Args:
        workspace: Where everything lies.
        name: Of the new profile.
        source: The profile that it begins as, or "blank".
        model: Its model instead; empty for that of the source.
        adapter: Its adapter method instead.
        quant: Its quantization method instead.

    Raises:
        InputError: The name cannot be one or is taken, or the source is not there or is no TOML.
    """
    stem = edit.new_path(workspace, name).stem
    text = edit.source_text(workspace.profile(source))
    if source != edit.BLANK:
        text = edit.with_parent(text, source)
    if model:
        text = edit.set_key(text, "model", "name", model)
    lost: list[str] = []
    for section, method in (("adapter", adapter), ("quant", quant)):
        if method:
            text, gone = edit.switch_method(text, section, method)
            lost += [f"{section}.{key}" for key in gone]
    return Draft(workspace, stem, text), lost


def text_of(path: Path) -> str | None:
    """What a file holds; None when it is not there or is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
