"""A curve is what a metric was over the steps: two arrays that only grow, whoever draws them.

A run that goes on from a checkpoint tells some steps again. The last telling counts, as in ``result.training_record``:
the points from there on are dropped and the place is remembered, so that a chart can say so.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise

NAN = math.nan


class Curve:
    """Points whose x grows; a y that is no finite number is kept as NaN, which leaves a gap.

    Attributes:
        xs: Steps or seconds, growing.
        ys: One number for each x; NaN where there was none.
        not_finite: How many of the ys are NaN.
        restarts: Each x from which the points were told anew, in the order in which it happened.
        peak: The largest y; None without a number.
    """

    def __init__(self, points: Iterable[tuple[float, float | None]] = ()) -> None:
        self.xs = array("d")
        self.ys = array("d")
        self.not_finite = 0
        self.restarts: list[float] = []
        self.peak: float | None = None
        for x, y in points:
            self.append(x, y)

    def __len__(self) -> int:
        return len(self.xs)

    def append(self, x: float, y: float | None) -> None:
        """Add a point; one at or before the last x drops everything from there on. O(1) when x grows."""
        if self.xs and x <= self.xs[-1]:
            self._drop_from(x)
        number = y if y is not None and math.isfinite(y) else NAN
        self.not_finite += number != number  # noqa: PLR0124 - only NaN differs from itself
        self.xs.append(x)
        self.ys.append(number)
        self._raise_peak(number)

    def extend(self, xs: array[float], ys: array[float]) -> None:
        """Add many points at once; the ys hold NaN, never infinity."""
        if not xs:
            return
        grows = not self.xs or xs[0] > self.xs[-1]
        if not (grows and all(one < other for one, other in pairwise(xs))):
            for x, y in zip(xs, ys, strict=True):
                self.append(x, y)
            return
        self.xs.extend(xs)
        self.ys.extend(ys)
        self.not_finite += sum(map(math.isnan, ys))
        self._raise_peak(*ys)

    def _drop_from(self, x: float) -> None:
        place = bisect_left(self.xs, x)
        self.not_finite -= sum(map(math.isnan, self.ys[place:]))
        del self.xs[place:]
        del self.ys[place:]
        self.restarts.append(x)
        self.peak = None
        self._raise_peak(*self.ys)

    def _raise_peak(self, *ys: float) -> None:
        known = () if self.peak is None else (self.peak,)
        self.peak = max((*known, *(y for y in ys if not math.isnan(y))), default=None)

    @property
    def last(self) -> float | None:
        """The newest y; None without points and when it is no number."""
        return self.ys[-1] if self.ys and not math.isnan(self.ys[-1]) else None


class Smoothed:
    """The exponential moving average of a curve, brought up to date at each look in O(new points).

    Each average is divided by the weight that its points have together, so that the first ones are not drawn to zero
    (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, section 3). A NaN stays a gap and does not enter the average.
    """

    def __init__(self, curve: Curve, weight: float) -> None:
        """``weight`` is the share of the past in each average, in [0, 1)."""
        self._curve = curve
        self._weight = weight
        self._restarts = len(curve.restarts)
        self._average, self._past = 0.0, 1.0
        self.ys = array("d")

    def update(self) -> array[float]:
        """One average for each point that the curve has now."""
        if len(self._curve.restarts) != self._restarts:
            self._restarts = len(self._curve.restarts)
            self._average, self._past = 0.0, 1.0
            del self.ys[:]
        for y in self._curve.ys[len(self.ys) :]:
            if math.isnan(y):
                self.ys.append(NAN)
                continue
            self._average = self._weight * self._average + (1 - self._weight) * y
            self._past *= self._weight
            self.ys.append(self._average / (1 - self._past))
        return self.ys
