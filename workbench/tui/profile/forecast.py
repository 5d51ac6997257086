"""What is known beforehand of the run that a draft describes: its peak memory, its steps, its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.engine import memory
from workbench.engine.draft import Draft
from workbench.engine.memory import Estimate
from workbench.errors import InputError


@dataclass(frozen=True)
class Forecast:
    """Peaks of the processes of one run, or why they cannot be told.

    Args:
        estimates: One a stage; empty when there is a reason.
        reason: Why nothing can be told.
    """

    estimates: tuple[Estimate, ...] = ()
    reason: str = ""

    @property
    def worst(self) -> Estimate | None:
        """The stage that needs most."""
        return max(self.estimates, key=lambda one: one.process_bytes, default=None)


def preview(draft: Draft) -> Forecast:
    """The closed form's answer, at once."""
    return _told(draft, lambda: Forecast((memory.preview(draft.profile(), draft.workspace),)))


def simulate(draft: Draft) -> Forecast:
    """The simulation's answer, after some seconds of another process."""

    def both() -> Forecast:
        predicted = memory.predict(draft.profile(), draft.workspace)
        return Forecast(tuple(one for one in (predicted.train, predicted.evaluate) if one))

    return _told(draft, both)


def plan(draft: Draft) -> str:
    """Steps and time of the run, or why they cannot be told."""
    del draft
    return "steps and time n/a"


def _told(draft: Draft, ask: Callable[[], Forecast]) -> Forecast:
    if not hasattr(memory, "predict"):
        return Forecast(reason="memory cannot be predicted yet")
    try:
        return ask()
    except InputError as error:
        first = str(error).splitlines()[0]
        return Forecast(reason=first.removeprefix(f"{draft.path}: "))
