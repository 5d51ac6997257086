"""Steps as the trainer counts them; tokens and time only where earlier runs have measured them."""

import json

import pytest

from workbench import profile as profiles
from workbench.engine import plan as plans
from workbench.engine.plan import plan, steps_per_epoch
from workbench.engine.run import create
from workbench.paths import Workspace
from workbench.profile import TrainOptions

DEVICE = "an i9"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(plans, "device_name", lambda: DEVICE)
    return Workspace(tmp_path)


def of(text, *overrides):
    return profiles.parse(f'[model]\nname = "m"\n[data]\n{text}', "p", "p", overrides)


def finished(workspace, profile, speed, device=DEVICE, audit=None):
    run = create(workspace, profile)
    training = {"tokens_per_s": speed, "steps": 10}
    result = {"model": {"name": "m"}, "training": training, "device": {"name": device}}
    run.result_file.write_text(json.dumps(result))
    if audit:
        run.audit_file.write_text(json.dumps(audit))
    return run


def test_the_rows_of_a_prepared_a_made_a_file_and_a_hub_data_set(workspace, sums):
    assert plan(of('dataset = "quiz"\n'), workspace).rows.value == 600
    assert plan(of(sums), workspace).rows.value == 40
    held_out = of(sums.replace("test_file", "# test_file"))
    assert plan(held_out, workspace).rows.value == 36
    sample = plan(of(sums, "data.train_rows=10"), workspace).rows
    assert (sample.value, sample.how) == (10, "a sample of 40")
    validated = plan(of(sums, "data.validation_rows=8"), workspace)
    assert (validated.rows.value, validated.rows.how) == (32, "all training rows, less 8 to validate")
    assert validated.steps.value == 4
    too_many = plan(of(sums, "data.validation_rows=40"), workspace)
    assert (too_many.rows.value, too_many.steps.value) == (None, None)
    assert "leave none to train on" in too_many.rows.how
    hub = plan(of('dataset = "arc"\n'), workspace)
    assert hub.rows.value is None
    assert "workbench data prepare arc" in hub.rows.how
    assert (hub.steps.value, hub.tokens.value, hub.train_s.value) == (None, None, None)
    assert not workspace.data.exists()


def test_a_data_set_that_is_not_there_is_a_reason_and_no_error(workspace):
    assert 'there is no data set "nope"' in plan(of('dataset = "nope"\n'), workspace).rows.how
    assert "no.jsonl" in plan(of('train_file = "no.jsonl"\n'), workspace).steps.how


@pytest.mark.parametrize(("rows", "batch", "accumulation"), [(40, 1, 8), (41, 2, 3), (5, 8, 8), (36, 4, 2), (1, 1, 1)])
def test_an_epoch_has_as_many_steps_as_the_trainer_makes(rows, batch, accumulation):
    train = TrainOptions(per_device_train_batch_size=batch, gradient_accumulation_steps=accumulation)
    batches = [min(batch, rows - first) for first in range(0, rows, batch)]
    steps = [batches[first : first + accumulation] for first in range(0, len(batches), accumulation)]
    assert steps_per_epoch(rows, train) == len(steps)


def test_steps_follow_the_epochs_or_are_given(workspace, sums):
    assert plan(of(sums), workspace).steps.value == 5
    assert plan(of(sums, "train.num_train_epochs=2.5"), workspace).steps.value == 13
    assert plan(of(sums, "train.max_steps=7"), workspace).steps.value == 7
    assert plan(of(sums, "train.max_steps=0"), workspace).steps.value == 0


def test_without_an_earlier_run_tokens_and_time_are_unknown_with_the_reason(workspace, sums):
    made = plan(of(sums), workspace)
    assert made.tokens.value is None
    assert "at most 1,024 a row" in made.tokens.how
    assert made.train_s.value is None
    assert f"no earlier run of lora on none weights of m was finished on this device ({DEVICE})" in made.train_s.how


def test_earlier_runs_on_the_same_rows_give_tokens_and_time(workspace, sums):
    audit = {"tokens": 4000, "rows": 40}
    finished(workspace, of(sums), 90.0, audit=audit)
    finished(workspace, of(sums, "adapter.r=64"), 110.0)
    made = plan(of(sums, "train.num_train_epochs=3", "adapter.r=8"), workspace)
    assert made.tokens.value == 12_000
    assert "100 a row" in made.tokens.how
    assert made.train_s.value == pytest.approx(120)
    assert (made.train_s.low, made.train_s.high) == (pytest.approx(12_000 / 110), pytest.approx(12_000 / 90))
    assert made.train_s.how == "from 2 runs at 90 to 110 tokens/s"
    few = plan(of(sums, "train.max_steps=1"), workspace)
    assert few.tokens.value == 800  # a fifth of an epoch


def test_what_was_measured_on_something_else_is_not_used(workspace, sums):
    audit = {"tokens": 4000, "rows": 40}
    finished(workspace, of(sums, 'quant.method="nf4"'), 50.0, audit=audit)
    finished(workspace, of(sums), 5000.0, device="a faster one")
    made = plan(of(sums), workspace)
    assert made.tokens.value == 4000  # the rows are the same
    assert made.train_s.value is None
    assert plan(of(sums, "train.max_length=64"), workspace).tokens.value is None
    assert plan(of(sums, 'data.system="Be brief."'), workspace).tokens.value is None


def test_another_batch_size_counts_only_where_there_is_no_better_run(workspace, sums):
    audit = {"tokens": 4000, "rows": 40}
    finished(workspace, of(sums, "train.per_device_train_batch_size=8"), 400.0, audit=audit)
    other = plan(of(sums), workspace).train_s
    assert (other.value, other.how) == (10.0, "from 1 run at 400 tokens/s, in batches of another size")
    finished(workspace, of(sums), 100.0)
    assert plan(of(sums), workspace).train_s.value == 40.0


def test_damaged_runs_are_passed_over(workspace, sums):
    run = finished(workspace, of(sums), 100.0, audit={"tokens": "many"})
    assert plan(of(sums), workspace).tokens.value is None
    run.profile_file.write_text("[")
    assert plan(of(sums), workspace).train_s.value is None
