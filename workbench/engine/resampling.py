"""What means can claim, by resampling: bootstrap intervals and sign-flip tests over clusters of items.

Questions on one passage stand or fall together, so that whole clusters are drawn and flipped. Everything is
seeded: the same samples give the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.engine.statistics import wilson

RESAMPLES = 2000
FLIPS = 10_000
EXACT_UP_TO = 12
"""Clusters that differ up to which all sign flips are counted instead of drawn."""

CELLS_AT_ONCE = 4_000_000
"""Bound on the memory of a block of resamples, in numbers."""

Floats = NDArray[np.float64]


def mean_interval(
    values: Sequence[float], clusters: Sequence[str] | None = None, level: float = 0.95
) -> tuple[float, float]:
    """The bootstrap interval of a mean of fractions; without data the whole range.

    Where all clusters are equal, one cluster included, resampling sees no spread. Then Wilson's interval for as
    many right-or-wrong answers as there are clusters stands in, which is never too narrow.

    Args:
        values: Fractions 0..1.
        clusters: What each value belongs to; by default each stands for itself.
        level: Of the interval.
    """
    sums, sizes = by_cluster(values, clusters)
    if not len(sums):
        return 0.0, 1.0
    means = replicates(sums, sizes)
    if np.ptp(means) < 1e-12:
        return wilson(float(means[0]) * len(sums), len(sums), level)
    return percentiles(means, level, len(sums))


def difference_interval(
    differences: Sequence[float], clusters: Sequence[str] | None = None, level: float = 0.95
) -> tuple[float, float]:
    """The bootstrap interval of a mean paired difference; without data the whole range.

    Where all clusters are equal, the share of clusters that may yet differ, each by at most 1, gives the width.

    Args:
        differences: Differences of two fractions, -1..1.
        clusters: What each belongs to; by default each stands for itself.
        level: Of the interval.
    """
    sums, sizes = by_cluster(differences, clusters)
    if not len(sums):
        return -1.0, 1.0
    return limits_of_difference(replicates(sums, sizes), len(sums), level)


def limits_of_difference(means: Floats, units: int, level: float) -> tuple[float, float]:
    """The same from the resampled means of that many clusters, for several levels."""
    if np.ptp(means) < 1e-12:
        return unseen_difference(float(means[0]), units, level)
    return percentiles(means, level, units)


def unseen_difference(mean: float, n: int, level: float) -> tuple[float, float]:
    """Limits of a mean difference of which all ``n`` observations are equal.

    >>> [round(limit, 3) for limit in unseen_difference(0.0, 50, 0.95)]
    [-0.071, 0.071]
    """
    unseen = wilson(0, n, level)[1]
    return max(-1.0, (1 - unseen) * mean - unseen), min(1.0, (1 - unseen) * mean + unseen)


def sign_flip(
    differences: Sequence[float] | Floats, clusters: Sequence[str] | None = None, flips: int = FLIPS, seed: int = 0
) -> float:
    """The p-value of a mean paired difference: how often random signs give one as large.

    All signs are counted when at most EXACT_UP_TO clusters differ, else ``flips`` of them are drawn.

    Args:
        differences: Paired differences.
        clusters: What each belongs to; clusters are flipped whole.
        flips: How many draws.
        seed: Of the draws.

    Source: Fisher 1935, The Design of Experiments, section 21; the +1 of Phipson and Smyth 2010,
    https://doi.org/10.2202/1544-6115.1585.
    """
    sums, _ = by_cluster(differences, clusters)
    sums = sums[np.abs(sums) > 1e-12]
    if not len(sums):
        return 1.0
    observed = abs(sums.sum()) - 1e-9
    if len(sums) <= EXACT_UP_TO:
        bits = np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums)) & 1
        return float(np.mean(np.abs((2 * bits - 1) @ sums) >= observed))
    generator = np.random.default_rng(seed)
    as_large = 0
    for block in _blocks(flips, len(sums)):
        signs = 2.0 * generator.integers(0, 2, (block, len(sums)), dtype=np.int8) - 1.0
        as_large += int(np.count_nonzero(np.abs(signs @ sums) >= observed))
    return (as_large + 1) / (flips + 1)


def by_cluster(values: Sequence[float] | Floats, clusters: Sequence[str] | None) -> tuple[Floats, Floats]:
    """Sum and size of each cluster."""
    numbers = np.asarray(values, dtype=np.float64)
    if clusters is None:
        return numbers, np.ones_like(numbers)
    _, place = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    sums = np.bincount(place, weights=numbers).astype(np.float64)
    return sums, np.bincount(place).astype(np.float64)


def replicates(sums: Floats, sizes: Floats, resamples: int = RESAMPLES, seed: int = 0) -> Floats:
    """Means over clusters drawn with replacement, one for each resample."""
    if resamples * len(sums) <= CELLS_AT_ONCE:
        counts = _counts(len(sums), resamples, seed)
        return np.asarray((counts @ sums) / (counts @ sizes), dtype=np.float64)
    generator = np.random.default_rng(seed)
    even = np.full(len(sums), 1.0 / len(sums))
    drawn = [generator.multinomial(len(sums), even, block) for block in _blocks(resamples, len(sums))]
    return np.concatenate([(counts @ sums) / (counts @ sizes) for counts in drawn])


@lru_cache(maxsize=2)
def _counts(units: int, resamples: int, seed: int) -> Floats:
    """How often each unit is drawn in each resample: the same for every score and pair of models of one test set."""
    even = np.full(units, 1.0 / units)
    return np.random.default_rng(seed).multinomial(units, even, resamples).astype(np.float64)


def percentiles(values: NDArray[Any], level: float, units: int) -> tuple[float, float]:
    """The middle ``level`` of resampled values, widened for few units: plain percentiles are too narrow then.

    Args:
        values: One for each resample.
        level: Of the interval.
        units: Independent items or clusters that were drawn.

    Source: the expanded percentile interval of Hesterberg 2015, https://doi.org/10.1080/00031305.2015.1089789, section
    4.3: as far into the tails as Student's interval goes, with the variance that a sample of n lacks.
    """
    from scipy.special import ndtr, stdtrit

    tail = (1 - level) / 2
    if units > 1:
        tail = float(ndtr(math.sqrt(units / (units - 1)) * stdtrit(units - 1, tail)))
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _blocks(total: int, width: int) -> list[int]:
    """Sizes that add up to ``total``, so that a block of rows of ``width`` stays in memory."""
    size = max(1, CELLS_AT_ONCE // max(1, width))
    return [min(size, total - done) for done in range(0, total, size)]
