import pytest
import torch
from torch import nn

from workbench.choices.quantizers import Int8Options, Nf4Options
from workbench.engine.memory import quantized
from workbench.engine.memory.hollow import build
from workbench.engine.model import attach
from workbench.profile import parse

LLAMA = {
    "model_type": "llama",
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "vocab_size": 512,
}
LINEAR_NUMBERS = 4 * 256 * 256 + 3 * 256 * 512


def a_profile(quant, adapter='method = "lora"'):
    return parse(f'[model]\nname = "m"\n[adapter]\n{adapter}\n[quant]\n{quant}\n[data]\ndataset = "d"\n', "p", "p")


def built(profile):
    with torch.device("meta"):
        return build(profile, LLAMA, 1, False)


def layer_bytes(model):
    """Bytes of the quantized weights with their scales, without code books."""
    packed = [one.weight for one in model.modules() if isinstance(one, quantized.FakeLinear4bit)]
    scales = [tensor for tensor in quantized.hidden_tensors(model) if tensor.numel() not in (16, 256)]
    return sum(tensor.numel() * tensor.element_size() for tensor in (*packed, *scales))


@pytest.mark.parametrize(("double", "a_weight"), [("true", 0.5 + 1 / 64 + 4 / (64 * 256)), ("false", 0.5 + 4 / 64)])
def test_nf4_takes_half_a_byte_a_weight_and_its_scales(double, a_weight):
    model = built(a_profile(f'method = "nf4"\nbnb_4bit_use_double_quant = {double}'))
    assert layer_bytes(model) == LINEAR_NUMBERS * a_weight


def test_int8_takes_a_byte_a_weight_and_a_scale_a_row():
    model = built(a_profile('method = "int8"'))
    layers = [one for one in model.modules() if isinstance(one, quantized.FakeLinear8bitLt)]
    assert sum(one.weight.numel() * one.weight.element_size() for one in layers) == LINEAR_NUMBERS
    assert sum(one.numel() for one in quantized.hidden_tensors(model)) == 5 * 256 + 2 * 512


@pytest.mark.parametrize(("quant", "kind"), [("nf4", quantized.FakeLinear4bit), ("int8", quantized.FakeLinear8bitLt)])
def test_all_linear_layers_but_the_head_are_quantized(quant, kind):
    model = built(a_profile(f'method = "{quant}"'))
    left = [name for name, one in model.named_modules() if isinstance(one, nn.Linear) and not isinstance(one, kind)]
    assert left == ["lm_head"]
    assert model.model.embed_tokens.weight.dtype == torch.bfloat16


@pytest.mark.parametrize(("quant", "layer"), [("nf4", "Linear4bit"), ("int8", "Linear8bitLt")])
def test_peft_takes_its_own_bitsandbytes_layers(quant, layer):
    profile = a_profile(f'method = "{quant}"')
    with torch.device("meta"):
        model = attach(build(profile, LLAMA, 1, False), profile)
    found = {type(one).__name__ for name, one in model.named_modules() if name.endswith(("q_proj", "v_proj"))}
    assert found == {layer}


def test_nf4_unpacks_to_the_compute_dtype_and_int8_to_fp32_as_dora_asks():
    linear = nn.Linear(64, 32, bias=False)
    four = quantized.FakeLinear4bit(linear, Nf4Options(), torch.bfloat16)
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        quantized.replace_hidden(four, mode.from_tensor)
        four.weight.data = torch.empty(four.weight.shape, dtype=torch.uint8)
        whole = four.dequantize()
    assert (whole.shape, whole.dtype) == ((32, 64), torch.bfloat16)
    eight = quantized.FakeLinear8bitLt(linear).dequantize()
    assert (eight.shape, eight.dtype) == ((32, 64), torch.float32)


def test_a_real_nf4_weight_has_the_same_tensors():
    import bitsandbytes as bnb

    linear = nn.Linear(256, 512, bias=False)
    packed, real = bnb.functional.quantize_4bit(
        linear.weight.data.to(torch.bfloat16), compress_statistics=True, quant_type="nf4"
    )
    fake = quantized.FakeLinear4bit(linear, Nf4Options(), torch.bfloat16)
    assert (fake.weight.shape, fake.weight.dtype) == (packed.shape, packed.dtype)
    for name in ("absmax", "code"):
        for made, truth in ((fake.state, real), (fake.state.state2, real.state2)):
            ours, theirs = getattr(made, name), getattr(truth, name)
            assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype), name
    assert (fake.state.blocksize, fake.state.state2.blocksize) == (real.blocksize, real.state2.blocksize)


def test_the_model_is_marked_as_loaded_that_way():
    for options, flag in ((Nf4Options(), "is_loaded_in_4bit"), (Int8Options(), "is_loaded_in_8bit")):
        model = nn.Sequential(nn.Linear(64, 64))
        quantized.quantize(model, options, torch.bfloat16)
        assert getattr(model, flag)


@pytest.mark.parametrize("quant", ["nf4", "int8"])
def test_adapters_see_autocast_inside_their_layers_alone(quant):
    from torch._subclasses.fake_tensor import FakeTensorMode

    from workbench.engine.memory.hollow import materialize

    profile = a_profile(f'method = "{quant}"', 'method = "dora"')
    with torch.device("meta"):
        model = attach(build(profile, LLAMA, 1, False), profile)
    layer = next(one for name, one in model.named_modules() if name.endswith("q_proj"))
    with FakeTensorMode(allow_non_fake_inputs=True):
        materialize(model)
        x = torch.empty((1, 8, 256), dtype=torch.bfloat16)
        quantized.tell_of_autocast(model)
        assert layer(x).dtype == torch.bfloat16
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert layer(x).dtype == torch.float32
            assert not torch.is_autocast_enabled()
