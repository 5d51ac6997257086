"""The commands put together, with what all of them share: --workspace and --version."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from workbench import __version__
from workbench.cli import (
    answers,
    artifacts,
    chat,
    datasets,
    doctor,
    evals,
    latency,
    lists,
    memory,
    options,
    profiles,
    queues,
    reports,
    runs,
    steps,
    tags,
)
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


def _add(command: Callable[..., None], name: str, short: str, *lines: str) -> None:
    app.command(name, short_help=short, epilog=options.examples(*lines))(command)


_add(
    runs.run,
    "run",
    "Train and evaluate what a profile says.",
    "workbench run quickstart",
    "workbench run quickstart --set adapter.r=32 --set train.max_steps=20",
    "workbench run qwen3-8b-qlora --detach",
    "workbench run quickstart --dry-run        # check, and show every key, defaults too",
)
_add(
    profiles.check,
    "check",
    "Say what is wrong with a profile on this machine.",
    "workbench check quickstart",
    "workbench check mine --set quant.method=nf4 --json",
)
_add(
    memory.fit,
    "fit",
    "Predict peak memory: does it fit, what to change.",
    "workbench fit qwen3-8b-qlora --gpu 8GiB",
    'workbench fit mine --gpu "RTX 4060 Ti" --apply',
    "workbench fit --report",
)
_add(
    lists.show,
    "list",
    "List runs, models, datasets, profiles, adapters, ...",
    "workbench list",
    "workbench list --where 'qlora loss<1.2 !nf4 age<2d'",
    "workbench list models",
    "workbench list profiles --json",
)
_add(
    runs.watch,
    "watch",
    "Show a run; ctrl+c leaves it alone.",
    "workbench watch last",
    "workbench watch quickstart --json",
    "workbench watch last --screen              # in the app",
)
_add(
    steps.show,
    "steps",
    "Print the numbers of each step of a run.",
    "workbench steps last",
    "workbench steps last --csv > steps.csv",
)
_add(runs.stop, "stop", "Write a checkpoint and stop a run.", "workbench stop last", "workbench stop last --now")
_add(
    runs.checkpoint,
    "checkpoint",
    "Write a checkpoint now; the run goes on.",
    "workbench checkpoint last",
)
_add(
    runs.resume,
    "resume",
    "Go on with a stopped, failed or lost run.",
    "workbench resume last",
    "workbench resume quickstart --detach",
)
_add(
    evals.evaluate,
    "eval",
    "Evaluate runs, or models as they are.",
    "workbench eval last --set eval.rows=500",
    "workbench eval smollm2-135m --on quiz",
    "workbench eval qwen3-8b --profile qwen3-8b-base",
    "workbench eval quickstart r32 r64 --on passages --detach",
    "workbench eval --pending --detach",
)
_add(
    answers.samples,
    "samples",
    "Show what a model answered, question by question.",
    "workbench samples last",
    "workbench samples last --on quiz --failures",
    "workbench samples last --where 'verdict~truncated' --csv > cut.csv",
)
_add(
    chat.chat,
    "chat",
    "Talk to a model, or to what a run made of it.",
    "workbench chat last",
    "workbench chat last --base-too --prompt 'What is 17 plus 5?'",
    "workbench chat smollm2-135m --temperature 0.7 --seed 7 --json < prompt.txt",
)
_add(
    queues.queue,
    "queue",
    "Show or stop the evaluations that wait.",
    "workbench queue",
    "workbench queue --stop",
    "workbench queue --resume",
)
_add(
    evals.compare,
    "compare",
    "Scores side by side, with intervals and tests.",
    "workbench compare",
    "workbench compare last --reference",
    "workbench compare run-a run-b --baseline run-a --csv > table.csv",
    "workbench compare --where 'lora accuracy>0.5 memory<8GiB'",
)
_add(
    evals.diff,
    "diff",
    "In which keys and figures runs differ.",
    "workbench diff run-a run-b",
    "workbench diff quickstart last --json",
)
_add(
    tags.tag,
    "tag",
    "Give a run tags, or take them away.",
    "workbench tag last good seed-7",
    "workbench tag last good --remove",
    "workbench list --where good",
)
_add(
    tags.archive,
    "archive",
    "Leave runs out of lists.",
    "workbench archive quickstart",
    "workbench archive quickstart --restore",
)
_add(
    reports.import_results,
    "import",
    "Bring results of other tools into the same table.",
    "workbench import lm-eval-output/",
    "workbench import results_2026-01-01.json mine.csv",
)
_add(
    reports.export_results,
    "export-results",
    "Scores and answers as another tool's files.",
    "workbench export-results last --format lm-eval -o exports/",
)
_add(
    reports.report,
    "report",
    "Tables, plots, failures and receipts as one file.",
    "workbench report -o report.html",
    "workbench report run-a run-b --baseline run-a -o report.md",
)
_add(
    latency.latency,
    "latency",
    "Time runs, prompt by prompt, in turns.",
    "workbench latency last",
    "workbench latency run-a run-b --repeats 3 --json",
)
app.add_typer(datasets.app, name="data", short_help="Prepare, preview, reduce and list data sets.")
_add(
    profiles.new,
    "new",
    "Write a profile that begins as another one, or as a run.",
    "workbench new mine --from quickstart",
    "workbench new again --from-run last --set train.seed=7",
    "workbench new r32 --from mine --set adapter.r=32",
)
_add(
    artifacts.fetch,
    "fetch",
    "Bring a model here.",
    "workbench fetch smollm2-135m",
    "workbench fetch Qwen/Qwen3-0.6B --revision main",
)
_add(
    artifacts.export,
    "export",
    "Merge a run's adapter into its model.",
    "workbench export last exports/my-model",
)
_add(
    doctor.doctor,
    "doctor",
    "Versions, GPU, driver, hub, telemetry.",
    "workbench doctor",
    "workbench doctor --json",
)
