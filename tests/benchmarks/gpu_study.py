"""Train the study's configurations for a few steps on random weights of the real shapes; print their memory.

Memory and speed do not depend on what the weights are, so no model hub is needed, only a tokenizer:

    python tests/benchmarks/gpu_study.py --tokenizer FOLDER --rows train.parquet [PROFILE ...]

Each configuration is a shipped profile, run through the ``workbench`` command in a workspace of its own; the figures
are those of its ``result.json``. "Measured apart" is the same workload outside Workbench.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GIB = 2**30
SHAPES: dict[str, dict[str, Any]] = {
    "qwen3-0.6b": {"hidden_size": 1024, "num_hidden_layers": 28, "intermediate_size": 3072, "num_attention_heads": 16},
    "qwen3-1.7b": {"hidden_size": 2048, "num_hidden_layers": 28, "intermediate_size": 6144, "num_attention_heads": 16},
    "qwen3-4b": {"hidden_size": 2560, "num_hidden_layers": 36, "intermediate_size": 9728, "num_attention_heads": 32},
    "qwen3-8b": {
        "hidden_size": 4096,
        "num_hidden_layers": 36,
        "intermediate_size": 12288,
        "num_attention_heads": 32,
        "tie_word_embeddings": False,
    },
}
COLUMNS = (
    *("profile", "allocated GiB", "reserved GiB", "NVML process GiB", "measured apart GiB", "deviation", "tokens/s"),
    *("tensors moved by the proof's step", "NVML samples"),
)
REFERENCE_GIB = {
    "qwen3-4b-full": 32.44,
    "qwen3-8b-lora": 19.62,
    "qwen3-8b-dora": 19.86,
    "qwen3-8b-vera": 15.61,
    "qwen3-8b-qlora": 6.96,
}


def make(name: str, folder: Path, tokenizer: Path) -> None:
    """Write random bf16 weights of a model's real shape, with a tokenizer, to a folder."""
    import torch
    from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

    common = {"vocab_size": 151936, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": True}
    ids = {"bos_token_id": 151643, "eos_token_id": 151645, "pad_token_id": 151643}
    config = Qwen3Config(**{**common, **ids, "max_position_embeddings": 40960, **SHAPES[name]})
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        model = Qwen3ForCausalLM(config)
    model.save_pretrained(folder, max_shard_size="4GB")
    AutoTokenizer.from_pretrained(tokenizer).save_pretrained(folder)


def run(profile: str, folder: Path, workspace: Path, rows: Path, steps: int) -> dict[str, Any]:
    """The result of one shipped profile, trained for a few steps without evaluation."""
    changes = [
        f'model.name="{folder}"',
        f'data.train_file="{rows}"',
        'data.dataset=""',
        'data.format="auto"',
        f"train.max_steps={steps}",
        'train.train_sampling_strategy="sequential"',
        "train.save_steps=100000",
        "eval.enabled=false",
        "eval.datasets=[]",
    ]
    sets = [argument for change in changes for argument in ("--set", change)]
    command = [sys.executable, "-m", "workbench", "--workspace", str(workspace), "run"]
    done = subprocess.run(
        [*command, str(ROOT / "profiles" / f"{profile}.toml"), *sets, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    folders = sorted((workspace / "metrics").glob(f"*-{profile}"))
    if done.returncode != 0:
        log = (folders[-1] / "worker.log").read_text()[-3000:] if folders else ""
        raise SystemExit(f"{profile}: exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr}\n{log}")
    result: dict[str, Any] = json.loads((folders[-1] / "result.json").read_text())
    events = [json.loads(line) for line in (folders[-1] / "events.jsonl").read_text().splitlines()]
    result["nvml_samples"] = sum("process_bytes" in event or "device_used_bytes" in event for event in events)
    return result


def line(profile: str, result: dict[str, Any]) -> str:
    """One row of the table, as Markdown."""
    memory, training = result["memory"], result["training"]
    proof = training["proof"]
    allocated = memory["peak_allocated_bytes"] / GIB
    reference = REFERENCE_GIB.get(profile)
    cells = [
        profile,
        f"{allocated:.3f}",
        f"{memory['peak_reserved_bytes'] / GIB:.3f}",
        f"{memory['peak_process_bytes'] / GIB:.3f}" if memory["peak_process_bytes"] else "n/a",
        f"{reference:.2f}" if reference else "n/a",
        f"{allocated / reference - 1:+.2%}" if reference else "n/a",
        f"{training['tokens_per_s']:.0f}",
        f"{proof['tensors_moved']} of {proof['trainable_tensors']}",
        str(result["nvml_samples"]),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Make the models, run the profiles, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "gpu_study")
    parser.add_argument("profiles", nargs="*", default=list(REFERENCE_GIB))
    arguments = parser.parse_args()
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for profile in arguments.profiles:
        name = "-".join(profile.split("-")[:2])
        folder = arguments.work / name
        if not (folder / "config.json").exists():
            make(name, folder, arguments.tokenizer)
        result = run(profile, folder, arguments.work, arguments.rows.resolve(), arguments.steps)
        print(line(profile, result), flush=True)


if __name__ == "__main__":
    main()
