"""The answers behind lighteval's figures: details/<model>/<date>/details_<task>_<date>.parquet, a row a document.

A row has ``doc`` (the question), ``model_response`` and ``metric`` (its scores). It is read as data: pyarrow unpickles
nothing, and logits, tokens of the prompt and images stay on disk.

Source: logging/evaluation_tracker.py and info_loggers.py, tasks/requests.py and models/model_output.py of lighteval
0.13.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.engine import hashes
from workbench.engine.imports.foreign import LARGEST_BYTES, Sample, items, number, part, text
from workbench.errors import InputError

DEEPEST = 8
"""Folders above the results file in which ``details`` is looked for: its own path has the parts of a model's name."""
MOST_ROWS = 1_000_000
COLUMNS = ("doc", "model_response", "metric")
FIELDS = (
    "doc.query",
    "doc.choices",
    "doc.gold_index",
    "doc.id",
    "doc.task_name",
    "model_response.text",
    "model_response.text_post_processed",
    "model_response.output_tokens",
    "model_response.logprobs",
    "metric",
)
"""What is read of a row."""


def samples(results: Path, content: Mapping[str, Any], task: str, model: str, n: int | None) -> list[Sample]:
    """The answers to a task, in the file's order; none where no details lie where lighteval puts them.

    Args:
        results: The results file.
        content: What it says.
        task: Name of the task in it.
        model: Name of the model in it, part of a path.
        n: How many documents it counts; None when it does not say.

    Raises:
        InputError: The details are no parquet of lighteval's, or not those of this results file; the message says why.
    """
    file = _file(results, task, model)
    if file is None:
        return []
    rows = _rows(file)
    _check(file, rows, content, task, n)
    return [_sample(key, row) for key, row in _keyed(rows)]


def _file(results: Path, task: str, model: str) -> Path | None:
    """Where the details are: under ``details`` of a folder above, or beside the results, as on the hub."""
    date = results.stem.removeprefix("results_")
    inside = PurePosixPath(model.strip("/"))
    if any(sign in task for sign in "/\\\0") or "\0" in model or ".." in inside.parts or not date:
        return None  # no names of a task and a model that lighteval can call a file after
    folders = [above / "details" / inside / date for above in [*results.parents][:DEEPEST]]
    named = (folder / f"details_{task}_{date}.parquet" for folder in (*folders, results.parent / date, results.parent))
    return next((file for file in named if file.is_file()), None)


def _rows(file: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as opened:
            names = opened.schema_arrow.names
            missing = [name for name in COLUMNS if name not in names]
            if missing:
                raise InputError(f"{file}: it has no {', '.join(missing)}: details of another version of lighteval.")
            _refuse_large(file, opened.metadata)
            wanted = [name for name in _leaves(opened) if name.startswith(FIELDS)]
            rows: list[dict[str, Any]] = opened.read(columns=wanted).to_pylist()
            return rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{file}: this is no parquet that can be read: {text(error)}.") from None


def _leaves(opened: Any) -> list[str]:
    schema = opened.schema
    return [schema.column(place).path for place in range(len(schema))]


def _refuse_large(file: Path, metadata: Any) -> None:
    """A small file may unfold into anything; its own head says into how much."""
    unfolded = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    if metadata.num_rows > MOST_ROWS or max(unfolded, file.stat().st_size) > 4 * LARGEST_BYTES:
        raise InputError(f"{file}: this is larger than any details ({metadata.num_rows:,} rows, {unfolded >> 20} MiB).")


def _check(file: Path, rows: Sequence[dict[str, Any]], content: Mapping[str, Any], task: str, n: int | None) -> None:
    """Refuse details of another run: of another task, of other documents or another number of them."""
    if n is not None and len(rows) != n:
        raise InputError(f"{file}: it has {len(rows)} answers, the results count {n}.")
    names = {str(part(row, "doc").get("task_name") or task) for row in rows}
    others = sorted(name for name in names if name != task and not task.endswith(f"|{name}"))
    if others:
        raise InputError(f"{file}: its answers are to {text(others[0])}, not to {text(task)}.")
    told = part(part(part(content, "summary_tasks"), task), "hashes").get("hash_examples")
    if isinstance(told, str) and told and told != _hash_of_questions(rows):
        raise InputError(f"{file}: its questions are not those of the results (their hash is another).")


def _hash_of_questions(rows: Sequence[dict[str, Any]]) -> str:
    """lighteval's ``hash_examples``: of the sorted hashes of all questions."""
    import xxhash

    each = sorted(xxhash.xxh64(str(part(row, "doc").get("query")).encode()).hexdigest() for row in rows)
    return xxhash.xxh64("".join(each).encode()).hexdigest()


def _keyed(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row with its document's hash, the same in every run that asks it; a repeated document has its own."""
    seen: Counter[str] = Counter()
    for row in rows:
        doc = part(row, "doc")
        key = hashes.of_json([str(doc.get("query")), items(doc, "choices"), _golds(doc)])
        seen[key] += 1
        yield key if seen[key] == 1 else f"{key}#{seen[key]}", row


def _golds(doc: Mapping[str, Any]) -> list[str]:
    """What is right, in the document's words; lighteval names the places of its choices."""
    told = doc.get("gold_index")
    places = told if isinstance(told, list) else [told]
    choices = items(doc, "choices")
    return [str(choices[at]) for at in places if isinstance(at, int) and 0 <= at < len(choices)]


def _sample(key: str, row: Mapping[str, Any]) -> Sample:
    doc, response = part(row, "doc"), part(row, "model_response")
    raw = _first_text(items(response, "text"))
    parsed = _first_text(items(response, "text_post_processed")) or raw
    choice = _choice(doc, response)
    scores = {text(name): found for name, value in part(row, "metric").items() if (found := number(value)) is not None}
    tokens = items(response, "output_tokens")
    return {
        "doc_id": str(doc.get("id")),
        "doc_hash": key,
        "cluster": key,
        "gold": [text(gold, longest=2000) for gold in _golds(doc)],
        "raw": raw,
        "parsed": choice if choice is not None else parsed,
        "status": "ok",  # the scores are lighteval's: they count as they are; health tells what was empty
        "finish": "stop",
        "answered": "empty" if choice is None and not parsed.strip() else "ok",
        "n_new_tokens": len(tokens[0]) if choice is None and tokens and isinstance(tokens[0], list) else 0,
        "scores": scores,
    }


def _first_text(values: Sequence[Any]) -> str:
    return str(values[0]) if values and values[0] is not None else ""


def _choice(doc: Mapping[str, Any], response: Mapping[str, Any]) -> str | None:
    """The choice with the highest log-likelihood, where each was given one; lighteval's scores may normalise it."""
    choices = items(doc, "choices")
    likelihoods = [found for one in items(response, "logprobs") if (found := number(one)) is not None]
    if not choices or len(likelihoods) != len(choices):
        return None
    return text(choices[likelihoods.index(max(likelihoods))], longest=2000)
