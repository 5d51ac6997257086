"""What a configuration is worth that was trained with several seeds: training varies, and so do the questions.

The seeds are drawn anew and the questions are drawn anew, the same questions for all seeds. The bootstrap of k seeds
sees only (k - 1) / k of their variance; the rest is added, and the quantile is Student's, for three seeds say little.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.engine.evaluate import macro_f1
from workbench.engine.evaluate.summary import MACRO_F1, answered, measured, right_letter
from workbench.engine.pairing import LOSSES
from workbench.engine.resampling import RESAMPLES, by_cluster, replicates, unseen_difference
from workbench.engine.statistics import wilson

Sample = dict[str, Any]
Answers = Mapping[str, Sample]
Floats = NDArray[np.float64]

ENOUGH = 3
"""Training seeds below which nothing is said about training's variance."""
WHOLE = 0.95
"""Fraction of the questions that all runs must share."""


@dataclass(frozen=True)
class OverSeeds:
    """A mean over training seeds.

    Args:
        value, low, high: It and its 95 % interval.
        low_90, high_90: Its 90 % interval.
        p: Two-sided, of a mean of 0; for differences.
        n: Questions.
        seed_deviation: Standard deviation of the runs' own values.
    """

    value: float
    low: float
    high: float
    low_90: float
    high_90: float
    p: float
    n: int
    seed_deviation: float


def score(runs: Sequence[Answers], metric: str) -> OverSeeds | None:
    """The mean score over runs that differ by their seed; None when they share too few questions."""
    return _over_seeds(runs, None, metric)


def difference(runs: Sequence[Answers], baseline: Answers, metric: str) -> OverSeeds | None:
    """The mean difference of such runs to one model, question by question; None as ``score``."""
    return _over_seeds(runs, baseline, metric)


def hierarchical(points: Floats, drawn: Floats, questions: int, level: float = 0.95) -> tuple[float, float, float]:
    """Limits of the mean over seeds, and its p-value against 0.

    Args:
        points: (seeds,) value of each run over all questions.
        drawn: (resamples, seeds) the same over drawn questions, each row the same questions for all.
        questions: Independent clusters of questions that were drawn.
        level: Of the interval.

    Source: the two-level bootstrap of Davison and Hinkley 1997, Bootstrap Methods and their Application, section 3.8;
    degrees of freedom by Satterthwaite 1946, https://doi.org/10.2307/3002019.
    """
    from scipy.stats import t

    seeds = len(points)
    generator = np.random.default_rng(0)
    weights = generator.multinomial(seeds, np.full(seeds, 1.0 / seeds), len(drawn)) / seeds
    of_seeds = float(points.var(ddof=1)) / seeds
    of_questions = float(drawn.mean(axis=1).var())
    variance = float((weights * drawn).sum(axis=1).var()) + of_seeds / seeds
    mean = float(points.mean())
    if variance < 1e-18:
        return mean, mean, float(mean == 0.0)
    freedom = variance**2 / (of_seeds**2 / (seeds - 1) + of_questions**2 / max(1, questions - 1))
    error = math.sqrt(variance)
    half = float(t.ppf((1 + level) / 2, freedom)) * error
    return mean - half, mean + half, float(2 * t.sf(abs(mean) / error, freedom))


def _over_seeds(runs: Sequence[Answers], baseline: Answers | None, metric: str) -> OverSeeds | None:
    is_loss = metric in LOSSES
    least, most = (-math.inf, math.inf) if is_loss else (0.0 if baseline is None else -1.0, 1.0)
    everybody = [*runs, *([] if baseline is None else [baseline])]
    shared = [key for key in everybody[0] if all(key in other for other in everybody[1:])]
    if not shared or len(shared) < WHOLE * max(map(len, everybody)):
        return None
    columns = [[one[key] for key in shared] for one in everybody]
    of = _of_macro_f1 if metric == MACRO_F1 else _of_losses if is_loss else _of_means
    values = of(columns, metric)
    if values is None:
        return None
    points, drawn, questions, n = values
    if baseline is not None:
        points, drawn = points[:-1] - points[-1], drawn[:, :-1] - drawn[:, -1:]
    mean = float(points.mean())

    def limits(level: float) -> tuple[float, float, float]:
        low, high, p = hierarchical(points, drawn, questions, level)
        if low == high and not is_loss:  # nothing varied; other questions still might
            low, high = _unseen(mean, questions, level, least)
        return max(least, low), min(most, high), p

    (low, high, p), (low_90, high_90, _) = limits(0.95), limits(0.9)
    return OverSeeds(mean, low, high, low_90, high_90, p, n, float(points.std(ddof=1)))


def _unseen(mean: float, questions: int, level: float, least: float) -> tuple[float, float]:
    return wilson(mean * questions, questions, level) if least == 0.0 else unseen_difference(mean, questions, level)


def _of_losses(columns: Sequence[Sequence[Sample]], metric: str) -> tuple[Floats, Floats, int, int] | None:
    counts = [[sample["n_loss_tokens"] for sample in column] for column in columns]
    if any(other != counts[0] for other in counts) or not sum(counts[0]):
        return None
    tokens = np.array(counts[0], dtype=np.float64)
    sums = np.array([[sample["nll"] for sample in column] for column in columns], dtype=np.float64)
    points, drawn = sums.sum(axis=1) / tokens.sum(), np.stack([replicates(one, tokens) for one in sums], axis=1)
    if metric == "perplexity":
        points, drawn = np.exp(points), np.exp(drawn)
    return points, drawn, len(tokens), len(tokens)


def _of_macro_f1(columns: Sequence[Sequence[Sample]], _: str) -> tuple[Floats, Floats, int, int]:
    golds = [right_letter(sample) for sample in columns[0]]
    answers = [[answered(sample) for sample in column] for column in columns]
    points = np.array([macro_f1.value(golds, own) for own in answers])
    return points, macro_f1.replicates(golds, answers), len(golds), len(golds)


def _of_means(columns: Sequence[Sequence[Sample]], metric: str) -> tuple[Floats, Floats, int, int] | None:
    rows = [[measured(metric, sample) for sample in column] for column in columns]
    counted = [place for place, values in enumerate(zip(*rows, strict=True)) if None not in values]
    if not counted:
        return None
    clusters = [str(columns[0][place]["cluster"]) for place in counted]
    drawn = []
    for row in rows:
        sums, sizes = by_cluster([row[place] or 0.0 for place in counted], clusters)
        drawn.append(replicates(sums, sizes, RESAMPLES))  # the same seed draws the same questions for every run
    points = np.array([np.mean([row[place] for place in counted]) for row in rows], dtype=np.float64)
    return points, np.stack(drawn, axis=1), len(set(clusters)), len(counted)
