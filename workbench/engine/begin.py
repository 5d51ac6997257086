"""From a checked profile to a running worker: bring its model and data, make the run, start the worker.

The command and the app begin a run through these same steps, so that both make the same folder.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.engine import datasets, launch
from workbench.engine.fetch import model_folder
from workbench.engine.memory.cards import detect
from workbench.engine.memory.predictor import Predictor
from workbench.engine.memory.preflight import keep, preflight, refuse
from workbench.engine.run import Run, create
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import ModelOptions, Profile


def bring(workspace: Workspace, profile: Profile, where: str, fetch_model: Callable[[ModelOptions], object]) -> None:
    """Bring the model and the data sets of a checked profile here.

    Args:
        workspace: Where to.
        profile: What needs them.
        where: The profile's file, for the messages.
        fetch_model: Fetches a model that is not here; shows how far it is in its own way.

    Raises:
        InputError: A model or a data set cannot be had.
    """
    if model_folder(workspace, profile.model) is None:
        fetch_model(profile.model)
    datasets.prepare(workspace, profile.data)
    for name in profile.eval.datasets:
        try:
            datasets.prepare_named(workspace, name)
        except InputError as error:
            raise InputError(f"{where}: eval.datasets: {str(error).removeprefix('data.dataset: ')}") from None


def begin(workspace: Workspace, profile: Profile, anyway: bool = False) -> Run:
    """A new run that a detached worker carries out from now on.

    On a machine with a GPU its peak memory is predicted first, and what the profile leaves to the card is decided.

    Args:
        workspace: Where everything lies.
        profile: A checked profile whose model and data are here.
        anyway: Start it even if it is not expected to fit.

    Raises:
        InputError: It does not fit, or something is left to a card that is not there; or as ``create``.
        RunFailed: As ``launch.start``.
    """
    card, reason = detect()
    with Predictor() as predictor:
        found = preflight(predictor, workspace, profile, card, reason)
        if not anyway:
            refuse(predictor, workspace, found)
    run = create(workspace, found.profile)
    keep(run, found)
    launch.start(run)
    return run
