"""A profile: everything that a run needs, read from TOML with all its problems at once."""

from workbench.profile.sections import (
    DEFAULT_METHODS,
    Count,
    DataOptions,
    EvalOptions,
    ModelOptions,
    Profile,
    RowName,
    TrainOptions,
)
from workbench.profile.toml import dump, load, parse, read_text, read_value, split_override

__all__ = [
    "DEFAULT_METHODS",
    "Count",
    "DataOptions",
    "EvalOptions",
    "ModelOptions",
    "Profile",
    "RowName",
    "TrainOptions",
    "dump",
    "load",
    "parse",
    "read_text",
    "read_value",
    "split_override",
]
