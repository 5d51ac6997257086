"""Charts in a bare app, and their pictures without one."""

import math
from dataclasses import replace

import pytest
from textual.app import App

from workbench.engine.curves import Curve, Smoothed
from workbench.tui.theme import DARK
from workbench.tui.widgets import axis
from workbench.tui.widgets.chart import Chart
from workbench.tui.widgets.picture import picture
from workbench.tui.widgets.plot import Level, Plot, Series, View
from workbench.tui.widgets.raster import MODES

GIB = 2**30
LOSS = Curve((step, 2.0 * math.exp(-step / 100) + 1) for step in range(1, 400))
EVAL = Curve((step, 2.0 * math.exp(-step / 100) + 1.3) for step in range(50, 400, 100))
MEMORY = Plot(
    "GPU memory",
    [
        Series("this run", Curve((s, 18.0 * GIB) for s in range(100)), "area"),
        Series("device", Curve((s, 20.0 * GIB) for s in range(100))),
    ],
    [Level("capacity 80G", 80 * GIB), Level("predicted 30G", 30 * GIB, dotted=True)],
    x_name="elapsed",
    x_format=axis.time,
    y_format=axis.size,
    x_base=60.0,
    y_base=2.0,
    from_zero=True,
)


def drawn(plot, view=None, mode="braille", width=60, height=12):
    made = picture(plot, view or View(), lambda curve: Smoothed(curve, 0.9).update(), width, height, MODES[mode])
    return made, "\n".join("".join(text for text, _ in row) for row in made.rows)


def one(*points, **fields):
    return Plot("loss", [Series("train", Curve(points))], **fields)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(60, 12), (20, 5), (7, 3), (1, 1), (0, 0), (200, 50)])
def test_a_picture_has_the_size_that_was_asked_for(mode, size):
    for plot in (MEMORY, Plot("loss", [Series("train", LOSS), Series("eval", EVAL, "points")]), Plot()):
        made, _ = drawn(plot, mode=mode, width=size[0], height=size[1])
        assert len(made.rows) == size[1]
        assert size[0] < 8 or all(sum(len(text) for text, _ in row) == size[0] for row in made.rows)


def test_check_17_ascii_is_ascii():
    for plot in (MEMORY, one((1, math.nan)), one(), Plot("loss", [Series("a", LOSS), Series("b", EVAL, "points")])):
        for view in (View(), View(log_y=True), View(smoothing=0.9)):
            assert drawn(plot, view, "ascii")[1].isascii()


def test_check_28_axes_carry_units():
    text = drawn(MEMORY)[1]
    assert "64G" in text
    assert "1m39" in text
    assert "2.5" in drawn(Plot("loss", [Series("train", LOSS)]))[1]


def test_check_29_the_capacity_the_prediction_and_the_own_share_are_drawn():
    lines = drawn(MEMORY)[1].splitlines()
    assert "capacity 80G" in lines[0]
    assert "┈┈┈┈" in lines[0]
    assert any("predicted 30G" in line and "╌╌╌" in line for line in lines)
    assert sum("⣿" * 20 in line for line in lines) >= 2  # the share is filled


def test_check_15_series_are_told_apart_without_colour():
    curves = [Curve((x, float(x * slope)) for x in range(100)) for slope in (1, 2, 3)]
    text = drawn(Plot("loss", [Series(f"run {n}", curve) for n, curve in enumerate(curves)]))[1]
    assert all(text.count(mark) >= 3 for mark in MODES["braille"].marks[:3])


def test_no_spike_is_lost_among_ten_thousand_points():
    curve = Curve((x, 5.0 if x == 7777 else 1.0) for x in range(10_000))
    top = drawn(Plot("loss", [Series("", curve)]))[1].splitlines()[0]
    assert sum("⠀" < char <= "⣿" for char in top) == 1


@pytest.mark.parametrize("view", [View(), View(log_y=True), View(smoothing=0.9), View(window=2)])
def test_check_32_odd_numbers_are_drawn_and_said(view):
    odd = [
        (one(), "no number yet"),
        (one((1, math.nan), (2, math.inf), (3, None)), "no number yet"),
        (one((1, 2.0)), "●"),
        (one((1, 0.0), (2, -1.0), (3, 4.0)), "│"),
        (one((1, 1e308), (2, 1e-308), (3, 1e300)), "│"),
        (one((1, -1e308), (2, 1e308)), "│"),
        (one((1, 5e-324), (2, 5e-324)), "│"),
        (one(*((x, 3.0) for x in range(99))), "│"),
    ]
    for plot, said in odd:
        for mode in MODES:
            text = drawn(plot, view, mode)[1]
            assert (said in text) or mode != "braille"


def test_check_32_gaps_and_restarts_are_told():
    made, text = drawn(one((1, 1.0), (2, math.nan), (3, math.inf), (4, 2.0), (5, 3.0)))
    assert made.notes == ["2 not finite"]
    again = one((1, 1.0), (2, 1.0), (3, 9.0), (2, 1.0), (3, 1.5), (2, 1.1))
    made, text = drawn(again)
    assert made.notes == ["restarted at 2 (2 times)"]
    assert "9" not in text
    assert drawn(one((1, -1.0), (2, 1.0)), View(log_y=True))[0].notes == ["1 not above 0, hidden"]
    assert "nothing above 0" in drawn(one((1, -1.0)), View(log_y=True))[1]
    assert drawn(one((1, 1.0)))[0].notes == ["one point"]


def test_check_32_a_gap_breaks_the_line():
    text = drawn(one((0, 1.0), (1, 1.0), (2, math.nan), (3, 1.0), (4, 1.0)), width=42, height=3)[1]
    line = next(line for line in text.splitlines() if "⠤" in line or "⠒" in line or "⣀" in line or "⠉" in line)
    assert "   " in line.split("│")[1].strip()


