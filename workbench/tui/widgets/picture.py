"""A plot drawn as rows of text, with both axes and what a reader must know beside it. Nothing here knows Textual."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.engine.curves import Curve
from workbench.tui.widgets import axis
from workbench.tui.widgets.plot import Frame, Plot, Series, View
from workbench.tui.widgets.raster import Mode, Raster, scale
from workbench.tui.widgets.trace import draw, draw_levels, mark_points

Row = list[tuple[str, str]]
"""Runs of text with the name of their style: axis, level, note, series-N, or raw-N for what is behind a smooth line."""
LEAST_ROWS = 4
"""Below so many rows there is none for the x axis."""
Smooth = Callable[[Curve], Sequence[float]]


@dataclass
class Picture:
    """A drawn plot.

    Args:
        rows: From the top, as wide as asked.
        notes: What a reader must know: gaps, restarts, points that a log axis cannot show.
    """

    rows: list[Row]
    notes: list[str] = field(default_factory=list)


def picture(plot: Plot, view: View, smooth: Smooth, width: int, height: int, mode: Mode) -> Picture:
    """Draw a plot.

    Args:
        plot: What.
        view: How.
        smooth: Gives the smoothed ys of a curve; called only where the view smooths.
        width: In cells.
        height: In cells.
        mode: The glyphs.
    """
    shown = [(series, *_span(series.curve, _left(plot, view))) for series in plot.series]
    frame = _frame(plot, view, shown)
    notes = _notes(plot, view)
    if frame is None:
        numbers = any(len(one.curve) > one.curve.not_finite for one in plot.series)
        said = "nothing above 0 for a log axis" if numbers else plot.empty
        return Picture(_message(said, width, height), notes)
    labels = _y_labels(plot, frame, height - (height >= LEAST_ROWS))
    gutter = max((len(label) for label in labels.values()), default=0)
    raster = Raster(width - gutter - 1, height - (height >= LEAST_ROWS), mode)
    _trace(raster, frame, shown, view, smooth)
    draw_levels(raster, frame, plot.levels)
    rows = [
        [(labels.get(place, "").rjust(gutter) + mode.axis, "axis"), *((text, str(ink or "axis")) for text, ink in row)]
        for place, row in enumerate(raster.rows())
    ]
    if height >= LEAST_ROWS:
        rows.append([(" " * (gutter + 1) + _x_labels(plot, frame, raster), "axis")])
    return Picture(rows, notes)


def _trace(raster: Raster, frame: Frame, shown: Sequence[tuple[Series, int, int]], view: View, smooth: Smooth) -> None:
    """Draw all series, the later over the earlier; where there are several, each with its mark."""
    marks = raster.mode.marks
    several = sum(len(series.curve) > 0 for series, *_ in shown) > 1
    for place, (series, *span) in enumerate(shown):
        number = place % len(marks)
        colour = (place if series.colour_of is None else series.colour_of) % len(marks)
        ink, mark, start_end = f"series-{colour}", marks[number], (span[0], span[1])
        ys: Sequence[float] = series.curve.ys
        if view.smoothing > 0 and series.smooth and series.look == "line":
            draw(raster, frame, series, ys, start_end, f"raw-{colour}", "")
            ys = smooth(series.curve)
        draw(raster, frame, series, ys, start_end, ink, mark if several else "")
        mark_points(raster, frame, series, ys, start_end, ink, mark)


def _left(plot: Plot, view: View) -> float:
    """The least x that the view shows."""
    newest = max((series.curve.xs[-1] for series in plot.series if len(series.curve)), default=0.0)
    return -math.inf if view.window is None else newest - view.window


def _span(curve: Curve, left: float) -> tuple[int, int]:
    return bisect_left(curve.xs, left), len(curve)


def _frame(plot: Plot, view: View, shown: Sequence[tuple[Series, int, int]]) -> Frame | None:
    """The limits of what is shown; None without a number."""
    xs = [x for series, start, end in shown if end > start for x in (series.curve.xs[start], series.curve.xs[end - 1])]
    lows_highs = [y for series, start, end in shown for y in _range(series.curve, start, end, view.log_y)]
    if not (xs and lows_highs):
        return None
    levels = [level.y for level in plot.levels if level.y > 0 or not view.log_y]
    low, high = min(lows_highs + levels), max(lows_highs + levels)
    if view.log_y:
        low, high = math.log10(low), math.log10(high)
    elif plot.from_zero:
        low = min(0.0, low)
    if low == high:
        around = 0.5 if view.log_y else abs(low) * 0.1 or 0.5
        low, high = low - around, high + 0.9 * around  # not in the very middle, where rounding decides on the dot
    return Frame(min(xs), max(xs), low, high, view.log_y)


def _range(curve: Curve, start: int, end: int, positive: bool) -> list[float]:
    ys: Sequence[float] = curve.ys[start:end]
    if curve.not_finite or positive:
        ys = [y for y in ys if y > 0 or (not positive and y <= 0)]
    return [min(ys), max(ys)] if ys else []


def _y_labels(plot: Plot, frame: Frame, rows: int) -> dict[int, str]:
    """The label of each row that has one: round numbers, no two in neighbouring rows."""
    most = max(2, (rows + 1) // 2)
    if frame.log_y:
        values = axis.log_ticks(frame.value(frame.bottom), frame.value(frame.top), most)
    else:
        values = axis.ticks(frame.bottom, frame.top, most, plot.y_base)
    if len(values) < 2:
        values = [frame.value(frame.bottom), frame.value(frame.top)]
    labels: dict[int, str] = {}
    for value in values:
        row = rows - 1 - scale(frame.height(value), frame.bottom, frame.top, rows)
        if 0 <= row < rows and not {row - 1, row, row + 1} & labels.keys():
            labels[row] = plot.y_format(value)
    return labels


def _x_labels(plot: Plot, frame: Frame, raster: Raster) -> str:
    """First and last x, and round numbers between them where there is room."""
    cells, told = [" "] * raster.width, set[str]()
    ends = [frame.left] if frame.left == frame.right else [frame.right, frame.left]
    ticks = axis.ticks(frame.left, frame.right, raster.width // 9, plot.x_base)
    for value in [*ends, *(tick for tick in ticks if not (plot.whole_x and tick % 1))]:
        label = plot.x_format(value)
        middle = scale(value, frame.left, frame.right, raster.width)
        at = min(max(0, middle - len(label) // 2), raster.width - len(label))
        room = cells[max(0, at - 2) : at + len(label) + 2]
        if at >= 0 and label not in told and all(cell == " " for cell in room):
            told.add(label)
            cells[at : at + len(label)] = label
    return "".join(cells)


def _message(text: str, width: int, height: int) -> list[Row]:
    """A sentence in the middle."""
    blank: Row = [(" " * width, "note")]
    return [[(text[:width].center(width), "note")] if row == (height - 1) // 2 else blank for row in range(height)]


def _full_name(plot: Plot, series: Series) -> str:
    return series.name if series.colour_of is None else f"{plot.series[series.colour_of].name} {series.name}"


def _notes(plot: Plot, view: View) -> list[str]:
    """What the picture cannot show by itself."""
    notes = []
    for series in plot.series:
        curve, name = series.curve, f"{_full_name(plot, series)} " if len(plot.series) > 1 else ""
        if curve.not_finite:
            notes.append(f"{name}{curve.not_finite} not finite")
        if curve.restarts:
            times = f" ({len(curve.restarts)} times)" if len(curve.restarts) > 1 else ""
            notes.append(f"{name}restarted at {plot.x_format(curve.restarts[-1])}{times}")
        below = sum(y <= 0 for y in curve.ys) if view.log_y else 0
        if below:
            notes.append(f"{name}{below} not above 0, hidden")
        if len(curve) == 1 and series.look != "points":
            notes.append(f"{name}one point")
    return notes
