"""What a layer is said to keep, against the real one on fake tensors: two depths differ by what two layers keep."""

import pytest

from workbench.engine.memory.config import shape_of
from workbench.engine.memory.layer import Layer
from workbench.engine.memory.operations import kept
from workbench.engine.memory.recipe import recipe_of
from workbench.engine.memory.workload import Workload

SIZES = {
    "hidden_size": 384,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "intermediate_size": 768,
    "tie_word_embeddings": True,
}
ROWS = Workload(2, 256, 16, 2, False, "two rows")
PADDED = Workload(2, 256, 16, 2, True, "two rows of different lengths")
FULL, ALL = 'method = "full"', 'target_modules = "all-linear"'
LORA, DORA, VERA = (f'method = "{name}"\nr = 16' for name in ("lora", "dora", "vera"))
NF4, INT8 = 'method = "nf4"', 'method = "int8"'
BF16, FP32 = 'dtype = "bfloat16"', 'dtype = "float32"'


@pytest.mark.parametrize(
    ("adapter", "quant", "model", "family", "fused", "workload"),
    [
        (FULL, "", BF16, "qwen3", False, ROWS),
        (FULL, "", BF16, "llama", True, ROWS),
        (FULL, "", FP32, "llama", False, ROWS),
        (LORA, "", BF16, "qwen3", False, ROWS),
        (f"{LORA}\n{ALL}", "", BF16, "llama", True, ROWS),
        (f"{LORA}\n{ALL}", "", FP32, "qwen3", False, ROWS),
        (f"{LORA}\n{ALL}\nlora_dropout = 0.1", "", BF16, "llama", False, ROWS),
        (f"{LORA}\n{ALL}", NF4, BF16, "qwen3", False, ROWS),
        (f"{LORA}\n{ALL}", f"{NF4}\nupcast_embeddings = true", BF16, "qwen3", True, ROWS),
        (LORA, INT8, BF16, "llama", False, ROWS),
        (LORA, "", BF16, "llama", False, PADDED),
        (LORA, "", f'{BF16}\nattn_implementation = "eager"', "llama", False, ROWS),
        (f"{DORA}\n{ALL}", "", BF16, "llama", False, ROWS),
        (f"{DORA}\n{ALL}", NF4, BF16, "qwen3", False, ROWS),
        (DORA, INT8, BF16, "qwen3", False, ROWS),
        (f"{DORA}\nlora_dropout = 0.1", NF4, BF16, "llama", False, ROWS),
        (f"{VERA}\n{ALL}", "", BF16, "llama", False, ROWS),
        (VERA, NF4, BF16, "qwen3", True, ROWS),
    ],
)
def test_a_layer_keeps_what_the_real_one_keeps(a_profile, llama, adapter, quant, model, family, fused, workload):
    from workbench.engine.memory.simulate import training_step

    profile = a_profile(adapter, quant, "gradient_checkpointing = false", model)
    profile = profile.model_copy(update={"train": profile.train.model_copy(update={"use_liger_kernel": fused})})
    config = llama(model_type=family, **SIZES)

    def activations(layers):
        step = training_step(profile, {**config, "num_hidden_layers": layers}, workload, layers, fused)
        return step.parts["loss"]["activations"]

    shape = shape_of(config)
    said = kept(Layer(recipe_of(profile, shape), shape, workload).operations())
    assert said == pytest.approx((activations(4) - activations(2)) / 2, rel=0.005)


def test_a_norm_keeps_fp32_but_for_the_fused_one(a_profile, llama):
    profile, shape = a_profile(), shape_of(llama())
    fused = profile.model_copy(update={"train": profile.train.model_copy(update={"use_liger_kernel": True})})
    plain, liger = (Layer(recipe_of(one, shape), shape, ROWS).norm() for one in (profile, fused))
    assert (plain.kept, liger.kept) == (512 * (4 * 64 + 4), 512 * (2 * 64 + 4))
