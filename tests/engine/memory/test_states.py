import pytest
import torch

from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine.memory.states import STATES, keep_states, take_temporaries
from workbench.engine.memory.tracker import Tracker

MATRIX = torch.empty(128, 64, dtype=torch.bfloat16)
VECTOR = torch.empty(100)


def kept_bytes(optim, *parameters):
    return sum(tensor.nbytes for tensor in keep_states(optim, parameters))


def test_every_optimizer_of_a_profile_has_a_rule():
    assert set(STATES) == set(OPTIMIZERS)


@pytest.mark.parametrize("optim", ["adamw_torch", "adamw_torch_fused"])
def test_adamw_keeps_two_moments_in_the_weights_dtype_and_a_step(optim):
    assert kept_bytes(optim, MATRIX) == 2 * 128 * 64 * 2 + 4
    assert kept_bytes(optim, VECTOR) == 2 * 100 * 4 + 4


def test_8_bit_adamw_keeps_two_bytes_a_number_and_scales_each_256():
    assert kept_bytes("adamw_bnb_8bit", MATRIX) == 2 * (8192 + 8192 // 256 * 4)
    assert kept_bytes("adamw_bnb_8bit", VECTOR) == 2 * 100 * 4


def test_adafactor_keeps_a_row_and_a_column():
    assert kept_bytes("adafactor", MATRIX) == (128 + 64) * 4
    assert kept_bytes("adafactor", VECTOR) == 100 * 4


@pytest.mark.parametrize("optim", ["paged_adamw_8bit", "paged_adamw_32bit", "sgd"])
def test_paged_states_and_plain_descent_hold_nothing_of_torchs_memory(optim):
    assert kept_bytes(optim, MATRIX, VECTOR) == 0
    assert keep_states(optim, [MATRIX], embedding=MATRIX) == []


def test_the_tables_bytes_a_number_are_those_of_the_rule():
    assert kept_bytes("adamw_bnb_8bit", MATRIX) == MATRIX.numel() * OPTIMIZERS["adamw_bnb_8bit"].state_bytes
    assert kept_bytes("adamw_torch", torch.empty(128, 64)) == 8192 * OPTIMIZERS["adamw_torch"].state_bytes + 4


@pytest.mark.parametrize(
    ("optim", "taken"),
    [("adamw_torch", 8192 * 2 + 512), ("adafactor", 4 * 8192 * 4), ("adamw_torch_fused", 0), ("sgd", 0)],
)
def test_a_step_takes_for_a_moment(optim, taken):
    tracker = Tracker("optimizer", "optimizer")
    with tracker:
        take_temporaries(optim, [MATRIX, VECTOR])
    assert tracker.peak_bytes("optimizer") == taken
    assert sum(tracker.live.values()) == 0


def test_the_real_optimizer_keeps_what_the_rule_says():
    weight = torch.nn.Parameter(torch.ones(32, 16))
    optimizer = torch.optim.AdamW([weight])
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    real = sorted(tensor.nbytes for tensor in optimizer.state[weight].values())
    assert real == sorted(tensor.nbytes for tensor in keep_states("adamw_torch", [weight]))


def test_the_8_bit_moments_of_an_embedding_are_kept_in_fp32():
    embedding, other = torch.empty(1024, 64, dtype=torch.bfloat16), torch.empty(1024, 64, dtype=torch.bfloat16)
    kept = keep_states("adamw_bnb_8bit", [embedding, other], embedding)
    assert sum(tensor.nbytes for tensor in kept) == 65536 * 8 + 65536 * 2 + 2 * 4 * 256
