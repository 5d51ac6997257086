"""Seeded samples that keep the proportions of a data set, and what train and test have in common."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from workbench.choices.rows import Row
from workbench.profile import Count

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_WORDS = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|[+*/^=<>%]|-(?=\s*[\d(])")


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
    """Training and test rows, the test rows a stratified sample of ``count``; their ids must differ."""
    test = sample(rows, count, seed)
    held = {row.id for row in test}
    return [row for row in rows if row.id not in held], test


def asked(row: Row) -> str:
    """Everything that a row asks: passage, question, options, and all but the last answer of a conversation."""
    turns = [str(turn["content"]) for turn in row.messages[1:-1]]
    return "\n".join([row.context, row.question, *row.options, *turns])


def normalised(text: str) -> str:
    """A text without case, punctuation and white space; numbers and what is calculated with them stay.

    >>> normalised("How much is  1,000 - 2.5?"), normalised("A well-known fact.")
    ('how much is 1000 - 2.5', 'a well known fact')
    """
    plain = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_WORDS.findall(plain))


def overlap(train: Sequence[Row], test: Sequence[Row]) -> dict[str, int]:
    """How many test rows are among the training rows too: letter by letter, and normalised (which counts both)."""
    exact = {asked(row) for row in train}
    loose = {normalised(text) for text in exact}
    return {
        "exact": sum(asked(row) in exact for row in test),
        "normalised": sum(normalised(asked(row)) in loose for row in test),
    }
