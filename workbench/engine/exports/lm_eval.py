"""A run's scores and answers as lm-eval writes them: results_*.json, samples_<task>_*.jsonl, and a task beside them.

Source: result_schema.py and loggers/evaluation_tracker.py of lm-eval 0.4.13. What its files have no place for stands in
the task's ``metadata`` and in each document, so that our own importer gets everything back.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench import __version__
from workbench.engine import hashes
from workbench.engine.compared_run import DAMAGED, ComparedRun, read
from workbench.engine.evaluate.summary import MACRO_F1, measured
from workbench.engine.exports.lm_eval_task import tasks
from workbench.engine.imports.lm_eval import INVALID
from workbench.engine.imports.round_trip import FACTS, JUDGED, KEY, LIBRARIES, MEASURED, SAMPLE
from workbench.engine.pairing import LOSSES
from workbench.engine.run import Run
from workbench.engine.statistics import normal_width
from workbench.errors import InputError
from workbench.paths import write_atomically

Sample = dict[str, Any]

NAMES = {"accuracy": "acc"}
"""Metrics that lm-eval calls otherwise."""
NO_PROMPT = "(not kept; prompt_hash is that of its tokens)"


def export(run: Run, out: Path, with_rows: bool = False, on_note: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Write the results file, and a samples file and a task for each data set, into ``out``/<model>/.

    Args:
        run: Whose scores and answers.
        out: A folder.
        with_rows: Whether the questions go with them, so that lm-eval can ask them too.
        on_note: Told which data sets lm-eval cannot ask.

    Returns:
        The files, the results first.

    Raises:
        InputError: The run has no result, no scores, or its files are damaged; its rows are not here any more.
        OSError: The folder cannot be written.
    """
    compared = _readable(run)
    folder = out / sanitized(compared.name)
    written_tasks = tasks(run, compared, with_rows)
    for sentence in written_tasks.left_out:
        on_note(sentence)
    finished = datetime.fromtimestamp(run.result_file.stat().st_mtime)  # local time, as lm-eval writes it
    date = finished.isoformat(timespec="microseconds").replace(":", "-")
    written = []
    for dataset, samples in compared.samples.items():
        if samples:
            file = folder / f"samples_{sanitized(dataset)}_{date}.jsonl"
            lines = [_line(place, sample, dataset, compared) for place, sample in enumerate(samples.values())]
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            write_atomically(file, text)
            written.append(file)
    for name, content in written_tasks.files.items():
        write_atomically(folder / name, content)
        written.append(folder / name)
    results = folder / f"results_{date}.json"
    write_atomically(results, json.dumps(_results(run, compared), indent=2, ensure_ascii=False) + "\n")
    return [results, *written]


def sanitized(name: str) -> str:
    """A name as lm-eval puts it into a path.

    >>> sanitized("org/model:x"), sanitized("..")
    ('org__model__x', '__')
    """
    return re.sub(r'["<>:/|\\?*\[\]\0]+|^\.+$', "__", name)


def _readable(run: Run) -> ComparedRun:
    if not run.result_file.exists():
        raise InputError(f"{run.id} has no result yet.")
    try:
        compared = read(run)
    except DAMAGED as error:
        raise InputError(f"{run.id}: result.json or samples.jsonl is damaged ({error!r}).") from None
    if not compared.entries:
        raise InputError(f"{run.id} has no scores; `workbench eval {run.id}` makes some.")
    return compared


def _results(run: Run, compared: ComparedRun) -> dict[str, Any]:
    result = run.result() or {}
    tasks = {sanitized(dataset): (dataset, entry) for dataset, entry in compared.entries.items()}
    return {
        "results": {task: _figures(task, compared, *own) for task, own in tasks.items()},
        "group_subtasks": {task: [] for task in tasks},
        "configs": {task: _config(task, *own) for task, own in tasks.items()},
        "versions": {task: _version(entry) for task, (_, entry) in tasks.items()},
        "n-shot": dict.fromkeys(tasks, 0),
        "higher_is_better": {task: _directions(entry) for task, (_, entry) in tasks.items()},
        "n-samples": {task: {"original": entry["n"], "effective": entry["n"]} for task, (_, entry) in tasks.items()},
        "config": {
            "model": "workbench",
            "model_args": {"pretrained": compared.model, "run": compared.id},
            "model_num_parameters": result["model"].get("parameters"),
            "model_dtype": result["model"].get("dtype"),
            "batch_size": None,
            "device": result["device"].get("type"),
            "limit": None,
            "random_seed": compared.seed,
        },
        "git_hash": None,
        "date": run.result_file.stat().st_mtime,
        "transformers_version": result["versions"].get("transformers"),
        "workbench_version": __version__,
        "workbench_trained": compared.trained,
        "model_source": "workbench",
        "model_name": compared.name,
        "model_name_sanitized": sanitized(compared.name),
        "chat_template_sha": compared.asked.get("template_sha256"),
        "system_instruction_sha": compared.asked.get("system_sha256"),
        "task_hashes": {task: _hash(compared.samples[dataset]) for task, (dataset, _) in tasks.items()},
    }


