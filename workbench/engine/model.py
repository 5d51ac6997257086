"""Load a base model as a profile wants it, and attach the adapter that is trained."""

from __future__ import annotations

import gc
import logging
import math
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model, prepare_model_for_kbit_training
from safetensors import safe_open
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    set_seed,
)

from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS, Int8Options, Nf4Options
from workbench.errors import InputError
from workbench.profile import ModelOptions, Profile


def device() -> torch.device:
    """The first CUDA GPU, or the CPU."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def device_name() -> str:
    """What ``device`` is: the GPU's name, or "cpu"."""
    return torch.cuda.get_device_name(0) if device().type == "cuda" else "cpu"


def gpu_uuid() -> str | None:
    """NVML's name of the GPU that ``device`` means; None on a CPU."""
    if device().type != "cuda":
        return None
    return f"GPU-{torch.cuda.get_device_properties(0).uuid}"


def free_unused() -> None:
    """Give back what nothing refers to any more, and what torch only caches of the GPU's memory."""
    gc.collect()
    if device().type == "cuda":
        torch.cuda.empty_cache()


def dtype(options: ModelOptions) -> torch.dtype:
    """The dtype of the weights: bf16 on a GPU that has it, fp32 on a CPU, or what the profile says."""
    if options.dtype != "auto":
        chosen: torch.dtype = getattr(torch, options.dtype)
        return chosen
    if device().type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def load_tokenizer(folder: Path, options: ModelOptions) -> PreTrainedTokenizerBase:
    """The model's tokenizer, padding on the left for generation.

    Raises:
        InputError: It has no chat template, without which a conversation cannot be written.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=options.trust_remote_code)
    if not tokenizer.chat_template:
        raise InputError(
            f"{folder}: the tokenizer has no chat template. Take an instruct model, or save a template as "
            f"{folder / 'chat_template.jinja'}."
        )
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_base(folder: Path, profile: Profile) -> PreTrainedModel:
    """The base model on its device, quantized if the profile says so.

    Raises:
        InputError: The folder holds no model that transformers can open, or a pickled one.
    """
    settings: dict[str, Any] = {
        "dtype": dtype(profile.model),
        "attn_implementation": profile.model.attn_implementation,
        "trust_remote_code": profile.model.trust_remote_code,
        "use_safetensors": True,
        "device_map": {"": str(device())},
    }
    build = QUANTIZERS[profile.quant.method].build
    if build is not None:
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # INT8 tells of a cast at every product
        settings["quantization_config"] = build(profile.quant, dtype(profile.model))
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder, **settings)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"model.name: {folder} cannot be opened as a causal language model: {first}") from error
    return model


def attach(model: PreTrainedModel, profile: Profile) -> PreTrainedModel | PeftModel:
    """The model with what is to be trained: itself, or a fresh adapter on frozen weights.

    The seed is set first, so that the same profile starts from the same adapter.

    Raises:
        InputError: The model has none of the layers that the adapter is to sit on.
    """
    set_seed(profile.train.seed)
    build = ADAPTERS[profile.adapter.method].build
    if build is None:
        return model
    if isinstance(profile.quant, Int8Options | Nf4Options):
        model = _prepare_quantized(model, profile.quant)
    try:
        return get_peft_model(model, build(profile.adapter))
    except ValueError as error:
        raise InputError(f"adapter.target_modules: {error}") from error


def _prepare_quantized(model: PreTrainedModel, options: Int8Options | Nf4Options) -> PreTrainedModel:
    """The quantized base, frozen.

    PEFT's own preparation holds embeddings, head and norms in fp32, which costs 2.3 GiB on an 8B model and is
    done on request only.
    """
    if options.upcast_embeddings:
        prepared: PreTrainedModel = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
        return prepared
    model.requires_grad_(False)
    return model


def load_tuned(folder: Path, adapter: Path, profile: Profile) -> PreTrainedModel | PeftModel:
    """What a run produced, read back from disk: the whole model, or the base with its adapter."""
    if profile.adapter.method == "full":
        return load_base(adapter, profile)
    tuned: PeftModel = PeftModel.from_pretrained(load_base(folder, profile), adapter)
    return tuned


def parameters(folder: Path) -> int:
    """How many numbers a model's safetensors hold, read from their headers."""
    total = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            total += sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
    return total
