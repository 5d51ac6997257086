"""data: prepare, preview, reduce and list data sets."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.lists import show
from workbench.cli.options import Json, ProfileName, Sets, examples, load_profile, workspace_of
from workbench.cli.output import console, emit, emit_json, printable, say
from workbench.errors import InputError
from workbench.paths import Workspace

if TYPE_CHECKING:
    from workbench.engine.datasets import Prepared

app = typer.Typer(
    help="Data sets: bring them here, look at what is trained, take samples of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
TRAINED = ("[[", "]]")
"""Around trained text where no colours are."""


@app.command(epilog=examples("workbench data prepare arc", "workbench data prepare real-arc"))
def prepare(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|PROFILE", help="A data set, or a profile that names one.")],
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Bring a data set into data/ in the one shape that everything here reads."""
    _show_manifest(_prepared(workspace_of(context), name, sets), as_json)


def _prepared(workspace: Workspace, name: str, sets: list[str] | None) -> "Prepared":
    from workbench.engine import datasets

    if not (name.endswith(".toml") or workspace.profile(name).is_file()):
        if sets:
            raise InputError(f'"--set" changes a profile, and there is no profile "{name}".')
        return datasets.prepare_named(workspace, name)
    profile, _ = load_profile(workspace, name, sets)
    return datasets.prepare(workspace, profile.data)


def _show_manifest(prepared: "Prepared", as_json: bool) -> None:
    if as_json:
        emit_json({"folder": str(prepared.folder), **prepared.manifest})
        return
    manifest = prepared.manifest
    counts = manifest["counts"]
    say(f"{prepared.id}: {counts['train']} training and {counts['test']} test rows, task {manifest['task']}")
    say(f"source: {manifest['source']}, licence: {manifest['licence']}")
    for note in manifest.get("notes", []):
        say(f"note: {note}")
    overlap = manifest.get("overlap", {})
    if any(overlap.values()):
        found = ", ".join(f"{count} {kind}" for kind, count in overlap.items())
        say(f"note: test questions that are also training questions: {found}")
    emit(str(prepared.folder))


@app.command(epilog=examples("workbench data preview quickstart", "workbench data preview real-arc --rows 1"))
def preview(
    context: typer.Context,
    profile: ProfileName,
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many rows are shown.")] = 3,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Show training rows as the model sees them, with the trained text marked, and what the audit finds."""
    from workbench.cli.preflight import ready
    from workbench.engine.launch import call
    from workbench.profile import dump

    workspace = workspace_of(context)
    wanted, where = load_profile(workspace, profile, sets)
    ready(workspace, wanted, where)
    arguments = {"workspace": str(workspace.root), "profile": dump(wanted), "name": wanted.name, "count": rows}
    answer = call("preview", arguments)
    if as_json:
        emit_json(answer)
    else:
        _show_preview(answer)
    if any(problem["fatal"] for problem in answer["audit"]["problems"]):
        raise typer.Exit(InputError.exit_code)


def _show_preview(answer: dict[str, Any]) -> None:
    from rich.text import Text

    screen, coloured = console(), sys.stdout.isatty()
    for row in answer["rows"]:
        screen.print(Text(f"--- {printable(str(row['id']))}", style="bold"))
        text = Text()
        for piece, trained in row["pieces"]:
            shown = printable(piece)
            marked = f"{TRAINED[0]}{shown}{TRAINED[1]}" if trained and not coloured else shown
            text.append(marked, style="bold green" if trained else "dim")
        screen.print(text)
    report = answer["audit"]
    how = "in green" if coloured else "between [[ and ]]"
    say(f"{report['rows']} rows, {report['tokens']} tokens, {report['trained_tokens']} of them trained (shown {how})")
    for problem in report["problems"]:
        say(f"{'' if problem['fatal'] else 'warning: '}{problem['text']}")


@app.command(epilog=examples("workbench data reduce openmath openmath-1k --train-rows 1000 --test-rows 200 --seed 42"))
def reduce(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The data set that is sampled.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Name of the sample.")],
    train_rows: Annotated[int | None, typer.Option("--train-rows", min=1, help="By default all.")] = None,
    test_rows: Annotated[int | None, typer.Option("--test-rows", min=1, help="By default all.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same rows.")] = 42,
    as_json: Json = False,
) -> None:
    """Take a seeded sample of a data set that keeps the shares of its kinds of rows."""
    from workbench.engine import datasets

    workspace = workspace_of(context)
    sample = datasets.reduce(workspace, source, new, train_rows or "all", test_rows or "all", seed)
    _show_manifest(sample, as_json)


@app.command(name="list", epilog=examples("workbench data list"))
def list_datasets(context: typer.Context, as_json: Json = False) -> None:
    """List the data sets that have a name and those that are here."""
    show(context, "datasets", as_json=as_json)
