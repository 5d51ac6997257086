"""Runs in the plane of two figures, drawn as rows of text. Nothing here knows Textual."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from workbench.engine.figures import Figure, score
from workbench.engine.pareto import Point
from workbench.tui.safe import one_line
from workbench.tui.widgets import axis
from workbench.tui.widgets.raster import Mode, Raster, points, scale

Row = list[tuple[str, str]]
"""Runs of text with the name of their style."""
Limits = tuple[float, float, float, float]
"""x at the left, x at the right, y at the bottom, y at the top."""
MARGIN = 0.06
"""Of the span, beyond the outermost values."""
LEAST_WIDTH, LEAST_HEIGHT = 12, 4
"""Below this nothing is drawn."""
FRONT, BEHIND, BASELINE, COLLAPSED, MARKED = 0, 1, 2, 5, 6
"""Places in ``Mode.marks``."""


@dataclass(frozen=True)
class Plane:
    """What is drawn.

    Args:
        points: The runs.
        x, y: What the axes are.
        front: The Pareto front; empty where it is not wanted.
        cursor: Key of the run under the cursor.
        marked: Keys of the marked runs.
        baseline: Key of the baseline.
    """

    points: Sequence[Point] = ()
    x: Figure = field(default_factory=lambda: score(""))
    y: Figure = field(default_factory=lambda: score(""))
    front: Sequence[Point] = ()
    cursor: str = ""
    marked: Collection[str] = ()
    baseline: str = ""

    def at_cursor(self) -> Point | None:
        """The point under the cursor."""
        return next((point for point in self.points if point.key == self.cursor), None)


def draw(plane: Plane, width: int, height: int, mode: Mode) -> list[Row]:
    """The plane as rows, as wide as asked: axes with their numbers, the front, the points, and the cursor's name."""
    if not plane.points or width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return [[(" " * width, "axis")]] * height
    limits, labels, gutter, raster = _canvas(plane, width, height, mode)
    _draw_front(raster, plane, limits)
    _draw_bounds(raster, plane.at_cursor(), limits)
    for point in sorted(plane.points, key=lambda point: point.key == plane.cursor):
        points(raster, [point.x], [point.y], limits, mode.marks[sign(plane, point)], _ink(plane, point))
    _name_cursor(raster, plane.at_cursor(), limits)
    rows: list[Row] = [
        [(labels.get(place, "").rjust(gutter) + mode.axis, "axis"), *((text, str(ink or "axis")) for text, ink in row)]
        for place, row in enumerate(raster.rows())
    ]
    return [*rows, [(" " * (gutter + 1) + _x_labels(plane.x, limits, raster.width), "axis")]]


def nearest(plane: Plane, width: int, height: int, mode: Mode, column: int, row: int) -> Point | None:
    """The point that is drawn nearest to a cell; None where nothing is drawn."""
    if not plane.points or width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return None
    limits, _, gutter, raster = _canvas(plane, width, height, mode)

    def distance(point: Point) -> float:
        across, down = _place(raster, point.x, point.y, limits)
        wide, high = across // mode.across + gutter + 1 - column, down // mode.down - row
        return wide**2 + (2 * high) ** 2  # a cell is twice as high as it is wide

    return min(plane.points, key=distance)


def _canvas(plane: Plane, width: int, height: int, mode: Mode) -> tuple[Limits, dict[int, str], int, Raster]:
    """Limits, y labels by row, their width, and the raster between them and the x labels."""
    limits = _limits(plane.points)
    labels = _y_labels(plane.y, limits, height - 1)
    gutter = max((len(text) for text in labels.values()), default=0)
    return limits, labels, gutter, Raster(width - gutter - 1, height - 1, mode)


def sign(plane: Plane, point: Point) -> int:
    """Place of a point's character in ``Mode.marks``."""
    if point.key == plane.baseline:
        return BASELINE
    if point.key in plane.marked:
        return MARKED
    if not point.able:
        return COLLAPSED
    return FRONT if point in plane.front else BEHIND


