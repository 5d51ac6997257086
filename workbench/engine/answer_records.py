"""Answers and evaluations as records, for tables, filters and exports, the same in the command and in the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.choices.tasks import UNANSWERABLE
from workbench.engine.answers import LOSSES, AnswerReader, Sample, answers_of, base_of, belongs
from workbench.engine.evaluation_list import Evaluation
from workbench.engine.prompts import Prompts, Turns
from workbench.engine.run import Run
from workbench.errors import InputError, nearest

Record = dict[str, Any]
RIGHT = "right"
MEASURED = "measured"
VERDICTS = {
    RIGHT: "✓",
    MEASURED: "·",
    "partly": "≈",
    "wrong": "✗",
    "unparsed": "?",
    "empty": "∅",
    "truncated": "…",
    "error": "!",
}
"""What an answer came to, each with its glyph: right, or a loss that is neither right nor wrong; else a failure."""


def verdict(sample: Sample) -> str:
    """A name in VERDICTS; an unknown status is an error.

    >>> verdict({"task": "arc", "status": "ok", "scores": {"accuracy": 1.0}})
    'right'
    >>> verdict({"task": "squad", "status": "ok", "scores": {"f1": 0.5}})
    'partly'
    """
    if sample["status"] != "ok":
        return str(sample["status"]) if sample["status"] in VERDICTS else "error"
    value = ranked_score(sample)
    if next(iter(sample["scores"]), "") in LOSSES:
        return MEASURED
    return "error" if value is None else RIGHT if value >= 1 else "partly" if value > 0 else "wrong"


def ranked_score(sample: Sample) -> float | None:
    """The score that it is ranked by, the first of its record: a fraction or a loss; None when it has none."""
    value = next(iter(sample["scores"].values()), None)
    return float(value) if isinstance(value, int | float) else None


def is_failure(record: Record) -> bool:
    """Whether the answer of a record is not right."""
    return record["verdict"] not in (RIGHT, MEASURED)


def answer_record(sample: Sample, turns: Turns, base: Sample | None) -> Record:
    """One answer with the names that filters know it by; unknown is None.

    Args:
        sample: The answer.
        turns: What was asked, empty when unknown.
        base: The untrained model's answer to the same question; None when there is none.
    """
    return {
        "verdict": verdict(sample),
        "score": ranked_score(sample),
        "parsed": None if sample["parsed"] is None else str(sample["parsed"]) or UNANSWERABLE,
        "gold": _gold(sample["gold"]),
        "answer": str(sample["raw"]),
        "base": verdict(base) if base else None,
        "base_answer": str(base["raw"]) if base else None,
        "prompt": "\n\n".join(text for _, text in turns) or None,
        "doc_id": str(sample["doc_id"]),
        "status": str(sample["status"]),
        "finish": sample.get("finish"),
        "new_tokens": sample.get("n_new_tokens"),
        "doc_hash": str(sample["doc_hash"]),
    }


def _gold(golds: Any) -> str:
    """The accepted answers; none at all means that the passage holds none."""
    return " | ".join(map(str, golds)) or UNANSWERABLE if isinstance(golds, list) else str(golds)


def evaluation_record(row: Evaluation) -> Record:
    """One evaluation with the names that filters know it by; unknown is None, scores are fractions."""
    score = row.score
    return {
        "status": row.status,
        "name": row.name,
        "dataset": row.dataset or None,
        "what": row.what or None,
        "model": row.model or None,
        "done": row.done,
        "total": row.total,
        "metric": score.metric if score else None,
        "score": score.value if score else None,
        "low": score.low if score else None,
        "high": score.high if score else None,
        "n": score.n if score else None,
        "place": row.place or None,
        "reason": row.reason or None,
        "run_id": row.run_id or None,
    }


def answer_records(run: Run, name: str = "") -> list[Record]:
    """All answers of a run to one data set, in the order in which they were given, with the untrained model's.

    Args:
        run: The run.
        name: Of an entry of its evaluation; may be empty where there is only one.

    Raises:
        InputError: The run has no such answers.
    """
    holder = answers_of(run)
    samples = read_all(holder)
    known = list(dict.fromkeys(str(sample["dataset"]) for sample in samples))
    if not known:
        raise InputError(f"{run.id} has no answers; `workbench eval {run.id}` asks it.")
    if not name and len(known) > 1:
        raise InputError(f"{run.id} was asked several data sets; name one with --on: {', '.join(known)}.")
    own = named(name or known[0], samples)
    if not own:
        raise InputError(f'{run.id} was not asked "{name}". {nearest(name, known)}')
    others, _ = base_answers(holder, name or known[0])
    prompts = Prompts(run.workspace)
    return [answer_record(sample, prompts.find(sample)[0], others.get(str(sample["doc_hash"]))) for sample in own]


def named(name: str, samples: Sequence[Sample]) -> list[Sample]:
    """The samples of one entry: those with the key of the first that belongs to its name."""
    key = next((sample.get("key") for sample in samples if belongs(name, sample)), None)
    return [sample for sample in samples if belongs(name, sample) and sample.get("key") == key]


def base_answers(run: Run, name: str) -> tuple[Mapping[str, Sample], str]:
    """The untrained model's answers to the same by the hash of the question; without any, the reason."""
    base, reason = base_of(run)
    if base is None:
        return {}, reason
    found = {str(sample["doc_hash"]): sample for sample in named(name, read_all(base))}
    return found, "" if found else f"{base.id} was not asked {name}"


def read_all(run: Run) -> Sequence[Sample]:
    """Everything that a run's file holds now."""
    reader, samples = AnswerReader(run.samples_file), []
    while True:
        portion = reader.read()
        samples += portion.samples
        if not portion.more:
            return samples
