"""The data sets that have a name: the project's own and three of the hub."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.choices.table import Table


@dataclass(frozen=True)
class Source:
    """One data set.

    Args:
        name: Its value of ``data.dataset``.
        label: Its name in tables.
        task: The task of its rows.
        licence: SPDX name.
        hub_id: Its id on the hub; empty for the project's own.
        config: Its configuration on the hub; empty for the only one.
        format: Name of a row of FORMATS; empty for the project's own.
        train_split, test_split: Names of the splits; without a test split, rows are held out.
        train_rows, test_rows: At most so many rows are taken; 0 for all.
    """

    name: str
    label: str
    task: str
    licence: str
    hub_id: str = ""
    config: str = ""
    format: str = ""
    train_split: str = "train"
    test_split: str = ""
    train_rows: int = 0
    test_rows: int = 0


SOURCES: Table[Source] = Table(
    "data set",
    Source("arithmetic", "arithmetic word problems, made by a seeded generator", "math", "Apache-2.0"),
    Source("passages", "passages with and without an answer, made by a seeded generator", "squad", "Apache-2.0"),
    Source("quiz", "four-way multiple choice, made by a seeded generator", "arc", "Apache-2.0"),
    Source(
        "arc",
        "ARC-Challenge",
        "arc",
        "CC-BY-SA-4.0",
        hub_id="allenai/ai2_arc",
        config="ARC-Challenge",
        format="hub_arc",
        test_split="test",
    ),
    Source(
        "squad_v2",
        "SQuAD v2",
        "squad",
        "CC-BY-SA-4.0",
        hub_id="rajpurkar/squad_v2",
        format="hub_squad",
        test_split="validation",  # the hidden test set was never published
    ),
    Source(
        "openmath",
        "OpenMathInstruct-2",
        "math",
        "CC-BY-4.0",
        hub_id="nvidia/OpenMathInstruct-2",
        format="hub_openmath",
        train_split="train_1M",
        train_rows=20_000,  # of a million: more than the study used, and streamed in a minute
        test_rows=2_000,
    ),
)

BY_HUB_ID = {source.hub_id: source for source in SOURCES.values() if source.hub_id}
