"""What is done beside the training, checkpoints and validation, takes a share of the time and is not counted as it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

SHARE = 0.05
"""Fraction of the time that checkpoints may take when they come by themselves, and validation the same."""


@dataclass
class TrainingClock:
    """Seconds of training alone: what was done beside it is left out.

    Args:
        now: Seconds of any clock that only goes forward.
    """

    now: Callable[[], float] = time.monotonic
    _left_out_s: float = 0.0

    def __call__(self) -> float:
        """Seconds since some moment."""
        return self.now() - self._left_out_s

    def leave_out(self, seconds: float) -> None:
        """So many seconds were no training."""
        self._left_out_s += seconds


@dataclass
class Pace:
    """When something may be done again, so that it takes at most SHARE of the time.

    Args:
        takes_s: What it takes; a guess until it was done once.
        now: As for TrainingClock.
    """

    takes_s: float
    now: Callable[[], float] = time.monotonic
    _since_s: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Count from now."""
        self._since_s = self.now()

    def is_due(self) -> bool:
        """Whether enough time has passed since it was done last."""
        return self.now() - self._since_s >= self.takes_s * (1 - SHARE) / SHARE

    def done(self, takes_s: float) -> None:
        """It was done just now, and took so long."""
        self.takes_s = takes_s
        self.begin()
