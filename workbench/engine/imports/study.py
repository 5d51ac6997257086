"""Result files of the 2025 study: figures, confusion matrices and token counts, but no answers.

Everything that can be computed anew is: intervals, macro-F1 with unparsed answers as misses, how many answers were
empty or cut off. What its scorers got wrong beyond repair is said as a caveat, and its own measures stay legacy.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.engine.evaluate import macro_f1
from workbench.engine.imports.foreign import (
    Foreign,
    Metric,
    Scores,
    count,
    items,
    number,
    of_count,
    of_mean,
    part,
    read_json,
    text,
)
from workbench.errors import InputError

ORIGIN = "study 2025 (legacy)"
CAP = 1000
"""max_new_tokens of the study: an answer of so many tokens was cut off."""
TASKS = {"mcq4": "arc", "math_numeric": "math", "squad_v2": "squad"}
SUMMARY = "metrics_summary.csv"
"""The study's table; it alone has the peaks of training."""
CAVEATS = {
    "arc": "ARC: the study took any letter A to D in the text for the answer",
    "math": "math: right is what the study's scorer called right; AbsDiff is over parsed answers only, never ranked",
    "squad": "SQuAD: the study counted a missing box as an abstention and kept the first gold only",
}


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether a JSON file is one of the study's."""
    sets = part(content, "datasets")
    kinds = [str(part(sets, name).get("type")) for name in sets]
    return "model_name" in content and bool(kinds) and all(kind in TASKS for kind in kinds)


def read(path: Path, content: Mapping[str, Any]) -> Foreign:
    """The result in a file. Files beside it say which letters are right where this one could not be parsed.

    Raises:
        InputError: Its figures contradict each other.
    """
    name = text(content["model_name"]).replace("\\", "/").rpartition("/")[2] or path.stem
    sets = part(content, "datasets")
    scores = [_scores(path, dataset, part(sets, dataset)) for dataset in sets]
    costs = _costs(path, name, content)
    quant = text(part(content, "quantization").get("quant_tag")) or "unknown"
    return Foreign(
        name=name,
        origin=ORIGIN,
        file=path,
        model=name.partition("_")[0].removesuffix("-base"),
        method="base" if "-base" in name else name.partition("_")[2] or name,
        quant="none" if quant == "NoQuant" else quant,
        scores=[_with(one, costs) for one in scores],
        trained="-base" not in name,
        caveats=[
            *(CAVEATS[one.task] for one in scores),
            "memory and latency were measured by the study's own scripts; its latency is mostly the answers' length",
        ],
    )


def _with(scores: Scores, costs: Mapping[str, float | None]) -> Scores:
    return Scores(**{**vars(scores), "legacy": {**scores.legacy, **costs}})


def _costs(path: Path, name: str, content: Mapping[str, Any]) -> dict[str, float | None]:
    hardware = part(content, "hardware")
    peaks = {f"eval_{kind}_gib": number(hardware.get(f"peak_vram_{kind}_gb")) for kind in ("allocated", "reserved")}
    row = _summary_row(path.with_name(SUMMARY), name)
    trained = {kind: _positive(row.get(f"train_peak_vram_{kind}_gb")) for kind in ("allocated", "reserved")}
    return {**peaks, **{f"train_{kind}_gib": value for kind, value in trained.items() if value}}


def _summary_row(summary: Path, name: str) -> dict[str, str]:
    if not summary.is_file():
        return {}
    with summary.open(encoding="utf-8", errors="replace", newline="") as file:
        return next((row for row in csv.DictReader(file) if row.get("model") == name), {})


def _positive(written: str | None) -> float | None:
    try:
        return float(written or 0) or None
    except ValueError:
        return None


def _scores(path: Path, dataset: str, figures: Mapping[str, Any]) -> Scores:
    task = TASKS[figures["type"]]
    n, right = count(figures.get("total_samples")), figures.get("correct")
    if n is None or not isinstance(right, int) or not 0 <= right <= n:
        told = text(figures.get("total_samples"))
        raise InputError(f"{path}: {text(dataset)}: {text(right)} right of {told} cannot be.")
    lengths = map(number, items(part(figures, "tokens_generated"), "per_prompt"))
    tokens = [int(one) for one in lengths if one is not None]
    own = part(figures, "metrics")
    metrics, floors = METRICS[task](path, dataset, figures, n, right)
    latency = number(part(figures, "latency_seconds").get("mean"))
    return Scores(
        dataset=text(dataset).removeprefix("test-").removesuffix(".parquet"),
        task=task,
        protocol=f"{task}_gen@study",
        n=n,
        metrics=metrics,
        health=_health(figures, tokens, n),
        legacy={**_legacy(own, figures, n), "latency_s": latency},
        floors=floors,
    )


