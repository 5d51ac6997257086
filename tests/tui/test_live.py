"""The Live screen on recorded runs and on a worker of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.engine import launch
from workbench.engine.events import Event, EventLog
from workbench.engine.history import History, Portion
from workbench.engine.run_state import RunState, fold
from workbench.tui.app import WorkbenchApp
from workbench.tui.help import sections
from workbench.tui.live import facts
from workbench.tui.live.charts import METRICS
from workbench.tui.live.view import LiveView
from workbench.tui.settings import Settings

from .conftest import frame, record_run, started, write_events

WORKER = Path(__file__).with_name("fake_worker.py")
MIB = 2**20


async def until(pilot, holds, seconds=20.0):
    """Wait for something to be so."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not become so\n" + "\n".join(frame(pilot.app))
        await pilot.pause(0.02)


async def loaded(app, pilot, run):
    """The view, once it has read the whole run."""
    await until(pilot, lambda: app.screen.query(LiveView) and app.screen.query_one(LiveView).history.loaded)
    view = app.screen.query_one(LiveView)
    await until(pilot, lambda: app.screen.watched.run == run and view.history.state.status != "waiting")
    await pilot.pause()
    return view


@pytest.fixture
def worker(recorded):
    """Start workers in sessions of their own; gives (run, process)."""
    started_here = []

    def start(steps=100_000, seconds=0.02, first=1, run=None):
        run = run or record_run(recorded.workspace, "worked", "20260102-120000")
        command = [
            sys.executable,
            str(WORKER),
            str(recorded.workspace.root),
            run.id,
            str(steps),
            str(seconds),
            str(first),
        ]
        with run.log_file.open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, env=launch.environment()
            )
        started_here.append(process)
        return run, process

    yield start
    for process in started_here:
        process.kill()
        process.wait()


def add(run, kind, **fields):
    log = EventLog(run.events_file)
    log.append(kind, **fields)
    log.close()


# what is shown


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_check_28_numbers_have_units_and_unknown_ones_a_reason(drive, recorded, size):
    run = recorded["running"]
    async with drive(recorded.workspace, "live", run.id, size) as (app, pilot):
        await loaded(app, pilot, run)
        text = "\n".join(frame(app))
        for said in (
            "● running",
            "train",
            "step 16/40",
            "40%",
            "ETA 6s",
            "elapsed",
            "tok/s 2,048",
            "lr 6e-4",
            "grad 0.7",
        ):
            assert said in text, said
        for said in (
            "VRAM own 3.09G",
            "peak 3.09G",
            "device 4.06G/8G",
            "predicted n/a (none made)",
            "ckpt none yet",
        ):
            assert said in text, said
        assert "loss  train" in text


STEP = {"step": 12_345, "total_steps": 20_000, "loss": 1.1824, "learning_rate": 1.86e-4, "grad_norm": 0.714}
STEP |= {"tokens_per_s": 12_412.0, "eta_s": 4320.0, "epoch": 0.6}
LOOK = {"step": 12_000, "eval_loss": 1.2412, "n": 100}
DRIVER = {"device_used_bytes": 10 * 2**30, "device_total_bytes": 80 * 2**30, "process_bytes": 9.5 * 2**30}
DRIVER |= {"rss_bytes": 2**30, "utilization": 0.95, "temperature_celsius": 61.0, "power_watts": 181.4}


@pytest.mark.parametrize(
    ("width", "asked"), [(80, False), (80, True), (60, False)], ids=["80", "80, a checkpoint asked for", "60"]
)
async def test_no_number_of_worth_is_cut_off(drive, recorded, width, asked):
    run = recorded["running"]
    add(run, "started")
    add(run, "stage", stage="train")
    add(run, "predicted", process_bytes=None, allocated_bytes=9.25 * 2**30)
    for _ in range(20):
        add(run, "step", **STEP)
    add(run, "evaluated", **LOOK)
    add(run, "saved", what="checkpoint", step=12_000, seconds=1.0)
    add(run, "memory", **DRIVER)
    if asked:
        run.checkpoint_file.touch()
    async with drive(recorded.workspace, "live", run.id, (width, 24)) as (app, pilot):
        await loaded(app, pilot, run)
        await pilot.press("space")
        await pilot.pause()
        text = "\n".join(frame(app)[:5])
        for said in ("● running", "step 12345/20000", "elapsed", "ETA 1h12", "checkpoint asked for" if asked else ""):
            assert said in text, said
        for said in ("loss 1.182", "eval 1.241", "tok/s 12,412", "lr 1.86e-4", "grad 0.714", "ckpt 12000 ✓"):
            assert said in text or width < 80, said
        for said in ("VRAM own 9.5G", "peak 9.5G", "device 10G/80G", "predicted for torch 9.25G"):
            assert said in text or width < 80, said
        assert "paused" in text
        assert ("…" in text) == (width < 80)


