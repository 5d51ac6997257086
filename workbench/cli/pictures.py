"""A comparison as a picture in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.output import say

if TYPE_CHECKING:
    from workbench.engine.comparison import Comparison


def write_plane(comparison: Comparison, path: Path, dataset: str, x: str, y: str) -> None:
    """Draw the runs of a data set in the plane of two figures, and say where the file is.

    Raises:
        InputError: There is no such data set or figure.
        OSError: The file cannot be written.
    """
    from workbench.engine.pareto import chosen, points
    from workbench.engine.plots import pareto_png

    block, across, up = chosen(comparison, dataset, x, y)
    pareto_png(points(block, across, up), path, across, up, block.dataset, block.baseline)
    say(f"wrote {path}")
