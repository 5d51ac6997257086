import asyncio

import pytest
from textual import events
from textual.app import App
from textual.widgets import Input

from workbench.tui.keys import SHARED, bindings
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filter_bar import FilterBar
from workbench.tui.widgets.table import Table

ROWS = {f"r{i}": {"name": f"run-{i}", "loss": i / 10} for i in range(20)}


class Host(App):
    BINDINGS = bindings(SHARED["filter"])

    def compose(self):
        yield Table([Column("name", "name"), Column("loss", "loss", number=True)], id="rows")
        yield FilterBar("#rows", "loss<1.2")

    def on_mount(self):
        self.table = self.query_one(Table)
        self.table.set_rows(ROWS)
        self.table.focus()

    def action_filter(self):
        self.query_one(FilterBar).open()

    @property
    def said(self):
        return str(self.query_one(".filter--said").render())


async def test_check_33_slash_filters_at_every_key_and_enter_returns_to_the_rows():
    app = Host()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert not app.query_one(FilterBar).display
        await pilot.press("slash", *"loss>1.7")
        await pilot.pause()
        assert app.table.rows.keys == ["r18", "r19"]
        assert app.said == "2 of 20"
        await pilot.press("enter")
        assert app.focused is app.table
        assert app.query_one(FilterBar).display


async def test_a_key_right_after_enter_is_for_the_table():
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press("slash", *"run")
        for key in ("enter", "j"):
            event = events.Key(key, key if len(key) == 1 else None)
            event.set_sender(app)
            app._driver.send_message(event)
        await pilot.pause()
        assert app.table.cursor_key == "r1"
        assert app.query_one(Input).value == "run"


async def test_a_filter_that_cannot_be_read_says_so_and_the_one_before_holds():
    app = Host()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press("slash", *"los>1")
        await pilot.pause()
        assert 'Did you mean "loss"?' in app.said
        assert len(app.table.rows.keys) == 0  # "los" matched no name
        await pilot.press(*["backspace"] * 5)
        await pilot.pause()
        assert len(app.table.rows.keys) == 20


async def test_what_is_wrong_stays_said_while_rows_change_and_enter_does_not_fall_back_on_half_of_it():
    app = Host()
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press("slash", *"run<", *"8GiB")
        await pilot.pause()
        wrong = app.said
        assert 'no column "run"' in wrong
        app.query_one(FilterBar).refresh_count()  # as a table does that is looked at again and again
        await pilot.pause()
        assert app.said == wrong
        await pilot.press("enter")
        await pilot.pause()
        assert (app.focused, app.query_one(Input).value) == (app.query_one(Input), "run<8GiB")
        assert app.said == wrong
        await pilot.press("escape", "slash", *"loss>1.7")
        await pilot.press("enter")
        assert (app.focused, app.said) == (app.table, "2 of 20")


async def test_check_09_letters_are_text_and_escape_takes_the_filter_back():
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press("slash", *"jkGpo19")
        await pilot.pause()
        assert app.query_one(Input).value == "jkGpo19"
        assert app.table.pinned == ()
        await pilot.press("escape")
        await pilot.pause()
        assert app.focused is app.table
        assert len(app.table.rows.keys) == 20
        assert not app.query_one(FilterBar).display
        assert not app.query_one(FilterBar).clear()


@pytest.mark.parametrize("name", ["runs", "profile", "evals", "compare"])
async def test_the_example_beside_the_slash_can_be_typed(drive, recorded, name):
    async with drive(recorded.workspace, name) as (app, pilot):
        async with asyncio.timeout(20):
            while not any(len(table.rows) for table in app.screen.query(Table)):
                await pilot.pause(0.02)
        bar = app.screen.query_one(FilterBar)
        example = bar.query_one(Input).placeholder
        assert "<" in example or "~" in example
        assert bar._table.set_filter(example) == ""