def test_an_evaluation_on_80_columns_gives_up_the_percent_and_the_reason_before_what_it_does(drive):
    state = RunState()
    told = {"dataset": "mmlu-pro-law-and-more", "metric": "accuracy", "done": 100, "total": 1000, "score": 0.5123}
    for time_s, (kind, fields) in enumerate((("started", {}), ("step", STEP), ("stage", {"stage": "evaluate base"}))):
        state = fold(state, Event(kind, float(time_s), fields))
    history = History()
    history.add(Portion(fold(state, Event("sample", 3.0, told)), attempts=2))
    said = facts.progress(history, 15.0, width=78).plain
    assert len(said) <= 78
    assert said == "● running  evaluate base  mmlu-pro-la… 100/1000  accuracy 0.512  elapsed 12s"
    assert "ETA n/a (known only while it trains)" in facts.progress(history, 15.0, width=200).plain


async def test_a_long_reason_takes_the_room_that_is_left_and_no_more(drive, recorded):
    add(recorded["failed"], "ended", status="failed", reason="out of memory " * 30)
    async with drive(recorded.workspace, "live", recorded["failed"].id) as (app, pilot):
        await loaded(app, pilot, recorded["failed"])
        line = frame(app)[2]
        assert "✗ failed  step 7/40  18%  elapsed" in line
        assert "R resumes  out of memory" in line
        assert line.rstrip().endswith("…")


async def test_a_large_overview_shows_no_metric_twice(drive, recorded):
    async with drive(recorded.workspace, "live", recorded["finished"].id, size=(120, 40)) as (app, pilot):
        view = await loaded(app, pilot, recorded["finished"])
        for _ in METRICS:
            await pilot.press("m")
            await pilot.pause()
            titles = [chart.plot.title for chart in view.shown_charts]
            assert len(titles) == len(set(titles)) == 4


async def test_check_28_what_is_not_there_yet_and_what_never_will_be_are_told_apart(drive, recorded):
    add(recorded["base"], "started", verb="base", within="20260101-190000-running")
    add(recorded["base"], "ended", status="finished")
    begun = record_run(recorded.workspace, "begun", "20260102-120000")
    async with drive(recorded.workspace, "live", recorded["base"].id) as (app, pilot):
        view = await loaded(app, pilot, recorded["base"])
        text = "\n".join(frame(app))
        assert "no step done (finished)" in text
        assert "memory n/a (no sample taken)" in text
        assert "yet" not in view.text()
        assert "started within 20260101-190000-running" in text
        app.screen.show_run(begun.id)
        await until(pilot, lambda: "no step done yet (waiting)" in view.text())
        assert "no sample taken yet" in view.text()


async def test_check_28_a_run_on_the_cpu_says_why_there_is_no_vram(drive, recorded):
    run = record_run(recorded.workspace, "cpu", "20260102-120000")
    sample = {"kind": "memory", "rss_bytes": 900 * MIB, "reason": "no CUDA device"}
    write_events(run, started(), {"kind": "stage", "stage": "train"}, sample, {"kind": "ended", "status": "stopped"})
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        text = "\n".join(frame(app))
        assert "RSS 900M  peak 900M  VRAM n/a (no CUDA device)" in text
        assert "tok/s n/a" in text
        assert "ckpt none  (n/a: no step done)" in text
        assert "memory of the process" in text
        await pilot.press("l", "l")
        await pilot.pause()
        assert "n/a: no CUDA device" in "\n".join(chart.text() for chart in view.shown_charts)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_check_29_capacity_prediction_and_own_share(drive, recorded, size):
    run = recorded["running"]
    add(run, "predicted", process_bytes=6 * 2**30, allocated_bytes=5 * 2**30)
    async with drive(recorded.workspace, "live", run.id, size) as (app, pilot):
        view = await loaded(app, pilot, run)
        chart = view.query_one("#memory").text()
        assert "capacity 8G" in chart
        assert "predicted 6G" in chart
        assert "⣿ own" in chart
        assert "○ device" in chart
        assert "elapsed  peak 3.09G" in chart
        assert "predicted 6G" in "\n".join(frame(app)).split("\n")[4]


