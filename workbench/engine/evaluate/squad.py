"""Exact match and F1 by the official SQuAD v2 rules.

Source: Rajpurkar et al. 2018, https://arxiv.org/abs/1806.03822, and the rules of its evaluation script v2.0.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

CONTAINS = "contains"
"""A score that does not ask in what form an answer is: it tells a gain in skill from a gain in form. Never ranked."""

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(answer: str) -> str:
    """Lower case, without ASCII punctuation, without articles, single spaces.

    >>> normalise("The  Eiffel-Tower!")
    'eiffeltower'
    """
    return " ".join(_ARTICLE.sub(" ", answer.lower().translate(_PUNCTUATION)).split())


def exact(gold: str, said: str) -> float:
    """1.0 if both are the same once normalised, else 0.0."""
    return float(normalise(gold) == normalise(said))


def f1(gold: str, said: str) -> float:
    """Harmonic mean of precision and recall over normalised words; equality if either has none."""
    wanted, given = normalise(gold).split(), normalise(said).split()
    if not wanted or not given:
        return float(wanted == given)
    common = sum((Counter(wanted) & Counter(given)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(given), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def contains(golds: Sequence[str], said: str) -> float:
    """1.0 if one of the golds stands, word for word, anywhere in what was said, else 0.0; both normalised."""
    words = f" {normalise(said)} "
    return float(any(f" {normalise(gold)} " in words for gold in golds if normalise(gold)))


def best(golds: Sequence[str], said: str) -> tuple[float, float]:
    """Exact match and F1 against the best gold; golds that normalise to nothing do not count.

    No gold left means that the passage does not answer, which only the empty text matches.
    """
    usable = [gold for gold in golds if normalise(gold)] or [""]
    return max(exact(gold, said) for gold in usable), max(f1(gold, said) for gold in usable)
