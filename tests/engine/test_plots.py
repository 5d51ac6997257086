import pytest

from workbench.engine.figures import FIGURES, score
from workbench.engine.pareto import Point
from workbench.engine.plots import pareto_png

POINTS = [
    Point("a", "plain $x$", 2**30, 0.5, y_bounds=(0.4, 0.6)),
    Point("b", "marked", 2**31, 0.7, y_bounds=(0.6, 0.8)),
    Point("c", "collapsed", 2**29, 0.1, able=False),
]


@pytest.mark.parametrize("points", [POINTS, POINTS[:1], []])
def test_a_picture_is_a_png_and_nothing_is_left_beside_it(tmp_path, points):
    path = tmp_path / "new" / "plane.png"
    pareto_png(points, path, FIGURES["memory_bytes"], score("accuracy"), "quiz", baseline="a", marked=["b"])
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(path.parent.iterdir()) == [path]
