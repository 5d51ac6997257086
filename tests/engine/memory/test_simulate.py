from dataclasses import replace

import pytest

from workbench.engine.memory.simulate import Simulated, at_depth, training_step
from workbench.engine.memory.workload import Workload
from workbench.errors import InputError

FULL = 'method = "full"'
PARAMETERS = 139_584
ADAPTER = 2 * 8 * ((64 + 64) + (64 + 32) + (64 + 32) + (64 + 64))
"""Numbers of a LoRA of rank 8 on the attention layers of two layers."""
ROUNDING = 512
WORK = Workload(2, 64, 100, 2, False, "")


@pytest.fixture(scope="module")
def step(llama, a_profile):
    """Simulate once a configuration; keyword arguments are those of the profile, the config and the workload."""
    known = {}

    def simulated(work=WORK, liger=False, config=None, **sections):
        key = repr((work, liger, config, sections))
        if key not in known:
            content = llama(**(config or {}))
            known[key] = training_step(a_profile(**sections), content, work, content["num_hidden_layers"], liger)
        return known[key]

    return simulated


def top(simulated):
    return max(simulated.live_bytes.values())


def test_every_weight_is_trained_and_its_gradient_and_moments_are_there(step):
    found = step(adapter=FULL)
    parts = found.parts["backward"]
    tensors = 2 + 2 * 9 + 1
    assert found.trainable_parameters == PARAMETERS
    buffers = 2 * ROUNDING
    assert 2 * PARAMETERS <= parts["weights"] <= 2 * PARAMETERS + tensors * ROUNDING + buffers
    assert 2 * PARAMETERS <= parts["gradients"] <= 2 * PARAMETERS + tensors * ROUNDING
    assert 4 * PARAMETERS <= parts["optimizer"] <= 4 * PARAMETERS + 3 * tensors * ROUNDING


def test_an_adapter_is_held_in_fp32_and_so_are_its_moments(step):
    found = step()
    parts = found.parts["loss"]
    assert found.trainable_parameters == ADAPTER
    assert parts["adapter"] == 4 * ADAPTER
    assert parts["gradients"] == 4 * ADAPTER
    assert parts["optimizer"] == 8 * ADAPTER + 16 * ROUNDING  # a step count for each of 16 tensors


def test_an_adapter_on_a_quantized_base_is_held_in_bf16(step):
    parts = step(quant='method = "nf4"').parts["loss"]
    assert parts["adapter"] == 2 * ADAPTER
    linear = 2 * 36_864 * (0.5 + 1 / 64 + 4 / (64 * 256))
    rest = 2 * (2 * 32_768 + 5 * 64)
    assert linear + rest <= parts["weights"] <= linear + rest + (14 * 5 + 8) * ROUNDING


def test_fp32_weights_take_twice_as_much(step):
    single, half = step(model='dtype = "float32"'), step()
    assert single.parts["loss"]["weights"] == pytest.approx(2 * half.parts["loss"]["weights"], rel=0.02)


def test_tied_embeddings_count_once(step):
    untied, tied = step().parts["loss"], step(config={"tie_word_embeddings": True}).parts["loss"]
    assert untied["weights"] - tied["weights"] == 2 * 32_768


@pytest.mark.parametrize("quant", ["", 'method = "nf4"', 'method = "int8"'])
def test_recomputing_activations_lowers_the_peak(step, quant):
    kept = step(quant=quant, train="gradient_checkpointing = false", config={"num_hidden_layers": 4})
    assert top(step(quant=quant, config={"num_hidden_layers": 4})) < top(kept)


