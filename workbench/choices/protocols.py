"""The protocols: versioned ways in which a question is asked and an answer is scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from workbench.choices.rows import Row
from workbench.choices.table import Table

Way = Literal["generate", "choose", "loss"]


@dataclass(frozen=True)
class Choice:
    """A question without a chat, and what may follow it.

    Args:
        text: What stands before.
        options: What may follow, without the space before it.
        labels: What each option is called in ``Row.answers``.
    """

    text: str
    options: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Protocol:
    """One way to ask. Whatever changes a score gives it another version.

    Args:
        name: Its value in ``eval.protocols``.
        label: What it does, for people.
        tasks: Tasks whose rows it can ask; empty for all.
        way: "generate" an answer and read it, "choose" the likeliest of given answers, or the "loss" of the right one.
        metrics: Names of its scores, the ranked one first.
        choice: Of a protocol that chooses: the question; None for a row that does not hold its options.
        lower_is_better: Whether its scores are losses; all others are fractions, higher is better.
        source: Where its definition stands; empty for the project's own.
        libraries: Whose versions change a score too; they stand beside it, and in the key of its answers.
    """

    name: str
    label: str
    tasks: tuple[str, ...]
    way: Way
    metrics: tuple[str, ...]
    choice: Callable[[Row], Choice | None] = lambda _: None
    lower_is_better: bool = False
    source: str = ""
    libraries: tuple[str, ...] = ()


def _arc(row: Row) -> Choice | None:
    if not row.options:
        return None
    return Choice(f"Question: {row.question}\nAnswer:", row.options, row.labels)


def _boolq(row: Row) -> Choice:
    question = row.question.removesuffix("?")
    return Choice(f"{row.context}\nQuestion: {question}?\nAnswer:", ("no", "yes"), ("no", "yes"))


PROTOCOLS: Table[Protocol] = Table(
    "protocol",
    Protocol(
        "arc_gen@1",
        "the letter is written in a chat; a letter in the middle of a sentence is none",
        ("arc",),
        "generate",
        ("accuracy", "macro_f1"),
    ),
    Protocol(
        "arc_ll@1",
        "the likeliest option text, without a chat template",
        ("arc",),
        "choose",
        ("acc_norm", "acc"),
        _arc,
        source="arc_challenge of lm-eval 0.4.13",
    ),
    Protocol(
        "squad_gen@1",
        "the span is written in a chat; only the agreed word is an abstention",
        ("squad",),
        "generate",
        ("f1", "exact", "has_ans_f1", "no_ans_f1", "has_ans_contains"),
        source="https://arxiv.org/abs/1806.03822",
    ),
    Protocol(
        "math_gen@2",
        "the number is written in a chat; the last closed box counts, up to rounding; expressions by math-verify",
        ("math",),
        "generate",
        ("accuracy",),
        libraries=("math-verify",),
    ),
    Protocol(
        "boolq@1",
        "the likelier of yes and no, without a chat template",
        ("boolq",),
        "choose",
        ("acc",),
        _boolq,
        source="boolq of lm-eval 0.4.13",
    ),
    Protocol(
        "heldout_loss@1",
        "mean negative log-likelihood of the trained tokens of test rows, and its exponential",
        (),
        "loss",
        ("loss", "perplexity"),
        lower_is_better=True,
    ),
)


def as_read(name: str) -> Protocol | None:
    """The protocol by which stored answers are summed up: that of the name, or what an earlier version has become.

    Answers of two versions are never compared; None for a name that never was one of ours.

    >>> as_read("math_gen@1").name, as_read("math_gen@9"), as_read("gsm8k@3")
    ('math_gen@2', None, None)
    """
    base, _, version = name.partition("@")
    for protocol in PROTOCOLS.values():
        own, _, newest = protocol.name.partition("@")
        if own == base and version.isdigit() and 1 <= int(version) <= int(newest):
            return protocol
    return None


def suits(protocol: str, task: str) -> bool:
    """Whether a protocol can ask the rows of a task."""
    tasks = PROTOCOLS[protocol].tasks
    return not tasks or task in tasks
