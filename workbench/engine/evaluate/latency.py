"""How fast one prompt is answered: time to the first token and time per token, at a forced length.

A batched run says nothing of it, and an answer's own length would: a model that says less would seem faster. So every
answer is exactly as long, end tokens are ignored, and how long answers would be by themselves is told apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from workbench.engine.evaluate import graphs
from workbench.engine.evaluate.attention import grouped_attention, plain_causal
from workbench.engine.evaluate.decode import Speakers, read, speak
from workbench.engine.evaluate.generate import by_library

WARM_UPS = 3
NEW_TOKENS = 64
PROMPTS = 32
DRAWS = 2000


@dataclass(frozen=True)
class Timing:
    """One prompt, answered alone.

    Args:
        ttft_s: Until the first token was there.
        tpot_s: Each of the others took, on average.
    """

    ttft_s: float
    tpot_s: float


Answerer = Callable[[Sequence[int]], Timing]


def chosen(lengths: Sequence[int], count: int = PROMPTS) -> list[int]:
    """Places of ``count`` prompts, spread evenly over their lengths, the shortest and the longest among them."""
    order = sorted(range(len(lengths)), key=lambda place: (lengths[place], place))
    if len(order) <= count:
        return order
    return [order[round(step * (len(order) - 1) / (count - 1))] for step in range(count)]


def measure(answer: Answerer, prompts: Sequence[Sequence[int]]) -> list[Timing]:
    """One timing a prompt, after warm-ups that do not count."""
    for prompt in [prompts[0], prompts[-1], *prompts][:WARM_UPS]:
        answer(prompt)
    return [answer(prompt) for prompt in prompts]


def answerer(model: Any, longest: int, new_tokens: int = NEW_TOKENS, compiled: bool = False) -> tuple[Answerer, str]:
    """What answers and times one prompt, the fastest way that this model has here, and that way's name.

    Args:
        model: In evaluation mode.
        longest: Tokens of the longest prompt.
        new_tokens: Tokens of each answer, at least 2.
        compiled: Whether the recorded step is compiled too, which takes a minute at first.
    """
    if not plain_causal(model):
        return _by_library(model, new_tokens), "generate"
    if graphs.usable(model):
        forward = torch.compile(model.forward, dynamic=False) if compiled else model
        return _recorded(model, longest + new_tokens, new_tokens, forward), "CUDA graphs"
    return _eager(model, new_tokens), "eager"


def _never(_: Sequence[int]) -> bool:
    return False


def _wait(model: Any) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize(model.device)


def _timed(model: Any, first: Callable[[], Any], others: Callable[[Any], Any], new_tokens: int) -> Timing:
    with torch.inference_mode(), grouped_attention(model) if plain_causal(model) else nullcontext():
        _wait(model)
        begun = time.perf_counter()
        state = first()
        _wait(model)
        there = time.perf_counter()
        others(state)
        _wait(model)
        return Timing(there - begun, (time.perf_counter() - there) / (new_tokens - 1))


def _eager(model: Any, new_tokens: int) -> Answerer:
    def answer(prompt: Sequence[int]) -> Timing:
        return _timed(
            model,
            lambda: read(model, [prompt], new_tokens)[0],
            lambda speakers: speak(model, speakers, new_tokens, _never),
            new_tokens,
        )

    return answer


def _recorded(model: Any, capacity: int, new_tokens: int, forward: Any) -> Answerer:
    """All prompts go through one cache and its recordings, so that recording is no part of what is timed."""
    room = -(-capacity // graphs.WINDOW) * graphs.WINDOW
    batch: list[graphs.Recorded] = []

    def others(speakers: Speakers) -> None:
        if batch:
            batch[0].load(speakers)
        else:
            batch.append(graphs.Recorded(model, speakers, forward, keep=True))
        for done in range(1, new_tokens, graphs.LOOK_EVERY):
            batch[0].run(min(graphs.LOOK_EVERY, new_tokens - done))

    def answer(prompt: Sequence[int]) -> Timing:
        return _timed(model, lambda: read(model, [prompt], new_tokens, capacity=room)[0], others, new_tokens)

    return answer


def _by_library(model: Any, new_tokens: int) -> Answerer:
    """By ``generate``: the first token apart, then all of them; the difference is what the others took."""

    def answer(prompt: Sequence[int]) -> Timing:
        one = _timed(model, lambda: by_library(model, [prompt], 1, [], 0), lambda _: None, 2)
        whole = _timed(model, lambda: by_library(model, [prompt], new_tokens, [], 0), lambda _: None, 2)
        return Timing(one.ttft_s, max(0.0, whole.ttft_s - one.ttft_s) / (new_tokens - 1))

    return answer


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile with 95 % bootstrap intervals over prompts, in the values' unit."""
    array = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(0).choice(array, (DRAWS, len(array)))
    found: dict[str, float] = {}
    for name, percent, prefix in (("median", 50, ""), ("p95", 95, "p95_")):
        low, high = np.percentile(np.percentile(draws, percent, axis=1), [2.5, 97.5])
        found |= {name: float(np.percentile(array, percent)), f"{prefix}low": float(low), f"{prefix}high": float(high)}
    return found


def record(
    timings: Sequence[Sequence[Timing]],
    new_tokens: int,
    natural: dict[str, float | None],
    conditions: dict[str, Any],
    interleaved_with: Sequence[str] = (),
) -> dict[str, Any]:
    """The ``latency`` part of a result.

    Args:
        timings: Of each repeat, one a prompt.
        new_tokens: Length of each answer.
        natural: From ``natural``.
        conditions: What the figures hold under; others must not be ranked against them.
        interleaved_with: Runs that were measured in turns with this one.
    """
    every = [timing for one in timings for timing in one]
    return {
        "prompts": len(timings[0]),
        "repeats": len(timings),
        "new_tokens": new_tokens,
        "ttft_s": summary([timing.ttft_s for timing in every]),
        "tpot_s": summary([timing.tpot_s for timing in every]),
        "natural": natural,
        "conditions": conditions,
        "interleaved_with": list(interleaved_with),
    }


def natural(say: Callable[[Sequence[int]], int], prompts: Sequence[Sequence[int]]) -> dict[str, float | None]:
    """How long answers take that end by themselves, and how long they are: apart, for it says more of the answers.

    Args:
        say: Answers one prompt; tells how many tokens it said.
        prompts: A few.
    """
    took, lengths = [], []
    for prompt in prompts:
        begun = time.perf_counter()
        lengths.append(say(prompt))
        took.append(time.perf_counter() - begun)
    if not took:
        return {"seconds_median": None, "new_tokens_mean": None}
    return {"seconds_median": float(np.median(took)), "new_tokens_mean": sum(lengths) / len(lengths)}
