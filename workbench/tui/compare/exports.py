"""What leaves the Compare screen, each as the command prints it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from workbench.engine.comparison import Block, Comparison
from workbench.engine.comparison_text import markdown, to_csv
from workbench.engine.figures import where
from workbench.tui.compare.plane import Plane
from workbench.tui.files import Export


def exports(comparison: Comparison, block: Block, plane: Plane, text: str, command: Callable[..., str]) -> list[Export]:
    """All ways to write a comparison to a file.

    Args:
        comparison: Of all data sets.
        block: The data set that is shown.
        plane: What the scatter draws of it.
        text: The filter.
        command: Gives the headless command with further options.
    """

    def shown() -> Comparison:
        return where(comparison, text) if text else comparison

    def as_json() -> str:
        return json.dumps(shown().to_json(), indent=2, ensure_ascii=False) + "\n"

    def draw(path: Path) -> None:
        from workbench.engine.plots import pareto_png

        pareto_png(plane.points, path, plane.x, plane.y, block.dataset, plane.baseline, plane.marked)

    png = command("--png", f"{block.dataset}.png", "--data", block.dataset, "--x", plane.x.key, "--y", plane.y.key)
    return [
        Export("Export the comparison as CSV", ".csv", lambda: to_csv(shown()), command("--csv")),
        Export("Export the comparison as Markdown", ".md", lambda: markdown(shown()) + "\n", command("--markdown")),
        Export("Export the comparison as JSON", ".json", as_json, command("--json")),
        Export("Export the scatter as PNG", ".png", lambda: "", png, draw),
    ]
