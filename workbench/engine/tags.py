"""What a user noted about a run: tags, and whether it is archived; a small file in the run's folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from workbench.engine.run import Run
from workbench.engine.run_state import state
from workbench.errors import InputError, nearest
from workbench.paths import write_atomically

TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True)
class Noted:
    """A user's notes about one run.

    Args:
        tags: In the order in which they were given.
        archived: Whether lists leave it out.
    """

    tags: tuple[str, ...] = ()
    archived: bool = False


def read(run: Run) -> Noted:
    """What was noted; nothing when nobody did.

    Raises:
        InputError: The file is damaged.
    """
    try:
        stored = json.loads(run.tags_file.read_text(encoding="utf-8"))
        return Noted(tuple(str(tag) for tag in stored["tags"]), stored["archived"] is True)
    except FileNotFoundError:
        return Noted()
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{run.tags_file} is damaged ({error!r}). Remove it: it holds only tags.") from None


def tag(run: Run, tags: Iterable[str]) -> Noted:
    """Give a run tags; those that it has already stay where they are.

    Raises:
        InputError: A tag is not one; nothing is written.
    """
    wanted = list(tags)
    for name in wanted:
        if not TAG.fullmatch(name):
            raise InputError(f'"{name}" is no tag: use up to 40 letters, digits, ".", "_" and "-".')
    noted = read(run)
    return _write(run, replace(noted, tags=tuple(dict.fromkeys([*noted.tags, *wanted]))))


def untag(run: Run, tags: Iterable[str]) -> Noted:
    """Take tags away from a run.

    Raises:
        InputError: It has not got one of them; nothing is written.
    """
    noted, unwanted = read(run), list(tags)
    for name in unwanted:
        if name not in noted.tags:
            hint = nearest(name, noted.tags) if noted.tags else "It has none."
            raise InputError(f'{run.id} has no tag "{name}". {hint}')
    return _write(run, replace(noted, tags=tuple(name for name in noted.tags if name not in unwanted)))


def archive(run: Run) -> Noted:
    """Leave a run out of lists; its files stay.

    Raises:
        InputError: It is running, or waiting for its worker.
    """
    status = state(run).status
    if status in ("running", "waiting"):
        raise InputError(f"{run.id} is {status}; stop it first: `workbench stop {run.id}`.")
    return _write(run, replace(read(run), archived=True))


def restore(run: Run) -> Noted:
    """Show an archived run in lists again."""
    return _write(run, replace(read(run), archived=False))


def _write(run: Run, noted: Noted) -> Noted:
    write_atomically(run.tags_file, json.dumps(asdict(noted)) + "\n")
    return noted