def _health(figures: Mapping[str, Any], tokens: list[int], n: int) -> dict[str, float]:
    """Coverage is the share of answers in which the study found its box; empties and cuts are counted anew."""
    parsed = _parsed(figures)
    told = {} if parsed is None else {"coverage": parsed}
    if len(tokens) != n or not all(0 <= one <= 10**9 for one in tokens):
        return told
    counted = {"empty": sum(one == 0 for one in tokens) / n, "truncated": sum(one >= CAP for one in tokens) / n}
    return {**told, **counted, "mean_new_tokens": round(sum(tokens) / n, 2)}


def _legacy(own: Mapping[str, Any], figures: Mapping[str, Any], n: int) -> dict[str, float | None]:
    """The study's own figures where ours differ from them."""
    difference, published = number(own.get("avg_abs_diff")), number(own.get("macro_f1"))
    if difference is not None:
        parsed = _parsed(figures)
        return {"absdiff": difference, "absdiff_n": None if parsed is None else round(parsed * n)}
    return {} if published is None else {"macro_f1_published": published}


def _parsed(figures: Mapping[str, Any]) -> float | None:
    """Share of the answers in which the study found its box."""
    percent = number(figures.get("format_success_rate"))
    return percent / 100 if percent is not None and 0 <= percent <= 100 else None


Found = tuple[dict[str, Metric], dict[str, dict[str, float]]]


def _arc(path: Path, dataset: str, figures: Mapping[str, Any], n: int, right: int) -> Found:
    matrix = _matrix(figures)
    golds = _golds(path, dataset, n) if matrix else {}
    metrics = {"accuracy": of_count(right, n)}
    missing = {letter: there - sum(matrix.get(letter, {}).values()) for letter, there in golds.items()}
    if golds and all(absent >= 0 for absent in missing.values()):
        metrics["macro_f1"] = _macro_f1(matrix, missing)
    majority = max(golds, key=lambda letter: golds[letter], default="")
    return metrics, {f'always "{majority}"': {"accuracy": golds[majority] / n}} if golds else {}


def _matrix(figures: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Counts by gold and answer; empty when it is no such table."""
    rows = part(part(figures, "metrics"), "confusion_matrix")
    table = {gold: dict(part(rows, gold)) for gold in rows}
    cells = [cell for row in table.values() for cell in row.values()]
    return table if all(isinstance(cell, int) and 0 <= cell <= 10**6 for cell in cells) else {}


def _golds(path: Path, dataset: str, n: int) -> dict[str, int]:
    """How often each letter is right: from a file in the folder that asked the same and parsed every answer.

    Empty when there is none, or when two of them contradict each other.
    """
    found = set()
    for file in sorted(path.parent.glob("*.json")):
        try:
            other = part(part(read_json(file), "datasets"), dataset)
        except InputError:
            continue  # the folder may hold anything
        matrix = _matrix(other)
        if other.get("total_samples") == n and sum(sum(row.values()) for row in matrix.values()) == n:
            found.add(tuple((gold, sum(row.values())) for gold, row in sorted(matrix.items())))
    return dict(found.pop()) if len(found) == 1 else {}


def _macro_f1(matrix: Mapping[str, Mapping[str, int]], missing: Mapping[str, int]) -> Metric:
    pairs = [(gold, said) for gold, row in matrix.items() for said, times in row.items() for _ in range(times)]
    pairs += [(gold, macro_f1.NONE) for gold, times in missing.items() for _ in range(times)]
    golds, answers = zip(*pairs, strict=True)
    low, high = macro_f1.interval(golds, answers)
    entry = of_mean(macro_f1.value(golds, answers), len(golds))
    return {**entry, "low": low, "high": high, "method": "multinomial bootstrap"}


def _math(_: Path, __: str, ___: Mapping[str, Any], n: int, right: int) -> Found:
    return {"accuracy": of_count(right, n)}, {}


def _squad(path: Path, dataset: str, figures: Mapping[str, Any], n: int, right: int) -> Found:
    own = part(figures, "metrics")
    f1 = number(own.get("F1"))
    if f1 is None or not 0 <= f1 <= 100:
        raise InputError(f"{path}: {text(dataset)}: an F1 of {text(own.get('F1'))} cannot be.")
    metrics = {"f1": of_mean(round(f1 / 100, 6), n, stderr=0.0), "exact": of_count(right, n)}
    without = _unanswerable(own, n)
    return metrics, {"always unanswerable": {"f1": without / n, "exact": without / n}} if without else {}


def _unanswerable(own: Mapping[str, Any], n: int) -> int:
    """Questions without an answer: the number with which its three figures of exact match fit together."""
    total, with_one, without = (number(own.get(name)) for name in ("EM", "HasAns_EM", "NoAns_Accuracy"))
    if total is None or with_one is None or without is None:
        return 0
    fits = [k for k in range(1, n) if abs(k * without + (n - k) * with_one - n * total) < n * 0.01]
    return fits[0] if len(fits) == 1 else 0


METRICS = {"arc": _arc, "math": _math, "squad": _squad}
