import json

import pytest

from workbench.engine.memory.cards import Card
from workbench.engine.memory.preflight import Preflight, decide, keep, preflight, refuse
from workbench.engine.prediction import read_prediction
from workbench.engine.run import create
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace

CARD = Card("small card", 10_000)
AUTO = 'per_device_train_batch_size = "auto"\ngradient_accumulation_steps = 8'


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def size(profile):
    return 1000 * profile.train.micro_batch // (2 if profile.quant.method == "nf4" else 1)


def test_without_a_card_there_is_no_verdict_and_nobody_is_asked(workspace, a_profile, played):
    predictor = played(size)
    found = preflight(predictor, workspace, a_profile(), None, "no driver")
    assert found == Preflight(a_profile(), reason="no driver")
    assert predictor.asked == []
    refuse(predictor, workspace, found)


def test_auto_without_a_card_is_a_mistake_that_says_what_to_do(workspace, a_profile, played):
    with pytest.raises(InputError, match=r"per_device_train_batch_size: .*no driver.*--gpu SIZE --apply"):
        preflight(played(size), workspace, a_profile(train=AUTO), None, "no driver")


def test_auto_becomes_the_most_rows_that_fit_and_is_said(workspace, a_profile, played):
    found = preflight(played(size), workspace, a_profile(train=AUTO), CARD, "")
    assert found.profile.train.per_device_train_batch_size == 8
    assert found.verdict.word == "fits"
    (said,) = found.chosen
    assert said.startswith("train.per_device_train_batch_size = 8 and train.gradient_accumulation_steps = 1 were")
    assert said.endswith("chosen for small card: the most rows that fit")


def test_a_number_is_left_alone(workspace, a_profile, played):
    profile = a_profile(train="per_device_train_batch_size = 4")
    assert decide(played(size), workspace, profile, CARD) == (profile, ())


def test_one_row_that_does_not_fit_is_said(workspace, a_profile, played):
    _, (said,) = decide(played(size), workspace, a_profile(train=AUTO), Card("c", 500))
    assert "even one row does not fit" in said


def test_what_cannot_be_predicted_stops_nobody(workspace, a_profile, played):
    def fails(profile):
        raise WorkbenchError("the simulation failed")

    predictor = played(fails)
    found = preflight(predictor, workspace, a_profile(), CARD, "")
    assert (found.prediction, found.verdict, found.reason) == (None, None, "the simulation failed")
    refuse(predictor, workspace, found)


def test_a_run_that_does_not_fit_is_refused_with_what_would(workspace, a_profile, played):
    profile = a_profile(train="per_device_train_batch_size = 16\ngradient_accumulation_steps = 1")
    predictor = played(size)
    found = preflight(predictor, workspace, profile, Card("small card", 12_000, used_bytes=1024), "")
    with pytest.raises(InputError) as raised:
        refuse(predictor, workspace, found)
    first, *changes, last = str(raised.value).splitlines()
    assert first == "Training needs 15.72 KiB, and small card has 11.72 KiB, 1.00 KiB of it taken by others."
    assert "  one row at a time, the same rows a step: 1.07 KiB" in changes
    assert len(changes) <= 3
    assert "--anyway" in last


def test_a_run_whose_answers_do_not_fit_is_told_to_train_alone(workspace, a_profile, played):
    found = preflight(played(size, 20_000), workspace, a_profile(), CARD, "")
    with pytest.raises(InputError) as raised:
        refuse(played(size, 20_000), workspace, found)
    first, then, *_ = str(raised.value).splitlines()
    assert first == "Answering one prompt at a time needs 19.63 KiB, and small card has 9.77 KiB."
    assert then == "  training alone, with eval.enabled = false: 1.07 KiB"


def test_a_run_that_does_not_evaluate_is_not_refused_for_it(workspace, a_profile, played):
    found = preflight(played(size, 20_000), workspace, a_profile(evals="enabled = false"), CARD, "")
    assert found.verdict.word == "fits"
    refuse(played(size, 20_000), workspace, found)


def test_a_tight_run_is_not_refused(workspace, a_profile, played):
    predictor = played(lambda _: 9800)
    found = preflight(predictor, workspace, a_profile(), CARD, "")
    assert found.verdict.word == "tight"
    refuse(predictor, workspace, found)


def test_what_was_predicted_is_kept_with_the_run(workspace, a_profile, played):
    found = preflight(played(size), workspace, a_profile(train=AUTO), CARD, "")
    run = create(workspace, found.profile)
    keep(run, found)
    assert read_prediction(run).allocated_bytes == 8000
    assert json.loads(run.prediction_file.read_text())["chosen"] == list(found.chosen)
    unpredicted = create(workspace, found.profile)
    keep(unpredicted, Preflight(found.profile))
    assert not unpredicted.prediction_file.exists()
