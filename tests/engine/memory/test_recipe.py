import pytest

from workbench.engine.memory.config import shape_of
from workbench.engine.memory.recipe import recipe_of
from workbench.errors import InputError

NF4 = 'method = "nf4"'
ALL = 'target_modules = "all-linear"'


@pytest.fixture
def recipe(a_profile, llama):
    """Call as ``a_profile``."""
    return lambda *args, family="llama", **keys: recipe_of(a_profile(*args, **keys), shape_of(llama(model_type=family)))


def test_every_weight_trained_has_no_targets(recipe):
    found = recipe('method = "full"')
    assert (found.full, found.targets, found.rank, found.trained) == (True, (), 0, 2)


def test_all_linear_names_every_layer(recipe):
    assert len(recipe(f'method = "lora"\n{ALL}').targets) == 7
    assert recipe('method = "lora"').targets == ("q_proj", "k_proj", "v_proj", "o_proj")


def test_layers_that_are_not_there_are_said(recipe):
    with pytest.raises(InputError, match="knows none of nosuch"):
        recipe('method = "lora"\ntarget_modules = ["nosuch"]')


@pytest.mark.parametrize(
    ("quant", "model", "trained", "inside"),
    [
        ("", 'dtype = "bfloat16"', 4, 2),
        (NF4, 'dtype = "bfloat16"', 2, 2),
        ("", 'dtype = "float32"', 4, 4),
        (NF4, 'dtype = "float32"', 2, 2),
        ("", 'dtype = "auto"', 4, 2),
    ],
)
def test_an_adapters_numbers_and_those_of_its_products(recipe, quant, model, trained, inside):
    found = recipe('method = "lora"', quant, model=model)
    assert (found.trained, found.inside) == (trained, inside)


@pytest.mark.parametrize(
    ("adapter", "quant", "stream"),
    [
        ('method = "lora"', NF4, 2),
        ('method = "dora"', "", 2),
        ('method = "dora"', NF4, 4),
        ('method = "dora"\ntarget_modules = ["q_proj", "up_proj"]', NF4, 2),
        ('method = "dora"\ntarget_modules = ["down_proj"]', NF4, 4),
        ('method = "lora"', f"{NF4}\nupcast_embeddings = true", 4),
    ],
)
def test_hidden_states_are_fp32_where_norms_or_magnitudes_make_them_so(recipe, adapter, quant, stream):
    assert recipe(adapter, quant).stream == stream


def test_only_some_families_norm_their_heads(recipe):
    assert recipe(family="qwen3").head_norms
    assert not recipe(family="qwen2").head_norms


@pytest.mark.parametrize("installed", [None, "a spec"])
def test_automatic_kernels_are_those_that_are_installed(a_profile, llama, monkeypatch, installed):
    monkeypatch.setattr("workbench.engine.memory.recipe.find_spec", {"liger_kernel": installed}.__getitem__)
    profile, shape = a_profile(), shape_of(llama())
    train = profile.train.model_copy(update={"use_liger_kernel": "auto"})
    assert recipe_of(profile, shape).fused is False
    assert recipe_of(profile.model_copy(update={"train": train}), shape).fused is (installed is not None)