async def test_check_29_a_prediction_for_torch_alone_says_so(drive, recorded):
    run = recorded["running"]
    add(run, "predicted", process_bytes=None, reserved_bytes=None, allocated_bytes=5 * 2**30)
    async with drive(recorded.workspace, "live", run.id, size=(120, 40)) as (app, pilot):
        view = await loaded(app, pilot, run)
        assert "predicted for torch 5G" in view.query_one("#memory").text()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_check_12_every_page_has_charts_of_a_useful_size(drive, recorded, size):
    run = recorded["finished"]
    async with drive(recorded.workspace, "live", run.id, size) as (app, pilot):
        view = await loaded(app, pilot, run)
        for _ in range(5):
            for chart in view.shown_charts:
                assert chart.size.width >= 20, (view.page, chart)
                assert chart.size.height >= 5, (view.page, chart)
            await pilot.press("l")
            await pilot.pause()


async def test_check_15_states_and_series_are_words_and_marks(drive, recorded):
    for name, said in (
        ("finished", "✓ finished"),
        ("failed", "✗ failed"),
        ("lost", "? lost"),
        ("running", "● running"),
    ):
        async with drive(recorded.workspace, "live", recorded[name].id) as (app, pilot):
            await loaded(app, pilot, recorded[name])
            assert said in "\n".join(frame(app))


async def test_check_32_a_loss_that_is_no_number_is_said(drive, recorded):
    run = recorded["nan"]
    async with drive(recorded.workspace, "live", run.id, size=(120, 40)) as (app, pilot):
        view = await loaded(app, pilot, run)
        assert "loss n/a" in "\n".join(frame(app))
        assert "(n/a: no number told)" in "\n".join(frame(app))
        assert "19 not finite" in view.query_one("#main").text()


async def test_check_32_a_resumed_run_says_where_it_began_anew(drive, recorded):
    run = recorded["stopped"]
    again = [{"kind": "step", "step": step, "total_steps": 40, "loss": 0.5} for step in range(15, 31)]
    write_events(run, started(), {"kind": "stage", "stage": "train"}, *again, {"kind": "ended", "status": "finished"})
    async with drive(recorded.workspace, "live", run.id, size=(120, 40)) as (app, pilot):
        view = await loaded(app, pilot, run)
        assert "restarted at 15" in view.query_one("#main").text()
        assert "attempt 2" in "\n".join(frame(app))
        assert list(view.history.curve("loss").xs) == list(range(1, 31))


async def test_check_32_a_missing_metric_says_so(drive, recorded):
    run = record_run(recorded.workspace, "bare", "20260102-120000")
    steps = [{"kind": "step", "step": step, "loss": 1.0} for step in range(1, 9)]
    write_events(run, started(), *steps, {"kind": "ended", "status": "stopped"})
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        await pilot.press("m")
        await pilot.pause()
        assert "n/a: this run does not tell its gradient norm" in view.query_one("#main").text()
        assert "grad n/a" in "\n".join(frame(app))
        assert "(n/a: no number told)" in "\n".join(frame(app))


async def test_an_evaluation_shows_its_progress_and_its_scores(drive, recorded):
    run = recorded["running"]
    add(run, "stage", stage="evaluate")
    for done in (10, 20):
        add(run, "sample", dataset="quiz", done=done, total=40, metric="accuracy", score=done / 40)
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        assert "quiz 20/40  accuracy 0.5" in "\n".join(frame(app))
        await pilot.press("h", "h")
        await pilot.pause()
        assert view.page.name == "evaluation"
        assert "quiz · evaluate" in view.query_one("#score").text()


