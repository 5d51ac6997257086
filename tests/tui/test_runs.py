"""The Runs screen on recorded folders."""

import asyncio
import json
import subprocess
import sys
from contextlib import contextmanager

import pytest
from textual.widgets import Input, Static

from workbench.engine import launch, tags
from workbench.errors import InputError
from workbench.tui.dialogs import Confirm
from workbench.tui.runs import quickstart
from workbench.tui.runs.first_run import FirstRun
from workbench.tui.widgets.filter_bar import FilterBar

from .conftest import HOLDER, record_run


@contextmanager
def held(lock_file):
    """The lock of a run, held by a process as a worker does."""
    command = [sys.executable, "-S", "-c", HOLDER, str(lock_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield
        process.kill()


async def until(pilot, done):
    async with asyncio.timeout(30):
        while not done():
            await pilot.pause(0.02)
    await pilot.pause()


async def read(app, pilot):
    """Wait until the runs have been read."""
    await until(pilot, lambda: app.rows is not None and app.screen.chosen() is not None)


async def at(app, pilot, run):
    await read(app, pilot)
    assert app.screen.table.move_to(run.id)
    await pilot.pause()


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


async def test_a_attaches_on_the_live_screen(drive, recorded, monkeypatch):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await at(app, pilot, recorded["running"])
        await pilot.press("a")
        await until(pilot, lambda: app.current_mode == "live")


async def test_resume_refuses_a_finished_run_and_starts_a_stopped_one(drive, recorded, monkeypatch):
    resumed = []
    monkeypatch.setattr(launch, "resume", resumed.append)
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await at(app, pilot, recorded["finished"])
        await pilot.press("R")
        await pilot.pause()
        assert app.messages.all[-1].text.endswith("is finished; there is nothing to resume")
        await at(app, pilot, recorded["stopped"])
        await pilot.press("R")
        await until(pilot, lambda: resumed)
        assert resumed == [recorded["stopped"]]
        assert app.command == f"workbench resume {recorded['stopped'].id} --detach"


async def test_stop_refuses_a_finished_run(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await at(app, pilot, recorded["finished"])
        await pilot.press("s")
        await pilot.pause()
        assert app.messages.all[-1].text.endswith("is finished; there is nothing to stop")


async def test_answers_of_an_untrained_model_are_stopped_with_their_run_and_count_as_none(drive, recorded, shown):
    lines = recorded["base"].events_file.read_text().splitlines()
    recorded["base"].events_file.write_text(lines[0] + "\n")
    with held(recorded["base"].lock_file):
        async with drive(recorded.workspace, "runs") as (app, pilot):
            await at(app, pilot, recorded["base"])
            await until(pilot, lambda: app.screen.chosen().status == "running")
            assert "· 1 running" in shown(app)
            await pilot.press("s")
            await pilot.pause()
            assert app.messages.all[-1].text.endswith("stop that run")
            assert not recorded["base"].stop_file.exists()


async def test_clone_asks_for_a_name_and_shows_the_new_profile(drive, recorded, monkeypatch):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        done = []
        monkeypatch.setattr(app, "did", lambda *command: done.append(command))
        await at(app, pilot, recorded["better"])
        await pilot.press("c")
        await until(pilot, lambda: app.screen.query(Input) and app.screen.query_one(Input).id == "answer")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "profile")
        assert 'method = "dora"' in recorded.workspace.profile("better-2").read_text()
        await until(pilot, lambda: ("workbench", "new", "better-2", "--from-run", recorded["better"].id) in done)


async def test_tags_are_given_and_taken_away_in_one_line(drive, recorded):
    run = recorded["better"]
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await at(app, pilot, run)
        await tell(app, pilot, "t", *"good", "space", *"seed-7")
        await until(pilot, lambda: tags.read(run).tags == ("good", "seed-7"))
        await until(pilot, lambda: app.screen.chosen().tags == ("good", "seed-7"))
        await tell(app, pilot, "t", *["backspace"] * len(" seed-7"))
        await until(pilot, lambda: tags.read(run).tags == ("good",))


async def tell(app, pilot, key, *typed):
    await pilot.press(key)
    await until(pilot, lambda: app.screen.query(Input) and app.screen.query_one(Input).id == "answer")
    await pilot.press(*typed, "enter")


async def test_archiving_asks_names_the_runs_and_can_be_taken_back(drive, recorded):
    run = recorded["failed"]
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await at(app, pilot, run)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert run.id in app.screen.query_one("#question").content.plain
        await pilot.press("tab", "enter")
        await until(pilot, lambda: tags.read(run).archived)
        await until(pilot, lambda: run.id not in app.screen.table.rows.keys)
        await pilot.press("A")
        await until(pilot, lambda: run.id in app.screen.table.rows.keys)
        await at(app, pilot, run)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: not tags.read(run).archived)
        assert app.command == f"workbench archive {run.id} --restore"


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


async def test_check_11_enter_in_an_empty_folder_begins_the_quickstart(drive, empty, monkeypatch, shown):
    def start(workspace, say):
        say("fetching the model: 10 MiB of 20 MiB")
        return record_run(workspace, "quickstart")

    monkeypatch.setattr(quickstart, "start", start)
    async with drive(empty, "runs") as (app, pilot):
        assert isinstance(app.focused, FirstRun)
        assert "Press enter" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "live")
        assert app.command == "workbench run quickstart --detach"
        await pilot.press("1")
        await until(pilot, lambda: app.screen.chosen() is not None)
        assert app.focused is app.screen.table


async def test_a_quickstart_that_cannot_start_says_why(drive, empty, monkeypatch):
    def start(workspace, say):
        raise launch.RunFailed("the worker did not start")

    monkeypatch.setattr(quickstart, "start", start)
    async with drive(empty, "runs", problems=True) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.messages.all)
        assert app.messages.all[-1].text == "the worker did not start"
        assert app.current_mode == "runs"


def test_the_quickstart_brings_profile_data_and_model_and_begins(empty, monkeypatch, smollm2):
    begun = []
    empty.models.mkdir()
    (empty.models / "smollm2-135m").symlink_to(smollm2)
    monkeypatch.setattr(quickstart, "begin", lambda workspace, profile: begun.append(profile.name))
    said = []
    quickstart.start(empty, said.append)
    assert begun == ["quickstart"]
    assert empty.profile("quickstart").exists()
    assert (empty.dataset("passages") / "manifest.json").exists()
    assert said == ["starting the worker"]


@pytest.mark.parametrize("name", ["hostile\x1b[31m", "[bold]x[/bold]"])
async def test_a_hostile_tag_or_reason_is_shown_as_text(drive, recorded, shown, name):
    with recorded["failed"].events_file.open("a") as file:
        file.write(json.dumps({"time_s": 1.0, "kind": "ended", "status": "failed", "reason": name}) + "\n")
    async with drive(recorded.workspace, "runs", size=(120, 40)) as (app, pilot):
        await at(app, pilot, recorded["failed"])
        await until(pilot, lambda: "reason" in about(app))
        assert "\x1b" not in shown(app)
        assert name.partition("\x1b")[0] in about(app)
