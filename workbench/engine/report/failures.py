"""What went wrong in the answers, by status, with examples word for word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.engine.compared_run import ComparedRun
from workbench.engine.report.document import Paragraph, Part, Section, Verbatim

EXAMPLES = 2
"""How many of each kind are shown."""
LONGEST = 400
"""Characters of an answer that are shown."""
MEANINGS = {
    "empty": "nothing was said: the model ended at once",
    "unparsed": "something was said, but no answer could be read from it",
    "truncated": "the answer was cut off at the limit of new tokens",
    "error": "the model could not be asked",
    "wrong": "an answer was read, and it is wrong",
}


def failures(run: ComparedRun) -> Iterator[Section]:
    """A section for each data set in which a run failed on something."""
    for dataset, samples in run.samples.items():
        by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for sample in samples.values():
            by_kind[_kind(sample)].append(sample)
        parts = [part for kind in MEANINGS for part in _parts(kind, by_kind[kind], len(samples))]
        if parts:
            yield Section(f"{run.id} on {dataset}", parts, level=3)


def _kind(sample: dict[str, Any]) -> str:
    status = str(sample["status"])
    if status != "ok":
        return status
    scores = sample["scores"]
    first = next(iter(scores.values()), None)
    return "wrong" if first == 0.0 else "right"


def _parts(kind: str, samples: Sequence[dict[str, Any]], n: int) -> Iterator[Part]:
    if not samples:
        return
    yield Paragraph(f"{kind}: {len(samples)} of {n} ({MEANINGS[kind]}).")
    for sample in samples[:EXAMPLES]:
        gold = " | ".join(map(str, sample["gold"])) or "(none: the passage does not answer)"
        raw = str(sample.get("raw") or "")
        more = f" ... ({len(raw):,} characters)" if len(raw) > LONGEST else ""
        said = f"{raw[:LONGEST]}{more}" if raw else "(nothing)"
        yield Verbatim(f"question {sample.get('doc_id')}\nexpected: {gold}\nsaid: {said}")
