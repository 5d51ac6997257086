"""What the Chat screen says about the worker, the settings and an answer. What is unknown is n/a, with the reason."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.content import Content

from workbench.engine.chat.conversation import FINISHES, Answer
from workbench.engine.chat.session import Session
from workbench.tui.safe import one_line
from workbench.tui.widgets.fit import Part, fitted, part

GLYPHS = {"loading": "◌", "ready": "●", "failed": "✗"}
GAPS = (" · ",)
SHORT = 16
"""Characters of the device's name where there is little room."""
ENDED = {"stop": "✓", "failed": "✗"}
HELLO = """\
Talk to a model, or to what a run made of it.

M    whom to talk to: a run or a model
b    base and tuned side by side, on one prompt
S    temperature, top_p, max_new_tokens, seed
^j   sends what you wrote; esc stops an answer and keeps it

The model is loaded by a process of its own. It stays loaded while you look
at other screens, and ends with the app: nothing keeps its memory then."""


def worker_line(session: Session | None, width: int | None = None) -> Content:
    """Who answers and how far the worker is, in at most so many cells."""
    if session is None:
        return fitted([part("○ nobody is chosen: esc, then M chooses a run or a model")], width)
    loaded = session.loaded
    state, about = f"{GLYPHS[loaded.state]} {loaded.state}", part(one_line(session.partner.about))
    if loaded.state == "ready":
        return fitted([part(state), *_loaded(loaded.facts), about], width, GAPS)
    told = loaded.stage if loaded.state == "loading" else loaded.problem.partition("\n")[0]
    return fitted([part(f"{state}: {one_line(told)}"), about], width, GAPS)


def _loaded(facts: dict[str, Any]) -> list[Part]:
    context = facts.get("context_tokens")
    unknown = ("context n/a (the model does not tell)", "context n/a (not told)")
    return [
        part(one_line(facts.get("device_name")), one_line(facts.get("device_name"), SHORT), worth=2),
        part(one_line(facts.get("dtype")), "", worth=1),
        part(f"loaded in {facts['seconds']} s", "", worth=0),
        part(*((f"context {context}",) if context else unknown), worth=3),
    ]


def settings_line(session: Session | None, both: bool, markdown: bool, width: int | None = None) -> Content:
    """How the next answer is made, and how the last one ran, in at most so many cells."""
    if session is None:
        return Content()
    made = session.next_sampling
    sides = "base + tuned" if both else session.partner.sides[0]
    speed, limit = rate(_last(session)), f"up to {made.max_new_tokens} tokens"
    parts = [
        part("esc stops" if session.busy else ""),
        part(sides),
        part(made.how, made.how.removesuffix(" (temperature 0)"), worth=1),
        part(f"seed {made.seed} {'each time' if session.same_seed else 'next'}"),
        part(speed, speed.replace("(no answer yet)", "(no answer)"), worth=2),
        part(limit, limit.removesuffix(" tokens"), worth=3),
        part("markdown" if markdown else "plain", "", worth=0),
    ]
    return fitted(parts, width, GAPS).stylize("dim")


def beside(running: int) -> str:
    """What to think of while runs are at work."""
    return f"{running} {'run is' if running == 1 else 'runs are'} at work: the chat takes memory beside that"


def _last(session: Session) -> Answer | None:
    told = [one for turn in session.conversation.turns for one in turn.answers.values() if one.new_tokens]
    return max(told, key=lambda answer: answer.id) if told else None


def rate(answer: Answer | None) -> str:
    """Speed of an answer."""
    if answer is None:
        return "tokens/s n/a (no answer yet)"
    speed = answer.tokens_per_s
    return f"{speed:.1f} tokens/s" if speed else "tokens/s n/a (no token)"


def answer_head(answer: Answer, again: int) -> Text:
    """Side, state, tokens, speed and seed of an answer.

    Args:
        answer: It.
        again: How often it was generated before.
    """
    head = Text(answer.side, style="bold", no_wrap=True, overflow="ellipsis")
    if again:
        head.append(f" (answer {again + 1})")
    if not answer.finish:
        state = "● generating" if answer.prompt_tokens is not None else "◌ waiting"
    else:
        why = f": {one_line(answer.reason)}" if answer.reason else ""
        state = f"{ENDED.get(answer.finish, '■')} {FINISHES.get(answer.finish, one_line(answer.finish))}{why}"
    told = [state, *([f"{answer.new_tokens} tokens", rate(answer)] if answer.new_tokens else [])]
    return head.append(f"  {' · '.join([*told, f'seed {answer.sampling.seed}'])}", style="dim")
