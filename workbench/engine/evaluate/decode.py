"""Greedy decoding of a batch: the shared head of the prompts is read once, and a finished row leaves the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers.cache_utils import Cache

from workbench.engine.evaluate.attention import causal_mask, grouped_attention, roomy

Stop = Callable[[Sequence[int]], bool]
"""Whether an answer that ends with this token, given all of its tokens, is complete."""

PADDING = 0.1
READ_TOKENS = 16384
"""Prompt tokens that are read at once, at most."""

KEPT = 0.75
"""Finished rows leave when at most this fraction of a batch still speaks: leaving copies the others' cache."""


@dataclass
class Speakers:
    """The rows of a batch that still speak.

    Args:
        cache: Keys and values of their tokens.
        seen: (rows, capacity), True where a token is no padding.
        position: (rows,) position of the next token.
        token: (rows,) the next token.
        length: Columns of the cache in use.
    """

    cache: Cache
    seen: torch.Tensor
    position: torch.Tensor
    token: torch.Tensor
    length: int

    def selected(self, places: Sequence[int]) -> Speakers:
        """Only some of the rows."""
        index = torch.tensor(places, device=self.token.device)
        layers = [layer.selected(index) for layer in self.cache.layers]
        return Speakers(Cache(layers=layers), self.seen[index], self.position[index], self.token[index], self.length)


Speak = Callable[[Any, Speakers, int, Stop], list[list[int]]]


@torch.inference_mode()
def greedy(
    model: Any,
    prompts: Sequence[Sequence[int]],
    limit: int,
    stop: Stop,
    probe: Sequence[int] = (),
    speak_by: Speak | None = None,
) -> tuple[list[list[int]], list[list[float]]]:
    """The most likely answer to each prompt, token by token.

    Args:
        model: In evaluation mode, plain causal (``attention.plain_causal``).
        prompts: Token ids, at least one a prompt.
        limit: Tokens of an answer, at least 1.
        stop: Says when an answer is complete.
        probe: Tokens whose log-probability after each prompt is wanted too; they cost one look, and are no part
            of the answer.
        speak_by: Another way to speak than ``speak``.

    Returns:
        The new tokens of each prompt, the end token among them; and the log-probability of each probe token.
    """
    with grouped_attention(model):
        speakers, looks = read(model, prompts, limit, probe)
        return (speak_by or speak)(model, speakers, limit, stop), looks


def read(
    model: Any, prompts: Sequence[Sequence[int]], limit: int, probe: Sequence[int] = (), capacity: int = 0
) -> tuple[Speakers, list[list[float]]]:
    """The prompts read, and the first token of each answer.

    Prompts of about one length are read together: padding a short one to a long one would cost as much as the long one.
    """
    shared = _shared(prompts)
    tails = [list(prompt[shared:]) for prompt in prompts]
    width, extra = shared + max(map(len, tails)), max(0, len(probe) - 1)
    capacity = max(capacity, width + max(limit, extra))
    head, cache = _head(model, list(prompts[0][:shared])), roomy(model, capacity)
    seen = torch.ones((len(prompts), capacity), dtype=torch.bool, device=model.device)
    for row, prompt in enumerate(prompts):
        seen[row, shared : shared + width - len(prompt)] = False
    tokens = torch.zeros(len(prompts), dtype=torch.long, device=model.device)
    looks: list[list[float]] = [[] for _ in prompts]
    for group in alike([len(tail) for tail in tails]):
        place = slice(group[0], group[-1] + 1)
        logits, own = _read_alike(model, tails[place], head, seen[place], width, list(probe))
        for layer, part, one in zip(cache.layers, own.layers, head.layers, strict=True):
            layer.take(part, place, len(prompts), one.length, width)
        tokens[place] = logits[:, 0].argmax(-1)
        looks[place] = _looks(logits, probe)
    for layer in cache.layers:
        layer.length = width
    position = torch.tensor([len(prompt) for prompt in prompts], device=model.device)
    return Speakers(cache, seen, position, tokens, width), looks


def alike(lengths: Sequence[int]) -> list[list[int]]:
    """Neighbours whose padding is at most PADDING of what is read, and that are READ_TOKENS at most."""
    groups: list[list[int]] = []
    for row, length in enumerate(lengths):
        if groups:
            widest = max(length, *(lengths[other] for other in groups[-1]))
            rows = len(groups[-1]) + 1
            real = length + sum(lengths[other] for other in groups[-1])
            if rows * widest <= READ_TOKENS and rows * widest - real <= PADDING * real:
                groups[-1].append(row)
                continue
        groups.append([row])
    return groups


