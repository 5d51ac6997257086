"""Greedy answers in batches under a token budget, the same as one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Answer:
    """What the model said to one prompt.

    Args:
        index: Of the prompt.
        text: Without special tokens.
        finish: "stop" at an end token, "length" at the limit.
        new_tokens: How many were generated, the end token counted.
        batch_rows: How many prompts were answered together.
        seconds: The batch's time divided by its prompts.
    """

    index: int
    text: str
    finish: str
    new_tokens: int
    batch_rows: int
    seconds: float


def answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    batch_tokens: int,
    on_shrink: Callable[[int], None],
) -> Iterator[list[Answer]]:
    """Answers in batches, the longest prompts first so that the largest batch comes first.

    A batch holds at most ``batch_tokens`` of padded prompt and answer; it is halved when the GPU runs out of
    memory, and stays halved.

    Args:
        model: In evaluation mode.
        tokenizer: Its tokenizer.
        prompts: Token ids of each prompt.
        max_new_tokens: Limit of an answer.
        batch_tokens: The budget.
        on_shrink: Called with the new budget when a batch was too large for the GPU.

    Raises:
        torch.OutOfMemoryError: Not even one prompt fits.
    """
    order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]))
    settings = _greedy(model, tokenizer, max_new_tokens)
    while order:
        batch = _batch(order, prompts, max_new_tokens, batch_tokens)
        try:
            done = _answer(model, tokenizer, [(index, prompts[index]) for index in batch], settings)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise
            torch.cuda.empty_cache()
            batch_tokens = len(batch) // 2 * (len(prompts[batch[0]]) + max_new_tokens)
            on_shrink(batch_tokens)
            continue
        order = order[len(batch) :]
        yield done


def _batch(order: list[int], prompts: Sequence[Sequence[int]], max_new_tokens: int, budget: int) -> list[int]:
    width = len(prompts[order[0]]) + max_new_tokens
    return order[: max(1, budget // width)]


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Ids that end an answer: the model's own and the tokenizer's."""
    own = model.generation_config.eos_token_id
    ids = own if isinstance(own, list) else [own]
    return sorted({token for token in [*ids, tokenizer.eos_token_id] if token is not None})


def _greedy(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, max_new_tokens: int) -> GenerationConfig:
    """Greedy whatever the model's own defaults are: some ship a temperature, which would sample."""
    return GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        eos_token_id=end_tokens(model, tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )


@torch.inference_mode()
def _answer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    batch: list[tuple[int, Sequence[int]]],
    settings: GenerationConfig,
) -> list[Answer]:
    width = max(len(prompt) for _, prompt in batch)
    pad = tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for _, prompt in batch])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for _, prompt in batch])
    begun = time.perf_counter()
    output = model.generate(
        input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=settings
    )
    generated = output[:, width:].tolist()  # waits for the GPU
    seconds = (time.perf_counter() - begun) / len(batch)
    return [
        _cut(index, tokens, tokenizer, settings.eos_token_id, len(batch), seconds)
        for (index, _), tokens in zip(batch, generated, strict=True)
    ]


def _cut(
    index: int,
    tokens: list[int],
    tokenizer: PreTrainedTokenizerBase,
    ends: list[int],
    batch_rows: int,
    seconds: float,
) -> Answer:
    """The answer up to its own end; the rest of its row is padding for the longer ones."""
    length = next((place for place, token in enumerate(tokens) if token in ends), None)
    finish = "length" if length is None else "stop"
    said = tokens if length is None else tokens[:length]
    text = tokenizer.decode(said, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    new_tokens = len(said) + (length is not None)
    return Answer(index, text, finish, new_tokens, batch_rows, seconds)
