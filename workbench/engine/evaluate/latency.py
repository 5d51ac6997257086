"""How fast one prompt is answered: time to the first token and time per token, at a forced length.

A batched run says nothing of it, and an answer's own length would: a model that says less would seem faster. So every
answer is exactly as long, end tokens are ignored, and how long answers would be by themselves is told apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
