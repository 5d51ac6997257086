"""What a table can claim, in sentences: who wins, what could have been seen, and what was not measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from workbench.engine.compared_run import ComparedRun
from workbench.engine.comparison import Block, Line
from workbench.engine.marks import collapsed
from workbench.engine.seeds import ENOUGH

EFFECTS = (0.005, 0.01, 0.02, 0.05)
"""Differences of which the footer says how many questions they need, as fractions."""
SWEEP = 20
"""Rows above which another correction is worth a word."""
NAMES = 4
"""How many rows a sentence names."""


def with_footer(block: Block, correction: str) -> Block:
    """The block with the sentences that belong under it."""
    return replace(block, footer=tuple(_sentences(block, correction)))


def _sentences(block: Block, correction: str) -> Iterator[str]:
    ranked = block.metrics[0]
    scored = [line for line in block.lines if line.kind != "floor" and ranked in line.cells]
    if len(scored) > 1:
        yield _top(block, scored)
    yield from _against(block, scored)
    size = nats if ranked in block.lower_is_better else points
    if block.detectable is not None:
        yield (
            f"{ranked}: a difference below {size(block.detectable)} would probably not have shown "
            "(power 80 %, level 5 %)."
        )
    if block.needed:
        told = ", ".join(f"{size(effect)}: {n:,}" for effect, n in block.needed)
        yield f"Questions needed to show a difference of {told}."
    tested = [line for line in scored if line.cells[ranked].p_holm is not None]
    if tested:
        name = {"holm": "Holm", "benjamini-hochberg": "Benjamini and Hochberg"}[correction]
        yield f"p-values are corrected after {name} for {len(tested)} row{'s' if len(tested) > 1 else ''} a column."
        if correction == "holm" and len(tested) > SWEEP:
            yield (
                f"With more than {SWEEP} rows, --correction benjamini-hochberg finds more: of its marks, 1 in 20 is "
                "chance."
            )
    if any(cell.unpaired for line in scored for cell in line.cells.values()):
        yield "u: compared as independent samples, for want of the answers; finds less than a paired test would."
    yield from _training(block)


def _top(block: Block, scored: Sequence[Line]) -> str:
    ranked = block.metrics[0]
    if block.winner:
        broken = sum(collapsed(line) for line in scored)
        return f"{block.winner} is shown to beat every other row on {ranked}" + (
            f", {broken} that collapsed left out." if broken else "."
        )
    best = [line.id for line in scored if line.cells[ranked].best]
    if not best:
        return f"No winner on {ranked}: no two rows answered enough to be compared."
    return f"No winner on {ranked}: {len(best)} rows are not told apart ({_named(best)})."


def _against(block: Block, scored: Sequence[Line]) -> Iterator[str]:
    """Which rows are shown to differ from the baseline; that none is, too."""
    ranked = block.metrics[0]
    tested = [line for line in scored if line.cells[ranked].p_holm is not None]
    told = {mark: [line.id for line in tested if line.cells[ranked].mark == mark] for mark in ("better", "worse")}
    for mark, rows in told.items():
        if rows:
            yield f"Shown to be {mark} than the baseline on {ranked}: {_named(rows)}."
    if tested and not any(told.values()):
        yield f"No row is shown to differ from the baseline on {ranked}."


def _named(rows: Sequence[str]) -> str:
    more = f" and {len(rows) - NAMES} more" if len(rows) > NAMES else ""
    return f"{', '.join(rows[:NAMES])}{more}"


def _training(block: Block) -> Iterator[str]:
    trained = [line for line in block.lines if line.kind == "train"]
    several = {run_id for line in block.seeds for run_id in line.runs}
    alone = [line for line in trained if line.id not in several]
    if alone:
        yield (
            f"Training variance was not measured for {len(alone)} of {len(trained)} trained rows (fewer than {ENOUGH} "
            "seeds): their intervals are of the questions asked."
        )
    if any(line.kind == "imported" for line in block.lines):
        yield "Imported rows are single runs, as far as is known: training variance was not measured for them."
    if block.seeds:
        yield "Rows over several seeds draw seeds and questions anew; their intervals hold for another training too."


def points(fraction: float) -> str:
    """A difference of fractions in percentage points.

    >>> points(0.005), points(0.1234), points(0.01)
    ('0.5 points', '12.3 points', '1 point')
    """
    text = f"{100 * fraction:.1f}".removesuffix(".0")
    return f"{text} point{'' if text == '1' else 's'}"


def nats(loss: float) -> str:
    """A difference of losses.

    >>> nats(0.02)
    '0.020 nats'
    """
    return f"{loss:.3f} nats"


def noise(shown: Sequence[ComparedRun]) -> Iterator[str]:
    """What the table as a whole cannot claim."""
    trained = [run for run in shown if run.kind == "train"]
    if trained and len({run.seed for run in trained}) == 1:
        yield "one training seed: the intervals are of the questions asked; training varies too, unmeasured"
    if len({run.device for run in shown if not run.origin}) > 1:
        yield "the runs were measured on different devices: their latencies cannot be compared"
    if any(run.origin for run in shown):
        yield "imported rows were measured by other tools; their memory and speed stand apart and are not ranked"
    for run in shown:
        yield from (f"{run.origin}: {caveat}" for caveat in run.caveats)
