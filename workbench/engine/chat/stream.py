"""One answer, handed over piece by piece while it is generated."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
    set_seed,
)
from transformers.generation.streamers import BaseStreamer

from workbench.engine.chat.sampling import Sampling
from workbench.engine.evaluate.generate import end_tokens

EXACTLY: dict[str, Any] = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
UNFINISHED = "\ufffd"
"""What a tokenizer gives for the first bytes of a character whose last ones are in the next token."""


@dataclass(frozen=True)
class Piece:
    """What came since the last piece.

    Args:
        piece: Text; may be empty.
        new_tokens: So far.
        seconds: Since the request.
    """

    piece: str
    new_tokens: int
    seconds: float


class Pieces(BaseStreamer):  # type: ignore[misc]  # transformers has no types here
    """Takes tokens one by one and hands their text over as soon as it is certain.

    Args:
        tokenizer: Of the model.
        ends: Tokens that end an answer and are no part of it.
        on_piece: Called with each token's text.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, ends: Sequence[int], on_piece: Callable[[Piece], None]
    ) -> None:
        self._tokenizer = tokenizer
        self._ends = ends
        self._on_piece = on_piece
        self._begun = time.perf_counter()
        self._prompt = True
        self._from = 0
        self._read = 0
        self.tokens: list[int] = []
        self.first_token_s: float | None = None
        self.seconds: float | None = None

    @property
    def ended(self) -> bool:
        """Whether the model ended the answer."""
        return bool(self.tokens) and self.tokens[-1] in self._ends

    @property
    def text(self) -> str:
        """All of the answer."""
        said = self.tokens[:-1] if self.ended else self.tokens
        return str(self._tokenizer.decode(said, **EXACTLY))

    def put(self, value: torch.Tensor) -> None:
        """The prompt first, then each new token; a token that arrives here has left the GPU."""
        if self._prompt:
            self._prompt = False
            return
        self.tokens += value.reshape(-1).tolist()
        self.seconds = time.perf_counter() - self._begun
        if self.first_token_s is None:
            self.first_token_s = self.seconds
        self._on_piece(Piece("" if self.ended else self._new_text(), len(self.tokens), round(self.seconds, 4)))

    def end(self) -> None:
        """Nothing: what is not certain yet is in ``text``."""

    def _new_text(self) -> str:
        """What the new tokens add to the text, seen beside the few tokens before them: spaces depend on those."""
        before = self._tokenizer.decode(self.tokens[self._from : self._read], **EXACTLY)
        now = self._tokenizer.decode(self.tokens[self._from :], **EXACTLY)
        if now.endswith(UNFINISHED) or len(now) <= len(before):
            return ""
        self._from, self._read = self._read, len(self.tokens)
        return str(now[len(before) :])


class Asked(StoppingCriteria):  # type: ignore[misc]  # transformers has no types here
    """Ends the answer when somebody asked for it."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop

    def __call__(self, input_ids: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        """One truth value a row."""
        return torch.full((input_ids.shape[0],), self._should_stop(), dtype=torch.bool, device=input_ids.device)


@torch.inference_mode()
def generate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompt: Sequence[int],
    settings: Sampling,
    on_piece: Callable[[Piece], None],
    should_stop: Callable[[], bool],
) -> dict[str, Any]:
    """An answer as the fields of a ``done`` message: text, finish, new_tokens, seconds, first_token_s.

    ``settings.max_new_tokens`` must fit into the model's context behind the prompt.

    Raises:
        torch.OutOfMemoryError: The GPU has no room for it.
    """
    ends = end_tokens(model, tokenizer)
    set_seed(settings.seed)
    pieces = Pieces(tokenizer, ends, on_piece)
    ids = torch.tensor([list(prompt)], device=model.device)
    if not should_stop():  # else it was stopped while it waited for its turn
        model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            generation_config=_config(tokenizer, settings, ends),
            streamer=pieces,
            stopping_criteria=StoppingCriteriaList([Asked(should_stop)]),
        )
    finish = "stop" if pieces.ended else "length" if len(pieces.tokens) >= settings.max_new_tokens else "stopped"
    return {
        "text": pieces.text,
        "finish": finish,
        "new_tokens": len(pieces.tokens),
        "seconds": pieces.seconds and round(pieces.seconds, 4),
        "first_token_s": pieces.first_token_s and round(pieces.first_token_s, 4),
    }


def _config(tokenizer: PreTrainedTokenizerBase, settings: Sampling, ends: list[int]) -> GenerationConfig:
    """Nothing is left to the model's own defaults: some ship a temperature or a top_k of their own."""
    drawn: dict[str, Any] = {"do_sample": False}
    if not settings.greedy:
        drawn = {"do_sample": True, "temperature": settings.temperature, "top_p": settings.top_p, "top_k": 0}
    return GenerationConfig(
        max_new_tokens=settings.max_new_tokens,
        num_beams=1,
        eos_token_id=ends,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        **drawn,
    )
