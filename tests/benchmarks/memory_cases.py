"""Configurations whose peak memory is predicted first and measured afterwards.

A case is a model, the changes to a plain LoRA profile, and a fixed-length workload: rows of ``tokens`` tokens, half of
them trained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from workbench.engine.memory.workload import Workload
from workbench.profile import Profile, parse

PLAIN = """
[model]
name = "{model}"
dtype = "bfloat16"
[adapter]
method = "{method}"
[data]
dataset = "quiz"
[train]
max_steps = 2
use_liger_kernel = false
warmup_steps = 0
per_device_train_batch_size = {rows}
gradient_accumulation_steps = {accumulation}
max_length = {tokens}
"""
HUB_IDS = {
    "qwen3-0.6b": "Qwen/Qwen3-0.6B",
    "qwen3-1.7b": "Qwen/Qwen3-1.7B",
    "qwen3-4b": "Qwen/Qwen3-4B",
    "qwen3-8b": "Qwen/Qwen3-8B",
    "llama3.2-1b": "meta-llama/Llama-3.2-1B-Instruct",
}
LINEAR = 'adapter.target_modules="all-linear"'
NF4, INT8 = 'quant.method="nf4"', 'quant.method="int8"'
CALM = "quant.llm_int8_threshold=1000"
"""No outliers, as in trained models; random weights have them in nearly every feature of a wide layer."""
LIGER, WHOLE = "train.use_liger_kernel=true", "train.gradient_checkpointing=false"


@dataclass(frozen=True)
class Case:
    """One configuration.

    Args:
        model: A key of HUB_IDS.
        method: Adapter method.
        tokens: Length of every row.
        rows: Micro-batch.
        accumulation: Micro-batches a step.
        changes: ``section.key=value``.
        varied: Rows of different lengths, up to ``tokens``.
        swap_reentrant: Take the other kind of checkpointing than the quantizer's row says.
    """

    model: str
    method: str
    tokens: int
    rows: int = 1
    accumulation: int = 2
    changes: tuple[str, ...] = ()
    varied: bool = False
    swap_reentrant: bool = False

    @property
    def name(self) -> str:
        """What the table calls it."""
        words = [change.partition(".")[2].replace('"', "") for change in self.changes]
        shape = f"{self.rows}x{self.tokens}{' varied' if self.varied else ''} ga{self.accumulation}"
        swapped = ["other checkpointing"] if self.swap_reentrant else []
        return " ".join([self.model, self.method, *words, shape, *swapped])

    def profile(self, folder: str = "") -> Profile:
        """The profile, on the model in ``folder`` if there is one."""
        text = PLAIN.format(
            model=folder or HUB_IDS[self.model],
            method=self.method,
            rows=self.rows,
            accumulation=self.accumulation,
            tokens=self.tokens,
        )
        return parse(text, "case", "case", self.changes)

    def workload(self) -> Workload:
        """Its micro-batch."""
        labels = self.rows * (self.tokens // 2)
        return Workload(self.rows, self.tokens, labels, self.accumulation, self.varied, "benchmark")

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self), "changes": list(self.changes)}


def optim(name: str) -> str:
    """The change to another optimizer."""
    return f'train.optim="{name}"'


CASES = (
    Case("qwen3-0.6b", "full", 1024),
    Case("qwen3-0.6b", "full", 256, 8, changes=(WHOLE,)),
    Case("qwen3-0.6b", "full", 1024, 4, changes=(optim("adamw_torch"),)),
    Case("qwen3-0.6b", "full", 1024, 1, changes=(optim("adamw_bnb_8bit"),)),
    Case("qwen3-0.6b", "full", 256, 4, changes=(optim("adafactor"),)),
    Case("qwen3-0.6b", "full", 2048, 1, 1, changes=(LIGER, optim("sgd"))),
    Case("qwen3-1.7b", "full", 1024),
    Case("qwen3-1.7b", "full", 2048, 1, changes=(WHOLE,)),
    Case("qwen3-1.7b", "lora", 1024, 4, changes=("adapter.r=16", LINEAR, WHOLE)),
    Case("qwen3-1.7b", "dora", 1024, 1, changes=("adapter.r=64", LINEAR)),
    Case("qwen3-1.7b", "vera", 2048, 4, changes=("adapter.r=256",)),
    Case("qwen3-1.7b", "lora", 2048, 4, changes=("adapter.r=16", LINEAR, NF4, LIGER)),
    Case("qwen3-4b", "full", 256, 8, 1, changes=(optim("paged_adamw_8bit"),)),
    Case("qwen3-4b", "lora", 1024, 4, changes=("adapter.r=64", LINEAR)),
    Case("qwen3-4b", "lora", 256, 8, changes=("adapter.r=16", WHOLE)),
    Case("qwen3-4b", "lora", 1024, 1, changes=("adapter.r=16", INT8)),
    Case("qwen3-4b", "lora", 256, 8, changes=("adapter.r=16", LINEAR, INT8)),
    Case("qwen3-4b", "dora", 1024, 1, changes=("adapter.r=16", INT8)),
    Case("qwen3-4b", "lora", 2048, 1, changes=("adapter.r=64", LINEAR, NF4)),
    Case("qwen3-4b", "dora", 256, 8, changes=("adapter.r=32", NF4)),
    Case("qwen3-4b", "vera", 1024, 4, changes=("adapter.r=256", NF4)),
    Case("qwen3-8b", "lora", 1024, 1, 8, changes=("adapter.r=256", "adapter.lora_dropout=0.1")),
    Case("qwen3-8b", "lora", 2048, 1, changes=("adapter.r=16",)),
    Case("qwen3-8b", "dora", 1024, 1, changes=("adapter.r=16", LINEAR)),
    Case("qwen3-8b", "vera", 1024, 4, changes=("adapter.r=512",)),
    Case("qwen3-8b", "lora", 1024, 8, changes=("adapter.r=16", LINEAR, NF4, LIGER, optim("paged_adamw_8bit"))),
    Case("qwen3-8b", "lora", 256, 1, changes=("adapter.r=256", NF4, "quant.upcast_embeddings=true")),
    Case("qwen3-8b", "lora", 2048, 1, changes=("adapter.r=16", LINEAR, INT8)),
    Case("qwen3-8b", "lora", 1024, 4, 1, changes=("adapter.r=16", LINEAR, NF4, WHOLE)),
    Case("llama3.2-1b", "full", 1024, 4),
    Case("llama3.2-1b", "lora", 2048, 4, changes=("adapter.r=16", LINEAR, WHOLE)),
    Case("llama3.2-1b", "lora", 256, 8, changes=("adapter.r=16", NF4, LIGER)),
    Case("qwen3-8b", "lora", 2048, 1, changes=("adapter.r=16", LINEAR, INT8, CALM)),
    Case("qwen3-8b", "dora", 1024, 1, changes=("adapter.r=16", LINEAR, NF4)),
    Case("qwen3-4b", "dora", 512, 4, changes=("adapter.r=16", LINEAR, NF4, WHOLE)),
    Case("qwen3-4b", "dora", 1024, 2, changes=("adapter.r=16", LINEAR, INT8, CALM)),
    Case("qwen3-1.7b", "dora", 512, 4, changes=("adapter.r=64", INT8, LIGER)),
    Case("qwen3-1.7b", "full", 1024, 2, changes=(optim("adamw_bnb_8bit"),)),
    Case("llama3.2-1b", "full", 512, 4, changes=(optim("adamw_bnb_8bit"),)),
)

BOTH_WAYS = ("qwen3-4b", "qwen3-8b")
SWAPPED = tuple(
    replace(case, swap_reentrant=True)
    for case in CASES
    if INT8 in case.changes and CALM not in case.changes and case.model in BOTH_WAYS
)
"""What INT8 takes with non-reentrant checkpointing, to know that the choice is right."""


def plain(case: Case) -> Case:
    """The case with the checkpointing that the product takes."""
    return replace(case, swap_reentrant=False)


R16 = ("adapter.r=16", LINEAR)
CAPPED: dict[int, tuple[Case, ...]] = {
    8: (
        Case("qwen3-8b", "lora", 0, changes=(*R16, NF4, LIGER, optim("paged_adamw_8bit"))),
        Case("qwen3-4b", "lora", 0, 4, changes=(*R16, NF4), varied=True),
        Case("qwen3-1.7b", "lora", 0, 2, changes=(*R16, WHOLE), varied=True),
        Case("qwen3-0.6b", "full", 0, 4),
        Case("llama3.2-1b", "lora", 0, 4, changes=(*R16, WHOLE), varied=True),
        Case("qwen3-4b", "lora", 0, 4, changes=(*R16, INT8)),
    ),
    12: (
        Case("qwen3-4b", "lora", 0, 8, changes=R16, varied=True),
        Case("qwen3-8b", "lora", 0, 2, changes=(*R16, INT8)),
        Case("qwen3-1.7b", "dora", 0, 2, changes=(*R16, WHOLE)),
        Case("qwen3-8b", "lora", 0, 4, changes=(*R16, NF4, "quant.upcast_embeddings=true"), varied=True),
        Case("llama3.2-1b", "full", 0, 2),
        Case("qwen3-4b", "dora", 0, 4, changes=(*R16, NF4)),
    ),
    16: (
        Case("qwen3-4b", "lora", 0, 4, changes=(*R16, WHOLE), varied=True),
        Case("qwen3-8b", "lora", 0, 1, changes=(*R16, NF4, WHOLE)),
        Case("qwen3-1.7b", "full", 0, 2, changes=(optim("adamw_bnb_8bit"),), varied=True),
        Case("qwen3-4b", "vera", 0, 4, changes=("adapter.r=256", WHOLE)),
        Case("llama3.2-1b", "lora", 0, 8, changes=(*R16, WHOLE, LIGER), varied=True),
        Case("qwen3-8b", "dora", 0, 2, changes=(*R16, INT8)),
    ),
    24: (
        Case("qwen3-8b", "lora", 0, 8, changes=R16, varied=True),
        Case("qwen3-8b", "dora", 0, 4, changes=R16),
        Case("qwen3-4b", "full", 0, 4, changes=(optim("paged_adamw_8bit"),), varied=True),
        Case("qwen3-8b", "vera", 0, 2, changes=("adapter.r=256", WHOLE)),
        Case("qwen3-1.7b", "full", 0, 4, changes=(WHOLE,), varied=True),
    ),
}
"""By cap in GiB; ``tokens`` is found so that the verdict is close."""
