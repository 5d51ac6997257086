"""Put a report together: what the table says, how the runs went, what failed, and what it all rests on."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.engine.compare import compare
from workbench.engine.compared_run import DAMAGED, ComparedRun, read
from workbench.engine.comparison import Block, Comparison
from workbench.engine.comparison_text import LEGEND, health_grid, score_grid, seeds_grid, title
from workbench.engine.figures import FIGURES, score
from workbench.engine.pareto import points
from workbench.engine.plots import loss_png, memory_png, pareto_png
from workbench.engine.report import methods, receipts
from workbench.engine.report.document import Bullets, Document, Paragraph, Part, Picture, Section, Table, Verbatim
from workbench.engine.report.failures import failures
from workbench.engine.report.history import History, history
from workbench.engine.report.latency import latencies
from workbench.engine.run import Run
from workbench.engine.texts import number_text, time_text
from workbench.paths import Workspace

WHAT = (
    "This report compares language models on test sets. Scores are shares of right answers or means of such shares, "
    "between 0 and 1, each with its 95 % interval; a model is called better only where a test says so."
)


def build(workspace: Workspace, runs: Sequence[Run], baseline: str = "") -> Document:
    """The report on runs, with the base models that they were measured against.

    Raises:
        InputError: There is no run of the baseline's name.
    """
    comparison = compare(workspace, runs, baseline)
    shown = {line.id: None for block in comparison.blocks for line in block.lines if line.kind != "floor"}
    compared = [read(Run(workspace, run_id)) for run_id in shown]
    folders = [Run(workspace, run_id) for run_id in {**shown, **dict.fromkeys(_trained(runs))}]
    trained = {run.id: history(run) for run in runs if run.events_file.exists()}
    sections = [
        Section("In short", _short(comparison)),
        Section("How to read the tables", [Paragraph(LEGEND)]),
        *(_block(block, place) for place, block in enumerate(comparison.blocks)),
        *latencies({run.id: run.result() or {} for run in folders}),
        *_training(folders, trained),
        Section("What failed", _failed(compared)),
        *(section for run in compared for section in failures(run)),
        Section("What the numbers rest on", list(receipts.tables(folders, compared))),
        *_profiles(folders),
        Section("How the numbers were made", [Bullets(list(methods.points(comparison, compared)))]),
    ]
    return Document(f"Comparison of {len(shown)} model{'' if len(shown) == 1 else 's'}", sections)


def _trained(runs: Sequence[Run]) -> Iterator[str]:
    """Ids of the runs that were trained, scores or none; of a damaged one the comparison says so."""
    for run in runs:
        try:
            if run.result_file.exists() and read(run).trained:
                yield run.id
        except DAMAGED:
            continue


def _short(comparison: Comparison) -> list[Part]:
    heads = ("No winner", "Shown to be", "No row is shown")
    found = [
        f"{block.dataset}: {sentence}"
        for block in comparison.blocks
        for sentence in block.footer
        if sentence.startswith(heads) or (block.winner and sentence.startswith(block.winner))
    ]
    to = {block.dataset: block.baseline for block in comparison.blocks if block.baseline}
    own = "; ".join(f"on {dataset} to {baseline}" for dataset, baseline in to.items())
    to_all = f"to {comparison.baseline}" if comparison.baseline else own
    against = f"Differences are {to_all}." if to_all else "There is no baseline, hence no difference."
    notes = [Bullets(comparison.notes)] if comparison.notes else []
    return [Paragraph(f"{WHAT} {against}"), *([Bullets(found)] if found else []), *notes]


def _block(block: Block, place: int) -> Section:
    ranked = block.metrics[0]
    parts: list[Part] = [
        Table(score_grid(block), "Scores."),
        Table(health_grid(block), "How the answers were, and what they cost."),
    ]
    if block.seeds:
        parts.append(Table(seeds_grid(block), "Over several training seeds."))
    if block.footer:
        parts.append(Bullets(block.footer))
    x, y = FIGURES["memory_bytes"], score(ranked, "lower" if ranked in block.lower_is_better else "higher")
    plane = points(block, x, y)
    if len(plane) > 1:
        caption = f"{ranked} on {block.dataset} against peak memory; filled points are on the front."
        parts.append(
            _picture(
                f"pareto-{place}.png",
                caption,
                lambda path: pareto_png(plane, path, x, y, block.dataset, block.baseline),
            )
        )
    return Section(title(block), parts)


def _training(folders: Sequence[Run], trained: dict[str, History]) -> Iterator[Section]:
    curves = {run_id: told.losses for run_id, told in trained.items() if told.losses}
    if not curves:
        return
    looks = {run_id: told.eval_losses for run_id, told in trained.items() if told.eval_losses}
    caption = "Training loss by step; a loss that was no number is left out."
    parts: list[Part] = [Table(_steps(folders), "How training went.")]
    if looks:
        parts.append(Table(_validations(folders), "The loss on rows held out of the training, eval_loss."))
        caption += " Dashed, with a mark at each look: the loss on rows that were not trained on."
    title = "training loss and eval_loss" if looks else "training loss"
    parts.append(_picture("loss.png", caption, lambda path: loss_png(curves, path, title, looks)))
    yield Section("Training", parts)
    for place, (run_id, told) in enumerate(trained.items()):
        if told.memory:
            yield Section(f"Memory of {run_id}", [_memory(run_id, told, place)], level=3)


def _memory(run_id: str, told: History, place: int) -> Picture:
    caption = f"What {run_id} held in memory over time; dotted lines are the stages of its work."
    return _picture(f"memory-{place}.png", caption, lambda path: memory_png(told.memory, path, run_id, told.stages))


def _steps(folders: Sequence[Run]) -> tuple[list[str], list[list[str]]]:
    header = ["run", "steps", "rows", "trainable parameters", "tokens", "time", "tokens/s", "first loss", "last loss"]
    rows = []
    for run in folders:
        told = (run.result() or {}).get("training")
        if told:
            counts = [told.get(name) for name in ("steps", "train_rows", "trainable_parameters", "tokens")]
            whole = [f"{count:,}" if isinstance(count, int) else "n/a" for count in counts]
            losses = [number_text(told.get(name)) for name in ("first_loss", "last_loss")]
            rate = number_text(told.get("tokens_per_s"), 1)
            rows.append([run.id, *whole, time_text(told.get("wall_s")), rate, *losses])
    return header, rows


def _validations(folders: Sequence[Run]) -> tuple[list[str], list[list[str]]]:
    """First, best and last look of each run that had any; the best by step tells where it began to learn by heart."""
    header = ["run", "validation rows", "label tokens", "first", "best", "at step", "last", "at step", "looks", "time"]
    rows = []
    for run in folders:
        told = ((run.result() or {}).get("training") or {}).get("validation")
        if told:
            best, last = told["best"] or {}, told["last"]
            losses = [_interval(told["first"]), _interval(best), _step(best), _interval(last), _step(last)]
            rows.append(
                [
                    run.id,
                    *(str(told.get(name, "n/a")) for name in ("n", "n_tokens")),
                    *losses,
                    str(told["evaluations"]),
                    time_text(told.get("wall_s")),
                ]
            )
    return header, rows


def _interval(look: dict[str, Any]) -> str:
    loss, low, high = (look.get(name) for name in ("eval_loss", "low", "high"))
    return "n/a" if loss is None else f"{number_text(loss)} [{number_text(low)}, {number_text(high)}]"


def _step(look: dict[str, Any]) -> str:
    return str(look.get("step", "n/a"))


def _profiles(folders: Sequence[Run]) -> Iterator[Section]:
    """What would make the same runs again."""
    for run in folders:
        if (run.result() or {}).get("training"):
            text = run.profile_file.read_text(encoding="utf-8")
            yield Section(f"Profile of {run.id}", [Verbatim(text.strip())], level=3)


def _failed(compared: Sequence[ComparedRun]) -> list[Part]:
    if any(run.samples[dataset] for run in compared for dataset in run.samples):
        return [Paragraph("By run and test set, with the first answers of each kind, word for word.")]
    return [Paragraph("No answers are kept with these results, so that none can be shown.")]


def _picture(name: str, caption: str, draw: Callable[[Path], None]) -> Picture:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        draw(path)
        return Picture(name, path.read_bytes(), caption)
