from dataclasses import replace

import pytest

from workbench import profile as profiles
from workbench.engine import deviation, result
from workbench.engine.deviation import CAUSES, UNEXPLAINED, Facts, causes
from workbench.engine.events import EventLog, EventReader
from workbench.engine.prediction import Predicted
from workbench.engine.run import create
from workbench.paths import Workspace

PROFILE = '[model]\nname = "m"\n[data]\ndataset = "d"\n[train]\nper_device_train_batch_size = 4\n'
SAID = Predicted(1000, 1100, 1800, "simulation", 0.02, {"optimizer": 100}, {"torch": "2.13.0", "liger-kernel": "0.6.0"})
WHOLE = {"steps": 10, "train_rows": 320, "proof": {"trainable_tensors": 8, "tensors_moved_at_end": 8}}


def make(*changes):
    return profiles.parse(PROFILE, "p", "p", changes)


def facts(off, **changes):
    return replace(Facts(off, SAID, make(), WHOLE, dict(SAID.versions)), **changes)


@pytest.mark.parametrize("off", [0.05, -0.05, 0.0, 0.01])
def test_a_small_deviation_needs_no_cause(off):
    assert causes(facts(off, spilled=True)) == []


@pytest.mark.parametrize("off", [0.06, -0.3])
def test_what_nothing_explains_says_what_is_left(off):
    assert causes(facts(off)) == [UNEXPLAINED[1 if off > 0 else -1]]


@pytest.mark.parametrize(
    ("off", "changes", "text"),
    [
        (-0.3, {"training": {**WHOLE, "proof": {"trainable_tensors": 8, "tensors_moved_at_end": 2}}}, "6 of 8 trained"),
        (-0.3, {"training": {**WHOLE, "steps": 2}}, "only 64 of 320 rows"),
        (-0.3, {"profile": make("train.optim=paged_adamw_8bit")}, "paged"),
        (0.3, {"versions": {"torch": "2.13.0", "liger-kernel": None}}, "liger-kernel was there"),
        (0.3, {"profile": make("model.attn_implementation=eager")}, "eager attention"),
        (0.3, {"spilled": True}, "system memory"),
        (0.3, {"versions": {"torch": "2.11.0"}}, "torch 2.13.0 -> 2.11.0"),
        (-0.3, {"training": {**WHOLE, "recoveries": [{"to_micro_batch": 2}]}}, "when predicted and was halved to 2"),
        (0.3, {"predicted": replace(SAID, source="preview", error=0.15)}, "off by up to 15%"),
    ],
)  # fmt: skip
def test_each_cause_is_said_where_the_facts_speak_for_it(off, changes, text):
    (said, *_) = causes(facts(off, **changes))
    assert text in said


def test_causes_of_too_much_are_not_given_for_too_little():
    assert causes(facts(-0.3, spilled=True)) == [UNEXPLAINED[-1]]
    assert causes(facts(0.3, training={**WHOLE, "steps": 2})) == [UNEXPLAINED[1]]


def test_kernels_that_the_profile_does_without_are_no_cause():
    without = {"torch": "2.13.0", "liger-kernel": None}
    (said,) = causes(facts(0.3, profile=make("train.use_liger_kernel=false"), versions=without))
    assert said.startswith("it ran with other versions")


def test_unknown_facts_speak_for_nothing():
    bare = Predicted(1000, None, None, "simulation", 0.02, {}, {})
    assert all(cause.said(Facts(0.3, bare, make(), {})) == "" for cause in CAUSES)


@pytest.fixture
def run(tmp_path):
    made = create(Workspace(tmp_path), make())
    log = EventLog(made.events_file)
    log.append("started", verb="run")
    log.append("stage", stage="train")
    log.append("step", step=1, loss=1.0, tokens=4, seconds=1.0)
    log.close()
    return made


def told(run, *events):
    log = EventLog(run.events_file)
    for kind, fields in events:
        log.append(kind, **fields)
    deviation.tell(run, "train", make(), SAID, dict(SAID.versions), log)
    log.close()
    return list(EventReader(run.events_file).read())


def test_the_result_holds_the_deviation_and_the_log_a_warning(run):
    events = told(run, ("memory", {"peak_allocated_bytes": 1500}), ("trained", {"train_rows": 1}))
    assert result.against_prediction(run) == {
        "predicted_allocated_bytes": 1000,
        "predicted_source": "simulation",
        "deviation": 0.5,
        "deviation_causes": [UNEXPLAINED[1]],
    }
    note = events[-1]
    assert (note.kind, note.fields["level"]) == ("note", "warning")
    assert note.fields["text"].startswith("training took 50% more memory than predicted: ")


def test_a_prediction_that_held_is_no_warning(run):
    events = told(run, ("memory", {"peak_allocated_bytes": 1010}))
    assert result.against_prediction(run)["deviation"] == pytest.approx(0.01)
    assert events[-1].kind == "deviated"


def test_without_a_gpu_the_deviation_is_unknown(run):
    events = told(run, ("memory", {"rss_bytes": 5, "reason": "no CUDA device"}))
    assert events[-1].kind == "deviated"
    record = result.against_prediction(run)
    assert (record["predicted_allocated_bytes"], record["deviation"], record["deviation_causes"]) == (1000, None, [])


def missing(off, held, proof=None):
    """The causes when ``held`` of 1000 bytes were to be gradients and optimizer states."""
    predicted = replace(SAID, parts={"gradients": held // 3, "optimizer": held - held // 3})
    return causes(facts(off, predicted=predicted, training={**WHOLE, "proof": proof}))


def test_memory_that_lacks_gradients_and_states_matches_a_run_in_which_nothing_trains():
    (said,) = missing(-0.29, 260)
    assert said.startswith("it matches a run in which nothing trains")
    assert missing(-0.29, 260, {"trainable_tensors": 8, "tensors_moved_at_end": 0})[1] == said


@pytest.mark.parametrize(("off", "held"), [(-0.29, 100), (-0.29, 500), (0.29, 290)])
def test_other_shortfalls_do_not(off, held):
    assert not any("nothing trains" in text for text in missing(off, held))


def test_a_run_that_proved_to_train_does_not():
    assert missing(-0.29, 290, WHOLE["proof"]) == [UNEXPLAINED[-1]]


def test_the_studys_qlora_row_is_recognised():
    """Published 7.608 GiB; a run that trains was predicted to take 10.69, 2.74 of it gradients and moments of r 256."""
    gib = 2**30
    trained = 36 * 256 * 26_624 * 4
    predicted = replace(
        SAID, allocated_bytes=round(10.69 * gib), parts={"gradients": trained, "optimizer": 2 * trained}
    )
    (said,) = causes(facts(7.608 / 10.69 - 1, predicted=predicted, training={}))
    assert "nothing trains" in said
