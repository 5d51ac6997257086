"""Linear layers that hold fake quantized weights, so that PEFT and bitsandbytes run their own code on them.

The modules derive from bitsandbytes' own and call its autograd functions; only their contents have no values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import bitsandbytes as bnb
import torch
from bitsandbytes.autograd._functions import MatMul4Bit, MatMul8bitLt
from bitsandbytes.functional import QuantState
from torch import nn

from workbench.choices.quantizers import Int8Options, Nf4Options

BLOCK_SIZE = 64
"""Weights that share one scale in NF4."""
NESTED_BLOCK_SIZE = 256
"""Scales that share one scale with double quantization."""
LARGEST_CODE = 127
"""What the largest number of a row is in INT8."""
CODES = 16
NESTED_CODES = 256


class FakeLinear4bit(bnb.nn.Linear4bit):
    """bitsandbytes' NF4 layer without values. PEFT unpacks a layer that has ``W_q`` through ``dequantize``."""

    def __init__(self, linear: nn.Linear, options: Nf4Options, compute_dtype: torch.dtype) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features, self.bias = linear.in_features, linear.out_features, linear.bias
        self.compute_dtype = compute_dtype
        count = linear.weight.numel()
        weight: Any = nn.Parameter(torch.empty((-(-count // 2), 1), dtype=torch.uint8), requires_grad=False)
        weight.compress_statistics, weight.quant_type = options.bnb_4bit_use_double_quant, "nf4"
        self.weight = weight
        self.state = _nf4_state(linear, options.bnb_4bit_use_double_quant, compute_dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The product, through bitsandbytes' autograd function."""
        bias = None if self.bias is None else self.bias.to(self.compute_dtype)
        product = MatMul4Bit.apply(x.to(self.compute_dtype), self.weight, None, bias, self.state)
        result: torch.Tensor = product.to(x.dtype)
        return result

    @property
    def W_q(self) -> torch.Tensor:  # noqa: N802 - PEFT's name
        """The packed weight."""
        packed: torch.Tensor = self.weight
        return packed

    def dequantize(self) -> torch.Tensor:
        """The weight in the compute dtype, as DoRA asks for it."""
        whole: torch.Tensor = bnb.functional.dequantize_4bit(self.weight, self.state)
        return whole


class FakeLinear8bitLt(bnb.nn.Linear8bitLt):
    """bitsandbytes' LLM.int8() layer without values; on a CPU it would take another way than on a GPU."""

    def __init__(self, linear: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features, self.bias = linear.in_features, linear.out_features, linear.bias
        self.weight = nn.Parameter(torch.empty(linear.weight.shape, dtype=torch.int8), requires_grad=False)
        self.state = bnb.MatmulLtState()
        self.state.CB, self.state.SCB = self.weight, torch.empty(linear.out_features, dtype=torch.float32)
        self.state.has_fp16_weights = False  # threshold stays 0: how many outliers there are depends on values
        self.index = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The product, through bitsandbytes' autograd function for GPUs."""
        result: torch.Tensor = MatMul8bitLt.apply(x, self.weight, None, self.bias, self.state)
        return result

    @property
    def W_q(self) -> torch.Tensor:  # noqa: N802 - PEFT's name
        """The weight's bytes."""
        return self.weight

    def dequantize(self) -> torch.Tensor:
        """The weight in fp32, as DoRA asks for it; bitsandbytes scales it twice (``int8_vectorwise_dequant``)."""
        scale = self.state.SCB
        assert scale is not None
        whole: torch.Tensor = self.weight * scale.unsqueeze(1) * (1 / LARGEST_CODE)
        return whole


def quantize(model: nn.Module, options: Int8Options | Nf4Options, compute_dtype: torch.dtype) -> None:
    """Put fake quantized layers in the place of all linear ones but the head, and mark the model as loaded that way."""
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and name.rpartition(".")[2] != "lm_head":
            parent = model.get_submodule(name.rpartition(".")[0])
            nf4 = FakeLinear4bit(module, options, compute_dtype) if isinstance(options, Nf4Options) else None
            setattr(parent, name.rpartition(".")[2], nf4 or FakeLinear8bitLt(module))
    flag = "is_loaded_in_4bit" if isinstance(options, Nf4Options) else "is_loaded_in_8bit"
    setattr(model, flag, True)


def tell_of_autocast(model: nn.Module) -> None:
    """Let the adapters on quantized layers see autocast as on a GPU.

    PEFT asks ``torch.is_autocast_enabled()``, which means CUDA's, and casts what a layer takes and gives only without
    it (tuners/lora/bnb.py). DoRA's results are fp32 because its magnitudes are: on a GPU they stay so, from one layer
    to the next.
    """
    for module in model.modules():
        if isinstance(getattr(module, "base_layer", None), FakeLinear4bit | FakeLinear8bitLt):
            module.register_forward_pre_hook(_enter)
            module.register_forward_hook(_leave)


def _enter(*_: Any) -> None:
    torch.set_autocast_enabled("cuda", torch.is_autocast_enabled("cpu"))


def _leave(*_: Any) -> None:
    torch.set_autocast_enabled("cuda", False)


def hidden_tensors(model: nn.Module) -> list[torch.Tensor]:
    """Scales and code books: they lie beside the parameters, where ``named_parameters`` does not see them."""
    found: list[torch.Tensor] = []
    for module in model.modules():
        if isinstance(module, FakeLinear4bit):
            states = [module.state, module.state.state2] if module.state.nested else [module.state]
            found += [tensor for state in states for tensor in (state.absmax, state.code)]
        elif isinstance(module, FakeLinear8bitLt):
            found.append(module.state.SCB)
    return found


def replace_hidden(module: nn.Module, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Put ``change(tensor)`` in the place of each such tensor of one layer."""
    if isinstance(module, FakeLinear4bit):
        for state in [module.state, *([module.state.state2] if module.state.nested else [])]:
            state.absmax, state.code = change(state.absmax), change(state.code)
        if module.state.nested:
            module.state.offset = change(module.state.offset)
    elif isinstance(module, FakeLinear8bitLt):
        scale = module.state.SCB
        assert scale is not None
        module.state.CB, module.state.SCB = module.weight, change(scale)


def _nf4_state(linear: nn.Linear, nested: bool, dtype: torch.dtype) -> QuantState:
    blocks = math.ceil(linear.weight.numel() / BLOCK_SIZE)
    inner = None
    if nested:
        inner = QuantState(
            absmax=torch.empty(math.ceil(blocks / NESTED_BLOCK_SIZE)),
            code=torch.empty(NESTED_CODES),
            blocksize=NESTED_BLOCK_SIZE,
            dtype=torch.float32,
        )
    return QuantState(
        absmax=torch.empty(blocks, dtype=torch.uint8 if nested else torch.float32),
        shape=linear.weight.shape,
        code=torch.empty(CODES),
        blocksize=BLOCK_SIZE,
        quant_type="nf4",
        dtype=dtype,
        offset=torch.empty(()) if nested else None,
        state2=inner,
    )
