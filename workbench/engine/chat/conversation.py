"""What was said: prompts, the answers of one or two sides, how each was made and how it ended."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.engine.chat.sampling import Sampling

FINISHES = {
    "stop": "ended by the model",
    "length": "cut at max_new_tokens",
    "context": "cut at the end of the model's context",
    "stopped": "stopped by you",
    "failed": "failed",
}
"""How an answer can end, for people; "" while it goes on."""
_ids = itertools.count(1)


@dataclass(frozen=True)
class Answer:
    """What one side said to one prompt.

    Args:
        id: Of the request; no other one of this process has it.
        side: base or tuned.
        sampling: How it was made.
        text: So far; character for character what the model said, without special tokens.
        finish: A name in FINISHES; "" while it goes on.
        reason: Why it failed.
        prompt_tokens: None before the worker has told.
        new_tokens: The end token counted.
        seconds: From the request to the last token, the reading of the prompt counted; None before the first token.
        first_token_s: The part of it before the first token.
    """

    id: int
    side: str
    sampling: Sampling
    text: str = ""
    finish: str = ""
    reason: str = ""
    prompt_tokens: int | None = None
    new_tokens: int = 0
    seconds: float | None = None
    first_token_s: float | None = None

    @property
    def tokens_per_s(self) -> float | None:
        """New tokens by all seconds; None while either is unknown."""
        return self.new_tokens / self.seconds if self.new_tokens and self.seconds else None

    @property
    def nothing(self) -> str:
        """Why a finished answer shows nothing; "" while it goes on or where there is something to read."""
        if not self.finish or self.text.strip() or self.finish == "failed":
            return ""
        if self.text:
            return f"{len(self.text)} blank characters and nothing else"
        if self.new_tokens == 1 and self.finish == "stop":
            return "the model ended at once"
        if self.new_tokens == 0:
            return "stopped before the first token" if self.finish == "stopped" else "no token was generated"
        return f"{self.new_tokens} special tokens and no text"

    def with_event(self, fields: dict[str, Any]) -> Answer:
        """The answer after an event of the worker: ``piece`` goes on with the text, ``text`` is all of it."""
        known = {name: value for name, value in fields.items() if name in _TOLD and value is not None}
        known.setdefault("text", self.text + fields.get("piece", ""))
        return replace(self, **known)

    def to_json(self) -> dict[str, Any]:
        """Everything that is known of it."""
        rate = self.tokens_per_s
        return {
            "side": self.side,
            "text": self.text,
            "finish": self.finish,
            "reason": self.reason or self.nothing or None,
            "prompt_tokens": self.prompt_tokens,
            "new_tokens": self.new_tokens,
            "seconds": self.seconds,
            "first_token_s": self.first_token_s,
            "tokens_per_s": round(rate, 2) if rate else None,
            "sampling": self.sampling.to_json(),
        }


_TOLD = {"text", "finish", "reason", "prompt_tokens", "new_tokens", "seconds", "first_token_s"}


@dataclass
class Turn:
    """One prompt and the answers to it.

    Args:
        prompt: What was asked.
        answers: The last answer of each side.
        earlier: Those that were generated again since.
    """

    prompt: str
    answers: dict[str, Answer] = field(default_factory=dict)
    earlier: list[Answer] = field(default_factory=list)

    def begin(self, sides: Sequence[str], sampling: Sampling) -> list[Answer]:
        """Empty answers of these sides, in place of those that are there."""
        self.earlier += [self.answers[side] for side in sides if side in self.answers]
        begun = [Answer(next(_ids), side, sampling) for side in sides]
        self.answers.update({answer.side: answer for answer in begun})
        return begun

    def said(self, side: str) -> str | None:
        """What stands as this turn's answer when ``side`` reads the conversation.

        Its own answer; where it has none, the other side's. None where all that were asked failed.
        """
        own = [self.answers[side]] if side in self.answers else list(self.answers.values())
        told = [answer for answer in own if answer.finish != "failed"]
        return told[0].text if told else None


class Conversation:
    """The turns so far."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []

    @property
    def open(self) -> list[Answer]:
        """Answers that go on or wait for their turn."""
        return [answer for turn in self.turns for answer in turn.answers.values() if not answer.finish]

    def messages(self, turn: Turn, side: str) -> list[dict[str, str]]:
        """What a side is asked in a turn: the turns before it with what was said, and its prompt.

        A turn whose answer failed is left out, for its prompt was never answered.
        """
        found: list[dict[str, str]] = []
        for before in self.turns[: self.turns.index(turn)]:
            said = before.said(side)
            if said is not None:
                found += [{"role": "user", "content": before.prompt}, {"role": "assistant", "content": said}]
        return [*found, {"role": "user", "content": turn.prompt}]

    def take(self, request: int, fields: dict[str, Any]) -> Answer | None:
        """The answer of a request after an event; None when it is of another conversation."""
        for turn in reversed(self.turns):
            for side, answer in turn.answers.items():
                if answer.id == request:
                    turn.answers[side] = answer.with_event(fields)
                    return turn.answers[side]
        return None

    def to_json(self) -> list[dict[str, Any]]:
        """All turns with all answers."""
        return [
            {
                "prompt": turn.prompt,
                "answers": [answer.to_json() for answer in turn.answers.values()],
                "earlier": [answer.to_json() for answer in turn.earlier],
            }
            for turn in self.turns
        ]
