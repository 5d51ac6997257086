"""tag and archive: what a user notes about runs."""

from typing import Annotated

import typer

from workbench.cli.options import Json, RunName, workspace_of
from workbench.cli.output import emit, emit_json, say


def tag(
    context: typer.Context,
    run: RunName,
    tags: Annotated[list[str] | None, typer.Argument(metavar="[TAG]...", help="By default the tags are shown.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the tags away instead.")] = False,
    as_json: Json = False,
) -> None:
    """Give a run tags, which lists show and `list --where` finds."""
    from workbench.engine import tags as tagging
    from workbench.engine.run import find

    tagged = find(workspace_of(context), run)
    change = tagging.untag if remove else tagging.tag
    noted = change(tagged, tags) if tags else tagging.read(tagged)
    if as_json:
        emit_json({"run_id": tagged.id, "tags": noted.tags})
    elif noted.tags:
        emit(", ".join(noted.tags))
    else:
        say(f"{tagged.id} has no tags")


def archive(
    context: typer.Context,
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids, or profile names for the newest run.")],
    restore: Annotated[bool, typer.Option("--restore", help="Show them in lists again.")] = False,
    as_json: Json = False,
) -> None:
    """Leave runs out of lists; nothing is deleted, and every command still finds them by name."""
    from workbench.engine import tags as tagging
    from workbench.engine.run import find

    chosen = [find(workspace_of(context), name) for name in runs]
    for run in chosen:
        (tagging.restore if restore else tagging.archive)(run)
    if as_json:
        emit_json({"run_ids": [run.id for run in chosen], "archived": not restore})
    for run in chosen if not as_json else ():
        say(f"{run.id} {'is listed again' if restore else 'is archived; `workbench list --all` shows it'}")
