"""Comparisons as grids of texts, as Markdown and as CSV: what the command prints and the app shows and exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from workbench.engine.comparison import Block, Cell, Comparison, Line
from workbench.engine.reference import Published
from workbench.engine.texts import NOT_AVAILABLE, number_text, printable, size_text

MARKS = {"better": "▲ better", "worse": "▼ worse", "equivalent": "≡ equivalent", "tie": "≈ tie", "baseline": "baseline"}
LEFT = ("run", "model", "method", "quant", "flags", "note", "origin", "not ranked")
LEGEND = (
    "[low, high]: 95 % interval. difference: to the baseline, paired on the same questions (u: independent samples); "
    "▲ ▼: p < 0.05 after correction, ≡: within 2 points, ≈: not told apart (?: 5 points might not have shown). *: no "
    "row is shown to be better; a row that collapsed never has one."
)
HEALTH = (
    ("coverage", "coverage", 3),
    ("empty", "empty", 3),
    ("unparsed", "unparsed", 3),
    ("truncated", "truncated", 3),
    ("errors", "error", 3),
    ("new tokens", "mean_new_tokens", 1),
)
"""Title, name and digits of what is said of a row's answers."""
Grid = tuple[list[str], list[list[str]]]


def title(block: Block) -> str:
    """Data set, task and how it was asked."""
    return f"{block.dataset} ({block.task}, {block.protocol}, answers {block.answer_format})"


def reference_title(comparison: Comparison) -> str:
    """What the published figures are."""
    return (
        f"published by the study (n = {comparison.reference_n} a task, its own scorers; not paired with anything here)"
    )


def score_grid(block: Block) -> Grid:
    """Header and rows of one data set's scores; the difference is that of the ranked metric."""
    ranked, *others = block.metrics
    header = ["run", "model", "method", "quant", "n", ranked, "difference", *others]
    return header, [_scores(line, ranked, others) for line in block.lines]


def _scores(line: Line, ranked: str, others: list[str]) -> list[str]:
    cell = line.cells.get(ranked)
    figures = [str(cell.n) if cell and cell.n else NOT_AVAILABLE, cell_text(cell), delta_text(cell)]
    return [line.id, line.model, line.method, line.quant, *figures, *(cell_text(line.cells.get(o)) for o in others)]


def seeds_grid(block: Block) -> Grid:
    """Header and rows of configurations with several training seeds: means over seeds and questions."""
    ranked, *others = block.metrics
    header = ["run", "model", "method", "quant", "n", ranked, "difference", *others]
    return header, [[line.name, *_scores(line, ranked, others)[1:]] for line in block.seeds]


def health_grid(block: Block) -> Grid:
    """Header and rows of how one data set was answered, and what it took; a floor answers nothing."""
    header = ["run", *(title for title, _, _ in HEALTH), "s/prompt"]
    header += ["train memory", "predicted", "eval memory", "flags"]
    lines = [line for line in block.lines if line.kind != "floor"]
    further = {
        "AbsDiff (legacy)": [_absdiff(line) for line in lines] if block.task == "math" else [],
        "first token s": _times([line.ttft_s for line in lines]),
        "token s": _times([line.tpot_s for line in lines]),
        "origin": [line.origin for line in lines],
        "not ranked": [_not_ranked(line) for line in lines],
    }
    shown = {title: texts for title, texts in further.items() if any(texts)}
    rows = [[*_health(line), *(texts[place] for texts in shown.values())] for place, line in enumerate(lines)]
    return [*header, *shown], rows


def _health(line: Line) -> list[str]:
    shares = [number_text(line.health.get(name), digits) for _, name, digits in HEALTH]
    trained = _memory(line.train_memory_bytes, line) if line.kind == "train" else ""
    memory = [trained, _predicted(line), _memory(line.eval_memory_bytes, line)]
    return [line.id, *shares, number_text(line.latency_s, 3), *memory, ", ".join(line.flags)]


def _memory(peak_bytes: int | None, line: Line) -> str:
    return size_text(peak_bytes) if peak_bytes is None else f"{size_text(peak_bytes)} {line.memory_kind}".rstrip()


def _times(seconds: list[float | None]) -> list[str]:
    """Medians of a latency; nothing where nobody timed any."""
    return [number_text(one, 4) for one in seconds] if any(one is not None for one in seconds) else []


def _predicted(line: Line) -> str:
    """What was predicted of the training's memory, and how far the run was from it; empty without a prediction."""
    if line.predicted_memory_bytes is None:
        return ""
    off = NOT_AVAILABLE if line.memory_deviation is None else f"{line.memory_deviation:+.1%}"
    return f"{size_text(line.predicted_memory_bytes)} ({off})"


def _not_ranked(line: Line) -> str:
    """What another tool measured in its own way, or an oracle; AbsDiff has a column of its own."""
    told = {name: value for name, value in line.legacy.items() if not name.startswith("absdiff") and value is not None}
    return ", ".join(f"{name} {value:.4g}" for name, value in told.items())


def _absdiff(line: Line) -> str:
    """The study's measure over the answers that are numbers, with how many those are."""
    value = line.legacy.get("absdiff")
    return NOT_AVAILABLE if value is None else f"{value:g} (n = {line.legacy.get('absdiff_n')})"


