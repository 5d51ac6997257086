"""Read one of the named data sets from the hub."""

from __future__ import annotations

import itertools
from typing import Any

from workbench.choices.rows import Row
from workbench.choices.sources import Source
from workbench.engine.datasets.read import to_rows
from workbench.engine.datasets.sample import split
from workbench.errors import InputError
from workbench.profile import DataOptions

SEED = 42
HUB_TIMEOUT_S = 10.0


def read(source: Source) -> tuple[list[Row], list[Row], list[str]]:
    """Training rows, test rows and notes.

    Raises:
        InputError: The hub cannot be reached.
    """
    _require_hub(source)
    train = _rows(source, source.train_split, source.train_rows + source.test_rows)
    if source.test_split:
        return train, _rows(source, source.test_split, source.test_rows), []
    kept, test = split(train, source.test_rows, SEED)
    note = f"the hub has no test split: {len(test)} of the first {len(train)} rows held out, seed {SEED}"
    return kept, test, [note]


def _require_hub(source: Source) -> None:
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        HfApi().dataset_info(source.hub_id, timeout=HUB_TIMEOUT_S)
    except (httpx.TransportError, HfHubHTTPError, OfflineModeIsEnabled) as error:
        raise InputError(
            f"data.dataset: {source.name} must be fetched from the hub, which cannot be reached "
            f"({str(error).splitlines()[0]}). Give local files with data.train_file and data.test_file, or use one of "
            "the project's own sets: arithmetic, passages, quiz."
        ) from None


def _rows(source: Source, part: str, limit: int) -> list[Row]:
    """The rows of a split; streamed, so that a limit also limits the download."""
    from datasets import load_dataset

    stream = load_dataset(source.hub_id, source.config or None, split=part, streaming=True)
    records: list[dict[str, Any]] = list(itertools.islice(stream, limit or None))
    reading = to_rows(records, DataOptions(task=source.task), f"{source.hub_id}: {part}", f"{source.name}-{part}")
    return reading.rows
