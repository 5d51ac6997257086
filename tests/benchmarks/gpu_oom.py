"""Does a run that is too large for its card go on by itself, with the same losses? On a GPU with an artificial cap.

    python tests/benchmarks/gpu_oom.py [--shape qwen3-0.6b] [--work FOLDER]

Random weights of a real shape and a tokenizer of one token a byte, so nothing is fetched. Two runs without a cap
measure what micro-batches of 8 and of 2 rows take. Then torch may have only as much as lies between 2 and 4 rows: a run
of 8 must be halved twice and reach the losses of the run of 2. Last, torch may have less than one row takes: that run
must end with what to do about it. The cap is set by this file's own worker entry, which then is the product's worker.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from gpu_study import GIB, SHAPES, make
from watched_run import make_tokenizer

from workbench import profile as profiles
from workbench.engine import launch, worker
from workbench.engine.events import EventReader
from workbench.engine.run import Run, create
from workbench.engine.run_state import state
from workbench.paths import Workspace

EFFECTIVE = 16
STEPS = 4
TOLERANCE = 0.02
"""Relative, for losses in bf16: products of other shapes round differently."""


def make_rows(path: Path) -> None:
    """Write rows of 500 to 1,000 tokens."""
    rows = [
        {"prompt": f"Copy what follows. {' '.join(str(n * k) for k in range(60 + n % 60))}", "completion": f"{n} " * 80}
        for n in range(EFFECTIVE * STEPS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(workspace: Workspace, model: Path, rows: int, cap: float, predicted: int = 0) -> Run:
    """A run with micro-batches of so many rows, in a process that may have a fraction of the card; 1.0 is no cap."""
    text = f'[model]\nname = "{model}"\n[data]\ntrain_file = "{workspace.root}/rows.jsonl"\n'
    changes = [
        *(
            f"train.max_steps={STEPS}",
            f"train.per_device_train_batch_size={rows}",
            "train.gradient_checkpointing=false",
        ),
        *(f"train.gradient_accumulation_steps={EFFECTIVE // rows}", 'train.train_sampling_strategy="sequential"'),
        *("train.save_steps=100000", "eval.enabled=false", "train.max_length=1024", "adapter.lora_dropout=0.0"),
    ]
    made = create(workspace, profiles.parse(text, f"rows{rows}-cap{cap:.3f}", "here", changes))
    if predicted:
        estimate = {"allocated_bytes": predicted, "reserved_bytes": None, "process_bytes": None, "source": "simulation"}
        made.prediction_file.write_text(json.dumps({"train": estimate, "evaluate": None, "versions": {}}))
    command = [sys.executable, __file__, "--worker", str(cap), str(workspace.root), made.id, "run"]
    with made.log_file.open("ab") as log:
        subprocess.run(command, stdout=log, stderr=log, env=launch.environment(), check=False)
    return made


def capped_worker(cap: float, arguments: list[str]) -> int:
    """The product's worker in a process whose allocator may have a fraction of the card."""
    import torch

    torch.cuda.set_per_process_memory_fraction(cap, 0)
    return worker.main(arguments)


def finished(made: Run) -> dict[str, Any]:
    """Its result, or the end of this program with its log."""
    result = made.result()
    if result is None:
        raise SystemExit(f"{made.id}: {state(made).reason}\n{launch.log_tail(made, 40)}")
    return result


def losses(made: Run) -> list[float]:
    """By step."""
    return [event.fields["loss"] for event in EventReader(made.events_file).read() if event.kind == "step"]


def recovered_to(made: Run) -> list[int]:
    """The micro-batches that it came down to."""
    events = EventReader(made.events_file).read()
    return [event.fields["to_micro_batch"] for event in events if event.kind == "recovered"]


def told(made: Run, result: dict[str, Any]) -> None:
    """Print one run."""
    memory, training = result["memory"], result["training"]
    sizes = {name: memory[name] for name in ("peak_allocated_bytes", "peak_reserved_bytes", "peak_device_delta_bytes")}
    shown = ", ".join(f"{name} {(size or 0) / GIB:.3f} GiB" for name, size in sizes.items())
    print(f"{made.id}: {shown}; {training['tokens_per_s']} tokens/s; losses {losses(made)}")
    for recovery in training["recoveries"]:
        print(f"  recovered: {json.dumps(recovery)}")
    if memory["deviation"] is not None:
        print(f"  predicted {memory['predicted_allocated_bytes'] / GIB:.3f} GiB: {memory['deviation']:+.1%}")
        print(f"  {memory['deviation_causes']}")


def study(workspace: Workspace, model: Path) -> list[str]:
    """Do the four runs and print them; what went wrong."""
    import torch

    total = torch.cuda.get_device_properties(0).total_memory
    large, small = (run(workspace, model, rows, 1.0) for rows in (8, 2))
    results = [finished(made) for made in (large, small)]
    for made, result in zip((large, small), results, strict=True):
        told(made, result)
    most, least = (result["memory"]["peak_allocated_bytes"] for result in results)
    row = (most - least) / 6
    print(f"a row takes {row / GIB:.3f} GiB; the card has {total / GIB:.1f} GiB")
    capped = run(workspace, model, 8, (least + row) / total, predicted=most)
    recovered = finished(capped)
    told(capped, recovered)
    hopeless = run(workspace, model, 8, (least - 1.7 * row) / total)
    ended = state(hopeless)
    print(f"{hopeless.id}: {ended.status}: {ended.reason}\n  {ended.fields['ended'].get('fix')}")
    sizes = recovered_to(capped)
    off = max(abs(a - b) / b for a, b in zip(losses(capped), losses(small), strict=True))
    print(f"largest relative difference of a loss to the run of 2 rows: {off:.5f}")
    checks = {
        f"halved to {sizes}, not to [4, 2]": sizes == [4, 2],
        "the cap was exceeded": recovered["memory"]["peak_reserved_bytes"] <= least + row,
        f"a loss differs by {off:.3%}": off <= TOLERANCE,
        "tokens were counted twice": recovered["training"]["tokens"] == results[1]["training"]["tokens"],
        "steps are missing": recovered["training"]["steps"] == STEPS,
        "the run without room for a row was not tried with one": recovered_to(hopeless)[-1:] == [1],
        "the run without room for a row did not fail clearly": ended.status == "failed" and "memory" in ended.reason,
    }
    return [problem for problem, held in checks.items() if not held]


def main() -> None:
    """Make the model, do the runs, say what went wrong."""
    if sys.argv[1:2] == ["--worker"]:
        raise SystemExit(capped_worker(float(sys.argv[2]), sys.argv[3:]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="qwen3-0.6b")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "gpu_oom")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    folder = work / arguments.shape
    work.mkdir(parents=True, exist_ok=True)
    if not (folder / "config.json").exists():
        make_tokenizer(work / "tokenizer")
        make(arguments.shape, folder, work / "tokenizer")
    make_rows(work / "rows.jsonl")
    problems = study(Workspace(work), folder)
    print("\n".join(problems) or "all as expected")
    raise SystemExit(len(problems))


if __name__ == "__main__":
    main()
