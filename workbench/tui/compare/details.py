"""What stands under the table: the run under the cursor in one line, and what the comparison can claim."""

from __future__ import annotations

from rich.text import Text

from workbench.engine.comparison import Block, Comparison, Line
from workbench.engine.comparison_text import claim_text, footer
from workbench.engine.figures import FIGURES
from workbench.tui.safe import lines, one_line
from workbench.tui.widgets.rows import Rows

UNPAIRED = "No baseline among these runs, hence no difference: p takes the run under the cursor."
SAID = ("latency_s", "memory_bytes", "coverage")


def details(comparison: Comparison, block: Block, rows: Rows, key: str | None) -> Text:
    """The run under the cursor, why there is no difference where there is none, the notes of the comparison."""
    text = Text()
    if key is not None and key in rows:
        text.append(f"{_about(rows[key]['line'], block)}\n", "bold")
    if not block.baseline or block.baseline not in rows:
        text.append(f"{UNPAIRED}\n", "italic")
    return text.append(lines("\n".join(footer(comparison, block))))


def _about(line: Line, block: Block) -> str:
    """What a run is and what it took, with what keeps it from being trusted."""
    if line.kind == "floor":
        return one_line(f"{line.name}: what one would score without reading the question")
    how = [line.model, line.method, line.quant, "" if line.seed is None else f"seed {line.seed}"]
    took = [f"{FIGURES[key].title} {FIGURES[key].text(FIGURES[key].of(line))}" for key in SAID]
    claim = claim_text(line.cells.get(block.metrics[0]))
    parts = [part for part in (*how, *took, claim, ", ".join(line.flags)) if part]
    return one_line(f"{line.name}: {' · '.join(parts)}")
