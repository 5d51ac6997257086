"""The loss on held-out rows: what it is, when it is taken, and that the training does not notice."""

import json
from pathlib import Path

import pytest
import torch
from transformers import set_seed

from workbench import profile as profiles
from workbench.engine import model as models
from workbench.engine.evaluate.loglikelihood import of_tokens
from workbench.engine.events import EventLog, EventReader
from workbench.engine.history import History, HistoryReader
from workbench.engine.preview import audited
from workbench.engine.render import IGNORED
from workbench.engine.result import training_record
from workbench.engine.run import create
from workbench.engine.train import train
from workbench.engine.validation import validation_rows, warn_of_overfitting
from workbench.errors import InputError
from workbench.paths import Workspace

STEPS = 4


class Bench:
    """Trains a tiny model in a run of its own, again and again with other settings."""

    def __init__(self, workspace, tiny_model, tokenizer, sums):
        self.workspace, self.folder, self.tokenizer, self.sums = workspace, tiny_model, tokenizer, sums

    def profile(self, *overrides):
        small = [
            *("train.learning_rate=1e-2", f"train.max_steps={STEPS}"),
            *("train.per_device_train_batch_size=2", "train.gradient_accumulation_steps=2", "train.save_steps=2"),
            *("data.validation_rows=6", "train.eval_steps=2"),
        ]
        if "adapter.method=full" not in overrides:
            small += ["adapter.r=4", "adapter.lora_dropout=0.2"]
        text = f'[model]\nname = "{self.folder}"\n[data]\n{self.sums}'
        return profiles.parse(text, "tiny", "here", [*small, *overrides])

    def rows(self, profile, log, held=True):
        found = audited(self.workspace, profile, self.tokenizer)
        return found.encoded, validation_rows(found, profile, self.tokenizer, log) if held else []

    def train(self, *overrides, run=None, held=True, should_stop=lambda _: False, prepared=lambda _: None):
        profile = self.profile(*overrides)
        run = run or create(self.workspace, profile)
        log = EventLog(run.events_file)
        log.append("started", verb="run")
        encoded, held_out = self.rows(profile, log, held)
        set_seed(profile.train.seed)
        model = models.attach(models.load_base(self.folder, profile), profile)
        prepared(model)
        train(run, profile, model, self.tokenizer, encoded, log, lambda: should_stop(run), held_out)
        log.close()
        return run, model


@pytest.fixture(scope="module")
def bench(tmp_path_factory, tiny_model, tokenizer, sums):
    return Bench(Workspace(tmp_path_factory.mktemp("workspace")), tiny_model, tokenizer, sums)


@pytest.fixture(scope="module")
def validated(bench):
    return bench.train()


def told(run, kind):
    return [event.fields for event in EventReader(run.events_file).read() if event.kind == kind]


def losses(run):
    return [step["loss"] for step in told(run, "step")]


def test_it_is_taken_before_the_first_step_at_each_interval_and_after_the_last(validated, bench):
    run, _ = validated
    assert [look["step"] for look in told(run, "evaluated")] == [0, 2, 4]
    assert [(look["n"], look["n_tokens"] > 6) for look in told(run, "evaluated")] == [(6, True)] * 3
    uneven, _ = bench.train("train.eval_steps=3")
    assert [look["step"] for look in told(uneven, "evaluated")] == [0, 3, 4]


def test_it_is_the_mean_over_label_tokens_that_heldout_loss_has(validated, bench, tmp_path):
    run, model = validated
    log = EventLog(tmp_path / "events.jsonl")
    _, rows = bench.rows(bench.profile(), log)
    items = [(row.input_ids, next(at for at, label in enumerate(row.labels) if label != IGNORED)) for row in rows]
    values = {}
    for found in of_tokens(model.eval(), items, 4096, print):
        values |= dict(zip(found.places, found.values, strict=True))
    whole = [-value for tokens in values.values() for value in tokens]
    last = told(run, "evaluated")[-1]
    assert last["n_tokens"] == len(whole)
    assert last["eval_loss"] == pytest.approx(sum(whole) / len(whole), abs=1e-5)
    assert last["low"] <= last["eval_loss"] <= last["high"]


def test_a_training_is_the_same_with_and_without_it(validated, bench):
    run, _ = validated
    plain, _ = bench.train(held=False)
    assert told(plain, "evaluated") == []
    assert losses(run) == losses(plain)


