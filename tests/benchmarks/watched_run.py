"""A run to watch: QLoRA on random weights of Qwen3-8B's shape, or of a small model; started as a user starts it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gpu_study import make

from workbench.engine.events import Event, EventReader
from workbench.engine.run import Run, runs
from workbench.paths import Workspace

MAX_STEPS = 100_000
TOKENS = 512
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PROFILE = """
[model]
name = "{model}"
dtype = "{dtype}"
[adapter]
method = "lora"
r = 16
target_modules = "all-linear"
[quant]
method = "{quant}"
[data]
train_file = "{rows}"
[train]
max_steps = {steps}
per_device_train_batch_size = 1
gradient_accumulation_steps = 1
warmup_steps = 4
optim = "{optim}"
max_length = {tokens}
gradient_checkpointing = true
use_liger_kernel = "auto"
save_steps = {steps}
[eval]
enabled = false
base = false
"""


def make_tokenizer(folder: Path) -> int:
    """Write a tokenizer of one token a byte, with ChatML's turns; its size."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate(letters)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens([AddedToken(t, special=True) for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    made = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    made.chat_template = CHATML
    made.save_pretrained(folder)
    return len(made)


def make_tiny(folder: Path, tokenizer: Path, vocabulary: int) -> None:
    """Write a small Llama with random weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4}
    LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, num_key_value_heads=4, **sizes)).save_pretrained(folder)
    shutil.copytree(tokenizer, folder, dirs_exist_ok=True)


def make_model(folder: Path, tiny: bool) -> None:
    """Write the weights; in a process of its own, so that this one holds no GPU memory."""
    tokenizer = folder.with_name("tokenizer")
    vocabulary = make_tokenizer(tokenizer)
    if tiny:
        make_tiny(folder, tokenizer, vocabulary)
    else:
        make("qwen3-8b", folder, tokenizer)


def make_rows(path: Path) -> None:
    """Write rows that are all of the same length, close to the longest that is trained."""
    draw = random.Random(7)
    words = [f"{draw.randrange(10**8):08d}" for _ in range(4000)]
    rows = [
        {"prompt": " ".join(draw.choices(words, k=28)), "completion": " ".join(draw.choices(words, k=20))}
        for _ in range(512)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def command(workspace: Workspace, *words: str) -> list[str]:
    """The product's command."""
    return [sys.executable, "-m", "workbench", "--workspace", str(workspace.root), *words]


def start(workspace: Workspace, model: Path, tiny: bool) -> Run:
    """Start the run with the product's command."""
    rows = workspace.root / "rows.jsonl"
    make_rows(rows)
    text = PROFILE.format(
        model=model,
        rows=rows,
        steps=MAX_STEPS,
        tokens=TOKENS,
        dtype="float32" if tiny else "bfloat16",
        quant="none" if tiny else "nf4",
        optim="adamw_torch" if tiny else "paged_adamw_8bit",
    )
    folder = workspace.root / "profiles"
    folder.mkdir(exist_ok=True)
    (folder / "watched.toml").write_text(text)
    done = subprocess.run(command(workspace, "run", "watched", "--detach"), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the run could not be started ({done.returncode}):\n{done.stdout}{done.stderr}")
    return runs(workspace)[-1]


def events(run: Run, kind: str) -> list[Event]:
    """All of a kind so far."""
    if not run.events_file.exists():
        return []
    return [event for event in EventReader(run.events_file).read() if event.kind == kind]


def wait_until(done: Callable[[], bool], run: Run, limit_s: float, what: str) -> None:
    """Wait; ends this program with the worker's last words when it does not come."""
    deadline = time.monotonic() + limit_s
    while not done():
        if events(run, "ended") or time.monotonic() > deadline:
            log = run.log_file.read_text(errors="replace")[-4000:] if run.log_file.exists() else ""
            raise SystemExit(f"{what} did not come within {limit_s:.0f} s; the worker said:\n{log}")
        time.sleep(0.5)
