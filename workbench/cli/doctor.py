"""doctor: what this machine has."""

import typer

from workbench.cli.options import Json, workspace_of
from workbench.cli.output import emit_json, emit_table
from workbench.errors import WorkbenchError

MARKS = {True: "ok", False: "!!", None: ""}


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Print versions, hardware, driver, whether the hub can be reached, and what is sent to anybody (nothing)."""
    from workbench.engine.doctor import diagnose

    findings = diagnose(workspace_of(context))
    if as_json:
        emit_json([vars(finding) for finding in findings])
    else:
        rows = [(MARKS[finding.ok], finding.area, finding.name, finding.value) for finding in findings]
        emit_table(("", "area", "what", "is"), rows)
    if any(finding.ok is False for finding in findings):
        raise typer.Exit(WorkbenchError.exit_code)
