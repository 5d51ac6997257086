"""A look at a log says what a fold of all its lines says; where it lies long ago, more is read."""

import itertools
import json

import pytest

from workbench.engine import glance as module
from workbench.engine.events import EventReader
from workbench.engine.glance import WIDTH, glance
from workbench.engine.run_state import RunState, fold


def write(path, *events):
    with path.open("a") as file:
        for number, (kind, fields) in enumerate(events):
            file.write(json.dumps({"time_s": float(number), "kind": kind, **fields}) + "\n")


def step(number, total):
    return ("step", {"step": number, "total_steps": total, "loss": 1000.0 - number})


def folded(path):
    state = RunState()
    for event in EventReader(path).read():
        state = fold(state, event)
    return state


@pytest.fixture
def log(tmp_path):
    return tmp_path / "events.jsonl"


def test_no_file_and_an_empty_one_say_nothing(log):
    assert glance(log).state == RunState()
    log.touch()
    assert (glance(log).state, glance(log).offset) == (RunState(), 0)


def test_a_stage_of_long_ago_is_found_and_reading_goes_on_behind_the_last_whole_line(log, monkeypatch):
    monkeypatch.setattr(module, "TAIL_BYTES", 500)
    write(log, ("started", {}), ("stage", {"stage": "train"}), *[step(number, 900) for number in range(1, 901)])
    whole = log.stat().st_size
    with log.open("a") as file:
        file.write('{"time_s": 1, "kind": "ended", "sta')
    seen = glance(log)
    assert (seen.state.stage, seen.state.step, seen.state.status) == ("train", 900, "running")
    assert seen.state.started_s == folded(log).started_s
    assert seen.offset == whole


def test_an_ended_run_knows_its_last_step_however_much_was_asked_after_it(log):
    steps = [step(number, 400) for number in range(1, 401)]
    answers = [("sample", {"dataset": "quiz", "done": number, "total": 2000}) for number in range(1, 2001)]
    asked = [("stage", {"stage": "evaluate"}), ("memory", {}), *answers]
    write(log, ("started", {}), ("stage", {"stage": "train"}), *steps, *asked, ("ended", {"status": "finished"}))
    seen = glance(log)
    assert (seen.state.step, seen.state.loss, seen.state.total_steps) == (400, 600.0, 400)
    assert (seen.state.stage, seen.state.status) == ("evaluate", "finished")
    assert WIDTH <= len(seen.curve.points) <= 2 * WIDTH + 1
    assert seen.curve.points[-1] == (400, 600.0)


def test_wherever_the_look_back_begins_the_last_lines_are_found_whole(log, monkeypatch):
    write(log, ("started", {}), ("stage", {"stage": "train"}), step(1, 2), step(2, 2))
    write(log, *[("note", {"text": "a"})] * 3)
    for begun in range(1, log.stat().st_size):
        monkeypatch.setattr(module, "TAIL_BYTES", begun)
        seen = glance(log).state
        assert (begun, seen.step, seen.stage, seen.status) == (begun, 2, "train", "running")


def test_the_curve_is_spread_over_the_whole_file(log):
    write(log, ("started", {}), *[step(number, 5000) for number in range(1, 5001)])
    points = glance(log).curve.points
    steps = [number for number, _ in points]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (1, 5000)
    assert WIDTH <= len(steps) <= 2 * WIDTH + 1
    assert max(after - before for before, after in itertools.pairwise(steps)) < 2 * 5000 / WIDTH
    assert all(loss == 1000.0 - number for number, loss in points)


def test_texts_that_look_like_events_are_none(log):
    write(log, ("started", {}), ("note", {"text": '"kind": "ended", "status": "failed"'}))
    assert glance(log).state.status == "running"
