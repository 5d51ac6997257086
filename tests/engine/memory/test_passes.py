"""The moments of a step by hand, and against the phases of the simulated step of a small decoder."""

import pytest

from workbench.engine.memory.config import shape_of
from workbench.engine.memory.holdings import trained
from workbench.engine.memory.layer import Layer
from workbench.engine.memory.operations import kept, kept_from_start
from workbench.engine.memory.passes import passes
from workbench.engine.memory.recipe import recipe_of
from workbench.engine.memory.workload import Workload

ONE, STEPS = Workload(1, 512, 16, 1, False, "one micro-batch"), Workload(1, 512, 16, 2, False, "two")
LOSS, HEAD, NORM, TOP, BOTTOM, END = range(1, 7)


@pytest.fixture
def layer(a_profile, llama):
    """Call with the adapter's lines, a workload and other keys of the config."""

    def make(adapter='method = "full"', workload=STEPS, **keys):
        shape = shape_of(llama(**keys))
        return Layer(recipe_of(a_profile(adapter), shape), shape, workload)

    return make


def moments(layer, checkpointed=True):
    return [parts for _, parts in passes(layer, trained(layer.shape, layer.recipe), checkpointed)]


def test_with_checkpoints_each_layer_keeps_what_it_is_given(layer):
    two, twenty = (moments(layer(num_hidden_layers=layers)) for layers in (2, 20))
    assert twenty[LOSS]["activations"] - two[LOSS]["activations"] == 18 * 512 * 64 * 2


def test_without_them_each_keeps_what_its_operations_keep(layer):
    two, twenty = (layer('method = "lora"', num_hidden_layers=layers) for layers in (2, 20))
    operations = two.operations()
    grown = moments(twenty, False)[LOSS]["activations"] - moments(two, False)[LOSS]["activations"]
    assert grown == pytest.approx(18 * kept(operations))
    norm = 512 * (4 * 64 + 4)
    assert kept(operations) - kept_from_start(operations) == norm  # nothing before the first adapter has a gradient


def test_all_gradients_are_there_at_the_end(layer):
    size, embedding = 2 * 139_584, 2 * 32_768
    once, more = moments(layer(workload=ONE)), moments(layer(workload=STEPS))
    assert (once[TOP]["gradients"], once[BOTTOM]["gradients"]) == (embedding, size - embedding)
    assert once[END]["gradients"] == size
    assert (more[TOP]["gradients"], more[END]["gradients"]) == (0, embedding)


def test_a_tied_embeddings_gradient_waits_for_its_second_half(layer):
    size, embedding = 2 * (139_584 - 32_768), 2 * 32_768
    once, more = (moments(layer(workload=work, tie_word_embeddings=True)) for work in (ONE, STEPS))
    assert (once[BOTTOM]["gradients"], once[END]["gradients"]) == (size, size + embedding)
    assert (more[TOP]["gradients"], more[END]["gradients"]) == (embedding, 2 * embedding)


def test_a_trained_head_sums_its_gradient_in_fp32_and_casts_it(layer):
    full, lora = moments(layer()), moments(layer('method = "lora"'))
    assert full[HEAD]["loss"] - lora[HEAD]["loss"] == (4 + 2) * 32_768


SIZES = {
    "hidden_size": 512,
    "num_attention_heads": 8,
    "head_dim": 64,
    "intermediate_size": 1536,
    "vocab_size": 2048,
    "num_hidden_layers": 4,
}
LORA = 'method = "lora"\nr = 16\ntarget_modules = "all-linear"'


@pytest.mark.parametrize(
    ("adapter", "quant", "train", "workload", "within"),
    [
        ('method = "full"', "", "gradient_checkpointing = false", STEPS, 0.04),
        ('method = "full"', "", "", ONE, 0.04),
        (LORA, "", "gradient_checkpointing = false", STEPS, 0.04),
        (LORA, "", 'optim = "adamw_torch"', STEPS, 0.04),
        (LORA, 'method = "nf4"', "gradient_checkpointing = false", STEPS, 0.04),
        (LORA, 'method = "int8"', "", STEPS, 0.04),
        # what kernels borrow to sum the gradients of magnitudes and vectors is not in the form
        (LORA.replace("lora", "dora"), "", "gradient_checkpointing = false", STEPS, 0.08),
        (LORA.replace("lora", "vera"), "", "gradient_checkpointing = false", STEPS, 0.08),
    ],
)
def test_the_largest_moment_is_the_simulated_peak(a_profile, llama, adapter, quant, train, workload, within):
    from workbench.choices.optimizers import OPTIMIZERS
    from workbench.engine.memory.holdings import states_bytes
    from workbench.engine.memory.simulate import training_step

    long = Workload(2, 1024, 64, workload.accumulation, False, "long rows: the loss head takes little beside them")
    profile, config = a_profile(adapter, quant, train), llama(**SIZES)
    shape = shape_of(config)
    layer = Layer(recipe_of(profile, shape), shape, long)
    what = trained(shape, layer.recipe)
    step = training_step(profile, config, long, 4, False)
    always = states_bytes(OPTIMIZERS[profile.train.optim], what)
    always += what.size_bytes if workload.accumulation > 1 else 0
    simulated = max(
        sum(size for part, size in parts.items() if part not in ("weights", "adapter"))
        for phase, parts in step.parts.items()
        if phase != "optimizer"
    )
    largest = max(sum(parts.values()) for parts in moments(layer, profile.train.gradient_checkpointing))
    assert always + largest == pytest.approx(simulated, rel=within)
