"""Sizes, colours, states and themes of all screens."""

import asyncio

import pytest

from workbench.tui import theme
from workbench.tui.app import WorkbenchApp
from workbench.tui.keys import SHARED
from workbench.tui.modes import MODES
from workbench.tui.settings import Settings
from workbench.tui.too_small import TooSmall
from workbench.tui.widgets.table import Table


async def test_check_44_every_screen_opens_at_both_sizes(drive, recorded, mode, size, shown):
    async with drive(recorded.workspace, mode, size=size) as (app, _):
        assert app.current_mode == mode
        text = shown(app).splitlines()
        assert MODES[mode].title in text[0]
        assert "? Help  ^p Commands" in text[-1] or "f1 Help  ^p Commands" in text[-1]
        assert "\x1b" not in shown(app)


async def test_check_12_the_primary_content_is_in_sight(drive, recorded, mode, size):
    async with drive(recorded.workspace, mode, size=size) as (app, pilot):
        await app.open_run(recorded["finished"].id, mode) if mode == "live" else None
        await pilot.pause()
        shown = [widget for widget in app.screen.query("*") if widget.is_on_screen and not widget.children]
        assert any(widget.size.width >= 20 and widget.size.height >= 5 for widget in shown)
        for widget in app.screen.walk_children():
            if widget.display and widget.region:
                assert (
                    widget.region.right <= size[0] or not widget.is_on_screen or widget.parent.allow_horizontal_scroll
                )


async def test_check_12_the_first_four_columns_of_the_runs_need_no_scrolling(drive, recorded, size, shown):
    async with drive(recorded.workspace, "runs", size=size) as (app, pilot):
        await looked(app, pilot)
        heads = shown(app).splitlines()[1].split()
        assert heads[:4] == ["status", "name", "model", "method"]
        rows = [line for line in shown(app).splitlines() if "smollm2-135m" in line]
        assert len(rows) >= 5


async def looked(app, pilot):
    """Wait until the runs have been read and shown."""
    async with asyncio.timeout(20):
        while app.rows is None or len(app.screen.query_one(Table).rows) != len(app.rows):
            await pilot.pause(0.02)
    await pilot.pause()


async def test_check_13_too_small_a_window_says_so_and_growing_gives_the_screen_back(drive, recorded, mode, shown):
    async with drive(recorded.workspace, mode) as (app, pilot):
        screen, focused = app.screen, app.focused
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert isinstance(app.screen, TooSmall)
        assert "This window is 50x12." in shown(app)
        assert "Workbench needs 60x15." in shown(app)
        before = len(app.messages.all)
        await pilot.press(*"sxp2T!", "ctrl+p", "escape", "enter")
        assert isinstance(app.screen, TooSmall)
        assert app.current_mode == mode
        assert len(app.messages.all) == before
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert "This window is 40x10." in shown(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app.screen is screen
        assert app.focused is focused


async def test_check_13_q_quits_a_window_that_is_too_small(drive, recorded):
    async with drive(recorded.workspace, "runs", size=(50, 12)) as (app, pilot):
        await pilot.pause()
        assert isinstance(app.screen, TooSmall)
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running or app._exit


WAITS = 60
"""Tenths of a second that a screen may take to read the recorded runs."""


async def test_check_14_resizing_keeps_focus_and_selection(drive, recorded, mode):
    async with drive(recorded.workspace, mode, size=(200, 50)) as (app, pilot):
        focused = app.focused
        table = next(iter(app.screen.query(Table)), None)
        if table is not None:
            for _ in range(WAITS):  # some tables stay empty here
                if table.cursor_key is None:
                    await pilot.pause(0.1)
            await pilot.press("j", "j")
        selected = table.cursor_key if table else None
        for width, height in ((80, 24), (120, 40), (61, 15), (200, 50)):
            await pilot.resize_terminal(width, height)
            app.look_now()
            await pilot.pause()
            assert app.focused is focused or not focused.display
            assert (table.cursor_key if table else None) == selected


async def test_check_15_states_are_words_without_colours(drive, recorded, shown, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await looked(app, pilot)
        assert app.no_color
        text = shown(app)
        for glyph, word in (("●", "running"), ("✓", "finished"), ("✗", "failed"), ("?", "lost"), ("■", "stopped")):
            assert f"{glyph} {word}" in text
        strips = app.screen._compositor.render_strips()
        colours = {s.style.color.triplet for strip in strips for s in strip if s.style and s.style.color}
        assert colours
        exported = next(way for way in app.screen.exports() if way.suffix == ".csv").write()
        for word in ("running", "finished", "failed", "lost", "stopped"):
            assert f",{word}," in exported


def test_check_16_there_is_a_dark_a_light_and_a_colour_blind_theme():
    assert {row.dark for row in theme.THEMES.values()} == {True, False}
    assert theme.COLOUR_BLIND.variables["series-1"] == theme.OKABE_ITO[0]
    names = {"waiting", "running", "finished", "failed", "stopped", "lost"}
    for row in theme.THEMES.values():
        assert names == {key.removeprefix("state-") for key in row.variables if key.startswith("state-")}


async def test_check_16_the_theme_is_kept_for_the_next_start(drive, recorded, settings):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await pilot.press("T")
        assert app.theme == "workbench-light"
    settings._values = settings._read()
    async with drive(recorded.workspace, "runs") as (app, _):
        assert app.theme == "workbench-light"
        assert not app.current_theme.dark


async def test_the_last_screen_is_kept_for_the_next_start(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await pilot.press("5")
        await pilot.pause()
    async with drive(recorded.workspace, "") as (app, _):
        assert app.current_mode == "compare"


async def test_check_19_a_click_on_a_footer_key_presses_it(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await pilot.click("Hints", offset=(2, 0))
        await pilot.pause()
        assert type(app.screen).__name__ == "HelpScreen"


async def test_check_19_a_click_puts_the_cursor_on_a_row(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await looked(app, pilot)
        table = app.screen.query_one(Table)
        await pilot.click(Table, offset=(5, 3))
        await pilot.pause()
        assert table.cursor_key == table.rows.keys[2]


def test_the_settings_survive_a_broken_file_and_say_so(tmp_path):
    path = tmp_path / "app.json"
    path.write_text("{")
    broken = Settings(path)
    assert "cannot be read" in broken.problem
    assert broken.get("app", "theme", "x") == "x"
    broken.set("app", "theme", "workbench-light")
    assert Settings(path).get("app", "theme") == "workbench-light"


async def test_choices_that_cannot_be_kept_are_said_once_and_hold(recorded, tmp_path):
    (tmp_path / "file").touch()
    app = WorkbenchApp(recorded.workspace, settings=Settings(tmp_path / "file" / "app.json"))
    async with app.run_test() as pilot:
        await pilot.press("T", "2", "1", "T")
        await pilot.pause()
        assert app.theme == "workbench-colour-blind"
        (said,) = [one.text for one in app.messages.all if "cannot be kept" in one.text]
        assert str(tmp_path / "file" / "app.json") in said


def test_two_apps_keep_each_others_choices(tmp_path):
    one, two = Settings(tmp_path / "app.json"), Settings(tmp_path / "app.json")
    one.set("app", "theme", "workbench-light")
    two.set("runs", "details", 50)
    assert Settings(tmp_path / "app.json").get("app", "theme") == "workbench-light"
    assert Settings(tmp_path / "app.json").get("runs", "details") == 50


@pytest.mark.parametrize("name", ["stop", "filter", "help"])
def test_a_shared_key_keeps_its_id_when_a_screen_words_it(name):
    assert SHARED[name].says("Else").id == name
