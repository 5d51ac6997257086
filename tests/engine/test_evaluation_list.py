"""The list of evaluations: finished ones, those at work with their score so far, those that wait or failed."""

import json
import time

import pytest

from workbench import profile as profiles
from workbench.engine import queue
from workbench.engine.board import Board, RunRow
from workbench.engine.evaluation_list import EvaluationList
from workbench.engine.events import EventLog
from workbench.engine.run import Run, create
from workbench.paths import Workspace

from .test_answers import lines, sample

PROFILE = profiles.parse(
    '[model]\nname = "m"\n[data]\ndataset = "quiz"\n[eval]\ndatasets = ["passages"]\n', "mine", "here"
)
METRICS = {"accuracy": {"value": 0.5, "low": 0.25, "high": 0.75, "n": 12}, "macro_f1": {"value": 0.4}}
STARTED = ("started", {"verb": "run"})


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def make(workspace):
    def make(*events, result=None):
        run = create(workspace, PROFILE)
        write(run, *events)
        if result is not None:
            run.result_file.write_text(json.dumps(result))
        return run

    return make


def write(run, *events):
    log = EventLog(run.events_file)
    for kind, fields in events:
        log.append(kind, **fields)
    log.close()


def asked(done, dataset="quiz", score=0.5):
    return ("sample", {"dataset": dataset, "done": done, "total": 12, "metric": "accuracy", "score": score})


def stage(name):
    return ("stage", {"stage": name})


def finished(evaluation, base=None):
    return {"kind": "train", "evaluation": evaluation, "base_run_id": base}


def test_a_finished_run_has_a_row_for_each_data_set(workspace, make):
    entry = {"n": 12, "metrics": METRICS}
    run = make(STARTED, ("ended", {"status": "finished"}), result=finished({"quiz": entry, "passages": entry}))
    rows = EvaluationList(workspace).refresh(Board(workspace).refresh())
    assert [(row.run_id, row.dataset, row.status, row.done, row.total) for row in rows] == [
        (run.id, "quiz", "finished", 12, 12),
        (run.id, "passages", "finished", 12, 12),
    ]
    assert (rows[0].score.metric, rows[0].score.value, rows[0].score.n) == ("accuracy", 0.5, 12)


def test_a_damaged_result_is_a_row_that_says_so(workspace, make):
    make(STARTED, ("ended", {"status": "finished"}), result=finished({"quiz": {"n": 12}}))
    (row,) = EvaluationList(workspace).refresh(Board(workspace).refresh())
    assert row.status == "damaged"
    assert "result.json is damaged" in row.reason


def test_a_result_is_read_again_only_after_another_evaluation(workspace, make, monkeypatch):
    run = make(STARTED, ("ended", {"status": "finished"}), result=finished({"quiz": {"n": 12, "metrics": METRICS}}))
    listed, board = EvaluationList(workspace), Board(workspace)
    (first,) = listed.refresh(board.refresh())
    assert listed.refresh(board.refresh())[0] is first
    run.result_file.write_text(json.dumps(finished({"passages": {"n": 3, "metrics": METRICS}})))
    later_s = time.time() + 1  # logs tell milliseconds, and no evaluation is over within one
    monkeypatch.setattr("workbench.engine.events.time.time", lambda: later_s)
    write(run, ("started", {"verb": "eval"}), ("ended", {"status": "finished"}))
    assert [row.dataset for row in listed.refresh(board.refresh())] == ["passages"]


def running(run, stage_name):
    row = next(one for one in Board(run.workspace).refresh() if one.id == run.id)
    return [RunRow(**{**vars(row), "status": "running", "stage": stage_name, "reason": ""})]


def test_an_evaluation_whose_first_answers_are_awaited_runs_and_has_no_score(workspace, make):
    run = make(STARTED, stage("evaluate"), ("asking", {"dataset": "quiz", "done": 0, "total": 12}))
    rows = EvaluationList(workspace).refresh(running(run, "evaluate"))
    assert [(row.dataset, row.status, row.done, row.total, row.score) for row in rows] == [
        ("quiz", "running", 0, 12, None),
        ("passages", "waiting", None, None, None),
    ]


def test_a_running_evaluation_has_the_score_of_its_answers_and_what_comes_next_waits(workspace, make):
    run = make(STARTED, stage("evaluate"), asked(4))
    run.samples_file.write_text(lines([sample(number, right=number > 0) for number in range(4)]))
    listed = EvaluationList(workspace)
    rows = listed.refresh(running(run, "evaluate"))
    assert [(row.dataset, row.status, row.done, row.total) for row in rows] == [
        ("quiz", "running", 4, 12),
        ("passages", "waiting", None, None),
    ]
    assert (rows[0].score.value, rows[0].score.n) == (0.75, 4)
    with run.samples_file.open("a") as file:
        file.write(lines([sample(number) for number in range(4, 12)]))
    write(run, asked(12), asked(3, "passages"))
    rows = listed.refresh(running(run, "evaluate"))
    assert {row.dataset: row.status for row in rows} == {"quiz": "finished", "passages": "running"}
    quiz = next(row for row in rows if row.dataset == "quiz")
    assert (quiz.score.value, quiz.score.n) == (pytest.approx(11 / 12), 12)


