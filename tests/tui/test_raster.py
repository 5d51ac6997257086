import math

import pytest

from workbench.tui.widgets import axis
from workbench.tui.widgets.raster import MODES, Raster, points, scale
from workbench.tui.widgets.sparkline import sparkline


@pytest.mark.parametrize(("mode", "expected"), [("braille", "⣀⠤⠒⠉"), ("block", "▄▄▀▀"), ("ascii", "..''")])
def test_a_rising_line_rises_in_every_mode(mode, expected):
    raster = Raster(4, 1, MODES[mode])
    raster.line(0, raster.dots_down - 1, raster.dots_across - 1, 0, ink=0)
    assert raster.text() == expected


@pytest.mark.parametrize("mode", MODES)
def test_drawing_outside_draws_nothing(mode):
    raster = Raster(3, 2, MODES[mode])
    for x, y in ((-1, 0), (0, -1), (99, 0), (0, 99)):
        raster.dot(x, y, 0)
        raster.mark(x, y, "x", 0)
    raster.column(-5, 0, 99, 0)
    raster.put(0, 2, "long", 0)
    raster.put(7, 0, "long", 0)
    assert raster.text().replace("\n", "").strip() == "l"


def test_a_column_that_reaches_beyond_the_edges_is_cut_to_them():
    raster = Raster(1, 1, MODES["braille"])
    raster.column(0, -(10**9), 10**9, 0)
    assert raster.text() == "⡇"


def test_a_cell_has_the_ink_that_touched_it_last():
    raster = Raster(3, 1, MODES["braille"])
    raster.line(0, 0, 5, 0, ink=1)
    raster.dot(5, 3, ink=2)
    assert raster.row(0) == [("⠉⠉", 1), ("⢉", 2)]
    assert not raster.is_free(0, 0)


def test_an_empty_raster_has_rows_of_nothing():
    assert Raster(0, 0, MODES["braille"]).text() == ""
    assert Raster(-3, 2, MODES["ascii"]).text() == "\n"


@pytest.mark.parametrize(
    ("value", "low", "high", "dot"),
    [(0, 0, 1, 0), (1, 0, 1, 9), (2, 0, 1, 18), (5, 5, 5, 4), (1e308, -1e308, 1e308, 9), (5e-324, 0, 5e-324, 4)],
)
def test_a_value_has_a_dot_for_any_limits(value, low, high, dot):
    assert scale(value, low, high, 10) == dot


def test_points_are_marked_and_their_cells_told():
    raster = Raster(5, 3, MODES["ascii"])
    assert points(raster, [0, 10], [0, 1], (0, 10, 0, 1), "o", 0) == [(2, 0), (0, 4)]
    assert raster.text() == "    o\n     \no    "


@pytest.mark.parametrize(
    ("values", "width", "expected"),
    [
        ([], 4, "    "),
        ([1.0], 4, "   ▄"),
        ([math.nan, math.nan], 4, "  ··"),
        ([0.0, math.inf, 1.0], 4, " ▁·█"),
        ([-1e308, 1e308], 2, "▁█"),
        (list(range(800)), 8, "▁▂▃▄▅▆▇█"),
        ([1.0, 2.0], 0, ""),
    ],
)
def test_a_sparkline_has_its_width_and_survives_any_number(values, width, expected):
    assert sparkline(values, width) == expected


def test_check_17_a_sparkline_in_ascii_is_ascii():
    assert sparkline([math.nan, 1, 2, 3, math.inf], 9, ascii_only=True).isascii()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999_600, "1M"),
        (-1500, "-1.5k"),
        (0.00099, "9.9e-4"),
        (0.001, "0.001"),
        (1e-300, "1e-300"),
        (1e300, "1e300"),
        (999.6e9, "1e12"),
        (2e-4, "2e-4"),
    ],
)
def test_numbers_are_short_whatever_their_size(value, text):
    assert axis.number(value) == text


def test_ticks_are_round_and_few():
    assert axis.ticks(0.93, 2.51, 4) == [1.0, 1.5, 2.0, 2.5]
    assert axis.ticks(0, 80 * 2**30, 3, base=2.0) == [0, 2**35, 2**36]
    assert axis.ticks(1.0, 1.0, 4) == []
    assert axis.ticks(-1e308, 1e308, 4) == []
    assert axis.ticks(0.0, 2e-323, 4) == axis.ticks(0.0, 2e-323, 4, base=60.0) == []  # all in one moment
    assert all(len(axis.ticks(0, high, most)) <= most for high in (1e-9, 0.3, 7, 1e6) for most in range(6))


def test_ticks_of_a_log_axis_are_powers_of_ten_when_there_are_many():
    assert axis.log_ticks(0.9, 6, 5) == [1.0, 2.0, 5.0]
    assert axis.log_ticks(1e-9, 1e9, 4) == [1e-9, 1e-4, 10.0, 1e6]
