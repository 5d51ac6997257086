"""Evaluate one loaded model on its test sets: ask what was not asked yet, score all, sum up."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from workbench.choices.rows import Row
from workbench.engine import hashes
from workbench.engine.evaluate.generate import Answer, answers
from workbench.engine.evaluate.protocol import Questions, key
from workbench.engine.evaluate.scoring import score
from workbench.engine.evaluate.summary import summarize
from workbench.engine.events import EventLog
from workbench.engine.render import prompt_text
from workbench.engine.samples import read_samples
from workbench.errors import RunStopped
from workbench.paths import write_atomically
from workbench.profile import DataOptions, Profile


@dataclass(frozen=True)
class Subject:
    """A model that is evaluated.

    Args:
        model: In evaluation mode.
        tokenizer: Its tokenizer.
        identity: From ``protocol.model_identity``.
        adapter_sha256: Of its adapter; None for a base model.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    identity: dict[str, Any]
    adapter_sha256: str | None


def evaluate(
    subject: Subject,
    asked: Sequence[Questions],
    profile: Profile,
    samples_file: Path,
    log: EventLog,
    should_stop: Callable[[], bool],
) -> dict[str, Any]:
    """The ``evaluation`` part of a result, by data set.

    Answers already in ``samples_file`` under the same key are not asked again; those of another model, protocol,
    version or of rows that are not asked are dropped.

    Raises:
        RunStopped: Somebody asked; what was answered so far is in the file.
    """
    keys = {one.dataset: key(subject.identity, subject.adapter_sha256, one) for one in asked}
    known = _keep(samples_file, {(keys[one.dataset], row.id) for one in asked for row in one.rows})
    return {
        one.dataset: _evaluate_one(subject, one, keys[one.dataset], known, profile, samples_file, log, should_stop)
        for one in asked
        if one.protocol
    }


def _keep(samples_file: Path, wanted: set[tuple[str, str]]) -> list[dict[str, Any]]:
    kept = [sample for sample in read_samples(samples_file) if (sample["key"], sample["doc_id"]) in wanted]
    text = "".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in kept)
    write_atomically(samples_file, text)
    return kept


def _evaluate_one(
    subject: Subject,
    asked: Questions,
    sample_key: str,
    known: Sequence[dict[str, Any]],
    profile: Profile,
    samples_file: Path,
    log: EventLog,
    should_stop: Callable[[], bool],
) -> dict[str, Any]:
    done = [sample for sample in known if sample["key"] == sample_key]
    answered = {sample["doc_id"] for sample in done}
    missing = [row for row in asked.rows if row.id not in answered]
    prompts = [prompt_ids(subject.tokenizer, row, profile.data, asked) for row in missing]
    with samples_file.open("a", encoding="utf-8") as file:
        batches = answers(
            subject.model,
            subject.tokenizer,
            prompts,
            asked.max_new_tokens,
            profile.eval.batch_tokens,
            on_shrink=lambda tokens: log.append(
                "note", level="warning", text=f"out of GPU memory: batches of {tokens} tokens from here"
            ),
        )
        for batch in batches:
            new = [_sample(missing[a.index], a, prompts[a.index], asked, sample_key) for a in batch]
            file.writelines(json.dumps(sample, ensure_ascii=False) + "\n" for sample in new)
            file.flush()
            done += new
            log.append("sample", dataset=asked.dataset, **_progress(done, len(asked.rows)))
            if should_stop():
                raise RunStopped(f"stopped while evaluating {asked.dataset}")
    return _entry(asked, sample_key, done)


def prompt_ids(tokenizer: PreTrainedTokenizerBase, row: Row, data: DataOptions, asked: Questions) -> list[int]:
    """The tokens that a row is asked with, the same that training saw before the answer."""
    text = prompt_text(tokenizer, row, asked.answer_format, data)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def _sample(row: Row, answer: Answer, prompt: Sequence[int], asked: Questions, sample_key: str) -> dict[str, Any]:
    scored = score(row, answer.text, answer.finish, asked.answer_format)
    return {
        "dataset": asked.dataset,
        "task": asked.task,
        "doc_id": row.id,
        "doc_hash": hashes.of_json(row.to_json()),
        "prompt_hash": hashes.of_json(list(prompt)),
        "cluster": hashes.of_text(row.context)[:16] if row.context else row.id,
        "gold": [str(gold) for gold in row.answers],
        "answer_format": asked.answer_format,
        "raw": answer.text,
        "parsed": scored.parsed,
        "status": scored.status,
        "finish": answer.finish,
        "n_prompt_tokens": len(prompt),
        "n_new_tokens": answer.new_tokens,
        "batch_rows": answer.batch_rows,
        "seconds": round(answer.seconds, 4),
        "scores": scored.scores,
        "key": sample_key,
    }


def _progress(done: Sequence[dict[str, Any]], total: int) -> dict[str, Any]:
    ranked = next(iter(done[0]["scores"]))
    return {
        "done": len(done),
        "total": total,
        "metric": ranked,
        "score": round(sum(sample["scores"][ranked] for sample in done) / len(done), 4),
    }


def _entry(asked: Questions, sample_key: str, done: Sequence[dict[str, Any]]) -> dict[str, Any]:
    order = {row.id: place for place, row in enumerate(asked.rows)}
    samples = sorted(done, key=lambda sample: order[sample["doc_id"]])
    seconds = sum(sample["seconds"] for sample in samples)
    new_tokens = sum(sample["n_new_tokens"] for sample in samples)
    return {
        "task": asked.task,
        "protocol": asked.protocol,
        "protocol_key": sample_key,
        "answer_format": asked.answer_format,
        "max_new_tokens": asked.max_new_tokens,
        "dataset_sha256": asked.dataset_sha256,
        "n": len(samples),
        **summarize(asked.task, samples),
        "speed": {
            "wall_s": round(seconds, 3),
            "new_tokens_per_s": round(new_tokens / seconds, 2) if seconds else None,
            "prompts_per_s": round(len(samples) / seconds, 3) if seconds else None,
            "latency_s": round(seconds / len(samples), 4) if samples else None,
        },
    }
