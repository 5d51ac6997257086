import pytest

from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine.memory.config import shape_of
from workbench.engine.memory.holdings import Trained, states_bytes, temporaries_bytes, trained, weights_bytes
from workbench.engine.memory.recipe import recipe_of

LINEAR, EMBEDDINGS, NORMS = 2 * 36_864, 2 * 32_768, 5 * 64
NF4 = 'method = "nf4"'
BYTES_NF4 = 0.5 + 1 / 64 + 4 / (64 * 256)
R8 = 'method = "{}"\nr = 8\ntarget_modules = ["q_proj", "v_proj"]'
WHAT = Trained(size_bytes=2000, frozen_bytes=0, numbers=1000, largest=600, embedding=600)


@pytest.fixture
def of(a_profile, llama):
    """Profile, shape and recipe, from an adapter's and a quantizer's lines."""

    def make(adapter, quant="", model='dtype = "bfloat16"', **keys):
        profile, shape = a_profile(adapter, quant, model=model), shape_of(llama(**keys))
        return profile, shape, recipe_of(profile, shape)

    return make


@pytest.mark.parametrize(
    ("quant", "model", "size"),
    [
        ("", 'dtype = "bfloat16"', 2 * (LINEAR + EMBEDDINGS + NORMS)),
        ("", 'dtype = "float32"', 4 * (LINEAR + EMBEDDINGS + NORMS)),
        (NF4, 'dtype = "bfloat16"', LINEAR * BYTES_NF4 + 2 * (EMBEDDINGS + NORMS)),
        (f"{NF4}\nupcast_embeddings = true", 'dtype = "bfloat16"', LINEAR * BYTES_NF4 + 4 * (EMBEDDINGS + NORMS)),
        ('method = "int8"', 'dtype = "bfloat16"', LINEAR + 2 * 4 * 512 + 2 * (EMBEDDINGS + NORMS)),
    ],
)
def test_weights(of, quant, model, size):
    profile, shape, recipe = of('method = "lora"', quant, model)
    assert weights_bytes(profile.quant, shape, recipe) == pytest.approx(size, abs=1)


def test_norms_of_heads_are_weights_too(of):
    profile, shape, recipe = of('method = "full"', model_type="qwen3")
    assert weights_bytes(profile.quant, shape, recipe) == 2 * (LINEAR + EMBEDDINGS + NORMS + 2 * 2 * 16)


def test_a_low_rank_update_and_its_magnitudes(of):
    numbers = 2 * 8 * (64 + 64 + 64 + 32)
    plain, quantized = (trained(*of(R8.format("lora"), quant)[1:]) for quant in ("", NF4))
    assert (plain.numbers, plain.size_bytes, quantized.size_bytes) == (numbers, 4 * numbers, 2 * numbers)
    magnitudes = 2 * (64 + 32)
    dora = trained(*of(R8.format("dora"), NF4)[1:])
    assert (dora.numbers, dora.size_bytes) == (numbers + magnitudes, 2 * numbers + 4 * magnitudes)


def test_vera_trains_vectors_beside_shared_matrices_in_fp32(of):
    found = trained(*of(R8.format("vera"), NF4)[1:])
    assert (found.numbers, found.frozen_bytes) == (2 * (64 + 8 + 32 + 8), 4 * 8 * (64 + 64))
    assert found.size_bytes == 2 * found.numbers


def test_every_weight(of):
    found = trained(*of('method = "full"')[1:])
    assert found.numbers == 139_584
    assert (found.size_bytes, found.largest, found.embedding) == (2 * 139_584, 32_768, 32_768)


@pytest.mark.parametrize(
    ("optim", "kept", "taken"),
    [
        ("adamw_torch_fused", 2 * 2000, 0),
        ("adamw_torch", 2 * 2000, 2000),
        ("adamw_bnb_8bit", 400 * (2 + 8 / 256) + 600 * 8, 0),
        ("paged_adamw_8bit", 400 * 8 / 256, 0),
        ("paged_adamw_32bit", 0, 0),
        ("adafactor", 0, 4 * 4 * 600),
        ("sgd", 0, 0),
    ],
)
def test_what_an_optimizer_keeps_and_takes(optim, kept, taken):
    assert states_bytes(OPTIMIZERS[optim], WHAT) == kept
    assert temporaries_bytes(OPTIMIZERS[optim], WHAT) == taken


def test_the_rule_of_the_simulation_takes_as_much(of):
    import torch

    from workbench.engine.memory.states import keep_states, take_temporaries

    embedding, other = (torch.empty(numbers, 256, dtype=torch.bfloat16) for numbers in (600, 400))  # paged if asked
    what = Trained(512_000, 0, 256_000, 153_600, 153_600)
    for name, row in OPTIMIZERS.items():
        real = sum(tensor.nbytes for tensor in keep_states(name, [embedding, other], embedding))
        assert states_bytes(row, what) == pytest.approx(real, abs=8 if name != "adafactor" else 9000)
        taken = take_temporaries(name, [embedding, other])
        assert temporaries_bytes(row, what) == sum(tensor.nbytes for tensor in taken)
