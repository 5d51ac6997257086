"""Results of lighteval: results_*.json, figures without the answers (those are in parquet files that are not read).

Source: https://huggingface.co/docs/lighteval/saving-and-reading-results.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.engine.imports.foreign import (
    Foreign,
    Metric,
    Scores,
    count,
    is_fraction,
    items,
    number,
    of_mean,
    part,
    text,
)


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether a JSON file is one of lighteval's."""
    return isinstance(content.get("results"), dict) and isinstance(content.get("config_general"), dict)


def read(path: Path, content: Mapping[str, Any]) -> Foreign:
    """The results in a file; sums over several tasks ("all", "_average") are left out."""
    general = content["config_general"]
    model = text(general.get("model_name") or part(general, "model_config").get("model_name"))
    caveats: list[str] = []
    tasks = [name for name in content["results"] if name != "all" and "_average" not in name]
    found = [_scores(content, task, caveats) for task in tasks]
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


def _scores(content: Mapping[str, Any], task: str, caveats: list[str]) -> Scores | None:
    figures = content["results"][task]
    if not isinstance(figures, dict):
        return None
    config = _config(content, task)
    n = count(config.get("effective_num_docs"))
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
            metrics[text(name)] = of_mean(found, n, number(figures.get(f"{name}_stderr")))
    if not metrics:
        caveats.append(f"{text(task)} has no score between 0 and 1 where higher is better: left out")
        return None
    version = text(part(content, "versions").get(task)) or "?"
    return Scores(text(task), "lighteval", f"lighteval {text(task)}@{version}", n, metrics, legacy=legacy)


def _config(content: Mapping[str, Any], task: str) -> dict[str, Any]:
    """The task's config; it is filed with or without the number of few-shot examples at the end."""
    configs = part(content, "config_tasks")
    return part(configs, task) or part(configs, task.rpartition("|")[0])


def _lower_is_better(metric: Any) -> bool:
    return isinstance(metric, dict) and metric.get("higher_is_better") is False
