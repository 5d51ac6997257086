import random

import pytest

from workbench.engine.comparison import Block, Cell, Comparison, Line
from workbench.engine.figures import FIGURES, score
from workbench.engine.pareto import Point, chosen, front, points
from workbench.errors import InputError

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


def test_a_plane_is_chosen_by_names():
    cells = {"f1": Cell(0.5, None, None, 9)}
    blocks = [
        Block(name, "squad", "p@1", "bare", ("f1", "exact"), (Line("a", "train", "a", cells=cells),), None)
        for name in ("passages", "squad")
    ]
    found = Comparison("", tuple(blocks), ())
    assert [one.key if hasattr(one, "key") else one.dataset for one in chosen(found)] == ["passages", "latency_s", "f1"]
    block, x, y = chosen(found, "squad", "memory_bytes", "exact")
    assert (block.dataset, x.key, y.key) == ("squad", "memory_bytes", "exact")
    with pytest.raises(InputError, match='Did you mean "latency_s"'):
        chosen(found, x="latency")
    with pytest.raises(InputError, match='Did you mean "squad"'):
        chosen(found, "squat")
    with pytest.raises(InputError, match="nothing to draw"):
        chosen(Comparison("", (), ()))
