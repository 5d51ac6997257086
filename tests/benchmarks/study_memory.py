"""Predict the study's seventeen published trainings and print them beside what was published.

    python tests/benchmarks/study_memory.py [WORD ...]

Words choose the rows that contain them. The study trained with TRL 0.21, whose loss holds all the logits, so the
simulation is given that practice; the rows are Qwen3 models on the longest sample of each task (451 tokens of OpenMath,
1,010 of SQuAD). No GPU and no download is needed; all rows take some minutes of CPU.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from workbench.engine.deviation import Facts, causes
from workbench.engine.memory import simulate
from workbench.engine.memory.config import model_config
from workbench.engine.memory.head import LOSSES
from workbench.engine.memory.machine import THREADS, WORKSPACE_BYTES
from workbench.engine.memory.practice import Practice
from workbench.engine.memory.workload import Workload
from workbench.engine.model import attach
from workbench.engine.prediction import Predicted
from workbench.paths import Workspace
from workbench.profile import Profile, parse

GIB = 2**30
OPENMATH_TOKENS, SQUAD_TOKENS = 451, 1010
MATCH = 0.01
"""A prediction that is off by less than this fraction is called a match."""


@dataclass(frozen=True)
class Row:
    """A published training.

    Args:
        size: Of the Qwen3 model.
        method: Adapter method.
        published_gib: Peak allocated.
        rank: Of the adapter.
        nf4: Whether the base is quantized.
        dtype: Of the weights.
        tokens: Of the longest sample.
    """

    size: str
    method: str
    published_gib: float
    rank: int = 0
    nf4: bool = False
    dtype: str = "bfloat16"
    tokens: int = OPENMATH_TOKENS

    @property
    def name(self) -> str:
        """What the table calls it."""
        rank = [f"r{self.rank}"] if self.rank else []
        words = [self.size, *(["NF4"] if self.nf4 else []), self.method, *rank]
        single = ["fp32"] if self.dtype == "float32" else []
        return " ".join([*words, *single, "SQuAD" if self.tokens == SQUAD_TOKENS else "OpenMath"])

    def profile(self) -> Profile:
        """The study's recipe for it."""
        adapter = f'method = "{self.method}"\n'
        if self.rank:
            dropout = "vera_dropout" if self.method == "vera" else "lora_dropout"
            adapter += f"r = {self.rank}\n{dropout} = 0.1\n"
        return parse(
            f'[model]\nname = "Qwen/Qwen3-{self.size}"\ndtype = "{self.dtype}"\n[adapter]\n{adapter}'
            f'[quant]\nmethod = "{"nf4" if self.nf4 else "none"}"\n[data]\ndataset = "quiz"\n'
            "[train]\ngradient_accumulation_steps = 8\nmax_length = 1024\n",
            self.name,
            self.name,
        )


FP32 = "float32"
ROWS = (
    Row("4B", "full", 32.320),
    Row("8B", "lora", 20.167, 256),
    Row("8B", "dora", 20.176, 256),
    Row("8B", "vera", 16.192, 512),
    Row("8B", "lora", 7.608, 256, nf4=True),
    Row("0.6B", "full", 5.346),
    Row("0.6B", "full", 6.248, tokens=SQUAD_TOKENS),
    Row("0.6B", "lora", 2.188, 64),
    Row("0.6B", "lora", 1.398, 64, nf4=True),
    Row("0.6B", "lora", 4.446, 256, dtype=FP32),
    Row("0.6B", "lora", 5.676, 512, dtype=FP32),
    Row("0.6B", "dora", 4.448, 256, dtype=FP32),
    Row("0.6B", "vera", 3.357, 512, dtype=FP32),
    Row("0.6B", "lora", 5.466, 256, dtype=FP32, tokens=SQUAD_TOKENS),
    Row("0.6B", "lora", 6.556, 512, dtype=FP32, tokens=SQUAD_TOKENS),
    Row("0.6B", "dora", 6.559, 512, dtype=FP32, tokens=SQUAD_TOKENS),
    Row("0.6B", "vera", 4.369, 512, dtype=FP32, tokens=SQUAD_TOKENS),
)
"""As published with the study, GiB of torch's allocator."""


