"""Sum samples up: metrics with intervals, health, trivial floors, and the legacy figure of the study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, get_args

from workbench.choices.protocols import as_read
from workbench.choices.tasks import TASKS
from workbench.engine.evaluate import heldout, macro_f1, numbers, squad
from workbench.engine.evaluate.scoring import Rule, grade
from workbench.engine.evaluate.squad_official import Answer, figures, oracle
from workbench.engine.resampling import mean_interval
from workbench.engine.statistics import wilson

Sample = dict[str, Any]

MACRO_F1 = "macro_f1"
PROPORTIONS = ("accuracy", "acc", "acc_norm")
"""Scores that are 0 or 1 for every sample, of independent questions."""
SUBSETS = ("has_ans_", "no_ans_")
"""Prefixes of metrics that only count the questions that have an answer, or that have none."""


def summarize(task: str, samples: Sequence[Sample], protocol: str = "") -> dict[str, Any]:
    """What an evaluation says of one data set.

    Args:
        task: Name of a row of TASKS.
        samples: All samples of one model on the data set.
        protocol: Name of a row of PROTOCOLS, or of an earlier version of one; the task's own by default.

    Returns:
        ``metrics``: {value, low, high, method, n} by name, the ranked one first; a metric that no sample counts
        for is left out. ``health``: fractions of all samples, and ``mean_new_tokens``. ``legacy``: figures never to
            be ranked by: of math the mean absolute difference with how many numbers could be read, of squad what the
            official script gives beside its score. ``floors``: what each trivial answer would score on the same
            golds, by its name. ``judged_by``: of mathematics, how many answers each rule settled.

    Raises:
        KeyError: There is no such protocol.
    """
    chosen = as_read(protocol or TASKS[task].protocols[0])
    if chosen is None:
        raise KeyError(protocol)
    if chosen.way == "loss":
        return heldout.summarize(samples)
    found = {metric: _measure(metric, samples) for metric in chosen.metrics}
    return {
        "metrics": {metric: entry for metric, entry in found.items() if entry},
        "health": health(samples),
        "legacy": LEGACY[task](samples) if task in LEGACY else {},
        "floors": floors(task, samples, chosen.metrics),
        **judged(samples),
    }


def measured(metric: str, sample: Sample) -> float | None:
    """What one sample adds to the mean of a metric, 0..1; None when the metric does not count it.

    Whatever its record says, an answer that is not complete and readable adds 0, except to squad.CONTAINS.
    """
    for prefix in SUBSETS:
        if metric.startswith(prefix):
            if bool(sample["gold"]) != (prefix == "has_ans_"):
                return None
            metric = metric.removeprefix(prefix)
    counts = sample["status"] == "ok" or metric == squad.CONTAINS
    return float(sample["scores"][metric]) if counts else 0.0


def answered(sample: Sample) -> str:
    """The letter that a sample answers, NONE when it could not be read."""
    readable = sample["status"] == "ok" and sample["parsed"] is not None
    return str(sample["parsed"]).strip().upper() if readable else macro_f1.NONE


def right_letter(sample: Sample) -> str:
    """The letter that would be right."""
    return str(sample["gold"][0]).strip().upper() if sample["gold"] else macro_f1.NONE


def health(samples: Sequence[Sample]) -> dict[str, float | None]:
    """Fractions of samples by status, ``coverage`` being "ok"; None without samples."""
    n = len(samples)
    counts = Counter(sample["status"] for sample in samples)
    shares = {status: counts[status] / n if n else None for status in ("empty", "unparsed", "truncated", "error")}
    tokens = sum(sample["n_new_tokens"] for sample in samples)
    mean = round(tokens / n, 2) if n else None
    return {"coverage": counts["ok"] / n if n else None, **shares, "mean_new_tokens": mean}


def judged(samples: Sequence[Sample]) -> dict[str, dict[str, int]]:
    """``judged_by``: how many answers each rule of scoring settled; empty where no sample says by which."""
    counts = Counter(sample["judged_by"] for sample in samples if sample.get("judged_by"))
    return {"judged_by": {rule: counts[rule] for rule in get_args(Rule)}} if counts else {}


def floors(task: str, samples: Sequence[Sample], metrics: Sequence[str]) -> dict[str, dict[str, float]]:
    """What one answer to every question scores, by its name and metric; nothing without samples."""
    if not samples:
        return {}
    name, answer = FLOORS[task](samples)
    always = [_as_if_answered(task, sample, answer) for sample in samples]
    values = {metric: _value(metric, always) for metric in metrics}
    return {name: {metric: value for metric, value in values.items() if value is not None}}


def _as_if_answered(task: str, sample: Sample, answer: str) -> Sample:
    scores = grade(task, answer, [str(gold) for gold in sample["gold"]])
    if "accuracy" in scores:  # an answer that is given is right or wrong under every name of that
        scores = dict.fromkeys(PROPORTIONS, scores["accuracy"])
    return {**sample, "parsed": answer, "status": "ok", "scores": scores}


def _majority_letter(samples: Sequence[Sample]) -> tuple[str, str]:
    letter = _most_frequent([right_letter(sample) for sample in samples])
    return f'always "{letter}"', letter


def _majority_word(samples: Sequence[Sample]) -> tuple[str, str]:
    word = _most_frequent([str(gold) for sample in samples for gold in sample["gold"][:1]])
    return f'always "{word}"', word


def _abstention(_: Sequence[Sample]) -> tuple[str, str]:
    return "always unanswerable", ""


def _modal_number(samples: Sequence[Sample]) -> tuple[str, str]:
    number = _most_frequent([str(gold) for sample in samples for gold in sample["gold"][:1]])
    return f'always "{number}"', number


FLOORS: dict[str, Callable[[Sequence[Sample]], tuple[str, str]]] = {
    "arc": _majority_letter,
    "boolq": _majority_word,
    "squad": _abstention,
    "math": _modal_number,
}
"""By task, the trivial answer that scores best: its name and what it says."""


def _most_frequent(answers: Sequence[str]) -> str:
    counts = Counter(answers)
    return min(counts, key=lambda answer: (-counts[answer], answer), default="")


def _value(metric: str, samples: Sequence[Sample]) -> float | None:
    if metric == MACRO_F1:
        return macro_f1.macro_f1([right_letter(s) for s in samples], [answered(s) for s in samples])
    values = [value for sample in samples if (value := measured(metric, sample)) is not None]
    return sum(values) / len(values) if values else None


def _measure(metric: str, samples: Sequence[Sample]) -> dict[str, Any]:
    """One entry of ``metrics``, empty when no sample counts for it; the method says how the interval was made."""
    if metric == MACRO_F1:
        counted = list(samples)
    else:
        counted = [sample for sample in samples if measured(metric, sample) is not None]
    if not counted:
        return {}
    if metric == MACRO_F1:
        limits = macro_f1.interval([right_letter(s) for s in counted], [answered(s) for s in counted])
        return _entry(metric, counted, limits, "multinomial bootstrap")
    values = [measured(metric, sample) or 0.0 for sample in counted]
    if metric in PROPORTIONS:
        return _entry(metric, counted, wilson(sum(values), len(values)), "Wilson")
    limits = mean_interval(values, [str(sample["cluster"]) for sample in counted])
    return _entry(metric, counted, limits, "bootstrap of passages")


def _entry(metric: str, counted: Sequence[Sample], limits: tuple[float, float], method: str) -> dict[str, Any]:
    low, high = limits
    return {"value": _value(metric, counted), "low": low, "high": high, "method": method, "n": len(counted)}


def _absdiff(samples: Sequence[Sample]) -> dict[str, float | int | None]:
    """The study's AbsDiff: only over answers that could be read, so that giving none improves it."""
    differences = []
    for sample in samples:
        gold = numbers.number(str(sample["gold"][0])) if sample["gold"] else None
        said = numbers.number(str(sample["parsed"])) if sample["status"] == "ok" else None
        if gold is not None and said is not None:
            differences.append(abs(said - gold))
    mean = sum(differences) / len(differences) if differences else None
    return {"absdiff": mean, "absdiff_n": len(differences)}


UNREAD = "(no answer was read)"
"""Stands for an answer that could not be read: it matches no gold, and it is no abstention."""


def _official(samples: Sequence[Sample]) -> dict[str, float | int | None]:
    """HasAns_exact and NoAns_exact, which are no metrics of ours; with ``na_prob`` also the oracle thresholds."""
    answers = [
        Answer(
            sample["gold"],
            str(sample["parsed"]) if sample["status"] == "ok" else UNREAD,
            float(sample.get("na_prob") or 0.0),
        )
        for sample in samples
    ]
    found = {name: value for name, value in figures(answers).items() if name.endswith("_exact")}
    if all(sample.get("na_prob") is not None for sample in samples):
        found |= {f"oracle_{name}": value for name, value in oracle(answers).items()}
    return {**found}


LEGACY: dict[str, Callable[[Sequence[Sample]], dict[str, float | int | None]]] = {
    "math": _absdiff,
    "squad": _official,
}
"""By task, figures that stand beside its scores and are never ranked."""
