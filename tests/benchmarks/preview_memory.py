"""Hold the closed form of training's peak memory against the simulation on configurations drawn at random.

    python tests/benchmarks/preview_memory.py [COUNT] [SEED]     # anywhere; some seconds each

Models are those whose shapes are built in. The simulation runs all of their layers.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from workbench.engine.memory.config import _known, model_config
from workbench.engine.memory.estimate import Machine
from workbench.engine.memory.preview import preview
from workbench.engine.memory.workload import Workload
from workbench.paths import Workspace
from workbench.profile import Profile, parse

METHODS = ("full", "lora", "lora", "lora", "rslora", "dora", "vera")
TARGETS = (
    "",
    'target_modules = "all-linear"',
    'target_modules = ["q_proj", "v_proj"]',
    'target_modules = ["gate_proj", "up_proj", "down_proj"]',
)
QUANTIZERS = (
    "",
    "",
    'method = "nf4"',
    'method = "nf4"\nupcast_embeddings = true',
    'method = "nf4"\nbnb_4bit_use_double_quant = false',
    'method = "int8"',
)
OPTIMIZERS = ("adamw_torch_fused", "adamw_torch", "adamw_bnb_8bit", "paged_adamw_8bit", "adafactor", "sgd")


def drawn(draw: random.Random) -> tuple[Profile, Workload]:
    """A configuration."""
    method = draw.choice(METHODS)
    quant = "" if method == "full" else draw.choice(QUANTIZERS)
    dtype = "bfloat16" if quant else draw.choice(("bfloat16", "bfloat16", "float16", "float32"))
    attention = draw.choice(("eager", *["sdpa"] * 9))
    text = (
        f'[model]\nname = "{draw.choice(list(_known()))}"\ndtype = "{dtype}"\nattn_implementation = "{attention}"\n'
        f'[adapter]\nmethod = "{method}"\n{_adapter(draw, method)}\n[quant]\n{quant}\n[data]\ndataset = "quiz"\n'
        f'[train]\noptim = "{draw.choice(OPTIMIZERS)}"\nuse_liger_kernel = {draw.choice(("true", "false", "false"))}\n'
        f"gradient_checkpointing = {draw.choice(('true', 'false'))}\n"
    )
    rows, tokens = draw.choice((1, 1, 2, 4, 8)), draw.choice((128, 256, 512, 1024, 2048))
    labels = rows * tokens // draw.choice((1, 2, 8))
    workload = Workload(rows, tokens, labels, draw.choice((1, 2, 8)), draw.random() < 0.3, "drawn")
    return parse(text, "drawn", "drawn"), workload


def _adapter(draw: random.Random, method: str) -> str:
    if method == "full":
        return ""
    name = "vera_dropout" if method == "vera" else "lora_dropout"
    dropout = f"{name} = 0.05" if draw.random() < 0.25 else ""
    return f"r = {draw.choice((4, 16, 64, 256))}\n{draw.choice(TARGETS)}\n{dropout}"


def main(count: int, seed: int) -> None:
    """Print each configuration's error, and their spread."""
    from workbench.engine.memory.predict import _be_quiet, predict_training

    _be_quiet()
    draw, offs = random.Random(seed), []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        for _ in range(count):
            profile, workload = drawn(draw)
            said = preview(workspace, profile, workload=workload)
            around = Machine(said.parts["context"], said.parts["workspace"])
            config = model_config(workspace, profile.model)
            simulated, _ = predict_training(profile, config, workload, around)
            offs.append(said.allocated_bytes / simulated.allocated_bytes - 1)
            train = profile.train
            words = (
                profile.model.name,
                profile.model.dtype,
                profile.model.attn_implementation,
                profile.adapter.model_dump(),
                profile.quant.model_dump(),
                f"{train.optim} liger={train.use_liger_kernel} checkpoints={train.gradient_checkpointing}",
                workload,
            )
            print(f"{offs[-1]:+.2%} {said.phase}/{simulated.phase}", *words, flush=True)
    sizes = sorted(map(abs, offs))
    print(
        f"{count} configurations: mean {sum(sizes) / count:.2%}, 95 % within {sizes[int(0.95 * count)]:.2%}, "
        f"at most {sizes[-1]:.2%}"
    )


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*(given + [60, 0][len(given) :]))