def cell_text(cell: Cell | None) -> str:
    """A score with its interval, and a star when no row is shown to be better."""
    if cell is None:
        return NOT_AVAILABLE
    interval = "" if cell.low is None or cell.high is None else f" [{cell.low:.3f}, {cell.high:.3f}]"
    return f"{cell.value:.3f}{interval}{' *' if cell.best else ''}"


def delta_text(cell: Cell | None) -> str:
    """The difference to the baseline with its interval and what it can claim; empty without one."""
    return f"{change_text(cell)} {claim_text(cell)}".strip()


def change_text(cell: Cell | None) -> str:
    """The difference to the baseline with its interval; empty without one."""
    if cell is None or cell.delta is None:
        return ""
    return f"{cell.delta:+.3f} [{cell.delta_low:+.3f}, {cell.delta_high:+.3f}]"


def claim_text(cell: Cell | None) -> str:
    """What the difference to the baseline can claim; empty where there is none."""
    if cell is None:
        return ""
    return f"{MARKS.get(cell.mark, cell.mark)}{'?' if cell.underpowered else ''}{' u' if cell.unpaired else ''}"


def reference_grid(rows: tuple[Published, ...]) -> Grid:
    """Header and rows of the published figures."""
    header = ["run", "ARC macro-F1", "SQuAD F1", "math AbsDiff (legacy)", "train GiB", "eval GiB"]
    header += ["s/prompt ARC, math, SQuAD", "note"]
    return header, [_published(row) for row in rows]


def _published(row: Published) -> list[str]:
    scores = [number_text(row.arc_macro_f1), number_text(row.squad_f1), f"{row.openmath_abs_diff:g}"]
    memory = [number_text(row.train_gib, 2) if row.train_gib else "", number_text(row.eval_gib, 2)]
    return [row.name, *scores, *memory, ", ".join(f"{seconds:g}" for seconds in row.latency_s), row.note]


def footer(comparison: Comparison, block: Block) -> list[str]:
    """What stands under the table of a data set: what it can claim, and what it cannot say by itself."""
    own = [f"{block.dataset}: {sentence}" for sentence in block.footer]
    return [*own, LEGEND, *(f"note: {note}" for note in comparison.notes)]


def markdown(comparison: Comparison) -> str:
    """The same tables as Markdown."""
    parts = []
    for block in comparison.blocks:
        grids = [score_grid(block), health_grid(block), *([seeds_grid(block)] if block.seeds else [])]
        footer = [_escaped(sentence) for sentence in block.footer]
        parts.append("\n\n".join([f"### {_escaped(title(block))}", *map(markdown_table, grids), *footer]))
    if comparison.reference:
        parts.append(f"### {reference_title(comparison)}\n\n{markdown_table(reference_grid(comparison.reference))}")
    parts.append("\n".join([LEGEND, *(f"- {_escaped(note)}" for note in comparison.notes)]))
    return "\n\n".join(parts)


def markdown_table(grid: Grid, left: tuple[str, ...] = ()) -> str:
    """A header and its rows as a table of Markdown; no cell can end it. ``left`` are more columns of words."""
    header, rows = grid
    rule = ["---" if title in (*LEFT, *left) else "---:" for title in header]
    return "\n".join(f"| {' | '.join(map(_escaped, row))} |" for row in (header, rule, *rows))


def _escaped(text: str) -> str:
    """A text that cannot end its cell or begin another element."""
    return printable(text).replace("\n", " ").replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def to_csv(comparison: Comparison) -> str:
    """Every figure: one row for each run, data set and metric; unknown is empty."""
    records = [*_records(comparison), *_published_records(comparison)]
    columns = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def _records(comparison: Comparison) -> Iterator[dict[str, Any]]:
    asked = ("dataset", "task", "protocol", "answer_format")
    subject = ("id", "kind", "name", "model", "method", "quant", "seed")
    for block in comparison.blocks:
        for line in (*block.lines, *block.seeds):
            for metric, cell in line.cells.items():
                yield {
                    **{name: getattr(block, name) for name in asked},
                    **{name: getattr(line, name) for name in subject},
                    "metric": metric,
                    **asdict(cell),
                    **{name: line.health.get(name) for _, name, _ in HEALTH},
                    "latency_s": line.latency_s,
                    "train_memory_bytes": line.train_memory_bytes,
                    "eval_memory_bytes": line.eval_memory_bytes,
                    "predicted_memory_bytes": line.predicted_memory_bytes,
                    "memory_deviation": line.memory_deviation,
                    "flags": "; ".join(line.flags),
                    "origin": line.origin,
                    "runs": " ".join(line.runs),
                }


def _published_records(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for row in comparison.reference:
        figures = (("arc", "macro_f1", row.arc_macro_f1), ("squad", "f1", row.squad_f1))
        for task, metric, value in (*figures, ("math", "legacy_absdiff", row.openmath_abs_diff)):
            identity = {"task": task, "kind": "published", "name": row.name, "metric": metric}
            yield {**identity, "value": value, "n": comparison.reference_n}
