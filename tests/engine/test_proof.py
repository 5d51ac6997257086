import math

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM
from trl import SFTConfig, SFTTrainer

from workbench.engine.proof import NothingTrains, ProofOfTraining, fingerprints, require_trainable


@pytest.fixture
def wrapped(tiny_model):
    return get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), LoraConfig(r=4, target_modules=["q_proj"]))


def trainer(model, tokenizer, tmp_path, **settings):
    rows = [{"input_ids": [5, 6, 7, 8], "labels": [5, 6, 7, 8]}] * 8
    arguments = SFTConfig(
        output_dir=str(tmp_path), use_cpu=True, report_to=[], save_strategy="no", disable_tqdm=True, max_steps=3,
        **{"learning_rate": 1e-2, **settings},
    )  # fmt: skip
    proof = ProofOfTraining()
    data = Dataset.from_list(rows)
    return SFTTrainer(model, arguments, train_dataset=data, processing_class=tokenizer, callbacks=[proof]), proof


def test_a_run_that_trains_is_recorded(wrapped, tokenizer, tmp_path):
    training, proof = trainer(wrapped, tokenizer, tmp_path)
    training.train()
    assert proof.record["trainable_parameters"] == 2 * 2 * 4 * 64
    assert proof.record["trainable_tensors"] == 4
    # B starts at zero, so at first only B receives a gradient; later all move
    assert proof.record["tensors_with_gradient"] == 2
    assert proof.record["tensors_moved"] == 2
    assert proof.record["tensors_moved_at_end"] == 4


def test_warm_up_delays_the_proof_to_the_first_step_that_can_move_anything(wrapped, tokenizer, tmp_path):
    training, proof = trainer(wrapped, tokenizer, tmp_path, warmup_steps=2)
    training.train()
    assert proof.record["step"] == 2
    assert proof.record["learning_rate"] > 0
    assert proof.record["tensors_moved"] > 0


def test_a_model_wrapped_and_then_frozen_again_is_caught(wrapped, tokenizer, tmp_path):
    wrapped.requires_grad_(False)
    wrapped.enable_input_require_grads()  # the loss still has a gradient, so nothing else complains
    with pytest.raises(NothingTrains, match="0 parameters are trainable"):
        require_trainable(wrapped)
    training, _ = trainer(wrapped, tokenizer, tmp_path)
    with pytest.raises(NothingTrains, match="0 parameters are trainable"):
        training.train()


def test_an_adapter_that_receives_no_gradient_is_caught(wrapped, tokenizer, tmp_path):
    with torch.no_grad():  # B is zero at the start; with A zero as well neither can ever move
        for name, value in wrapped.named_parameters():
            if "lora_A" in name:
                value.zero_()
    training, _ = trainer(wrapped, tokenizer, tmp_path)
    with pytest.raises(NothingTrains, match="no trainable parameter receives a gradient"):
        training.train()


def test_gradients_that_are_no_numbers_are_caught(wrapped, tokenizer, tmp_path):
    with torch.no_grad():
        next(value for name, value in wrapped.named_parameters() if "lora_A" in name).fill_(math.nan)
    training, _ = trainer(wrapped, tokenizer, tmp_path, max_grad_norm=0)
    with pytest.raises(NothingTrains, match="is not finite"):
        training.train()


def test_an_optimizer_that_holds_other_tensors_is_caught(wrapped, tokenizer, tmp_path):
    training, _ = trainer(wrapped, tokenizer, tmp_path)
    training.optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    with pytest.raises(NothingTrains, match="no weight changed"):
        training.train()


def test_steps_too_small_for_the_dtype_are_caught(tiny_model, tokenizer, tmp_path):
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.bfloat16)
    with torch.no_grad():
        for value in model.parameters():
            value.fill_(1.0)
    training, _ = trainer(model, tokenizer, tmp_path, learning_rate=1e-12, bf16=False)
    with pytest.raises(NothingTrains, match=r"no weight changed|receives a gradient"):
        training.train()


def test_a_fingerprint_sees_one_changed_weight(tiny_model):
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    before = fingerprints(model)
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight[3, 3] *= 1.0001
    after = fingerprints(model)
    assert [name for name in after if before[name] != after[name]] == ["model.layers.0.mlp.up_proj.weight"]
