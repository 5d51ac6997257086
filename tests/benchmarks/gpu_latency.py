"""One prompt at a time on one CUDA GPU: plain ``generate``, recorded steps, and compiled ones by several options.

Random weights of a real shape, as in ``gpu_evaluate.py``; about five minutes for the 8B:

    PYTHONPATH=.:tests/benchmarks python tests/benchmarks/gpu_latency.py [--size 8b] [--only NAME ...] [--times-only]

Every figure is one JSON line as soon as it is there. A variant that fails says so, and the next one is tried. Beside
each time stand the tokens that agree with the plain step when both are told the same tokens so far (in bf16 two that
are about as likely change places), and the kernels that take the time.
"""

from __future__ import annotations

import argparse
import gc
import time
import traceback
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from gpu_evaluate import SHAPES, make, plain_tpot, questions, tell, wait

from workbench.engine.evaluate import answering, graphs, latency
from workbench.engine.evaluate.attention import grouped_attention
from workbench.engine.evaluate.compiling import compiled
from workbench.engine.evaluate.decode import greedy, next_logits, read

VARIANTS: dict[str, dict[str, Any]] = {
    "recorded": {},
    "compiled": {},
    "compiled, products tuned": {"coordinate_descent_tuning": True},
    "compiled, products tuned, side by side": {"coordinate_descent_tuning": True, "combo_kernels": True},
    "compiled, products chosen": {"max_autotune_gemm": True},
}
"""Options of the compiler; the recorded step has no compiler. The tuning of products writes a product with one row as
a sum, which is fused with what stands beside it; minutes are spent on the best shape of each kernel."""
TARGET = 6
PROFILED = 10
TOP = 12


def compile_with(chosen: dict[str, Any], function: Any, **given: Any) -> Any:
    """``torch.compile`` with these options instead of the project's."""
    return torch.compile(function, **{**given, "options": chosen})


def refused(function: Any, **_: Any) -> Any:
    """A compiler that is not there, so that the recorded step is taken."""

    def step(*_: Any) -> Any:
        raise NotImplementedError("left out here")

    return step


def agreement(batch: graphs.Recorded, wanted: list[int]) -> int:
    """How many tokens after the first are the plain path's, each step given the plain path's tokens so far."""
    same = 0
    for before, after in pairwise(wanted):
        batch.token.fill_(before)
        same += batch.run(1)[0] == [after]
    return same


def distance(batch: graphs.Recorded, forward: graphs.Forward) -> dict[str, float]:
    """How far the scores of one step are from those of the plain step, beside how far they are spread."""
    given = (batch.model, batch.token, batch.mask, batch.position, batch.cache)
    plain, other = next_logits(*given).float(), forward(*given).float()
    return {"logits_max_difference": float((plain - other).abs().max()), "logits_std": float(plain.std())}


