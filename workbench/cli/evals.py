"""eval and compare: scores, and what they can claim."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Detach, Json, Sets, profile_path, workspace_of
from workbench.cli.output import emit, emit_json, say
from workbench.errors import InputError
from workbench.paths import Workspace

if TYPE_CHECKING:
    from workbench.engine.run import Run


def evaluate(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(metavar="[RUN|MODEL]", help="A run, or a model that nobody trained: a name, hub id, folder."),
    ] = "",
    profile: Annotated[
        str, typer.Option("--profile", metavar="PROFILE", help="For a model: what it is asked, and in what form.")
    ] = "",
    sets: Sets = None,
    pending: Annotated[
        bool, typer.Option("--pending", help="Evaluate every run that is trained and has no scores.")
    ] = False,
    detach: Detach = False,
    as_json: Json = False,
) -> None:
    """Evaluate a trained run again or anew, or a model as it is. Answers that are there are not asked again."""
    from workbench.cli.runs import attend

    workspace = workspace_of(context)
    if pending:
        if name or profile or sets:
            raise InputError("--pending takes no name, no --profile and no --set: each run has its own profile.")
        _evaluate_pending(workspace, as_json)
        return
    if not name:
        raise InputError("Name a run or a model, or give --pending.")
    from workbench.engine.evaluations import evaluate as evaluate_here
    from workbench.engine.evaluations import is_model

    path = profile_path(workspace, profile) if profile else None
    overrides = sets or []
    if is_model(workspace, name):
        _ready(workspace, name, path, overrides)
    elif path:
        raise InputError(f"--profile says what a model is asked, and {name} is none; change a run's [eval] with --set.")
    attend(evaluate_here(workspace, name, path, overrides), detach, as_json)


def _ready(workspace: Workspace, name: str, path: Path | None, overrides: list[str]) -> None:
    from workbench.cli.preflight import ready
    from workbench.engine.evaluations import for_model

    ready(workspace, for_model(name, path, overrides), str(path) if path else f"eval {name}")


def _evaluate_pending(workspace: Workspace, as_json: bool) -> None:
    """One after the other, since they share one machine; ends with the worst exit code.

    Raises:
        typer.Exit: One of them did not finish.
    """
    from workbench.cli.runs import attend
    from workbench.engine import launch
    from workbench.engine.evaluations import pending

    waiting = pending(workspace)
    say(f"{len(waiting)} trained {'run has' if len(waiting) == 1 else 'runs have'} no scores")
    worst = 0
    for run in waiting:
        launch.start(run, "eval")
        try:
            attend(run, detach=False, as_json=as_json)
        except typer.Exit as ended:
            worst = max(worst, ended.exit_code)
    raise typer.Exit(worst)


def compare(
    context: typer.Context,
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help="By default all runs that are finished.")
    ] = None,
    baseline: Annotated[
        str, typer.Option("--baseline", metavar="RUN", help="What differences are to; by default the base model.")
    ] = "",
    correction: Annotated[
        str,
        typer.Option(
            "--correction", metavar="NAME", help="holm, or benjamini-hochberg for a sweep of more than 20 rows."
        ),
    ] = "holm",
    reference: Annotated[
        bool, typer.Option("--reference", help="Also the study's published rows, unpaired and marked as such.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every figure, one row each, as CSV.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The table as Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """Put runs side by side: scores with 95 % intervals, paired differences with a test, ties shown as ties."""
    from workbench.cli.tables import show_comparison
    from workbench.engine.compare import compare as compare_here
    from workbench.engine.comparison_text import markdown, to_csv
    from workbench.engine.run import find

    if as_csv + as_markdown + as_json > 1:
        raise InputError("Give one of --csv, --json and --markdown.")
    workspace = workspace_of(context)
    chosen = [find(workspace, name) for name in runs or ()] or _finished(workspace)
    if not chosen and not reference:
        raise InputError(f"{workspace.metrics} has no finished run yet; `workbench run quickstart` makes one.")
    comparison = compare_here(workspace, chosen, baseline, with_reference=reference, correction=correction)
    if as_json:
        emit_json(comparison.to_json())
    elif as_csv:
        emit(to_csv(comparison).rstrip("\n"))
    elif as_markdown:
        emit(markdown(comparison))
    else:
        show_comparison(comparison)


def _finished(workspace: Workspace) -> "list[Run]":
    from workbench.engine.run import runs

    return [run for run in runs(workspace) if run.result_file.exists()]
