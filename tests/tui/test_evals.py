"""The Evals screen on recorded runs: the list, a new evaluation, the queue, the answers; by keyboard alone."""

import asyncio
import json

import pytest

from workbench.engine import queue
from workbench.engine.events import EventLog
from workbench.tui.evals.answers import AnswersScreen
from workbench.tui.evals.full import FullView
from workbench.tui.evals.new import NewEvaluation
from workbench.tui.evals.screen import EvalsScreen
from workbench.tui.widgets.table import Table

from .conftest import SIZES, write_events

HOSTILE = "\x1b[31mred\x1b[2J [bold]not bold[/bold] [@click=app.quit]x[/] \u202eabc\x07 " + "long " * 200


async def until(pilot, condition, seconds=10):
    async with asyncio.timeout(seconds):
        while not condition():
            await pilot.pause(0.02)


def table(app, name="evaluations"):
    return app.screen.query_one(f"#{name}", Table)


async def listed(app, pilot, count=1):
    await until(pilot, lambda: len(table(app).rows.keys) >= count)


@pytest.fixture
def no_worker(monkeypatch):
    """Nobody works on the queue."""
    monkeypatch.setattr(queue, "ensure_worker", lambda workspace: None)


def train(run):
    run.adapter.mkdir(parents=True)


@pytest.mark.parametrize("size", SIZES)
async def test_check_12_evaluations_are_listed_with_score_and_interval(drive, recorded, shown, size):
    async with drive(recorded.workspace, "evals", size=size) as (app, pilot):
        await listed(app, pilot, 3)
        text = shown(app)
        assert "✓ finished" in text
        assert "0.950 [0.83, 0.99]" in text  # 38 of 40
        assert "quiz" in text
        assert "40/40" in text
        names = [app.screen._rows[key].name for key in table(app).rows.keys]
        assert names[:2] == ["better", "finished"]


async def test_check_06_an_evaluation_is_queued_by_keyboard_alone(drive, recorded, shown, no_worker):
    for name in ("finished", "better"):
        train(recorded[name])
    async with drive(recorded.workspace, "evals") as (app, pilot):
        await listed(app, pilot, 3)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, NewEvaluation))
        assert "better" in table(app, "subjects").cursor_key
        await pilot.press("space", "j", "space", "tab")
        await until(pilot, lambda: table(app, "data-sets").has_focus)
        names = list(table(app, "data-sets").rows.keys)
        await pilot.press(*["j"] * names.index("passages"), "space")
        assert "2 chosen; asked: passages" in shown(app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(queue.read(recorded.workspace).tasks) == 2)
        tasks = list(queue.read(recorded.workspace).tasks.values())
        assert [task.name for task in tasks] == [recorded["better"].id, recorded["finished"].id]
        assert tasks[0].overrides == ('eval.datasets=["passages"]',)
        assert app.command == f"workbench eval {tasks[0].name} {tasks[1].name} --on passages --detach"
        await until(pilot, lambda: "queue 2" in shown(app))
        assert shown(app).count("◌ waiting") == 2


async def test_leaving_the_choice_queues_nothing(drive, recorded, no_worker):
    async with drive(recorded.workspace, "evals") as (app, pilot):
        await listed(app, pilot, 3)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, NewEvaluation))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, EvalsScreen))
        assert not recorded.workspace.queue.exists()


async def test_a_queue_whose_process_is_gone_says_so_and_is_resumed_by_a_key(drive, recorded, shown, monkeypatch):
    """Check 23 for the queue."""
    started = []
    monkeypatch.setattr(queue, "ensure_worker", started.append)
    train(recorded["finished"])
    queue.add(recorded.workspace, [queue.task(recorded.workspace, recorded["finished"].id)])
    async with drive(recorded.workspace, "evals") as (app, pilot):
        await until(pilot, lambda: "The queue's process is gone" in shown(app))
        await pilot.press("R")
        await until(pilot, lambda: len(started) == 2)
        assert app.command == "workbench queue --resume"


async def test_runs_without_scores_are_queued_after_a_yes(drive, recorded, shown, no_worker):
    async with drive(recorded.workspace, "evals") as (app, pilot):
        await listed(app, pilot, 3)
        await pilot.press("u")
        await until(pilot, lambda: app.messages.all and "every trained run has scores" in app.messages.all[-1].text)
        train(recorded["stopped"])
        await pilot.press("u")
        await until(pilot, lambda: "Evaluate 1 trained run " in shown(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: len(queue.read(recorded.workspace).tasks) == 1)
        await until(pilot, lambda: "queue 1" in shown(app))


async def test_an_evaluation_outside_the_queue_is_stopped_after_a_yes(drive, recorded, shown):
    run = recorded["running"]
    progress = {"dataset": "quiz", "done": 10, "total": 40, "metric": "accuracy", "score": 0.5}
    write_events(run, {"kind": "stage", "stage": "evaluate"}, {"kind": "sample", **progress}, age_s=0)
    async with drive(recorded.workspace, "evals") as (app, pilot):
        await until(pilot, lambda: "10/40" in shown(app))
        await pilot.press("g", "s")
        await until(pilot, lambda: f"Stop {run.id}?" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, EvalsScreen))
        assert not run.stop_file.exists()
        await pilot.press("s")
        await until(pilot, lambda: f"Stop {run.id}?" in shown(app))
        await pilot.press("right", "enter")
        await until(pilot, run.stop_file.exists)
        assert app.command == f"workbench stop {run.id}"


