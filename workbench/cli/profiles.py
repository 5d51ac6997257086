"""check and new: look at a profile, write a profile."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Json, ProfileName, Sets, load_profile, profile_path, workspace_of
from workbench.cli.output import emit, emit_json, emit_table, say, say_problems
from workbench.cli.plans import say_plan
from workbench.errors import InputError, Problem, ProblemsError
from workbench.paths import Workspace

if TYPE_CHECKING:
    from workbench.engine.differences import Difference

DEFAULT_SOURCE = "quickstart"


def check(
    context: typer.Context,
    profile: ProfileName,
    sets: Sets = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Also show in what it differs from the profile or run that it began as.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say everything that is wrong with a profile on this machine, and what it will take; writes nothing."""
    from workbench.engine.plan import plan

    workspace = workspace_of(context)
    problems = _problems(workspace, profile, sets)
    fatal = any(problem.fatal for problem in problems)
    made = None if fatal else plan(load_profile(workspace, profile, sets)[0], workspace)
    what, rows = _differences(workspace, profile, sets) if diff and not fatal else ("", [])
    if as_json:
        answer = {"profile": profile, "ok": not fatal, "problems": [vars(problem) for problem in problems]}
        differences = {"from": what, "keys": [vars(row) for row in rows]} if what else None
        emit_json({**answer, "plan": asdict(made) if made else None, "differences": differences})
    else:
        say_problems(problems)
        if made:
            emit(f"{profile}: ok")
            say_plan(made)
        if what:
            say(f"{len(rows)} {'key differs' if len(rows) == 1 else 'keys differ'} from {what}")
            emit_table(("key", what, profile), [(row.path, row.before, row.after) for row in rows])
    if fatal:
        raise typer.Exit(InputError.exit_code)


def _differences(workspace: Workspace, profile: str, sets: list[str] | None) -> tuple[str, list["Difference"]]:
    from workbench.engine.differences import differences
    from workbench.engine.draft import open_draft
    from workbench.engine.edit import set_key
    from workbench.profile import split_override

    draft = open_draft(workspace, profile)
    for override in sets or ():
        draft = draft.with_text(set_key(draft.text, *split_override(override)))
    return differences(draft)


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
