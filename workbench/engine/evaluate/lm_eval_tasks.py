"""Any task of lm-eval, on the model that is loaded already; needs the extra ``workbench[lm-eval]``.

Its results and samples are written as lm-eval writes them, into the run's folder, and read as anybody else's are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from workbench.engine import hashes
from workbench.engine.evaluate import numerics, session
from workbench.engine.evaluate.batching import budget
from workbench.engine.evaluate.ways import Sample, Subject
from workbench.engine.imports import lm_eval as files
from workbench.engine.imports.foreign import Scores
from workbench.errors import InputError, WorkbenchError
from workbench.paths import write_atomically
from workbench.profile import Profile

ROW_TOKENS = 1024
"""How long a row is thought to be, for lm-eval's own batches."""


def facts(profile: Profile, root: Path) -> list[Any]:
    """What the tasks' answers depend on beside the model; empty without tasks.

    Raises:
        InputError: There is no such file of a task.
    """
    if not profile.eval.lm_eval_tasks:
        return []
    paths = {name: yaml(name, root) for name in profile.eval.lm_eval_tasks}
    tasks = [[name, hashes.of_file(path) if path else ""] for name, path in paths.items()]
    return ["lm-eval", tasks, profile.eval.lm_eval_limit]


def yaml(name: str, root: Path) -> Path | None:
    """The file of a task that is named by one, relative to the workspace; None for a name of lm-eval's own.

    Raises:
        InputError: There is no such file.
    """
    if not name.endswith((".yaml", ".yml")):
        return None
    path = Path(name).expanduser()
    path = path if path.is_absolute() else root / path
    if not path.is_file():
        raise InputError(f"eval.lm_eval_tasks: there is no file {path}.")
    return path


def evaluate(subject: Subject, profile: Profile, folder: Path, root: Path) -> tuple[dict[str, Any], list[Sample]]:
    """Entries of ``evaluation`` by task, and their samples.

    What lm-eval found for the same model and tasks before is read again.

    Args:
        subject: The model.
        profile: Names the tasks.
        folder: Where lm-eval's files go.
        root: Of the workspace, where YAML files of tasks are.

    Raises:
        InputError: lm-eval is not installed, or there is no such task.
        WorkbenchError: lm-eval failed, a hub that cannot be reached for instance.
    """
    key = hashes.of_json([subject.identity, subject.adapter_sha256, facts(profile, root)])
    path = folder / f"results_{key[:16]}.json"
    if not path.exists():
        _write(path, _simple_evaluate(subject, profile, root))
    content = json.loads(path.read_text(encoding="utf-8"))
    seconds = float(content.get("total_evaluation_time_seconds") or 0.0)
    entries, samples = {}, []
    for scores in files.read(path, content).scores:
        own = hashes.of_json([key, scores.dataset])
        known = [_sample(sample, scores, own, seconds / max(1, len(scores.samples))) for sample in scores.samples]
        entries[f"{scores.dataset}/lm-eval"] = _entry(subject, profile, scores, own, known)
        samples += known
    return entries, samples


def _simple_evaluate(subject: Subject, profile: Profile, root: Path) -> dict[str, Any]:
    try:
        tool = import_module("lm_eval")
        models, manager = import_module("lm_eval.models.huggingface"), import_module("lm_eval.tasks").TaskManager
    except ImportError as error:
        raise InputError("eval.lm_eval_tasks: lm-eval is not installed: pip install 'workbench[lm-eval]'.") from error
    names, folders, own = _names(profile.eval.lm_eval_tasks, root)
    limit = profile.eval.lm_eval_limit
    rows = max(1, min(64, budget(subject.model, profile.eval.batch_tokens) // ROW_TOKENS))
    try:
        found = tool.simple_evaluate(
            model=models.HFLM(pretrained=subject.model, tokenizer=subject.tokenizer, batch_size=rows),
            tasks=names,
            task_manager=manager(include_path=folders or None, include_defaults=bool(own)),
            limit=None if limit == "all" else limit,
            log_samples=True,
            bootstrap_iters=0,
        )
    except (OSError, ValueError, KeyError) as error:
        raise WorkbenchError(f"eval.lm_eval_tasks: lm-eval failed: {error}") from error
    if found is None:
        raise WorkbenchError("eval.lm_eval_tasks: lm-eval gave no results.")
    return dict(found)


def _names(tasks: Sequence[str], root: Path) -> tuple[list[str], list[str], list[str]]:
    """The tasks' names as lm-eval knows them, the folders of those that are files, and the names of its own."""
    names, folders, own = [], [], []
    for task in tasks:
        path = yaml(task, root)
        if path is None:
            names.append(task)
            own.append(task)
            continue
        named = re.search(r"^task:\s*[\"']?([^\"'\s#]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if named is None:
            raise InputError(f"eval.lm_eval_tasks: {path} names no task: it has no line that begins with task:.")
        names.append(named[1])
        folders.append(str(path.parent))
    return names, list(dict.fromkeys(folders)), own


def _write(path: Path, found: dict[str, Any]) -> None:
    """The results last: they mean that the samples are there."""
    samples: dict[str, list[dict[str, Any]]] = found.pop("samples", {})
    stem = path.stem.removeprefix("results_")
    path.parent.mkdir(parents=True, exist_ok=True)
    for task, records in samples.items():
        lines = "".join(json.dumps(record, default=str, ensure_ascii=False) + "\n" for record in records)
        write_atomically(path.with_name(f"samples_{task}_{stem}.jsonl"), lines)
    write_atomically(path, json.dumps(found, default=str, indent=2, ensure_ascii=False) + "\n")


def _sample(sample: Sample, scores: Scores, key: str, seconds: float) -> Sample:
    facts = {"dataset": scores.dataset, "task": scores.task, "protocol": scores.protocol}
    return {**facts, "answer_format": "lm-eval", "seconds": round(seconds, 4), **sample, "key": key}


def _entry(subject: Subject, profile: Profile, scores: Scores, key: str, samples: Sequence[Sample]) -> dict[str, Any]:
    unknown = dict.fromkeys(("coverage", "empty", "unparsed", "truncated", "error", "mean_new_tokens"), 0.0)
    return {
        "dataset": scores.dataset,
        "role": "other",
        "task": scores.task,
        "protocol": scores.protocol,
        "protocol_key": key,
        "answer_format": "lm-eval",
        "max_new_tokens": None,
        "dataset_sha256": hashes.of_json(sorted(str(sample["doc_hash"]) for sample in samples)),
        "lower_is_better": [],
        "n": len(samples),
        "metrics": scores.metrics,
        "health": {**unknown, "coverage": 1.0, **scores.health},
        "legacy": scores.legacy,
        "floors": scores.floors,
        "numerics": numerics.record(subject, profile, []),
        "speed": session.speed(samples),
    }
