"""What the Chat screen says about the worker, the settings and an answer. What is unknown is n/a, with the reason."""

from __future__ import annotations

from rich.text import Text

from workbench.engine.chat.conversation import FINISHES, Answer
from workbench.engine.chat.session import Session
from workbench.tui.safe import one_line

GLYPHS = {"loading": "◌", "ready": "●", "failed": "✗"}
ENDED = {"stop": "✓", "failed": "✗"}
HELLO = """\
Talk to a model, or to what a run made of it.

M    whom to talk to: a run or a model
b    base and tuned side by side, on one prompt
S    temperature, top_p, max_new_tokens, seed
^j   sends what you wrote; esc stops an answer and keeps it

The model is loaded by a process of its own. It stays loaded while you look
at other screens, and ends with the app: nothing keeps its memory then."""


def worker_line(session: Session | None) -> Text:
    """Who answers and how far the worker is."""
    if session is None:
        return Text("○ nobody is chosen: esc, then M chooses a run or a model", no_wrap=True, overflow="ellipsis")
    loaded = session.loaded
    parts = [f"{GLYPHS[loaded.state]} {loaded.state}"]
    if loaded.state == "loading":
        parts[0] += f": {one_line(loaded.stage)}"
    elif loaded.state == "failed":
        parts[0] += f": {one_line(loaded.problem.partition(chr(10))[0])}"
    else:
        facts = loaded.facts
        parts += [one_line(facts.get("device_name")), one_line(facts.get("dtype")), f"loaded in {facts['seconds']} s"]
        context = facts.get("context_tokens")
        parts.append(f"context {context}" if context else "context n/a (the model does not tell)")
    return Text(" · ".join([*parts, one_line(session.partner.about)]), no_wrap=True, overflow="ellipsis")


def settings_line(session: Session | None, both: bool, markdown: bool) -> Text:
    """How the next answer is made, and how the last one ran."""
    if session is None:
        return Text()
    made = session.next_sampling
    sides = "base + tuned" if both else session.partner.sides[0]
    seed = f"seed {made.seed} {'each time' if session.same_seed else 'next'}"
    limit, form = f"up to {made.max_new_tokens} tokens", "markdown" if markdown else "plain"
    parts = [sides, made.how, seed, rate(_last(session)), limit, form]
    if session.busy:
        parts.insert(0, "esc stops")
    return Text(" · ".join(parts), style="dim", no_wrap=True, overflow="ellipsis")


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
