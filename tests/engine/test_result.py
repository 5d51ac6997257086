import pytest

from workbench import profile as profiles
from workbench.engine import result
from workbench.engine.events import EventLog
from workbench.engine.run import create
from workbench.paths import Workspace


@pytest.fixture
def run(tmp_path):
    return create(Workspace(tmp_path), profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p"))


def step(number, loss, tokens=10, seconds=2.0):
    return {"step": number, "loss": loss, "tokens": tokens, "seconds": seconds}


def test_a_step_that_was_done_again_counts_once(run):
    log = EventLog(run.events_file)
    log.append("started", verb="run")
    for number, loss in ((1, 3.0), (2, 2.0), (3, 9.0)):
        log.append("step", **step(number, loss))
    log.append("started", verb="run")
    for number, loss in ((3, 1.5), (4, 1.0)):
        log.append("step", **step(number, loss))
    log.append("trained", steps=4, train_rows=8, proof={"trainable_parameters": 5})
    record = result.training_record(run)
    assert (record["steps"], record["tokens"], record["wall_s"], record["tokens_per_s"]) == (4, 40, 8.0, 5.0)
    assert (record["first_loss"], record["last_loss"], record["attempts"]) == (3.0, 1.0, 2)
    assert record["recoveries"] == []
    assert (record["train_rows"], record["trainable_parameters"]) == (8, 5)


def test_the_looks_at_validation_rows_are_kept_without_those_of_a_lost_attempt(run):
    log = EventLog(run.events_file)
    log.append("started", verb="run")
    log.append("step", **step(1, 3.0))
    assert result.training_record(run)["validation"] is None
    for number, loss in ((0, 3.0), (2, 1.0), (4, 0.5), (2, 1.0), (5, 1.25)):  # the attempt after step 4 was lost
        log.append(
            "evaluated", step=number, eval_loss=loss, low=loss - 0.5, high=loss + 0.5, n=8, n_tokens=30, seconds=2.0
        )
    found = result.training_record(run)["validation"]
    assert found["first"] == {"step": 0, "eval_loss": 3.0, "low": 2.5, "high": 3.5}
    assert (found["best"]["step"], found["best"]["eval_loss"]) == (2, 1.0)
    assert (found["last"]["step"], found["last"]["eval_loss"]) == (5, 1.25)
    assert (found["n"], found["n_tokens"], found["evaluations"], found["wall_s"]) == (8, 30, 3, 10.0)


def test_a_validation_loss_that_is_no_number_is_no_best(run):
    log = EventLog(run.events_file)
    log.append("step", **step(1, 3.0))
    log.append("evaluated", step=0, eval_loss=float("nan"), n=8, n_tokens=30, seconds=1.0)
    found = result.training_record(run)["validation"]
    assert (found["best"], found["last"]["eval_loss"]) == (None, None)


def test_steps_that_were_done_again_in_smaller_pieces_are_listed(run):
    log = EventLog(run.events_file)
    log.append("started", verb="run")
    log.append("recovered", step=1, from_micro_batch=8, to_micro_batch=4)
    log.append("step", **step(1, 3.0))
    (recovery,) = result.training_record(run)["recoveries"]
    assert recovery == {"step": 1, "from_micro_batch": 8, "to_micro_batch": 4}


def test_the_device_is_measured_from_what_others_used_when_the_worker_started(run):
    log = EventLog(run.events_file)
    for others in (100, 500):  # two attempts, each among other programs
        log.append("started", verb="run")
        log.append("memory", rss_bytes=1, device_used_bytes=others + 30, process_bytes=30)
        log.append("stage", stage="evaluate base")
        log.append("memory", rss_bytes=1, device_used_bytes=others + 9000, process_bytes=8000)
        log.append("stage", stage="train")
        log.append("memory", rss_bytes=1, device_used_bytes=others + 700, process_bytes=600)
        log.append("memory", rss_bytes=1)
    found = result.peaks(run, "train")
    assert (found["peak_device_delta_bytes"], found["peak_process_bytes"]) == (700, 600)
    assert result.peaks(run, "evaluate")["peak_device_delta_bytes"] is None


def test_a_spill_that_was_seen_is_kept(run):
    log = EventLog(run.events_file)
    log.append("stage", stage="train")
    log.append("note", level="warning", text="something else")
    assert result.peaks(run, "train")["spill_seen"] is False
    log.append("note", level="warning", about="spill", text="memory lies elsewhere")
    assert result.peaks(run, "train")["spill_seen"] is True


def test_without_a_step_there_is_no_training(run):
    EventLog(run.events_file).append("started", verb="run")
    assert result.training_record(run) is None


def test_peaks_are_those_of_their_stage(run):
    log = EventLog(run.events_file)
    log.append("stage", stage="evaluate base")
    log.append("memory", rss_bytes=100, process_bytes=50, peak_allocated_bytes=40)
    log.append("stage", stage="train")
    log.append("memory", rss_bytes=70, reason="the driver does not show it")
    log.append("memory", rss_bytes=90, process_bytes=30, peak_allocated_bytes=20, peak_reserved_bytes=25)
    log.append("memory", rss_bytes=80, process_bytes=20, peak_allocated_bytes=10, peak_reserved_bytes=25)
    assert result.peaks(run, "train") == {
        "peak_allocated_bytes": 20,
        "peak_reserved_bytes": 25,
        "peak_process_bytes": 30,
        "peak_device_delta_bytes": None,
        "peak_rss_bytes": 90,
        "spill_seen": False,
        "reason": None,
    }
    assert result.peaks(run, "evaluate base")["peak_allocated_bytes"] == 40


def test_unknown_peaks_have_their_reason(run):
    log = EventLog(run.events_file)
    log.append("stage", stage="train")
    log.append("memory", rss_bytes=90, reason="no CUDA device")
    found = result.peaks(run, "train")
    assert (found["peak_allocated_bytes"], found["peak_process_bytes"]) == (None, None)
    assert found["reason"] == "no CUDA device"
