"""The user's own keys: ``keys.toml`` in the user's configuration folder.

::

    [keys]
    stop = "S"                    # ids as `keys.py` and the help's source have them
    "live.smooth" = "ctrl+t,~"    # several keys, separated by commas

A wrong entry is said and passed over; the others hold.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from textual.binding import Binding
from textual.keys import key_to_character

from workbench.errors import nearest
from workbench.tui.keys import APP, FORBIDDEN, SCREEN, SHARED
from workbench.tui.modes import MODES

NAMED = frozenset(
    {"escape", "enter", "tab", "space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"}
    | {"up", "down", "left", "right"}
    | {f"f{number}" for number in range(1, 13)}
)
MODIFIERS = frozenset({"ctrl", "alt", "shift", "super"})


def default_path() -> Path:
    """The file of the user that runs this process; it need not be there."""
    from platformdirs import user_config_path

    return user_config_path("workbench", appauthor=False) / "keys.toml"


def read(path: Path) -> tuple[dict[str, str], list[str]]:
    """Keys by id, and what is wrong with the file; nothing of both when there is none."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError) as error:
        return {}, [f"{path}: this cannot be read: {error}."]
    wanted = document.get("keys", {})
    if not isinstance(wanted, dict):
        return {}, [f"{path}: keys: this must be a table of ids and keys."]
    return checked(wanted, path, known_ids())


def checked(wanted: Mapping[str, object], where: Path, known: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """The entries that hold, and a sentence for each of the others."""
    ids, good, problems = set(known), {}, []
    taken = _taken(set(wanted))
    for name, keys in wanted.items():
        problem = _problem(name, keys, ids) or _clash(name, str(keys), taken)
        if problem:
            problems.append(f"{where}: keys.{name}: {problem}")
        else:
            good[name] = ",".join(key.strip() for key in str(keys).split(","))
    return good, problems


def _problem(name: str, keys: object, ids: set[str]) -> str:
    if name not in ids:
        return f"there is no such action. {nearest(name, ids)}"
    if not isinstance(keys, str) or not keys.strip():
        return 'give a key as text, such as "S" or "ctrl+t".'
    for key in (part.strip() for part in keys.split(",")):
        if key in FORBIDDEN:
            return f"{key} does not reach programs in every terminal; take another key."
        if not _is_key(key):
            return f'"{key}" is no key: use a character, f1 to f12, a name such as "pageup", or ctrl+ and one of them.'
    return ""


def _taken(remapped: set[str]) -> dict[str, str]:
    """The ids of what works everywhere, by key, without those that get another key."""
    everywhere = (*APP, *SCREEN, *(mode.as_key() for mode in MODES.values()))
    kept = [key for key in everywhere if key.id not in remapped]
    return {one.key: key.id for key in kept for one in Binding.make_bindings([key.binding()])}


def _clash(name: str, keys: str, taken: Mapping[str, str]) -> str:
    for one in Binding.make_bindings([(keys, name)]):
        if taken.get(one.key, name) != name:
            return f'"{keys}" is the key of "{taken[one.key]}" already; give that another key too, or take another one.'
    return ""


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if set(modifiers) - MODIFIERS:
        return False
    return len(last) == 1 or last in NAMED or key_to_character(last) is not None


def known_ids() -> set[str]:
    """Ids of all actions of all screens. Imports the screens, which only the owner of a ``keys.toml`` pays for."""
    ids = {key.id for key in (*APP, *SHARED.values())} | {f"mode.{name}" for name in MODES}
    for mode in MODES.values():
        for cls in type(mode.make()).__mro__:
            declared = Binding.make_bindings(cls.__dict__.get("BINDINGS", ()))
            ids |= {binding.id for binding in declared if binding.id}
    return ids
