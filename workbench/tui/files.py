"""What leaves the app: a table written to a file, a file opened in the user's editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from workbench.paths import write_atomically

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp


@dataclass(frozen=True)
class Export:
    """One way to write what a screen shows to a file.

    Args:
        name: For the palette, such as "Export the runs as CSV".
        suffix: Of the file, such as ".csv".
        write: Gives the file's text.
        command: The headless command that prints the same.
        draw: For a picture, in place of ``write``: makes the file itself, in a thread.
    """

    name: str
    suffix: str
    write: Callable[[], str]
    command: str
    draw: Callable[[Path], None] | None = None


def export(app: WorkbenchApp, what: str, way: Export) -> Path:
    """Write an export to exports/ under a name that no other file has, and say where it is.

    Raises:
        OSError: The folder cannot be written.
    """
    path = app.workspace.exports / f"{what}-{time.strftime('%Y%m%d-%H%M%S')}{way.suffix}"
    number = 2
    while path.exists():
        path = path.with_stem(f"{path.stem.rpartition('.')[0] or path.stem}.{number}")
        number += 1
    if way.draw:
        app.run_worker(partial(_draw, app, path, way), group="export", thread=True)
        return path
    write_atomically(path, way.write())
    _wrote(app, path, way)
    return path


def _draw(app: WorkbenchApp, path: Path, way: Export) -> None:
    assert way.draw
    way.draw(path)
    app.call_from_thread(_wrote, app, path, way)


def _wrote(app: WorkbenchApp, path: Path, way: Export) -> None:
    app.did(way.command)
    app.notify(f"wrote {path}")


def edit(app: WorkbenchApp, path: Path) -> None:
    """Give the terminal to the user's editor until it ends."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        app.notify("no editor is named: set $EDITOR, for example EDITOR=nano", severity="warning")
        return
    command = [*shlex.split(editor), str(path)]
    try:
        with app.suspend():
            code = subprocess.run(command, check=False).returncode
    except SuspendNotSupported:
        app.notify("this terminal cannot be given to an editor", severity="warning")
    except FileNotFoundError:
        app.notify(f"$EDITOR: there is no command {command[0]}", severity="error")
    else:
        app.did(*command)
        if code:
            app.notify(f"{command[0]} ended with {code}", severity="warning")
