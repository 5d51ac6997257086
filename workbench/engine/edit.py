"""Edit profiles as text: comments, blank lines and the order of keys of a hand-written file survive."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import tomlkit
from tomlkit.exceptions import ParseError

from workbench import profile as profiles
from workbench.errors import InputError
from workbench.paths import Workspace, write_atomically

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def write_new(workspace: Workspace, name: str, source: Path, overrides: Iterable[str], force: bool = False) -> Path:
    """Write a profile that begins as another one, with some keys changed.

    Args:
        workspace: Where profiles/ is.
        name: Of the new profile, without .toml.
        source: The profile that it begins as.
        overrides: ``section.key=value``.
        force: Write over a profile of that name.

    Returns:
        The new file.

    Raises:
        InputError: The name cannot be one or is taken, the source is not there, or the result would not be a
            valid profile; nothing is written.
    """
    stem = name.removesuffix(".toml")
    if not NAME.fullmatch(stem):
        raise InputError(f'"{name}" cannot name a profile: use letters, digits, ".", "_" and "-".')
    path = workspace.profile(stem)
    if path.exists() and not force:
        raise InputError(f"There is a profile {path} already; give another name, or --force to write over it.")
    write_atomically(path, _edited(source, stem, overrides))
    return path


def set_values(path: Path, overrides: Iterable[str]) -> None:
    """Change keys of a profile in its file.

    Raises:
        InputError: The profile is not there, or would not be valid afterwards; it stays as it was.
    """
    write_atomically(path, _edited(path, path.stem, overrides))


def _edited(source: Path, name: str, overrides: Iterable[str]) -> str:
    """The text of a profile after the changes, once it has been found valid."""
    changes = list(overrides)
    profiles.load(source, changes)  # says what is wrong with the keys under the name that the user gave
    text = source.read_text(encoding="utf-8")
    try:
        document = tomlkit.parse(text)
    except ParseError as error:  # tomlkit is stricter than tomllib in a few corners
        raise InputError(f"{source}: this is no TOML: {error}.") from None
    for change in changes:
        _set(document, change)
    edited = tomlkit.dumps(document)
    profiles.parse(edited, name, str(source))
    return edited


def _set(document: tomlkit.TOMLDocument, change: str) -> None:
    section, key, value = profiles.split_override(change)
    if section not in document:
        document.add(tomlkit.nl())
        document.add(section, tomlkit.table())
    table = document[section]
    assert isinstance(table, dict)  # `load` has seen that every section is one
    table[key] = value