async def test_an_error_of_a_verb_is_said_and_the_app_goes_on(drive, recorded):
    """Check 42."""
    async with drive(recorded.workspace, "evals", problems=True) as (app, pilot):
        await listed(app, pilot, 3)
        await pilot.press("R")
        await until(pilot, lambda: app.messages.all and "The queue is empty" in app.messages.all[-1].text)
        assert isinstance(app.screen, EvalsScreen)


async def test_the_queue_is_stopped_only_after_a_yes(drive, recorded, shown, no_worker):
    train(recorded["finished"])
    queue.add(recorded.workspace, [queue.task(recorded.workspace, recorded["finished"].id)])
    stop = queue.Files(recorded.workspace).stop
    async with drive(recorded.workspace, "evals") as (app, pilot):
        await listed(app, pilot, 4)
        await pilot.press("s")
        await until(pilot, lambda: "Stop the queue of 1" in shown(app))
        assert recorded["finished"].id[:20] in shown(app)
        await pilot.press("enter")  # the safe button has the focus
        await until(pilot, lambda: isinstance(app.screen, EvalsScreen))
        assert not stop.exists()
        await pilot.press("s")
        await until(pilot, lambda: "Stop the queue of 1" in shown(app))
        await pilot.press("right", "enter")
        await until(pilot, stop.exists)
        assert app.command == "workbench queue --stop"


async def test_a_failed_task_says_why_and_what_cannot_be_done_is_refused_with_a_reason(
    drive, recorded, shown, no_worker
):
    train(recorded["finished"])
    task = queue.task(recorded.workspace, recorded["finished"].id)
    queue.add(recorded.workspace, [task])
    log = EventLog(queue.Files(recorded.workspace).log)
    log.append("over", task=task.id, status="failed", reason="The model is gone.")
    log.close()
    async with drive(recorded.workspace, "evals", size=(160, 40)) as (app, pilot):
        await listed(app, pilot, 4)
        assert "✗ failed" in shown(app)
        assert "The model is gone." in shown(app)
        await pilot.press("enter")
        assert app.messages.all[-1].text == "The model is gone."
        await pilot.press("a")
        assert "has not begun yet" in app.messages.all[-1].text
        await pilot.press("s")
        await until(pilot, lambda: "nothing is being evaluated" in app.messages.all[-1].text)


async def test_a_running_evaluation_shows_its_score_so_far_with_an_interval(drive, recorded, shown):
    run = recorded["running"]
    samples = recorded["better"].samples_file.read_text().splitlines(keepends=True)

    def answer(count):
        run.samples_file.write_text("".join(samples[:count]))
        progress = {"dataset": "quiz", "done": count, "total": 40, "metric": "accuracy", "score": 1.0}
        write_events(run, {"kind": "sample", **progress}, age_s=0)

    write_events(run, {"kind": "stage", "stage": "evaluate"}, age_s=0)
    answer(10)
    async with drive(recorded.workspace, "evals") as (app, pilot):
        await until(pilot, lambda: "10/40" in shown(app))
        assert "● running" in shown(app).splitlines()[2]
        assert "1.000 [0.72, 1.00]" in shown(app)
        answer(20)
        await until(pilot, lambda: "20/40" in shown(app))
        assert "1.000 [0.84, 1.00]" in shown(app)
        assert table(app).cursor_key == f"{run.id}:quiz"


@pytest.mark.parametrize("size", SIZES)
async def test_the_answers_can_be_read_filtered_and_left_again(drive, recorded, shown, size):
    async with drive(recorded.workspace, "evals", size=size) as (app, pilot):
        await listed(app, pilot, 3)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        await until(pilot, lambda: len(table(app, "answers").rows.keys) == 40)
        assert "✓ right" in shown(app)
        assert "Question 0?" in shown(app)
        await pilot.press("F")
        await until(pilot, lambda: len(table(app, "answers").rows.keys) == 2)
        assert "failures only" in shown(app)
        assert {app.screen._records[key]["verdict"] for key in table(app, "answers").rows.keys} == {"wrong"}
        await pilot.press("b")
        await pilot.pause()
        assert "base model: ✗ wrong" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FullView))
        assert "prompt (user)" in shown(app)
        assert "base model: ✗ wrong" in shown(app)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(table(app, "answers").rows.keys) == 40)
        await pilot.press("slash", *"question 17", "enter")
        await until(pilot, lambda: table(app, "answers").rows.keys == ["17"])
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, EvalsScreen))


