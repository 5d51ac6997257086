"""Comparisons as tables on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.output import emit, emit_table, say

if TYPE_CHECKING:
    from workbench.engine.comparison import Comparison
    from workbench.engine.comparison_text import Grid


def show_comparison(comparison: Comparison) -> None:
    """Print one table for each data set to stdout, and how to read them to stderr."""
    from workbench.engine import comparison_text as texts

    for block in comparison.blocks:
        emit(f"\n{texts.title(block)}")
        show_grid(texts.score_grid(block))
        emit("")
        show_grid(texts.health_grid(block))
        if block.seeds:
            emit("")
            show_grid(texts.seeds_grid(block))
        for sentence in block.footer:
            say(f"{block.dataset}: {sentence}")
    if comparison.reference:
        emit(f"\n{texts.reference_title(comparison)}")
        show_grid(texts.reference_grid(comparison.reference))
    say(texts.LEGEND)
    for note in comparison.notes:
        say(f"note: {note}")


def show_grid(grid: Grid, left: tuple[str, ...] = ()) -> None:
    """Print a header and its rows, texts to the left and figures to the right; ``left`` are more columns of texts."""
    from workbench.engine.comparison_text import LEFT

    header, rows = grid
    emit_table(header, rows, right=[name for name in header if name not in (*LEFT, *left)])
