"""The list of runs: what its rows say, what it reads again, and that no damaged folder stops it."""

import json
import os
import subprocess
import sys

import pytest

from workbench import profile as profiles
from workbench.engine import tags
from workbench.engine.board import Board
from workbench.engine.events import EventLog
from workbench.engine.locks import take_lock
from workbench.engine.run import Run, create
from workbench.paths import Workspace

PROFILE = profiles.parse('[model]\nname = "m"\n[adapter]\nr = 32\n[data]\ndataset = "d"\n', "mine", "here")
STARTED = ("started", {"schema": 1, "pid": 1, "verb": "run"})
FINISHED = ("ended", {"status": "finished", "exit_code": 0})
RESULT = {"kind": "train", "model": {"name": "m"}, "adapter": {"method": "lora", "r": 32}, "quant": "none"}

LOOKER = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDONLY)
fcntl.lockf(descriptor, fcntl.LOCK_SH)
print(1, flush=True)
sys.stdin.read()
"""
HOLDER = """
import sys
from pathlib import Path
from workbench.engine.locks import take_lock
print(take_lock(Path(sys.argv[1])) is not None, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def make(workspace):
    def make(*events, profile=PROFILE, result=None):
        run = create(workspace, profile)
        write(run, *events)
        if result is not None:
            run.result_file.write_text(json.dumps(result))
        return run

    return make


@pytest.fixture
def hold():
    """Call with a run: a process holds its lock until the test ends, or until it is killed."""
    holders = []

    def hold(run):
        command = [sys.executable, "-c", HOLDER, str(run.lock_file)]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holders.append(holder)
        assert holder.stdout.readline() == "True\n"
        return holder

    yield hold
    for holder in holders:
        holder.kill()
        holder.communicate()


def write(run, *events):
    log = EventLog(run.events_file)
    for kind, fields in events:
        log.append(kind, **fields)
    log.close()


def step(number, loss=1.0, total=40):
    return ("step", {"step": number, "total_steps": total, "loss": loss})


def row_of(board, run):
    (row,) = [row for row in board.refresh() if row.id == run.id]
    return row


def test_a_finished_run_is_a_row_with_its_names_its_losses_and_its_age(workspace, make):
    stage = ("stage", {"stage": "train"})
    run = make(STARTED, stage, *[step(n, 40.0 / n) for n in range(1, 41)], FINISHED, result=RESULT)
    row = row_of(Board(workspace), run)
    assert (row.name, row.kind, row.model) == ("mine", "train", "m")
    assert (row.method, row.method_label, row.quant, row.quant_label) == ("lora", "LoRA r32", "none", "none")
    assert (row.status, row.stage, row.step, row.total_steps, row.loss) == ("finished", "train", 40, 40, 1.0)
    assert (row.losses[0], row.losses[-1]) == (40.0, 1.0)
    assert list(row.losses) == sorted(row.losses, reverse=True)
    assert 12 <= len(row.losses) <= 33
    assert row.age_s(row.started_s + 5) == pytest.approx(5)
    assert (row.problem, row.reason, row.tags, row.archived) == ("", "", (), False)


def test_an_imported_result_is_no_base_model(workspace, make):
    imported = {"kind": "imported", "model": {"name": "m"}, "adapter": None, "method": "none", "quant": "none"}
    make(("started", {"schema": 1, "verb": "import"}), FINISHED, result=imported)
    (row,) = Board(workspace).refresh()
    assert (row.kind, row.method, row.method_label, row.model) == ("imported", "none", "imported", "m")


def test_the_same_names_come_from_the_profile_while_there_is_no_result(workspace, make):
    finished = make(STARTED, FINISHED, result=RESULT)
    failed = make(STARTED, ("ended", {"status": "failed", "reason": "It broke."}))
    board = Board(workspace)
    one, other = row_of(board, finished), row_of(board, failed)
    assert (one.model, one.method_label, one.quant_label) == (other.model, other.method_label, other.quant_label)
    assert (other.status, other.reason) == ("failed", "It broke.")


@pytest.mark.parametrize("steps", [0, 1, 7, 3000])
def test_a_glance_and_a_fold_of_every_line_agree(workspace, make, steps):
    from workbench.engine.run_state import state

    talk = ("memory", {"rss_bytes": 2**30, "reason": "no CUDA device"})
    run = make(STARTED, ("stage", {"stage": "train"}), *[e for n in range(steps) for e in (step(n, n, 9000), talk)])
    write(run, ("ended", {"status": "stopped", "reason": "asked"}), STARTED, ("stage", {"stage": "train"}))
    write(run, *[e for n in range(steps, 2 * steps) for e in (step(n, n, 9000), talk)])
    row, whole = row_of(Board(workspace), run), state(run)
    facts = ("status", "stage", "step", "total_steps", "loss", "started_s", "last_s", "reason")
    assert [getattr(row, fact) for fact in facts] == [getattr(whole, fact) for fact in facts]


def test_a_live_run_is_read_on_and_is_lost_once_its_worker_is_dead(workspace, make, hold):
    run = make(STARTED, step(1, 3.0))
    holder = hold(run)
    board = Board(workspace)
    assert (row_of(board, run).status, row_of(board, run).losses) == ("running", (3.0,))
    write(run, step(20, 2.0))
    assert (row_of(board, run).step, row_of(board, run).losses) == (20, (3.0, 2.0))
    holder.kill()
    holder.wait()
    assert (row_of(board, run).status, row_of(board, run).reason) == ("lost", "the worker disappeared without a word")
    write(run, ("ended", {"status": "stopped", "reason": "asked"}))
    assert row_of(board, run).status == "stopped"


def test_a_run_that_waits_becomes_lost_although_no_file_changes(workspace, make):
    run = make()
    board = Board(workspace)
    assert row_of(board, run).status == "waiting"
    os.utime(run.profile_file, (1, 1))
    assert row_of(board, run).status == "lost"


def test_a_restarted_step_counter_and_a_loss_that_is_no_number(workspace, make):
    run = make(STARTED, step(1, 5.0), step(20, 4.0), step(30, float("nan")), STARTED, step(21, 3.0))
    row = row_of(Board(workspace), run)
    assert (row.step, row.loss) == (21, 3.0)
    assert row.losses == (5.0, 4.0, 3.0)
    write(run, step(35, float("nan")))
    assert row_of(Board(workspace), run).losses[-1] is None


@pytest.mark.parametrize(
    ("name", "content", "said", "status"),
    [
        ("profile.toml", b"[model\n", "profile.toml", "stopped"),
        ("profile.toml", b"\xff\xfe", "profile.toml", "stopped"),
        ("profile.toml", b"[other]\n", "profile.toml", "stopped"),
        ("tags.json", b'{"tags": 3}', "tags.json", "stopped"),
        ("events.jsonl", b'{"time_s": 1, "kind": "step", "step": "many"}\n', "events.jsonl", "damaged"),
        (
            "events.jsonl",
            b'{"time_s": "soon", "kind": "started"}\n{"time_s": 1, "kind": "ended"}\n',
            "events",
            "damaged",
        ),
    ],
)
def test_a_damaged_file_is_said_and_hides_no_other_run(workspace, make, name, content, said, status):
    good = make(STARTED, FINISHED, result=RESULT)
    bad = make(STARTED, ("ended", {"status": "stopped", "reason": "asked"}))
    (bad.folder / name).write_bytes(content)
    board = Board(workspace)
    row = row_of(board, bad)
    assert said in row.problem
    assert row.status == status
    assert row_of(board, good).problem == ""
    assert row_of(board, bad) == row


def test_a_damaged_result_and_a_folder_in_place_of_the_log_are_said(workspace, make):
    finished = make(STARTED, FINISHED)
    finished.result_file.write_text("{")
    row = row_of(Board(workspace), finished)
    assert "result.json is damaged" in row.problem
    assert row.model == "m"
    other = make()
    other.events_file.unlink()
    other.events_file.mkdir()
    assert row_of(Board(workspace), other).status == "damaged"


def test_a_mended_file_is_read_again(workspace, make):
    run = make(STARTED, FINISHED)
    whole = run.profile_file.read_text()
    run.profile_file.write_text("[")
    board = Board(workspace)
    assert row_of(board, run).problem
    run.profile_file.unlink()
    run.profile_file.write_text(whole)
    assert (row_of(board, run).problem, row_of(board, run).model) == ("", "m")


def test_rows_come_and_go_with_their_folders_the_newest_first(workspace, make):
    board = Board(workspace)
    assert board.refresh() == []
    first = make(STARTED, FINISHED)
    second = make(STARTED, FINISHED)
    assert [row.id for row in board.refresh()] == [second.id, first.id]
    waiting = make()
    assert next(row.id for row in board.refresh()) == waiting.id
    write(waiting, STARTED, FINISHED)
    for path in waiting.folder.iterdir():
        path.unlink()
    waiting.folder.rmdir()
    (workspace.metrics / "README.md").touch()
    (workspace.metrics / "being-made").mkdir()
    base = Run(workspace, "base-m-12345678")
    base.folder.mkdir()
    base.profile_file.write_text(profiles.dump(PROFILE))
    write(base, STARTED, FINISHED)
    assert next((row.id, row.kind, row.method_label) for row in board.refresh()) == (base.id, "base", "base")
    for path in first.folder.iterdir():
        path.unlink()
    first.folder.rmdir()
    assert [row.id for row in board.refresh()] == [base.id, second.id]


def test_tags_are_seen_at_once_and_files_that_did_not_change_are_not_read_again(workspace, make, monkeypatch):
    run = make(STARTED, step(1), FINISHED, result=RESULT)
    board = Board(workspace)
    assert row_of(board, run).tags == ()
    tags.tag(run, ["good"])
    assert row_of(board, run).tags == ("good",)
    os.utime(run.folder, (1, 1))
    before = row_of(board, run)
    monkeypatch.setattr("workbench.engine.board.glance", lambda _: pytest.fail("it was read again"))
    monkeypatch.setattr(json, "loads", lambda _: pytest.fail("it was read again"))
    assert row_of(board, run) is before


def test_whoever_looks_at_a_free_lock_does_not_make_it_look_held(workspace, make, hold):
    from workbench.engine.locks import alive

    run = make(STARTED)
    run.lock_file.touch()
    with subprocess.Popen(
        [sys.executable, "-c", LOOKER, str(run.lock_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "1\n"
        assert not alive(run)
        assert take_lock(run.lock_file) is None
        other.kill()
    hold(run)
    assert alive(run)
