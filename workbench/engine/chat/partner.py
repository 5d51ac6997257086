"""Whom one can talk to: a model, or a trained run with the model that it began with."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.choices.models import MODELS
from workbench.engine.evaluations import for_model, is_model
from workbench.engine.run import Run, runs
from workbench.engine.run import find as find_run
from workbench.errors import InputError, nearest
from workbench.paths import Workspace
from workbench.profile import Profile

BASE, TUNED = "base", "tuned"


@dataclass(frozen=True)
class Partner:
    """A model, or a run.

    Args:
        name: Of the model, or the run's id.
        profile: How the model is loaded and what its system turn is.
        run: None for a model as it is.
    """

    name: str
    profile: Profile
    run: Run | None = None

    @property
    def sides(self) -> tuple[str, ...]:
        """Who can answer, the one that answers by itself first."""
        return (TUNED, BASE) if self.run else (BASE,)

    @property
    def model(self) -> str:
        """Name of the base model."""
        return self.profile.model.name

    @property
    def about(self) -> str:
        """What it is, in a few words."""
        if self.run is None:
            return "a model as it is"
        return f"{self.model} · {self.profile.adapter.method} · {self.profile.quant.method}"


def find(workspace: Workspace, name: str = "") -> Partner:
    """The run or model of that name; without a name the newest trained run, without one a model that is here.

    Raises:
        InputError: There is none, or the run has trained nothing.
    """
    if not name:
        return _first(workspace)
    if is_model(workspace, name):
        return Partner(name, for_model(name, None, ()))
    known = [run.id for run in runs(workspace)]
    try:
        run = find_run(workspace, name)
    except InputError:
        raise InputError(f'There is no run and no model "{name}". {nearest(name, [*known, *MODELS])}') from None
    if not run.adapter.is_dir():
        raise InputError(
            f"{run.id} has no trained weights that could answer; `workbench chat {run.profile().model.name}` "
            "talks to its model."
        )
    return Partner(run.id, run.profile(), run)


def _first(workspace: Workspace) -> Partner:
    trained = [run for run in runs(workspace) if run.adapter.is_dir()]
    if trained:
        return Partner(trained[-1].id, trained[-1].profile(), trained[-1])
    here = [name for name in MODELS if (workspace.model(name) / "source.json").exists()]
    if here:
        return Partner(here[0], for_model(here[0], None, ()))
    raise InputError(
        "Nothing is trained and no model is here; `workbench fetch smollm2-135m` brings a small one, "
        "`workbench chat smollm2-135m` talks to it."
    )
