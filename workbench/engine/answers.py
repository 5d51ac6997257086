"""The answers of an evaluation while it goes on: read in portions, scored so far, and whose they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.engine.events import EventReader
from workbench.engine.run import BASE, Run
from workbench.errors import WorkbenchError

Sample = dict[str, Any]
PORTION_BYTES = 256 * 1024
LOSSES = ("loss", "perplexity")
"""Scores that are no fractions; no answer is right or wrong by them."""
PROPORTIONS = ("accuracy", "acc", "acc_norm")
"""Scores that are 0 or 1 for every answer, of independent questions."""
NEEDED = ("dataset", "task", "doc_id", "doc_hash", "gold", "raw", "parsed", "status", "scores")
"""What of a sample is shown; a line that lacks any of it is none."""


@dataclass
class Portion:
    """What was read at one go.

    Args:
        samples: New answers, in the order in which they were given.
        anew: Whether the file was written anew, so that what was read before counts no more.
        more: Whether there is more to read at once.
        damaged: Lines that are no answers.
    """

    samples: list[Sample] = field(default_factory=list)
    anew: bool = False
    more: bool = False
    damaged: int = 0


class AnswerReader:
    """Reads ``samples.jsonl`` while it grows; a torn last line is simply not there yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._file = 0

    def read(self) -> Portion:
        """The answers since the last call, at most ``PORTION_BYTES`` of them unless one alone is longer.

        Raises:
            OSError: The file cannot be read. One that is not there holds no answers.
        """
        portion = Portion()
        try:
            with self._path.open("rb") as file:
                seen = self._path.stat()
                if self._file and (seen.st_ino != self._file or seen.st_size < self._offset):
                    portion.anew, self._offset = True, 0
                self._file = seen.st_ino
                file.seek(self._offset)
                data = file.read(PORTION_BYTES)
                if b"\n" not in data:
                    data += file.readline()
        except FileNotFoundError:
            return portion
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        portion.more = self._offset < seen.st_size and bool(whole)
        for line in whole.split(b"\n")[:-1]:
            sample = _parse(line)
            portion.damaged += sample is None
            if sample is not None:
                portion.samples.append(sample)
        return portion


def _parse(line: bytes) -> Sample | None:
    try:
        sample = json.loads(line)
    except ValueError:
        return None
    usable = isinstance(sample, dict) and all(name in sample for name in NEEDED) and isinstance(sample["scores"], dict)
    return sample if usable else None


@dataclass(frozen=True)
class Score:
    """A score so far.

    Args:
        metric: Its name.
        value: A fraction, or a loss.
        low, high: Its 95 % interval; None where nobody has made one.
        n: Answers that it counts.
    """

    metric: str
    value: float
    low: float | None
    high: float | None
    n: int


def score_so_far(samples: Sequence[Sample]) -> Score | None:
    """The ranked score of the answers to one set of questions, as the result will have it; None while there is none.

    A loss has none before the end: it is a mean over tokens.

    Raises:
        KeyError, TypeError, ValueError: The answers are not of one protocol.
    """
    from workbench.engine.evaluate.summary import measured
    from workbench.engine.resampling import mean_interval
    from workbench.engine.statistics import wilson

    metric = next((name for sample in samples for name in sample["scores"]), "")
    if not metric or metric in LOSSES:
        return None
    counted = [(value, sample) for sample in samples if (value := measured(metric, sample)) is not None]
    if not counted:
        return None
    values = [value for value, _ in counted]
    if metric in PROPORTIONS:
        low, high = wilson(sum(values), len(values))
    else:
        low, high = mean_interval(values, [str(sample.get("cluster", sample["doc_id"])) for _, sample in counted])
    return Score(metric, sum(values) / len(values), low, high, len(values))


def belongs(name: str, sample: Sample) -> bool:
    """Whether a sample may be one of an evaluation's entry.

    Args:
        name: Of the entry: the data set, and behind slashes the protocol or the answer format where several were asked.
        sample: Several entries may match a plain name; the first of the file is meant then.
    """
    dataset, *apart = name.split("/")
    return sample["dataset"] == dataset and set(apart) <= {sample.get("protocol"), sample.get("answer_format")}


def base_of(run: Run) -> tuple[Run | None, str]:
    """The run that holds the answers of a run's untrained model, or None and the reason."""
    if run.is_base:
        return None, "these are the answers of the untrained model"
    try:
        result = run.result()
    except (OSError, ValueError) as error:
        return None, f"{run.result_file} is damaged ({error!r})"
    if result is not None:
        base_id = result.get("base_run_id")
        if not base_id:
            return None, "the untrained model was not evaluated with this run (eval.base = false)"
        base = Run(run.workspace, str(base_id))
        return (base, "") if base.samples_file.exists() else (None, f"{base.samples_file} is not there")
    for events in run.workspace.metrics.glob(f"{BASE}*/events.jsonl"):
        if any(event.fields.get("within") == run.id for event in EventReader(events).read()):
            return Run(run.workspace, events.parent.name), ""
    return None, "which untrained model belongs to this run is known once the run is finished"


def answers_of(run: Run) -> Run:
    """The run whose file holds the answers: its own, or for the evaluation of a model that of the base run."""
    try:
        trains = run.is_base or run.samples_file.exists() or run.profile().train.max_steps != 0
    except (OSError, WorkbenchError):
        return run
    base = None if trains else base_of(run)[0]
    return base or run
