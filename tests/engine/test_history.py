import math
import time

import pytest

from workbench import profile as profiles
from workbench.engine.events import EventLog
from workbench.engine.history import History, HistoryReader
from workbench.engine.run import create
from workbench.engine.run_state import state
from workbench.engine.tail import LINE_BYTES, Tail
from workbench.paths import Workspace

PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', name="run", where="here")


@pytest.fixture
def run(tmp_path):
    made = create(Workspace(tmp_path), PROFILE)
    made.lock_file.touch()
    return made


@pytest.fixture
def write(run, monkeypatch):
    """Write events, one second apart, as (kind, fields)."""
    clock = iter(range(1000, 10**6))
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    log = EventLog(run.events_file)

    def append(*events):
        for kind, fields in events:
            log.append(kind, **fields)

    return append


def step(number, **fields):
    return "step", {"step": number, "total_steps": 9, "loss": 1.0 / number, "learning_rate": 1e-4, **fields}


def told(reader, history=None, limit_s=0.05):
    history = history or History()
    while True:
        portion = reader.read(limit_s)
        history.add(portion)
        if not portion.more:
            return history


def test_steps_and_samples_become_curves(run, write):
    memory = {"rss_bytes": 5, "process_bytes": 7, "utilization": 0.5, "device_total_bytes": 10}
    write(("started", {}), ("stage", {"stage": "train"}), step(1), ("memory", memory), step(2, loss=math.nan))
    history = told(HistoryReader(run))
    assert list(history.curve("loss").xs) == [1, 2]
    assert history.curve("loss").not_finite == 1
    assert list(history.curve("process_bytes").xs) == [3.0]  # seconds since the start
    assert (history.memory, history.state.stage) == (memory, "train")
    assert not history.curve("grad_norm").xs
    assert history.loaded


def test_a_portion_ends_in_time_and_the_next_goes_on(run, write):
    write(("started", {}), *(step(number) for number in range(1, 50)))
    reader = HistoryReader(run)
    first = reader.read(0.0)
    assert (first.more, first.state.step) == (True, 0)
    history = History()
    history.add(first)
    assert not history.loaded
    assert list(told(reader, history, limit_s=0.0).curve("loss").xs) == list(range(1, 50))
    assert not reader.read().is_news


def test_a_resumed_run_tells_steps_again_and_its_pause_is_no_work(run, write):
    write(("started", {}), step(1), step(2), step(3))
    reader = HistoryReader(run)
    history = told(reader)
    assert history.worked_s == 3.0
    for _ in range(100):
        time.time()
    write(("started", {}), step(2, loss=0.25), step(3), ("memory", {"rss_bytes": 1}))
    told(reader, history)
    assert list(history.curve("loss").ys) == [1.0, 0.25, 1 / 3]
    assert history.curve("loss").restarts == [2]
    assert (history.attempts, history.worked_s) == (2, 6.0)
    assert list(history.curve("rss_bytes").xs) == [6.0]