def test_the_base_model_of_a_training_is_a_row_of_its_own(workspace, make):
    run = make(STARTED, stage("evaluate base"), asked(12, score=0.25), stage("train"), stage("evaluate"), asked(3))
    rows = EvaluationList(workspace).refresh(running(run, "evaluate"))
    quiz = [row for row in rows if row.dataset == "quiz"]
    assert {(row.of_base, row.what, row.done) for row in quiz} == {(True, "base", 12), (False, "LoRA r16", 3)}
    base = next(row for row in quiz if row.of_base)
    assert base.score.value == 0.25
    assert base.score.low < 0.25 < base.score.high


def test_the_base_model_has_the_score_of_its_own_answers_while_it_is_asked(workspace, make):
    run = make(STARTED, stage("evaluate base"), asked(4, score=0.9))
    base = Run(workspace, "base-m-1")
    write(base, ("started", {"verb": "base", "within": run.id}))
    base.samples_file.write_text(lines([sample(number, right=number > 1) for number in range(4)]))
    row = next(one for one in EvaluationList(workspace).refresh(running(run, "evaluate base")) if one.of_base)
    assert (row.score.value, row.score.n) == (0.5, 4)


def test_the_answers_of_a_model_are_found_as_soon_as_its_base_run_is_there(workspace, make):
    only_asks = create(workspace, profiles.parse(profiles.dump(PROFILE), "e", "e", ["train.max_steps=0"]))
    write(only_asks, STARTED, stage("evaluate base"), asked(2))
    listed = EvaluationList(workspace)
    runs = running(only_asks, "evaluate base")
    assert next(iter(listed.refresh(runs))).score.value == 0.5  # what the worker told
    base = Run(workspace, "base-m-1")
    write(base, ("started", {"verb": "base", "within": only_asks.id}))
    base.samples_file.write_text(lines([sample(number) for number in range(3)]))
    assert next(iter(listed.refresh(runs))).score.value == 1.0


def test_an_evaluation_that_failed_shows_how_far_it_came_and_why(workspace, make):
    run = make(STARTED, stage("evaluate"), asked(4), ("ended", {"status": "failed", "reason": "It broke."}))
    run.samples_file.write_text(lines([sample(number) for number in range(4)]))
    (row,) = EvaluationList(workspace).refresh(Board(workspace).refresh())
    assert (row.status, row.done, row.reason) == ("failed", 4, "It broke.")
    assert (row.score.value, row.score.n) == (1.0, 4)


def test_a_run_that_trains_and_an_archived_one_have_no_rows(workspace, make):
    run = make(STARTED, stage("train"))
    assert EvaluationList(workspace).refresh(running(run, "train")) == []
    (row,) = running(run, "evaluate")
    assert EvaluationList(workspace).refresh([RunRow(**{**vars(row), "archived": True})]) == []


def test_tasks_of_the_queue_wait_in_their_order_and_failed_ones_say_why(workspace, make, monkeypatch):
    monkeypatch.setattr(queue, "ensure_worker", lambda workspace: None)
    runs = [make(STARTED, ("ended", {"status": "finished"})) for _ in range(3)]
    for run in runs:
        run.adapter.mkdir(parents=True)
    tasks = [queue.task(workspace, run.id, ["arithmetic"]) for run in runs]
    queue.add(workspace, tasks)
    log = EventLog(queue.Files(workspace).log)
    log.append("over", task=tasks[0].id, status="failed", reason="gone")
    log.append("begun", task=tasks[1].id, run_id=runs[1].id, verb="eval")
    log.close()
    listed = EvaluationList(workspace)
    rows = listed.refresh([])
    assert [(row.name, row.status, row.place, row.dataset, row.reason) for row in rows] == [
        (runs[1].id, "running", 0, "arithmetic", ""),
        (runs[2].id, "waiting", 1, "arithmetic", ""),
        (runs[0].id, "failed", 0, "arithmetic", "gone"),
    ]
    assert listed.queue_is_dead()
    assert not EvaluationList(Workspace(workspace.root / "other")).queue_is_dead()


def test_the_answers_of_a_base_run_are_listed_once(workspace, make):
    base = Run(workspace, "base-m-1")
    base.folder.mkdir(parents=True)
    base.profile_file.write_text(profiles.dump(PROFILE))
    write(base, STARTED, ("ended", {"status": "finished"}))
    result = {"kind": "base", "model": {"name": "m"}, "adapter": None, "quant": "none"}
    result |= {"evaluation": {"quiz": {"n": 12, "metrics": METRICS}}}
    base.result_file.write_text(json.dumps(result))
    (row,) = EvaluationList(workspace).refresh(Board(workspace).refresh())
    assert (row.what, row.name, row.of_base) == ("base", "base-m-1", False)