def _ink(plane: Plane, point: Point) -> str:
    if point.key == plane.cursor:
        return "cursor"
    return {BASELINE: "baseline", MARKED: "marked", FRONT: "front"}.get(sign(plane, point), "behind")


def _limits(shown: Sequence[Point]) -> Limits:
    xs = [x for point in shown for x in (point.x, *(point.x_bounds or ()))]
    ys = [y for point in shown for y in (point.y, *(point.y_bounds or ()))]
    return (*_widened(min(xs), max(xs)), *_widened(min(ys), max(ys)))


def _widened(low: float, high: float) -> tuple[float, float]:
    margin = (high - low) * MARGIN or abs(high) * MARGIN or 0.5
    return low - margin, high + margin


def _place(raster: Raster, x: float, y: float, limits: Limits) -> tuple[int, int]:
    left, right, bottom, top = limits
    down = raster.dots_down - 1 - scale(y, bottom, top, raster.dots_down)
    return scale(x, left, right, raster.dots_across), down


def _draw_front(raster: Raster, plane: Plane, limits: Limits) -> None:
    """Stairs: between two points of the front nothing was measured, so no straight line joins them."""
    for one, other in zip(plane.front, plane.front[1:], strict=False):
        x0, y0 = _place(raster, one.x, one.y, limits)
        x1, y1 = _place(raster, other.x, other.y, limits)
        corner = (x1, y0) if plane.x.better == "lower" else (x0, y1)
        raster.line(x0, y0, *corner, ink="line")
        raster.line(*corner, x1, y1, ink="line")


def _draw_bounds(raster: Raster, point: Point | None, limits: Limits) -> None:
    """The 95 % interval of the point under the cursor."""
    if point and point.y_bounds:
        x, low = _place(raster, point.x, point.y_bounds[0], limits)
        _, high = _place(raster, point.x, point.y_bounds[1], limits)
        raster.column(x, high, low, "interval")
    if point and point.x_bounds:
        left, y = _place(raster, point.x_bounds[0], point.y, limits)
        right, _ = _place(raster, point.x_bounds[1], point.y, limits)
        raster.line(left, y, right, y, "interval")


def _name_cursor(raster: Raster, point: Point | None, limits: Limits) -> None:
    if point is None:
        return
    x, y = _place(raster, point.x, point.y, limits)
    row, column, name = y // raster.mode.down, x // raster.mode.across, one_line(point.name, raster.width // 2)
    fits = column + 2 + len(name) <= raster.width
    raster.put(row, column + 2 if fits else column - 1 - len(name), name, "cursor")


def axis_text(figure: Figure, value: float) -> str:
    """A value beside an axis.

    >>> from workbench.engine.figures import FIGURES
    >>> axis_text(FIGURES["memory_bytes"], 2**31), axis_text(FIGURES["latency_s"], 0.25), axis_text(score("f1"), 0.5)
    ('2G', '0.25s', '0.5')
    """
    if figure.unit == "bytes":
        return axis.size(value)
    return f"{axis.number(round(value, 12))}{'s' if figure.unit == 's' else ''}"


def _base(figure: Figure) -> float:
    return 2.0 if figure.unit == "bytes" else 10.0


def _y_labels(figure: Figure, limits: Limits, rows: int) -> dict[int, str]:
    _, _, bottom, top = limits
    labels: dict[int, str] = {}
    for value in axis.ticks(bottom, top, max(2, rows // 2), _base(figure)):
        row = rows - 1 - scale(value, bottom, top, rows)
        if not {row - 1, row, row + 1} & labels.keys():
            labels[row] = axis_text(figure, value)
    return labels


def _x_labels(figure: Figure, limits: Limits, width: int) -> str:
    left, right, _, _ = limits
    cells = [" "] * width
    for value in axis.ticks(left, right, max(2, width // 10), _base(figure)):
        label = axis_text(figure, value)
        at = min(max(0, scale(value, left, right, width) - len(label) // 2), max(0, width - len(label)))
        if all(cell == " " for cell in cells[max(0, at - 1) : at + len(label) + 1]):
            cells[at : at + len(label)] = label
    return "".join(cells[:width])
