"""import, export-results and report: results that come, results that go, and results for people."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import Json, RunName, workspace_of
from workbench.cli.output import emit, emit_json, say
from workbench.errors import InputError, nearest

RESULT_FORMATS = ("lm-eval",)


def import_results(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="A result file, a CSV, or a folder of result files."),
    ],
    as_json: Json = False,
) -> None:
    """Bring results of lm-eval, lighteval, PEFT's method_comparison, the 2025 study or a CSV into the same table."""
    from workbench.engine.imports import import_results as import_here

    made = import_here(workspace_of(context), paths)
    if as_json:
        emit_json([{"run": one.run.id, "new": one.new, "origin": one.origin, "caveats": one.caveats} for one in made])
        return
    for one in made:
        say(f"{one.run.id}: {one.origin}{'' if one.new else ', imported before'}")
        emit(one.run.id)
    for caveat in dict.fromkeys(caveat for one in made for caveat in one.caveats):
        say(f"note: {caveat}")


def export_results(
    context: typer.Context,
    run: RunName,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="A folder; the model gets one inside it.")],
    form: Annotated[str, typer.Option("--format", metavar="NAME", help="lm-eval.")] = "lm-eval",
    rows: Annotated[bool, typer.Option("--rows", help="The questions too, so that lm-eval can ask them.")] = False,
    as_json: Json = False,
) -> None:
    """Write a run's scores and answers as another tool's files, which that tool's own readers take."""
    from workbench.engine.exports.lm_eval import export as export_here
    from workbench.engine.run import find

    if form not in RESULT_FORMATS:
        raise InputError(f'There is no format "{form}" for results. {nearest(form, RESULT_FORMATS)}')
    files = export_here(find(workspace_of(context), run), out, rows, lambda text: say(f"note: {text}"))
    if as_json:
        emit_json([str(file) for file in files])
        return
    for file in files:
        emit(str(file))


def report(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="report.md, or report.html with everything.")
    ],
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help="By default all runs that are finished.")
    ] = None,
    baseline: Annotated[
        str, typer.Option("--baseline", metavar="RUN", help="What differences are to; by default the base model.")
    ] = "",
) -> None:
    """Write down what runs showed: tables, plots, failures, receipts, and how every number was made."""
    from workbench.engine.report import report as report_here
    from workbench.engine.run import find
    from workbench.engine.run import runs as all_runs

    workspace = workspace_of(context)
    chosen = [find(workspace, name) for name in runs or ()]
    chosen = chosen or [run for run in all_runs(workspace) if run.result_file.exists()]
    if not chosen:
        raise InputError(f"{workspace.metrics} has no finished run yet; `workbench run quickstart` makes one.")
    for file in report_here(workspace, chosen, out, baseline):
        emit(str(file))
