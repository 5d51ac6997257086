"""What to change when a profile does not fit: single changes, each with its memory and its cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.engine.edit import set_key, switch_method
from workbench.engine.memory.cards import Card
from workbench.engine.memory.estimate import Estimate, Verdict, judge
from workbench.engine.memory.predictor import Predictor
from workbench.engine.memory.rules import RULES, Values, batched
from workbench.errors import WorkbenchError
from workbench.paths import Workspace, write_atomically
from workbench.profile import Profile, parse


@dataclass(frozen=True)
class Change:
    """A change to a profile and what it would do.

    Args:
        name: What is done, in words.
        values: The new values by ``section.key``.
        estimate: Its predicted peak.
        verdict: Whether it fits then.
        cost: What it costs in time.
        keeps_learning: Whether results stay comparable.
    """

    name: str
    values: Values
    estimate: Estimate
    verdict: Verdict
    cost: str
    keeps_learning: bool

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def changed(profile: Profile, values: Values) -> Profile:
    """The profile with new values.

    Raises:
        ValidationError: They do not fit it.
    """
    content = profile.model_dump()
    for path, value in values.items():
        section, dot, key = path.partition(".")
        if dot:
            content[section][key] = value
        else:
            content[section] = value
    return Profile.model_validate({**content, "name": profile.name})


def suggest(predictor: Predictor, workspace: Workspace, profile: Profile, card: Card) -> list[Change]:
    """Single changes that lower the peak, the best first.

    Those that fit and leave the training what it is come first, then those that fit, then the others, each by memory.

    Raises:
        WorkbenchError: The profile itself cannot be predicted.
    """
    now = predictor.predict(workspace, profile, card, quick=True).peak
    found = [
        change
        for change in _tried(predictor, workspace, profile, card)
        if change.estimate.allocated_bytes < now.allocated_bytes
    ]
    return sorted(found, key=_rank)


def _tried(predictor: Predictor, workspace: Workspace, profile: Profile, card: Card) -> Iterator[Change]:
    for rule in RULES:
        values = rule.values(profile)
        if not values:
            continue
        try:
            estimate = predictor.predict(workspace, changed(profile, values), card, quick=True).peak
        except (ValidationError, WorkbenchError):
            continue  # a change that this profile or this model cannot have is none to suggest
        yield Change(rule.name, values, estimate, judge(estimate, card), rule.cost, rule.keeps_learning)


def _rank(change: Change) -> tuple[bool, bool, int]:
    return change.verdict.word == "does not fit", not change.keeps_learning, change.estimate.allocated_bytes


def largest_batch(predictor: Predictor, workspace: Workspace, profile: Profile, card: Card) -> tuple[Profile, Verdict]:
    """The profile with the largest micro-batch that fits, at the same number of rows a step.

    Args:
        predictor: Who is asked.
        workspace: Where everything lies.
        profile: Its ``train.rows_per_step`` are kept.
        card: What it is to fit on.

    Returns:
        The profile and the verdict on it; with one row at a time even if that does not fit.
    """
    whole = profile.train.rows_per_step
    sizes = [size for size in range(1, whole + 1) if whole % size == 0]
    best = _sized(predictor, workspace, profile, card, sizes[0])
    low, high = 0, len(sizes)  # the first fits or nothing does; what is at ``high`` does not
    while high - low > 1:
        middle = (low + high) // 2
        tried = _sized(predictor, workspace, profile, card, sizes[middle])
        if tried[1].word == "fits":
            low, best = middle, tried
        else:
            high = middle
    return best


def _sized(
    predictor: Predictor, workspace: Workspace, profile: Profile, card: Card, rows: int
) -> tuple[Profile, Verdict]:
    sized = changed(profile, batched(profile.train, rows))
    return sized, judge(predictor.predict(workspace, sized, card, quick=True).peak, card)


def apply(path: Path, values: Values) -> None:
    """Write new values into a profile's file; its comments and the order of its keys stay.

    Raises:
        InputError: The file is no profile, or would not be one afterwards; it stays as it was.
    """
    text = path.read_text(encoding="utf-8")
    for name, value in values.items():
        section, dot, key = name.partition(".")
        if dot:
            text = set_key(text, section, key, value)
            continue
        text, _ = switch_method(text, section, value["method"])
        for own, setting in value.items():
            text = set_key(text, section, own, setting)
    parse(text, path.stem, str(path))
    write_atomically(path, text)


def decided_values(profile: Profile) -> Values:
    """The values of a profile that a card decides."""
    return batched(profile.train, profile.train.micro_batch)
