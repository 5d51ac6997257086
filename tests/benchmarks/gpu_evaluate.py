"""Answering on one CUDA GPU: many prompts at once against one by one, and one prompt against plain ``generate``.

Speed does not depend on what the weights are, so they are random, of a real shape; no model hub and no tokenizer is
needed, and of this project only the evaluation itself:

    PYTHONPATH=. python tests/benchmarks/gpu_evaluate.py [--size 8b]

Every figure is printed as soon as it is there, as one JSON line; the last line says which targets are met. Answers
have a fixed length, since random weights seldom end one.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from typing import Any

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from workbench.engine.evaluate import answering, generate, graphs, latency
from workbench.engine.evaluate.attention import plain_causal
from workbench.engine.evaluate.batching import budget
from workbench.engine.evaluate.decode import greedy, speak

SHAPES: dict[str, dict[str, Any]] = {
    "8b": {"hidden_size": 4096, "num_hidden_layers": 36, "intermediate_size": 12288, "num_attention_heads": 32},
    "0.6b": {"hidden_size": 1024, "num_hidden_layers": 28, "intermediate_size": 3072, "num_attention_heads": 16},
    "tiny": {"hidden_size": 64, "num_hidden_layers": 2, "intermediate_size": 128, "num_attention_heads": 4},
}
THROUGHPUT_TARGET, LATENCY_TARGET = 150, 6
HEAD_TOKENS = 24
"""Tokens that every prompt begins with, as a chat template makes them."""


class Numbers:
    """Stands for a tokenizer: an answer's text is its tokens' numbers, and no token ends one."""

    eos_token_id = None
    pad_token_id = 0

    def decode(self, tokens: list[int], **_: Any) -> str:
        """The numbers."""
        return " ".join(map(str, tokens))


def make(size: str, device: torch.device) -> Any:
    """A Qwen3 of that shape with random weights: bf16 on a GPU, fp32 on a CPU."""
    small = {"vocab_size": 1024, "num_key_value_heads": 2, "head_dim": 16} if size == "tiny" else {}
    common = {"vocab_size": 151936, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": size != "8b"}
    config = Qwen3Config(**{**common, **SHAPES[size], **small, "max_position_embeddings": 40960})
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16 if device.type == "cuda" else torch.float32)
    with device:
        model = Qwen3ForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    model.generation_config.eos_token_id = None
    return model.eval()


def questions(count: int, vocabulary: int) -> list[list[int]]:
    """Prompts of 80 to 300 tokens that begin alike."""
    draw = random.Random(7)
    head = [draw.randrange(5, vocabulary) for _ in range(HEAD_TOKENS)]
    return [head + [draw.randrange(5, vocabulary) for _ in range(draw.randrange(56, 276))] for _ in range(count)]


def tell(**figures: Any) -> dict[str, Any]:
    """Print figures as one line."""
    print(json.dumps({key: round(v, 5) if isinstance(v, float) else v for key, v in figures.items()}), flush=True)
    return figures


def wait(device: torch.device) -> None:
    """Until the GPU is done."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def one_by_one(model: Any, prompts: list[list[int]], new_tokens: int) -> tuple[float, list[list[int]]]:
    """Tokens per second of plain ``generate``, and what it said."""
    generate.by_library(model, prompts[:1], new_tokens, [], 0)
    wait(model.device)
    begun = time.perf_counter()
    said = [generate.by_library(model, [prompt], new_tokens, [], 0)[0] for prompt in prompts]
    wait(model.device)
    return len(prompts) * new_tokens / (time.perf_counter() - begun), said


def together(model: Any, prompts: list[list[int]], new_tokens: int, recorded: bool) -> tuple[float, dict[int, str]]:
    """Tokens per second of batches, prompts read and steps recorded within the time, and what was said."""
    notes: list[str] = []
    tokens = budget(model, "auto")
    begun = time.perf_counter()
    if recorded:
        asking = generate.Asking(new_tokens)
        batches = list(generate.answers(model, Numbers(), prompts, asking, tokens, notes.append))
        said = {answer.index: answer.text for batch in batches for answer in batch}
        rows = [len(batch) for batch in batches]
    else:
        order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]))
        answers = greedy(model, [prompts[index] for index in order], new_tokens, lambda _: False, (), speak)[0]
        said = {index: Numbers().decode(tokens) for index, tokens in zip(order, answers, strict=True)}
        rows = [len(prompts)]
    wait(model.device)
    speed = len(prompts) * new_tokens / (time.perf_counter() - begun)
    tell(what="batches", recorded=recorded, rows=rows, budget_tokens=tokens, notes=notes)
    return speed, said


def tpot(model: Any, prompts: list[list[int]], new_tokens: int) -> tuple[dict[str, float], str]:
    """Seconds per token of one prompt at a time, by the project's own protocol, and the way it was done."""
    notes: list[str] = []
    answer = answering.answering(model, max(map(len, prompts)), new_tokens, notes.append)
    timings = latency.measure(answer, prompts)
    first = latency.summary([one.ttft_s for one in timings])
    tell(what="time to first token", way=answer.way, notes=notes, **first)
    return latency.summary([one.tpot_s for one in timings]), answer.way


def plain_tpot(model: Any, prompts: list[list[int]], new_tokens: int) -> dict[str, float]:
    """The same of plain ``generate``: a whole answer less its first token."""
    answer = answering.by_generate(model, new_tokens)
    return latency.summary([one.tpot_s for one in latency.measure(answer, prompts)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SHAPES, default="8b")
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--alone", type=int, default=6, help="prompts that are answered one by one")
    chosen = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    begun = time.perf_counter()
    model = make(chosen.size, device)
    wait(device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    versions = {"torch": torch.__version__, "device": name, "plain_causal": plain_causal(model)}
    tell(what="made", size=chosen.size, seconds=time.perf_counter() - begun, graphs=graphs.usable(model), **versions)
    prompts = questions(chosen.prompts, model.config.vocab_size)
    few = [prompts[index] for index in latency.chosen(list(map(len, prompts)), chosen.alone)]
    base_tokens_per_s, alone = one_by_one(model, few, chosen.new_tokens)
    tell(what="one by one", tokens_per_s=base_tokens_per_s, prompts=len(few))
    together(model, prompts[:4], 4, recorded=True)  # libraries load what they need
    fast, said = together(model, prompts, chosen.new_tokens, recorded=True)
    same = sum(said[prompts.index(prompt)] == Numbers().decode(one) for prompt, one in zip(few, alone, strict=True))
    peak = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else None
    tell(what="together", tokens_per_s=fast, ratio=fast / base_tokens_per_s, same_answers=f"{same} of {len(few)}")
    eager, _ = together(model, prompts, chosen.new_tokens, recorded=False)
    tell(what="together, not recorded", tokens_per_s=eager, ratio=eager / base_tokens_per_s, peak_gib=peak)
    plain = plain_tpot(model, few, chosen.new_tokens)
    tell(what="time per token, plain generate", **plain)
    best, way = tpot(model, few, chosen.new_tokens)
    tell(what=f"time per token, {way}", ratio=plain["median"] / best["median"], **best)
    ratios = fast / base_tokens_per_s, plain["median"] / best["median"]
    met = {"throughput": ratios[0] >= THROUGHPUT_TARGET, "latency": ratios[1] >= LATENCY_TARGET}
    tell(
        what="targets",
        throughput_ratio=ratios[0],
        latency_ratio=ratios[1],
        met=met,
        total_s=time.perf_counter() - begun,
    )


if __name__ == "__main__":
    main()
