"""The shapes that rows come in, recognised by their columns."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from workbench.choices.rows import Row
from workbench.choices.table import Table
from workbench.choices.tasks import TASKS

LETTERS = "ABCDE"
ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}
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
        task: The task that its rows are of; empty when each row says it.
        columns: The columns that it is recognised by.
        read: Turns a record and an id for it into a row; raises BadRowError or what a wrong type raises.
    """

    name: str
    label: str
    task: str
    columns: frozenset[str]
    read: Callable[[Record, str], Row]


def text(value: Any) -> str | float:
    """A cell as text, but for a float, which the caller converts and counts.

    Raises:
        BadRowError: There is nothing in the cell, or no text and no number.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise BadRowError("the answer is missing")
    if isinstance(value, float) and math.isinf(value):
        raise BadRowError("the answer is infinite")
    if isinstance(value, (dict, list, bytes)):
        raise BadRowError(f"the answer must be text or a number, not a {type(value).__name__}")
    return value if isinstance(value, float) else str(value).strip()


def letter(label: Any) -> str:
    """A label as a letter: some questions number their options.

    >>> letter("b"), letter("3"), letter(3.0)
    ('B', 'C', 'C')
    """
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    name = str(label).strip().upper()
    return LETTERS[int(name) - 1] if name in ("1", "2", "3", "4", "5") else name


def split_options(question: str) -> tuple[str, list[str], list[str]]:
    """Stem, letters and texts of a question that holds its options; all of it and no options if they are unclear.

    >>> split_options("Which is a metal? A. iron B. oak C. wool")
    ('Which is a metal?', ['A', 'B', 'C'], ['iron', 'oak', 'wool'])
    >>> split_options("Which vitamin is it?")
    ('Which vitamin is it?', [], [])
    """
    marks = list(_OPTION.finditer(question))
    starts = [place for place, mark in enumerate(marks) if mark[1] in ("A", "1")]
    tail = marks[starts[-1] :] if starts else []
    labels = [mark[1] for mark in tail]
    alphabet = LETTERS if labels[:1] == ["A"] else "12345"
    if len(labels) < 3 or labels != list(alphabet[: len(labels)]):
        return question, [], []
    ends = [*(mark.start() for mark in tail[1:]), len(question)]
    stem = question[: tail[0].start()].strip()
    texts = [question[mark.end() : end].strip() for mark, end in zip(tail, ends, strict=True)]
    if not (stem and all(texts)):
        return question, [], []
    return stem, [letter(label) for label in labels], texts


def recognise(columns: Iterable[str]) -> Format | None:
    """The first format, from the narrowest to the widest, whose columns are all there; None if no one fits."""
    present = set(columns)
    return next((row for row in FORMATS.values() if row.columns <= present), None)


def _messages(record: Record, row_id: str) -> Row:
    return _chat(row_id, record, [_turn(turn, "role", "content") for turn in record["messages"]])


def _sharegpt(record: Record, row_id: str) -> Row:
    return _chat(row_id, record, [_turn(turn, "from", "value") for turn in record["conversations"]])


def _prompt_completion(record: Record, row_id: str) -> Row:
    asked, said = record["prompt"], record["completion"]
    if isinstance(asked, list):  # TRL's conversational shape
        turns = [*asked, *(said if isinstance(said, list) else [{"role": "assistant", "content": said}])]
        return _chat(row_id, record, [_turn(turn, "role", "content") for turn in turns])
    return _ask(row_id, record, asked, said)


def _alpaca(record: Record, row_id: str) -> Row:
    parts = [str(record["instruction"] or "").strip(), str(record.get("input") or "").strip()]
    return _ask(row_id, record, "\n\n".join(part for part in parts if part), record["output"])


def _turn(turn: Any, role: str, content: str) -> dict[str, Any]:
    if not isinstance(turn, dict) or turn.get(role) not in ROLES or content not in turn:
        raise BadRowError(f'a turn must have "{role}" (one of {", ".join(ROLES)}) and "{content}"')
    value = turn[content]
    if isinstance(value, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in value):
        value = "".join(str(part["text"]) for part in value)
    return {"role": ROLES[turn[role]], "content": value if isinstance(value, str) else text(value)}


def _chat(row_id: str, record: Record, turns: list[dict[str, Any]]) -> Row:
    has_system = bool(turns) and turns[0]["role"] == "system"
    system = str(turns[0]["content"]) if has_system else _system(record)
    rest = turns[1:] if has_system else turns
    if len(rest) < 2 or rest[0]["role"] != "user" or rest[-1]["role"] != "assistant":
        raise BadRowError("a conversation must begin with the user and end with the assistant")
    question, answer = str(rest[0]["content"]), text(rest[-1]["content"])
    return Row(row_id, "chat", question, (answer,), system=system, messages=tuple(rest))


def _ask(row_id: str, record: Record, question: Any, answer: Any) -> Row:
    return Row(row_id, "chat", _asked(question), (text(answer),), system=_system(record))


def _asked(question: Any) -> str:
    asked = "" if question is None else str(question).strip()
    if not asked:
        raise BadRowError("the question is empty")
    return asked


def _system(record: Record) -> str:
    return str(record.get("system") or "").strip()


def _study_math(record: Record, row_id: str) -> Row:
    return Row(row_id, "math", _asked(record["question"]), (text(record["answer"]),))


def _hub_openmath(record: Record, row_id: str) -> Row:
    return Row(row_id, "math", _asked(record["problem"]), (text(record["expected_answer"]),))


def _study_squad(record: Record, row_id: str) -> Row:
    answer = record["answer"]
    absent = answer is None or (isinstance(answer, float) and math.isnan(answer)) or str(answer).strip() == ""
    return _reading(row_id, record, () if absent else (text(answer),))


def _boolq(record: Record, row_id: str) -> Row:
    passage = str(record["passage"] or "").strip()
    if not passage:
        raise BadRowError("the passage is empty")
    return Row(row_id, "boolq", _asked(record["question"]), (_yes_or_no(record),), context=passage)


def _yes_or_no(record: Record) -> str:
    """The answer as a word: a truth value, a number (as in super_glue), or the word itself."""
    value = record["answer"] if "answer" in record else record["label"]
    words = {"true": "yes", "false": "no", "1": "yes", "0": "no", "yes": "yes", "no": "no"}
    said = str(text(value)).removesuffix(".0").lower()
    if said not in words:
        raise BadRowError(f'the answer "{value}" is neither yes nor no')
    return words[said]


def _hub_squad(record: Record, row_id: str) -> Row:
    golds = [text(gold) for gold in record["answers"]["text"]]
    return _reading(str(record.get("id") or row_id), record, tuple(dict.fromkeys(gold for gold in golds if gold != "")))


def _reading(row_id: str, record: Record, answers: tuple[str | float, ...]) -> Row:
    passage = str(record["context"] or "").strip()
    if not passage:
        raise BadRowError("the passage is empty")
    return Row(row_id, "squad", _asked(record["question"]), answers, context=passage)


def _study_arc(record: Record, row_id: str) -> Row:
    stem, labels, options = split_options(_asked(record["question"]))
    return _choice(row_id, stem, record["answer"], labels, options)


def _hub_arc(record: Record, row_id: str) -> Row:
    choices = record["choices"]
    labels = [letter(label) for label in choices["label"]]
    options = [str(option).strip() for option in choices["text"]]
    if len(labels) < 2 or len(set(labels)) != len(labels) or len(labels) != len(options):
        raise BadRowError("the options and their labels do not belong together")
    return _choice(str(record.get("id") or row_id), _asked(record["question"]), record["answerKey"], labels, options)


def _choice(row_id: str, stem: str, gold: Any, labels: list[str], options: list[str]) -> Row:
    right = letter(text(gold))
    if right not in (labels or LETTERS):
        raise BadRowError(f'the answer "{right}" is none of the options {", ".join(labels or LETTERS)}')
    return Row(row_id, "arc", stem, (right,), tuple(options), tuple(labels))


def _workbench(record: Record, row_id: str) -> Row:
    known = {field.name for field in fields(Row)}
    if record["task"] not in TASKS:
        raise BadRowError(f'there is no task "{record["task"]}"; tasks: {", ".join(TASKS)}')
    if not isinstance(record["answers"], list):
        raise BadRowError("the answers must be a list")
    row = Row.from_json({"id": row_id, **{key: value for key, value in record.items() if key in known}})
    if len(row.labels) != len(row.options):
        raise BadRowError("the options and their labels do not belong together")
    return replace(row, id=str(row.id), question=_asked(row.question), answers=tuple(map(text, row.answers)))


FORMATS: Table[Format] = Table(
    "format",
    Format("workbench", "data/<id>/ of Workbench", "", frozenset({"task", "question", "answers"}), _workbench),
    Format("hub_arc", "allenai/ai2_arc", "arc", frozenset({"question", "choices", "answerKey"}), _hub_arc),
    Format("hub_squad", "rajpurkar/squad_v2", "squad", frozenset({"context", "question", "answers"}), _hub_squad),
    Format(
        "hub_openmath", "nvidia/OpenMathInstruct-2", "math", frozenset({"problem", "expected_answer"}), _hub_openmath
    ),
    Format("boolq", "google/boolq", "boolq", frozenset({"passage", "question", "answer"}), _boolq),
    Format("super_glue_boolq", "aps/super_glue", "boolq", frozenset({"passage", "question", "label"}), _boolq),
    Format("study_squad", "the study's SQuAD v2", "squad", frozenset({"context", "question", "answer"}), _study_squad),
    Format("study_arc", "the study's ARC", "arc", frozenset({"title", "question", "answer"}), _study_arc),
    Format("study_math", "the study's OpenMath", "math", frozenset({"question", "answer"}), _study_math),
    Format("messages", "OpenAI, TRL", "chat", frozenset({"messages"}), _messages),
    Format("sharegpt", "ShareGPT", "chat", frozenset({"conversations"}), _sharegpt),
    Format("alpaca", "Alpaca", "chat", frozenset({"instruction", "output"}), _alpaca),
    Format("prompt_completion", "TRL", "chat", frozenset({"prompt", "completion"}), _prompt_completion),
)
