"""The scores so far of a file of answers that grows."""

from __future__ import annotations

from pathlib import Path

from workbench.engine.answers import AnswerReader, Sample, Score, belongs, score_so_far

ODD = (KeyError, TypeError, ValueError)
"""What answers of a protocol raise that this version does not know."""


class Tally:
    """Answers by the key of their protocol, and what each of these scores so far."""

    def __init__(self) -> None:
        self._file: Path | None = None
        self._reader = AnswerReader(Path())
        self._samples: dict[str, list[Sample]] = {}
        self._scores: dict[str, Score | None] = {}

    def read(self, file: Path) -> None:
        """Read on in a file, a portion at a time; another file begins anew.

        Raises:
            OSError: It cannot be read.
        """
        if file != self._file:
            self._file, self._reader = file, AnswerReader(file)
            self._forget()
        changed, more = set(), True
        while more:
            portion = self._reader.read()
            if portion.anew:
                self._forget()
            for sample in portion.samples:
                key = str(sample.get("key"))
                self._samples.setdefault(key, []).append(sample)
                changed.add(key)
            more = portion.more
        for key in changed & self._samples.keys():
            self._scores[key] = _score(self._samples[key])

    def _forget(self) -> None:
        self._samples.clear()
        self._scores.clear()

    def score(self, name: str) -> Score | None:
        """The score so far of an entry; None when it has none."""
        return next((self._scores[key] for key, own in self._samples.items() if belongs(name, own[0])), None)


def _score(samples: list[Sample]) -> Score | None:
    try:
        return score_so_far(samples)
    except ODD:
        return None
