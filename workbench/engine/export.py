"""Export a run: a folder that plain transformers opens, checked against what was tested."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.engine.launch import call
from workbench.engine.run import Run
from workbench.errors import InputError


def export(run: Run, out: Path, on_event: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
    """Merge a run's adapter into its base model and write the whole to a new folder.

    Args:
        run: A run whose training is done.
        out: A folder that does not exist yet or is empty.
        on_event: Told what is being done.

    Returns:
        ``folder``, and ``check``: how many of the recorded answers the merged model gives again, read back
        from disk (None when the run has no recorded answers).

    Raises:
        InputError: The run has trained nothing, or the folder is in use.
    """
    if not run.adapter.is_dir():
        raise InputError(f"{run.id} has trained nothing yet; `workbench resume {run.id}` goes on with it.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there already; give a new folder.")
    unfinished = out.resolve().with_name(f".{out.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    try:
        arguments = {"workspace": str(run.workspace.root), "run_id": run.id, "out": str(unfinished)}
        answer = call("export", arguments, on_event)
        if out.exists():
            out.rmdir()
        unfinished.rename(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return {"folder": str(out), **answer}
