"""A model that has no memory for many rows at once: the losses must be those of fewer rows from the start."""

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, TrainerCallback, set_seed
from trl import SFTConfig

from workbench.engine.recovery import RecoveringTrainer, is_out_of_memory, pieces, random_state, set_random_state

TOLERANCE = {"rel": 1e-5, "abs": 1e-6}
"""fp32: a sum over pieces adds the same numbers in another order; plain SGD does not blow that up."""
ROWS = [{"input_ids": [5 + n % 40] * (3 + n % 7), "labels": [5 + (n * 7) % 40] * (3 + n % 7)} for n in range(22)]


class Full(torch.autograd.Function):
    """Passes a number on, and has no memory for its gradient."""

    @staticmethod
    def forward(_, value):
        return value.clone()

    @staticmethod
    def backward(_, gradient):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nSecond line.")


class Losses(TrainerCallback):
    """What the trainer logged, by step."""

    def __init__(self):
        self.of, self.tokens = {}, {}

    def on_log(self, args, state, control, logs, **kwargs):
        if "loss" in logs:
            self.of[state.global_step], self.tokens[state.global_step] = logs["loss"], logs["num_tokens"]


@pytest.fixture(scope="module")
def train(tiny_model, tokenizer, tmp_path_factory):
    """Train a LoRA; from call ``after`` of the model on, more than ``fits`` rows at once are too many."""

    def call(micro_batch, accumulation, after=None, fits=99, place="forward", dropout=0.0, whole_step=True, **settings):
        set_seed(3)
        config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], lora_dropout=dropout)
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), config)
        calls = 0

        def forward(module, inputs, output):
            nonlocal calls
            calls += 1
            too_much = after is not None and calls > after and len(output) > fits
            if too_much and place == "forward":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nSecond line.")
            return Full.apply(output) if too_much else output

        model.get_base_model().model.layers[0].mlp.register_forward_hook(forward)
        arguments = SFTConfig(
            output_dir=str(tmp_path_factory.mktemp("trained")),
            per_device_train_batch_size=micro_batch,
            gradient_accumulation_steps=accumulation,
            **{**dict.fromkeys(("use_cpu", "disable_tqdm"), True), "bf16": False, "gradient_checkpointing": False},
            report_to=[],
            save_strategy="no",
            logging_steps=1,
            seed=7,
            data_seed=7,
            **{"num_train_epochs": 1, "optim": "sgd", "learning_rate": 1.0, **settings},
        )
        losses, recoveries = Losses(), []
        trainer = RecoveringTrainer(
            on_recovery=recoveries.append, micro_batch=micro_batch, model=model, args=arguments,
            train_dataset=Dataset.from_list(ROWS), processing_class=tokenizer, callbacks=[losses],
        )  # fmt: skip
        trainer.model_accepts_loss_kwargs = whole_step
        trainer.train()
        return losses, recoveries, {name: value.detach() for name, value in model.named_parameters()}

    return call


@pytest.fixture(scope="module")
def small(train):
    """A run of two rows at once from the start."""
    return train(2, 4)


@pytest.mark.parametrize("place", ["forward", "backward"])
@pytest.mark.parametrize("after", [0, 3])  # the first micro-batch of all, the second one of the second step
def test_losses_and_weights_are_those_of_a_smaller_micro_batch_from_the_start(train, small, place, after):
    expected, none, weights = small
    found, recoveries, recovered = train(4, 2, after, fits=2, place=place)
    assert none == []
    assert [one.to_micro_batch for one in recoveries] == [2]
    assert sorted(found.of) == [1, 2, 3]
    assert found.of == pytest.approx(expected.of, **TOLERANCE)
    assert found.tokens == expected.tokens
    for name, value in recovered.items():
        torch.testing.assert_close(value, weights[name], rtol=1e-4, atol=1e-6)


def test_what_is_told_of_a_recovery(train):
    _, recoveries, _ = train(4, 2, after=3, fits=2)
    (one,) = recoveries
    assert (one.step, one.repeated_steps) == (2, 0)  # the fourth micro-batch of two a step
    assert (one.from_micro_batch, one.to_micro_batch) == (4, 2)
    assert (one.from_accumulation, one.to_accumulation) == (2, 4)
    assert one.repeated_micro_batches == 2
    assert one.reason == "CUDA out of memory. Tried to allocate 2.00 GiB."


def test_it_halves_until_the_rows_fit(train, small):
    found, recoveries, _ = train(8, 1, after=0, fits=1)
    assert [(one.from_micro_batch, one.to_micro_batch) for one in recoveries] == [(8, 4), (4, 2), (2, 1)]
    assert found.of == pytest.approx(small[0].of, **TOLERANCE)


def test_dropout_draws_what_it_would_have_drawn(train):
    expected, _, weights = train(2, 4, dropout=0.5)
    found, _, recovered = train(4, 2, after=1, fits=2, place="backward", dropout=0.5)
    assert found.of == pytest.approx(expected.of, **TOLERANCE)
    for name, value in recovered.items():
        torch.testing.assert_close(value, weights[name], rtol=1e-4, atol=1e-6)


def test_rows_grouped_by_length_stay_in_their_step(train):
    expected, _, _ = train(2, 4, train_sampling_strategy="group_by_length")
    found, recoveries, _ = train(4, 2, after=0, fits=2, train_sampling_strategy="group_by_length")
    assert recoveries
    assert found.of == pytest.approx(expected.of, **TOLERANCE)


def test_one_row_that_does_not_fit_ends_the_training(train):
    with pytest.raises(torch.OutOfMemoryError, match="out of memory"):
        train(4, 2, after=3, fits=0)


def test_pieces_that_would_not_add_up_are_not_made(train):
    with pytest.raises(torch.OutOfMemoryError):  # each loss is a mean over its own labels
        train(4, 2, after=3, fits=2, whole_step=False)


def test_only_a_full_memory_is_recovered_from():
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert is_out_of_memory(RuntimeError("Triton Error [CUDA]: out of memory"))
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"))
    assert not is_out_of_memory(RuntimeError("CUDA error: device-side assert triggered"))


def test_pieces_lose_the_columns_that_only_padding_fills():
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]])
    batch = {
        "input_ids": torch.arange(12).view(3, 4),
        "attention_mask": mask,
        "labels": mask,
        "weights": torch.ones(3),
        "scale": 2,
    }
    assert list(pieces(batch, 3)) == [batch]
    first, second = pieces(batch, 2)
    assert first["input_ids"].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert second["input_ids"].tolist() == [[8]]
    assert second["labels"].tolist() == [[1]]
    assert (len(first["weights"]), second["scale"]) == (2, 2)
    left = {"input_ids": torch.arange(8).view(2, 4), "attention_mask": mask.flip(1)[1:]}
    assert [piece["input_ids"].tolist() for piece in pieces(left, 1)] == [[[2, 3]], [[7]]]


def test_the_random_state_is_that_of_before():
    before = random_state()
    first = torch.rand(3)
    set_random_state(before)
    assert torch.equal(torch.rand(3), first)
