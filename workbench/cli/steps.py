"""steps: the numbers of each step of a run."""

import sys
from typing import Annotated

import typer

from workbench.cli.options import Json, RunName, workspace_of
from workbench.cli.output import NOT_AVAILABLE, emit_json, emit_table, say


def show(
    context: typer.Context,
    run: RunName,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
) -> None:
    """Print loss, learning rate, gradient norm, tokens/s and seconds of each step of a run."""
    from workbench.engine.run import find
    from workbench.engine.run_records import as_text
    from workbench.engine.steps import step_records

    chosen = find(workspace_of(context), run)
    records = step_records(chosen)
    if as_json:
        emit_json(records)
    elif as_csv or as_markdown:
        sys.stdout.write(as_text(records, "csv" if as_csv else "markdown"))
    elif not records:
        say(f"{chosen.id} has told no step yet.")
    else:
        columns = list(records[0])
        rows = [[_cell(record[column]) for column in columns] for record in records]
        emit_table(columns, rows, right=columns)


def _cell(value: float | None) -> str:
    return NOT_AVAILABLE if value is None else f"{value:.6g}"
