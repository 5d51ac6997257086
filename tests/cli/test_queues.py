"""Several evaluations, queued, shown and stopped by commands; the queue's process works inside the test."""

import pytest

from workbench.engine import queue
from workbench.engine.queue_worker import QueueWorker

from .conftest import FINISHED, STARTED

NOTHING_SCORED = {"evaluation": {}, "base_run_id": None}
SAMPLE = ("sample", {"dataset": "quiz", "done": 3, "total": 12, "metric": "accuracy", "score": 0.5})


@pytest.fixture
def trained(make_run):
    def make():
        run = make_run(STARTED, FINISHED)
        run.adapter.mkdir(parents=True)
        return run

    return make


@pytest.fixture
def idle(monkeypatch):
    """No process works on the queue."""
    monkeypatch.setattr(queue, "ensure_worker", lambda workspace: None)


def test_several_runs_are_queued_and_shown(cli, trained, idle):
    runs = [trained(), trained()]
    done = cli("eval", *(run.id for run in runs), "--on", "passages", "--detach", "--json")
    assert done.code == 0, done.err
    assert len(done.json()["tasks"]) == 2
    shown = cli("queue", "--json").json()
    assert [(task["name"], task["status"]) for task in shown["tasks"]] == [(run.id, "waiting") for run in runs]
    assert shown["alive"] is False
    said = cli("queue")
    assert "--resume` goes on" in said.err
    assert all(run.id in said.out for run in runs)


def test_waiting_for_the_queue_ends_with_the_worst_of_its_codes(cli, trained, worker, workspace, monkeypatch):
    runs = [trained(), trained()]
    monkeypatch.setattr(queue, "ensure_worker", lambda workspace: QueueWorker(workspace).work())
    worker(("started", {"verb": "eval"}), SAMPLE, ("ended", {"status": "failed", "reason": "It broke."}))
    done = cli("eval", *(run.id for run in runs))
    assert done.code == 3
    assert done.err.count("failed (It broke.)") == 2
    lines = cli("queue").out.splitlines()
    assert "quiz 3/12" in lines[1]
    assert "accuracy 0.500" in lines[1]


def test_one_name_that_is_refused_queues_none(cli, trained, idle, files):
    run = trained()
    before = files()
    assert cli("eval", run.id, "nobody", "--detach").code == 2
    assert files() == before


def test_pending_runs_can_be_queued(cli, trained, idle):
    run, other = trained(), trained()
    done = cli("eval", "--pending", "--detach")
    assert done.code == 0
    assert "2 trained runs have no scores" in done.err
    assert [task["name"] for task in cli("queue", "--json").json()["tasks"]] == [run.id, other.id]


def test_a_stop_cancels_what_waits(cli, trained, workspace, monkeypatch):
    monkeypatch.setattr(queue, "ensure_worker", lambda workspace: None)
    cli("eval", trained().id, trained().id, "--detach")
    monkeypatch.setattr(queue, "ensure_worker", lambda workspace: QueueWorker(workspace).work())
    assert cli("queue", "--stop").code == 0
    assert [task["status"] for task in cli("queue", "--json").json()["tasks"]] == ["cancelled", "cancelled"]
    assert cli("queue", "--stop").code == 2
    assert cli("queue", "--stop", "--resume").code == 2


def test_an_empty_queue_says_how_to_fill_it(cli):
    assert "eval A B --detach" in cli("queue").err
    assert cli("queue", "--resume").code == 2
