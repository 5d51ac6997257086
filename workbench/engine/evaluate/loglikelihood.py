"""How likely a model finds given words after others: options of a question, or the right answer.

The options of a question share its text. Where attention is plain, they are read in one row with it: each option sees
the text and itself and no other option, at the positions that it would have alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from workbench.engine.evaluate.attention import inner, plain_causal
from workbench.engine.evaluate.batching import in_batches

Ids = tuple[int, ...]

PACKED_TOKENS, PACKED_CPU_TOKENS = 4096, 256
"""Tokens of one row of packed questions: attention looks at all of them, and masks most of it away."""


@dataclass(frozen=True)
class Options:
    """A text and what may follow it, as token ids; every option has at least one."""

    text: Ids
    options: tuple[Ids, ...]


@dataclass(frozen=True)
class Found:
    """What a batch took and said.

    Args:
        places: Of its items.
        values: For each item the log-probabilities, one an option or one a token.
        seconds: The batch's time divided by its items.
    """

    places: list[int]
    values: list[list[float]]
    seconds: float


def encode(tokenizer: PreTrainedTokenizerBase, text: str, options: Sequence[str], longest: int) -> Options:
    """A text and its options as lm-eval tokenizes them: together, so that the border falls where it falls.

    Args:
        tokenizer: With its own habit of beginning a text.
        text: What stands before, not empty.
        options: What may follow, with the space before them.
        longest: Tokens that the model can read; a longer text loses its beginning.
    """
    spaces = len(text) - len(text.rstrip())
    ahead = text[len(text) - spaces :]
    text = text[: len(text) - spaces]
    before: list[int] = tokenizer(text)["input_ids"]
    wholes = [tokenizer(text + ahead + option)["input_ids"] for option in options]
    tails = tuple(tuple(whole[len(before) :]) for whole in wholes)
    room = longest + 1 - max(map(len, tails))
    return Options(tuple(before[-room:]), tails)


def of_options(
    model: Any,
    items: Sequence[Options],
    batch_tokens: int,
    on_note: Callable[[str], None],
    wanted: Collection[int] | None = None,
) -> Iterator[Found]:
    """The log-probability of each option of each item, in natural units.

    Args:
        model: In evaluation mode.
        items: What is asked.
        batch_tokens: Tokens of a batch, padding counted.
        on_note: Told when a batch was too large for the GPU.
        wanted: Items that matter; all by default.
    """
    tree = plain_causal(model)
    if tree:
        batch_tokens = min(batch_tokens, PACKED_TOKENS if model.device.type == "cuda" else PACKED_CPU_TOKENS)
        widths = [len(item.text) + sum(len(option) - 1 for option in item.options) for item in items]
    else:
        widths = [sum(len(item.text) + len(option) for option in item.options) for item in items]

    def ask(places: list[int]) -> tuple[list[list[float]], float]:
        begun = time.perf_counter()
        chosen = [items[place] for place in places]
        values = _tree(model, chosen) if tree else _rows(model, chosen)
        return values, (time.perf_counter() - begun) / len(places)

    for places, (values, seconds) in in_batches(widths, batch_tokens, ask, on_note, wanted):
        yield Found(places, values, seconds)


def of_tokens(
    model: Any,
    items: Sequence[tuple[Sequence[int], int]],
    batch_tokens: int,
    on_note: Callable[[str], None],
    wanted: Collection[int] | None = None,
) -> Iterator[Found]:
    """The log-probability of each token of each item from a place on.

    Args:
        model: In evaluation mode.
        items: Token ids, and the first that is looked at, at least 1.
        batch_tokens: Tokens of a batch, padding counted.
        on_note: Told when a batch was too large for the GPU.
        wanted: Items that matter; all by default.
    """

    def ask(places: list[int]) -> tuple[list[list[float]], float]:
        begun = time.perf_counter()
        values = _tokens(model, [items[place] for place in places])
        return values, (time.perf_counter() - begun) / len(places)

    for places, (values, seconds) in in_batches([len(ids) for ids, _ in items], batch_tokens, ask, on_note, wanted):
        yield Found(places, values, seconds)


@torch.inference_mode()
def _tree(model: Any, items: Sequence[Options]) -> list[list[float]]:
    """All items in one row without padding: each text, then its options; only the logits that count are made."""
    ids: list[int] = []
    place: list[int] = []
    owners: list[tuple[int, int]] = []  # the item, and 0 for its text or the option's number
    sources: list[int] = []
    tokens: list[int] = []
    for number, item in enumerate(items):
        ids += item.text
        place += range(len(item.text))
        owners += [(number, 0)] * len(item.text)
        border = len(ids) - 1
        for part, option in enumerate(item.options, start=1):
            sources += [border, *range(len(ids), len(ids) + len(option) - 1)]
            tokens += option
            ids += option[:-1]
            place += range(len(item.text), len(item.text) + len(option) - 1)
            owners += [(number, part)] * (len(option) - 1)
    device = model.device
    wanted = sorted(set(sources))
    row_of = {source: row for row, source in enumerate(wanted)}
    output = model(
        input_ids=torch.tensor([ids], device=device),
        attention_mask=_tree_mask(torch.tensor(owners, device=device), model.dtype),
        position_ids=torch.tensor([place], device=device),
        use_cache=False,
        logits_to_keep=torch.tensor(wanted, device=device),
    )
    rows = torch.tensor([row_of[source] for source in sources])
    found = iter(_picked(output.logits[0], rows, torch.tensor(tokens)).tolist())
    return [[sum(next(found) for _ in option) for option in item.options] for item in items]


def _tree_mask(owners: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """What is added to the scores: a token sees its own text and its own option, up to itself.

    Args:
        owners: (tokens, 2), the item and the part of it that a token is of; part 0 is the text.
        dtype: Of the scores.
    """
    tokens = torch.arange(len(owners), device=owners.device)
    item, part = owners.T
    same = item[:, None] == item[None, :]
    open_ = same & ((part[None, :] == 0) | (part[:, None] == part[None, :])) & (tokens[None, :] <= tokens[:, None])
    mask = torch.zeros(open_.shape, dtype=dtype, device=owners.device)
    return mask.masked_fill_(~open_, torch.finfo(dtype).min)[None, None]


def _picked(logits: torch.Tensor, sources: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """Log-probability of ``tokens`` by the rows ``sources`` of the logits, on the CPU.

    By torch's log_softmax in fp32, as lm-eval has it: over a large vocabulary it is off by some 1e-5 a token, the same
    for both.
    """
    scores = torch.log_softmax(logits.float(), dim=-1)
    return scores[sources.to(logits.device), tokens.to(logits.device)].double().cpu()


def _rows(model: Any, items: Sequence[Options]) -> list[list[float]]:
    """One row an option, for models whose attention is not plain."""
    rows = [(item.text + option, len(item.text)) for item in items for option in item.options]
    sums = iter([sum(values) for values in _tokens(model, rows)])
    return [[next(sums) for _ in item.options] for item in items]


@torch.inference_mode()
def _tokens(model: Any, rows: Sequence[tuple[Sequence[int], int]]) -> list[list[float]]:
    """Left-padded, so that only the last logits of each row are needed; the last token is read by nobody."""
    width = max(len(ids) for ids, _ in rows) - 1
    keep = max(len(ids) - first for ids, first in rows)
    ids = torch.tensor([[0] * (width + 1 - len(one)) + list(one[:-1]) for one, _ in rows], device=model.device)
    mask = torch.tensor([[0] * (width + 1 - len(one)) + [1] * (len(one) - 1) for one, _ in rows], device=model.device)
    output = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(1) - 1).clamp(min=0),
        use_cache=False,
        logits_to_keep=keep,
    )
    found = []
    for logits, (one, first) in zip(output.logits, rows, strict=True):
        count = len(one) - first
        picked = _picked(logits[len(logits) - count :], torch.arange(count), torch.tensor(list(one[first:])))
        found.append([float(value) for value in picked])
    return found


def longest(model: Any) -> int:
    """Tokens that a model can read."""
    return int(getattr(inner(model).config, "max_position_embeddings", None) or 2048)
