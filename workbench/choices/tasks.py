"""The tasks: how a row becomes a prompt and a target, and what a score of it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from workbench.choices.rows import Row
from workbench.choices.table import Table

AnswerFormat = Literal["bare", "boxed"]
UNANSWERABLE = "unanswerable"


@dataclass(frozen=True)
class Task:
    """A kind of question.

    Args:
        name: Its value of ``data.task``.
        label: Its name in tables.
        protocols: Names of rows of PROTOCOLS that it is evaluated by when a profile names none; the first is its own.
        ask: The body of the user turn, without the instruction.
        instruct: The instruction by answer format.
        max_new_tokens: Length limit of an answer by answer format.
    """

    name: str
    label: str
    protocols: tuple[str, ...]
    ask: Callable[[Row], str]
    instruct: dict[AnswerFormat, str]
    max_new_tokens: dict[AnswerFormat, int]


def _ask_question(row: Row) -> str:
    return row.question


def _ask_options(row: Row) -> str:
    if not row.options:
        return row.question
    lines = [f"{label}. {text}" for label, text in zip(row.labels, row.options, strict=True)]
    return "\n".join([row.question, *lines])


def _ask_passage(row: Row) -> str:
    return f"Passage: {row.context}\n\nQuestion: {row.question}"


TASKS: Table[Task] = Table(
    "task",
    Task(
        "arc",
        "multiple choice",
        ("arc_gen@1", "arc_ll@1"),
        _ask_options,
        {
            "bare": "Answer with the letter of the correct option only.",
            "boxed": "Put the letter of the correct option inside \\boxed{}.",
        },
        {"bare": 16, "boxed": 512},
    ),
    Task(
        "squad",
        "reading",
        ("squad_gen@1",),
        _ask_passage,
        {
            "bare": "Answer with the shortest span of the passage that answers the question. "
            f"If the passage does not answer it, write: {UNANSWERABLE}",
            "boxed": "Put the shortest span of the passage that answers the question inside \\boxed{}. "
            f"If the passage does not answer it, write \\boxed{{{UNANSWERABLE}}}.",
        },
        {"bare": 48, "boxed": 256},
    ),
    Task(
        "math",
        "arithmetic",
        ("math_gen@2",),
        _ask_question,
        {
            "bare": "Answer with the final number only.",
            "boxed": "Put the final number inside \\boxed{}.",
        },
        {"bare": 32, "boxed": 1000},
    ),
    Task(
        "boolq",
        "yes or no",
        ("boolq@1",),
        _ask_passage,
        {"bare": "Answer yes or no.", "boxed": "Put yes or no inside \\boxed{}."},
        {"bare": 8, "boxed": 256},
    ),
    Task("chat", "chat", ("heldout_loss@1",), _ask_question, {"bare": "", "boxed": ""}, {"bare": 256, "boxed": 256}),
)


def prompt(row: Row, answer_format: AnswerFormat) -> list[dict[str, str]]:
    """The turns before the answer, the system turn first."""
    task = TASKS[row.task]
    body = "\n\n".join(part for part in (task.ask(row), task.instruct[answer_format]) if part)
    system = [{"role": "system", "content": row.system}] if row.system else []
    return [*system, {"role": "user", "content": body}]


def target(row: Row, answer_format: AnswerFormat) -> str | float:
    """The content of the assistant turn that training teaches: the first accepted answer.

    A float comes back only from a row whose conversion was switched off; what a chat template makes
    of it is for the audit to find out.
    """
    answer: str | float = row.answers[0] if row.answers else UNANSWERABLE
    if answer_format == "boxed" and isinstance(answer, str):
        return f"\\boxed{{{answer}}}"
    return answer
