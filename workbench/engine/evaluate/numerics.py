"""How much an answer depends on its batch: in half precision, a few prompts are asked again, each alone.

Kernels add in another order when a batch has another shape. In fp32 that changes no answer; in bfloat16 it now and
then does, and a table must say how often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from workbench.engine.evaluate.attention import plain_causal
from workbench.engine.evaluate.batching import budget
from workbench.engine.evaluate.decode import greedy
from workbench.engine.evaluate.generate import EXACTLY, end_tokens, stop_at
from workbench.engine.evaluate.latency import chosen
from workbench.engine.evaluate.protocol import Questions
from workbench.engine.evaluate.ways import Sample, Subject
from workbench.profile import Profile

ALONE = 32
ALONE_TOKENS = 64
"""Tokens of each answer that are compared: a flip shows early, and one prompt at a time is slow."""


def check_alone(
    subject: Subject,
    asked: Questions,
    prompts: Sequence[Sequence[int]],
    done: dict[int, Sample],
    note: Callable[[str], None],
) -> None:
    """Write ``alone_same`` into ALONE samples, spread over the prompts' lengths: whether the answer is the same alone.

    Nothing is asked in fp32, nor twice.
    """
    if subject.model.dtype == torch.float32 or not plain_causal(subject.model):
        return
    able = [place for place in sorted(done) if done[place]["finish"] != "error"]
    places = [able[number] for number in chosen([len(prompts[place]) for place in able], ALONE)]
    places = [place for place in places if "alone_same" not in done[place]]
    ends = end_tokens(subject.model, subject.tokenizer)
    stop = stop_at(subject.tokenizer, ends, asked.answer_format == "boxed")
    limit = min(ALONE_TOKENS, asked.max_new_tokens)
    for place in places:
        tokens = greedy(subject.model, [prompts[place]], limit, stop)[0][0]
        complete = stop(tokens)
        said = tokens[:-1] if tokens[-1] in ends else tokens
        text = subject.tokenizer.decode(said, **EXACTLY)
        done[place]["alone_same"] = _same(done[place]["raw"], text, complete or limit == asked.max_new_tokens)
    flips = sum(not done[place]["alone_same"] for place in places)
    if flips:
        note(f"{asked.name}: {flips} of {len(places)} answers are others when asked alone ({subject.model.dtype})")


def _same(whole: str, alone: str, complete: bool) -> bool:
    """Whether an answer is the same; one that was cut may end within a character."""
    return whole == alone if complete else whole.startswith(alone.rstrip("\ufffd"))


def record(subject: Subject, profile: Profile, samples: Sequence[Sample]) -> dict[str, Any]:
    """What the numbers were made with; ``flips`` is None where it was not measured, and 0 of 0 in fp32."""
    asked = [sample["alone_same"] for sample in samples if "alone_same" in sample]
    exact = subject.model.dtype == torch.float32
    return {
        "dtype": str(subject.model.dtype).removeprefix("torch."),
        "attn": profile.model.attn_implementation,
        "batch_tokens": budget(subject.model, profile.eval.batch_tokens),
        "flip_n": len(asked),
        "flips": sum(not same for same in asked) if asked or exact else None,
    }
