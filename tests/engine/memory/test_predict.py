import json
from dataclasses import replace

import pytest

from workbench.engine.memory import predict as module
from workbench.engine.memory.cards import Card
from workbench.engine.memory.estimate import Machine
from workbench.engine.memory.predict import measured_workload, predict, predict_training
from workbench.engine.memory.workload import Workload
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import parse

MACHINE = Machine(1000, 512, ("context as said",))
WORK = Workload(2, 64, 64, 2, False, "made up")


@pytest.fixture(autouse=True)
def _loud(monkeypatch):
    """Warnings of the libraries are errors here as everywhere."""
    monkeypatch.setattr(module, "_be_quiet", lambda: None)


@pytest.fixture
def no_network(monkeypatch):
    import socket

    def connects(*_, **__):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", connects)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def local(tiny_model, sums):
    """A profile on the tiny model and the sums, with more lines."""

    def make(train="", evals="", data=sums):
        text = f'[model]\nname = "{tiny_model}"\n[data]\n{data}\n[train]\n{train}\n[eval]\n{evals}\n'
        return parse(text, "mine", "mine")

    return make


def config_of(profile):
    from pathlib import Path

    return json.loads((Path(profile.model.name) / "config.json").read_text())


def test_the_parts_of_a_peak_add_up_to_what_is_allocated(workspace, local, no_network):
    profile = local()
    found = predict(workspace, profile, config_of(profile), MACHINE)
    for estimate in (found.train, found.evaluate, found.evaluate_one):
        inside = {part: size for part, size in estimate.parts.items() if part != "context"}
        assert sum(inside.values()) == estimate.allocated_bytes
        assert all(size >= 0 for size in inside.values())
        assert estimate.parts["context"] == 1000
        assert estimate.process_bytes == estimate.reserved_bytes + 1000
        assert estimate.reserved_bytes >= estimate.allocated_bytes
        assert estimate.error == module.ERROR
        assert "context as said" in estimate.notes
    assert found.trainable_parameters == 2 * 16 * 4 * (64 + 64)
    assert found.versions["torch"]


def test_rows_that_are_here_say_how_long_the_batch_is(workspace, local, no_network):
    workload, batch = measured_workload(workspace, local("per_device_train_batch_size = 2"))
    assert workload.micro_batch == 2
    assert workload.sequence_tokens < 200
    assert "the longest of 40 training rows" in workload.source
    assert batch.prompt_tokens == workload.sequence_tokens


@pytest.mark.parametrize("data", ['dataset = "openmath"', 'dataset = "no-one/else"'])
def test_rows_that_are_not_here_are_the_worst_case_and_no_network_is_used(workspace, local, no_network, data):
    workload, _ = measured_workload(workspace, local("max_length = 300", data=data))
    assert workload.sequence_tokens == 300
    assert "worst case" in workload.source


@pytest.mark.parametrize(("tokens", "rows"), [(64, 1), (100_000, 100_000 // (300 + 64))])
def test_a_batch_of_prompts_holds_at_least_one(workspace, local, tokens, rows):
    profile = local("max_length = 300", f"batch_tokens = {tokens}\nmax_new_tokens = 64", 'dataset = "openmath"')
    assert measured_workload(workspace, profile)[1].rows == rows


def test_a_profile_that_trains_nothing_has_an_evaluation_alone(workspace, a_profile, llama, no_network):
    found = predict(workspace, a_profile(train="max_steps = 0"), llama(), MACHINE)
    assert found.train is None
    assert found.trainable_parameters == 0
    assert found.peak is found.evaluate_one


def notes(found):
    return " | ".join((*found.train.notes, *found.evaluate_one.notes))


def test_notes_say_what_was_assumed(workspace, a_profile, llama):
    profile = a_profile(train='max_length = 64\noptim = "paged_adamw_8bit"')
    config = llama(model_type="mistral", quantization_config={"quant_method": "gptq"})
    said = notes(predict(workspace, profile, config, MACHINE))
    assert "mistral was never measured: best effort" in said
    assert "of optimizer state is paged and not counted" in said
    assert "own quantization is not simulated" in said
    assert "| 1 prompt of up to 64 tokens" in said
    assert "1 prompts" not in said


def test_a_run_that_does_not_evaluate_is_judged_by_its_training(workspace, a_profile, llama):
    long = "max_new_tokens = 400_000"  # its cache is larger than all that training takes
    profile = a_profile(train="max_length = 64", evals=long)
    found = predict(workspace, profile, llama(), MACHINE)
    assert (found.evaluates, found.peak.stage) == (True, "evaluate")
    alone = predict(workspace, a_profile(train="max_length = 64", evals=f"{long}\nenabled = false"), llama(), MACHINE)
    assert (alone.evaluates, alone.peak.stage) == (False, "train")
    assert alone.evaluate_one == found.evaluate_one
    assert "eval.enabled = false: only the training counts" in alone.train.notes


def test_a_measured_family_needs_no_such_note(workspace, a_profile, llama):
    assert "best effort" not in notes(predict(workspace, a_profile(train="max_length = 64"), llama(), MACHINE))


def test_a_full_step_without_accumulation_is_never_extrapolated(a_profile, llama):
    """With few layers its peak stands at the head, with many at the end of the backward pass."""
    profile, config = a_profile(adapter='method = "full"'), llama(num_hidden_layers=12)
    alone, repeated = (replace(WORK, accumulation=accumulation) for accumulation in (1, 2))
    for work, same in ((alone, True), (repeated, False)):
        whole, quick = (predict_training(profile, config, work, MACHINE, quick)[0] for quick in (False, True))
        assert (quick.reserved_bytes == whole.reserved_bytes) is same


@pytest.mark.parametrize(
    ("layers", "quick", "simulated"),
    [(2, True, [2]), (4, True, [4]), (5, True, [2, 4]), (48, False, [48]), (49, False, [2, 4])],
)
def test_deep_models_are_extrapolated_from_few_layers(monkeypatch, layers, quick, simulated):
    asked = []
    monkeypatch.setattr(module.simulate, "at_depth", lambda *_: None)
    module._whole_model({"num_hidden_layers": layers}, quick, asked.append)
    assert asked == simulated


@pytest.mark.parametrize("adapter", ['method = "lora"\ntarget_modules = ["nosuch"]'])
def test_an_adapter_that_fits_no_layer_is_the_users_mistake(workspace, a_profile, llama, adapter):
    with pytest.raises(InputError, match="nosuch"):
        predict(workspace, a_profile(adapter=adapter), llama(), MACHINE)


def test_a_huge_length_is_predicted_and_does_not_fit(workspace, a_profile, llama):
    from workbench.engine.memory import judge

    found = predict(workspace, a_profile(train="max_length = 32768"), llama(), MACHINE)
    assert judge(found.peak, Card("small", 2**28)).word == "does not fit"
