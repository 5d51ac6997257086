"""A profile that does again what a run did: with its comments where its file is still there, else with few keys."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import tomli_w

from workbench import profile as profiles
from workbench.engine.edit import new_path, set_key, with_parent
from workbench.engine.run import Run
from workbench.errors import InputError
from workbench.paths import write_atomically
from workbench.profile import DEFAULT_METHODS, Profile


def clone(run: Run, name: str, overrides: Iterable[str] = (), force: bool = False) -> Path:
    """Write a profile that begins as a run's frozen one.

    The file that the run was started from is copied with its comments, if it still says the same; else the keys
    that differ from the defaults are written.

    Args:
        run: The run.
        name: Of the new profile, without .toml.
        overrides: ``section.key=value``.
        force: Write over a profile of that name.

    Returns:
        The new file.

    Raises:
        InputError: The name cannot be one or is taken, the frozen profile cannot be read, or the result would not
            be a valid profile; nothing is written.
    """
    path = new_path(run.workspace, name, force)
    text = clone_text(run)
    for override in overrides:
        text = set_key(text, *profiles.split_override(override))
    profiles.parse(text, path.stem, f"{run.id} with its changes")
    write_atomically(path, text)
    return path


def clone_text(run: Run) -> str:
    """The text of a profile that freezes to the run's; its header says which run it began as.

    Raises:
        InputError: The frozen profile is not there or cannot be read.
    """
    if not run.profile_file.is_file():
        raise InputError(f"{run.profile_file} is not there: {run.id} cannot be done again.")
    frozen = run.profile()
    return with_parent(_original(run, frozen) or _few_keys(frozen, run.id), run.id)


def _original(run: Run, frozen: Profile) -> str:
    """The text of the file that the run was started from; empty when it is gone or says something else now."""
    path = run.workspace.profile(frozen.name)
    try:
        same = profiles.load(path).model_dump() == frozen.model_dump()
        return path.read_text(encoding="utf-8") if same else ""
    except InputError:  # it was removed, or is being written anew
        return ""


def _few_keys(frozen: Profile, run_id: str) -> str:
    """The keys that differ from their defaults, and the methods, which decide what the other keys are."""
    differing = frozen.model_dump(exclude_defaults=True)
    tree = {}
    for section, keys in frozen.model_dump().items():
        method = {"method": keys["method"]} if section in DEFAULT_METHODS else {}
        if kept := method | differing.get(section, {}):
            tree[section] = kept
    return f"# As {run_id} was: the methods, and every key that differs from its default.\n\n{tomli_w.dumps(tree)}"
