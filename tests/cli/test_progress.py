import pytest

from workbench.cli import progress
from workbench.cli.progress import event_line, memory_text, progress_line
from workbench.engine.events import Event
from workbench.engine.run_state import RunState

from .conftest import FINISHED, STARTED

GIB = 2**30


@pytest.mark.parametrize(
    ("memory", "text"),
    [
        ({}, "memory n/a (no sample yet)"),
        ({"rss_bytes": GIB, "reason": "no CUDA device"}, "RSS 1.00 GiB, GPU n/a (no CUDA device)"),
        ({"rss_bytes": GIB, "process_bytes": 7 * GIB, "device_used_bytes": 8 * GIB}, "GPU 7.00 GiB"),
        ({"rss_bytes": GIB, "device_used_bytes": 8 * GIB}, "GPU 8.00 GiB (all processes)"),
    ],
)
def test_memory_is_shown_with_its_kind(memory, text):
    assert memory_text(memory) == text


def test_an_evaluation_shows_what_is_done_and_the_score_so_far():
    sample = {"dataset": "quiz", "done": 8, "total": 20, "metric": "accuracy", "score": 0.25}
    line = progress_line(RunState(stage="evaluate"), {"sample": sample})
    assert line == "evaluate  quiz 8/20  accuracy 0.2500  memory n/a (no sample yet)"


def test_before_the_first_step_only_the_stage_is_known():
    assert progress_line(RunState(status="waiting"), {}) == "waiting  memory n/a (no sample yet)"


def test_a_stage_forgets_the_numbers_of_the_last_one_but_not_the_memory():
    latest = {}
    for event in (
        Event("memory", 1.0, {"rss_bytes": GIB}),
        Event("memory", 1.0, {"peak_allocated_bytes": 5}),
        Event("step", 1.0, {"step": 1}),
        Event("stage", 2.0, {"stage": "evaluate"}),
    ):
        progress._remember(latest, event)
    assert set(latest) == {"memory", "stage"}
    assert latest["memory"] == {"rss_bytes": GIB}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event("saved", 0.0, {"what": "checkpoint", "step": 7}), "saved: checkpoint at step 7"),
        (Event("note", 0.0, {"level": "warning", "text": "hot"}), "warning: hot"),
        (Event("note", 0.0, {"level": "info", "text": "cold"}), "cold"),
        (Event("predicted", 0.0, {"allocated_bytes": 3 * GIB}), "predicted: 3.00 GiB of GPU memory allocated at most"),
        (
            Event("recovered", 0.0, {"step": 3, "from_micro_batch": 8, "to_micro_batch": 4}),
            "out of GPU memory at step 3: micro-batch 8 to 4, same rows in each step",
        ),
        (Event("asking", 0.0, {"dataset": "quiz", "done": 0, "total": 40}), "asking quiz: 40 questions"),
        (
            Event("asking", 0.0, {"dataset": "quiz", "done": 8, "total": 40}),
            "asking quiz: 40 questions, 8 are answered already",
        ),
        (
            Event("evaluated", 0.0, {"step": 9, "eval_loss": 1.25, "n": 8}),
            "eval_loss 1.2500 at step 9, on 8 validation rows",
        ),
        (
            Event("evaluated", 0.0, {"step": 9, "eval_loss": None, "n": 8}),
            "eval_loss is no number at step 9, on 8 validation rows",
        ),
        (Event("from-the-future", 0.0, {}), ""),
    ],
)
def test_events_that_stay_on_the_screen(event, line):
    assert event_line(event) == line


def test_before_the_first_answers_it_is_said_that_the_first_batch_is_awaited():
    latest = {"sample": {"dataset": "other", "done": 2, "total": 2}}
    progress._remember(latest, Event("asking", 1.0, {"dataset": "quiz", "done": 0, "total": 20}))
    line = progress_line(RunState(stage="evaluate base"), latest)
    assert line == "evaluate base  quiz 0/20  first batch  memory n/a (no sample yet)"


def test_a_terminal_gets_a_line_that_is_redrawn(make_run, monkeypatch, capsys):
    run = make_run(
        STARTED, ("stage", {"stage": "train"}), ("step", {"step": 1, "total_steps": 2, "loss": 1.0}), FINISHED
    )
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    state = progress.follow_to_end(run, as_json=False, stop_on_interrupt=True)
    out, err = capsys.readouterr()
    assert state.status == "finished"
    assert out == ""
    assert "stage: train" in err
