"""A chat as a file: Markdown for people, JSON with everything that is known."""

from __future__ import annotations

import json
import shlex
from typing import Any

from workbench.engine.chat.conversation import FINISHES, Answer
from workbench.engine.chat.sampling import Sampling
from workbench.engine.chat.session import Session
from workbench.engine.texts import NOT_AVAILABLE, printable

FORMATS = {"markdown": ".md", "json": ".json"}
"""Names of the formats, and how their files end."""


def as_text(session: Session, form: str) -> str:
    """The whole chat in one of FORMATS, as the content of a file."""
    if form == "json":
        return json.dumps(session.to_json(), indent=2, ensure_ascii=False) + "\n"
    return "\n\n".join([*_head(session), *_turns(session)]) + "\n"


def _head(session: Session) -> list[str]:
    facts = session.loaded.facts
    where = [str(facts[name]) for name in ("device_name", "dtype") if facts.get(name)]
    told = [session.partner.about, *where]
    system = session.partner.profile.data.system
    return [
        f"# Chat with {printable(session.partner.name)}",
        " · ".join(told),
        *([f"System: {system}"] if system else []),
    ]


def _turns(session: Session) -> list[str]:
    parts = []
    for number, turn in enumerate(session.conversation.turns, 1):
        parts += [f"## {number}. You", _quoted(turn.prompt)]
        for answer in (*turn.earlier, *turn.answers.values()):
            replaced = " (generated again since)" if answer in turn.earlier else ""
            parts += [f"### {answer.side}{replaced}", _quoted(said(answer)), f"*{ending(answer)}*"]
    return parts


def _quoted(text: str) -> str:
    """A text in a fence that is longer than any in it, so that it stays what it is."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{printable(text)}\n{fence}"


def said(answer: Answer) -> str:
    """The answer's text; where there is nothing to read, that and why."""
    return f"{answer.text}(empty)" if answer.nothing else answer.text


def ending(answer: Answer) -> str:
    """How the answer came about, on one line: how it ended, tokens, speed, settings, seed."""
    rate = answer.tokens_per_s
    parts = [FINISHES.get(answer.finish, "not finished")]
    if answer.reason or answer.nothing:
        parts[0] += f": {answer.reason or answer.nothing}"
    parts.append(f"{answer.new_tokens} new tokens")
    parts.append(f"{rate:.1f} tokens/s" if rate else f"tokens/s {NOT_AVAILABLE} (no token)")
    parts += [answer.sampling.about(), f"seed {answer.sampling.seed}"]
    return " · ".join(parts)


def command(name: str, both: bool, settings: Sampling, prompt: str | None = None) -> str:
    """The command that asks the same; without a prompt it opens a dialogue with the same settings."""
    default = Sampling()
    words = ["workbench", "chat", name, *(["--base-too"] if both else [])]
    for option, value in settings.to_json().items():
        if value != getattr(default, option) or (prompt is not None and option == "seed"):
            words += [f"--{option.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join([*words, *(["--prompt", prompt] if prompt is not None else [])])


def command_of(session: Session, both: bool) -> str:
    """The command of a chat: it asks a first prompt again; where more was said it opens a dialogue."""
    turns = session.conversation.turns
    made = next(iter(turns[-1].answers.values())).sampling if turns else session.sampling
    return command(session.partner.name, both, made, turns[0].prompt if len(turns) == 1 else None)


def record(session: Session) -> dict[str, Any]:
    """The chat's last turn with who answered it, for ``--json``."""
    whole = session.to_json()
    return {**{name: value for name, value in whole.items() if name != "turns"}, **whole["turns"][-1]}
