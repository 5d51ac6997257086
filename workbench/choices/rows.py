"""A row of data in the one shape that every source is brought into."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One question with its answer, or one conversation.

    Args:
        id: Stable within its data set.
        task: Name of a row of TASKS.
        question: What is asked; for a chat the first user turn.
        answers: The accepted answers, text from the first moment; none means "the passage does not
            answer". A float is here only when the profile switched the conversion off.
        options: Texts of a multiple-choice question; empty when the question holds them itself.
        labels: Letters of the options, as long as ``options``.
        context: The passage that the question is about.
        system: The system turn; empty for none.
        messages: The whole conversation of a chat row; empty for the other tasks.
    """

    id: str
    task: str
    question: str
    answers: tuple[str | float, ...] = ()
    options: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    context: str = ""
    system: str = ""
    messages: tuple[dict[str, Any], ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON object, without its empty fields."""
        return {key: value for key, value in asdict(self).items() if value or key == "answers"}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Row:
        """The row that ``to_json`` wrote."""
        lists = ("answers", "options", "labels", "messages")
        fields: dict[str, Any] = {key: tuple(v) if key in lists else v for key, v in record.items()}
        return cls(**fields)
