"""Results of PEFT's method_comparison benchmark: one JSON file for each adapter and setting.

Source: https://github.com/huggingface/peft/tree/main/method_comparison; its readers take the last "test" figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.engine.imports.foreign import Foreign, Metric, Scores, is_fraction, items, number, of_mean, part, text
from workbench.errors import InputError

GSM8K_TEST_ROWS = 1319
"""Rows of the test split of openai/gsm8k, all of which MetaMathQA's runs are tested on; the files do not say it."""
TEST = "test "
MEMORY = ("accelerator_memory_max", "cuda_memory_max")
"""The same figure in newer and older files, in bytes."""


def recognises(content: Mapping[str, Any]) -> bool:
    """Whether a JSON file is one of this benchmark's."""
    return all(isinstance(content.get(part), dict) for part in ("run_info", "train_info", "meta_info"))


def read(path: Path, content: Mapping[str, Any]) -> Foreign:
    """The result in a file.

    Raises:
        InputError: The run did not succeed, or was not tested.
    """
    run, train, meta = (content[part] for part in ("run_info", "train_info", "meta_info"))
    if train.get("status") not in (None, "success"):
        raise InputError(f"{path}: this run ended with {text(train.get('status'))}, it has no result.")
    figures = _tested(train)
    datasets = part(meta, "dataset_info")
    is_gsm8k = "gsm8k" in datasets
    n = GSM8K_TEST_ROWS if is_gsm8k else None
    metrics: dict[str, Metric] = {}
    legacy: dict[str, float | None] = _costs(train)
    for name, value in figures.items():
        if is_fraction(value):
            metrics[text(name.removeprefix(TEST))] = of_mean(value, n)
        else:
            legacy[text(name)] = value
    if not metrics:
        raise InputError(f"{path}: it has no test figure between 0 and 1.")
    config = part(run, "train_config")
    dataset = "gsm8k" if is_gsm8k else "-".join(map(text, datasets)) or "method_comparison"
    commit = text(part(datasets, "gsm8k").get("sha"))[:8]
    protocol = f"PEFT method_comparison {dataset}@{commit or '?'}"
    return Foreign(
        name=text(run.get("experiment_name")) or path.stem,
        origin=f"PEFT method_comparison, {text(run.get('created_at'))[:10] or 'undated'}",
        file=path,
        model=text(config.get("model_id")) or "unknown",
        method=_method(run),
        quant="none",
        scores=[Scores(dataset, "method_comparison", protocol, n, metrics, legacy=legacy)],
        asked={"dtype": text(config.get("dtype")) or None},
        trained=True,
        caveats=[f"n = {n} is that of GSM8K's test split; the file itself does not say it"] if n else [],
        versions=_versions(meta),
        device=text(part(meta, "system_info").get("gpu")),
    )


def _tested(train: Mapping[str, Any]) -> dict[str, float]:
    """The last figures whose names begin with "test"."""
    found: dict[str, float] = {}
    for record in items(train, "metrics"):
        for name, value in record.items() if isinstance(record, dict) else ():
            read_value = number(value)
            if str(name).startswith(TEST) and read_value is not None:
                found[str(name)] = read_value
    return found


def _costs(train: Mapping[str, Any]) -> dict[str, float | None]:
    peak = next((number(train[name]) for name in MEMORY if name in train), None)
    return {
        "train_memory_gib": None if peak is None else round(peak / 2**30, 3),
        "train_time_s": number(train.get("train_time")),
        "trainable_parameters": number(train.get("num_trainable_params")),
    }


def _method(run: Mapping[str, Any]) -> str:
    config = run.get("peft_config")
    if not isinstance(config, dict):
        return "full"
    rank = config.get("r")
    kind = "DoRA" if config.get("use_dora") else text(config.get("peft_type")) or "adapter"
    return f"{kind} r{rank}" if isinstance(rank, int) else kind


def _versions(meta: Mapping[str, Any]) -> dict[str, Any]:
    told = part(meta, "package_info").items()
    return {str(name).removesuffix("-version"): text(value) for name, value in told if str(name).endswith("-version")}
