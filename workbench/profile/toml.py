"""A profile as TOML: read, with ``section.key=value`` overrides, and written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomli_w

from workbench.errors import InputError, ProblemsError, nearest
from workbench.profile.problems import problems
from workbench.profile.sections import DEFAULT_METHODS, Profile


def load(path: Path, overrides: Iterable[str] = ()) -> Profile:
    """The profile in a TOML file, with ``section.key=value`` overrides applied.

    Raises:
        ProblemsError: Unknown keys or wrong values, all of them, each with file and key.
        InputError: The file is not there or is no TOML.
    """
    return parse(read_text(path), name=path.stem, where=str(path), overrides=overrides)


def parse(text: str, name: str, where: str, overrides: Iterable[str] = ()) -> Profile:
    """The profile in a TOML text; ``where`` stands before each problem.

    Raises:
        ProblemsError: As ``load``.
        InputError: As ``load``.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: this is no TOML: {error}.") from None
    for override in overrides:
        _apply(tree, override)
    for section, method in DEFAULT_METHODS.items():
        if isinstance(tree.get(section), dict):
            tree[section].setdefault("method", method)
    found = [*problems(tree, name, where)]
    if found:
        raise ProblemsError(found)
    return Profile.model_validate({**tree, "name": name})


def dump(profile: Profile) -> str:
    """The profile as TOML with every key, the defaults too; ``load`` gives the same profile back."""
    return tomli_w.dumps(profile.model_dump())


def read_value(text: str) -> Any:
    """A value as TOML spells it; a bare word is text.

    >>> read_value("32"), read_value("true"), read_value("vera")
    (32, True, 'vera')
    """
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def split_override(override: str) -> tuple[str, str, Any]:
    """Section, key and value of ``section.key=value``.

    Raises:
        InputError: It does not look like that.
    """
    path, equals, value = override.partition("=")
    section, dot, key = path.strip().partition(".")
    if not (equals and dot and section and key):
        raise InputError(f'"--set {override}" must look like --set adapter.r=32.')
    return section, key, read_value(value.strip())


def read_text(path: Path) -> str:
    """The text of a profile's file.

    Raises:
        InputError: It is not there, or is no text; the message names the nearest profile.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        names = [other.stem for other in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        hint = nearest(path.stem, names) if names else "`workbench new NAME` writes one."
        raise InputError(f"There is no profile {path}. {hint}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, not a profile.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: this is no TOML: it is not UTF-8 text.") from None


def _apply(tree: dict[str, Any], override: str) -> None:
    section, key, value = split_override(override)
    table = tree.setdefault(section, {})
    if not isinstance(table, dict):
        raise InputError(f'"--set {override}": {section} is no section.')
    table[key] = value