def test_a_smooth_line_has_the_raw_one_behind_it():
    noisy = Curve((x, 1.0 + (x % 2)) for x in range(50))
    rows = drawn(Plot("loss", [Series("", noisy)]), View(smoothing=0.9))[0].rows
    inks = {ink for row in rows for _, ink in row}
    assert {"raw-0", "series-0"} <= inks
    measured = Plot("memory", [Series("", noisy, smooth=False)])
    assert "raw-0" not in {ink for row in drawn(measured, View(smoothing=0.9))[0].rows for _, ink in row}


@pytest.mark.parametrize("height", range(3, 14))
def test_a_constant_stays_one_line_when_it_is_smoothed(height):
    constant = Plot("x", [Series("", Curve((x, 0.7) for x in range(500)))])
    lines = drawn(constant, View(smoothing=0.9), height=height)[1].splitlines()
    assert sum(any("⠀" < char <= "⣿" for char in line) for line in lines) == 1


def test_a_window_shows_the_last_steps_only():
    assert "300" in drawn(Plot("loss", [Series("", LOSS)]), View(window=99))[1].splitlines()[-1]


def test_an_axis_that_counts_has_whole_ticks():
    steps = [Series("", Curve([(1, 1.0), (2, 2.0)]))]
    assert "1.4" in drawn(Plot("loss", steps))[1].splitlines()[-1]
    assert drawn(Plot("loss", steps, whole_x=True))[1].splitlines()[-1].split() == ["1", "2"]


def test_no_two_ticks_say_the_same():
    late = Plot("x", [Series("", Curve((50_000 + x, 1.0) for x in range(50)))], x_format=axis.time, x_base=60.0)
    ticks = drawn(late)[1].splitlines()[-1].split()
    assert len(ticks) == len(set(ticks))


class Bench(App):
    def __init__(self, *charts):
        super().__init__()
        self.charts = charts

    def compose(self):
        return iter(self.charts)

    def get_theme_variable_defaults(self):
        return DARK.variables


async def test_a_chart_paints_only_the_lines_that_changed(monkeypatch):
    curve = Curve((x, float(x % 7)) for x in range(1000))
    chart = Chart(Plot("loss", [Series("train", curve)]))
    async with Bench(chart).run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        painted = []
        monkeypatch.setattr(chart, "refresh", lambda *regions, **_: painted.extend(regions))
        chart.draw()
        assert painted == []
        curve.append(1000, 6.0)
        chart.draw()
        assert 0 < len({region.y for region in painted}) <= chart.size.height


async def test_the_border_says_what_is_shown_and_how():
    chart = Chart(Plot("loss", [Series("train", LOSS), Series("eval", EVAL, "points")]))
    async with Bench(chart).run_test(size=(80, 12)) as pilot:
        await pilot.pause()
        assert chart.text().splitlines()[0] == "loss  ● train 1.04  ○ eval 1.36"
        chart.look(log_y=True, smoothing=0.9, window=100.0)
        assert chart.text().splitlines()[-1] == "step  last 100  log y  smooth 0.9"


async def test_a_legend_that_lacks_room_leaves_out_its_numbers_and_then_its_title():
    chart = Chart(MEMORY)
    async with Bench(chart).run_test(size=(80, 12)) as pilot:
        for width, legend in (
            (80, "GPU memory  ⣿ this run 18G  ○ device 20G"),
            (40, "GPU memory ⣿ this run ○ device"),
            (30, "⣿ this run ○ device"),
        ):
            await pilot.resize_terminal(width, 12)
            await pilot.pause()
            assert chart.text().splitlines()[0] == legend


async def test_a_lower_border_that_lacks_room_keeps_how_it_is_looked_at():
    chart = Chart(replace(MEMORY, x_name="elapsed", note="peak 18G"))
    async with Bench(chart).run_test(size=(80, 12)) as pilot:
        chart.look(window=600.0)
        for width, said in ((40, "elapsed  peak 18G  last 10m00"), (28, "peak 18G  last 10m00"), (20, "last 10m00")):
            await pilot.resize_terminal(width, 12)
            await pilot.pause()
            assert chart.text().splitlines()[-1] == said


async def test_check_14_32_a_chart_survives_any_size_and_any_curve():
    curves = [Curve(), Curve([(1, 1.0)]), Curve([(1, math.nan)]), Curve([(5, 1.0), (3, 2.0)])]
    charts = [Chart(Plot("x", [Series("y", curve)]), mode=mode) for curve in curves for mode in MODES]
    async with Bench(*charts).run_test(size=(200, 50)) as pilot:
        for size in ((80, 24), (120, 40), (10, 5), (200, 50)):
            await pilot.resize_terminal(*size)
            for chart in charts:
                chart.plot.series[0].curve.append(len(chart.plot.series[0].curve), 1.0)
                chart.show(replace(chart.plot, title="[b]no markup"), View(smoothing=0.5, log_y=True))
            await pilot.pause()
        assert charts[0].text().startswith("[b]no markup")


async def test_more_series_than_colours_begin_again():
    series = [Series(f"run {n}", Curve((x, float(x * n)) for x in range(9))) for n in range(11)]
    chart = Chart(Plot("loss", series))
    async with Bench(chart).run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        assert "●" in chart.text()


async def test_a_chart_follows_the_theme_and_the_mode():
    chart = Chart(Plot("loss", [Series("train", LOSS)]))
    app = Bench(chart)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        before = chart.render_line(2)
        app.theme = "textual-light"
        await pilot.pause()
        assert chart.render_line(2) != before
        chart.mode = "ascii"
        await pilot.pause()
        assert chart.text().isascii()
