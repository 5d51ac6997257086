"""Rows that are taken out of the training rows, to see during the training how a model does on what it has not seen."""

from __future__ import annotations

from workbench.choices.rows import Row
from workbench.engine.datasets.sample import split
from workbench.engine.datasets.store import Prepared, rows
from workbench.errors import InputError, Problem
from workbench.profile import DataOptions


def train_and_validation(prepared: Prepared, data: DataOptions) -> tuple[list[Row], list[Row]]:
    """The rows that are trained on, and the ``data.validation_rows`` of them that are not.

    Both are drawn with ``data.seed`` and keep the proportions of the data set.

    Raises:
        InputError: No row is left to train on, or a file is not what the manifest says.
    """
    chosen = rows(prepared, "train", data.train_rows, data.seed)
    if not data.validation_rows:
        return chosen, []
    problem = too_many(data, len(chosen))
    if problem:
        raise InputError(str(problem))
    return split(chosen, data.validation_rows, data.seed)


def too_many(data: DataOptions, rows: int) -> Problem | None:
    """What is wrong when validation would leave none of so many rows to train on."""
    if data.validation_rows < rows:
        return None
    return Problem(
        "data.validation_rows",
        f"{data.validation_rows:,} rows of {rows:,} for validation leave none to train on.",
        f"Set it to about a tenth, {max(1, rows // 10):,}, or to 0 for no validation." if rows > 1 else "Set it to 0.",
    )
