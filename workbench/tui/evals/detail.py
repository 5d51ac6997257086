"""One answer as text: what was asked, what was said, what would be right; nothing in it can steer the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from workbench.engine.answer_records import Record
from workbench.engine.texts import NOT_AVAILABLE, number_text
from workbench.tui.evals.columns import verdict_text
from workbench.tui.safe import lines, one_line

HEAD = "bold underline"
SHORT = 60
"""Characters that still stand beside their name."""


def answer_text(record: Record, turns: tuple[tuple[str, str], ...], reason: str) -> Text:
    """A tuned answer in full.

    Args:
        record: From ``answer_record``.
        turns: Role and text of what was asked.
        reason: Why that is not known; empty where it is.
    """
    parts = [_facts(record), *_part("answer", record["answer"] or "(nothing)"), *_part("gold", record["gold"])]
    parts += list(_part("read as", record["parsed"]))
    if reason:
        parts += list(_part("prompt", f"{NOT_AVAILABLE}: {reason}"))
    for role, text in turns:
        parts += list(_part(f"prompt ({one_line(role)})", text))
    return Text("\n").join(parts)


def base_text(record: Record, reason: str) -> Text:
    """The untrained model's answer to the same question, or why there is none."""
    if record["base"] is None:
        return Text(f"base model: {NOT_AVAILABLE}: {lines(reason or 'it was not asked this question')}")
    head = Text.assemble("base model: ", verdict_text(record["base"]))
    return Text("\n").join([head, *_part("answer", record["base_answer"] or "(nothing)")])


def _facts(record: Record) -> Text:
    facts = f"   score {number_text(record['score'], 2)}   {_known(record['new_tokens'])} new tokens"
    ended = f"   ended by {one_line(record['finish'])}   question {one_line(record['doc_id'])}"
    return Text.assemble(verdict_text(record["verdict"]), facts, ended)


def _part(name: str, text: str | None) -> Iterator[Text]:
    """A text under its name; a short one beside it."""
    shown = NOT_AVAILABLE if text is None else lines(text)
    if len(shown) <= SHORT and "\n" not in shown:
        yield Text.assemble((name, HEAD), f"  {shown}")
    else:
        yield Text(name, style=HEAD)
        yield Text(shown)


def _known(value: Any) -> str:
    return NOT_AVAILABLE if value is None else str(value)
