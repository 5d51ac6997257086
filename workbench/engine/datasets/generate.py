"""The project's own data sets: the same rows from the same seed, and no row in both parts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from workbench.choices.rows import Row
from workbench.engine.datasets import arithmetic, passages, quiz
from workbench.engine.datasets.sample import normalised

SEED = 2026
TRAIN_ROWS = 600
TEST_ROWS = 300

MAKERS: dict[str, Callable[[random.Random], Iterator[list[Row]]]] = {
    "arithmetic": arithmetic.groups,
    "passages": passages.groups,
    "quiz": quiz.groups,
}
"""Each yields groups of rows without end; a group (the questions on one passage) stays whole and in one part."""


def rows(name: str, seed: int = SEED) -> tuple[list[Row], list[Row], list[str]]:
    """Training rows, test rows and a note on how they were made."""
    groups = MAKERS[name](random.Random(f"{name} {seed}"))
    seen: set[str] = set()
    test = _take(groups, TEST_ROWS, seen, f"{name}-test")
    train = _take(groups, TRAIN_ROWS, seen, f"{name}-train")
    return train, test, [f"original content, made by workbench.engine.datasets.{name} with seed {seed}"]


def _take(groups: Iterator[list[Row]], count: int, seen: set[str], prefix: str) -> list[Row]:
    taken: list[Row] = []
    while len(taken) < count:
        group = next(groups)
        prints = [fingerprint(row) for row in group]
        if len({*prints} - seen) == len(group) and len(taken) + len(group) <= count:
            seen.update(prints)
            taken += group
    return [replace(row, id=f"{prefix}-{number}") for number, row in enumerate(taken, start=1)]


def fingerprint(row: Row) -> str:
    """What a row asks, however its options are ordered and its text is set."""
    return normalised("\n".join([row.context, row.question, *sorted(row.options)]))
