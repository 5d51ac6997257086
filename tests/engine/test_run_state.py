import os
import time

from workbench.engine.events import Event, EventLog
from workbench.engine.run_state import RunState, fold, settle, state


def test_a_new_run_waits(new_run):
    assert state(new_run).status == "waiting"


def test_a_run_whose_worker_never_came_is_lost(new_run):
    old = time.time() - 3600
    os.utime(new_run.profile_file, (old, old))
    assert state(new_run).status == "lost"


def test_a_run_runs_while_its_worker_holds_the_lock_and_is_lost_afterwards(new_run, holder):
    EventLog(new_run.events_file).append("started", schema=1, pid=1)
    assert state(new_run).status == "running"
    holder.kill()
    holder.wait()
    assert state(new_run).status == "lost"


def test_a_worker_that_ended_while_its_log_was_read_is_not_lost(new_run):
    log = EventLog(new_run.events_file)
    log.append("started")
    read = state(new_run)
    assert read.status == "lost"  # nobody holds its lock
    log.append("ended", status="finished")
    assert settle(new_run, RunState(status="running")).status == "finished"


def test_the_last_attempt_counts(new_run):
    log = EventLog(new_run.events_file)
    for kind, fields in (
        ("started", {}),
        ("step", {"step": 3, "total_steps": 9, "loss": 1.5}),
        ("ended", {"status": "stopped", "reason": "asked"}),
    ):
        log.append(kind, **fields)
    assert (state(new_run).status, state(new_run).reason, state(new_run).step) == ("stopped", "asked", 3)
    log.append("started")
    log.append("ended", status="finished")
    assert (state(new_run).status, state(new_run).reason) == ("finished", "")


def test_fold_skips_kinds_that_it_does_not_know():
    folded = fold(RunState(), Event("from-the-future", 5.0, {"x": 1}))
    assert (folded.status, folded.last_s) == ("waiting", 5.0)
