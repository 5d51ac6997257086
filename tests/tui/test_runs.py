"""The Runs screen on recorded folders."""

import json

import pytest
from textual.widgets import Static

from workbench.errors import InputError
from workbench.tui.widgets.filter_bar import FilterBar

from .conftest import record_run, started, write_events
from .runs_screen import at, read, until


def about(app):
    content = app.screen.query_one("#about", Static).content
    return getattr(content, "plain", content)


async def test_check_39_the_names_are_there_before_the_runs_are_read(drive, recorded, shown, monkeypatch):
    def never(_):
        raise InputError("not yet")

    monkeypatch.setattr("workbench.tui.status.Looks.look", never)
    async with drive(recorded.workspace, "runs", problems=True) as (app, pilot):
        await pilot.pause()
        assert "… reading  running" in shown(app)
        await pilot.press("a")
        assert app.messages.all[-1].text == "the runs are still being read"


async def test_every_state_is_listed_with_what_is_known_of_it(drive, recorded, shown):
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await read(app, pilot)
        rows = {line.split()[2]: line for line in shown(app).splitlines() if "smollm2-135m " in line and "│" in line}
        assert "● running" in rows["running"]
        assert "40%" in rows["running"]
        assert "nf4" in rows["running"]
        assert "? lost" in rows["lost"]
        assert "DoRA r32" in rows["better"]
        assert "✗ failed" in rows["nan"]
        assert app.screen.subject == app.screen.chosen().id


async def test_details_stand_beside_the_list_from_120_columns(drive, recorded):
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await at(app, pilot, recorded["failed"])
        await until(pilot, lambda: "CUDA out of memory" in about(app))
        assert "torch.OutOfMemoryError" in about(app)
        assert "R goes on from the last checkpoint" in about(app)
        await at(app, pilot, recorded["better"])
        await until(pilot, lambda: "n = 40" in about(app))
        assert "seed      42" in about(app)
        assert "accuracy 0.950 [" in about(app) or "macro_f1 0.950 [" in about(app)


async def test_details_say_why_a_number_is_not_there_and_no_stage_that_is_over(drive, recorded):
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await at(app, pilot, recorded["base"])
        await until(pilot, lambda: "step      n/a (it trains nothing)" in about(app))
        assert "stage" not in about(app)
        assert "seed" not in about(app)
        await at(app, pilot, recorded["nan"])
        await until(pilot, lambda: "loss      n/a (its last step told no number)" in about(app))
        assert "stage     train" in about(app)
        begun = record_run(recorded.workspace, "begun", "20260102-120000")
        write_events(begun, started(), age_s=1)
        await until(pilot, lambda: begun.id in app.screen.table.rows.keys)
        await at(app, pilot, begun)
        await until(pilot, lambda: "step      n/a (none done)" in about(app))
        assert "loss      n/a (no step done)" in about(app)


async def test_details_tell_the_memory_that_the_comparison_tells(drive, recorded):
    on_a_cpu = recorded["finished"].result()
    on_a_cpu["memory"] |= {"peak_allocated_bytes": None, "peak_reserved_bytes": None, "reason": "no CUDA device"}
    recorded["finished"].result_file.write_text(json.dumps(on_a_cpu))
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await at(app, pilot, recorded["finished"])
        await until(pilot, lambda: "memory    1.00 GiB RSS at most" in about(app))
        await at(app, pilot, recorded["better"])
        await until(pilot, lambda: "memory    3.00 GiB allocated at most" in about(app))


async def test_the_last_words_of_a_worker_are_shown_as_in_the_log_of_live(drive, recorded):
    recorded["failed"].log_file.write_text("\x1b[31mred\x1b[0m [b]words[/]\n" + "x" * 100_000 + "\nlast \x07\n")
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await at(app, pilot, recorded["failed"])
        await until(pilot, lambda: "last \\x07" in about(app))
        assert "\nred [b]words[/]\n" in about(app)
        assert len(about(app)) < 3000


