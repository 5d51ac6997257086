"""check and new: look at a profile, write a profile."""

from dataclasses import asdict
from typing import Annotated

import typer

from workbench.cli.options import Json, ProfileName, Sets, load_profile, profile_path, workspace_of
from workbench.cli.output import emit, emit_json, say_problems
from workbench.cli.plans import say_plan
from workbench.errors import InputError, Problem, ProblemsError
from workbench.paths import Workspace

DEFAULT_SOURCE = "quickstart"


def check(context: typer.Context, profile: ProfileName, sets: Sets = None, as_json: Json = False) -> None:
    """Say everything that is wrong with a profile on this machine, and what it will take; writes nothing."""
    from workbench.engine.plan import plan

    workspace = workspace_of(context)
    problems = _problems(workspace, profile, sets)
    fatal = any(problem.fatal for problem in problems)
    made = None if fatal else plan(load_profile(workspace, profile, sets)[0], workspace)
    if as_json:
        answer = {"profile": profile, "ok": not fatal, "problems": [vars(problem) for problem in problems]}
        emit_json({**answer, "plan": asdict(made) if made else None})
    else:
        say_problems(problems)
        if made:
            emit(f"{profile}: ok")
            say_plan(made)
    if fatal:
        raise typer.Exit(InputError.exit_code)


def _problems(workspace: Workspace, profile: str, sets: list[str] | None) -> list[Problem]:
    from workbench.engine.check import check as check_here

    try:
        wanted, where = load_profile(workspace, profile, sets)
        return check_here(wanted, workspace, where)
    except ProblemsError as error:
        return list(error.problems)
    except InputError as error:
        return [Problem("", str(error))]


def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new profile.")],
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="PROFILE", help="The profile that it begins as, with its comments; else quickstart."
        ),
    ] = "",
    from_run: Annotated[
        str, typer.Option("--from-run", metavar="RUN", help="The run that it does again, instead of a profile.")
    ] = "",
    sets: Sets = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a profile of that name.")] = False,
    as_json: Json = False,
) -> None:
    """Write a profile that begins as another one, or as a run; comments and order of the keys stay."""
    from workbench.engine.clone import clone
    from workbench.engine.edit import write_new
    from workbench.engine.run import find

    workspace = workspace_of(context)
    if source and from_run:
        raise InputError("Give one of --from and --from-run.")
    if from_run:
        path = clone(find(workspace, from_run), name, sets or (), force=force)
    else:
        begun_as = profile_path(workspace, source or DEFAULT_SOURCE)
        path = write_new(workspace, name, begun_as, sets or (), force=force)
    if as_json:
        emit_json({"profile": path.stem, "path": str(path)})
    else:
        emit(str(profile_path(workspace, str(path))))
