"""Data sets: read from files or the hub, or made; kept under data/ in one shape with a manifest."""

from workbench.engine.datasets.prepare import check, count_train_rows, locate, prepare, prepare_named, reduce, resolve
from workbench.engine.datasets.store import Prepared, prepared, rows
from workbench.engine.datasets.validation import too_many, train_and_validation

__all__ = [
    "Prepared",
    "check",
    "count_train_rows",
    "locate",
    "prepare",
    "prepare_named",
    "prepared",
    "reduce",
    "resolve",
    "rows",
    "too_many",
    "train_and_validation",
]
