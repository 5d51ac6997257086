"""The real model without contents: built from its config alone, quantized, on tensors that have shapes only."""

from __future__ import annotations

import contextlib
import copy
import gc
from collections.abc import Iterator
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.initialization import no_init_weights

from workbench.choices.quantizers import Int8Options, Nf4Options
from workbench.engine.memory import quantized
from workbench.engine.memory.kernels import MASKED, PLAIN
from workbench.engine.memory.practice import gpu_dtype
from workbench.engine.memory.tracker import Tracker
from workbench.errors import InputError
from workbench.profile import Profile

LENGTH_DEPENDENT_ROPE = ("dynamic", "longrope")
"""Rotations that look at the positions first, which have no values here; they take as much as the plain one."""


def build(profile: Profile, config: dict[str, Any], layers: int, padded: bool) -> PreTrainedModel:
    """The base model without values, quantized if the profile says so; on the device that is the default now.

    Raises:
        InputError: transformers cannot build it, or not with attention that is simulated.
    """
    fused = profile.model.attn_implementation != "eager"
    attention = (MASKED if padded else PLAIN) if fused else "eager"
    wanted = gpu_dtype(profile)
    if profile.model.trust_remote_code and "auto_map" in config:
        raise InputError("model.name: a model with code of its own cannot be simulated from its config alone.")
    try:
        cut = _cut(config, layers)
        with no_init_weights(), _default_dtype(wanted):
            model: PreTrainedModel = AutoModelForCausalLM.from_config(cut, attn_implementation=attention)
    except (ValueError, KeyError, TypeError) as error:
        kind, first = config.get("model_type"), str(error).strip().splitlines()[0][:200]
        raise InputError(
            f"model.name: a model whose config says model_type = {kind!r} cannot be simulated with the installed "
            f"transformers: {first}"
        ) from error
    model.tie_weights()
    if isinstance(profile.quant, Int8Options | Nf4Options):
        quantized.quantize(model, profile.quant, wanted)
    return model


def _cut(config: dict[str, Any], layers: int) -> PreTrainedConfig:
    """The config with so many layers, and with nothing that reads a tensor's values."""
    cut: PreTrainedConfig = AutoConfig.for_model(**copy.deepcopy(config))
    text = cut.get_text_config()
    text.num_hidden_layers = layers
    if getattr(text, "layer_types", None):
        text.layer_types = text.layer_types[:layers]
    rope = getattr(text, "rope_parameters", None) or {}
    if rope.get("rope_type") in LENGTH_DEPENDENT_ROPE:
        text.rope_parameters = {"rope_type": "default", "rope_theta": rope.get("rope_theta", 10_000.0)}
    cut.use_cache = False
    return cut


@contextlib.contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def materialize(model: torch.nn.Module) -> None:
    """Give a model on the meta device fake CPU tensors instead; call it within a fake tensor mode.

    It is built on the meta device because PEFT moves its adapters to the base model's device and dtype, which fake
    parameters cannot do; it runs on fake CPU tensors because autocast knows no meta device.
    """
    made: dict[int, torch.Tensor] = {}

    def fake(tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) not in made:
            new = torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")
            is_parameter = isinstance(tensor, torch.nn.Parameter)
            made[id(tensor)] = torch.nn.Parameter(new, tensor.requires_grad) if is_parameter else new
        return made[id(tensor)]

    for module in model.modules():
        places: tuple[dict[str, Any], ...] = (module._parameters, module._buffers)
        for held in places:
            held.update({name: fake(tensor) for name, tensor in held.items() if tensor is not None})
        quantized.replace_hidden(module, fake)


def count_weights(model: torch.nn.Module, tracker: Tracker) -> None:
    """Count what lies on the GPU before the first step."""
    gc.collect()
    full = all(parameter.requires_grad for parameter in model.parameters())
    for parameter in model.parameters():
        tracker.count(parameter, "weights" if full or not parameter.requires_grad else "adapter")
    for name, buffer in model.named_buffers():
        tracker.count(buffer, "adapter" if "vera_" in name else "weights")
    for tensor in quantized.hidden_tensors(model):
        tracker.count(tensor, "weights")
