"""Lines, areas and marks on a raster: each column of dots shows the least and the largest y that it holds."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from workbench.tui.widgets.plot import Frame, Level, Series
from workbench.tui.widgets.raster import Raster

MARK_CELLS = 14
"""Cells between two marks on one line."""


class Column(NamedTuple):
    """What one column of dots holds of a series; NaN where it holds nothing but gaps."""

    dot: int
    first: float
    low: float
    high: float
    last: float


def columns(
    xs: Sequence[float], ys: Sequence[float], span: tuple[int, int], limits: tuple[float, float], dots: int
) -> Iterator[Column]:
    """The least and the largest y in each column of dots that holds a point, so that no spike is lost."""
    (start, end), (left, right) = span, limits
    step = (right - left) / (dots - 1) if dots > 1 else 0.0
    if step <= 0:
        yield from _column((dots - 1) // 2, ys[start:end])
        return
    place = start
    for dot in range(dots):
        until = bisect_right(xs, left + (dot + 0.5) * step, place, end)
        if until > place:
            yield from _column(dot, ys[place:until])
            place = until


def _column(dot: int, ys: Sequence[float]) -> Iterator[Column]:
    if not ys:
        return
    if math.isnan(ys[0]) or math.isnan(ys[-1]):
        ys = [y for y in ys if not math.isnan(y)] or [math.nan]
    yield Column(dot, ys[0], min(ys), max(ys), ys[-1])  # a NaN that is not the first loses every comparison


def draw(
    raster: Raster, frame: Frame, series: Series, ys: Sequence[float], span: tuple[int, int], ink: str, mark: str
) -> None:
    """Draw a line or an area, with a mark now and then."""
    if series.look == "points":
        return
    before: tuple[int, int] | None = None
    marked = -MARK_CELLS * raster.mode.across // 2
    for column in columns(series.curve.xs, ys, span, (frame.left, frame.right), raster.dots_across):
        low = column.low if not math.isnan(frame.height(column.low)) else column.high
        if math.isnan(frame.height(low)):
            before = None
            continue
        first, last = (y if not math.isnan(frame.height(y)) else low for y in (column.first, column.last))
        start, end = frame.down(first, raster), frame.down(last, raster)
        top = frame.down(column.high, raster)
        if before:
            _join(raster, before, (column.dot, start), series.look == "area", ink)
        raster.column(column.dot, top, raster.dots_down if series.look == "area" else frame.down(low, raster), ink)
        before = (column.dot, end)
        if mark and series.look == "line" and column.dot - marked >= MARK_CELLS * raster.mode.across:
            raster.mark(column.dot, end, mark, ink)
            marked = column.dot
    if mark and before and series.look == "line":
        raster.mark(*before, mark, ink)


def _join(raster: Raster, start: tuple[int, int], end: tuple[int, int], area: bool, ink: str) -> None:
    (x0, y0), (x1, y1) = start, end
    if not area:
        raster.line(x0, y0, x1, y1, ink)
        return
    for x in range(x0 + 1, x1):
        raster.column(x, round(y0 + (y1 - y0) * (x - x0) / (x1 - x0)), raster.dots_down, ink)


def mark_points(
    raster: Raster, frame: Frame, series: Series, ys: Sequence[float], span: tuple[int, int], ink: str, mark: str
) -> None:
    """Mark each column of a series of points, and the only column of any other: one dot is easily overlooked."""
    found = list(columns(series.curve.xs, ys, span, (frame.left, frame.right), raster.dots_across))
    if series.look != "points" and len(found) != 1:
        return
    for column in found:
        if not math.isnan(frame.height(column.last)):
            raster.mark(column.dot, frame.down(column.last, raster), mark, ink)


def draw_levels(raster: Raster, frame: Frame, levels: Sequence[Level]) -> None:
    """Draw each level where nothing else is, and its name as far right as there is room."""
    for level in levels:
        if math.isnan(frame.height(level.y)) or not raster.height:
            continue
        row = frame.down(level.y, raster) // raster.mode.down
        name = f" {level.name} "
        ends = [place for place in range(raster.width) if raster.is_free(row, place)]
        for place in ends:
            raster.put(row, place, raster.mode.dotted if level.dotted else raster.mode.level, "level")
        places = range(raster.width - len(name), -1, -1)
        at = next((place for place in places if set(range(place, place + len(name))) <= set(ends)), None)
        if at is not None:
            raster.put(row, at, name, "level")
