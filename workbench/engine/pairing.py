"""The difference of two models over the questions that both were asked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.engine import statistics
from workbench.engine.evaluate import macro_f1
from workbench.engine.evaluate.summary import MACRO_F1, answered, measured, right_letter
from workbench.engine.resampling import Floats, by_cluster, limits_of_difference, percentiles, replicates, sign_flip

Sample = dict[str, Any]
LOSSES = ("loss", "perplexity")
"""Mean loss of tokens in nats, and its exponential; computed from the sums of the samples, not from their scores."""
SHARED = 0.95
"""Two models are paired only if they share at least this fraction of the questions."""


REFUSING = ("task", "protocol", "answer_format", "max_new_tokens", "dataset_sha256")
"""Facts of an evaluation that must be equal; the version of a task is part of its protocol."""


def same_protocol(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two evaluations asked the same questions in the same way."""
    return all(one[fact] == other[fact] for fact in REFUSING)


@dataclass(frozen=True)
class Difference:
    """Second minus first.

    Args:
        delta: Of the scores, a fraction.
        low, high: Its 95 % interval.
        low_90, high_90: Its 90 % interval; of a perplexity that of the loss.
        p: Two-sided, of no difference.
        n: Pairs; of independent samples the smaller number, 0 when one is unknown.
        detectable: The smallest difference that would have shown four times in five, a fraction.
        discordance: Share of pairs of which one is right and the other wrong; None for scores between.
        paired: Whether the same questions were compared.
    """

    delta: float
    low: float
    high: float
    low_90: float
    high_90: float
    p: float
    n: int
    detectable: float
    discordance: float | None = None
    paired: bool = True

    def needed(self, effect: float) -> int:
        """Questions that would show a difference of ``effect`` four times in five, if the rest stays as it is; n > 0.

        A difference of means needs questions in proportion to its variance, hence the square.
        """
        if self.discordance is not None:
            return statistics.n_needed(effect, self.discordance)
        return max(1, math.ceil(self.n * (self.detectable / effect) ** 2))


def difference(first: Mapping[str, Sample], second: Mapping[str, Sample], metric: str) -> Difference | None:
    """The paired difference; None when they share too few questions, or none that the score counts.

    Scores that are all right or wrong, of independent questions, are tested with McNemar's test, their interval is
    Newcombe's for pairs. Macro-F1 is tested by swapping the two answers of random questions, and drawn anew as a table
    of counts. Losses are summed over tokens; they are tested by flipping signs and resampled by row. Everything else
    is tested by flipping signs and resampled by passage, where several questions share one.

    Args:
        first: The baseline's samples by doc_hash.
        second: The other model's.
        metric: A score of the samples, or "macro_f1", which is computed from them.
    """
    way = _way(first, second, metric)
    return way[0]() if way else None


def p_value(first: Mapping[str, Sample], second: Mapping[str, Sample], metric: str) -> float | None:
    """The p-value of ``difference`` alone, without the intervals that take longer; None as there."""
    way = _way(first, second, metric)
    return way[1]() if way else None


Way = tuple[Callable[[], Difference], Callable[[], float]]
"""How the whole difference is made, and how its p-value."""


def _way(first: Mapping[str, Sample], second: Mapping[str, Sample], metric: str) -> Way | None:
    shared = [key for key in first if key in second]
    if not shared or len(shared) < SHARED * max(len(first), len(second)):
        return None
    pairs = [(first[key], second[key]) for key in shared]
    if metric == MACRO_F1:
        return _macro_f1(pairs)
    if metric in LOSSES:
        return _losses(pairs, metric)
    values: list[tuple[float, float]] = []
    clusters: list[str] = []
    for one, two in pairs:
        before, after = measured(metric, one), measured(metric, two)
        if before is not None and after is not None:
            values.append((before, after))
            clusters.append(str(one["cluster"]))
    if not values:
        return None
    if len(set(clusters)) == len(clusters) and all(value in (0.0, 1.0) for pair in values for value in pair):
        return lambda: _of_proportions(values), lambda: _of_proportions(values).p
    sums, sizes = by_cluster([after - before for before, after in values], clusters)
    return lambda: _of_means(sums, sizes), lambda: sign_flip(sums)


