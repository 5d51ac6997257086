"""The Pareto front: the points that no other point beats in both figures.

It is of the measured values and knows nothing of chance: two scores that are not told apart may lie on and behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.engine.comparison import Block, Comparison
from workbench.engine.figures import Figure, figures
from workbench.errors import InputError, nearest

X = "latency_s"
"""What a score is set against by default."""


@dataclass(frozen=True)
class Point:
    """A run in the plane of two figures.

    Args:
        key: Of the run.
        name: For people.
        x, y: Its values.
        able: Whether it may lie on the front; a row that collapsed may not.
        x_bounds, y_bounds: 95 % intervals; None where there are none.
    """

    key: str
    name: str
    x: float
    y: float
    able: bool = True
    x_bounds: tuple[float, float] | None = None
    y_bounds: tuple[float, float] | None = None


def points(block: Block, x: Figure, y: Figure) -> list[Point]:
    """The runs of a data set that have both figures; a floor is no run."""
    found = []
    for line in block.lines:
        across, up = x.of(line), y.of(line)
        if line.kind != "floor" and across is not None and up is not None:
            able = not any(flag.startswith("collapsed") for flag in line.flags)
            found.append(Point(line.id, line.name, across, up, able, x.bounds(line), y.bounds(line)))
    return found


def front(candidates: Iterable[Point], x: Figure, y: Figure) -> list[Point]:
    """The points, by x, that no other one beats: as good in both figures and better in one. Equal ones are all there.

    Takes n log n steps: from the best x on, a point is on the front when its y is better than all before.
    """
    signs = (1 if x.better == "lower" else -1, 1 if y.better == "lower" else -1)
    able = sorted(
        (point for point in candidates if point.able), key=lambda point: (signs[0] * point.x, signs[1] * point.y)
    )
    kept: list[Point] = []
    for point in able:
        last = kept[-1] if kept else None
        if last is None or signs[1] * point.y < signs[1] * last.y or (point.x, point.y) == (last.x, last.y):
            kept.append(point)
    return sorted(kept, key=lambda point: point.x)


def chosen(comparison: Comparison, dataset: str = "", x: str = "", y: str = "") -> tuple[Block, Figure, Figure]:
    """A data set and the two figures of its plane: by default the first one, and the ranked score over the latency.

    Raises:
        InputError: There is no data set or figure of that name; the message names the nearest.
    """
    blocks = {block.dataset: block for block in reversed(comparison.blocks)}
    if not blocks:
        raise InputError("No run has a score yet, so there is nothing to draw.")
    if dataset and dataset not in blocks:
        raise InputError(f'Nothing was asked on a data set "{dataset}". {nearest(dataset, blocks)}')
    block = blocks[dataset] if dataset else comparison.blocks[0]
    return block, _figure(block, x or X), _figure(block, y or block.metrics[0])


def _figure(block: Block, key: str) -> Figure:
    known = {figure.key: figure for figure in figures(block)}
    if key not in known:
        raise InputError(f'{block.dataset} has no figure "{key}". {nearest(key, known)}')
    return known[key]
