"""A profile as a form: which keys there are, what each may hold, and what to say about it.

Everything is read off the types of ``workbench.profile``, so that a key that is added there is in the form too.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator
from pydantic.fields import FieldInfo

from workbench.choices.adapters import ADAPTERS
from workbench.choices.formats import FORMATS
from workbench.choices.models import MODELS
from workbench.choices.options import Options
from workbench.choices.quantizers import QUANTIZERS
from workbench.choices.sources import SOURCES
from workbench.choices.table import Table
from workbench.engine import datasets
from workbench.paths import Workspace
from workbench.profile import DEFAULT_METHODS, Profile, RowName, read_value

BARE = re.compile(r"[A-Za-z0-9_-]+")
Kind = Literal["choice", "bool", "int", "float", "text", "list", "unknown"]
TABLES: dict[str, Table[Any]] = {"adapter": ADAPTERS, "quant": QUANTIZERS}
"""Sections whose keys depend on their method."""
SECTIONS = tuple(name for name in Profile.model_fields if name != "name")
KINDS: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "text", list: "list"}
BOUNDS = {Ge: "at least {0.ge:g}", Gt: "above {0.gt:g}", Le: "at most {0.le:g}", Lt: "below {0.lt:g}"}
NOUNS: dict[Kind, str] = {
    "int": "a whole number",
    "float": "a number",
    "text": "text",
    "list": "names with commas between them",
    "unknown": "nothing: no profile has this key",
}


@dataclass(frozen=True)
class Choice:
    """One value that a key may have.

    Args:
        value: As it stands in the profile.
        label: What it means, in a word or two; empty when the value says it.
        help: A sentence more; may be empty.
    """

    value: str | bool
    label: str = ""
    help: str = ""


@dataclass(frozen=True)
class FormField:
    """One key of one section.

    Args:
        section, key: Where it stands.
        kind: What it holds; "unknown" for a key of a file that no profile has.
        help: What it is for.
        required: Whether a profile must have it.
        default: What it means when it is not there; None for a required key.
        choices: All values that it may have, for the kind "choice".
        words: Texts that may stand instead of a number or a list, such as "auto".
        bounds: Conditions on a number, in words.
    """

    section: str
    key: str
    kind: Kind
    help: str = ""
    required: bool = False
    default: Any = None
    choices: tuple[Choice, ...] = ()
    words: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """``adapter.r``, as in messages and in ``--set``; unlike that of any other key of the profile."""
        if self.section:
            return f"{self.section}.{self.key}"
        return self.key if BARE.fullmatch(self.key) else f'"{self.key}"'

    @property
    def allowed(self) -> str:
        """The values that it may have, in words.

        >>> FormField("adapter", "r", "int", bounds=("at least 1",)).allowed
        'a whole number, at least 1'
        """
        if self.kind == "choice":
            return f"one of {', '.join(value_text(choice.value) for choice in self.choices)}"
        if self.kind == "bool":
            return "true or false"
        number = ", ".join([NOUNS[self.kind], *(" and ".join(self.bounds),) * bool(self.bounds)])
        return " or ".join([number, *(f'"{word}"' for word in self.words)])

    def read(self, text: str) -> Any:
        """What a typed text means for this key, as TOML would spell it; validation is left to the profile.

        >>> FormField("adapter", "target_modules", "list", words=("all-linear",)).read("q_proj, v_proj")
        ['q_proj', 'v_proj']
        >>> FormField("data", "system", "text").read("32")
        '32'
        """
        if self.kind == "text":
            return text
        stripped = text.strip()
        if self.kind == "list" and stripped not in self.words and not stripped.startswith("["):
            return [name for name in (part.strip() for part in stripped.split(",")) if name]
        return read_value(stripped)


def value_text(value: Any) -> str:
    """A value as a form shows it and ``FormField.read`` takes it back.

    >>> value_text(True), value_text(["arc", "quiz"]), value_text(2e-05), value_text(1.0)
    ('true', 'arc, quiz', '2e-05', '1.0')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(value_text, value))
    return str(value)


