"""Begin the quickstart in a folder that has nothing, through the functions that ``workbench run quickstart`` calls."""

from __future__ import annotations

from collections.abc import Callable

from workbench.engine.begin import begin, bring
from workbench.engine.check import check
from workbench.engine.fetch import fetch
from workbench.engine.run import Run
from workbench.engine.shipped import quickstart
from workbench.engine.texts import size_text
from workbench.errors import ProblemsError
from workbench.paths import Workspace
from workbench.profile import ModelOptions, load


def start(workspace: Workspace, say: Callable[[str], None]) -> Run:
    """A running quickstart: profile, data and model are brought here first. Blocks; call it in a thread.

    Args:
        workspace: An empty folder, or any.
        say: Told how far it is, a sentence at a time.

    Raises:
        InputError: It cannot run, or the model cannot be had.
        RunFailed: The worker did not start.
    """
    path = quickstart(workspace)
    profile, where = load(path), str(path)
    fatal = [problem for problem in check(profile, workspace, where) if problem.fatal]
    if fatal:
        raise ProblemsError(fatal)

    def fetched(model: ModelOptions) -> None:
        def on_progress(what: str, done: int, total: int | None) -> None:
            say(f"fetching {what}: {size_text(done)}{f' of {size_text(total)}' if total else ''}")

        fetch(workspace, model.name, on_progress, model.revision)

    bring(workspace, profile, where, fetched)
    say("starting the worker")
    return begin(workspace, profile)
