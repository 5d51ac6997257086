"""The shapes that rows come in, recognised by their columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from workbench.choices.rows import Row
from workbench.choices.table import Table

LETTERS = "ABCDE"
_OPTION = re.compile(r"(?:^|\s)\(?([A-E1-5])[.)]\s")

Record = dict[str, Any]


class BadRowError(ValueError):
    """A record that cannot become a row; the message says why."""


@dataclass(frozen=True)
class Format:
    """One shape.

    Args:
        name: Its value of ``data.format``.
        label: Where it is usual.
        task: The task that its rows are of.
        columns: The columns that it is recognised by.
        read: Turns a record into a row; raises BadRowError.
    """

    name: str
    label: str
    task: str
    columns: frozenset[str]
    read: Callable[[Record, str], Row]


def text(value: Any) -> str | float:
    """A cell as text, but for a float, which the caller converts and counts.

    Raises:
        BadRowError: There is nothing in the cell.
    """
    if value is None or (isinstance(value, float) and value != value):
        raise BadRowError("the answer is missing")
    if isinstance(value, float):
        return value
    return str(value).strip()


def _letter(label: Any) -> str:
    """A label as a letter: some questions number their options."""
    name = str(label).strip().upper()
    return LETTERS[int(name) - 1] if name in ("1", "2", "3", "4", "5") else name


def _messages(record: Record, row_id: str) -> Row:
    return _chat(row_id, [_turn(turn, "role", "content") for turn in record["messages"]])


def _sharegpt(record: Record, row_id: str) -> Row:
    return _chat(row_id, [_turn(turn, "from", "value") for turn in record["conversations"]])


ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}


def _turn(turn: Any, role: str, content: str) -> dict[str, Any]:
    if not isinstance(turn, dict) or turn.get(role) not in ROLES or content not in turn:
        raise BadRowError(f'a turn must have "{role}" (one of {", ".join(ROLES)}) and "{content}"')
    return {"role": ROLES[turn[role]], "content": turn[content]}


def _chat(row_id: str, turns: list[dict[str, Any]]) -> Row:
    system = str(turns[0]["content"]) if turns and turns[0]["role"] == "system" else ""
    rest = turns[1:] if system else turns
    if len(rest) < 2 or rest[0]["role"] != "user" or rest[-1]["role"] != "assistant":
        raise BadRowError("a conversation must begin with the user and end with the assistant")
    return Row(
        row_id,
        "chat",
        question=str(rest[0]["content"]),
        answers=(text(rest[-1]["content"]),),
        system=system,
        messages=tuple(rest),
    )


def _prompt_completion(record: Record, row_id: str) -> Row:
    prompt, completion = record["prompt"], record["completion"]
    if isinstance(prompt, list):  # TRL's conversational shape
        turns = [*prompt, *(completion if isinstance(completion, list) else [])]
        return _chat(row_id, [_turn(turn, "role", "content") for turn in turns])
    return _ask(row_id, prompt, completion)


def _alpaca(record: Record, row_id: str) -> Row:
    parts = [str(record["instruction"]).strip(), str(record.get("input") or "").strip()]
    return _ask(row_id, "\n\n".join(part for part in parts if part), record["output"])


def _ask(row_id: str, question: Any, answer: Any) -> Row:
    if not str(question or "").strip():
        raise BadRowError("the question is empty")
    return Row(row_id, "chat", str(question).strip(), (text(answer),))


def _study_math(record: Record, row_id: str) -> Row:
    return replace(_ask(row_id, record["question"], record["answer"]), task="math")


def _hub_openmath(record: Record, row_id: str) -> Row:
    return replace(_ask(row_id, record["problem"], record["expected_answer"]), task="math")


def _study_squad(record: Record, row_id: str) -> Row:
    answer = str(record["answer"] or "").strip()
    row = _ask(row_id, record["question"], answer)
    return replace(row, task="squad", answers=(answer,) if answer else (), context=str(record["context"]).strip())


def _hub_squad(record: Record, row_id: str) -> Row:
    golds = tuple(dict.fromkeys(str(gold).strip() for gold in record["answers"]["text"]))
    row = _ask(str(record.get("id") or row_id), record["question"], "")
    return replace(row, task="squad", answers=golds, context=str(record["context"]).strip())


def _study_arc(record: Record, row_id: str) -> Row:
    stem, labels, options = split_options(str(record["question"]).strip())
    gold = _letter(text(record["answer"]))
    if labels and gold not in labels:
        raise BadRowError(f'the answer "{gold}" is none of the options {", ".join(labels)}')
    return Row(row_id, "arc", stem, (gold,), tuple(options), tuple(labels))


def split_options(question: str) -> tuple[str, list[str], list[str]]:
    """Stem, letters and texts of a question that holds its options; all of it and no options if they are unclear.

    >>> split_options("Which is a metal? A. iron B. oak C. wool")
    ('Which is a metal?', ['A', 'B', 'C'], ['iron', 'oak', 'wool'])
    >>> split_options("Which vitamin is it?")
    ('Which vitamin is it?', [], [])
    """
    marks = list(_OPTION.finditer(question))
    for first in range(len(marks) - 1, -1, -1):
        tail = marks[first:]
        labels = [mark[1] for mark in tail]
        if labels[0] not in ("A", "1"):
            continue
        alphabet = LETTERS if labels[0] == "A" else "12345"
        if len(labels) < 3 or labels != list(alphabet[: len(labels)]):
            break
        ends = [*(mark.start() for mark in tail[1:]), len(question)]
        texts = [question[mark.end() : end].strip() for mark, end in zip(tail, ends, strict=True)]
        if all(texts):
            return question[: tail[0].start()].strip(), [_letter(label) for label in labels], texts
        break
    return question, [], []


def _hub_arc(record: Record, row_id: str) -> Row:
    choices = record["choices"]
    labels = tuple(_letter(label) for label in choices["label"])
    gold = _letter(record["answerKey"])
    if gold not in labels:
        raise BadRowError(f'the answer "{gold}" is none of the options {", ".join(labels)}')
    options = tuple(str(option).strip() for option in choices["text"])
    return Row(str(record.get("id") or row_id), "arc", str(record["question"]).strip(), (gold,), options, labels)


def _workbench(record: Record, row_id: str) -> Row:
    return Row.from_json({"id": row_id, **record})


FORMATS: Table[Format] = Table(
    "format",
    Format("workbench", "data/<id>/ of Workbench", "", frozenset({"task", "question", "answers"}), _workbench),
    Format("hub_arc", "allenai/ai2_arc", "arc", frozenset({"question", "choices", "answerKey"}), _hub_arc),
    Format("hub_squad", "rajpurkar/squad_v2", "squad", frozenset({"id", "context", "question", "answers"}), _hub_squad),
    Format(
        "hub_openmath",
        "nvidia/OpenMathInstruct-2",
        "math",
        frozenset({"problem", "expected_answer"}),
        _hub_openmath,
    ),
    Format("study_squad", "the study's SQuAD v2", "squad", frozenset({"context", "question", "answer"}), _study_squad),
    Format("study_arc", "the study's ARC", "arc", frozenset({"title", "question", "answer"}), _study_arc),
    Format("study_math", "the study's OpenMath", "math", frozenset({"question", "answer"}), _study_math),
    Format("messages", "OpenAI, TRL", "chat", frozenset({"messages"}), _messages),
    Format("sharegpt", "ShareGPT", "chat", frozenset({"conversations"}), _sharegpt),
    Format("alpaca", "Alpaca", "chat", frozenset({"instruction", "output"}), _alpaca),
    Format("prompt_completion", "TRL", "chat", frozenset({"prompt", "completion"}), _prompt_completion),
)


def recognise(columns: Iterable[str]) -> Format | None:
    """The first format, from the narrowest to the widest, whose columns are all there; None if no one fits."""
    present = set(columns)
    return next((row for row in FORMATS.values() if row.columns <= present), None)