@pytest.mark.parametrize("varied", [False, True])
def test_checkpointing_keeps_a_layers_input_alone(step, varied):
    """Each layer more keeps (rows, tokens, hidden) in bf16 until its backward pass, and nothing else of its own.

    A mask is not kept either, although attention would need it.
    """
    work = replace(WORK, varied=varied)
    shallow, deep = step(work), step(work, config={"num_hidden_layers": 4})
    more = deep.parts["loss"]["activations"] - shallow.parts["loss"]["activations"]
    copies = 2 * 2 * (ADAPTER // 2)  # autocast keeps adapters in bf16 until the forward pass ends
    assert 2 * (2 * 64 * 64 * 2) <= more <= 2 * (2 * 64 * 64 * 2) + copies + 4 * ROUNDING


def test_with_accumulation_gradients_are_there_while_the_forward_pass_runs(step):
    once = step(replace(WORK, accumulation=1)).parts
    assert step().parts["forward"]["gradients"] == 4 * ADAPTER
    assert "gradients" not in once["forward"]


def test_int8_needs_reentrant_checkpointing_to_free_its_inputs(step, monkeypatch):
    from workbench.choices.quantizers import QUANTIZERS
    from workbench.engine.memory import practice

    deep = {"num_hidden_layers": 4}
    reentrant = step(quant='method = "int8"', config=deep)
    rows = {name: replace(row, reentrant=False) for name, row in QUANTIZERS.items()}
    monkeypatch.setattr(practice, "QUANTIZERS", rows)
    kept = step(replace(WORK, source="not reentrant"), quant='method = "int8"', config=deep)
    assert top(kept) > top(reentrant)


def test_a_padded_batch_takes_more_than_one_of_equal_rows(step):
    assert top(step(replace(WORK, varied=True))) > top(step())


def test_ligers_kernels_keep_less(step):
    whole = {"train": "gradient_checkpointing = false"}
    assert top(step(liger=True, **whole)) < top(step(**whole))


def test_eager_attention_keeps_the_scores_of_every_head(step):
    whole = {"train": "gradient_checkpointing = false"}
    eager = step(model="dtype = 'bfloat16'\nattn_implementation = 'eager'", **whole)
    scores = 2 * 2 * 4 * 64 * 64 * 2  # layers, rows, heads, pairs, bytes
    assert top(eager) - top(step(**whole)) > scores / 2


@pytest.mark.parametrize("method", ["dora", "vera", "rslora"])
def test_other_adapters_run_and_train_what_peft_says(step, method):
    found = step(adapter=f'method = "{method}"\nr = 8')
    magnitudes = 2 * (64 + 32 + 32 + 64)
    expected = {"dora": ADAPTER + magnitudes, "vera": magnitudes + 2 * 4 * 8, "rslora": ADAPTER}
    assert found.trainable_parameters == expected[method]


def test_the_shared_matrices_of_vera_count_as_adapter(step):
    parts = step(adapter='method = "vera"\nr = 8').parts["loss"]
    trained = 2 * (64 + 32 + 32 + 64) + 2 * 4 * 8
    assert parts["adapter"] >= 4 * (trained + 8 * (64 + 64))


def test_a_rank_larger_than_the_layer_is_simulated(step):
    assert step(adapter='method = "lora"\nr = 128').trainable_parameters == 16 * ADAPTER


@pytest.mark.parametrize("family", ["qwen2", "mistral", "gemma", "gemma3_text", "olmo2"])
def test_other_families_run_as_far_as_transformers_has_them(step, family):
    wide = {"adapter": 'method = "lora"\ntarget_modules = "all-linear"'}
    assert top(step(config={"model_type": family}, **wide)) > 0


@pytest.mark.parametrize(
    "keys",
    [
        {"rope_theta": 500_000.0, "rope_scaling": {"type": "linear", "factor": 2.0}},
        {"rope_theta": 10_000.0, "rope_scaling": {"rope_type": "dynamic", "factor": 2.0}},
        {"rope_scaling": {"rope_type": "longrope", "short_factor": [1.0] * 8, "long_factor": [2.0] * 8, "factor": 2.0}},
        {"torch_dtype": "bfloat16", "architectures": ["LlamaForCausalLM"], "transformers_version": "4.40.0"},
    ],
)
def test_configs_of_transformers_4_are_read(step, keys):
    assert top(step(config=keys)) == pytest.approx(top(step()), rel=0.001)


def test_the_reserved_memory_is_at_least_what_is_allocated(step):
    found = step(adapter=FULL)
    assert found.reserved_bytes >= max(found.allocated_bytes.values()) >= top(found)


@pytest.mark.parametrize("sections", [{}, {"adapter": FULL}, {"train": "gradient_checkpointing = false"}])
def test_few_layers_say_what_the_whole_takes(step, sections):
    shallow, deep, whole = (step(config={"num_hidden_layers": layers}, **sections) for layers in (2, 4, 6))
    found = at_depth(shallow, deep, (2, 4), 6)
    for phase, size in whole.live_bytes.items():
        assert found.live_bytes[phase] == pytest.approx(size, rel=0.002), phase
    assert found.trainable_parameters == whole.trainable_parameters
    assert sum(found.parts["loss"].values()) == pytest.approx(sum(whole.parts["loss"].values()), rel=0.002)


def test_each_phase_grows_on_its_own():
    shallow = Simulated(
        {"loss": 100, "backward": 90},
        {"loss": 100, "backward": 95},
        {"loss": {"a": 100}, "backward": {"a": 90}},
        200,
        2,
    )
    deep = Simulated(
        {"loss": 110, "backward": 120},
        {"loss": 110, "backward": 126},
        {"loss": {"a": 110}, "backward": {"a": 120}},
        210,
        4,
    )
    found = at_depth(shallow, deep, (2, 4), 10)
    assert found.live_bytes == {"loss": 110 + 30, "backward": 120 + 90}
    assert found.allocated_bytes == {"loss": 140, "backward": 210 + 6}  # what rounding adds does not grow evenly
    assert found.parts == {"loss": {"a": 140}, "backward": {"a": 210}}
    assert (found.reserved_bytes, found.trainable_parameters) == (240, 10)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "nosuch"}, "nosuch"),
        ({"model_type": "t5"}, "t5"),
        ({"model_type": "falcon"}, "falcon"),
        ({"model_type": None}, "model_type"),
    ],
)
def test_a_model_that_cannot_be_built_is_named_in_a_sentence(step, config, said):
    with pytest.raises(InputError, match=f"^model.name: .*{said}") as raised:
        step(config=config)
    assert len(str(raised.value)) < 400


def test_a_model_with_code_of_its_own_is_not_simulated(step):
    own = {"auto_map": {"AutoModelForCausalLM": "modeling_own.Own"}}
    with pytest.raises(InputError, match="code of its own"):
        step(config=own, model="trust_remote_code = true")
    assert top(step(config=own)) == top(step())  # without its code it is an ordinary Llama


def test_adapted_layers_that_the_model_lacks_are_named(step):
    with pytest.raises(InputError, match=r"adapter\.target_modules: .*nosuch"):
        step(adapter='method = "lora"\ntarget_modules = ["nosuch"]')
