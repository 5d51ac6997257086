"""The ways in which one prompt is answered and timed, the fastest first; the first that works here is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch

from workbench.engine.evaluate import graphs
from workbench.engine.evaluate.attention import grouped_attention, plain_causal
from workbench.engine.evaluate.compiling import Compiler, compiled
from workbench.engine.evaluate.decode import Speakers, next_logits, read, speak
from workbench.engine.evaluate.generate import by_library
from workbench.engine.evaluate.latency import Answerer, Timing

COMPILED, RECORDED, EAGER, GENERATE = "CUDA graphs, compiled", "CUDA graphs", "eager", "generate"
COMPILING = "compiling a step of decoding: a minute or two, once"

Say = Callable[[str], None]


class Answering:
    """Answers and times one prompt at a time.

    Compiling and recording are part of the first answer, which therefore must be a warm-up. Where a way fails at it,
    the next one is taken and the reason told; later nothing is changed any more.

    Args:
        ways: Names and answerers, the best first.
        say: Told why a way was left.
    """

    def __init__(self, ways: Sequence[tuple[str, Answerer]], say: Say) -> None:
        self.ways, self.say, self.works = list(ways), say, False

    @property
    def way(self) -> str:
        """Name of the way that is used, for good once a prompt has been answered."""
        return self.ways[0][0]

    def __call__(self, prompt: Sequence[int]) -> Timing:
        """One prompt's timing."""
        while not self.works and len(self.ways) > 1:
            try:
                timing = self.ways[0][1](prompt)
            except Exception as error:  # noqa: BLE001 - compilers and drivers raise what they like; the next way is there
                self._leave(error)
            else:
                self.works = True
                return timing
        return self.ways[0][1](prompt)

    def _leave(self, error: Exception) -> None:
        left, _ = self.ways.pop(0)
        reason = (str(error).strip().splitlines() or [""])[0]
        self.say(f"{left}: not possible here ({type(error).__name__}: {reason}); going on with {self.way}")


def answering(model: Any, longest: int, new_tokens: int, say: Say, compiler: Compiler = torch.compile) -> Answering:
    """What answers and times one prompt, the fastest way that this model has here.

    Args:
        model: In evaluation mode.
        longest: Tokens of the longest prompt.
        new_tokens: Tokens of each answer, at least 2.
        say: Told when something takes long, and why a way was left.
        compiler: As of ``compiling.compiled``.
    """
    if not plain_causal(model):
        return Answering([(GENERATE, by_generate(model, new_tokens))], say)
    ways = [(EAGER, _eager(model, new_tokens))]
    if graphs.usable(model):
        room = longest + new_tokens
        plain = _recorded(model, room, new_tokens, lambda: next_logits)

        def forward() -> graphs.Forward:
            say(COMPILING)
            return compiled(compiler)

        ways = [(COMPILED, _recorded(model, room, new_tokens, forward)), (RECORDED, plain), *ways]
    return Answering(ways, say)


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


def _recorded(model: Any, room: int, new_tokens: int, forward: Callable[[], graphs.Forward]) -> Answerer:
    """All prompts go through one cache and its one recording, made with the first prompt.

    Each step reads the cache's whole room: beside the weights that costs one row next to nothing, and another width
    would have to be compiled and recorded anew, within what is timed.
    """
    capacity = -(-room // graphs.WINDOW) * graphs.WINDOW
    batch: list[graphs.Recorded] = []

    def others(speakers: Speakers) -> None:
        if batch:
            batch[0].load(speakers)
        else:
            batch.append(graphs.Recorded(model, speakers, capacity, forward(), keep=True))
        for done in range(1, new_tokens, graphs.LOOK_EVERY):
            batch[0].run(min(graphs.LOOK_EVERY, new_tokens - done))

    def answer(prompt: Sequence[int]) -> Timing:
        return _timed(model, lambda: read(model, [prompt], new_tokens, capacity=capacity)[0], others, new_tokens)

    return answer


def by_generate(model: Any, new_tokens: int) -> Answerer:
    """By the library's own ``generate``: the first token, then all of them; the difference is what the others took."""

    def answer(prompt: Sequence[int]) -> Timing:
        one = _timed(model, lambda: by_library(model, [prompt], 1, [], 0), lambda _: None, 2)
        whole = _timed(model, lambda: by_library(model, [prompt], new_tokens, [], 0), lambda _: None, 2)
        return Timing(one.ttft_s, max(0.0, whole.ttft_s - one.ttft_s) / (new_tokens - 1))

    return answer
