"""What is longer than its place moves by the keys of a table, wherever it stands."""

import asyncio

import pytest
from textual.widgets import OptionList

from workbench.tui.widgets.scroll import Scroll

LONG = "\n".join(f"line {number}" for number in range(200))


async def moves(pilot, pane):
    """Whether every key moves it."""
    places = []
    for key in ("j", "k", "G", "g", "pagedown", "pageup"):
        await pilot.press(key)
        await pilot.pause()
        places.append(pane.scroll_offset.y)
    end = pane.max_scroll_y
    return end > 1 and places == [1, 0, end, 0, min(pane.scrollable_content_region.height, end), 0]


async def test_help_moves(drive, recorded):
    async with drive(recorded.workspace) as (app, pilot):
        await pilot.press("question_mark")
        assert await moves(pilot, app.screen.query_one(Scroll))


async def test_the_details_of_a_run_move_and_the_list_does_not(drive, recorded):
    async with drive(recorded.workspace) as (app, pilot):
        await pilot.press("enter")
        async with asyncio.timeout(10):
            while not app.screen.query_one("#details").max_scroll_y:
                await pilot.pause(0.02)
        before = app.screen.table.cursor_key
        assert await moves(pilot, app.screen.query_one("#details"))
        assert app.screen.table.cursor_key == before


@pytest.mark.parametrize("key", ["tab", "shift+tab"])
async def test_a_long_message_can_be_read_to_its_end(drive, recorded, key):
    async with drive(recorded.workspace) as (app, pilot):
        app.notify(LONG, severity="warning")
        await pilot.press("exclamation_mark")
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert await moves(pilot, app.screen.query_one("#message"))


async def test_g_goes_to_the_newest_message_and_shift_g_to_the_oldest(drive, recorded):
    async with drive(recorded.workspace) as (app, pilot):
        for number in range(30):
            app.notify(f"message {number}")
        await pilot.press("exclamation_mark")
        await pilot.pause()
        listed = app.screen.query_one(OptionList)
        await pilot.press("G")
        assert listed.highlighted == listed.option_count - 1
        await pilot.press("g")
        assert listed.highlighted == 0