QUIZ, SCORED = {"dataset": "quiz", "total": 40}, {"metric": "accuracy", "score": 0.5}


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("stage", {"stage": "evaluate base"}, "● running  evaluate base  loading the model 12s  elapsed"),
        ("asking", {**QUIZ, "done": 0}, "evaluate base  quiz 0/40  first batch 12s  elapsed"),
        ("sample", {**QUIZ, **SCORED, "done": 8}, "evaluate base  quiz 8/40  accuracy 0.5  next batch 12s  elapsed"),
        ("sample", {**QUIZ, **SCORED, "done": 40}, "evaluate base  quiz 40/40  accuracy 0.5  elapsed"),
        ("asking", {"dataset": "sums", "done": 3, "total": 9}, "evaluate base  sums 3/9  first batch 12s  elapsed"),
        ("stage", {"stage": "evaluate"}, "evaluate  loading the model 12s  elapsed"),
        ("started", {}, "starting  loading the libraries 12s  elapsed"),
        ("stage", {"stage": "audit"}, "audit  checking the rows 12s  elapsed"),
        ("stage", {"stage": "train"}, "train  first step 12s  elapsed"),
    ],
)
def test_what_is_awaited_is_said_with_how_long(kind, fields, said):
    before = [("started", {}), ("stage", {"stage": "evaluate base"})]
    before += [("asking", {**QUIZ, "done": 0}), ("sample", {**QUIZ, **SCORED, "done": 8})]
    state = RunState()
    for time_s, (name, told) in enumerate([*before, (kind, fields)]):
        state = fold(state, Event(name, float(time_s), told))
    history = History()
    history.add(Portion(state))
    assert said in facts.progress(history, len(before) + 12.0).plain


async def test_a_run_whose_first_answers_are_awaited_shows_that(drive, recorded):
    add(recorded["running"], "stage", stage="evaluate base")
    add(recorded["running"], "asking", dataset="quiz", done=0, total=40)
    async with drive(recorded.workspace, "live", recorded["running"].id) as (app, pilot):
        await loaded(app, pilot, recorded["running"])
        assert "evaluate base  quiz 0/40  first batch" in "\n".join(frame(app))
        assert "asking quiz: 40 questions" in "\n".join(frame(app))


async def test_hostile_names_and_texts_are_shown_and_not_obeyed(drive, recorded):
    run = recorded["running"]
    add(run, "stage", stage="[red]\x1b[31mstage[/red]")
    add(run, "sample", dataset="[b]\x07", done=1, total=2, metric="[i]", score=0.5)
    add(run, "note", text="[/nothing] \x1b]0;title\x07")
    add(run, "step", step="many", loss=1.0)
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        await loaded(app, pilot, run)
        await pilot.press("h", "h")
        await pilot.pause()
        text = "\n".join(frame(app))
        assert "[red]" in text
        assert "\x1b" not in text
        assert "\x07" not in text


async def test_check_42_a_log_that_cannot_be_read_is_said_once_and_the_app_goes_on(drive, recorded):
    run = record_run(recorded.workspace, "broken", "20260102-120000")
    run.events_file.mkdir()
    async with drive(recorded.workspace, "live", run.id, problems=True) as (app, pilot):
        await until(pilot, lambda: app.messages.all)
        await pilot.press("left_square_bracket")
        view = await loaded(app, pilot, recorded["running"])
        assert "● running" in "\n".join(frame(app))
        assert "events.jsonl" in app.messages.all[0].text
        assert sum(one.severity == "error" for one in app.messages.all) == 1
        run.events_file.rmdir()
        write_events(run, started(), {"kind": "ended", "status": "stopped"})
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: view.history.state.status == "stopped")


async def test_without_a_run_the_screen_says_what_to_do(drive, empty):
    async with drive(empty, "live") as (app, pilot):
        await until(pilot, lambda: app.messages.all)
        assert "there is no run yet" in app.messages.all[-1].text
        for key in ("s", "R", "K", "m", "L", "space", "space", "w", "tilde", "l", "f", "G", "n", "y"):
            await pilot.press(key)
        await pilot.pause()


# keys