def fields(tree: Mapping[str, Any]) -> list[FormField]:
    """All keys of a profile, section by section; those of [adapter] and [quant] follow the method in ``tree``."""
    return [field for section in SECTIONS for field in section_fields(section, method_of(tree, section))]


def method_of(tree: Mapping[str, Any], section: str) -> str:
    """The method that a section of a TOML tree names or means; empty for a section without methods."""
    if section not in TABLES:
        return ""
    table = tree.get(section)
    method = table.get("method") if isinstance(table, Mapping) else None
    return DEFAULT_METHODS[section] if method is None else str(method)


def section_fields(section: str, method: str = "") -> list[FormField]:
    """The keys of one section; of an unknown method only the method itself."""
    options = options_of(section, method)
    keys = [_field(section, key, info) for key, info in options.model_fields.items()] if options else []
    if section not in TABLES:
        return keys
    return [_method_field(section), *(field for field in keys if field.key != "method")]


def options_of(section: str, method: str = "") -> type[Options] | None:
    """The class that describes a section; None for a method that there is not."""
    if section in TABLES:
        row = TABLES[section].get(method)
        return row.options if row else None
    annotation = Profile.model_fields[section].annotation
    assert isinstance(annotation, type)
    assert issubclass(annotation, Options)
    return annotation


def about(section: str, method: str = "") -> str:
    """What a section, or its method, is for."""
    options = options_of(section, method)
    text = (options.__doc__ or "").partition("\n")[0] if options else ""
    return text.removeprefix(f"[{section}]: ")


def known_names(workspace: Workspace, path: str) -> list[str]:
    """Names worth offering for a key that takes any text: models, data sets, formats. Reads folders only."""
    if path == "model.name":
        return sorted({*MODELS, *(folder.parent.name for folder in workspace.models.glob("*/source.json"))})
    if path in ("data.dataset", "eval.datasets"):
        return sorted({*SOURCES, *(one.id for one in datasets.prepared(workspace))})
    if path == "data.format":
        return ["auto", *FORMATS]
    return []


def _method_field(section: str) -> FormField:
    table = TABLES[section]
    choices = tuple(Choice(name, row.label, about(section, name)) for name, row in table.items())
    text = f"A name from `workbench list {'adapters' if section == 'adapter' else 'quantizers'}`."
    return FormField(section, "method", "choice", text, default=DEFAULT_METHODS[section], choices=choices)


def _field(section: str, key: str, info: FieldInfo) -> FormField:
    words, kinds, marks = _parts(info)
    rows = [mark.func for mark in marks if isinstance(mark, AfterValidator) and isinstance(mark.func, RowName)]
    kind: Kind = KINDS[kinds[0]] if kinds and not rows else "choice"
    choices = [Choice(word) for word in words]
    if rows:
        table = rows[0].table
        choices = [*map(Choice, rows[0].others), *(Choice(name, row.label) for name, row in table.items())]
    elif kind == "bool" and words:
        kind, choices = "choice", [*choices, Choice(value=True), Choice(value=False)]
    return FormField(
        section,
        key,
        kind,
        info.description or "",
        required=info.is_required(),
        default=None if info.is_required() else info.default,
        choices=tuple(choices) if kind == "choice" else (),
        words=tuple(words) if kind != "choice" else (),
        bounds=tuple(BOUNDS[type(mark)].format(mark) for mark in marks if type(mark) in BOUNDS),
    )


def _parts(info: FieldInfo) -> tuple[list[str], list[Any], list[Any]]:
    """The words of a key's literals, its other types, and the conditions on it."""
    words: list[str] = []
    kinds: list[Any] = []
    marks: list[Any] = list(info.metadata)
    for member in _members(info.annotation):
        if get_origin(member) is Literal:
            words += get_args(member)
        elif get_origin(member) is Annotated:
            bare, *extra = get_args(member)
            kinds.append(bare)
            marks += [mark for one in extra for mark in (one.metadata if isinstance(one, FieldInfo) else [one])]
        else:
            kinds.append(get_origin(member) or member)
    return words, kinds, marks


def _members(annotation: Any) -> Iterator[Any]:
    members: Sequence[Any] = (annotation,)
    if get_origin(annotation) in (Union, types.UnionType):
        members = get_args(annotation)
    yield from members