def test_two_looks_at_memory_in_one_moment_are_no_restart(run, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    log = EventLog(run.events_file)
    log.append("started")
    for rss_bytes in (5, 7):  # the last of one stage and the first of the next
        log.append("memory", rss_bytes=rss_bytes)
    curve = told(HistoryReader(run)).curve("rss_bytes")
    assert (curve.restarts, list(curve.ys)) == ([], [5, 7])


def test_answers_are_a_curve_for_each_data_set_and_stage(run, write):
    def answered(done, score):
        return "sample", {"dataset": "quiz", "done": done, "total": 9, "metric": "accuracy", "score": score}

    write(("started", {}), ("stage", {"stage": "evaluate base"}), answered(4, 0.5), answered(9, 0.4))
    write(("stage", {"stage": "evaluate"}), answered(4, 0.7))
    history = told(HistoryReader(run))
    assert history.scores() == ["score quiz · evaluate base", "score quiz · evaluate"]
    assert list(history.curve(history.scores()[0]).ys) == [0.5, 0.4]


def test_a_loss_on_held_out_rows_is_a_curve_of_its_own_and_its_seconds_are_not_those_of_a_step(run, write):
    write(("started", {}), step(1, seconds=2.0), ("evaluated", {"step": 1, "eval_loss": 1.5, "seconds": 90.0}))
    history = told(HistoryReader(run))
    assert list(history.curve("eval_loss").ys) == [1.5]
    assert list(history.curve("seconds").ys) == [2.0]


def test_what_was_predicted_is_not_taken_for_measured(run, write):
    write(("started", {}), ("predicted", {"process_bytes": 9, "allocated_bytes": 8, "reserved_bytes": 7}))
    write(("memory", {"rss_bytes": 1, "process_bytes": 5}), step(1, allocated_bytes=4))
    history = told(HistoryReader(run))
    assert history.curve("process_bytes").peak == 5
    assert history.curve("allocated_bytes").peak == 4
    assert history.fact("predicted", "process_bytes") == 9


def test_steps_named_by_other_events_are_no_points(run, write):
    write(("started", {}), step(5), ("saved", {"what": "checkpoint", "step": 2, "seconds": 9.0}))
    write(("recovered", {"step": 3, "seconds": 9.0}))
    history = told(HistoryReader(run))
    assert (list(history.curve("loss").xs), len(history.curve("seconds"))) == ([5], 0)


@pytest.mark.parametrize("limit_s", [0.0, 10.0])
def test_the_state_is_that_of_a_fold_of_every_event(run, write, limit_s):
    sample = ("sample", {"dataset": "d", "done": 1, "total": 2, "score": 0.5})
    memory = ("memory", {"rss_bytes": 1})
    write(("started", {"pid": 1}), memory, ("stage", {"stage": "train"}), step(1), memory, step(2), ("note", {}))
    write(step(3), sample, memory, ("stage", {"stage": "evaluate"}), sample, step(4, loss=None), memory)
    write(("ended", {"status": "stopped", "reason": "asked"}), ("started", {"pid": 2}), step(3), sample, memory)
    write(("ended", {"status": "failed", "reason": "no"}))
    assert told(HistoryReader(run), limit_s=limit_s).state == state(run)


def test_what_the_worker_was_asked_for_is_known_until_it_has_done_it(run, write):
    write(("started", {}))
    reader, history = HistoryReader(run), History()
    for file, asked in ((run.checkpoint_file, "checkpoint"), (run.stop_file, "stop")):
        file.touch()
        history.add(reader.read())
        assert history.asked == asked
        file.unlink()
    run.checkpoint_file.unlink(missing_ok=True)
    history.add(reader.read())
    assert history.asked == ""


def test_the_state_is_that_of_the_run_and_a_dead_worker_is_lost(run, write):
    write(("started", {"pid": 7}), step(1))
    history = told(HistoryReader(run))
    assert (history.state.status, history.state.step, history.fact("started", "pid")) == ("lost", 1, 7)
    write(("ended", {"status": "stopped", "reason": "asked"}))
    assert told(HistoryReader(run)).state.status == "stopped"


def test_events_of_another_shape_are_told_and_skipped(run, write):
    write(("started", {}), ("step", {"loss": 1.0}), ("step", {"step": "x"}), ("from-the-future", {"step": 1}), step(2))
    history = told(HistoryReader(run))
    assert list(history.curve("loss").xs) == [2]
    lines = told_lines(run)
    assert sum("cannot be read" in line for line in lines) == 2


def told_lines(run):
    return HistoryReader(run).read(10.0).lines


def test_the_log_tells_stages_and_a_step_every_ten_seconds(run, write):
    write(("started", {"pid": 3}), ("stage", {"stage": "train"}), *(step(number) for number in range(1, 26)))
    write(("saved", {"what": "checkpoint", "step": 25}), ("ended", {"status": "failed", "reason": "no", "fix": "do"}))
    lines = [line.split(" ", 1)[1] for line in told_lines(run)]
    assert lines[:2] == ["started by process 3", "stage: train"]
    assert [line.split("  ")[0] for line in lines if line.startswith("step")] == ["step 1/9", "step 11/9", "step 21/9"]
    assert lines[-2:] == ["saved: checkpoint at step 25", "failed  no  do"]


def test_a_run_without_a_log_waits(run):
    history = told(HistoryReader(run))
    assert (history.state.status, history.elapsed_s(5.0), history.loaded) == ("waiting", None, True)


def test_elapsed_goes_on_while_a_run_works_and_stands_when_it_has_ended(run, write):
    write(("started", {}), step(1))
    history = told(HistoryReader(run))
    assert history.elapsed_s(2000.0) == 1.0
    history.state = history.state.__class__(status="running", started_s=1000.0, last_s=1001.0)
    assert history.elapsed_s(1011.0) == 11.0


def test_fifty_thousand_steps_are_read_in_two_seconds_of_work(run):
    line = '{"time_s": %d, "kind": "step", "step": %d, "total_steps": 50000, "loss": 1.5, "learning_rate": 1e-4}\n'
    first = '{"time_s": 0.5, "kind": "started", "pid": 1}\n'
    run.events_file.write_text(first + "".join(line % (n, n) for n in range(1, 50_001)))
    begun = time.process_time()
    history = told(HistoryReader(run))
    assert time.process_time() - begun < 2.0
    assert len(history.curve("loss")) == 50_000


def test_a_tail_gives_whole_lines_once(tmp_path):
    path = tmp_path / "worker.log"
    tail = Tail(path)
    assert tail.read() == []
    with path.open("ab", buffering=0) as file:
        file.write(b"one\ntw")
        assert tail.read() == ["one"]
        file.write(b"o\nthr\xffee\n")
        assert tail.read() == ["two", "thr\ufffdee"]
        assert tail.read() == []


def test_a_tail_of_a_long_file_begins_near_its_end_with_a_whole_line(tmp_path):
    path = tmp_path / "worker.log"
    path.write_text("".join(f"line {number:06d}\n" for number in range(100_000)))
    lines = Tail(path).read()
    assert lines[-1] == "line 099999"
    assert len(lines) < 30_000
    assert set(map(len, lines)) == {11}


def test_a_tail_keeps_the_beginning_of_an_endless_line_and_notices_a_new_file(tmp_path):
    path = tmp_path / "worker.log"
    path.touch()
    tail = Tail(path)
    tail.read()
    with path.open("a") as file:
        file.write("x" * 3 * 2**20)
    assert [tail.read() for _ in range(4)] == [[]] * 4
    with path.open("a") as file:
        file.write("\nafter\n")
    assert [len(line) for line in tail.read()] == [LINE_BYTES, 5]
    path.write_text("anew\n")
    assert tail.read() == ["anew"]