async def test_keys_change_how_the_curves_are_looked_at(drive, recorded):
    run = recorded["finished"]
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        main = view.query_one("#main")
        await pilot.press("L", "tilde", "w")
        await pilot.pause()
        assert main.text().splitlines()[-1] == "step  last 1k  log y  smooth 0.6"
        assert "last 10m00" in view.query_one("#memory").text()
        await pilot.press("m", "L")
        await pilot.pause()
        assert main.text().startswith("gradient norm")
        await pilot.press("B")
        await pilot.pause()
        assert main.mode == "block"
        await pilot.press("B")
        await pilot.pause()
        assert main.text().isascii()
        assert app.settings.get("app", "glyphs") == "ascii"


async def test_how_runs_are_looked_at_is_kept_for_the_next_start(drive, recorded, settings):
    run = recorded["finished"]
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        await pilot.press("L", "tilde", "w", "m", "plus", "l")
        await pilot.pause()
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        again = await loaded(app, pilot, run)
        assert (again.page, again.metric, again.share) == (view.page, view.metric, view.share)
        assert (again.steps, again.times) == (view.steps, view.times)
        assert again.page.name == "training"
        assert again.query_one("#loss").text().splitlines()[-1] == "step  last 1k  log y  smooth 0.6"


@pytest.mark.parametrize("stored", [None, [], {"page": 3, "metric": [], "smoothing": "x", "window": 7, "share": {}}])
async def test_damaged_choices_are_left_aside(drive, recorded, settings, stored):
    settings.set("live", "view", stored)
    async with drive(recorded.workspace, "live", recorded["finished"].id) as (app, pilot):
        view = await loaded(app, pilot, recorded["finished"])
        assert (view.page.name, view.metric) == ("overview", "loss")


async def test_check_19_a_click_on_a_tab_turns_to_its_page(drive, recorded):
    async with drive(recorded.workspace, "live", recorded["finished"].id) as (app, pilot):
        view = await loaded(app, pilot, recorded["finished"])
        place = frame(app)[1].index("machine")
        await pilot.click("#pages", offset=(place, 0))
        await until(pilot, lambda: view.page.name == "machine")
        assert view.query_one("#utilization").display


async def test_plus_and_underscore_share_the_height(drive, recorded):
    run = recorded["finished"]
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        usual = view.query_one("#main").size.height
        await pilot.press("plus")
        await pilot.pause()
        assert view.query_one("#main").size.height > usual
        await pilot.press("0")
        await pilot.pause()
        assert view.query_one("#main").size.height == usual


async def test_the_log_is_searched_followed_and_copied(drive, recorded):
    run = recorded["lost"]
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        log = view.log_view
        await pilot.press("slash", *"step 1", "enter")
        await pilot.pause()
        assert "/step 1 3/3" in str(log.border_title)
        await pilot.press("n")
        assert "/step 1 1/3" in str(log.border_title)
        await pilot.press("escape")
        await pilot.pause()
        assert log.query_text == ""
        await pilot.press("k", "k")
        await pilot.pause()
        assert not log.following
        await pilot.press("G")
        await pilot.pause()
        assert log.following
        await pilot.press("y")
        await pilot.pause()
        assert "step 25/40" in app.clipboard


async def test_each_run_keeps_its_curves_while_another_is_shown(drive, recorded):
    async with drive(recorded.workspace, "live", recorded["lost"].id) as (app, pilot):
        view = await loaded(app, pilot, recorded["lost"])
        first = view.history
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: app.screen.watched.run == recorded["torn"])
        await loaded(app, pilot, recorded["torn"])
        assert len(view.history.curve("loss")) == 9
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: app.screen.watched.run == recorded["lost"])
        assert view.history is first
        assert "Killed" in view.log_view.lines
        assert [view.log_view.lines.count(line) for line in ("step 25", "R resumes it from its last checkpoint.")] == [
            2,
            1,
        ]


async def test_attach_shows_the_newest_run_that_is_running(drive, recorded):
    async with drive(recorded.workspace, "live", recorded["finished"].id) as (app, pilot):
        await loaded(app, pilot, recorded["finished"])
        await pilot.press("a")
        await until(pilot, lambda: app.screen.watched.run == recorded["running"])


