"""Will these rows teach anything? Looks at what is trained, after rendering and cutting, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.choices.rows import Row
from workbench.engine.render import Encoded
from workbench.errors import Problem

EMPTY_FRACTION = 0.01
"""More rows than this with an empty trained span end the run before it starts."""
NAMED_ROWS = 5


@dataclass(frozen=True)
class AuditReport:
    """What the audit found.

    Args:
        rows: How many rows were looked at.
        tokens, trained_tokens: Of all rows, after the cut.
        longest_tokens: Of the longest row, before the cut.
        empty: Ids of rows whose trained text is empty.
        unlabelled: Ids of rows in which no token is trained after the cut.
        truncated: Ids of rows that were cut.
        endless: Ids of rows that do not teach the model to stop.
        overlap: Test rows that are among the training rows too, from the manifest.
        system_dropped: Whether the rows have a system turn that the template leaves out.
        problems: What follows from it; fatal ones keep the run from starting.
    """

    rows: int
    tokens: int
    trained_tokens: int
    longest_tokens: int
    empty: tuple[str, ...]
    unlabelled: tuple[str, ...]
    truncated: tuple[str, ...]
    endless: tuple[str, ...]
    overlap: Mapping[str, int]
    system_dropped: bool
    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON, problems as sentences."""
        fields = {name: value for name, value in vars(self).items() if name != "problems"}
        said = [{"text": str(problem), "fatal": problem.fatal} for problem in self.problems]
        return {**fields, "problems": said}


def audit(
    rows: Sequence[Row], encoded: Sequence[Encoded], overlap: Mapping[str, int], system_dropped: bool
) -> AuditReport:
    """The report on training rows.

    Args:
        rows: As they were read.
        encoded: The same as token ids, in the same order.
        overlap: From the data set's manifest.
        system_dropped: From ``render.drops_system_turn``.
    """
    empty = tuple(one.row_id for one in encoded if not one.span_text.strip())
    unlabelled = tuple(one.row_id for one in encoded if not one.has_labels)
    truncated = tuple(one.row_id for one in encoded if one.full_tokens > len(one.input_ids))
    endless = tuple(one.row_id for one in encoded if not one.ends)
    numbers = {row.id for row in rows if any(isinstance(answer, float) for answer in row.answers)}
    problems = [
        *_empty(empty, len(rows), numbers),
        *_cut(unlabelled, truncated, len(rows)),
        *_system(system_dropped),
        *_end(endless, len(rows)),
        *_turns([one.row_id for one in encoded if one.only_last_turn], len(rows)),
        *_shared(overlap),
    ]
    return AuditReport(
        rows=len(rows),
        tokens=sum(len(one.input_ids) for one in encoded),
        trained_tokens=sum(label >= 0 for one in encoded for label in one.labels),
        longest_tokens=max((one.full_tokens for one in encoded), default=0),
        empty=empty,
        unlabelled=unlabelled,
        truncated=truncated,
        endless=endless,
        overlap=dict(overlap),
        system_dropped=system_dropped,
        problems=tuple(problems),
    )


def _named(ids: Sequence[str]) -> str:
    more = ", ..." if len(ids) > NAMED_ROWS else ""
    return ", ".join(ids[:NAMED_ROWS]) + more


def _empty(empty: Sequence[str], rows: int, numbers: set[str]) -> list[Problem]:
    if not empty:
        return []
    what = f"the trained answer is empty once rendered in {len(empty)} of {rows} rows ({_named(empty)})."
    why, fix = "", "Mend or remove these rows."
    if numbers.issuperset(empty):
        why = " Their answers are numbers, and the model's chat template renders only text."
        fix = "Set data.convert_float_answers = true."
    return [Problem("data", what + why, fix, fatal=len(empty) > EMPTY_FRACTION * rows)]


def _cut(unlabelled: Sequence[str], truncated: Sequence[str], rows: int) -> list[Problem]:
    if rows and len(unlabelled) == rows:
        what = f"no token of any of the {rows} rows would be trained: train.max_length cuts every answer off."
        return [Problem("train.max_length", what, "Raise it.")]
    if rows and len(truncated) == rows:
        return [Problem("train.max_length", f"all {rows} rows are longer than that and would be cut.", "Raise it.")]
    problems = []
    if unlabelled:
        what = f"{len(unlabelled)} of {rows} rows lose their whole answer ({_named(unlabelled)}) and are left out."
        problems.append(Problem("train.max_length", what, fatal=False))
    if truncated:
        what = f"{len(truncated)} of {rows} rows are cut ({_named(truncated)})."
        problems.append(Problem("train.max_length", what, fatal=False))
    return problems


def _system(dropped: bool) -> list[Problem]:
    if not dropped:
        return []
    what = "the rows have a system turn, and the model's chat template leaves it out."
    return [Problem("data.system_turn", what, 'Set data.system_turn = "user" to put it into the user turn.')]


def _end(endless: Sequence[str], rows: int) -> list[Problem]:
    if not endless:
        return []
    what = f"{len(endless)} of {rows} rows do not end with an end token ({_named(endless)}): "
    return [Problem("data", what + "the model may not learn to stop.", fatal=False)]


def _turns(only_last: Sequence[str], rows: int) -> list[Problem]:
    if not only_last:
        return []
    what = (
        f"in {len(only_last)} of {rows} conversations only the last answer is trained ({_named(only_last)}): the chat "
    )
    return [Problem("data", what + "template writes earlier answers differently.", fatal=False)]


def _shared(overlap: Mapping[str, int]) -> list[Problem]:
    if not overlap.get("normalised"):
        return []
    what = f"{overlap['normalised']} test rows are among the training rows too ({overlap['exact']} word for word): "
    return [Problem("data", what + "their scores show memory, not skill.", fatal=False)]
