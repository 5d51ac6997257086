"""Pictures of comparisons and runs as PNG files. matplotlib is loaded when one is made, and draws without a screen."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

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
    _, canvas, axes = _sheet()
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
    _save(canvas, path)


def loss_png(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    path: Path,
    title: str,
    eval_curves: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> None:
    """Draw the training loss of runs over their steps; where a loss was not finite there is no point.

    The loss on validation rows is drawn in the colour of its run, dashed and with a mark at each look.

    Args:
        curves: (step, loss) by run, ascending; without points a run is left out.
        path: The file; it is there wholly or not at all.
        title: Above the picture.
        eval_curves: As ``curves``, on the validation rows.

    Raises:
        OSError: The file cannot be written.
    """
    sheet, canvas, axes = _sheet()
    for name, points in curves.items():
        if points:
            steps, losses = zip(*points, strict=True)
            (line,) = axes.plot(steps, losses, lw=1.0, marker="." if len(points) < 40 else "", label=_labelled(name))
            _looks(axes, (eval_curves or {}).get(name, ()), line.get_color(), name)
    axes.set_xlabel("step")
    axes.set_ylabel("loss" if eval_curves else "training loss")
    _finish(sheet, axes, title)
    _save(canvas, path)


def _looks(axes: Any, points: Sequence[tuple[float, float]], colour: str, name: str) -> None:
    if points:
        steps, losses = zip(*points, strict=True)
        axes.plot(steps, losses, lw=1.2, ls="--", marker="D", ms=4, color=colour, label=f"{_labelled(name)}, eval")


def memory_png(
    samples: Mapping[str, Sequence[tuple[float, float]]],
    path: Path,
    title: str,
    stages: Sequence[tuple[float, str]] = (),
) -> None:
    """Draw what a run held in memory over time.

    Args:
        samples: (seconds since the start, bytes) by kind of memory; without points a kind is left out.
        path: The file; it is there wholly or not at all.
        title: Above the picture.
        stages: (seconds since the start, name) of what it began to do.

    Raises:
        OSError: The file cannot be written.
    """
    sheet, canvas, axes = _sheet()
    for name, points in samples.items():
        if points:
            seconds, held = zip(*points, strict=True)
            axes.plot(seconds, [one / 2**30 for one in held], lw=1.0, label=_labelled(name))
    for second, stage in stages:
        axes.axvline(second, lw=0.6, ls=":", color="0.4")
        axes.annotate(
            _plain(stage),
            (second, 1.0),
            (2, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            rotation=90,
            va="top",
            size=7,
            color="0.3",
        )
    axes.set_xlabel("s since the start")
    axes.set_ylabel("GiB")
    axes.set_ylim(bottom=0.0)
    _finish(sheet, axes, title)
    _save(canvas, path)


def _sheet() -> tuple[Any, Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=SIZE_INCHES, layout="constrained")
    return sheet, FigureCanvasAgg(sheet), sheet.add_subplot()


def _finish(sheet: Any, axes: Any, title: str) -> None:
    axes.set_title(_plain(title), size=10)
    axes.grid(alpha=0.25)
    if axes.get_legend_handles_labels()[1]:
        sheet.legend(loc="outside lower center", ncols=2, fontsize=8)


def _save(canvas: Any, path: Path) -> None:
    partial = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.print_figure(partial, format="png", dpi=DPI)
    os.replace(partial, path)


def _labelled(name: str) -> str:
    """A name in a legend: one that begins with an underscore would be hidden."""
    return _plain(name).replace("_", "\u2009_", 1) if name.startswith("_") else _plain(name)


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
