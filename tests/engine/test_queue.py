"""The queue: order, failures that stop nobody, a stop, a death; workers are played but in the last test."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from workbench import profile as profiles
from workbench.engine import launch, queue
from workbench.engine.events import EventLog
from workbench.engine.queue import Files, Queue
from workbench.engine.queue_worker import QueueWorker
from workbench.engine.run import Run, create
from workbench.engine.run_state import state
from workbench.errors import InputError
from workbench.paths import Workspace

PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "quiz"\n', "mine", "here")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "ensure_worker", lambda workspace: None)  # the tests work themselves
    return Workspace(tmp_path)


@pytest.fixture
def make(workspace):
    def make(profile=PROFILE):
        run = create(workspace, profile)
        write(run, ("started", {}), ("ended", {"status": "finished"}))
        run.adapter.mkdir(parents=True)
        return run

    return make


@pytest.fixture
def plays(monkeypatch):
    """Call with how each evaluation ends, by run id; gives the ids in the order in which they were started."""
    started = []

    def plays(endings, on_start=lambda run: None):
        def start(run, verb="run"):
            started.append(run.id)
            write(run, ("started", {"verb": verb}))
            on_start(run)
            ending = endings.get(run.id, {"status": "finished"})
            if isinstance(ending, Exception):
                raise ending
            write(run, ("ended", ending))

        monkeypatch.setattr(launch, "start", start)
        return started

    return plays


def write(run, *events):
    log = EventLog(run.events_file)
    for kind, fields in events:
        log.append(kind, **fields)
    log.close()


def statuses(workspace):
    return [task.status for task in queue.read(workspace).tasks.values()]


def test_tasks_are_carried_out_in_their_order_and_a_failed_one_stops_nobody(workspace, make, plays):
    runs = [make(), make(), make(), make()]
    endings = {
        runs[0].id: {"status": "failed", "reason": "It broke."},
        runs[1].id: InputError("the worker did not start"),
        runs[2].id: RuntimeError("nobody thought of this"),
    }
    started = plays(endings)
    queue.add(workspace, [queue.task(workspace, run.id) for run in runs])
    assert statuses(workspace) == ["waiting"] * 4
    QueueWorker(workspace).work()
    assert started == [run.id for run in runs]
    tasks = list(queue.read(workspace).tasks.values())
    assert [task.status for task in tasks] == ["failed", "failed", "failed", "finished"]
    assert [task.reason.partition(" (see")[0] for task in tasks] == [
        "It broke.",
        "the worker did not start",
        "RuntimeError: nobody thought of this",
        "",
    ]
    assert [task.run_id for task in tasks] == [run.id for run in runs]


def test_what_would_be_refused_is_not_queued(workspace, make):
    untrained = create(workspace, PROFILE)
    run = make()
    for wrong in (
        lambda: queue.task(workspace, "nobody"),
        lambda: queue.task(workspace, untrained.id),
        lambda: queue.task(workspace, run.id, overrides=["adapter.r=3"]),
        lambda: queue.task(workspace, run.id, overrides=["eval.rows=0"]),
        lambda: queue.task(workspace, "no/such/folder"),
    ):
        with pytest.raises(InputError):
            wrong()
    assert not workspace.queue.exists()
    assert run.profile().eval.rows == "all"


def test_data_sets_are_asked_beside_a_runs_own_and_instead_of_a_models(workspace, make, plays):
    run = make()
    model = workspace.root / "tiny"
    model.mkdir()
    (model / "config.json").write_text('{"max_position_embeddings": 2048}')
    for name in ("model.safetensors", "tokenizer.json", "chat_template.jinja"):
        (model / name).touch()
    plays({})
    of_run = queue.task(workspace, run.id, ["passages", "arithmetic"])
    of_model = queue.task(workspace, "./tiny", ["passages", "arithmetic"])
    queue.add(workspace, [of_run, of_model])
    QueueWorker(workspace).work()
    assert statuses(workspace) == ["finished", "finished"]
    assert run.profile().eval.datasets == ["passages", "arithmetic"]
    model_run = queue.read(workspace).tasks[of_model.id].run_id
    asked = profiles.load(workspace.run(model_run) / "profile.toml")
    assert (asked.data.dataset, asked.eval.datasets, asked.train.max_steps) == ("passages", ["arithmetic"], 0)


def test_what_is_added_meanwhile_is_carried_out_too(workspace, make, plays):
    first, second = make(), make()

    def on_start(run):
        if run.id == first.id:
            queue.add(workspace, [queue.task(workspace, second.id)])

    started = plays({}, on_start)
    queue.add(workspace, [queue.task(workspace, first.id)])
    QueueWorker(workspace).work()
    assert started == [first.id, second.id]
    queue.add(workspace, [queue.task(workspace, first.id)])  # all were over: a new batch
    assert statuses(workspace) == ["waiting"]


def test_a_stop_stops_the_one_at_hand_and_cancels_the_others(workspace, make, plays, monkeypatch):
    runs = [make(), make(), make()]
    asked = []

    def on_start(run):
        queue.stop(workspace)

    def stop(run):
        asked.append(run.id)
        write(run, ("ended", {"status": "stopped", "reason": "stopped while evaluating quiz"}))

    started = plays({}, on_start)
    monkeypatch.setattr(
        launch, "start", lambda run, verb: (started.append(run.id), write(run, ("started", {})), on_start(run))
    )
    monkeypatch.setattr(launch, "stop", stop)
    monkeypatch.setattr("workbench.engine.run_state.alive", lambda run: True)
    queue.add(workspace, [queue.task(workspace, run.id) for run in runs])
    QueueWorker(workspace).work()
    assert started == asked == [runs[0].id]
    assert statuses(workspace) == ["stopped", "cancelled", "cancelled"]
    assert not Files(workspace).stop.exists()
    with pytest.raises(InputError, match="nothing to stop"):
        queue.stop(workspace)
    with pytest.raises(InputError, match="nothing to resume"):
        queue.resume(workspace)


def test_a_second_process_leaves_the_queue_to_the_first(workspace, make, plays):
    run = make()
    started = plays({})
    queue.add(workspace, [queue.task(workspace, run.id)])
    hold = "import sys\nfrom pathlib import Path\nfrom workbench.engine.locks import take_lock\n"
    hold += "print(take_lock(Path(sys.argv[1])) is not None, flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(Files(workspace).lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "True\n"
        assert queue.works(workspace)
        QueueWorker(workspace).work()
        assert started == []
        with pytest.raises(InputError, match="is being worked on"):
            queue.resume(workspace)
        other.kill()
    QueueWorker(workspace).work()
    assert started == [run.id]
    assert not queue.works(workspace)


def test_a_task_that_a_dead_process_had_begun_is_begun_again(workspace, make, plays):
    run = make()
    task = queue.task(workspace, run.id)
    queue.add(workspace, [task])
    log = EventLog(Files(workspace).log)
    log.append("begun", task=task.id, run_id=run.id, verb="eval")
    log.close()
    started = plays({})
    assert statuses(workspace) == ["running"]
    QueueWorker(workspace).work()
    assert started == [run.id]
    assert statuses(workspace) == ["finished"]


def test_a_log_with_torn_and_foreign_lines_is_read(workspace, make):
    queue.add(workspace, [queue.task(workspace, make().id)])
    with Files(workspace).log.open("a") as file:
        file.write('{"kind": "over", "time_s": 1, "task": "nobody", "status": "failed"}\n')
        file.write('{"kind": "from-the-future", "time_s": 1}\n{"kind": "over", "tas')
    assert statuses(workspace) == ["waiting"]
    assert queue.read(Workspace(workspace.root / "elsewhere")) == Queue()


@pytest.mark.slow
def test_the_queue_and_its_evaluation_outlive_whoever_asked_and_a_kill(tmp_path, tiny_model, sums):
    """Check 20 for evaluations: the process of the queue is killed, and the next one goes on with what it had begun."""
    workspace = Workspace(tmp_path)
    asked = tmp_path / "asked.toml"
    small = "[eval]\nmax_new_tokens = 4\nbatch_tokens = 64\n[train]\nmax_length = 256\n"
    asked.write_text(f'[model]\nname = "x/y"\n[data]\n{sums}{small}')
    command = [sys.executable, "-m", "workbench", "--workspace", str(tmp_path), "eval", "--profile", str(asked)]
    command += [str(tiny_model), str(tiny_model), "--detach", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second = json.loads(done.stdout)["tasks"]
    until(lambda: queue.read(workspace).tasks[first].run_id)
    holder = next(event.fields for event in _events(workspace) if event.kind == "works")
    os.kill(holder["pid"], signal.SIGKILL)
    until(lambda: not queue.works(workspace))
    assert [task.status for task in queue.read(workspace).open] == ["running", "waiting"]
    queue.resume(workspace)
    until(lambda: not queue.read(workspace).open)
    tasks = queue.read(workspace).tasks
    assert [tasks[name].status for name in (first, second)] == ["finished", "finished"], tasks
    assert state(Run(workspace, tasks[first].run_id)).status == "finished"


def _events(workspace):
    from workbench.engine.events import EventReader

    return list(EventReader(Files(workspace).log).read())


def until(condition, limit_s=120):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