def _figures(task: str, compared: ComparedRun, dataset: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    figures: dict[str, Any] = {"name": task, "alias": dataset, "sample_len": entry["n"]}
    for metric, one in entry["metrics"].items():
        figures[f"{_name(metric)},none"] = one["value"]
        figures[f"{_name(metric)}_stderr,none"] = _stderr(metric, one, list(compared.samples[dataset].values()))
    return figures


def _stderr(metric: str, entry: Mapping[str, Any], samples: Sequence[Sample]) -> float | str:
    """lm-eval's: the sample deviation over the root of n; where there is no mean, from our interval."""
    if metric != MACRO_F1 and metric not in LOSSES and samples:
        values = [value for sample in samples if (value := measured(metric, sample)) is not None]
        return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else "N/A"
    if entry["low"] is None or entry["high"] is None:
        return "N/A"
    return float((entry["high"] - entry["low"]) / normal_width(0.95))


def _config(task: str, dataset: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    own = {**{name: entry.get(name) for name in (*FACTS, LIBRARIES)}, "name": dataset}
    return {
        "task": task,
        "dataset_path": dataset,
        "output_type": "multiple_choice" if entry["max_new_tokens"] == 0 else "generate_until",
        "num_fewshot": 0,
        "metric_list": [{"metric": name, "higher_is_better": up} for name, up in _directions(entry).items()],
        "generation_kwargs": {"max_gen_toks": entry["max_new_tokens"], "do_sample": False},
        "metadata": {"version": _version(entry), KEY: own},
    }


def _version(entry: Mapping[str, Any]) -> float:
    found = re.search(r"@(\d+(?:\.\d+)?)", entry["protocol"])
    return float(found[1]) if found else 0.0


def _directions(entry: Mapping[str, Any]) -> dict[str, bool]:
    return {_name(metric): metric not in entry.get("lower_is_better", ()) for metric in entry["metrics"]}


def _name(metric: str) -> str:
    return NAMES.get(metric, metric)


def _hash(samples: Mapping[str, Sample]) -> str:
    made = (s["doc_hash"] + str(s.get("prompt_hash", "")) + hashes.of_text(_target(s)) for s in samples.values())
    return hashes.of_text("".join(made))


def _target(sample: Sample) -> str:
    return str(sample["gold"][0]) if sample["gold"] else ""


def _responses(sample: Sample) -> dict[str, Any]:
    """What was asked and said: log-likelihoods of the options where they were compared, else a text."""
    options = sample.get("ll")
    if options:
        return {
            "arguments": {f"gen_args_{at}": {"arg_0": NO_PROMPT, "arg_1": ""} for at in range(len(options))},
            "resps": [[[str(one), "False"]] for one in options],
            "filtered_resps": [[one, False] for one in options],
        }
    return {
        "arguments": {"gen_args_0": {"arg_0": NO_PROMPT, "arg_1": {}}},
        "resps": [[sample.get("raw") or ""]],
        "filtered_resps": [INVALID if sample["parsed"] is None else str(sample["parsed"])],
    }


def _line(place: int, sample: Sample, dataset: str, compared: ComparedRun) -> dict[str, Any]:
    scored = [name for name in compared.entries[dataset]["metrics"] if name in sample["scores"]]
    own = {name: sample[name] for name in (*SAMPLE, *MEASURED, JUDGED) if name in sample}
    return {
        "doc_id": place,
        "doc": {"id": sample.get("doc_id"), KEY: {**own, "scores": sample["scores"]}},
        "target": _target(sample),
        **_responses(sample),
        "filter": "none",
        "metrics": [_name(name) for name in scored],
        "doc_hash": sample["doc_hash"],
        "prompt_hash": str(sample.get("prompt_hash", "")),
        "target_hash": hashes.of_text(_target(sample)),
        **{_name(name): measured(name, sample) for name in scored},
    }
