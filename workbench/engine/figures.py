"""The figures of a compared run, each with its unit and the direction in which it is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbench.engine.comparison import Block, Comparison, Line
from workbench.engine.query import parse
from workbench.engine.texts import NOT_AVAILABLE, size_text

Better = Literal["higher", "lower"]
Unit = Literal["fraction", "s", "bytes", "tokens"]
ARROWS: dict[Better, str] = {"higher": "↑", "lower": "↓"}


@dataclass(frozen=True)
class Figure:
    """One figure that a run has on a data set.

    Args:
        key: Its name in a row, with the unit as its ending.
        title: For people.
        better: Which of two values is the better one.
        unit: What it is counted in.
        of: The value of a line; None where it is unknown.
        bounds: Its 95 % interval; None where it has none.
    """

    key: str
    title: str
    better: Better
    unit: Unit
    of: Callable[[Line], float | None]
    bounds: Callable[[Line], tuple[float, float] | None] = lambda _: None

    @property
    def label(self) -> str:
        """The title with an arrow to the better side."""
        return f"{self.title} {ARROWS[self.better]}"

    def text(self, value: float | None) -> str:
        """A value for people; unknown is n/a.

        >>> FIGURES["latency_s"].text(0.5), FIGURES["memory_bytes"].text(2**30), FIGURES["coverage"].text(None)
        ('0.500 s', '1.00 GiB', 'n/a')
        """
        if value is None:
            return NOT_AVAILABLE
        if self.unit == "bytes":
            return size_text(value)
        return {"fraction": f"{value:.3f}", "s": f"{value:.3f} s", "tokens": f"{value:.1f}"}[self.unit]

    def is_better(self, value: float, than: float) -> bool:
        """Whether the first value is strictly better; says nothing of chance."""
        return value > than if self.better == "higher" else value < than


def _health(name: str) -> Callable[[Line], float | None]:
    return lambda line: line.health.get(name)


def _memory(line: Line) -> float | None:
    known = [peak for peak in (line.train_memory_bytes, line.eval_memory_bytes) if peak is not None]
    return max(known, default=None)


FIGURES: dict[str, Figure] = {
    figure.key: figure
    for figure in (
        Figure("latency_s", "s/prompt", "lower", "s", lambda line: line.latency_s),
        Figure("memory_bytes", "peak memory", "lower", "bytes", _memory),
        Figure("train_memory_bytes", "train memory", "lower", "bytes", lambda line: line.train_memory_bytes),
        Figure("eval_memory_bytes", "eval memory", "lower", "bytes", lambda line: line.eval_memory_bytes),
        Figure("coverage", "coverage", "higher", "fraction", _health("coverage")),
        Figure("empty", "empty", "lower", "fraction", _health("empty")),
        Figure("unparsed", "unparsed", "lower", "fraction", _health("unparsed")),
        Figure("truncated", "truncated", "lower", "fraction", _health("truncated")),
        Figure("error", "errors", "lower", "fraction", _health("error")),
        Figure("mean_new_tokens", "new tokens", "lower", "tokens", _health("mean_new_tokens")),
    )
}
"""What every data set has beside its scores. Fewer new tokens are cheaper, not wiser."""


def score(metric: str, better: Better = "higher") -> Figure:
    """A score as a figure, with its interval."""

    def value(line: Line) -> float | None:
        cell = line.cells.get(metric)
        return None if cell is None else cell.value

    def bounds(line: Line) -> tuple[float, float] | None:
        cell = line.cells.get(metric)
        return None if cell is None or cell.low is None or cell.high is None else (cell.low, cell.high)

    return Figure(metric, metric, better, "fraction", value, bounds)


def figures(block: Block) -> list[Figure]:
    """All figures of a data set, its scores first, the ranked one before the others."""
    scores = [score(name, "lower" if name in block.lower_is_better else "higher") for name in block.metrics]
    return [*scores, *FIGURES.values()]


def row(line: Line, block: Block) -> dict[str, Any]:
    """A line as a flat row for filters and sorts: what it is, all its figures, and what the ranked score claims."""
    ranked = line.cells.get(block.metrics[0])
    what = {name: getattr(line, name) for name in ("id", "kind", "name", "model", "method", "quant", "seed")}
    claim = {
        "n": ranked.n if ranked else None,
        "delta": ranked.delta if ranked else None,
        "mark": ranked.mark if ranked else "",
        "best": bool(ranked and ranked.best),
        "flags": ", ".join(line.flags),
    }
    return {**what, **{figure.key: figure.of(line) for figure in figures(block)}, **claim}


def where(comparison: Comparison, text: str) -> Comparison:
    """The comparison with only the rows that match a filter, and the baseline; its tests are those of all rows.

    Raises:
        ProblemsError: The filter cannot be read.
    """
    rows = [(line, row(line, block)) for block in comparison.blocks for line in (*block.lines, *block.seeds)]
    query = parse(text, dict.fromkeys(key for _, values in rows for key in values))
    kept = {id(line) for line, values in rows if query.matches(values)}
    blocks = []
    for block in comparison.blocks:
        lines = tuple(line for line in block.lines if id(line) in kept or line.id == block.baseline)
        seeds = tuple(line for line in block.seeds if id(line) in kept)
        if seeds or any(id(line) in kept for line in lines):
            blocks.append(replace(block, lines=lines, seeds=seeds))
    note = f"{len(rows) - len(kept)} of {len(rows)} rows do not match; the tests were made with all of them"
    notes = (*comparison.notes, note) if len(kept) < len(rows) else comparison.notes
    return replace(comparison, blocks=tuple(blocks), notes=notes)
