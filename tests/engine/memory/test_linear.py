"""Ten tokens through layers of 64 numbers by hand; an input in bf16 is 1,280 bytes."""

import pytest

from workbench.engine.memory.config import shape_of
from workbench.engine.memory.linear import Linear, linears
from workbench.engine.memory.operations import kept
from workbench.engine.memory.recipe import recipe_of

TOKENS, INPUT, INNER = 10, 1280, 160
Q, K = 2 * 8 * (64 + 64), 2 * 8 * (64 + 32)
"""Copies of an adapter's matrices in bf16."""
NF4, INT8 = 'method = "nf4"', 'method = "int8"'
LORA, VERA = 'method = "lora"\nr = 8', 'method = "vera"\nr = 8'
OTHERS = f'{LORA}\ntarget_modules = ["up_proj"]'


@pytest.fixture
def made(a_profile, llama):
    """Call with the adapter's lines, the quantizer's and the input's bytes a number."""

    def make(adapter, quant="", given=2, held=False):
        shape = shape_of(llama())
        recipe = recipe_of(a_profile(adapter, quant), shape)
        return linears(recipe, shape, TOKENS, ("q_proj", "k_proj", "v_proj"), given, held)

    return make


@pytest.mark.parametrize(
    ("adapter", "quant", "sizes"),
    [
        ('method = "full"', "", [INPUT, 0, 0]),
        (OTHERS, "", [0, 0, 0]),
        (OTHERS, NF4, [0, 0, 0]),
        (OTHERS, INT8, [INPUT, 0, 0]),
        (LORA, NF4, [INPUT + INNER, INNER, INNER]),
        (f'{LORA}\ntarget_modules = ["v_proj"]', NF4, [0, 0, INPUT + INNER]),
        (LORA, "", [INPUT + INNER + Q, INPUT + INNER + K, INPUT + INNER + K]),
        (f"{LORA}\nlora_dropout = 0.1", NF4, [INPUT + INNER + 640] * 3),
        (VERA, "", [1280 + INNER + Q, 640 + INNER + K, 640 + INNER + K]),
        (LORA.replace("lora", "dora"), NF4, [INPUT + INNER + 4 * 640, INNER + 4 * 320, INNER + 4 * 320]),
    ],
)
def test_what_layers_of_one_input_keep(made, adapter, quant, sizes):
    assert [one.kept for one in made(adapter, quant)] == sizes


def test_an_input_that_is_kept_anyway_is_not_counted_again(made):
    assert kept(made(LORA, NF4, held=True)) == 3 * INNER


def test_an_input_of_another_dtype_is_copied_for_each_adapter(made):
    assert [one.kept for one in made(LORA, NF4, given=4)] == [INPUT + INNER] * 3


def test_only_what_has_an_adapter_is_trained(made):
    assert [one.trained for one in made(f'{LORA}\ntarget_modules = ["k_proj"]')] == [False, True, False]
    assert all(one.trained for one in made('method = "full"'))


def operation(a_profile, llama, adapter, quant="", needed=True):
    recipe = recipe_of(a_profile(adapter, quant), shape_of(llama()))
    return Linear(recipe, TOKENS, "q_proj", 64, 64, 2).operation(needed)


def test_a_frozen_quantized_weight_is_unpacked_for_its_product(a_profile, llama):
    weight = 2 * 64 * 64
    found = operation(a_profile, llama, OTHERS, NF4)
    assert (found.forward, found.backward) == (1280 + weight, 1280 + 1280 + weight)
    plain = operation(a_profile, llama, OTHERS)
    assert (plain.forward, plain.backward) == (1280, 1280 + 1280)


def test_an_input_that_nobody_keeps_lives_as_long_as_the_product(a_profile, llama):
    assert operation(a_profile, llama, OTHERS, needed=False).forward == 1280 + 1280


def test_magnitudes_need_the_whole_weight_four_times_in_fp32(a_profile, llama):
    dora = operation(a_profile, llama, LORA.replace("lora", "dora"))
    identity, raised = 2 * 64 * 64, 4 * 640
    assert dora.forward == 1280 + raised + identity + 4 * 4 * 64 * 64 - 2 * (640 + 640)
