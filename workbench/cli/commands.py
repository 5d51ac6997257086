"""The commands as rows, in the order in which the help lists them."""

from collections.abc import Callable
from dataclasses import dataclass

import typer

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
    profiles,
    queues,
    reports,
    runs,
    steps,
    tags,
)


@dataclass(frozen=True)
class Command:
    """One command.

    Args:
        does: What it calls, or an app of commands below it.
        name: What is typed.
        short: What the list of commands says of it.
        examples: Command lines that its own help shows.
    """

    does: Callable[..., None] | typer.Typer
    name: str
    short: str
    examples: tuple[str, ...] = ()


COMMANDS = (
    Command(
        runs.run,
        "run",
        "Train and evaluate what a profile says.",
        (
            "workbench run quickstart",
            "workbench run quickstart --set adapter.r=32 --set train.max_steps=20",
            "workbench run qwen3-8b-qlora --detach",
            "workbench run quickstart --dry-run        # check, and show every key, defaults too",
        ),
    ),
    Command(
        profiles.check,
        "check",
        "Say what is wrong with a profile on this machine.",
        ("workbench check quickstart", "workbench check mine --set quant.method=nf4 --json"),
    ),
    Command(
        memory.fit,
        "fit",
        "Predict peak memory: does it fit, what to change.",
        (
            "workbench fit qwen3-8b-qlora --gpu 8GiB",
            'workbench fit mine --gpu "RTX 4060 Ti" --apply',
            "workbench fit --report",
        ),
    ),
    Command(
        lists.show,
        "list",
        "List runs, models, datasets, profiles, adapters, ...",
        (
            "workbench list",
            "workbench list --where 'qlora loss<1.2 !nf4 age<2d'",
            "workbench list models",
            "workbench list profiles --json",
        ),
    ),
    Command(
        runs.watch,
        "watch",
        "Show a run; ctrl+c leaves it alone.",
        (
            "workbench watch last",
            "workbench watch quickstart --json",
            "workbench watch last --screen              # in the app",
        ),
    ),
    Command(
        steps.show,
        "steps",
        "Print the numbers of each step of a run.",
        ("workbench steps last", "workbench steps last --csv > steps.csv"),
    ),
    Command(
        runs.stop, "stop", "Write a checkpoint and stop a run.", ("workbench stop last", "workbench stop last --now")
    ),
    Command(runs.checkpoint, "checkpoint", "Write a checkpoint now; the run goes on.", ("workbench checkpoint last",)),
    Command(
        runs.resume,
        "resume",
        "Go on with a stopped, failed or lost run.",
        ("workbench resume last", "workbench resume quickstart --detach"),
    ),
    Command(
        evals.evaluate,
        "eval",
        "Evaluate runs, or models as they are.",
        (
            "workbench eval last --set eval.rows=500",
            "workbench eval smollm2-135m --on quiz",
            "workbench eval qwen3-8b --profile qwen3-8b-base",
            "workbench eval quickstart r32 r64 --on passages --detach",
            "workbench eval --pending --detach",
        ),
    ),
    Command(
        answers.samples,
        "samples",
        "Show what a model answered, question by question.",
        (
            "workbench samples last",
            "workbench samples last --on quiz --failures",
            "workbench samples last --where 'verdict~truncated' --csv > cut.csv",
        ),
    ),
    Command(
        chat.chat,
        "chat",
        "Talk to a model, or to what a run made of it.",
        (
            "workbench chat last",
            "workbench chat last --base-too --prompt 'What is 17 plus 5?'",
            "workbench chat smollm2-135m --temperature 0.7 --seed 7 --json < prompt.txt",
        ),
    ),
    Command(
        queues.queue,
        "queue",
        "Show or stop the evaluations that wait.",
        ("workbench queue", "workbench queue --stop", "workbench queue --resume"),
    ),
    Command(
        evals.compare,
        "compare",
        "Scores side by side, with intervals and tests.",
        (
            "workbench compare",
            "workbench compare last --reference",
            "workbench compare run-a run-b --baseline run-a --csv > table.csv",
            "workbench compare --where 'lora accuracy>0.5 memory<8GiB'",
        ),
    ),
    Command(
        evals.diff,
        "diff",
        "In which keys and figures runs differ.",
        ("workbench diff run-a run-b", "workbench diff quickstart last --json"),
    ),
    Command(
        tags.tag,
        "tag",
        "Give a run tags, or take them away.",
        ("workbench tag last good seed-7", "workbench tag last good --remove", "workbench list --where good"),
    ),
    Command(
        tags.archive,
        "archive",
        "Leave runs out of lists.",
        ("workbench archive quickstart", "workbench archive quickstart --restore"),
    ),
    Command(
        reports.import_results,
        "import",
        "Bring results of other tools into the same table.",
        ("workbench import lm-eval-output/", "workbench import results_2026-01-01.json mine.csv"),
    ),
    Command(
        reports.export_results,
        "export-results",
        "Scores and answers as another tool's files.",
        ("workbench export-results last --format lm-eval -o exports/",),
    ),
    Command(
        reports.report,
        "report",
        "Tables, plots, failures and receipts as one file.",
        ("workbench report -o report.html", "workbench report run-a run-b --baseline run-a -o report.md"),
    ),
    Command(
        latency.latency,
        "latency",
        "Time runs, prompt by prompt, in turns.",
        ("workbench latency last", "workbench latency run-a run-b --repeats 3 --json"),
    ),
    Command(datasets.app, "data", "Prepare, preview, reduce and list data sets."),
    Command(
        profiles.new,
        "new",
        "Write a profile that begins as another one, or as a run.",
        (
            "workbench new mine --from quickstart",
            "workbench new again --from-run last --set train.seed=7",
            "workbench new r32 --from mine --set adapter.r=32",
        ),
    ),
    Command(
        artifacts.fetch,
        "fetch",
        "Bring a model here.",
        ("workbench fetch smollm2-135m", "workbench fetch Qwen/Qwen3-0.6B --revision main"),
    ),
    Command(
        artifacts.export, "export", "Merge a run's adapter into its model.", ("workbench export last exports/my-model",)
    ),
    Command(
        doctor.doctor,
        "doctor",
        "Versions, GPU, driver, hub, telemetry.",
        ("workbench doctor", "workbench doctor --json"),
    ),
)
