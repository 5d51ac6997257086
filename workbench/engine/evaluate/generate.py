"""Greedy answers in batches under a token budget, the same as one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig, PreTrainedTokenizerBase

from workbench.engine.evaluate import graphs, parse
from workbench.engine.evaluate.attention import inner, plain_causal
from workbench.engine.evaluate.batching import in_batches
from workbench.engine.evaluate.decode import Stop, greedy, speak

EXACTLY: dict[str, Any] = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}


@dataclass(frozen=True)
class Answer:
    """What the model said to one prompt.

    Args:
        index: Of the prompt.
        text: Without special tokens.
        finish: "stop" at an end token or behind a closed box, "length" at the limit.
        new_tokens: How many were generated, the end token counted.
        batch_rows: How many prompts were answered together.
        seconds: The batch's time divided by its prompts.
        look: Log-probability of each probe token after the prompt; None where no probe was asked for or possible.
    """

    index: int
    text: str
    finish: str
    new_tokens: int
    batch_rows: int
    seconds: float
    look: list[float] | None = None


@dataclass(frozen=True)
class Asking:
    """How answers are generated.

    Args:
        max_new_tokens: Limit of an answer.
        in_box: Whether an answer is complete once it has closed its box.
        probe: Tokens whose log-probability after each prompt is wanted too.
    """

    max_new_tokens: int
    in_box: bool = False
    probe: tuple[int, ...] = ()


def answers(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    asking: Asking,
    batch_tokens: int,
    on_note: Callable[[str], None],
    wanted: Collection[int] | None = None,
) -> Iterator[list[Answer]]:
    """Answers in batches, the longest prompts first so that the largest batch comes first.

    A batch holds at most ``batch_tokens`` of padded prompt and answer; it is halved when the GPU runs out of
    memory, and stays halved.

    Args:
        model: In evaluation mode.
        tokenizer: Its tokenizer.
        prompts: Token ids of each prompt.
        asking: How.
        batch_tokens: The budget.
        on_note: Told when a batch was too large for the GPU, and what else is not as it should be.
        wanted: Prompts whose answers are missing; only batches that hold one are asked. All by default.

    Raises:
        torch.OutOfMemoryError: Not even one prompt fits.
    """
    ends = end_tokens(model, tokenizer)
    stop = stop_at(tokenizer, ends, asking.in_box)
    speaking = [graphs.speak_recorded] if graphs.usable(model) else []
    speaking.append(speak)

    def ask_plain(chosen: list[Sequence[int]]) -> tuple[list[list[int]], list[list[float]]]:
        way = speaking[0] if len(chosen) <= graphs.MOST_ROWS else speak
        try:
            return greedy(model, chosen, asking.max_new_tokens, stop, asking.probe, way)
        except graphs.NotRecordableError as error:
            on_note(f"CUDA graphs cannot be used here ({error}): slower, with the same answers")
            del speaking[0]
            return ask_plain(chosen)

    def ask(batch: list[int]) -> list[Answer]:
        chosen = [prompts[index] for index in batch]
        begun = time.perf_counter()
        if plain_causal(model):
            said, looks = ask_plain(chosen)
        else:
            said = by_library(model, chosen, asking.max_new_tokens, ends, tokenizer.pad_token_id)
            said, looks = [_stopped(one, stop) for one in said], [[] for _ in said]
        seconds = (time.perf_counter() - begun) / len(batch)
        return [
            _answer(index, tokens, look or None, tokenizer, stop, ends, len(batch), seconds)
            for index, tokens, look in zip(batch, said, looks, strict=True)
        ]

    widths = [len(prompt) + asking.max_new_tokens for prompt in prompts]
    for _, done in in_batches(widths, batch_tokens, ask, on_note, wanted):
        yield done


def end_tokens(model: Any, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Ids that end an answer: the model's own and the tokenizer's."""
    own = inner(model).generation_config.eos_token_id
    ids = own if isinstance(own, list) else [own]
    return sorted({token for token in [*ids, tokenizer.eos_token_id] if token is not None})


def stop_at(tokenizer: PreTrainedTokenizerBase, ends: Collection[int], in_box: bool) -> Stop:
    """Says of the tokens so far whether an answer is complete: at an end token, or behind a closed box.

    Only a token with a brace in it can close a box, so only then is the answer read.
    """
    braces: dict[int, bool] = {}

    def complete(said: Sequence[int]) -> bool:
        last = said[-1]
        if last in ends:
            return True
        if not in_box:
            return False
        if last not in braces:
            braces[last] = "}" in tokenizer.decode([last])
        return braces[last] and parse.closes_box(tokenizer.decode(list(said), **EXACTLY))

    return complete


@torch.inference_mode()
def by_library(
    model: Any, prompts: Sequence[Sequence[int]], max_new_tokens: int, ends: list[int], pad: int
) -> list[list[int]]:
    """New tokens by ``generate`` itself, for models whose attention is not plain.

    Greedy whatever the model's own defaults are: some ship a temperature, which would sample.
    """
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    settings = GenerationConfig(
        max_new_tokens=max_new_tokens, do_sample=False, num_beams=1, eos_token_id=ends, pad_token_id=pad
    )
    output = model.generate(
        input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=settings
    )
    said: list[list[int]] = output[:, width:].tolist()
    return said


def _stopped(tokens: list[int], stop: Stop) -> list[int]:
    """A row up to where it is complete; the rest is padding for the longer ones, or beyond its box."""
    length = next((place for place in range(1, len(tokens) + 1) if stop(tokens[:place])), len(tokens))
    return tokens[:length]


def _answer(
    index: int,
    tokens: list[int],
    look: list[float] | None,
    tokenizer: PreTrainedTokenizerBase,
    stop: Stop,
    ends: Collection[int],
    batch_rows: int,
    seconds: float,
) -> Answer:
    said = tokens[:-1] if tokens[-1] in ends else tokens
    finish = "stop" if stop(tokens) else "length"
    return Answer(index, tokenizer.decode(said, **EXACTLY), finish, len(tokens), batch_rows, seconds, look)
