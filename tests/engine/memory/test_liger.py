import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from workbench.engine.memory import liger
from workbench.engine.memory.hollow import build
from workbench.engine.memory.tracker import Tracker, rounded
from workbench.profile import parse

LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "vocab_size": 128,
}


def built(**config):
    profile = parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p")
    with torch.device("meta"):
        return build(profile, {**LLAMA, **config}, 1, False)


def kept_bytes(function, *inputs):
    """What a function leaves alive besides its inputs."""
    tracker = Tracker("activations", "forward")
    for tensor in inputs:
        tracker.count(tensor, "inputs")
    with tracker:
        output = function(*inputs)
    assert output is not None
    return tracker.live["activations"]


def test_norms_and_gated_layers_are_swapped_with_their_own_weights():
    model = built()
    layer = model.model.layers[0]
    norm, gate = layer.input_layernorm.weight, layer.mlp.gate_proj
    liger.fuse(model)
    assert isinstance(layer.input_layernorm, liger.FusedNorm)
    assert isinstance(model.model.norm, liger.FusedNorm)
    assert isinstance(layer.mlp, liger.FusedFeedForward)
    assert layer.input_layernorm.weight is norm
    assert layer.mlp.gate_proj is gate


def test_norms_of_queries_and_keys_are_swapped_too():
    model = built(model_type="qwen3", head_dim=16)
    liger.fuse(model)
    assert isinstance(model.model.layers[0].self_attn.q_norm, liger.FusedNorm)


def test_layers_that_liger_does_not_know_stay():
    model = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 8))
    liger.fuse(model)
    assert [type(one) for one in model] == [nn.LayerNorm, nn.Linear]


def test_a_norm_keeps_its_input_and_one_figure_a_row():
    with FakeTensorMode():
        hidden = torch.empty(100, 64, dtype=torch.bfloat16, requires_grad=True)
        weight = torch.empty(64, dtype=torch.bfloat16, requires_grad=True)
        assert kept_bytes(liger.RmsNorm.apply, hidden, weight) == rounded(100 * 64 * 2) + rounded(100 * 4)


def test_the_gated_product_keeps_its_two_inputs_alone():
    with FakeTensorMode():
        gate, up = (torch.empty(100, 64, dtype=torch.bfloat16, requires_grad=True) for _ in range(2))
        assert kept_bytes(liger.SiluMul.apply, gate, up) == rounded(100 * 64 * 2)


def test_a_rotation_takes_nothing():
    with FakeTensorMode():
        query, key = (torch.empty(1, 4, 10, 16, requires_grad=True) for _ in range(2))
        tracker = Tracker("activations", "forward")
        for tensor in (query, key):
            tracker.count(tensor, "inputs")
        with tracker:
            rotated = liger.Rotation.apply(query, key)
        assert [one.shape for one in rotated] == [query.shape, key.shape]
        assert tracker.live == {"inputs": 2 * rounded(1 * 4 * 10 * 16 * 4)}


def test_the_models_rotation_is_its_own_again_afterwards():
    from transformers.models.llama import modeling_llama

    before = modeling_llama.apply_rotary_pos_emb
    with liger.fused_rotation(built()):
        assert modeling_llama.apply_rotary_pos_emb is not before
    assert modeling_llama.apply_rotary_pos_emb is before
    with liger.fused_rotation(nn.Linear(2, 2)):  # a module without a rotation
        pass