def test_the_rows_are_not_trained_on(bench, tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    encoded, held_out = bench.rows(bench.profile(), log)
    assert (len(encoded), len(held_out)) == (34, 6)
    assert not {row.row_id for row in encoded} & {row.row_id for row in held_out}
    (note,) = EventReader(tmp_path / "events.jsonl").read()
    assert note.fields["text"] == "6 of 40 training rows are held out for validation"


def test_the_rows_are_read_once(bench, tmp_path, monkeypatch):
    read, asked = Path.read_bytes, []
    monkeypatch.setattr(Path, "read_bytes", lambda path: (asked.append(path.name), read(path))[1])
    bench.rows(bench.profile(), EventLog(tmp_path / "events.jsonl"))
    assert asked.count("train.jsonl") == 1


def test_by_itself_it_is_taken_at_the_start_and_the_end_of_a_short_training(bench):
    run, _ = bench.train("train.eval_steps=auto")
    steps = [look["step"] for look in told(run, "evaluated")]
    assert (steps[0], steps[-1]) == (0, STEPS)
    assert len(steps) == len(set(steps))


def test_its_time_and_that_of_checkpoints_is_not_counted_as_training(bench):
    run, _ = bench.train("train.eval_steps=1", "train.save_steps=1")
    events = list(EventReader(run.events_file).read())
    begun = next(event.time_s for event in events if event.kind == "evaluated")
    ended = [event.time_s for event in events if event.kind == "step"][-1]
    between = [event for event in events if event.kind in ("evaluated", "saved") and begun < event.time_s < ended]
    beside = sum(event.fields["seconds"] for event in between)
    trained = sum(step["seconds"] for step in told(run, "step"))
    assert beside > 0
    assert trained + beside == pytest.approx(ended - begun, abs=0.05)


def test_a_run_that_goes_on_has_each_point_once_and_none_of_a_lost_attempt(bench):
    def after_three(run):
        return any(step["step"] == 3 for step in told(run, "step"))  # so that nobody waits for the look at step 3

    run, _ = bench.train("train.eval_steps=1", "train.max_steps=6", should_stop=after_three)
    assert max(step["step"] for step in told(run, "step")) == 4
    before = {look["step"]: look["eval_loss"] for look in told(run, "evaluated")}
    again, _ = bench.train("train.eval_steps=4", "train.max_steps=6", run=run)
    after = told(again, "evaluated")[len(before) :]
    assert [look["step"] for look in after] == [4, 6]
    history, reader = History(), HistoryReader(run)
    while not history.loaded:
        history.add(reader.read())
    assert list(history.curve("eval_loss").xs) == [0, 1, 2, 4, 6]
    assert training_record(run)["validation"]["evaluations"] == 5


def test_a_look_that_does_not_fit_ends_validation_and_not_the_training(bench, validated):
    def too_small(model):
        def forward(module, inputs, output):
            if not module.training:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

        model.get_base_model().model.layers[0].mlp.register_forward_hook(forward)

    run, _ = bench.train(prepared=too_small)
    assert losses(run) == losses(validated[0])
    assert told(run, "evaluated") == []
    (warning,) = [note for note in told(run, "note") if note["level"] == "warning"]
    assert "there is no eval_loss from here on" in warning["text"]


@pytest.mark.parametrize("change", ["train.gradient_checkpointing=false", "adapter.method=full"])
def test_it_works_with_what_else_changes_the_model(bench, change):
    run, model = bench.train(change)
    assert [look["step"] for look in told(run, "evaluated")] == [0, 2, 4]
    assert model.training


def test_rows_that_are_asked_in_both_are_told(bench, tmp_path):
    lines = [{"prompt": f"What is {n % 20} plus 1?", "completion": str(n % 20 + 1)} for n in range(40)]
    (tmp_path / "twice.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    profile = bench.profile(f"data.train_file={tmp_path}/twice.jsonl", "data.validation_rows=20")
    log = EventLog(tmp_path / "events.jsonl")
    bench.rows(profile, log)
    texts = [event.fields["text"] for event in EventReader(tmp_path / "events.jsonl").read()]
    assert any("validation rows are asked among the training rows too: eval_loss is too low" in text for text in texts)


def test_rows_cut_before_their_answer_are_refused(bench, tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    with pytest.raises(InputError, match="no answer is left in any of the 6 rows"):
        bench.rows(bench.profile("train.max_length=8"), log)


def look(step, loss, margin=0.1):
    return {"step": step, "eval_loss": loss, "low": loss - margin, "high": loss + margin}


@pytest.mark.parametrize(("last", "warned"), [(look(9, 2.0), True), (look(9, 1.15), False), (look(4, 1.0), False)])
def test_a_loss_that_has_clearly_risen_again_is_told(tmp_path, last, warned):
    log = EventLog(tmp_path / "events.jsonl")
    warn_of_overfitting({"best": look(4, 1.0), "last": last}, log)
    notes = [event.fields["text"] for event in EventReader(tmp_path / "events.jsonl").read()]
    assert len(notes) == warned
    assert all("eval_loss was lowest at step 4 (1.0000) and was 2.0000 at the end" in text for text in notes)
