"""What an importer finds in a file: results that another tool measured, in the one shape that a run folder keeps.

An imported file is data. Nothing of it is executed, loaded by name or trusted to be finite, short or polite.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.engine.evaluate.summary import MACRO_F1
from workbench.engine.resampling import mean_interval
from workbench.engine.statistics import normal_width, wilson
from workbench.errors import InputError

LARGEST_BYTES = 512 * 2**20
LONGEST_NAME = 80
MOST_ANSWERS = 10**9

AGGREGATE = {"per_sample": False}
"""Of an entry that no answers stand behind; it is compared as of independent samples."""

AGREES = 1e-6
"""How far the mean of the samples may be from the figure in the results."""

Metric = dict[str, Any]
Sample = dict[str, Any]


@dataclass(frozen=True)
class Scores:
    """What a result says of one data set.

    Args:
        dataset: Its name.
        task: A row of TASKS, or the name of the tool.
        protocol: How it was asked, versioned; results are compared only where it is equal.
        n: How many answers; None when the file does not say.
        metrics: {value, low, high, method, n} by name, the ranked one first; fractions, higher is better. ``right``
            where a count is known, ``per_sample`` where the samples have it.
        health: Fractions of the answers by status, as far as they are known.
        legacy: Figures that are shown and never ranked.
        floors: As of summary.summarize.
        samples: The answers, each with doc_hash, cluster, gold, parsed, status and scores; none without.
        facts: More keys of the entry, such as answer_format; by default none.
        judged_by: As of summary.summarize.
    """

    dataset: str
    task: str
    protocol: str
    n: int | None
    metrics: dict[str, Metric]
    health: dict[str, float] = field(default_factory=dict)
    legacy: dict[str, float | None] = field(default_factory=dict)
    floors: dict[str, dict[str, float]] = field(default_factory=dict)
    samples: Sequence[Sample] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    judged_by: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Foreign:
    """One model's results from one file.

    Args:
        name: What the run is called.
        origin: Which tool, which version.
        file: Where it was read.
        model, method, quant: What was measured, in the file's own words.
        scores: By data set; at least one.
        trained: Whether it is known to be more than a base model.
        asked: What its prompts were made with: comparability.SAYING.
        caveats: What its numbers cannot claim, in sentences.
        versions: Of libraries, as far as the file says.
        device: What it was measured on, as far as the file says.
    """

    name: str
    origin: str
    file: Path
    model: str
    method: str
    quant: str
    scores: Sequence[Scores]
    asked: Mapping[str, Any] = field(default_factory=dict)
    caveats: Sequence[str] = ()
    versions: Mapping[str, Any] = field(default_factory=dict)
    device: str = ""
    trained: bool = False


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; NaN and infinity are read as None.

    Raises:
        InputError: It is no JSON object, or is larger than anything that a result file can be.
    """
    text = _read_text(path)
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: this is no JSON: {error}.") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: this is no JSON object.")
    return value


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects in a JSONL file.

    Raises:
        InputError: As ``read_json``; the message names the line.
    """
    records = []
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        try:
            record = json.loads(line, parse_constant=lambda _: None) if line.strip() else None
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: line {number} is no JSON: {error}.") from None
        if isinstance(record, dict):
            records.append(record)
        elif record is not None:
            raise InputError(f"{path}: line {number} is no JSON object.")
    return records


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path}: this is larger than any result file ({LARGEST_BYTES >> 20} MiB).")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: this is no UTF-8 text.") from None
    except OSError as error:
        raise InputError(f"{path}: it cannot be read ({error.strerror}).") from None


def number(value: Any) -> float | None:
    """The value if it is a finite number, else None; truth is 1 or 0.

    >>> number(True), number(float("nan")), number("0.5")
    (1.0, None, None)
    """
    try:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    except OverflowError:
        return None  # a whole number of more than 308 digits


def count(value: Any) -> int | None:
    """The value if it can be a number of answers, else None.

    >>> count(50), count(0), count(-1), count(True), count(10**400)
    (50, None, None, None, None)
    """
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_ANSWERS else None


def text(value: Any, longest: int = LONGEST_NAME) -> str:
    """A value as one short line that can be printed, empty for None."""
    line = " ".join(str("" if value is None else value).split())
    return "".join(sign for sign in line if sign.isprintable())[:longest]


def part(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object inside an object; empty when it is anything else."""
    value = content.get(name)
    return value if isinstance(value, dict) else {}