def _of_proportions(values: Sequence[tuple[float, float]]) -> Difference:
    counts = Counter((after > 0.5, before > 0.5) for before, after in values)
    gained, lost, n = counts[True, False], counts[False, True], len(values)
    table = (counts[True, True], gained, lost, counts[False, False])
    return Difference(
        (gained - lost) / n,
        *statistics.newcombe_paired(*table),
        *statistics.newcombe_paired(*table, 0.9),
        p=statistics.mcnemar(gained, lost),
        n=n,
        detectable=statistics.minimum_detectable_effect(n, (gained + lost) / n),
        discordance=(gained + lost) / n,
    )


def _of_means(sums: Floats, sizes: Floats) -> Difference:
    """From the sums of changes of each cluster, and its size."""
    drawn = replicates(sums, sizes)
    return Difference(
        float(sums.sum() / sizes.sum()),
        *limits_of_difference(drawn, len(sums), 0.95),
        *limits_of_difference(drawn, len(sums), 0.9),
        p=sign_flip(sums),
        n=int(sizes.sum()),
        detectable=_detectable(float(drawn.std()), len(sums)),
    )


def _losses(pairs: Sequence[tuple[Sample, Sample]], metric: str) -> Way | None:
    """None when a row was cut into other tokens for one of the two: then their losses are of other things."""
    counted = [(one, two) for one, two in pairs if one["n_loss_tokens"] and two["n_loss_tokens"]]
    if not counted or any(one["n_loss_tokens"] != two["n_loss_tokens"] for one, two in counted):
        return None
    before, after = (np.array([pair[place]["nll"] for pair in counted], dtype=np.float64) for place in (0, 1))
    tokens = np.array([one["n_loss_tokens"] for one, _ in counted], dtype=np.float64)
    return lambda: _of_losses(before, after, tokens, metric), lambda: sign_flip(after - before)


def _of_losses(before: Floats, after: Floats, tokens: Floats, metric: str) -> Difference:
    nats = replicates(after - before, tokens)
    drawn, delta = nats, float((after - before).sum() / tokens.sum())
    if metric == "perplexity":
        drawn = np.exp(replicates(after, tokens)) - np.exp(replicates(before, tokens))
        delta = float(np.exp(after.sum() / tokens.sum()) - np.exp(before.sum() / tokens.sum()))
    return Difference(
        delta,
        *percentiles(drawn, 0.95, len(tokens)),
        *percentiles(nats, 0.9, len(tokens)),
        p=sign_flip(after - before),
        n=len(tokens),
        detectable=statistics.detectable_by(float(drawn.std())),
    )


def _macro_f1(pairs: Sequence[tuple[Sample, Sample]]) -> Way:
    golds = [right_letter(one) for one, _ in pairs]
    before, after = [answered(one) for one, _ in pairs], [answered(two) for _, two in pairs]
    return lambda: _of_macro_f1(golds, before, after), lambda: macro_f1.swap_test(golds, after, before)


def _of_macro_f1(golds: Sequence[str], before: Sequence[str], after: Sequence[str]) -> Difference:
    drawn = macro_f1.difference_replicates(golds, after, before)
    return Difference(
        macro_f1.value(golds, after) - macro_f1.value(golds, before),
        *macro_f1.difference_interval(drawn, len(golds)),
        *macro_f1.difference_interval(drawn, len(golds), 0.9),
        p=macro_f1.swap_test(golds, after, before),
        n=len(golds),
        detectable=_detectable(float(drawn.std()), len(golds)),
    )


def _detectable(error: float, n: int) -> float:
    """From the standard error; where nothing differed, what ``n`` right-or-wrong answers would show."""
    return min(1.0, statistics.detectable_by(error)) if error else statistics.minimum_detectable_effect(n, 0.0)
