"""Results of lighteval: results_*.json, with its details_<task>_*.parquet where they were saved.

Source: https://huggingface.co/docs/lighteval/saving-and-reading-results.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.engine.imports import lighteval_details
from workbench.engine.imports.foreign import (
    Foreign,
    Metric,
    Sample,
    Scores,
    count,
    health,
    is_fraction,
    items,
    number,
    of_results,
    part,
    text,
)
from workbench.errors import InputError


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether a JSON file is one of lighteval's."""
    return isinstance(content.get("results"), dict) and isinstance(content.get("config_general"), dict)


def read(path: Path, content: Mapping[str, Any]) -> Foreign:
    """The results in a file; sums over several tasks ("all", "_average") are left out."""
    general = content["config_general"]
    model = text(_model(content))
    caveats: list[str] = []
    tasks = [name for name in content["results"] if name != "all" and "_average" not in name]
    found = [_scores(path, content, task, caveats) for task in tasks]
    return Foreign(
        name=model.rstrip("/").rpartition("/")[2] or "lighteval",
        origin=f"lighteval {text(general.get('lighteval_sha'))[:12] or 'of unknown version'}",
        file=path,
        model=model or "unknown",
        method="as its model",
        quant="as its model",
        scores=[one for one in found if one],
        asked={"dtype": text(general.get("model_dtype")).removeprefix("torch.") or None},
        caveats=caveats,
        versions={"lighteval": text(general.get("lighteval_sha"))},
    )


def _model(content: Mapping[str, Any]) -> str:
    general = content["config_general"]
    return str(general.get("model_name") or part(general, "model_config").get("model_name") or "")


def _scores(path: Path, content: Mapping[str, Any], task: str, caveats: list[str]) -> Scores | None:
    figures = content["results"][task]
    if not isinstance(figures, dict):
        return None
    config = _config(content, task)
    samples = _samples(path, content, task, count(config.get("effective_num_docs")), caveats)
    n = len(samples) or count(config.get("effective_num_docs"))
    lower = {str(one.get("metric_name")) for one in items(config, "metrics") if _lower_is_better(one)}
    metrics: dict[str, Metric] = {}
    legacy: dict[str, float | None] = {}
    for name, value in figures.items():
        found = number(value)
        if name.endswith("_stderr") or found is None:
            continue
        if name in lower or not is_fraction(found):
            legacy[text(name)] = found
        else:
            metrics[text(name)] = of_results(
                text(name), found, number(figures.get(f"{name}_stderr")), samples, n, caveats
            )
    if not metrics:
        caveats.append(f"{text(task)} has no score between 0 and 1 where higher is better: left out")
        return None
    version = text(part(content, "versions").get(task)) or "?"
    return Scores(
        text(task),
        "lighteval",
        f"lighteval {text(task)}@{version}",
        n,
        metrics,
        health=health(samples),
        legacy=legacy,
        samples=samples,
    )


def _samples(path: Path, content: Mapping[str, Any], task: str, n: int | None, caveats: list[str]) -> list[Sample]:
    """The answers, none when they are not those of the results: then the figures stand alone, and a caveat says why."""
    try:
        return lighteval_details.samples(path, content, task, _model(content), n)
    except InputError as error:
        caveats.append(f"{error} Its answers are left out: not paired")
        return []


def _config(content: Mapping[str, Any], task: str) -> dict[str, Any]:
    """The task's config; it is filed with or without the number of few-shot examples at the end."""
    configs = part(content, "config_tasks")
    return part(configs, task) or part(configs, task.rpartition("|")[0])


def _lower_is_better(metric: Any) -> bool:
    return isinstance(metric, dict) and metric.get("higher_is_better") is False
