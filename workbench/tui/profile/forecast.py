"""What is known beforehand of the run that a draft describes: its peak memory, its steps, its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.engine import memory
from workbench.engine import plan as plans
from workbench.engine.draft import Draft
from workbench.engine.memory import Card, Estimate, Predictor
from workbench.engine.plan import Plan
from workbench.errors import InputError, WorkbenchError


@dataclass(frozen=True)
class Forecast:
    """Peak memory of a run by its stages, or why it cannot be told.

    Args:
        estimates: One for each stage that the card must hold; empty when there is a reason.
        reason: Why nothing can be told.
    """

    estimates: tuple[Estimate, ...] = ()
    reason: str = ""

    @property
    def worst(self) -> Estimate | None:
        """The stage that needs most."""
        return max(self.estimates, key=lambda one: one.allocated_bytes, default=None)


def preview(draft: Draft, card: Card | None) -> Forecast:
    """The closed form's answer, at once."""
    return _told(draft, lambda: (memory.preview(draft.workspace, draft.profile(), card),))


def simulate(draft: Draft, card: Card | None, predictor: Predictor) -> Forecast:
    """The simulation's answer, after some seconds of another process."""
    return _told(draft, lambda: predictor.predict(draft.workspace, draft.profile(), card).needed)


def _told(draft: Draft, ask: Callable[[], tuple[Estimate, ...]]) -> Forecast:
    try:
        return Forecast(ask())
    except WorkbenchError as error:
        first, *more = str(error).removeprefix(f"{draft.path}: ").splitlines()
        return Forecast(reason=f"{first} (and {len(more)} more)" if more and isinstance(error, InputError) else first)


def plan(draft: Draft) -> Plan | None:
    """Steps, tokens and time of the training; None while the draft is no profile."""
    try:
        return plans.plan(draft.profile(), draft.workspace)
    except InputError:  # what is wrong with it stands at its keys
        return None
