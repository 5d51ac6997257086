"""fetch and export: models that come, models that go."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.options import Json, RunName, workspace_of
from workbench.cli.output import console, emit, emit_json, printable, say, size_text
from workbench.paths import Workspace

OnProgress = Callable[[str, int, int | None], None]
PLAIN_FRACTION = 0.1
PLAIN_BYTES = 100 * 2**20
"""Without a terminal a line is printed after each tenth, or each 100 MiB where the size is unknown."""


def fetch(
    context: typer.Context,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A name from `workbench list models`, or an id on the hub.")
    ],
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the hub.")] = "main",
    as_json: Json = False,
) -> None:
    """Bring a model here. What an interrupted download left is used by the next one."""
    folder = fetch_model(workspace_of(context), model, revision)
    if as_json:
        emit_json({"model": model, "folder": str(folder)})
    else:
        emit(str(folder))


def fetch_model(workspace: Workspace, name: str, revision: str) -> Path:
    """The model's folder, with a progress bar meanwhile. Errors as ``engine.fetch.fetch``."""
    from workbench.engine.fetch import fetch as fetch_here

    with _progress() as on_progress:
        return fetch_here(workspace, name, on_progress, revision)


@contextmanager
def _progress() -> Iterator[OnProgress]:
    if sys.stderr.isatty():
        with _bar() as on_progress:
            yield on_progress
    else:
        yield plain_progress()


@contextmanager
def _bar() -> Iterator[OnProgress]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        task = progress.add_task("", total=None)

        def on_progress(what: str, done: int, total: int | None) -> None:
            progress.update(task, description=printable(what), completed=done, total=total)

        yield on_progress


def plain_progress() -> OnProgress:
    """Says now and then how far a download is, one line each."""
    told: tuple[str, int] = ("", 0)

    def on_progress(what: str, done: int, total: int | None) -> None:
        nonlocal told
        part = int(done / total / PLAIN_FRACTION) if total else done // PLAIN_BYTES
        if (what, part) != told:
            told = (what, part)
            say(f"{what}: {size_text(done)}{f' of {size_text(total)}' if total else ''}")

    return on_progress


def export(
    context: typer.Context,
    run: RunName,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder that is not there yet, or is empty.")],
    as_json: Json = False,
) -> None:
    """Merge a run's adapter into its model: a folder that plain transformers opens."""
    from workbench.engine.export import export as export_here
    from workbench.engine.run import find

    made = export_here(find(workspace_of(context), run), out, on_event=_tell)
    if as_json:
        emit_json(made)
        return
    say(check_text(made.get("check")))
    emit(str(made["folder"]))


def _tell(report: dict[str, Any]) -> None:
    say(str(report.get("stage") or report))


def check_text(check: dict[str, Any] | None) -> str:
    """What asking the exported model some of the recorded questions again found.

    >>> check_text({"asked": 16, "same": 15, "dtype": "float32"})
    'check: read back from disk in float32, it gave 15 of 16 recorded answers again, word for word'
    """
    if not check:
        return "check: n/a (the run has no recorded answers)"
    asked, same = check["asked"], check["same"]
    again = f"{same} of {asked} recorded answers again, word for word"
    return f"check: read back from disk in {check['dtype']}, it gave {again}"