async def test_resuming_is_the_command_s(drive, recorded, monkeypatch):
    asked = []
    monkeypatch.setattr(launch, "resume", asked.append)
    async with drive(recorded.workspace, "live", recorded["lost"].id) as (app, pilot):
        await loaded(app, pilot, recorded["lost"])
        await pilot.press("R")
        await until(pilot, lambda: asked == [recorded["lost"]])
        await until(pilot, lambda: app.command == f"workbench resume {recorded['lost'].id} --detach")


async def test_check_37_the_steps_are_exported_as_the_command_prints_them(drive, recorded):
    async with drive(recorded.workspace, "live", recorded["lost"].id) as (app, pilot):
        await loaded(app, pilot, recorded["lost"])
        await pilot.press("e")
        await until(pilot, lambda: any(one.text.startswith("wrote") for one in app.messages.all))
        written = next(recorded.workspace.exports.iterdir()).read_text().splitlines()
        assert written[0].startswith("step,loss,learning_rate")
        assert len(written) == 26
        assert app.command == f"workbench steps {recorded['lost'].id} --csv"


async def test_what_cannot_be_done_now_says_why(drive, recorded):
    async with drive(recorded.workspace, "live", recorded["finished"].id, problems=True) as (app, pilot):
        await loaded(app, pilot, recorded["finished"])
        for key, why in (("s", "nothing to stop"), ("R", "nothing to resume"), ("K", "only a run that trains")):
            await pilot.press(key)
            await until(pilot, lambda why=why: any(why in one.text for one in app.messages.all))
        assert not any(one.text.startswith("resuming") for one in app.messages.all)


# while a worker works


async def test_check_30_pausing_stops_the_painting_and_not_the_run(drive, recorded, worker):
    run, _ = worker()
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        await until(pilot, lambda: view.history.state.step > 3)
        assert "space Pause" in frame(app)[-1]
        await pilot.press("space")
        await until(pilot, lambda: "space Resume" in frame(app)[-1])
        chart, step = view.query_one("#main").text(), view.history.state.step
        await until(pilot, lambda: view.history.state.step > step + 10)
        assert view.query_one("#main").text() == chart
        assert "display paused" in "\n".join(frame(app))
        assert ("space", "Resume") in dict(sections(app.screen))["This screen"]
        await pilot.press("space")
        await until(pilot, lambda: view.query_one("#main").text() != chart)
        await until(pilot, lambda: "space Pause" in frame(app)[-1])


async def test_check_14_resizing_during_updates_keeps_the_focus(drive, recorded, worker):
    run, _ = worker()
    async with drive(recorded.workspace, "live", run.id, size=(200, 50)) as (app, pilot):
        view = await loaded(app, pilot, run)
        view.log_view.focus()
        for size in ((80, 24), (120, 40), (61, 16), (200, 50)):
            await pilot.resize_terminal(*size)
            step = view.history.state.step
            await until(pilot, lambda step=step: view.history.state.step > step + 3)
            assert app.focused is view.log_view
            assert view.query_one("#main").text()


async def test_check_23_a_killed_worker_is_lost_within_ten_seconds(drive, recorded, worker):
    run, process = worker()
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        await until(pilot, lambda: view.history.state.step > 3)
        process.send_signal(signal.SIGKILL)
        process.wait()
        await until(pilot, lambda: "? lost" in "\n".join(frame(app)), seconds=10)
        await until(pilot, lambda: "R resumes it from its last checkpoint." in view.log_view.lines, seconds=10)
        assert "R resumes" in "\n".join(frame(app))
        assert "training" in view.log_view.lines  # what the worker printed last
        assert "running" not in "\n".join(frame(app)[1:4])


async def test_a_run_that_is_resumed_elsewhere_is_shown_as_running_again(drive, recorded, worker):
    run, process = worker(steps=5, seconds=0.0)
    process.wait()
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        assert view.history.state.status == "finished"
        worker(steps=1000, first=4, run=run)
        await until(pilot, lambda: view.history.state.status == "running" and view.history.state.step > 7)
        assert view.history.curve("loss").restarts == [4]


async def test_stopping_asks_and_the_second_stage_ends_at_once(drive, recorded, worker):
    run, process = worker()
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert not run.stop_file.exists()
        await pilot.press("s")
        await until(pilot, lambda: app.screen.query("#yes"))
        await pilot.press("right", "enter")
        await until(pilot, lambda: view.history.state.status == "stopped")
        assert process.wait(10) == 0
        assert app.command == f"workbench stop {run.id}"


