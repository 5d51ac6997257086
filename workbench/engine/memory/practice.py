"""How the trainer goes about a step, where versions of it differ in memory: the model's state, the loss, the dtype."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from workbench.choices.quantizers import QUANTIZERS
from workbench.engine.memory import head
from workbench.engine.model import attach
from workbench.profile import Profile


@dataclass(frozen=True)
class Practice:
    """One way.

    Args:
        prepare: Gives the base model the state in which the first step begins, adapter and checkpointing included.
        loss: From last hidden states, the head's weight and the number of label tokens.
        autocast: The dtype of products; fp32 for none.
    """

    prepare: Callable[[PreTrainedModel, Profile], torch.nn.Module]
    loss: head.Loss
    autocast: Callable[[Profile], torch.dtype]


def gpu_dtype(profile: Profile) -> torch.dtype:
    """The dtype of the weights on a GPU: "auto" is bf16 there."""
    chosen: torch.dtype = getattr(torch, profile.model.dtype if profile.model.dtype != "auto" else "bfloat16")
    return chosen


def trainable(base: PreTrainedModel, profile: Profile) -> torch.nn.Module:
    """The model in the state in which TRL's trainer begins its first step."""
    model: torch.nn.Module = attach(base, profile)
    if profile.quant.method != "none":  # sft_trainer.py casts adapters on quantized bases so
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and "lora_magnitude_vector" not in name:
                parameter.data = parameter.data.to(torch.bfloat16)
    if profile.train.gradient_checkpointing:
        reentrant = QUANTIZERS[profile.quant.method].reentrant
        base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": reentrant})
        if profile.adapter.method != "full":
            base.enable_input_require_grads()
    model.train()
    return model


INSTALLED = Practice(trainable, head.LOSSES["trl 1.16"], gpu_dtype)
"""How Workbench trains with the versions that it requires."""
