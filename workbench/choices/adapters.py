"""The adapters: which parameters of a model are trained, and in what form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from workbench.choices.options import Options
from workbench.choices.table import Table

if TYPE_CHECKING:
    from peft import PeftConfig

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
Targets = Annotated[
    Literal["all-linear"] | list[str],
    Field(description='Names of the adapted linear layers, or "all-linear" for all but the head.'),
]


class FullOptions(Options):
    """Full fine-tuning: every parameter is trained."""

    method: Literal["full"] = "full"


class _LowRank(Options):
    r: int = Field(16, ge=1, le=8192, description="Inner dimension of the update.")
    lora_alpha: int = Field(16, ge=1, description="The update is scaled by lora_alpha / r.")
    lora_dropout: float = Field(0.0, ge=0.0, lt=1.0, description="Dropout on the adapter's input.")
    target_modules: Targets = list(ATTENTION)


class LoraOptions(_LowRank):
    """Low-rank update B @ A beside each adapted layer."""

    method: Literal["lora"] = "lora"


class RsLoraOptions(_LowRank):
    """LoRA whose update is scaled by lora_alpha / sqrt(r), so that high ranks learn too."""

    method: Literal["rslora"] = "rslora"


class DoraOptions(_LowRank):
    """LoRA on the direction of each weight column, with a trained magnitude of its own."""

    method: Literal["dora"] = "dora"


class VeraOptions(Options):
    """Shared frozen random matrices; only two scaling vectors a layer are trained."""

    method: Literal["vera"] = "vera"
    r: int = Field(256, ge=1, le=8192, description="Inner dimension of the shared random matrices.")
    vera_dropout: float = Field(0.0, ge=0.0, lt=1.0, description="Dropout on the adapter's input.")
    d_initial: float = Field(0.1, description="Start value of the inner scaling vector.")
    projection_prng_key: int = Field(0, ge=0, description="Seed of the shared random matrices.")
    target_modules: Targets = list(ATTENTION)


AdapterOptions = Annotated[
    FullOptions | LoraOptions | RsLoraOptions | DoraOptions | VeraOptions,
    Field(discriminator="method"),
]


@dataclass(frozen=True)
class Adapter:
    """One way to train a model.

    Args:
        name: Its value of ``adapter.method``.
        label: Its name in tables.
        paper: Where it was published.
        options: The keys it takes.
        build: Turns the options into a PEFT config; None when every parameter is trained.
        safe_margin: Fraction of a card that must stay free where its memory is predicted worse than that of others.
    """

    name: str
    label: str
    paper: str
    options: type[Options]
    build: Callable[[Any], PeftConfig] | None
    safe_margin: float = 0.0


def _targets(options: _LowRank | VeraOptions) -> str | list[str]:
    chosen = options.target_modules
    return chosen if isinstance(chosen, str) else list(chosen)


def _low_rank(options: _LowRank) -> PeftConfig:
    from peft import LoraConfig

    return LoraConfig(
        r=options.r,
        lora_alpha=options.lora_alpha,
        lora_dropout=options.lora_dropout,
        target_modules=_targets(options),
        use_rslora=isinstance(options, RsLoraOptions),
        use_dora=isinstance(options, DoraOptions),
        task_type="CAUSAL_LM",
    )


def _vera(options: VeraOptions) -> PeftConfig:
    from peft import VeraConfig

    return VeraConfig(
        r=options.r,
        vera_dropout=options.vera_dropout,
        d_initial=options.d_initial,
        projection_prng_key=options.projection_prng_key,
        target_modules=_targets(options),
        task_type="CAUSAL_LM",
    )


ADAPTERS: Table[Adapter] = Table(
    "adapter method",
    # under a cap such runs ran out of memory with up to 9 % of it in holes between gradients and states
    Adapter("full", "full", "", FullOptions, None, safe_margin=0.12),
    Adapter("lora", "LoRA", "https://arxiv.org/abs/2106.09685", LoraOptions, _low_rank),
    Adapter("rslora", "rsLoRA", "https://arxiv.org/abs/2312.03732", RsLoraOptions, _low_rank),
    Adapter("dora", "DoRA", "https://arxiv.org/abs/2402.09353", DoraOptions, _low_rank),
    Adapter("vera", "VeRA", "https://arxiv.org/abs/2310.11454", VeraOptions, _vera),
)
