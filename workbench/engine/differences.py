"""In what keys a profile differs from the one that it began as."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engine.diff import NO_KEY
from workbench.engine.draft import Draft, text_of
from workbench.engine.edit import parent_of
from workbench.engine.form import FormField
from workbench.engine.run import find
from workbench.errors import InputError


@dataclass(frozen=True)
class Difference:
    """One key with both values as they are shown; a default shows as its value.

    Args:
        path: The key.
        before: In the parent; "not a key" where its method has none of that name.
        after: In the draft, likewise.
    """

    path: str
    before: str
    after: str


def differences(draft: Draft) -> tuple[str, list[Difference]]:
    """What a draft is compared with, and the keys whose values differ.

    It is compared with the profile or run that its header names as its origin, and without one with its file.

    Raises:
        InputError: There is nothing to compare it with, or that is not there or is no TOML.
    """
    origin = _origin(draft)
    if origin.syntax or draft.syntax:
        raise InputError(f"{(origin if origin.syntax else draft).name} is no TOML at the moment.")
    paths = {field.path: None for field in [*origin.fields, *draft.fields]}
    pairs = [(path, origin.field(path), draft.field(path)) for path in paths]
    what = origin.name if parent_of(draft.text) else f"its file {draft.path.name}"
    return what, [
        Difference(path, _shown(origin, old), _shown(draft, new))
        for path, old, new in pairs
        if old is None or new is None or origin.value(old) != draft.value(new)
    ]


def _origin(draft: Draft) -> Draft:
    parent = parent_of(draft.text)
    if parent:
        text = text_of(draft.workspace.profile(parent))
        if text is None:
            text = find(draft.workspace, parent).profile_file.read_text(encoding="utf-8")
        return Draft(draft.workspace, parent, text, text)
    if draft.saved is None:
        raise InputError(f"{draft.name} has no parent and no file yet: there is nothing to compare it with.")
    return draft.with_text(draft.saved)


def _shown(draft: Draft, field: FormField | None) -> str:
    return NO_KEY if field is None else draft.shown(field)
