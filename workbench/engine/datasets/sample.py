"""Seeded samples that keep the proportions of a data set, and what train and test have in common."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence

from workbench.choices.rows import Row
from workbench.profile import Count

_NO_WORD = re.compile(r"[\W_]+")


def stratum(row: Row) -> str:
    """What a sample keeps the proportions of: the right letter, or whether there is an answer."""
    if row.task == "arc":
        return str(row.answers[0])
    return "answerable" if row.answers else "unanswerable"


def sample(rows: Sequence[Row], count: Count, seed: int) -> list[Row]:
    """So many rows, in their own order; all of them when there are not more.

    Each stratum gives its share, rounded so that the shares add up (largest remainder). The first rows of a
    larger sample need not be those of a smaller one.
    """
    if count == "all" or count >= len(rows):
        return list(rows)
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[stratum(row)].append(place)
    generator = random.Random(seed)
    chosen: list[int] = []
    for name, share in _shares({name: len(of) for name, of in places.items()}, count).items():
        chosen += generator.sample(places[name], share)
    return [rows[place] for place in sorted(chosen)]


def _shares(sizes: dict[str, int], count: int) -> dict[str, int]:
    total = sum(sizes.values())
    exact = {name: count * size / total for name, size in sizes.items()}
    shares = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(sizes, key=lambda name: (shares[name] - exact[name], name))
    for name in by_remainder[: count - sum(shares.values())]:
        shares[name] += 1
    return dict(sorted(shares.items()))


def split(rows: Sequence[Row], count: int, seed: int) -> tuple[list[Row], list[Row]]:
    """Training and test rows, the test rows a stratified sample of ``count``."""
    test = sample(rows, count, seed)
    held = {row.id for row in test}
    return [row for row in rows if row.id not in held], test


def normalised(row: Row) -> str:
    """What is asked, without case, punctuation and white space."""
    return _NO_WORD.sub("", f"{row.context}\n{row.question}\n{' '.join(row.options)}".lower())


def overlap(train: Sequence[Row], test: Sequence[Row]) -> dict[str, int]:
    """How many test rows are among the training rows too: word for word, and by letters and digits only."""
    exact = {(row.context, row.question, row.options) for row in train}
    loose = {normalised(row) for row in train}
    return {
        "exact": sum((row.context, row.question, row.options) in exact for row in test),
        "normalised": sum(normalised(row) in loose for row in test),
    }
