"""Score one answer. Whatever is not a complete, readable answer is wrong, and its status says why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.choices.rows import Row
from workbench.choices.tasks import UNANSWERABLE, AnswerFormat
from workbench.engine.evaluate import expressions, numbers, parse, squad

Status = Literal["ok", "empty", "unparsed", "truncated", "error"]
Rule = Literal["exact", "rounded", "math_verify"]
"""By what an answer in mathematics was judged, right or wrong: it is the gold itself; both are numbers, compared up to
rounding; or one of them is an expression, and math-verify has compared them."""

METRICS: dict[str, tuple[str, ...]] = {
    "arc": ("accuracy",),
    "squad": ("f1", "exact", squad.CONTAINS),
    "math": ("accuracy",),
}
"""The scores of one answer by task, the ranked one first."""

RELATIVE_TOLERANCE = 1e-4
WHOLE_TOLERANCE = 0.4


@dataclass(frozen=True)
class Score:
    """What one answer is worth.

    Args:
        parsed: The answer that was read: a letter, a number, a span; "" is an abstention; None when there is none.
        status: Everything but "ok" scores 0, except on squad.CONTAINS, which looks at what was said in any form.
        scores: Fractions 0..1 by metric, the ranked one first.
        judged_by: Of a read answer in mathematics, the rule that settled it; None for all others.
    """

    parsed: str | None
    status: Status
    scores: dict[str, float]
    judged_by: Rule | None = None


def score(row: Row, raw: str, finish: str, answer_format: AnswerFormat) -> Score:
    """Read an answer and score it.

    Args:
        row: What was asked.
        raw: What the model said.
        finish: "stop" at an end token, "length" at the limit, "error" when generation failed.
        answer_format: How the answer was asked for. One asked for in a box counts in the box alone, and one that
            closed its box before it was cut off counts.

    Raises:
        KeyError: The row's task has no scores.
        RuntimeError: An expression is scored outside of a main thread.
    """
    metrics = METRICS[row.task]
    golds = [str(answer) for answer in row.answers]
    status, parsed = _read(row, golds, raw, finish, answer_format)
    if row.task == "math" and parsed is not None:
        return _judged(parsed, golds, finish)
    scores = dict.fromkeys(metrics, 0.0) if parsed is None else grade(row.task, parsed, golds)
    if row.task == "squad":
        scores[squad.CONTAINS] = squad.contains(golds, raw)
    return Score(parsed, status, scores)


def _judged(parsed: str, golds: Sequence[str], finish: str) -> Score:
    """Score an answer in mathematics by the first rule that settles it; an expression that cannot be read is none."""
    if any(_letters(parsed) == _letters(gold) or _same_value(parsed, gold) for gold in golds):
        return Score(parsed, "ok", {"accuracy": 1.0}, "exact")
    if any(same_number(parsed, gold) for gold in golds):
        return Score(parsed, "ok", {"accuracy": 1.0}, "rounded")
    numeric = [numbers.number(gold) is not None for gold in golds]
    if numbers.number(parsed) is not None and all(numeric):
        return Score(parsed, "ok", {"accuracy": 0.0}, "rounded")
    verdicts = [expressions.compare(gold, parsed, one) for gold, one in zip(golds, numeric, strict=True)]
    if all(verdict == "unread" for verdict in verdicts):
        return Score(None, "truncated" if finish == "length" else "unparsed", {"accuracy": 0.0})
    return Score(parsed, "ok", {"accuracy": float("same" in verdicts)}, "math_verify")


def grade(task: str, parsed: str, golds: Sequence[str]) -> dict[str, float]:
    """What a read answer scores against all accepted ones, the best of them counting; without math-verify."""
    if task == "squad":
        exact, f1 = squad.best(golds, parsed)
        return {"f1": f1, "exact": exact, squad.CONTAINS: squad.contains(golds, parsed)}
    if task == "math":
        return {"accuracy": float(any(same_number(parsed, gold) for gold in golds))}
    return {"accuracy": float(any(parsed.upper() == gold.strip().upper() for gold in golds))}


def same_number(parsed: str, gold: str) -> bool:
    """Whether an answer is the gold number, up to rounding; golds that are no numbers must be met to the letter.

    The tolerance is RELATIVE_TOLERANCE of the gold (of 1 for smaller ones), or half a unit of the gold's last decimal
    place when it is written with two decimals or more. A whole number is never met by its neighbour.

    >>> same_number("16.666666666666668", "16.67"), same_number("16.7", "16.67"), same_number("19601", "19600")
    (True, False, False)
    """
    right, said = numbers.number(gold), numbers.number(parsed)
    if right is None or said is None:
        return _letters(parsed) == _letters(gold)
    decimals = re.search(r"\.(\d{2,30})", gold)
    rounding = 0.5 * 10.0 ** -len(decimals[1]) if decimals else 0.0
    # the last factor forgives the binary form of half a unit, no more
    tolerance = max(RELATIVE_TOLERANCE * max(1.0, abs(right)), rounding) * (1 + 1e-9)
    return abs(said - right) <= (min(tolerance, WHOLE_TOLERANCE) if right.is_integer() else tolerance)


def _same_value(parsed: str, gold: str) -> bool:
    """Whether both are one number, up to the 15 digits that a read answer keeps."""
    right, said = numbers.number(gold), numbers.number(parsed)
    return right is not None and said is not None and (said == right or parsed == _written(right))


def _letters(expression: str) -> str:
    return "".join(numbers.clean(expression).split())


def _read(row: Row, golds: list[str], raw: str, finish: str, answer_format: AnswerFormat) -> tuple[Status, str | None]:
    """How an answer ended, and what it says when it is complete."""
    if finish == "error":
        return "error", None
    text = parse.after_thinking(raw)
    if not text:
        return "empty", None
    if answer_format == "bare":
        if finish == "length":
            return "truncated", None
        parsed = _bare(row, golds, text)
    else:
        inside = parse.boxed(text)
        parsed = _in_box(row, golds, inside) if inside else None
    if parsed is not None:
        return "ok", parsed
    return ("truncated" if finish == "length" else "unparsed"), None


def _bare(row: Row, golds: list[str], text: str) -> str | None:
    if row.task == "arc":
        return parse.letter(text, _labels(row, golds))
    first_line = text.partition("\n")[0].strip()
    if row.task == "squad":
        return _span(first_line)
    if _symbolic(golds):
        return first_line
    return _written(numbers.number_said(text)) or _expression(text)


def _in_box(row: Row, golds: list[str], inside: str) -> str | None:
    if row.task == "arc":
        return parse.letter(inside, _labels(row, golds))
    if row.task == "squad":
        return _span(inside)
    if _symbolic(golds):
        return inside
    return _written(numbers.number_in_box(inside)) or _expression(inside)


def _expression(text: str) -> str | None:
    """An answer that is no number and may yet have a value: one line, in its box if it has one."""
    inside = parse.boxed(text)
    line = text if inside is None else inside
    return line if "\n" not in line.strip() and numbers.has_value(line) else None


def _labels(row: Row, golds: list[str]) -> tuple[str, ...]:
    """The letters that an answer may be; some rows of ARC count their options instead, inside the question."""
    return row.labels or (parse.NUMBERS if any(gold in parse.NUMBERS for gold in golds) else parse.LETTERS)


def _span(text: str) -> str | None:
    """A span; the agreed word alone is an abstention. What normalises to nothing, such as "...", is neither."""
    normalised = squad.normalise(text)
    if normalised == UNANSWERABLE:
        return ""
    return text if normalised else None


def _symbolic(golds: list[str]) -> bool:
    """Whether no accepted answer is a number: then it is an expression."""
    return all(numbers.number(gold) is None for gold in golds)


def _written(value: float | None) -> str | None:
    return None if value is None else f"{value:.15g}"