async def test_answers_of_a_base_model_say_that_there_is_nothing_beside_them(drive, recorded, shown):
    async with drive(recorded.workspace, "evals", run_id=recorded["base"].id) as (app, pilot):
        await until(pilot, lambda: (table(app).cursor_key or "").startswith(recorded["base"].id))
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query("#answers")) and len(table(app, "answers").rows.keys) == 40)
        await pilot.press("b")
        assert "answers of the untrained model" in app.messages.all[-1].text


async def test_hostile_answers_are_text(drive, recorded, shown):
    run = recorded["finished"]
    lines = [json.loads(line) for line in run.samples_file.read_text().splitlines()]
    lines[0] |= {"raw": HOSTILE, "parsed": HOSTILE, "gold": [HOSTILE], "prompt": HOSTILE}
    run.samples_file.write_text("".join(json.dumps(line) + "\n" for line in lines) + "no json\n[]\n{}\n")
    async with drive(recorded.workspace, "evals", run_id=run.id) as (app, pilot):
        await until(pilot, lambda: (table(app).cursor_key or "").startswith(run.id))
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query("#answers")) and len(table(app, "answers").rows.keys) == 40)
        text = shown(app)
        assert "\\x1b[31mred" in text
        assert "[bold]not bold[/bold]" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "3 damaged lines" in text
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FullView))
        assert "\\u202eabc\\x07" in shown(app)


async def test_an_unfinished_evaluation_adds_its_answers_and_a_file_written_anew_replaces_them(drive, recorded, shown):
    run = recorded["finished"]
    whole = run.samples_file.read_text().splitlines(keepends=True)
    run.samples_file.write_text("".join(whole[:5]))
    async with drive(recorded.workspace, "evals", run_id=run.id) as (app, pilot):
        await until(pilot, lambda: (table(app).cursor_key or "").startswith(run.id))
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query("#answers")) and len(table(app, "answers").rows.keys) == 5)
        await pilot.press("j", "j")
        with run.samples_file.open("a") as file:
            file.write("".join(whole[5:9]) + whole[9][:20])
        await until(pilot, lambda: len(table(app, "answers").rows.keys) == 9)
        assert table(app, "answers").cursor_key == "2"
        other = run.folder / "new"
        other.write_text("".join(whole[2:4]))
        other.replace(run.samples_file)
        await until(pilot, lambda: table(app, "answers").rows.keys == ["2", "3"])


async def test_check_37_a_cell_is_copied_and_the_tables_are_exported_with_their_command(drive, recorded):
    run = recorded["better"]
    async with drive(recorded.workspace, "evals") as (app, pilot):
        await listed(app, pilot, 3)
        await pilot.press("e")
        await until(pilot, lambda: app.command == "workbench list evaluations --csv")
        (written,) = recorded.workspace.exports.glob("*.csv")
        assert written.read_text().splitlines()[0].startswith("status,name,dataset,")
        assert len(written.read_text().splitlines()) == 4
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen.query("#answers")) and len(table(app, "answers").rows.keys) == 40)
        await pilot.press("F", "l", "l", "y")
        assert app.clipboard == app.screen._records[table(app, "answers").cursor_key]["gold"]
        await pilot.press("e")
        command = f"workbench samples {run.id} --on quiz --failures --csv"
        await until(pilot, lambda: app.command == command)
        for way in app.screen.exports():
            assert way.write()
        newest = max(recorded.workspace.exports.glob("*.csv"), key=lambda path: path.stat().st_mtime_ns)
        assert len(newest.read_text().splitlines()) == 3


async def test_five_thousand_answers_come_in_portions_and_stay_quick(drive, recorded, shown):
    run = recorded["finished"]
    line = json.loads(run.samples_file.read_text().splitlines()[0])
    many = [{**line, "doc_id": str(n), "doc_hash": str(n), "raw": f"answer {n} " * 20} for n in range(5000)]
    run.samples_file.write_text("".join(json.dumps(one) + "\n" for one in many))
    async with drive(recorded.workspace, "evals", run_id=run.id) as (app, pilot):
        await until(pilot, lambda: (table(app).cursor_key or "").startswith(run.id))
        await pilot.press("enter")
        await until(
            pilot, lambda: len(app.screen.query("#answers")) and len(table(app, "answers").rows.keys) == 5000, 30
        )
        await pilot.press("G")
        assert table(app, "answers").cursor_key == "4999"
        await pilot.press("slash", *"4321")
        await until(pilot, lambda: table(app, "answers").rows.keys == ["4321"])


async def test_an_empty_workspace_says_what_to_press(drive, empty, shown):
    async with drive(empty, "evals") as (app, pilot):
        await until(pilot, lambda: "^n asks runs and models" in shown(app))
        await pilot.press("a")
        assert app.messages.all[-1].text == "no evaluation is selected"
