"""How a profile's training computes: what is adapted, and how many bytes a number has where."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from workbench.choices.adapters import FullOptions
from workbench.engine.memory.config import Shape
from workbench.errors import InputError
from workbench.profile import Profile, TrainOptions

HEAD_NORMS = ("qwen3",)
"""Families whose layers norm each head's queries and keys."""


@dataclass(frozen=True)
class Recipe:
    """What decides which tensors a step keeps.

    Args:
        method: Of the adapter; "full" without one.
        targets: Names of the adapted layers.
        rank: Of the adapter; 0 without one.
        dropout: Whether there is dropout before it.
        quant: Of the base weights.
        computed: Bytes of a number in products.
        outer: Bytes of a number of embeddings, head and norms.
        fused: Whether Liger's kernels are used.
        eager: Whether attention writes its scores out.
        head_norms: Whether each head's queries and keys are normed.
    """

    method: str
    targets: tuple[str, ...]
    rank: int
    dropout: bool
    quant: str
    computed: int
    outer: int
    fused: bool
    eager: bool
    head_norms: bool

    @property
    def full(self) -> bool:
        """Whether every weight is trained."""
        return self.method == "full"

    @property
    def trained(self) -> int:
        """Bytes of a trained number, but for DoRA's magnitudes, which are always fp32.

        PEFT holds adapters in fp32, and TRL lowers those on quantized weights to bf16 (trainer/sft_trainer.py).
        """
        if self.full:
            return self.computed
        return 4 if self.quant == "none" else 2

    @property
    def inside(self) -> int:
        """Bytes of a number in an adapter's own products."""
        return min(self.computed, self.trained)

    @property
    def stream(self) -> int:
        """Bytes of a number of the hidden states between layers."""
        return max(self.outer, self.result("o_proj", self.computed), self.result("down_proj", self.computed))

    def result(self, name: str, given: int) -> int:
        """Bytes of a number of a linear layer's result, by those of its input.

        DoRA's magnitudes are fp32, and on quantized weights PEFT leaves results in their dtype (tuners/lora/bnb.py).
        """
        return 4 if self.method == "dora" and self.quant != "none" and name in self.targets else given

    @property
    def lowers_adapter(self) -> bool:
        """Whether autocast makes copies of the adapter's matrices; VeRA's shared ones are always fp32."""
        return self.computed < 4 and (self.trained == 4 or self.method == "vera")

    @property
    def copies_weight(self) -> bool:
        """Whether a frozen weight is not there in the dtype of products, so that who reads it copies it."""
        return self.computed < 4 or self.quant != "none"


def recipe_of(profile: Profile, shape: Shape) -> Recipe:
    """A profile's recipe on a decoder of that shape.

    Raises:
        InputError: None of the layers that the adapter names is there.
    """
    adapter, computed = profile.adapter, 4 if profile.model.dtype == "float32" else 2
    full = isinstance(adapter, FullOptions)
    return Recipe(
        method=adapter.method,
        targets=() if full else _targets(profile, shape),
        rank=getattr(adapter, "r", 0),
        dropout=bool(getattr(adapter, "lora_dropout", 0.0) or getattr(adapter, "vera_dropout", 0.0)),
        quant=profile.quant.method,
        computed=computed,
        outer=4 if getattr(profile.quant, "upcast_embeddings", False) else computed,
        fused=uses_liger_on_a_gpu(profile.train),
        eager=profile.model.attn_implementation == "eager",
        head_norms=shape.family in HEAD_NORMS,
    )


def _targets(profile: Profile, shape: Shape) -> tuple[str, ...]:
    wanted = getattr(profile.adapter, "target_modules", "all-linear")
    linears = shape.linears()
    names = tuple(linears) if wanted == "all-linear" else tuple(name for name in wanted if name in linears)
    if not names:
        raise InputError(f"adapter.target_modules: the preview knows none of {', '.join(wanted)}.")
    return names


def uses_liger_on_a_gpu(train: TrainOptions) -> bool:
    """Whether Liger's kernels would be used on a GPU, which this machine need not have.

    As the profile says; "auto" where liger-kernel is installed.
    """
    if train.use_liger_kernel != "auto":
        return train.use_liger_kernel
    return find_spec("liger_kernel") is not None
