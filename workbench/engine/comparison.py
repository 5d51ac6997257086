"""The comparison table: what stands in it, and how it reads as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

UNKNOWN = "n/a"


@dataclass(frozen=True)
class Column:
    """One metric on one data set.

    Args:
        dataset: Id of the data set.
        metric: Name of the metric.
        ranked: Whether it is the metric of its task that a choice should look at.
        legacy: Whether it is no fraction, is never tested and never marked.
    """

    dataset: str
    metric: str
    ranked: bool = False
    legacy: bool = False

    @property
    def key(self) -> str:
        """What a row's cells are found by."""
        return f"{self.dataset}/{self.metric}"


@dataclass(frozen=True)
class Cell:
    """One figure and what it can claim. All values are fractions 0..1, but for legacy columns.

    Args:
        value: The figure.
        low: Lower end of its 95 % interval; None when it has none.
        high: Upper end.
        n: Samples that it counts.
        method: How the interval was made.
        delta: Paired difference to the baseline; None when there is none.
        delta_low: Lower end of its 95 % interval.
        delta_high: Upper end.
        p: Of the paired test against the baseline.
        p_holm: The same, corrected for the number of rows tested in this column.
        mark: "better" or "worse" (p_holm below 0.05), "equivalent" (the 90 % interval of the difference lies within
            2 points), "tie" (its 95 % interval holds 0), "unclear" (it does not, but the test is not significant
            after correction), "unpaired" (no common questions), "baseline", or "".
        underpowered: Whether only differences above 5 points would probably have shown.
        mde: The smallest difference that would have shown four times in five.
        best: Whether the row belongs to those that are not significantly worse than the top one.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    method: str = ""
    delta: float | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    mark: str = ""
    underpowered: bool = False
    mde: float | None = None
    best: bool = False


@dataclass(frozen=True)
class Memory:
    """A peak. ``kind`` is "allocated" (by torch on the GPU), "process" (on the GPU) or "resident" (no GPU memory).

    Unknown is None, and ``reason`` says why.
    """

    peak_bytes: int | None = None
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Health:
    """How a row answered one data set, as fractions of all its samples; None where unknown.

    Args:
        coverage: Complete, readable answers.
        empty: Nothing said.
        unparsed: Something said, but no answer in it.
        truncated: Cut at the length limit.
        error: Generation failed.
        mean_new_tokens: Length of an answer.
        latency_s: Seconds per prompt: in the batched run, for published rows one prompt at a time.
        memory: Peak while evaluating.
        flags: What to beware of, such as "collapsed".
    """

    coverage: float | None = None
    empty: float | None = None
    unparsed: float | None = None
    truncated: float | None = None
    error: float | None = None
    mean_new_tokens: float | None = None
    latency_s: float | None = None
    memory: Memory = Memory()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComparedRow:
    """One line of the table.

    Args:
        kind: "base" (an untrained model), "train" (a run), "floor" (a trivial answer) or "published".
        id: The run's id; empty for floors and published rows.
        name: What to call it.
        model: The base model.
        method: What was trained: "lora", "full", ...; "none" for nothing.
        quant: How the base weights were held.
        r: Inner dimension of the adapter.
        seed: Of the training.
        cells: By a column's key.
        health: By data set.
        train_memory: Peak while training.
        baseline: Whether the differences are to this row.
    """

    kind: str
    id: str
    name: str
    model: str = ""
    method: str = "none"
    quant: str = "none"
    r: int | None = None
    seed: int | None = None
    cells: dict[str, Cell] = field(default_factory=dict)
    health: dict[str, Health] = field(default_factory=dict)
    train_memory: Memory = Memory()
    baseline: bool = False

    @property
    def label(self) -> str:
        """What was done to the model: "lora r=16, nf4".

        >>> ComparedRow("train", "", "", method="lora", r=16, quant="nf4").label
        'lora r=16, nf4'
        """
        method = f"{self.method} r={self.r}" if self.r else self.method
        return method if self.quant == "none" else f"{method}, {self.quant}"


@dataclass(frozen=True)
class Comparison:
    """Rows by columns.

    Args:
        columns: Data set by data set, the ranked metric first.
        rows: Base models, runs, floors, published rows.
        baseline: Id of the run that differences are to; empty for none.
        notes: What is missing or could not be compared, and why.
        footer: How to read the figures.
    """

    columns: tuple[Column, ...]
    rows: tuple[ComparedRow, ...]
    baseline: str = ""
    notes: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()

    @property
    def datasets(self) -> list[str]:
        """The data sets, in the order of the columns."""
        return list(dict.fromkeys(column.dataset for column in self.columns))

    def to_json(self) -> dict[str, Any]:
        """Everything, as a JSON object; unknown is null."""
        columns = [{**asdict(column), "key": column.key} for column in self.columns]
        rows = [{**asdict(row), "label": row.label} for row in self.rows]
        tail = {"baseline": self.baseline or None, "notes": list(self.notes), "footer": list(self.footer)}
        return {"schema": 1, "columns": columns, "rows": rows, **tail}

    def table(self, dataset: str = "") -> tuple[list[str], list[list[str]]]:
        """A header and rows of text, for all data sets or for one; a row without figures there is left out.

        Only ranked metrics show their difference here; CSV and JSON have all of them.
        """
        shown = [dataset] if dataset else self.datasets
        prefixed = len(shown) > 1
        header, parts = ["run", "model", "method", "seed"], [self._identity()]
        for name in shown:
            more, rows = self._about(name)
            header += [f"{name} {title}" for title in more] if prefixed else more
            parts.append(rows)
        header.append("train memory")
        parts.append([[memory_text(row.train_memory)] for row in self.rows])
        lines = [[cell for part in line for cell in part] for line in zip(*parts, strict=True)]
        return header, [line for row, line in zip(self.rows, lines, strict=True) if self._answers(row, shown)]

    def _answers(self, row: ComparedRow, datasets: Sequence[str]) -> bool:
        return any(column.key in row.cells for column in self.columns if column.dataset in datasets)

    def _identity(self) -> list[list[str]]:
        names = Counter(row.name for row in self.rows)
        return [
            [
                one_line(row.name if names[row.name] == 1 or not row.id else row.id),
                one_line(row.model) or "-",
                "-" if row.kind == "floor" else row.label,
                number_text(row.seed, "d") if row.kind == "train" else "-",
            ]
            for row in self.rows
        ]

    def _about(self, dataset: str) -> tuple[list[str], list[list[str]]]:
        """Titles and texts of one data set: metrics, then health."""
        columns = [column for column in self.columns if column.dataset == dataset]
        titles: list[str] = []
        for column in columns:
            titles += [column.metric, "difference"] if column.ranked and self.baseline else [column.metric]
        titles += ["coverage", "empty", "truncated", "new tokens", "s/prompt (batched)", "eval memory", "flags"]
        return titles, [self._texts(row, columns, dataset) for row in self.rows]

    def _texts(self, row: ComparedRow, columns: Sequence[Column], dataset: str) -> list[str]:
        texts: list[str] = []
        for column in columns:
            cell = row.cells.get(column.key)
            texts.append(cell_text(cell, column))
            if column.ranked and self.baseline:
                texts.append(delta_text(cell))
        health = row.health.get(dataset)
        if health is None:
            return [*texts, *["-"] * 7]
        shares = [number_text(share, ".3f") for share in (health.coverage, health.empty, health.truncated)]
        tokens, latency = number_text(health.mean_new_tokens, ".1f"), number_text(health.latency_s, ".3g")
        return [*texts, *shares, tokens, latency, memory_text(health.memory), ", ".join(health.flags)]


def one_line(text: str) -> str:
    """A text without line breaks and control characters, which a name may hold."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def number_text(value: float | None, form: str) -> str:
    """A number in that format, UNKNOWN for None."""
    return UNKNOWN if value is None else format(value, form)


def cell_text(cell: Cell | None, column: Column) -> str:
    """A figure with its interval, and "*" when it is among the best; "-" when the row has none."""
    if cell is None or cell.value is None:
        return "-" if cell is None else UNKNOWN
    if column.legacy:
        return f"{cell.value:.6g} (n = {cell.n})"
    interval = "" if cell.low is None or cell.high is None else f" [{cell.low:.3f}, {cell.high:.3f}]"
    return f"{cell.value:.3f}{interval}{' *' if cell.best else ''}"


def delta_text(cell: Cell | None) -> str:
    """A difference with its interval and mark; "?" behind a mark that a larger n might change."""
    if cell is None:
        return "-"
    doubt = "?" if cell.underpowered and cell.mark in ("tie", "unclear") else ""
    if cell.delta is None:
        return cell.mark or "-"
    return f"{cell.delta:+.3f} [{cell.delta_low:+.3f}, {cell.delta_high:+.3f}] {cell.mark}{doubt}"


def memory_text(memory: Memory) -> str:
    """A peak in GiB with its kind, UNKNOWN without one."""
    return UNKNOWN if memory.peak_bytes is None else f"{memory.peak_bytes / 2**30:.2f} GiB {memory.kind}"
