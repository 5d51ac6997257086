"""What proportions can claim: intervals, paired tests, their correction, and what a test could have seen.

All proportions, differences and levels are fractions. Tests are two-sided.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Interval = tuple[float, float]

ALPHA = 0.05
"""Level of the tests; intervals have the level 1 - ALPHA."""

EXACT_BELOW = 10
"""Discordant pairs below which McNemar's test is the exact one: mid-p may reject a little too often there."""

POWER = 0.8
"""Chance of a significant result at which an effect counts as detectable."""


def wilson(k: float, n: int, level: float = 0.95) -> Interval:
    """The score interval of a proportion of ``k`` out of ``n``; without data the whole range.

    ``k`` need not be whole: for a mean of fractions the interval is too wide rather than too narrow, since nothing
    between 0 and 1 varies more than right or wrong.

    Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953.
    """
    if n == 0:
        return 0.0, 1.0
    z = _normal_quantile((1 + level) / 2)
    share = k / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(max(0.0, share * (1 - share)) / n + z * z / (4 * n * n))
    low = 0.0 if k <= 0 else max(0.0, middle - half)
    return low, 1.0 if k >= n else min(1.0, middle + half)


def mcnemar(b: int, c: int) -> float:
    """The p-value of ``b`` against ``c`` discordant pairs: exact below EXACT_BELOW of them, else mid-p; 1 when equal.

    Source: Fagerland et al. 2013, https://doi.org/10.1186/1471-2288-13-91.

    >>> mcnemar(0, 5), mcnemar(8, 1)
    (0.0625, 0.0390625)
    """
    if b == c:
        return 1.0
    from scipy.stats import binom, binomtest

    fewer, discordant = min(b, c), b + c
    if discordant < EXACT_BELOW:
        return float(binomtest(fewer, discordant).pvalue)
    return float(2.0 * binom.cdf(fewer, discordant, 0.5) - binom.pmf(fewer, discordant, 0.5))


def fisher(k_1: int, n_1: int, k_2: int, n_2: int) -> float:
    """The p-value of two independent proportions, exact; 1 without data.

    Source: Fisher 1935, The Design of Experiments, section 21.1; scipy.stats.fisher_exact.
    """
    from scipy.stats import fisher_exact

    return float(fisher_exact([[k_1, n_1 - k_1], [k_2, n_2 - k_2]]).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number, in their order; never below the given ones.

    Source: Holm 1979, https://www.jstor.org/stable/4615733.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for done, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - done)))
        adjusted[place] = highest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for the share of false discoveries, in their order; for sweeps too long for Holm.

    Source: Benjamini and Hochberg 1995, https://doi.org/10.1111/j.2517-6161.1995.tb02031.x.

    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    if not p_values:
        return []
    from scipy.stats import false_discovery_control

    return [round(float(p), 12) for p in false_discovery_control(p_values)]


def newcombe(k_1: float, n_1: int, k_2: float, n_2: int, level: float = 0.95) -> Interval:
    """The interval of ``k_1 / n_1 - k_2 / n_2`` of independent samples; without data the whole range.

    Source: Newcombe 1998, Interval estimation for the difference between independent proportions, Statistics in
    Medicine 17:873-890, method 10.
    """
    if n_1 == 0 or n_2 == 0:
        return -1.0, 1.0
    return of_intervals(k_1 / n_1, wilson(k_1, n_1, level), k_2 / n_2, wilson(k_2, n_2, level))


def newcombe_paired(both: int, first: int, second: int, neither: int, level: float = 0.95) -> Interval:
    """The interval of a paired difference of proportions, first minus second; without data the whole range.

    Unlike a bootstrap it has a width when no pair is discordant.

    Args:
        both: Pairs in which both are right.
        first: Pairs in which only the first is.
        second: Pairs in which only the second is.
        neither: Pairs in which neither is.
        level: Of the interval.

    Source: Newcombe 1998, Improved confidence intervals for the difference between binomial proportions based on
    paired data, Statistics in Medicine 17:2635-2650, method 10.
    """
    n = both + first + second + neither
    if n == 0:
        return -1.0, 1.0
    k_1, k_2 = both + first, both + second
    margins = k_1 * (n - k_1) * k_2 * (n - k_2)
    determinant = both * neither - first * second
    corrected = max(0.0, determinant - n / 2) if determinant > 0 else float(determinant)
    correlation = corrected / math.sqrt(margins) if margins else 0.0
    return of_intervals(k_1 / n, wilson(k_1, n, level), k_2 / n, wilson(k_2, n, level), correlation)


def of_intervals(p_1: float, limits_1: Interval, p_2: float, limits_2: Interval, correlation: float = 0.0) -> Interval:
    """The interval of a difference, first minus second, from the intervals of both: Newcombe's square-and-add.

    Source: Zou and Donner 2008, https://doi.org/10.1002/sim.3095.
    """
    below_1, above_1 = p_1 - limits_1[0], limits_1[1] - p_1
    below_2, above_2 = p_2 - limits_2[0], limits_2[1] - p_2
    down = below_1**2 - 2 * correlation * below_1 * above_2 + above_2**2
    up = above_1**2 - 2 * correlation * above_1 * below_2 + below_2**2
    delta = p_1 - p_2
    return max(-1.0, delta - math.sqrt(max(0.0, down))), min(1.0, delta + math.sqrt(max(0.0, up)))


def n_needed(effect: float, discordance: float) -> int:
    """Pairs that McNemar's test needs to see a difference with POWER at the level ALPHA.

    Args:
        effect: The difference of the two proportions, not 0.
        discordance: Share of pairs on which the two differ; at least ``effect`` is assumed.

    Source: Connor 1987, https://doi.org/10.2307/2531961.
    """
    effect = abs(effect)
    discordance = max(discordance, effect)
    z_alpha, z_power = _normal_quantile(1 - ALPHA / 2), _normal_quantile(POWER)
    root = z_alpha * math.sqrt(discordance) + z_power * math.sqrt(discordance - effect**2)
    return math.ceil((root / effect) ** 2)


def minimum_detectable_effect(n: int, discordance: float) -> float:
    """The smallest paired difference of proportions that ``n`` pairs show with POWER at the level ALPHA.

    Args:
        n: Pairs; without any, 1.
        discordance: Share of pairs on which the two differ; 0 is fine, for an effect brings its own.
    """
    low, high = 1e-6, 1.0
    if n == 0 or n_needed(high, discordance) > n:
        return 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if n_needed(middle, discordance) <= n else (middle, high)
    return high


def detectable_by(standard_error: float) -> float:
    """The smallest mean difference that shows with POWER at the level ALPHA, given its standard error."""
    return (_normal_quantile(1 - ALPHA / 2) + _normal_quantile(POWER)) * standard_error


def normal_width(level: float) -> float:
    """Width of the interval of a normal score with standard error 1.

    >>> round(normal_width(0.95), 2)
    3.92
    """
    return 2 * _normal_quantile((1 + level) / 2)


def normal_p(z: float) -> float:
    """The two-sided p-value of a normal score.

    >>> round(normal_p(1.96), 3)
    0.05
    """
    from scipy.special import ndtr

    return float(2.0 * ndtr(-abs(z)))


def _normal_quantile(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))
