"""Read one of the named data sets from the hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.choices.formats import FORMATS, Record
from workbench.choices.rows import Row
from workbench.choices.sources import Source
from workbench.engine.datasets.read import to_rows
from workbench.engine.datasets.sample import normalised, split
from workbench.engine.evaluate.numbers import number
from workbench.errors import InputError
from workbench.profile import DataOptions

SEED = 42
HUB_TIMEOUT_S = 10.0


def read(source: Source) -> tuple[list[Row], list[Row], list[str]]:
    """Training rows, test rows and notes.

    Raises:
        InputError: The hub cannot be reached, or it does not hold what this project expects.
    """
    _require_hub(source)
    if source.test_split:
        train, notes = _rows(source, source.train_split, source.train_rows)
        test, test_notes = _rows(source, source.test_split, source.test_rows)
        return train, test, [*notes, *test_notes]
    both, notes = _rows(source, source.train_split, source.train_rows + source.test_rows)
    train, test = split(both, source.test_rows, SEED)
    held = f"test: {len(test)} of {len(both)} rows held out, seed {SEED}; the hub has no test split"
    return train, test, [*notes, held]


def _require_hub(source: Source) -> None:
    """Ask for the data set's card first: this fails in seconds where fetching would go on trying for minutes."""
    from huggingface_hub import HfApi

    try:
        HfApi().dataset_info(source.hub_id, timeout=HUB_TIMEOUT_S)
    except _unreachable() as error:
        raise _no_hub(source, error) from None


def _unreachable() -> tuple[type[Exception], ...]:
    import httpx
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    return (httpx.HTTPError, HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError)


def _no_hub(source: Source, error: Exception) -> InputError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return InputError(
        f'data.dataset: "{source.name}" comes from the hub ({source.hub_id}), and the hub cannot be reached: {reason}. '
        "Give local files with data.train_file, or use an own set: arithmetic, passages, quiz."
    )


def _rows(source: Source, part: str, limit: int) -> tuple[list[Row], list[str]]:
    """Rows of a split and notes on them; streamed, so that a limit also limits the download."""
    from datasets import load_dataset

    records: list[Record] = []
    left_out = 0
    unreachable: tuple[type[Exception], ...] = (*_unreachable(), ValueError)
    try:
        stream = load_dataset(source.hub_id, source.config or None, split=part, streaming=True)
        for record, wanted in _told_apart(stream, source):
            left_out += not wanted
            records += [record] * wanted
            if len(records) == limit:
                break
    except unreachable as error:
        raise _no_hub(source, error) from error
    if not records:
        raise InputError(f"data.dataset: the hub's {source.hub_id} has no rows in {part}. Give local files instead.")
    options = DataOptions(task=source.task, format=source.format)
    reading = to_rows(records, options, f"data.dataset: {source.hub_id}, {part}", f"{source.name}-{part}")
    notes = [f"{part}: {note}" for note in reading.notes]
    if left_out:
        notes.append(f"{part}: {left_out} rows left out: the same problem again, or an answer that is no plain number")
    return reading.rows, notes


def _told_apart(records: Iterable[dict[str, Any]], source: Source) -> Iterator[tuple[Record, bool]]:
    """Each record, and whether it is wanted.

    OpenMathInstruct-2 holds many solutions of one problem: only the first counts, lest a test problem be trained
    on. Of its answers only numbers can be scored.
    """
    columns = FORMATS[source.format].columns
    seen: set[str] = set()
    for whole in records:
        record = {name: value for name, value in whole.items() if name in columns or name == "id"}
        if source.format != "hub_openmath":
            yield record, True
            continue
        problem = normalised(str(record["problem"]))
        wanted = problem not in seen and number(str(record["expected_answer"])) is not None
        seen.add(problem)
        yield record, wanted
