"""What answering takes on one GPU beside what was predicted: one prompt at a time, and many.

    python tests/benchmarks/gpu_evaluation_memory.py predict             # anywhere
    python tests/benchmarks/gpu_evaluation_memory.py measure OUT.json    # on a GPU, once gpu_memory.py made the models
    python tests/benchmarks/gpu_evaluation_memory.py table OUT.json

An adapter is attached to random weights, and the product's own batches answer prompts of one length. Each case runs in
a process of its own, all of them side by side.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from gpu_memory import CARD, GIB, MODELS, byte_tokenizer, table
from memory_cases import HUB_IDS, LINEAR, NF4, Case

from workbench.engine.memory.cards import find_card
from workbench.engine.memory.config import _known
from workbench.engine.memory.evaluation import Generation
from workbench.engine.memory.machine import machine

PREDICTIONS = Path(__file__).with_name("evaluation_memory_predictions.json")
NEW_TOKENS = 64


@dataclass(frozen=True)
class Asked:
    """One case.

    Args:
        model: A key of HUB_IDS.
        rows: Prompts at once.
        prompt_tokens: Of each.
        changes: ``section.key=value``.
    """

    model: str
    rows: int
    prompt_tokens: int
    changes: tuple[str, ...] = ("adapter.r=16", LINEAR)

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.case.name.partition(' 1x')[0]}, {self.rows} x ({self.prompt_tokens} + {NEW_TOKENS})"

    @property
    def case(self) -> Case:
        """Its profile."""
        return Case(self.model, "lora", 64, changes=self.changes)


CASES = (
    Asked("qwen3-1.7b", 1, 512),
    Asked("qwen3-1.7b", 32, 512),
    Asked("qwen3-4b", 1, 512, ("adapter.r=16", LINEAR, NF4)),
    Asked("qwen3-4b", 32, 512, ("adapter.r=16", LINEAR, NF4)),
    Asked("qwen3-8b", 1, 1024),
    Asked("qwen3-8b", 64, 512),
)


def predict() -> dict[str, Any]:
    """The predictions by the cases' names."""
    from workbench.engine.memory.predict import predict_evaluation

    around = machine(find_card(CARD))
    found = {}
    for one in CASES:
        batch = Generation(one.rows, one.prompt_tokens, NEW_TOKENS)
        estimate = predict_evaluation(one.case.profile(), _known()[HUB_IDS[one.model]], batch, around)
        found[one.name] = estimate.to_json()
        print(f"{one.name:80} {estimate.allocated_bytes / GIB:7.3f} {estimate.phase}", flush=True)
    return found


def answer(one: Asked) -> dict[str, Any]:
    """Answer one batch; what torch and NVML say of this process."""
    import torch

    from workbench.engine import model
    from workbench.engine.evaluate.generate import Asking, answers
    from workbench.engine.events import EventLog
    from workbench.engine.monitor import Monitor

    profile = one.case.profile(str(MODELS / one.model))
    loaded = model.attach(model.load_base(MODELS / one.model, profile), profile).requires_grad_(False).eval()
    loaded.get_base_model().generation_config.eos_token_id = None
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    prompts = [[index % 256] * one.prompt_tokens for index in range(one.rows)]
    tokens = one.rows * (one.prompt_tokens + NEW_TOKENS)
    notes: list[str] = []
    said = list(answers(loaded, byte_tokenizer(), prompts, Asking(NEW_TOKENS), tokens, notes.append))
    sample = Monitor(EventLog(Path("/dev/null")), model.gpu_uuid(), print).sample()
    return {
        "outcome": "finished",
        "batches": len(said),
        "notes": notes,
        "allocated_bytes": torch.cuda.max_memory_allocated(),
        "reserved_bytes": torch.cuda.max_memory_reserved(),
        "process_bytes": sample.process_bytes,
        "card": torch.cuda.get_device_name(0),
    }


def measure(out: Path) -> None:
    """Every case at once; what came of each."""
    commands = {one.name: [sys.executable, __file__, "one", str(number)] for number, one in enumerate(CASES)}
    running = {name: subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for name, words in commands.items()}
    results = {}
    for name, process in running.items():
        last = (process.communicate()[0].strip().splitlines() or [""])[-1]
        results[name] = json.loads(last) if last.startswith("{") else {"outcome": f"failed: {last}"}
        print(name, results[name], flush=True)
        out.write_text(json.dumps(results, indent=1))


def main() -> None:
    """Predict, measure or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("predict", "measure", "one", "table"))
    parser.add_argument("rest", nargs="?")
    arguments = parser.parse_args()
    if arguments.verb == "predict":
        PREDICTIONS.write_text(json.dumps(predict(), indent=1) + "\n")
    elif arguments.verb == "one":
        print(json.dumps(answer(CASES[int(arguments.rest)])))
    elif arguments.verb == "measure":
        measure(Path(arguments.rest))
    else:
        print(table(json.loads(Path(arguments.rest).read_text()), json.loads(PREDICTIONS.read_text())))


if __name__ == "__main__":
    main()
