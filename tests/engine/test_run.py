import os
import subprocess
import sys
import time

import pytest

from workbench import profile as profiles
from workbench.engine.events import Event, EventLog
from workbench.engine.run import Run, RunState, alive, create, find, fold, runs, state
from workbench.errors import InputError
from workbench.paths import Workspace

PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', name="my run", where="here")

HOLDER = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.lockf(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path):
    return create(Workspace(tmp_path), PROFILE)


@pytest.fixture
def holder(run):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run.lock_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_new_run_has_its_frozen_profile_and_waits(run):
    assert run.profile() == PROFILE.model_copy(update={"name": "my-run"})
    assert state(run).status == "waiting"


def test_two_runs_of_one_second_have_two_ids(tmp_path):
    first, second = (create(Workspace(tmp_path), PROFILE) for _ in range(2))
    assert first.id != second.id
    assert runs(Workspace(tmp_path)) == sorted([first, second], key=lambda run: run.id)
    assert second.profile().name == "my-run"


def test_a_run_whose_worker_never_came_is_lost(run):
    old = time.time() - 3600
    os.utime(run.profile_file, (old, old))
    assert state(run).status == "lost"


def test_a_run_runs_while_its_worker_holds_the_lock_and_is_lost_afterwards(run, holder):
    EventLog(run.events_file).append("started", schema=1, pid=1)
    assert alive(run)
    assert state(run).status == "running"
    holder.kill()
    holder.wait()
    assert not alive(run)
    assert state(run).status == "lost"


def test_looking_at_the_lock_does_not_drop_it(run, holder):
    assert [alive(run) for _ in range(3)] == [True] * 3


def test_the_last_attempt_counts(run):
    log = EventLog(run.events_file)
    for kind, fields in (
        ("started", {}),
        ("step", {"step": 3, "total_steps": 9, "loss": 1.5}),
        ("ended", {"status": "stopped", "reason": "asked"}),
    ):
        log.append(kind, **fields)
    assert (state(run).status, state(run).reason, state(run).step) == ("stopped", "asked", 3)
    log.append("started")
    log.append("ended", status="finished")
    assert (state(run).status, state(run).reason) == ("finished", "")


def test_fold_skips_kinds_that_it_does_not_know():
    folded = fold(RunState(), Event("from-the-future", 5.0, {"x": 1}))
    assert (folded.status, folded.last_s) == ("waiting", 5.0)


def test_runs_are_found_by_id_by_name_and_as_the_last(tmp_path):
    workspace = Workspace(tmp_path)
    with pytest.raises(InputError, match="has none yet"):
        find(workspace, "x")
    first = create(workspace, PROFILE)
    second = create(workspace, PROFILE.model_copy(update={"name": "other"}))
    base = Run(workspace, "base-m-12345678")
    base.folder.mkdir()
    base.profile_file.write_text(profiles.dump(PROFILE))
    assert find(workspace, first.id) == first
    assert find(workspace, "my-run") == first
    assert find(workspace, "last") == second
    assert find(workspace, base.id) == base
    with pytest.raises(InputError, match=f'Did you mean "{second.id}"'):
        find(workspace, second.id + "s")