async def test_a_request_that_the_worker_has_not_seen_is_said(drive, recorded):
    run = recorded["running"]
    async with drive(recorded.workspace, "live", run.id, size=(120, 40)) as (app, pilot):
        await loaded(app, pilot, run)
        launch.checkpoint(run)
        await until(pilot, lambda: "checkpoint after this step" in frame(app)[2])
        launch.stop(run)
        await until(pilot, lambda: "stops after this step" in frame(app)[2])
        run.stop_file.unlink()
        run.checkpoint_file.unlink()
        await until(pilot, lambda: "after this step" not in frame(app)[2])


async def test_a_checkpoint_is_written_on_request(drive, recorded, worker):
    run, _ = worker()
    async with drive(recorded.workspace, "live", run.id) as (app, pilot):
        view = await loaded(app, pilot, run)
        await until(pilot, lambda: view.history.state.stage == "train")
        await pilot.press("K")
        await until(pilot, lambda: view.history.fact("saved", "what") == "checkpoint")
        await until(pilot, lambda: f"ckpt {view.history.fact('saved', 'step')} ✓" in "\n".join(frame(app)))


async def test_check_27_two_apps_on_one_run_both_update(recorded, worker, tmp_path):
    run, _ = worker()
    apps = [WorkbenchApp(recorded.workspace, "live", run.id, Settings(tmp_path / f"{n}.json")) for n in range(2)]
    async with apps[0].run_test() as first, apps[1].run_test() as second:
        views = [await loaded(pilot.app, pilot, run) for pilot in (first, second)]
        for _ in range(2):
            steps = [view.history.state.step for view in views]
            for pilot, view, step in zip((first, second), views, steps, strict=True):
                await until(pilot, lambda view=view, step=step: view.history.state.step > step + 3)
    lines = run.events_file.read_text().splitlines()
    assert all(json.loads(line)["kind"] for line in lines)
    os.kill(json.loads(lines[0])["pid"], 0)  # the worker lives


async def test_check_21_fifty_thousand_steps_are_shown_soon_and_keys_work_meanwhile(drive, recorded):
    run = record_run(recorded.workspace, "long", "20260102-120000")
    steps = [{"kind": "step", "step": step, "total_steps": 50_000, "loss": 1.0} for step in range(1, 50_001)]
    write_events(run, started(), *steps, {"kind": "ended", "status": "finished"})
    async with drive(recorded.workspace, "live", recorded["finished"].id) as (app, pilot):
        view = await loaded(app, pilot, recorded["finished"])
        begun, lags = time.process_time(), []
        app.screen.show_run(run.id)
        while len(view.history.curve("loss")) < 50_000:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            lags.append(time.perf_counter() - before - 0.01)
        assert time.process_time() - begun < 3.0
        await until(pilot, lambda: "50k" in view.query_one("#main").text())
        assert sorted(lags)[len(lags) // 2] < 0.1


async def test_check_41_four_charts_of_ten_thousand_points_cost_little(drive, recorded):
    run = record_run(recorded.workspace, "long", "20260102-120000")
    told = {"total_steps": 20_000, "learning_rate": 1e-4}
    steps = [
        {"kind": "step", "step": n, "loss": n % 7, "grad_norm": n % 5, "tokens_per_s": n % 9, **told}
        for n in range(1, 10_001)
    ]
    write_events(run, started(), *steps, {"kind": "ended", "status": "finished"})
    async with drive(recorded.workspace, "live", run.id, size=(120, 40)) as (app, pilot):
        view = await loaded(app, pilot, run)
        await pilot.press("l")
        await pilot.pause()
        assert [len(chart.plot.series[0].curve) for chart in view.shown_charts] == [10_000] * 4
        costs = []
        for tick in range(10):
            begun = time.process_time()
            for chart in view.shown_charts:
                chart.plot.series[0].curve.append(10_001 + tick, tick % 7)
            view.paint()
            await pilot.pause()
            costs.append(time.process_time() - begun)
        assert sorted(costs)[5] < 0.15 / 2  # of a core, twice a second
