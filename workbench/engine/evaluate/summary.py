"""Sum up the samples of one data set: scores with intervals, health, and what trivial answers would get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.engine import statistics
from workbench.engine.evaluate.parse import read_number
from workbench.engine.statistics import Interval

Sample = dict[str, Any]
NONE = "none"
"""The label of an answer that could not be understood, a false negative of its class."""


def summarize(task: str, samples: Sequence[Sample]) -> dict[str, Any]:
    """``metrics``, ``health``, ``legacy`` and ``floors`` of an evaluation."""
    metrics, floors, legacy = _TASKS[task](samples)
    return {"metrics": metrics, "health": health(samples), "legacy": legacy, "floors": floors}


def health(samples: Sequence[Sample]) -> dict[str, float]:
    """How the answers are: fractions of n, and the mean of the generated tokens."""
    n = max(1, len(samples))
    status = Counter(sample["status"] for sample in samples)
    parts = {name: status[name] / n for name in ("empty", "unparsed", "truncated", "error")}
    new_tokens = sum(sample["n_new_tokens"] for sample in samples) / n
    return {"coverage": status["ok"] / n, **parts, "mean_new_tokens": round(new_tokens, 2)}


def estimate(value: float, interval: Interval, method: str) -> dict[str, Any]:
    """A metric as the result holds it; an interval without bounds is None."""
    low, high = (bound if np.isfinite(bound) else None for bound in interval)
    return {"value": value, "low": low, "high": high, "method": method}


def _proportion(samples: Sequence[Sample], metric: str) -> dict[str, Any]:
    right = sum(int(sample["scores"][metric]) for sample in samples)
    return estimate(right / max(1, len(samples)), statistics.wilson(right, len(samples)), "Wilson")


def _mean(samples: Sequence[Sample], metric: str) -> dict[str, Any]:
    values = [sample["scores"][metric] for sample in samples]
    interval = statistics.mean_interval(values, [sample["cluster"] for sample in samples])
    return estimate(float(np.mean(values)), interval, "bootstrap of passages")


def macro_f1(gold: Sequence[str], parsed: Sequence[str | None], places: NDArray[np.intp] | None = None) -> float:
    """Unweighted mean of the F1 of each letter that is right somewhere; an answer not understood is a miss.

    Args:
        gold: The right letters.
        parsed: The chosen ones.
        places: The samples to look at; None for all.
    """
    from sklearn.metrics import f1_score

    chosen = range(len(gold)) if places is None else places
    wanted = [gold[place] for place in chosen]
    given = [parsed[place] or NONE for place in chosen]
    return float(f1_score(wanted, given, labels=sorted(set(wanted)), average="macro", zero_division=0.0))


def fast_macro_f1(gold: Sequence[str], parsed: Sequence[str | None], places: NDArray[np.intp]) -> float:
    """The same from counts, thousands of times a second, for resampling."""
    letters = {name: number for number, name in enumerate(dict.fromkeys(gold))}
    wanted = np.array([letters[name] for name in gold])[places]
    given = np.array([letters.get(name or NONE, -1) for name in parsed])[places]
    size = len(letters)
    support = np.bincount(wanted, minlength=size)
    chosen = np.bincount(given[given >= 0], minlength=size)
    hits = np.bincount(wanted[wanted == given], minlength=size)
    there = support > 0
    return float(np.mean(2 * hits[there] / (support + chosen)[there]))


Parts = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def _arc(samples: Sequence[Sample]) -> Parts:
    gold = [sample["gold"][0] for sample in samples]
    parsed = [sample["parsed"] if sample["status"] == "ok" else None for sample in samples]
    interval = statistics.bootstrap(
        [sample["doc_id"] for sample in samples], lambda places: fast_macro_f1(gold, parsed, places)
    )
    metrics = {
        "accuracy": _proportion(samples, "accuracy"),
        "macro_f1": estimate(macro_f1(gold, parsed), interval, "bootstrap"),
    }
    letter, count = Counter(gold).most_common(1)[0]
    always = {"accuracy": count / len(gold), "macro_f1": macro_f1(gold, [letter] * len(gold))}
    return metrics, {f'always "{letter}"': always}, {}


def _squad(samples: Sequence[Sample]) -> Parts:
    metrics = {name: _mean(samples, name) for name in ("f1", "exact")}
    for prefix, wanted in (("has_ans", True), ("no_ans", False)):
        part = [sample for sample in samples if bool(sample["gold"]) == wanted]
        if part:
            metrics |= {f"{prefix}_{name}": _mean(part, name) for name in ("f1", "exact")}
    abstained = sum(not sample["gold"] for sample in samples) / len(samples)
    return metrics, {"always unanswerable": {"f1": abstained, "exact": abstained}}, {}


def _math(samples: Sequence[Sample]) -> Parts:
    golds = [sample["gold"][0] for sample in samples]
    number, count = Counter(golds).most_common(1)[0]
    floors = {f'always "{number}"': {"accuracy": count / len(golds)}}
    return {"accuracy": _proportion(samples, "accuracy")}, floors, _absolute_difference(samples)


def _absolute_difference(samples: Sequence[Sample]) -> dict[str, Any]:
    """The 2025 study's measure, over the answers that are numbers: never ranked, since silence improves it."""
    pairs = [
        (read_number(sample["gold"][0]), read_number(sample["parsed"]))
        for sample in samples
        if sample["status"] == "ok"
    ]
    known = [abs(gold - said) for gold, said in pairs if gold is not None and said is not None]
    return {"abs_diff": float(np.mean(known)) if known else None, "abs_diff_n": len(known)}


_TASKS = {"arc": _arc, "squad": _squad, "math": _math}
