"""Every row of the tables builds and trains on a tiny model."""

import pytest
import torch

from workbench import profile as profiles
from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine import model as models
from workbench.errors import InputError


def make(*overrides):
    return profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p", overrides)


def step(model):
    """One step of plain gradient descent; the names of what has moved."""
    ids = torch.arange(20, 52).reshape(2, 16)
    trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
    before = {name: value.detach().clone() for name, value in trained.items()}
    model(input_ids=ids, labels=ids).loss.backward()
    with torch.no_grad():
        for value in trained.values():
            if value.grad is not None:
                value.sub_(0.5 * value.grad)
    return {name for name, value in trained.items() if not torch.equal(before[name], value)}


@pytest.mark.parametrize("method", ADAPTERS)
def test_every_adapter_trains(tiny_model, method):
    profile = make(f"adapter.method={method}", *(["adapter.r=4"] if method != "full" else []))
    moved = step(models.attach(models.load_base(tiny_model, profile), profile))
    assert moved
    if method != "full":
        assert all("lora_" in name or "vera_" in name for name in moved)


@pytest.mark.parametrize("method", [name for name in ADAPTERS if name != "full"])
@pytest.mark.parametrize("quant", [name for name in QUANTIZERS if name != "none"])
def test_every_adapter_trains_on_every_quantized_base(tiny_model, method, quant):
    profile = make(f"adapter.method={method}", "adapter.r=4", f"quant.method={quant}")
    model = models.attach(models.load_base(tiny_model, profile), profile)
    kinds = {type(module).__name__ for module in model.modules()}
    assert kinds & {"Linear4bit", "Linear8bitLt"}
    assert step(model)
    assert model.get_input_embeddings().weight.dtype == torch.float32  # as on the CPU; never raised on request alone
    assert not model.get_input_embeddings().weight.requires_grad


def test_embeddings_keep_their_dtype_on_a_quantized_base_unless_asked(tiny_model):
    for asked, dtype in (("false", torch.bfloat16), ("true", torch.float32)):
        profile = make("model.dtype=bfloat16", "quant.method=nf4", f"quant.upcast_embeddings={asked}", "adapter.r=4")
        model = models.attach(models.load_base(tiny_model, profile), profile)
        assert model.get_input_embeddings().weight.dtype == dtype


def test_the_same_seed_starts_from_the_same_adapter(tiny_model):
    def adapter(*overrides):
        profile = make("adapter.r=4", *overrides)
        torch.rand(7)  # whatever was drawn before does not count
        model = models.attach(models.load_base(tiny_model, profile), profile)
        return torch.cat([v.flatten() for name, v in model.named_parameters() if "lora_A" in name])

    assert torch.equal(adapter(), adapter())
    assert not torch.equal(adapter(), adapter("train.seed=43"))


def test_layers_that_are_not_there_are_a_sentence(tiny_model):
    profile = make('adapter.target_modules=["c_attn"]')
    with pytest.raises(InputError, match=r"adapter\.target_modules: .*c_attn"):
        models.attach(models.load_base(tiny_model, profile), profile)


def test_a_folder_without_weights_is_a_sentence(tmp_path, tiny_model):
    (tmp_path / "config.json").write_text((tiny_model / "config.json").read_text())
    with pytest.raises(InputError, match=r"model\.name: .* cannot be opened as a causal language model"):
        models.load_base(tmp_path, make())


def test_a_tokenizer_without_a_chat_template_is_a_sentence(tmp_path, tokenizer):
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match="has no chat template"):
        models.load_tokenizer(tmp_path, make().model)


def test_parameters_are_counted_from_the_files(tiny_model):
    model = models.load_base(tiny_model, make())
    assert models.parameters(tiny_model) == sum(value.numel() for value in model.state_dict().values())