def kernels(batch: graphs.Recorded) -> dict[str, Any]:
    """Where the time of one replayed step goes: its kernels by microseconds a token."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        batch.run(PROFILED)
        torch.cuda.synchronize()
    found = [(e.self_device_time_total / PROFILED, e.count / PROFILED, e.key) for e in profile.key_averages()]
    found = sorted((one for one in found if one[0] > 0), reverse=True)
    return {
        "kernels_a_token": sum(count for _, count, _ in found),
        "busy_us_a_token": sum(time_us for time_us, _, _ in found),
        "top": [[round(time_us, 1), count, name[:70]] for time_us, count, name in found[:TOP]],
    }


def look_inside(name: str, model: Any, prompts: list[list[int]], plain: list[list[int]], forward: Any) -> None:
    """Build the step, then say how long that took, how it agrees and where its time goes."""
    new_tokens = len(plain[0])
    room = -(-(max(map(len, prompts)) + new_tokens) // graphs.WINDOW) * graphs.WINDOW
    with torch.inference_mode(), grouped_attention(model):
        begun = time.perf_counter()
        batch = graphs.Recorded(model, read(model, prompts[:1], new_tokens, capacity=room)[0], room, forward, True)
        batch.run(1)
        wait(model.device)
        tell(what="built", variant=name, seconds=time.perf_counter() - begun)
        same = 0
        for prompt, wanted in zip(prompts, plain, strict=True):
            batch.load(read(model, [prompt], new_tokens, capacity=room)[0])
            same += agreement(batch, wanted)
        total = len(prompts) * (new_tokens - 1)
        tell(what="agreement", variant=name, same_tokens=f"{same} of {total}", **distance(batch, forward))
        batch.load(read(model, prompts[:1], new_tokens, capacity=room)[0])
        tell(what="kernels", variant=name, **kernels(batch))


def timed(name: str, model: Any, prompts: list[list[int]], new_tokens: int, compiler: Any, base_s: float) -> float:
    """Times plain ``generate`` takes longer than this way, by the project's own protocol."""
    notes: list[str] = []
    answer = answering.answering(model, max(map(len, prompts)), new_tokens, notes.append, compiler)
    begun = time.perf_counter()
    answer(prompts[0])
    first_s = time.perf_counter() - begun
    timings = latency.measure(answer, prompts)
    found = latency.summary([one.tpot_s for one in timings])
    ttft_s = latency.summary([one.ttft_s for one in timings])["median"]
    facts = {"way": answer.way, "notes": notes, "first_answer_s": first_s, "ttft_s": ttft_s}
    tell(what="time per token", variant=name, ratio=base_s / found["median"], **found, **facts)
    return base_s / found["median"]


def forward_of(name: str) -> tuple[graphs.Forward, Any]:
    """The step of a variant, and the compiler that makes it."""
    if name == "recorded":
        return next_logits, refused
    compiler = partial(compile_with, VARIANTS[name])
    return compiled(compiler), compiler


def tried(
    name: str, model: Any, prompts: list[list[int]], plain: list[list[int]], base_s: float, parts: tuple[str, ...]
) -> float | None:
    """The ratio of one variant; None if it failed."""
    forward, compiler = forward_of(name)
    ratio = None
    for part in parts:
        try:
            if part == "time":
                ratio = timed(name, model, prompts, len(plain[0]), compiler, base_s)
            else:
                look_inside(name, model, prompts, plain, forward)
        except Exception as error:  # noqa: BLE001 - a variant is an experiment: whatever it raises, the others are tried
            told = traceback.format_exc().strip().splitlines()[-12:]
            tell(what="failed", variant=name, part=part, error=type(error).__name__, trace=told)
    torch.compiler.reset()
    gc.collect()
    if torch.cuda.is_available():
        tell(what="memory", variant=name, peak_gib=torch.cuda.max_memory_allocated() / 2**30)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    return ratio


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SHAPES, default="8b")
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--prompts", type=int, default=6)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--seconds", type=float, default=360, help="no variant is begun after so long")
    parser.add_argument("--times-only", action="store_true", help="do not look at tokens and kernels")
    chosen = parser.parse_args()
    begun = time.perf_counter()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = make(chosen.size, device)
    wait(device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    tell(what="made", size=chosen.size, seconds=time.perf_counter() - begun, torch=torch.__version__, device=name)
    every = questions(200, model.config.vocab_size)
    prompts = [every[place] for place in latency.chosen([len(prompt) for prompt in every], chosen.prompts)]
    plain = [greedy(model, [prompt], chosen.new_tokens, lambda _: False)[0][0] for prompt in prompts]
    base = plain_tpot(model, prompts, chosen.new_tokens)
    tell(what="time per token", variant="plain generate", **base)
    ratios: dict[str, float | None] = {}
    for variant in chosen.only:
        if time.perf_counter() - begun > chosen.seconds:
            tell(what="left out", variant=variant, reason="out of time")
            continue
        parts = ("time",) if chosen.times_only else ("time", "inside")
        ratios[variant] = tried(variant, model, prompts, plain, base["median"], parts)
    met = [variant for variant, ratio in ratios.items() if ratio and ratio >= TARGET]
    tell(what="target", ratio=TARGET, met_by=met, ratios=ratios, total_s=time.perf_counter() - begun)


if __name__ == "__main__":
    main()
