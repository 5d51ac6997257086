"""eval, compare and diff: scores, and what they can claim."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Detach, Json, Sets, profile_path, workspace_of
from workbench.cli.output import emit, emit_json, say
from workbench.errors import InputError
from workbench.paths import Workspace


def evaluate(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN|MODEL]...", help="Runs, or models that nobody trained: name, hub id, folder."),
    ] = None,
    datasets: Annotated[
        list[str] | None,
        typer.Option(
            "--on", metavar="DATASET", help="Data set to ask; a run is asked its own too. May be given again."
        ),
    ] = None,
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
    """Evaluate trained runs again or anew, or models as they are. Answers that are there are not asked again.

    Several are evaluated one after the other by a process that goes on when this terminal is closed.
    """
    workspace = workspace_of(context)
    if pending:
        if names or profile or sets or datasets:
            raise InputError("--pending takes no name, no --profile, --on and --set: each run has its own profile.")
        _evaluate_pending(workspace, detach, as_json)
    elif not names:
        raise InputError("Name a run or a model, or give --pending.")
    elif len(names) > 1:
        path = profile_path(workspace, profile) if profile else None
        _evaluate_all(workspace, names, datasets or [], path, sets or [], detach, as_json)
    else:
        _evaluate_one(workspace, names[0], datasets or [], profile, sets or [], detach, as_json)


def _evaluate_one(
    workspace: Workspace, name: str, datasets: list[str], profile: str, sets: list[str], detach: bool, as_json: bool
) -> None:
    from workbench.cli.runs import attend
    from workbench.engine.evaluations import evaluate as evaluate_here
    from workbench.engine.evaluations import is_model, on_datasets

    path = profile_path(workspace, profile) if profile else None
    overrides = [*on_datasets(workspace, name, datasets), *sets]
    if is_model(workspace, name):
        _ready(workspace, name, path, overrides)
    elif path:
        raise InputError(f"--profile says what a model is asked, and {name} is none; change a run's [eval] with --set.")
    attend(evaluate_here(workspace, name, path, overrides), detach, as_json)


def _evaluate_all(
    workspace: Workspace,
    names: list[str],
    datasets: list[str],
    profile: Path | None,
    sets: list[str],
    detach: bool,
    as_json: bool,
) -> None:
    """Queue all of them, once none is refused."""
    from workbench.cli.queues import attend_queue
    from workbench.engine import evaluations, queue

    def task(name: str) -> queue.Task:
        of_model = profile if evaluations.is_model(workspace, name) else None
        return queue.task(workspace, name, datasets, of_model, sets)

    tasks = [task(name) for name in names]
    queue.add(workspace, tasks)
    attend_queue(workspace, [one.id for one in tasks], detach, as_json)


def _ready(workspace: Workspace, name: str, path: Path | None, overrides: list[str]) -> None:
    from workbench.cli.preflight import ready
    from workbench.engine.evaluations import for_model

    ready(workspace, for_model(name, path, overrides), str(path) if path else f"eval {name}")


def _evaluate_pending(workspace: Workspace, detach: bool, as_json: bool) -> None:
    """One after the other, since they share one machine; ends with the worst exit code.

    Raises:
        typer.Exit: One of them did not finish.
    """
    from workbench.cli.runs import attend
    from workbench.engine import launch
    from workbench.engine.evaluations import pending

    waiting = pending(workspace)
    say(f"{len(waiting)} trained {'run has' if len(waiting) == 1 else 'runs have'} no scores")
    if detach and waiting:
        _evaluate_all(workspace, [run.id for run in waiting], [], None, [], detach, as_json)
        return
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
    *,
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
    where: Annotated[
        str,
        typer.Option("--where", metavar="EXPR", help="Only rows that match, such as 'lora accuracy>0.5 memory<8GiB'."),
    ] = "",
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="Draw two figures of the runs, with the Pareto front.")
    ] = None,
    data: Annotated[str, typer.Option("--data", metavar="NAME", help="For --png: the data set; else the first.")] = "",
    x: Annotated[str, typer.Option("--x", metavar="KEY", help="For --png: by default latency_s.")] = "",
    y: Annotated[str, typer.Option("--y", metavar="KEY", help="For --png: by default the ranked score.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Every figure, one row each, as CSV.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The table as Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """Put runs side by side: scores with 95 % intervals, paired differences with a test, ties shown as ties."""
    from workbench.cli.pictures import write_plane
    from workbench.cli.tables import show_comparison
    from workbench.engine.compare import compare as compare_here
    from workbench.engine.comparison_text import markdown, to_csv
    from workbench.engine.contenders import finished
    from workbench.engine.figures import where as matching
    from workbench.engine.run import find

    if as_csv + as_markdown + as_json + (png is not None) > 1:
        raise InputError("Give one of --csv, --json, --markdown and --png.")
    workspace = workspace_of(context)
    chosen = [find(workspace, name) for name in runs or ()] or finished(workspace)
    if not chosen and not reference:
        raise InputError(f"{workspace.metrics} has no finished run yet; `workbench run quickstart` makes one.")
    comparison = compare_here(workspace, chosen, baseline, with_reference=reference, correction=correction)
    if where:
        comparison = matching(comparison, where)
    if png:
        write_plane(comparison, png, data, x, y)
    elif as_json:
        emit_json(comparison.to_json())
    elif as_csv:
        emit(to_csv(comparison).rstrip("\n"))
    elif as_markdown:
        emit(markdown(comparison))
    else:
        show_comparison(comparison)


def diff(
    context: typer.Context,
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Two or more; differences are to the first.")],
    as_json: Json = False,
) -> None:
    """Say in which profile keys and figures runs differ, and what the differences can claim."""
    from workbench.cli.tables import show_grid
    from workbench.engine.diff import diff as diff_here
    from workbench.engine.diff import figure_grid, key_grid
    from workbench.engine.run import find

    workspace = workspace_of(context)
    found = diff_here(workspace, [find(workspace, name) for name in runs])
    if as_json:
        emit_json(found.to_json())
        return
    if not found.keys:
        say("Their profiles are the same.")
    for grid in (key_grid(found), figure_grid(found)):
        if grid[1]:
            show_grid(grid, left=tuple(grid[0]))
            emit("")
    for note in found.notes:
        say(f"note: {note}")
