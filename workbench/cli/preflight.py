"""Everything that can go wrong before a run exists, so that bad input leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.output import say, say_problems
from workbench.errors import ProblemsError

if TYPE_CHECKING:
    from workbench.paths import Workspace
    from workbench.profile import ModelOptions, Profile


def checked(workspace: Workspace, profile: Profile, where: str) -> None:
    """Print the warnings about a profile.

    Raises:
        ProblemsError: Something would keep it from running.
    """
    from workbench.engine.check import check

    problems = check(profile, workspace, where)
    fatal = [problem for problem in problems if problem.fatal]
    say_problems(problem for problem in problems if not problem.fatal)
    if fatal:
        raise ProblemsError(fatal)


def ready(workspace: Workspace, profile: Profile, where: str) -> None:
    """Check a profile, then bring its model and its data sets here.

    Raises:
        InputError: It cannot run: its own fault, or a model or data set that cannot be had.
    """
    from workbench.cli.artifacts import fetch_model
    from workbench.engine.begin import bring

    def fetch(model: ModelOptions) -> None:
        say(f"fetching {model.name}")
        fetch_model(workspace, model.name, model.revision)

    checked(workspace, profile, where)
    bring(workspace, profile, where, fetch)
