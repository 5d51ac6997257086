"""The difference of two models over the questions that both were asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.engine.evaluate.summary import fast_macro_f1
from workbench.engine.statistics import bootstrap, mcnemar_midp, mean_interval, sign_flip

Sample = dict[str, Any]
SHARED = 0.95
"""Two models are paired only if they share at least this fraction of the questions."""


@dataclass(frozen=True)
class Difference:
    """Second minus first.

    Args:
        delta: Of the scores, a fraction.
        low, high: Its 95 % interval.
        low_90, high_90: Its 90 % interval.
        p: Two-sided, of no difference.
        n: Pairs.
        discordance: Fraction of pairs that differ.
    """

    delta: float
    low: float
    high: float
    low_90: float
    high_90: float
    p: float
    n: int
    discordance: float


def same_protocol(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two evaluations asked the same questions in the same way."""
    facts = ("task", "protocol", "answer_format", "max_new_tokens", "dataset_sha256")
    return all(one[fact] == other[fact] for fact in facts)


def difference(first: Mapping[str, Sample], second: Mapping[str, Sample], metric: str) -> Difference | None:
    """The paired difference; None when they share too few questions.

    Right-or-wrong scores are tested with McNemar's mid-p, others by flipping signs; intervals come from resampling
    the pairs, by passage where several questions share one.

    Args:
        first: The baseline's samples by doc_hash.
        second: The other model's.
        metric: A score of the samples, or "macro_f1", which is computed from them.
    """
    shared = [key for key in first if key in second]
    if not shared or len(shared) < SHARED * max(len(first), len(second)):
        return None
    pairs = [(first[key], second[key]) for key in shared if _belongs(first[key], metric)]
    if not pairs:
        return None
    if metric == "macro_f1":
        return _macro_f1(pairs)
    name = metric.removeprefix("has_ans_").removeprefix("no_ans_")
    values = np.array([[one["scores"][name], two["scores"][name]] for one, two in pairs])
    changes = values[:, 1] - values[:, 0]
    clusters = [one["cluster"] for one, _ in pairs]
    own = len(set(clusters)) == len(clusters)
    if own and np.isin(values, (0.0, 1.0)).all():
        p = mcnemar_midp(int((changes > 0).sum()), int((changes < 0).sum()))
    else:
        p = sign_flip(list(changes), clusters)
    wide, narrow = (mean_interval(list(changes), clusters, confidence) for confidence in (0.95, 0.90))
    return Difference(float(changes.mean()), *wide, *narrow, p, len(pairs), float((changes != 0).mean()))


def _belongs(sample: Sample, metric: str) -> bool:
    if metric.startswith("has_ans_"):
        return bool(sample["gold"])
    return not (metric.startswith("no_ans_") and sample["gold"])


def _macro_f1(pairs: list[tuple[Sample, Sample]]) -> Difference:
    """The test is McNemar's on the answers behind the scores: macro-F1 itself has no exact one."""
    gold = [one["gold"][0] for one, _ in pairs]
    said = [[s["parsed"] if s["status"] == "ok" else None for s in side] for side in zip(*pairs, strict=True)]

    def change(places: NDArray[np.intp]) -> float:
        return fast_macro_f1(gold, said[1], places) - fast_macro_f1(gold, said[0], places)

    ids = [str(place) for place in range(len(pairs))]
    wide, narrow = (bootstrap(ids, change, confidence) for confidence in (0.95, 0.90))
    right = np.array([[one["scores"]["accuracy"], two["scores"]["accuracy"]] for one, two in pairs])
    changes = right[:, 1] - right[:, 0]
    p = mcnemar_midp(int((changes > 0).sum()), int((changes < 0).sum()))
    everything = np.arange(len(pairs))
    return Difference(change(everything), *wide, *narrow, p, len(pairs), float((changes != 0).mean()))
