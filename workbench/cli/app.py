"""The command line put together: the commands, and what all of them share: --workspace and --version."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench import __version__
from workbench.cli import options
from workbench.cli.commands import COMMANDS
from workbench.errors import InputError
from workbench.paths import Workspace

HELP = """\
Fine-tune language models on the GPU you own, and know what the numbers can claim.

A profile (TOML) says everything that an experiment needs; `run` trains and evaluates it in a process of its own
and writes a run folder; `compare` says what the results can claim."""

EPILOG = """\
\b
Examples:
  workbench                                the app, on the whole screen
  workbench run quickstart                 train and evaluate a small model, on a CPU too
  workbench new mine --from quickstart --set adapter.r=32
  workbench check mine                     what is wrong with it, before anything is loaded
  workbench run mine --detach; workbench watch mine
  workbench compare                        all finished runs, with intervals and tests

\b
Results go to stdout, messages to stderr. Exit codes:
  0    ok
  1    a failure that is nobody's typing mistake
  2    bad input: a profile, a name, a file, an argument
  3    a run failed
  4    a run was stopped; `workbench resume RUN` goes on with it
  5    a run's worker disappeared; `workbench resume RUN` goes on with it
  130  interrupted"""

# Plain help: Rich's panels would double the time that --help takes.
app = typer.Typer(
    name="workbench",
    help=HELP,
    epilog=EPILOG,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"workbench {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            metavar="FOLDER",
            help="Where profiles/, data/, models/ and metrics/ are; by default the current folder.",
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback has done it
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep the workspace for the command that follows; without a command, open the app."""
    folder = workspace or Path.cwd()
    if not folder.is_dir():
        raise InputError(f"--workspace {folder}: there is no such folder.")
    context.obj = Workspace(folder.resolve())
    if context.invoked_subcommand is None:
        _open_app(context)


def _open_app(context: typer.Context) -> None:
    """The app where there is a terminal; the help where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        typer.echo(context.get_help())
        return
    from workbench.tui.start import start

    raise typer.Exit(start(context.obj))


for command in COMMANDS:
    if isinstance(command.does, typer.Typer):
        app.add_typer(command.does, name=command.name, short_help=command.short)
    else:
        epilog = options.examples(*command.examples)
        app.command(command.name, short_help=command.short, epilog=epilog)(command.does)
