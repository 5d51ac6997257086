"""Pictures of a comparison as PNG files. matplotlib is loaded when one is made, and draws without a screen."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from workbench.engine.figures import Figure
from workbench.engine.pareto import Point, front

SIZE_INCHES = (8.0, 5.0)
DPI = 144


def pareto_png(
    points: Sequence[Point],
    path: Path,
    x: Figure,
    y: Figure,
    title: str,
    baseline: str = "",
    marked: Collection[str] = (),
) -> None:
    """Draw runs in the plane of two figures, with their 95 % intervals and the front as stairs.

    Args:
        points: The runs.
        path: The file; it is there wholly or not at all.
        x: What the x axis is.
        y: What the y axis is.
        title: Above the picture.
        baseline: Key of the run that differences are to.
        marked: Keys of the runs that stand out.

    Raises:
        OSError: The file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=SIZE_INCHES, layout="constrained")
    canvas = FigureCanvasAgg(sheet)
    axes = sheet.add_subplot()
    stairs = front(points, x, y)
    best = {point.key for point in stairs}
    for point in points:
        colour = "tab:green" if point.key == baseline else "tab:orange" if point.key in marked else "tab:blue"
        filled = colour if point.key in best else "white"
        axes.errorbar(
            _scaled(point.x, x),
            _scaled(point.y, y),
            xerr=_error(point.x, point.x_bounds, x),
            yerr=_error(point.y, point.y_bounds, y),
            fmt="s" if point.key == baseline else "o" if point.able else "^",
            color=colour,
            markerfacecolor=filled,
            elinewidth=0.8,
        )
        axes.annotate(
            _plain(point.name), (_scaled(point.x, x), _scaled(point.y, y)), (5, 4), textcoords="offset points", size=8
        )
    if len(stairs) > 1:
        where: Literal["post", "pre"] = "post" if x.better == "lower" else "pre"
        axes.step([_scaled(p.x, x) for p in stairs], [_scaled(p.y, y) for p in stairs], where=where, lw=0.8, ls="--")
    axes.set_xlabel(_label(x))
    axes.set_ylabel(_label(y))
    axes.set_title(f"{_plain(title)}\nfilled: front of the measured values; bars: 95 % intervals", size=10)
    partial = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.print_figure(partial, format="png", dpi=DPI)
    os.replace(partial, path)


def _plain(text: str) -> str:
    """A name as it is: a dollar sign begins no formula."""
    return text.replace("$", r"\$")


def _scaled(value: float, figure: Figure) -> float:
    return value / 2**30 if figure.unit == "bytes" else value


def _label(figure: Figure) -> str:
    return f"{figure.label} (GiB)" if figure.unit == "bytes" else figure.label


def _error(value: float, bounds: tuple[float, float] | None, figure: Figure) -> list[list[float]] | None:
    if bounds is None:
        return None
    low, high = bounds
    return [[max(0.0, _scaled(value - low, figure))], [max(0.0, _scaled(high - value, figure))]]