def items(content: Mapping[str, Any], name: str) -> list[Any]:
    """A list inside an object; empty when it is anything else."""
    value = content.get(name)
    return value if isinstance(value, list) else []


def of_count(right: int, n: int) -> Metric:
    """The entry of a proportion."""
    low, high = wilson(right, n)
    return {"value": right / n, "low": low, "high": high, "method": "Wilson", "n": n, "right": right, **AGGREGATE}


def of_mean(value: float, n: int | None, stderr: float | None = None) -> Metric:
    """The entry of a mean of fractions of which only the mean is known.

    With n the interval is Wilson's, which is never too narrow for fractions; where value x n is a whole number it is
    taken for a count of right answers only if the standard error says so too. Without n it is that of the standard
    error; without either there is none.
    """
    if n:
        right = round(value * n)
        exact = abs(value * n - right) < 1e-6 * max(1, n)
        if exact and (stderr is None or _is_binary(value, n, stderr)):
            return of_count(right, n)
        low, high = wilson(value * n, n)
        return {"value": value, "low": low, "high": high, "method": "Wilson of a mean", "n": n, **AGGREGATE}
    if stderr:
        half = stderr * normal_width(0.95) / 2
        limits = {"low": max(0.0, value - half), "high": min(1.0, value + half)}
        return {"value": value, **limits, "method": "standard error of the file", "n": None, **AGGREGATE}
    method = "n/a: the file does not say n"
    return {"value": value, "low": None, "high": None, "method": method, "n": None, **AGGREGATE}


def _is_binary(value: float, n: int, stderr: float) -> bool:
    """Whether a standard error is that of right-or-wrong answers: sqrt(p (1 - p) / (n - 1)), or over n."""
    spread = value * (1 - value)
    return any(abs(stderr - math.sqrt(spread / max(1, of))) < 1e-4 for of in (n - 1, n))


def of_samples(values: Sequence[float], clusters: Sequence[str]) -> Metric:
    """The entry of a mean of which every answer's share is known."""
    n = len(values)
    if len(set(clusters)) == n and all(value in (0.0, 1.0) for value in values):
        return {**of_count(round(sum(values)), n), "per_sample": True}
    low, high = mean_interval(values, clusters)
    method = "bootstrap of passages" if len(set(clusters)) < n else "bootstrap"
    return {"value": sum(values) / n, "low": low, "high": high, "method": method, "n": n, "per_sample": True}


def of_results(
    label: str, value: float, stderr: float | None, samples: Sequence[Sample], n: int | None, caveats: list[str]
) -> Metric:
    """The entry of a figure of which the samples may give the mean: then it can be paired; if not, a caveat says so."""
    values = [sample["scores"].get(label) for sample in samples]
    if samples and label != MACRO_F1 and None not in values:
        made = of_samples([float(one) for one in values], [sample["cluster"] for sample in samples])
        if abs(made["value"] - value) < AGREES:
            return made
        caveats.append(f"{label}: the samples give {made['value']:.4f}, the results say {value:.4f}: not paired")
    return of_mean(value, n, stderr)


def health(samples: Sequence[Sample]) -> dict[str, float]:
    """Fractions of the answers by what they were, as far as another tool's files tell; empty without samples."""
    if not samples:
        return {}
    counts = Counter(sample["answered"] for sample in samples)
    shares = {name: counts[name] / len(samples) for name in ("empty", "unparsed")}
    return {"coverage": counts["ok"] / len(samples), **shares}


def ranked_first(metrics: Mapping[str, Metric], order: Iterable[str]) -> dict[str, Metric]:
    """The metrics with those of ``order`` at the head."""
    names = [name for name in order if name in metrics]
    return {name: metrics[name] for name in [*names, *(other for other in metrics if other not in names)]}


def is_fraction(value: float | None) -> bool:
    """Whether a value can be ranked as a score: fractions where higher is better."""
    return value is not None and 0.0 <= value <= 1.0
