"""Decoding on a CUDA GPU by recorded graphs: one launch a token instead of a thousand.

A small batch leaves the GPU waiting for Python to launch the next kernel. A recorded step is launched at once. It
needs places that do not move: the cache has its room already, and the step's own tensors are written in place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers.cache_utils import Cache

from workbench.engine.evaluate.attention import inner
from workbench.engine.evaluate.decode import Speakers, Stop, next_logits

LOOK_EVERY = 16
"""Tokens between two looks at who has finished: each look waits for the GPU."""
WINDOW = 128
"""A recording reads so many columns of the cache, or a multiple."""
MOST_ROWS = 16
"""Larger batches keep the GPU busy by themselves: 200 rows of 8B spoke 2,867 tokens/s unrecorded and 2,053 recorded,
one row 96 recorded and 21 unrecorded (H100; in between nothing was measured)."""
KEPT = 0.5
"""Finished rows leave when at most this fraction still speaks: leaving costs a new recording."""

Forward = Callable[[Any, torch.Tensor, torch.Tensor, torch.Tensor, Cache], torch.Tensor]
"""As ``decode.next_logits``."""


def usable(model: Any) -> bool:
    """Whether steps of this model may be recorded: on a CUDA GPU, with weights that need no look by Python."""
    return bool(model.device.type == "cuda" and getattr(inner(model), "hf_quantizer", None) is None)


class NotRecordableError(RuntimeError):
    """A step of this model cannot be recorded; the batch must be read again."""


def speak_recorded(model: Any, speakers: Speakers, limit: int, stop: Stop) -> list[list[int]]:
    """As ``decode.speak``, by recorded steps.

    Raises:
        NotRecordableError: The library does something that a graph cannot hold.
        torch.OutOfMemoryError: The batch is too large.
    """
    try:
        return speak(model, speakers, limit, stop)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise NotRecordableError(str(error).strip().splitlines()[0]) from error


class Recorded:
    """A batch whose steps are recorded, one recording for each width of the cache that is read.

    Args:
        model: Plain causal, on a CUDA GPU.
        speakers: From ``decode.read``; from here on they are moved by the recordings.
        window: Columns of the cache that are read: so many, or a multiple. All of them make one recording do.
        forward: ``decode.next_logits``, or the same compiled.
        keep: Whether recordings are kept for a batch of the same shape (``load``).
    """

    def __init__(
        self, model: Any, speakers: Speakers, window: int, forward: Forward = next_logits, keep: bool = False
    ) -> None:
        self.model, self.forward, self.keep, self.window = model, forward, keep, window
        self.cache, self.seen = speakers.cache, speakers.seen
        rows, self.capacity = speakers.seen.shape
        number = {"dtype": torch.long, "device": model.device}
        self.token, self.position = torch.zeros((rows, 1), **number), torch.zeros((rows, 1), **number)
        self.at, self.slot = torch.zeros(1, **number), torch.zeros(1, **number)
        self.out = torch.zeros((rows, LOOK_EVERY), **number)
        self.mask = torch.zeros((rows, 1, 1, self.capacity), dtype=model.dtype, device=model.device)
        self.replays: dict[int, Callable[[], None]] = {}
        self._begin(speakers)

    def load(self, speakers: Speakers) -> None:
        """Go on with another batch of the same rows and capacity."""
        for own, other in zip(self.cache.layers, speakers.cache.layers, strict=True):
            own.keys[:, :, : speakers.length] = other.keys[:, :, : speakers.length]
            own.values[:, :, : speakers.length] = other.values[:, :, : speakers.length]
        self.seen = speakers.seen
        self._begin(speakers)

    def _begin(self, speakers: Speakers) -> None:
        self.length = speakers.length
        self.token.copy_(speakers.token[:, None])
        self.position.copy_(speakers.position[:, None])
        self.at.fill_(self.length)
        self.mask.fill_(torch.finfo(self.mask.dtype).min)
        self.mask[..., : self.length].masked_fill_(self.seen[:, None, None, : self.length], 0)

    def selected(self, places: list[int]) -> Recorded:
        """Some of the rows, as they are now."""
        now = Speakers(self.cache, self.seen, self.position[:, 0], self.token[:, 0], self.length)
        return Recorded(self.model, now.selected(places), self.window, self.forward)

    def run(self, count: int) -> list[list[int]]:
        """The next ``count`` tokens of each row, LOOK_EVERY at most."""
        self.slot.zero_()
        window = min(self.capacity, -(-(self.length + count) // self.window) * self.window)
        if window not in self.replays:
            if not self.keep:
                self.replays.clear()  # its memory goes back before the next one is made
            self.replays[window] = self._record(window)
        for _ in range(count):
            self.replays[window]()
        self.length += count
        said: list[list[int]] = self.out[:, :count].tolist()
        return said

    def _record(self, window: int) -> Callable[[], None]:
        """Record one step. It is run a few times first, as recording asks for; what that changed is put back."""
        for layer in self.cache.layers:
            layer.at, layer.window = self.at, window
        changed = (self.token, self.position, self.at, self.slot, self.mask)
        before = [tensor.clone() for tensor in changed]

        def put_back() -> None:
            for tensor, old in zip(changed, before, strict=True):
                tensor.copy_(old)

        return captured(lambda: self._step(window), put_back)

    def _step(self, window: int) -> None:
        self.mask.index_fill_(3, self.at, 0)
        logits = self.forward(self.model, self.token, self.mask[..., :window], self.position, self.cache)
        chosen = logits[:, -1].argmax(-1, keepdim=True)
        self.token.copy_(chosen)
        self.out.index_copy_(1, self.slot, chosen)
        for counter in (self.position, self.at, self.slot):
            counter.add_(1)


def speak(model: Any, speakers: Speakers, limit: int, stop: Stop) -> list[list[int]]:
    """The answers, from their first tokens on; as ``decode.speak``."""
    said = [[token] for token in speakers.token.tolist()]
    rows = list(range(len(said)))
    done = {row for row in rows if stop(said[row])}
    batch = Recorded(model, speakers, WINDOW) if limit > 1 and len(done) < len(rows) else None
    made = 1
    while batch and made < limit and len(done) < len(said):
        speaking = [place for place, row in enumerate(rows) if row not in done]
        if len(speaking) <= KEPT * len(rows):
            batch, rows = batch.selected(speaking), [rows[place] for place in speaking]
        count = min(LOOK_EVERY, limit - made)
        made += count
        for row, tokens in zip(rows, batch.run(count), strict=True):
            if row not in done and _listen(said[row], tokens, stop):
                done.add(row)
    return said


def _listen(said: list[int], tokens: list[int], stop: Stop) -> bool:
    """Append new tokens to an answer up to its end; whether it has ended."""
    for token in tokens:
        said.append(token)
        if stop(said):
            return True
    return False


def captured(step: Callable[[], None], put_back: Callable[[], None]) -> Callable[[], None]:
    """What runs a step again as one launch; other threads may use the GPU meanwhile."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call] # torch has no types for it
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(2):
            step()
            put_back()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        step()
    put_back()
    return graph.replay  # holds the graph, too