def as_in_the_study(base: PreTrainedModel, profile: Profile) -> torch.nn.Module:
    """The model as TRL 0.21 begins with it: norms of a quantized base in fp32, adapters in fp32, reentrant."""
    model: torch.nn.Module = attach(base, profile)
    if profile.quant.method != "none":
        for name, parameter in base.named_parameters():
            if "norm" in name:
                parameter.data = parameter.data.to(torch.float32)
    base.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": True})
    if profile.adapter.method != "full":
        base.enable_input_require_grads()
    model.train()
    return model


def with_frozen_adapters(base: PreTrainedModel, profile: Profile) -> torch.nn.Module:
    """The same after TRL 0.21 has prepared a model that PEFT had wrapped before: nothing requires a gradient."""
    return as_in_the_study(base, profile).requires_grad_(False)


def predicted_bytes(row: Row, frozen: bool = False) -> tuple[int, dict[str, int]]:
    """Peak allocated and its parts, with the cuBLAS workspace of the study's card."""
    profile = row.profile()
    config = model_config(Workspace(Path.cwd()), profile.model, may_download=False)
    prepare = with_frozen_adapters if frozen else as_in_the_study
    practice = Practice(prepare, LOSSES["trl 0.21"], lambda _: torch.bfloat16)
    workload = Workload(1, row.tokens, row.tokens - 1, 8, False, "the study's longest sample")
    step = simulate.training_step(profile, config, workload, config["num_hidden_layers"], False, practice)
    phase = max(step.allocated_bytes, key=step.allocated_bytes.__getitem__)
    return step.allocated_bytes[phase] + THREADS * WORKSPACE_BYTES, step.parts[phase]


@dataclass(frozen=True)
class Found:
    """A row with its predictions; ``frozen_bytes`` where it was predicted as if nothing trained."""

    row: Row
    trained_bytes: int
    parts: dict[str, int] = field(default_factory=dict)
    frozen_bytes: int | None = None

    @property
    def actual_bytes(self) -> int:
        """What was published."""
        return round(self.row.published_gib * GIB)

    def facts(self) -> dict[str, Any]:
        """What the run's alarm for memory makes of it."""
        off = self.actual_bytes / self.trained_bytes - 1
        predicted = Predicted(self.trained_bytes, None, None, "simulation", MATCH, self.parts, {})
        return {"off": off, "causes": causes(Facts(off, predicted, self.row.profile(), {}))}


def predict(row: Row) -> Found:
    """Both predictions of a quantized row, one of any other."""
    trained, parts = predicted_bytes(row)
    return Found(row, trained, parts, predicted_bytes(row, frozen=True)[0] if row.nf4 else None)


def lines(found: Found) -> list[str]:
    """Rows of the table, as Markdown."""
    made = [_line(found.row.name, found.actual_bytes, found.trained_bytes)]
    if found.frozen_bytes is not None:
        made.append(_line(f"{found.row.name}, nothing trains", found.actual_bytes, found.frozen_bytes))
    return made


def _line(name: str, actual: int, predicted: int) -> str:
    return f"| {name} | {actual / GIB:.3f} | {predicted / GIB:.3f} | {predicted / actual - 1:+.2%} |"


def main() -> None:
    """Predict and print."""
    warnings.simplefilter("ignore")
    print("| training | published GiB | predicted GiB | deviation |\n|---|---|---|---|")
    said = []
    for row in ROWS:
        if len(sys.argv) > 1 and not any(word in row.name for word in sys.argv[1:]):
            continue
        found = predict(row)
        print("\n".join(lines(found)), flush=True)
        alarm = found.facts()
        said += [f"{row.name} ({alarm['off']:+.0%}): {cause}" for cause in alarm["causes"]]
    print("\n".join(["", *said]))


if __name__ == "__main__":
    main()
