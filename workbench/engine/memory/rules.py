"""The single changes that lower a training's memory, as rows: what each writes into a profile, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tomlkit

from workbench.choices.adapters import ATTENTION
from workbench.choices.optimizers import OPTIMIZERS
from workbench.profile import Profile, TrainOptions

Values = dict[str, Any]
"""New values by ``section.key``; a section alone replaces it whole."""
UNKNOWN_COST = "n/a: not measured"
BATCH = "train.per_device_train_batch_size"


@dataclass(frozen=True)
class Rule:
    """One kind of change.

    Args:
        name: What is done, in words.
        values: The new values for a profile; empty where it has nothing to change.
        cost: What it costs in time, and from where that is known.
        keeps_learning: Whether the same thing is trained on the same batches, so that results stay comparable.
    """

    name: str
    values: Callable[[Profile], Values]
    cost: str
    keeps_learning: bool


def batched(train: TrainOptions, rows: int) -> Values:
    """The values with which so many rows go through the model at once, and a step still sees the same rows.

    Args:
        train: How it is trained.
        rows: A divisor of ``train.rows_per_step``.
    """
    return {BATCH: rows, "train.gradient_accumulation_steps": train.rows_per_step // rows}


def _halved_batch(profile: Profile) -> Values:
    rows = profile.train.micro_batch
    if rows == 1:
        return {}
    return batched(profile.train, next(size for size in range(rows // 2, 0, -1) if rows % size == 0))


def _single_rows(profile: Profile) -> Values:
    return batched(profile.train, 1) if profile.train.micro_batch > 2 else {}


def _checkpointing(profile: Profile) -> Values:
    return {} if profile.train.gradient_checkpointing else {"train.gradient_checkpointing": True}


def _fused_attention(profile: Profile) -> Values:
    return {"model.attn_implementation": "sdpa"} if profile.model.attn_implementation == "eager" else {}


def _liger(profile: Profile) -> Values:
    return {} if profile.train.use_liger_kernel is True else {"train.use_liger_kernel": True}


def _paged(profile: Profile) -> Values:
    optim = OPTIMIZERS[profile.train.optim]
    return {"train.optim": "paged_adamw_8bit"} if optim.state_bytes > 0 and not optim.paged else {}


def _nf4(profile: Profile) -> Values:
    trains_weights = profile.adapter.method == "full"
    return {} if trains_weights or profile.quant.method == "nf4" else {"quant": {"method": "nf4"}}


def _no_upcast(profile: Profile) -> Values:
    return {"quant.upcast_embeddings": False} if getattr(profile.quant, "upcast_embeddings", False) else {}


def _adapter(profile: Profile) -> Values:
    return {"adapter": {"method": "lora", "r": 16}} if profile.adapter.method == "full" else {}


def _lower_rank(profile: Profile) -> Values:
    rank = getattr(profile.adapter, "r", 1)
    return {"adapter.r": max(8, rank // 4)} if rank > 16 else {}


def _fewer_targets(profile: Profile) -> Values:
    targets = getattr(profile.adapter, "target_modules", list(ATTENTION))
    wide = targets == "all-linear" or not set(targets) <= set(ATTENTION)
    return {"adapter.target_modules": list(ATTENTION)} if wide else {}


def _shorter(profile: Profile) -> Values:
    half = profile.train.max_length // 2
    return {"train.max_length": half} if half >= 64 else {}


RULES = (
    Rule("half the micro-batch, accumulate longer", _halved_batch, "little, until the GPU idles", True),
    Rule("one row at a time, the same rows a step", _single_rows, "8B LoRA: 147 instead of 985 tokens/s (H200)", True),
    Rule("Liger's fused kernels", _liger, "none: usually faster", True),
    Rule("fused attention", _fused_attention, "none: usually faster", True),
    Rule("recompute activations", _checkpointing, "8B LoRA: 985 instead of 1,640 tokens/s (H200)", True),
    Rule("8-bit paged AdamW", _paged, UNKNOWN_COST, False),
    Rule("base weights in NF4", _nf4, UNKNOWN_COST, False),
    Rule("embeddings and head stay in 16 bits", _no_upcast, "none", False),
    Rule("a LoRA instead of all weights", _adapter, "none: usually faster", False),
    Rule("a lower rank", _lower_rank, "none", False),
    Rule("attention layers only", _fewer_targets, "none: usually faster", False),
    Rule("shorter rows", _shorter, "none; longer rows are cut", False),
)
"""In the order in which to try them where nothing is predicted: what leaves the result as it is comes first."""


def said(values: Values) -> str:
    """New values as they stand in a profile.

    >>> said({"adapter": {"method": "lora", "r": 16}})
    'adapter.method = "lora", adapter.r = 16'
    """
    flat: Values = {}
    for name, value in values.items():
        flat.update({f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value})
    return ", ".join(f"{name} = {tomlkit.item(value).as_string()}" for name, value in flat.items())
