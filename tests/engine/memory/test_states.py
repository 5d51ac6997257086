import pytest
import torch

from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine.memory.states import STATES, keep_states, take_temporaries
from workbench.engine.memory.tracker import Tracker

MATRIX = torch.empty(128, 64, dtype=torch.bfloat16)
VECTOR = torch.empty(100)
LARGE = torch.empty(1000, 256)


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


def test_plain_descent_keeps_nothing():
    assert kept_bytes("sgd", MATRIX, VECTOR) == 0


@pytest.mark.parametrize(("optim", "scales"), [("paged_adamw_8bit", 2 * 1000 * 4), ("paged_adamw_32bit", 0)])
def test_paged_states_lie_outside_torchs_memory_but_for_scales_and_small_ones(optim, scales):
    assert kept_bytes(optim, LARGE) == scales
    assert kept_bytes(optim, MATRIX) == (2 * (8192 + 8192 // 256 * 4) if scales else 2 * 8192 * 4)


def test_an_embeddings_8_bit_moments_are_in_fp32_and_paged_if_it_is():
    held = {optim: sum(one.nbytes for one in keep_states(optim, [LARGE], LARGE)) for optim in STATES}
    assert (held["adamw_bnb_8bit"], held["paged_adamw_8bit"]) == (2 * LARGE.numel() * 4, 0)


def test_the_tables_bytes_a_number_are_those_of_the_rule():
    row = OPTIMIZERS["adamw_bnb_8bit"]
    assert kept_bytes("adamw_bnb_8bit", MATRIX) == 8192 * (row.state_bytes + row.scale_bytes)
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
