"""The project's own data sets: the same rows from the same seed, and no row in both parts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from workbench.choices.rows import Row
from workbench.engine.datasets import arithmetic, passages, quiz
from workbench.engine.datasets.sample import normalised

SEED = 2026
TRAIN_ROWS = 800
TEST_ROWS = 300

MAKERS: dict[str, Callable[[random.Random], Iterator[list[Row]]]] = {
    "arithmetic": arithmetic.groups,
    "passages": passages.groups,
    "quiz": quiz.groups,
}
"""Each yields groups of rows without end; a group (the questions on one passage) stays in one part."""


def rows(name: str) -> tuple[list[Row], list[Row], list[str]]:
    """Training rows, test rows and a note on how they were made."""
    groups = MAKERS[name](random.Random(f"{name} {SEED}"))
    seen: set[str] = set()
    test = _take(groups, TEST_ROWS, seen, f"{name}-test")
    train = _take(groups, TRAIN_ROWS, seen, f"{name}-train")
    return train, test, [f"made by workbench.engine.datasets.{name}, seed {SEED}"]


def _take(groups: Iterator[list[Row]], count: int, seen: set[str], prefix: str) -> list[Row]:
    taken: list[Row] = []
    while len(taken) < count:
        group = [row for row in next(groups) if normalised(row) not in seen]
        seen.update(normalised(row) for row in group)
        taken += group[: count - len(taken)]
    return [Row.from_json({**row.to_json(), "id": f"{prefix}-{number}"}) for number, row in enumerate(taken, 1)]