async def test_details_open_with_enter_and_close_with_escape_at_80_columns(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await at(app, pilot, recorded["lost"])
        details = app.screen.query_one("#details")
        assert not details.display
        await pilot.press("enter")
        await until(pilot, lambda: "Killed" in about(app))
        assert details.display
        assert app.screen.table.size.height >= 6
        await pilot.press("escape")
        assert not details.display
        assert app.focused is app.screen.table


async def test_a_damaged_result_is_said_in_the_details(drive, recorded):
    recorded["finished"].result_file.write_text('{"evaluation": 3}')
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await at(app, pilot, recorded["finished"])
        await until(pilot, lambda: "result.json is damaged" in about(app))


async def test_filter_marks_and_one_step_out_after_the_other(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await read(app, pilot)
        table = app.screen.table
        await pilot.press("slash", *"failed", "enter")
        await pilot.pause()
        assert set(table.rows.keys) == {recorded["failed"].id, recorded["nan"].id}
        await pilot.press("space")
        assert len(table.marked) == 1
        await pilot.press("escape")
        await pilot.pause()
        assert len(table.rows.keys) == len(app.rows)
        assert not app.screen.query_one(FilterBar).display
        await pilot.press("escape")
        assert table.marked == ()


async def test_sort_and_columns_are_kept_for_the_next_start(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await read(app, pilot)
        app.screen.table.set_sort("loss", True)
        await pilot.pause()
        order = list(app.screen.table.rows.keys)
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await read(app, pilot)
        await until(pilot, lambda: app.screen.table.rows.keys == order)
        assert app.screen.table.state()["sort"] == "loss"


async def test_check_37_the_shown_runs_are_exported_in_three_formats(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await read(app, pilot)
        app.screen.table.set_filter("failed")
        await pilot.press("e")
        (path,) = recorded.workspace.exports.iterdir()
        assert path.suffix == ".csv"
        assert len(path.read_text().splitlines()) == 3
        assert app.command == "workbench list --where failed --csv"
        ways = {way.suffix: way.write() for way in app.screen.exports()}
        assert {one["status"] for one in json.loads(ways[".json"])} == {"failed"}
        assert ways[".md"].startswith("| status | run |")
        await pilot.press("e")
        assert len(list(recorded.workspace.exports.iterdir())) == 2


async def test_check_37_y_copies_and_a_run_named_on_the_command_line_is_chosen(drive, recorded):
    async with drive(recorded.workspace, "runs", recorded["lost"].id) as (app, pilot):
        await read(app, pilot)
        assert app.screen.chosen().id == recorded["lost"].id
        assert app.screen.copy_text() == recorded["lost"].id
        await pilot.press("l", "y")
        assert app.clipboard == "lost"


async def test_the_details_pane_grows_shrinks_and_is_reset(drive, recorded, settings):
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await read(app, pilot)
        width = app.screen.query_one("#details").size.width
        await pilot.press("plus")
        await pilot.pause()
        assert app.screen.query_one("#details").size.width > width
        assert settings.get("runs", "details") == 50
        await pilot.press("0")
        await pilot.pause()
        assert app.screen.query_one("#details").size.width == width


@pytest.mark.parametrize("name", ["hostile\x1b[31m", "[bold]x[/bold]"])
async def test_a_hostile_tag_or_reason_is_shown_as_text(drive, recorded, shown, name):
    with recorded["failed"].events_file.open("a") as file:
        file.write(json.dumps({"time_s": 1.0, "kind": "ended", "status": "failed", "reason": name}) + "\n")
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await at(app, pilot, recorded["failed"])
        await until(pilot, lambda: "reason" in about(app))
        assert "\x1b" not in shown(app)
        assert name.partition("\x1b")[0] in about(app)


async def test_details_that_are_read_while_the_app_is_left_are_no_problem(drive, recorded):
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await read(app, pilot)
        await pilot.press("j")
        reading = [worker for worker in app.workers if worker.group == "details"]
        await app.screen.query_one("#about").remove()  # as it goes first when the app is left
        assert reading
        for worker in reading:
            await worker.wait()
