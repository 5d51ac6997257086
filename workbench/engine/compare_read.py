"""Read what runs left behind for a comparison; what cannot be read becomes a note that names the file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.engine.comparison import Memory
from workbench.engine.run import Run, state

SAMPLE_FIELDS = ("dataset", "doc_hash", "cluster", "gold", "parsed", "status", "scores", "n_new_tokens")
PEAKS = (("peak_allocated_bytes", "allocated"), ("peak_process_bytes", "process"), ("peak_rss_bytes", "resident"))

Sample = dict[str, Any]


@dataclass(frozen=True)
class Answers:
    """One run's answers to one data set.

    Args:
        entry: Its part of ``evaluation`` in the result.
        samples: By doc_hash; None when the file does not hold what the entry counts.
    """

    entry: dict[str, Any]
    samples: dict[str, Sample] | None

    @property
    def asked(self) -> dict[str, Any]:
        """What must be equal for two runs' answers to be comparable."""
        names = ("protocol", "answer_format", "max_new_tokens", "dataset_sha256")
        return {name: self.entry.get(name) for name in names}


@dataclass(frozen=True)
class Record:
    """A run that has a result."""

    run: Run
    result: dict[str, Any]
    answers: dict[str, Answers]

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id

    @property
    def base_run_id(self) -> str:
        """Id of the run that holds the base model's answers: of a base model its own, empty when there is none."""
        return self.id if self.run.is_base else str(self.result.get("base_run_id") or "")

    @property
    def name(self) -> str:
        """What the run calls itself."""
        return str(self.result.get("name") or self.id)


def read(run: Run) -> tuple[Record | None, list[str]]:
    """A run's record, None while it has no result, and notes on what is missing or broken."""
    if not run.result_file.exists():
        return None, [_unfinished(run)]
    try:
        result = run.result()
    except (OSError, ValueError) as error:
        return None, [f"{run.result_file} cannot be read ({error}); the run is not in the table."]
    evaluation = result.get("evaluation") if isinstance(result, dict) else None
    if result is None or not isinstance(evaluation, dict):
        return None, [f'{run.result_file} holds no object "evaluation"; the run is not in the table.']
    entries = {name: entry for name, entry in evaluation.items() if isinstance(entry, dict)}
    samples, notes = _samples(run.samples_file) if entries else ([], [])
    answers = {}
    for dataset, entry in entries.items():
        own = _of_entry(samples, dataset, entry)
        answers[dataset] = Answers(entry, own if len(own) == entry.get("n") else None)
        if answers[dataset].samples is None and not notes:
            said = f"{len(own)} of the {entry.get('n')} answers to {dataset} that the result counts"
            notes.append(f"{run.samples_file} holds {said}; no paired difference for it.")
    return Record(run, result, answers), notes


def _unfinished(run: Run) -> str:
    if not run.folder.is_dir():
        return f"{run.id} is not in the table: there is no folder {run.folder}."
    now = state(run)
    reason = f" ({now.reason})" if now.reason else ""
    advice = f" `workbench resume {run.id}` goes on with it." if now.status in ("lost", "stopped") else ""
    return f"{run.id} is {now.status}{reason} and has no result.json; it is not in the table.{advice}"


def _samples(path: Path) -> tuple[list[Sample], list[str]]:
    """The samples in a file, without a torn last line; none and a note when one of them is broken."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        return [], [f"{path} cannot be read ({error.strerror}); no paired difference for that run."]
    try:
        return [*_parsed(lines)], []
    except ValueError as error:
        return [], [f"{path}: {error}; no paired difference for that run."]


def _parsed(lines: list[bytes]) -> Iterator[Sample]:
    for number, line in enumerate(lines, start=1):
        try:
            sample = json.loads(line)
        except ValueError:
            raise ValueError(f"line {number} is no JSON") from None
        if not isinstance(sample, dict) or not all(name in sample for name in SAMPLE_FIELDS):
            raise ValueError(f"line {number} is no sample")
        if not isinstance(sample["scores"], dict) or not isinstance(sample["gold"], list):
            raise ValueError(f"line {number} is no sample")
        yield sample


def _of_entry(samples: list[Sample], dataset: str, entry: dict[str, Any]) -> dict[str, Sample]:
    key = entry.get("protocol_key")
    own = [sample for sample in samples if sample["dataset"] == dataset and sample.get("key") in (None, key)]
    return {str(sample["doc_hash"]): sample for sample in own}


def number(value: Any) -> float | None:
    """A finite number as it stands in a result; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def memory(part: Any) -> Memory:
    """The peak to show of a ``memory`` part: allocated on the GPU, else the process there, else resident."""
    if not isinstance(part, dict):
        return Memory(reason="not measured")
    reason = str(part.get("reason") or "not measured")
    for name, kind in PEAKS:
        peak = number(part.get(name))
        if peak is not None:
            return Memory(int(peak), kind, reason if kind == "resident" else "")
    return Memory(reason=reason)
