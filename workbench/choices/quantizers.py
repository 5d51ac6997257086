"""The quantizers: in what form the frozen base weights are held while an adapter is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from workbench.choices.options import Options
from workbench.choices.table import Table

if TYPE_CHECKING:
    import torch
    from transformers import BitsAndBytesConfig


class NoQuantOptions(Options):
    """The weights stay in the model's dtype."""

    method: Literal["none"] = "none"


class _KBit(Options):
    upcast_embeddings: bool = Field(
        False,
        description="Hold embeddings, head and norms in fp32, as PEFT's prepare_model_for_kbit_training "
        "does (2.3 GiB more on an 8B model).",
    )


class Int8Options(_KBit):
    """LLM.int8(): eight bits a weight, outlier features apart."""

    method: Literal["int8"] = "int8"
    llm_int8_threshold: float = Field(6.0, ge=0.0, description="Features above this are outliers.")


class Nf4Options(_KBit):
    """NF4: four bits a weight, as in QLoRA."""

    method: Literal["nf4"] = "nf4"
    bnb_4bit_use_double_quant: bool = Field(True, description="Quantize the block scales as well.")


QuantOptions = Annotated[NoQuantOptions | Int8Options | Nf4Options, Field(discriminator="method")]


@dataclass(frozen=True)
class Quantizer:
    """One form of the base weights.

    Args:
        name: Its value of ``quant.method``.
        label: Its name in tables.
        paper: Where it was published.
        options: The keys it takes.
        build: Turns the options and the compute dtype into transformers' config; None for no quantization.
        reentrant: Whether checkpointing must be reentrant to free its layers' inputs.
        safe_margin: Fraction of a card that must stay free where its memory is predicted worse than that of others.
    """

    name: str
    label: str
    paper: str
    options: type[Options]
    build: Callable[[Any, torch.dtype], BitsAndBytesConfig] | None
    reentrant: bool = False
    safe_margin: float = 0.0


def _int8(options: Int8Options, compute_dtype: torch.dtype) -> BitsAndBytesConfig:
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(load_in_8bit=True, llm_int8_threshold=options.llm_int8_threshold)


def _nf4(options: Nf4Options, compute_dtype: torch.dtype) -> BitsAndBytesConfig:
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=options.bnb_4bit_use_double_quant,
        bnb_4bit_compute_dtype=compute_dtype,
    )


QUANTIZERS: Table[Quantizer] = Table(
    "quantization method",
    Quantizer("none", "none", "", NoQuantOptions, None),
    # its autograd function keeps inputs as plain attributes, which non-reentrant checkpointing cannot drop;
    # outliers differ in number from layer to layer, and leave holes as rows of different lengths do
    Quantizer("int8", "INT8", "https://arxiv.org/abs/2208.07339", Int8Options, _int8, reentrant=True, safe_margin=0.06),
    Quantizer("nf4", "NF4", "https://arxiv.org/abs/2305.14314", Nf4Options, _nf4),
)
