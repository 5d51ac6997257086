"""Macro-F1 over the classes that occur as gold; an answer that could not be read is a miss for its class.

A set of answers is a table of counts, gold x answer, and resampling it means drawing such tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.engine.resampling import FLIPS, RESAMPLES, percentiles, unseen_difference
from workbench.engine.statistics import wilson

NONE = "none"
"""The column of answers that could not be read."""


def macro_f1(golds: Sequence[str], answers: Sequence[str]) -> float:
    """The mean of the classes' F1, 0..1.

    Args:
        golds: The right class of each item, at least one.
        answers: The given class, or NONE.
    """
    from sklearn.metrics import f1_score

    return float(f1_score(golds, answers, labels=sorted(set(golds)), average="macro", zero_division=0.0))


def value(golds: Sequence[str], answers: Sequence[str]) -> float:
    """The same as ``macro_f1``, from counts: scikit-learn takes seconds to import, and a comparison needs it not."""
    cells, counts, classes = _cells(golds, answers)
    return float(_f1_of(counts[None, :], cells[:, 0], cells[:, 1], classes)[0])


def interval(golds: Sequence[str], answers: Sequence[str], level: float = 0.95) -> tuple[float, float]:
    """The bootstrap interval over drawn tables; Wilson's for as many items where they have no spread."""
    cells, counts, classes = _cells(golds, answers)
    drawn = np.random.default_rng(0).multinomial(len(golds), counts / counts.sum(), RESAMPLES)
    values = _f1_of(drawn, cells[:, 0], cells[:, 1], classes)
    if np.ptp(values) < 1e-12:
        return wilson(float(values[0]) * len(golds), len(golds), level)
    return percentiles(values, level, len(golds))


def replicates(golds: Sequence[str], answers: Sequence[Sequence[str]]) -> NDArray[np.float64]:
    """Macro-F1 of several sets of answers to the same items, (resamples, sets): each row has drawn its own items."""
    cells, counts, classes = _cells(golds, *answers)
    drawn = np.random.default_rng(0).multinomial(len(golds), counts / counts.sum(), RESAMPLES)
    return np.stack([_f1_of(drawn, cells[:, 0], own, classes) for own in cells.T[1:]], axis=1)


def difference_replicates(golds: Sequence[str], answers: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """Paired differences of macro-F1, answers minus others, over drawn tables of item pairs."""
    drawn = replicates(golds, [answers, others])
    return drawn[:, 0] - drawn[:, 1]


def difference_interval(replicates: NDArray[np.float64], n: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a paired difference from its replicates; of ``n`` items without spread, what may be unseen."""
    if np.ptp(replicates) < 1e-12:
        return unseen_difference(float(replicates[0]), n, level)
    return percentiles(replicates, level, n)


def swap_test(golds: Sequence[str], answers: Sequence[str], others: Sequence[str], swaps: int = FLIPS) -> float:
    """The p-value of a paired difference: how often swapping the two answers of random items gives one as large."""
    cells, counts, classes = _cells(golds, answers, others)
    gold, one, other = cells.T
    moving = np.where(one == other, 0, counts)
    if not moving.any():
        return 1.0
    swapped = np.random.default_rng(0).binomial(moving, 0.5, (swaps, len(counts)))
    swapped = np.vstack([np.zeros_like(counts), swapped])  # the first table is the observed one
    kept = counts - swapped
    tables, golds_twice = np.hstack([kept, swapped]), np.concatenate([gold, gold])
    first = _f1_of(tables, golds_twice, np.concatenate([one, other]), classes)
    second = _f1_of(tables, golds_twice, np.concatenate([other, one]), classes)
    sizes = np.abs(first - second)
    return float(np.mean(sizes >= sizes[0] - 1e-9))


def _cells(golds: Sequence[str], *answers: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """The distinct combinations of gold and answers as numbers, how often each occurs, and how many classes count."""
    classes = sorted(set(golds))
    number = {name: place for place, name in enumerate(classes)}
    rows = [[number.get(name, len(classes)) for name in item] for item in zip(golds, *answers, strict=True)]
    cells, counts = np.unique(np.asarray(rows, dtype=np.int64), axis=0, return_counts=True)
    return cells, counts.astype(np.int64), len(classes)


def _f1_of(
    tables: NDArray[np.int64], gold: NDArray[np.int64], answer: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Macro-F1 of each table, over the classes that are gold in it.

    Args:
        tables: (tables, cells) counts.
        gold: (cells,) class that is right in each cell.
        answer: (cells,) class that was answered; one beyond the last for any other answer.
        classes: How many there are.
    """
    is_gold = gold[:, None] == np.arange(classes)
    is_answer = answer[:, None] == np.arange(classes)
    right = tables @ (is_gold & is_answer)
    golds, answers = tables @ is_gold, tables @ is_answer
    f1 = 2.0 * right / np.maximum(golds + answers, 1)
    present = golds > 0
    means: NDArray[np.float64] = np.where(present, f1, 0.0).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    return means
