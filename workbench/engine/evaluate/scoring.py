"""Score one answer: what was meant, whether it could be understood, and whether it is right."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.choices.rows import Row
from workbench.choices.tasks import UNANSWERABLE, AnswerFormat
from workbench.engine.evaluate import parse, squad

RELATIVE_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Score:
    """What an answer is worth.

    Args:
        parsed: The answer as it was understood; "" is an abstention, None is "not understood".
        status: "ok", or why it counts as wrong: "empty", "unparsed", "truncated", "error".
        scores: By metric, fractions; all zero unless the status is "ok".
    """

    parsed: str | None
    status: str
    scores: dict[str, float]


def score(row: Row, raw: str, finish: str, answer_format: AnswerFormat) -> Score:
    """The score of a raw answer.

    Args:
        row: What was asked.
        raw: What the model said.
        finish: "stop", "length" when it was cut off, or "error".
        answer_format: How the answer was asked for. An answer asked for in a box counts in the box alone; one
            that closed its box before it was cut off counts.
    """
    names = METRICS[row.task]
    status, said = _status(raw, finish, answer_format)
    if status != "ok":
        return Score(None, status, dict.fromkeys(names, 0.0))
    parsed, values = _JUDGES[row.task](row, said)
    if parsed is None:
        return Score(None, "unparsed", dict.fromkeys(names, 0.0))
    return Score(parsed, "ok", dict(zip(names, values, strict=True)))


METRICS = {"arc": ("accuracy",), "squad": ("f1", "exact"), "math": ("accuracy",)}
"""What a single sample is scored by, the ranked metric first."""


def _status(raw: str, finish: str, answer_format: AnswerFormat) -> tuple[str, str]:
    if finish == "error":
        return "error", ""
    if not raw.strip():
        return "empty", ""
    if answer_format == "boxed":
        inside = parse.boxed(raw)
        if inside is not None:
            return "ok", inside
        return ("truncated" if finish == "length" else "unparsed"), ""
    return ("truncated", "") if finish == "length" else ("ok", raw)


def _judge_arc(row: Row, said: str) -> tuple[str | None, tuple[float, ...]]:
    chosen = parse.letter(said, row.labels)
    return chosen, (float(chosen == row.answers[0]),)


def _judge_squad(row: Row, said: str) -> tuple[str | None, tuple[float, ...]]:
    answer = "" if squad.normalise(said) == UNANSWERABLE else said.strip()
    if answer and not squad.normalise(answer):
        return None, ()  # punctuation alone is no abstention
    exact, f1 = squad.best([str(gold) for gold in row.answers], answer)
    return answer, (f1, exact)


def _judge_math(row: Row, said: str) -> tuple[str | None, tuple[float, ...]]:
    given = parse.number(said)
    if given is None:
        return None, ()
    return f"{given:.12g}", (float(right_number(str(row.answers[0]), given)),)


_JUDGES = {"arc": _judge_arc, "squad": _judge_squad, "math": _judge_math}


def right_number(gold: str, given: float) -> bool:
    """Whether a number is right within rounding: 1e-4 of the gold, or half a unit of its last decimal.

    The second applies to golds with two decimals and more: 16.67 stands for 50/3.

    >>> right_number("16.67", 50 / 3), right_number("68", 68.4), right_number("0.5", 0.54)
    (True, False, False)
    """
    wanted = parse.read_number(gold)
    if wanted is None:
        return False
    decimals = re.search(r"\.(\d+)$", gold.strip())
    rounding = 0.5 * 10.0 ** -len(decimals[1]) if decimals and len(decimals[1]) >= 2 else 0.0
    # the last term forgives the binary form of the half unit, no more
    return abs(given - wanted) <= max(RELATIVE_TOLERANCE * max(1.0, abs(wanted)), rounding) * (1 + 1e-9)
