"""The figures of a whole SQuAD v2 set as the official script gives them, with its oracle thresholds.

Source: Rajpurkar et al. 2018, https://arxiv.org/abs/1806.03822, and the rules of its evaluation script v2.0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.engine.evaluate import squad


@dataclass(frozen=True)
class Answer:
    """One answered question.

    Args:
        golds: Accepted answers; none means that the passage does not answer.
        said: The answer; empty for an abstention.
        na_prob: How probable the model finds that there is no answer, 0..1.
    """

    golds: Sequence[str]
    said: str
    na_prob: float = 0.0


def figures(answers: Sequence[Answer]) -> dict[str, float]:
    """exact, f1 and total, the first two also over questions with (HasAns_) and without an answer (NoAns_).

    Shares are fractions; the official script prints percentages. Without answers nothing.
    """
    scored = [(bool(answer.golds), *squad.best(answer.golds, answer.said)) for answer in answers]
    found: dict[str, float] = {}
    for prefix, kinds in (("", (True, False)), ("HasAns_", (True,)), ("NoAns_", (False,))):
        own = [(exact, f1) for kind, exact, f1 in scored if kind in kinds]
        if own:
            found |= {f"{prefix}exact": _mean(own, 0), f"{prefix}f1": _mean(own, 1), f"{prefix}total": float(len(own))}
    return found


def oracle(answers: Sequence[Answer]) -> dict[str, float]:
    """best_exact and best_f1: what the best threshold on ``na_prob`` would have scored, with that threshold.

    The threshold is chosen with the golds in hand. It tells how well the probabilities sort questions, and is no
    score that anybody can reach: never rank by it.
    """
    if not answers:
        return {}
    found: dict[str, float] = {}
    measures: dict[str, Callable[[Answer], float]] = {
        "best_exact": lambda answer: squad.best(answer.golds, answer.said)[0],
        "best_f1": lambda answer: squad.best(answer.golds, answer.said)[1],
    }
    for name, measure in measures.items():
        found[name], found[f"{name}_threshold"] = _best_threshold(answers, measure)
    return found


def _best_threshold(answers: Sequence[Answer], measure: Callable[[Answer], float]) -> tuple[float, float]:
    """Begin with abstaining everywhere; answer one question after the other, the surest first."""
    score = best = float(sum(not answer.golds for answer in answers))
    threshold = 0.0
    for answer in sorted(answers, key=lambda one: one.na_prob):
        if answer.golds:
            score += measure(answer)
        elif answer.said:
            score -= 1.0
        if score > best:
            best, threshold = score, answer.na_prob
    return best / len(answers), threshold


def _mean(pairs: Sequence[tuple[float, float]], place: int) -> float:
    return sum(pair[place] for pair in pairs) / len(pairs)
