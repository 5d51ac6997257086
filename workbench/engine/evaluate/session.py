"""Evaluate one loaded model on its test sets: ask what was not asked yet, score all, sum up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from workbench.choices.protocols import PROTOCOLS
from workbench.choices.rows import Row
from workbench.engine import hashes
from workbench.engine.evaluate import numerics
from workbench.engine.evaluate.loglikelihood import longest
from workbench.engine.evaluate.protocol import Questions, key, scoring_libraries
from workbench.engine.evaluate.summary import summarize
from workbench.engine.evaluate.ways import WAYS, Sample, Subject
from workbench.engine.events import EventLog
from workbench.engine.samples import read_samples
from workbench.errors import RunStopped
from workbench.paths import write_atomically
from workbench.profile import Profile


def evaluate(
    subject: Subject,
    asked: Sequence[Questions],
    profile: Profile,
    samples_file: Path,
    log: EventLog,
    should_stop: Callable[[], bool],
) -> dict[str, Any]:
    """The ``evaluation`` part of a result, by the questions' names.

    Answers already in ``samples_file`` under the same key and prompt are not asked again, but scored again; those of
    another model, protocol, version or of rows that are not asked are dropped. In the end the file is in the order of
    the rows, however often the run was cut off.

    Raises:
        RunStopped: Somebody asked; what was answered so far is in the file.
    """
    every = [_One(subject, one, profile) for one in asked]
    known = {(sample["key"], sample["doc_id"], sample["prompt_hash"]): sample for sample in read_samples(samples_file)}
    for one in every:
        one.take(known)
    _write(samples_file, every)
    for one in every:
        one.ask(samples_file, log, should_stop)
    _write(samples_file, every)
    return {one.asked.name: one.entry() for one in every}


def _write(samples_file: Path, every: Iterable[_One]) -> None:
    lines = [_line(sample) for one in every for _, sample in sorted(one.done.items())]
    write_atomically(samples_file, "".join(lines))


def append(samples_file: Path, samples: Iterable[Sample]) -> None:
    """Add samples that somebody else has scored; they replace none."""
    with samples_file.open("a", encoding="utf-8") as file:
        file.write("".join(_line(sample) for sample in samples))


def _line(sample: Sample) -> str:
    return json.dumps(sample, ensure_ascii=False) + "\n"


class _One:
    """One test set under one protocol: what the model sees of its rows, and what was answered so far.

    ``done`` holds samples by the row's place.
    """

    def __init__(self, subject: Subject, asked: Questions, profile: Profile) -> None:
        self.subject, self.asked, self.profile = subject, asked, profile
        self.way = WAYS[PROTOCOLS[asked.protocol].way]
        self.key = key(subject.identity, subject.adapter_sha256, asked)
        self.prepared = self.way.prepare(subject.tokenizer, asked, profile, longest(subject.model))
        self.hashes = [hashes.of_json(one) for one in self.prepared]
        self.done: dict[int, Sample] = {}

    def take(self, known: dict[tuple[str, str, str], Sample]) -> None:
        """Keep the samples that answer just this, scored as scores are made today."""
        for place, (row, prompt_hash) in enumerate(zip(self.asked.rows, self.hashes, strict=True)):
            sample = known.get((self.key, row.id, prompt_hash))
            if sample is not None:
                self.done[place] = sample | self.way.rescore(row, sample, self.asked)

    def ask(self, samples_file: Path, log: EventLog, should_stop: Callable[[], bool]) -> None:
        """Ask what is missing; every batch is written at once."""

        def note(text: str) -> None:
            log.append("note", level="warning", text=text)

        missing = {place for place in range(len(self.asked.rows)) if place not in self.done}
        if missing:
            log.append("asking", dataset=self.asked.name, done=len(self.done), total=len(self.asked.rows))
            with samples_file.open("a", encoding="utf-8") as file:
                batches = self.way.ask(self.subject, self.asked, self.profile, self.prepared, missing, note)
                for batch in batches:
                    new = {place: self._sample(place, said) for place, said in batch.items() if place in missing}
                    file.write("".join(_line(sample) for sample in new.values()))
                    file.flush()
                    self.done |= new
                    log.append("sample", dataset=self.asked.name, **self._progress())
                    if should_stop():
                        raise RunStopped(f"stopped while evaluating {self.asked.name}")
        if PROTOCOLS[self.asked.protocol].way == "generate":
            numerics.check_alone(self.subject, self.asked, self.prepared, self.done, note)

    def _sample(self, place: int, said: Sample) -> Sample:
        row: Row = self.asked.rows[place]
        return {
            "dataset": self.asked.dataset,
            "task": self.asked.task,
            "protocol": self.asked.protocol,
            "doc_id": row.id,
            "doc_hash": hashes.of_json(row.to_json()),
            "prompt_hash": self.hashes[place],
            "cluster": hashes.of_text(row.context)[:16] if row.context else row.id,
            "gold": [str(gold) for gold in row.answers],
            "answer_format": self.asked.answer_format,
            **said,
            "key": self.key,
        }

    def _progress(self) -> dict[str, Any]:
        ranked = PROTOCOLS[self.asked.protocol].metrics[0]
        scores = [sample["scores"].get(ranked, 0.0) for sample in self.done.values()]
        score = round(sum(scores) / len(scores), 4)
        return {"done": len(self.done), "total": len(self.asked.rows), "metric": ranked, "score": score}

    def entry(self) -> dict[str, Any]:
        """The entry of the result."""
        samples = [sample for _, sample in sorted(self.done.items())]
        protocol = PROTOCOLS[self.asked.protocol]
        return {
            "dataset": self.asked.dataset,
            "role": self.asked.role,
            "task": self.asked.task,
            "protocol": self.asked.protocol,
            "protocol_key": self.key,
            "answer_format": self.asked.answer_format,
            "max_new_tokens": self.asked.max_new_tokens,
            "dataset_sha256": self.asked.dataset_sha256,
            "lower_is_better": list(protocol.metrics) if protocol.lower_is_better else [],
            "libraries": scoring_libraries(self.asked.protocol),
            "n": len(samples),
            **summarize(self.asked.task, samples, self.asked.protocol),
            "numerics": numerics.record(self.subject, self.profile, samples),
            "speed": speed(samples),
        }


def speed(samples: Sequence[Sample]) -> dict[str, float | None]:
    """How fast a batched run was; it says nothing of one prompt alone."""
    seconds = sum(sample["seconds"] for sample in samples)
    new_tokens = sum(sample["n_new_tokens"] for sample in samples)
    return {
        "wall_s": round(seconds, 3),
        "new_tokens_per_s": round(new_tokens / seconds, 2) if seconds and new_tokens else None,
        "prompts_per_s": round(len(samples) / seconds, 3) if seconds else None,
        "latency_s": round(seconds / len(samples), 4) if samples else None,
    }