def _read_alike(
    model: Any, tails: list[list[int]], head: Cache, seen: torch.Tensor, end: int, probe: list[int]
) -> tuple[torch.Tensor, Cache]:
    """Logits after each prompt and each probe token but the last, and a cache of these rows alone.

    Args:
        model: As in ``read``.
        tails: The prompts without what they share.
        head: One row: what they share.
        seen: (rows, capacity) of these rows.
        end: Column where the prompts end.
        probe: As in ``read``.
    """
    shared = head.layers[0].length
    width, extra = max(map(len, tails)), probe[:-1]
    ids = torch.tensor([[0] * (width - len(tail)) + tail + extra for tail in tails], device=model.device)
    begin = end - width
    looked = torch.cat([seen[:, :shared], seen[:, begin : end + len(extra)]], dim=1)
    own = Cache(layers=[layer.widened(len(tails), shared + ids.shape[1]) for layer in head.layers])
    padded = not bool(looked.all())
    output = model(
        input_ids=ids,
        attention_mask=causal_mask(looked, ids.shape[1], model.dtype) if padded or shared else None,
        position_ids=(looked.cumsum(1) - 1).clamp(min=0)[:, shared:],
        past_key_values=own,
        use_cache=True,
        logits_to_keep=len(extra) + 1,
    )
    for layer in own.layers:
        layer.length -= len(extra)
    return output.logits, own


def _shared(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with; each keeps one of its own. Of one prompt none are shared."""
    if len(prompts) == 1:
        return 0
    longest = min(map(len, prompts)) - 1
    first = prompts[0]
    return next((at for at in range(longest) if any(other[at] != first[at] for other in prompts)), longest)


def _head(model: Any, shared: list[int]) -> Cache:
    """What all rows begin with, read once."""
    one = roomy(model, len(shared))
    if shared:
        ids = torch.tensor([shared], device=model.device)
        model(input_ids=ids, past_key_values=one, use_cache=True, logits_to_keep=1)
    return one


def _looks(logits: torch.Tensor, probe: Sequence[int]) -> list[list[float]]:
    if not probe:
        return [[] for _ in range(len(logits))]
    index = torch.tensor(list(probe), device=logits.device)
    found = torch.log_softmax(logits.float(), dim=-1)[:, torch.arange(len(probe), device=logits.device), index]
    looks: list[list[float]] = found.tolist()
    return looks


def speak(model: Any, speakers: Speakers, limit: int, stop: Stop) -> list[list[int]]:
    """The answers, from their first tokens on."""
    said: list[list[int]] = [[] for _ in range(len(speakers.token))]
    rows = list(range(len(said)))
    done: set[int] = set()
    for _ in range(limit):
        for row, token in zip(rows, speakers.token.tolist(), strict=True):
            if row not in done:
                said[row].append(token)
                if stop(said[row]):
                    done.add(row)
        speaking = [place for place, row in enumerate(rows) if row not in done]
        if not speaking:
            break
        if len(speaking) <= KEPT * len(rows):
            speakers = speakers.selected(speaking)
            rows = [rows[place] for place in speaking]
        step(model, speakers)
    return said


def next_logits(
    model: Any, token: torch.Tensor, mask: torch.Tensor, position: torch.Tensor, cache: Cache
) -> torch.Tensor:
    """What each row may say next, (rows, 1, vocabulary); its token is written into the cache.

    Args:
        model: Plain causal.
        token: (rows, 1).
        mask: What is added to the scores, (rows, 1, 1, columns of the cache that are read).
        position: (rows, 1).
        cache: Its layers know where the token is written.
    """
    output = model(
        input_ids=token,
        attention_mask=mask,
        position_ids=position,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits: torch.Tensor = output.logits
    return logits


def step(model: Any, speakers: Speakers) -> None:
    """Read each row's token and choose its next."""
    end = speakers.length + 1
    mask = torch.zeros((len(speakers.token), 1, 1, end), dtype=model.dtype, device=model.device)
    mask.masked_fill_(~speakers.seen[:, None, None, :end], torch.finfo(model.dtype).min)
    logits = next_logits(model, speakers.token[:, None], mask, speakers.position[:, None], speakers.cache)
    speakers.token = logits[:, -1].argmax(-1)
    speakers.position = speakers.position + 1
    speakers.length = end
