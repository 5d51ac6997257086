import pytest

from workbench.engine.comparison import Block, Cell, Line
from workbench.engine.figures import FIGURES, score
from workbench.engine.pareto import Point, points
from workbench.engine.plots import loss_png, memory_png, pareto_png

PNG = b"\x89PNG\r\n\x1a\n"
HOSTILE = "_$x^{ \\frac{1}{ <b>"
"""A name that begins a formula, hides from a legend and is markup."""


def size(path):
    """Width and height in pixels, from the header of the file."""
    head = path.read_bytes()[:24]
    assert head.startswith(PNG)
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "new" / "folder"


def test_losses(folder):
    file = folder / "loss.png"
    loss_png({HOSTILE: [(1, 2.0), (2, 1.5)], "empty": [], "one": [(1, 3.0)]}, file, HOSTILE)
    assert size(file) == (1152, 720)
    assert [one.name for one in folder.iterdir()] == ["loss.png"]


def test_the_loss_on_validation_rows_is_another_line(folder):
    plain, both = folder / "plain.png", folder / "both.png"
    loss_png({"a": [(1, 2.0), (2, 1.5)]}, plain, "t")
    loss_png({"a": [(1, 2.0), (2, 1.5)]}, both, "t", {"a": [(0, 2.5), (2, 1.75)]})
    assert plain.read_bytes() != both.read_bytes()


def test_no_losses_are_an_empty_picture(folder):
    loss_png({}, folder / "loss.png", "nothing")
    assert size(folder / "loss.png") == (1152, 720)


def test_memory_over_time(folder):
    file = folder / "memory.png"
    held = {"allocated": [(0.0, 2**30), (5.0, 2**31)], "RSS": [(0.0, 2**29)], "none": []}
    memory_png(held, file, "m", stages=[(0.0, "data"), (3.0, HOSTILE)])
    assert size(file) == (1152, 720)


def test_runs_in_the_plane_of_two_figures(folder):
    lines = tuple(
        Line(name, "train", name, cells={"accuracy": Cell(value, value - 0.1, value + 0.1, 50)}, eval_memory_bytes=peak)
        for name, value, peak in ((HOSTILE, 0.5, 2**30), ("b", 0.6, 2**31), ("c", 0.4, 2**31))
    )
    block = Block("d", "arc", "arc_gen@1", "bare", ("accuracy",), lines, None)
    x, y = FIGURES["memory_bytes"], score("accuracy")
    pareto_png(points(block, x, y), folder / "pareto.png", x, y, "d", baseline="b", marked=["c"])
    assert size(folder / "pareto.png") == (1152, 720)


@pytest.mark.parametrize("count", [0, 1])
def test_few_runs_are_a_picture_too(folder, count):
    x, y = FIGURES["memory_bytes"], score("accuracy")
    some = [Point("a", "plain $x$", 2**30, 0.5, able=False, y_bounds=(0.4, 0.6))]
    pareto_png(some[:count], folder / "pareto.png", x, y, "quiz")
    assert size(folder / "pareto.png") == (1152, 720)
    assert [one.name for one in folder.iterdir()] == ["pareto.png"]


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        loss_png({}, tmp_path / "file" / "loss.png", "")
