"""Intervals and paired tests: what a number can claim."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]
Floats = NDArray[np.float64]

RESAMPLES = 2_000
PERMUTATIONS = 10_000
EXACT_SIGNS = 12
"""Up to so many differences other than zero, every assignment of signs is counted instead of sampled."""
SEED = 0


def wilson(right: int, n: int, confidence: float = 0.95) -> Interval:
    """Interval of a proportion by Wilson's score; (0, 1) for n = 0.

    Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953.
    """
    if n == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    interval = binomtest(right, n).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def bootstrap(
    clusters: Sequence[str], measure: Callable[[NDArray[np.intp]], float], confidence: float = 0.95
) -> Interval:
    """Percentile interval of a measure when whole clusters of samples are drawn with replacement.

    Args:
        clusters: The cluster of each sample; all different for plain resampling.
        measure: The measure of the samples at these places.
        confidence: Of the interval.

    Returns:
        (-inf, inf) when there are fewer than two clusters: one passage says nothing about others.

    Source: Efron 1979, https://doi.org/10.1214/aos/1176344552; Cameron, Gelbach, Miller 2008 for clusters.
    """
    places: dict[str, list[int]] = {}
    for place, cluster in enumerate(clusters):
        places.setdefault(cluster, []).append(place)
    groups = [np.array(group) for group in places.values()]
    if len(groups) < 2:
        return -math.inf, math.inf
    generator = np.random.default_rng(SEED)
    drawn = generator.integers(len(groups), size=(RESAMPLES, len(groups)))
    values = [measure(np.concatenate([groups[group] for group in draw])) for draw in drawn]
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def mean_interval(values: Sequence[float], clusters: Sequence[str], confidence: float = 0.95) -> Interval:
    """Percentile interval of a mean under resampling of clusters, from the clusters' sums; as ``bootstrap``."""
    names, index = np.unique(np.asarray(clusters), return_inverse=True)
    if len(names) < 2:
        return -math.inf, math.inf
    sums = np.bincount(index, weights=np.asarray(values, dtype=float))
    sizes = np.bincount(index)
    generator = np.random.default_rng(SEED)
    drawn = generator.integers(len(names), size=(RESAMPLES, len(names)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def mcnemar_midp(gained: int, lost: int) -> float:
    """Two-sided mid-p of McNemar's test on paired right-or-wrong answers; 1.0 without a discordant pair.

    Args:
        gained: Wrong before and right now.
        lost: Right before and wrong now.

    Source: Fagerland, Lydersen, Laake 2013, https://doi.org/10.1186/1471-2288-13-91.
    """
    discordant = gained + lost
    if discordant == 0:
        return 1.0
    from scipy.stats import binom

    smaller = min(gained, lost)
    exact = 2 * binom.cdf(smaller, discordant, 0.5) - binom.pmf(smaller, discordant, 0.5)
    return float(min(1.0, exact))


def sign_flip(differences: Sequence[float], clusters: Sequence[str]) -> float:
    """Two-sided p of a mean paired difference of zero, by flipping the signs of whole clusters.

    Exact up to EXACT_SIGNS clusters that differ, else from PERMUTATIONS seeded draws, the observed one counted in.

    Source: Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses, chapter 3.
    """
    _, index = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(index, weights=np.asarray(differences, dtype=float))
    sums = sums[np.abs(sums) > 1e-12]
    if len(sums) == 0:
        return 1.0
    observed = abs(sums.sum()) - 1e-9
    if len(sums) <= EXACT_SIGNS:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(sums))))
        return float(np.mean(np.abs(signs @ sums) >= observed))
    generator = np.random.default_rng(SEED)
    signs = generator.integers(0, 2, size=(PERMUTATIONS, len(sums))) * 2.0 - 1.0
    return float((1 + np.sum(np.abs(signs @ sums) >= observed)) / (1 + PERMUTATIONS))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for being several, in their own order.

    Source: Holm 1979, https://www.jstor.org/stable/4615733.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def detectable_difference(n: int, discordance: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest difference of two paired proportions that n samples show with this power; 1.0 for n = 0.

    Args:
        n: Pairs.
        discordance: Fraction of pairs in which one is right and the other wrong.
        power: Probability of finding the difference.
        alpha: Level of the two-sided test.

    Source: Connor 1987, https://doi.org/10.2307/2531961, solved for the difference by iteration.
    """
    if n == 0:
        return 1.0
    from scipy.stats import norm

    discordance = max(discordance, 1.0 / n)
    level, wanted = norm.ppf(1 - alpha / 2), norm.ppf(power)
    difference = 0.0
    for _ in range(50):
        spread = math.sqrt(max(discordance - difference**2, 0.0))
        difference = min((level * math.sqrt(discordance) + wanted * spread) / math.sqrt(n), math.sqrt(discordance))
    return float(min(1.0, difference))
