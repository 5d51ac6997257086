"""What the keys of the Runs screen do with a run; engine functions that start processes are played."""

import subprocess
import sys
from contextlib import contextmanager

from textual.widgets import Input

from workbench.engine import launch, tags
from workbench.tui.dialogs import Confirm
from workbench.tui.runs import quickstart
from workbench.tui.runs.first_run import FirstRun

from .conftest import HOLDER, record_run
from .runs_screen import at, until


@contextmanager
def held(lock_file):
    """The lock of a run, held by a process as a worker does."""
    command = [sys.executable, "-S", "-c", HOLDER, str(lock_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield
        process.kill()


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
