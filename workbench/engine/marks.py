"""What a user noted about a run: tags, and whether it is archived; a small file in the run's folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from workbench.engine.run import Run, state
from workbench.errors import InputError, nearest
from workbench.paths import write_atomically

TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True)
class Marks:
    """A user's notes about one run.

    Args:
        tags: In the order in which they were given.
        archived: Whether lists leave it out.
    """

    tags: tuple[str, ...] = ()
    archived: bool = False


def read(run: Run) -> Marks:
    """The run's marks, none when nobody gave it any.

    Raises:
        InputError: The file is damaged.
    """
    try:
        stored = json.loads(run.marks_file.read_text(encoding="utf-8"))
        return Marks(tuple(str(tag) for tag in stored["tags"]), stored["archived"] is True)
    except FileNotFoundError:
        return Marks()
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{run.marks_file} is damaged ({error!r}). Remove it: it holds only tags.") from None


def tag(run: Run, tags: Iterable[str]) -> Marks:
    """Give a run tags; those that it has already stay where they are.

    Raises:
        InputError: A tag is not one; nothing is written.
    """
    wanted = list(tags)
    for name in wanted:
        if not TAG.fullmatch(name):
            raise InputError(f'"{name}" is no tag: use up to 40 letters, digits, ".", "_" and "-".')
    marks = read(run)
    return _write(run, replace(marks, tags=tuple(dict.fromkeys([*marks.tags, *wanted]))))


def untag(run: Run, tags: Iterable[str]) -> Marks:
    """Take tags away from a run.

    Raises:
        InputError: It has not got one of them; nothing is written.
    """
    marks, unwanted = read(run), list(tags)
    for name in unwanted:
        if name not in marks.tags:
            hint = nearest(name, marks.tags) if marks.tags else "It has none."
            raise InputError(f'{run.id} has no tag "{name}". {hint}')
    return _write(run, replace(marks, tags=tuple(name for name in marks.tags if name not in unwanted)))


def archive(run: Run) -> Marks:
    """Leave a run out of lists; its files stay.

    Raises:
        InputError: It is running, or waiting for its worker.
    """
    status = state(run).status
    if status in ("running", "waiting"):
        raise InputError(f"{run.id} is {status}; stop it first: `workbench stop {run.id}`.")
    return _write(run, replace(read(run), archived=True))


def restore(run: Run) -> Marks:
    """Show an archived run in lists again."""
    return _write(run, replace(read(run), archived=False))


def _write(run: Run, marks: Marks) -> Marks:
    write_atomically(run.marks_file, json.dumps(asdict(marks)) + "\n")
    return marks
