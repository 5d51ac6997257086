import random

import pytest

from workbench.engine.comparison import Block, Cell, Line
from workbench.engine.figures import FIGURES, score
from workbench.engine.pareto import Point, front, points

LATENCY, ACCURACY, COVERAGE = FIGURES["latency_s"], score("accuracy"), FIGURES["coverage"]


def keys(found):
    return [point.key for point in found]


def test_check_35_the_front_is_fast_and_right():
    candidates = [
        Point(name, name, x, y) for name, x, y in (("a", 1, 0.5), ("b", 2, 0.4), ("c", 2, 0.7), ("d", 3, 0.7))
    ]
    assert keys(front(candidates, LATENCY, ACCURACY)) == ["a", "c"]


def test_equal_points_are_all_on_it():
    candidates = [Point("a", "a", 1, 1), Point("b", "b", 1, 1), Point("c", "c", 0, 0)]
    assert keys(front(candidates, LATENCY, ACCURACY)) == ["c", "a", "b"]


def test_a_collapsed_run_is_never_on_it():
    assert keys(front([Point("a", "a", 0, 1, able=False), Point("b", "b", 1, 1)], LATENCY, ACCURACY)) == ["b"]
    assert front([], LATENCY, ACCURACY) == []


@pytest.mark.parametrize(
    "figures", [(LATENCY, ACCURACY), (LATENCY, LATENCY), (ACCURACY, ACCURACY), (ACCURACY, LATENCY)]
)
def test_it_is_what_the_definition_says(figures):
    x, y = figures
    drawn = random.Random(1)
    candidates = [Point(str(i), "", drawn.randrange(9), drawn.randrange(9)) for i in range(60)]

    def beaten(point):
        for other in candidates:
            as_good = not x.is_better(point.x, other.x) and not y.is_better(point.y, other.y)
            if as_good and (x.is_better(other.x, point.x) or y.is_better(other.y, point.y)):
                return True
        return False

    assert {point.key for point in front(candidates, x, y)} == {point.key for point in candidates if not beaten(point)}


def test_points_are_the_runs_that_have_both_figures():
    cells = {"accuracy": Cell(0.5, None, None, 9)}
    lines = (
        Line("a", "train", "a", cells=cells, latency_s=0.1),
        Line("b", "train", "b", cells=cells),
        Line("c", "base", "c", cells=cells, latency_s=0.2, flags=("collapsed to one answer",)),
        Line("always A", "floor", "always A", cells=cells),
    )
    block = Block("quiz", "arc", "p@1", "bare", ("accuracy",), lines, None)
    assert [(point.key, point.able) for point in points(block, LATENCY, ACCURACY)] == [("a", True), ("c", False)]
