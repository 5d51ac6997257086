"""A chat: one partner, its worker, the conversation with it and how answers are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.engine.chat import client
from workbench.engine.chat.client import ChatEvent, Client
from workbench.engine.chat.conversation import Answer, Conversation, Turn
from workbench.engine.chat.partner import Partner
from workbench.engine.chat.sampling import Sampling
from workbench.errors import InputError
from workbench.paths import Workspace

LOADING, READY, FAILED = "loading", "ready", "failed"


@dataclass(frozen=True)
class Loaded:
    """How far the worker is.

    Args:
        state: loading, ready or failed.
        stage: What it is doing while it loads.
        facts: What the worker told when it was ready: device, dtype, seconds.
        problem: Why it failed.
        exit_code: Of a command that ends with that.
    """

    state: str = LOADING
    stage: str = "starting"
    facts: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    exit_code: int = 1


class Session:
    """Prompts go in, answers grow; nothing here waits for the worker but ``take`` with a timeout.

    Args:
        workspace: Where runs and models are.
        partner: Whom one talks to.
        sampling: How answers are made.
    """

    def __init__(self, workspace: Workspace, partner: Partner, sampling: Sampling | None = None) -> None:
        self._workspace = workspace
        self.partner = partner
        self.sampling = sampling or Sampling()
        self.same_seed = False
        self.loaded = Loaded()
        self.conversation = Conversation()
        self._drawn = 0
        self._client = Client(client.command(workspace, partner.name))

    @property
    def pid(self) -> int:
        """Of the worker."""
        return self._client.pid

    @property
    def busy(self) -> bool:
        """Whether an answer goes on or waits."""
        return bool(self.conversation.open)

    @property
    def next_sampling(self) -> Sampling:
        """How the next answer is made: each one has the seed after that of the last, or all have the same."""
        return self.sampling if self.same_seed else replace(self.sampling, seed=self._seed())

    def _seed(self) -> int:
        return (self.sampling.seed + self._drawn) % 2**32

    def set_sampling(self, sampling: Sampling) -> None:
        """Make answers so from now on; a new seed is the next answer's."""
        if sampling.seed != self.sampling.seed:
            self._drawn = 0
        self.sampling = sampling

    def ask(self, prompt: str, sides: Sequence[str]) -> Turn:
        """A new turn; its answers come one after the other.

        Raises:
            InputError: It cannot be asked now; the message says why.
        """
        self._may_ask()
        if not prompt.strip():
            raise InputError("there is nothing to send: the prompt is empty")
        turn = Turn(prompt)
        self.conversation.turns.append(turn)
        self._begin(turn, sides, self.next_sampling)
        return turn

    def again(self, sides: Sequence[str]) -> Turn:
        """The last turn asked once more; the answers that were there are kept as earlier ones.

        Raises:
            InputError: As ``ask``, or nothing was asked yet.
        """
        if not self.conversation.turns:
            raise InputError("nothing was asked yet that could be generated again")
        self._may_ask()
        turn = self.conversation.turns[-1]
        self._begin(turn, sides, self.next_sampling)
        return turn

    def beside(self, sides: Sequence[str]) -> Turn | None:
        """The last turn, asked of those sides that have not answered it, as the others were; None without any.

        Raises:
            InputError: As ``ask``.
        """
        turn = self.conversation.turns[-1] if self.conversation.turns else None
        missing = [side for side in sides if turn and side not in turn.answers]
        if turn is None or not missing:
            return None
        self._may_ask()
        self._begin(turn, missing, next(iter(turn.answers.values())).sampling)
        return turn

    def _may_ask(self) -> None:
        if self.loaded.state == FAILED:
            raise InputError(f"nobody can answer: {self.loaded.problem.partition(chr(10))[0]}")
        if self.busy:
            raise InputError("an answer is still being generated; stop it first")

    def _begin(self, turn: Turn, sides: Sequence[str], made: Sampling) -> None:
        for answer in turn.begin(sides, made):
            messages = self.conversation.messages(turn, answer.side)
            self._client.answer(answer.id, answer.side, messages, answer.sampling.to_json())
        self._drawn += made == self.next_sampling

    def stop(self) -> bool:
        """End the answers that go on or wait, and keep what there is of them; False when there are none."""
        going = self.conversation.open
        for answer in going:
            self._client.stop(answer.id)
        return bool(going)

    def new(self) -> None:
        """Begin a new conversation with the same partner."""
        self.stop()
        self.conversation = Conversation()

    def take(self, timeout_s: float = 0.0) -> tuple[bool, list[Answer]]:
        """Whether something happened, and the answers that changed; waits for the first event at most that long."""
        events = self._client.take(timeout_s)
        changed: dict[int, Answer] = {}
        for event in events:
            for answer in self._take(event):
                changed[answer.id] = answer
        return bool(events), list(changed.values())

    def _take(self, event: ChatEvent) -> list[Answer]:
        kind = event.get("kind")
        if kind == "loading":
            self.loaded = Loaded(stage=str(event["stage"]))
        elif kind == "ready":
            self.loaded = Loaded(READY, facts={name: value for name, value in event.items() if name != "kind"})
        elif kind in ("failed", "gone") and self.loaded.state != FAILED:
            self.loaded = Loaded(FAILED, problem=str(event["text"]), exit_code=int(event.get("exit_code", 1)))
            first = self.loaded.problem.partition("\n")[0]
            failed = [
                self.conversation.take(one.id, {"finish": "failed", "reason": first}) for one in self.conversation.open
            ]
            return [answer for answer in failed if answer]
        if "id" not in event:
            return []
        answer = self.conversation.take(event["id"], event)
        return [answer] if answer else []

    def to_json(self) -> dict[str, Any]:
        """The whole chat: who answered, on what, and every turn."""
        return {
            "partner": self.partner.name,
            "kind": "run" if self.partner.run else "model",
            "model": self.partner.model,
            "system": self.partner.profile.data.system or None,
            "worker": self.loaded.facts or None,
            "turns": self.conversation.to_json(),
        }

    def close(self) -> None:
        """End the worker."""
        self._client.close()
