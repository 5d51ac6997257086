"""Paired differences between two sets of answers to the same questions, and what they allow to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.engine import statistics
from workbench.engine.compare_read import Answers, Sample
from workbench.engine.evaluate import macro_f1
from workbench.engine.evaluate.summary import MACRO_F1, answered, measured, right_letter
from workbench.engine.resampling import difference_interval, sign_flip, standard_error

MIN_SHARED = 0.95
"""Share of the questions that two runs must have in common."""

EQUIVALENT = 0.02
"""Half-width of the range of differences that do not matter."""

RIGHT_OR_WRONG = ("accuracy", "exact", "has_ans_exact", "no_ans_exact", "no_ans_f1")
"""Metrics that are 0 or 1 for every sample."""

Pairs = Sequence[tuple[Sample, Sample]]


@dataclass(frozen=True)
class Difference:
    """A paired difference, ours minus theirs.

    Args:
        delta: Of the metric, a fraction.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p: Of the paired test.
        equivalent: Whether the 90 % interval lies within EQUIVALENT.
        mde: The smallest difference that would have shown four times in five.
        n: Pairs.
    """

    delta: float
    low: float
    high: float
    p: float
    equivalent: bool
    mde: float
    n: int

    def mark(self, p_holm: float) -> str:
        """The word for it, given its p-value after correction."""
        if p_holm < statistics.ALPHA:
            return "better" if self.delta > 0 else "worse"
        if self.equivalent:
            return "equivalent"
        return "tie" if self.low <= 0 <= self.high else "unclear"


def pairs(ours: Answers, theirs: Answers) -> tuple[Pairs, str]:
    """The samples of common questions, or none and the reason why they cannot be paired."""
    for name, value in ours.asked.items():
        other = theirs.asked[name]
        if value != other:
            return [], f"they were asked differently ({name}: {_short(value)}, not {_short(other)})"
    if ours.samples is None or theirs.samples is None:
        return [], "the samples of one of them are missing"
    shared = [hash_ for hash_ in ours.samples if hash_ in theirs.samples]
    largest = max(len(ours.samples), len(theirs.samples))
    if not shared or len(shared) < MIN_SHARED * largest:
        return [], f"they share only {len(shared)} of {largest} questions"
    return [(ours.samples[hash_], theirs.samples[hash_]) for hash_ in shared], ""


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{text[:8]}..."


def difference(metric: str, both: Pairs) -> Difference | None:
    """The paired difference on one metric; None when it counts none of the pairs.

    A metric that is right or wrong, of independent questions: McNemar's mid-p and Newcombe's paired interval.
    Macro-F1: swaps of the two answers and drawn tables. Everything else, and questions that share a passage:
    sign flips and bootstrap over clusters.
    """
    if metric == MACRO_F1:
        return _of_macro_f1(both) if both else None
    values, clusters = [], []
    for our, their in both:
        ours, theirs = measured(metric, our), measured(metric, their)
        if ours is not None and theirs is not None:
            values.append((ours, theirs))
            clusters.append(str(our["cluster"]))
    if not values:
        return None
    if metric in RIGHT_OR_WRONG and len(set(clusters)) == len(clusters):
        return _of_proportions(values)
    return _of_means([ours - theirs for ours, theirs in values], clusters)


def _of_proportions(values: Sequence[tuple[float, float]]) -> Difference:
    counts = Counter((ours > 0.5, theirs > 0.5) for ours, theirs in values)
    table = [counts[True, True], counts[True, False], counts[False, True], counts[False, False]]
    _, gained, lost, _ = table
    n = len(values)
    low, high = statistics.newcombe_paired(*table)
    return Difference(
        delta=(gained - lost) / n,
        low=low,
        high=high,
        p=statistics.mcnemar_midp(gained, lost),
        equivalent=_within(statistics.newcombe_paired(*table, level=0.9)),
        mde=statistics.minimum_detectable_effect(n, (gained + lost) / n),
        n=n,
    )


def _of_means(differences: Sequence[float], clusters: Sequence[str]) -> Difference:
    low, high = difference_interval(differences, clusters)
    return Difference(
        delta=sum(differences) / len(differences),
        low=low,
        high=high,
        p=sign_flip(differences, clusters),
        equivalent=_within(difference_interval(differences, clusters, 0.9)),
        mde=_detectable(standard_error(differences, clusters), len(set(clusters))),
        n=len(differences),
    )


def _of_macro_f1(both: Pairs) -> Difference:
    golds = [right_letter(ours) for ours, _ in both]
    ours, theirs = [answered(sample) for sample, _ in both], [answered(sample) for _, sample in both]
    drawn = macro_f1.difference_replicates(golds, ours, theirs)
    low, high = macro_f1.difference_interval(drawn, len(both))
    return Difference(
        delta=macro_f1.value(golds, ours) - macro_f1.value(golds, theirs),
        low=low,
        high=high,
        p=macro_f1.swap_test(golds, ours, theirs),
        equivalent=_within(macro_f1.difference_interval(drawn, len(both), 0.9)),
        mde=_detectable(float(drawn.std()), len(both)),
        n=len(both),
    )


def _within(interval: tuple[float, float]) -> bool:
    return interval[0] >= -EQUIVALENT and interval[1] <= EQUIVALENT


def _detectable(error: float, n: int) -> float:
    """From the standard error; where nothing differed, what ``n`` right-or-wrong answers would show."""
    return min(1.0, statistics.detectable_by(error)) if error else statistics.minimum_detectable_effect(n, 0.0)
