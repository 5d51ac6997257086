"""Edit profiles as text: comments, blank lines and the order of keys of a hand-written file survive."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from workbench import profile as profiles
from workbench.engine.form import method_of, options_of
from workbench.errors import InputError
from workbench.paths import Workspace, write_atomically

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
BLANK = "blank"
"""Names the profile that there always is: the smallest, with what stands in it explained."""
BLANK_TEXT = """\
# One line that says what this profile shows.

[model]
name = "smollm2-135m"            # `workbench list models`; a hub id or a folder works too

[adapter]
method = "lora"                  # `workbench list adapters`

[data]
dataset = "passages"             # `workbench list datasets`; or train_file and test_file

[train]
learning_rate = 2e-4
num_train_epochs = 1.0
"""
PARENT = re.compile(r"^#\s*From:\s*(\S+)", re.MULTILINE)


def write_new(workspace: Workspace, name: str, source: Path, overrides: Iterable[str], force: bool = False) -> Path:
    """Write a profile that begins as another one, with some keys changed; its header says which.

    Args:
        workspace: Where profiles/ is.
        name: Of the new profile, without .toml.
        source: The profile that it begins as; ``blank.toml`` need not be there.
        overrides: ``section.key=value``.
        force: Write over a profile of that name.

    Returns:
        The new file.

    Raises:
        InputError: The name cannot be one or is taken, the source is not there, or the result would not be a
            valid profile; nothing is written.
    """
    path = new_path(workspace, name, force)
    text = _edited(source, path.stem, overrides)
    begun_anew = source.stem in (path.stem, BLANK)
    write_atomically(path, text if begun_anew else with_parent(text, source.stem))
    return path


def source_text(source: Path) -> str:
    """The text that a new profile begins as: that of a file, or the blank one where no file has its name.

    Raises:
        InputError: There is no such file.
    """
    return BLANK_TEXT if source.stem == BLANK and not source.exists() else profiles.read_text(source)


def new_path(workspace: Workspace, name: str, force: bool = False) -> Path:
    """Where a new profile of that name goes.

    Raises:
        InputError: The name cannot be one, or is taken and not to be written over.
    """
    stem = name.removesuffix(".toml")
    if not NAME.fullmatch(stem):
        raise InputError(f'"{name}" cannot name a profile: use letters, digits, ".", "_" and "-".')
    path = workspace.profile(stem)
    if path.exists() and not force:
        raise InputError(f"There is a profile {path} already; give another name, or --force to write over it.")
    return path


def set_values(path: Path, overrides: Iterable[str]) -> None:
    """Change keys of a profile in its file.

    Raises:
        InputError: The profile is not there, or would not be valid afterwards; it stays as it was.
    """
    write_atomically(path, _edited(path, path.stem, overrides))


def set_key(text: str, section: str, key: str, value: Any) -> str:
    """The text with one key set; a section that is not there is added at the end.

    Raises:
        InputError: The text is no TOML, the section is a plain value, or TOML has no such value.
    """
    document = _document(text)
    if section not in document:
        document.add(tomlkit.nl())
        document.add(section, tomlkit.table())
    try:
        _table(document, section)[key] = value
    except (TOMLKitError, ValueError) as error:
        raise InputError(f"{section}.{key} cannot be {value!r}: {error}.") from None
    return tomlkit.dumps(document)


def unset_key(text: str, section: str, key: str) -> str:
    """The text without a key, so that its default counts; without a section, the key stands at the top.

    Raises:
        InputError: The text is no TOML, or the key is not there.
    """
    document = _document(text)
    table = _table(document, section) if section else document
    if key not in table:
        raise InputError(f"{section}.{key} is not set: it has its default already.")
    del table[key]
    return tomlkit.dumps(document)


def switch_method(text: str, section: str, method: str) -> tuple[str, list[str]]:
    """The text with another method of [adapter] or [quant], and the keys that it thereby lost.

    Those are the keys that the method until now has and the new one has not. A key that neither has stays: it is
    a mistake that only its writer can mend.

    Raises:
        InputError: As ``set_key``.
    """
    tree = _document(text).unwrap()
    given = tree.get(section, {})
    before, after = options_of(section, method_of(tree, section)), options_of(section, method)
    lost = [key for key in given if before and key in before.model_fields and after and key not in after.model_fields]
    text = set_key(text, section, "method", method)
    for key in lost:
        text = unset_key(text, section, key)
    return text, lost


def parent_of(text: str) -> str:
    """The profile or run that a profile began as, from its header; empty when it does not say."""
    found = PARENT.search(_header(text))
    return found[1] if found else ""


def with_parent(text: str, name: str) -> str:
    r"""The text whose header says that it began as ``name``.

    >>> print(with_parent("# Mine.\n[model]\n", "quickstart"))
    # Mine.
    # From:    quickstart
    [model]
    <BLANKLINE>
    """
    header = _header(text)
    line = f"# From:    {name}"
    if PARENT.search(header):
        return PARENT.sub(line, header, count=1) + text[len(header) :]
    return f"{header}{line}\n{text[len(header) :]}"


def _header(text: str) -> str:
    """The comment lines at the head of a text."""
    found = re.match(r"(?:#[^\n]*\n)*", text)
    return found[0] if found else ""


def _edited(source: Path, name: str, overrides: Iterable[str]) -> str:
    """The text of a profile after the changes, once it has been found valid."""
    changes = list(overrides)
    text = source_text(source)
    profiles.parse(text, source.stem, str(source), changes)  # says what is wrong under the name that the user gave
    try:
        for change in changes:
            text = set_key(text, *profiles.split_override(change))
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    profiles.parse(text, name, str(source))
    return text


def _document(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except ParseError as error:  # tomlkit is stricter than tomllib in a few corners
        raise InputError(f"this is no TOML: {error}.") from None


def _table(document: tomlkit.TOMLDocument, section: str) -> MutableMapping[str, Any]:
    table = document.get(section)
    if not isinstance(table, MutableMapping):
        raise InputError(f"{section} is no section, but a plain value: remove it first.")
    return table
