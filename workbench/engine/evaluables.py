"""What can be evaluated, and what it can be asked: the choices of a new evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.choices.models import MODELS
from workbench.choices.sources import SOURCES
from workbench.engine.board import RunRow
from workbench.engine.datasets import prepared
from workbench.engine.fetch import model_folder
from workbench.paths import Workspace
from workbench.profile import ModelOptions


@dataclass(frozen=True)
class Subject:
    """A run or a model.

    Args:
        name: As ``workbench eval`` takes it.
        kind: "run" or "model".
        about: What it is, in a few words.
        here: Whether its weights are here; a model that is not is fetched first.
    """

    name: str
    kind: str
    about: str
    here: bool = True


@dataclass(frozen=True)
class Asked:
    """A data set.

    Args:
        name: Its id.
        task: Of its questions.
        test_rows: None while it is not here.
    """

    name: str
    task: str
    test_rows: int | None


def subjects(workspace: Workspace, runs: Sequence[RunRow]) -> list[Subject]:
    """Trained runs that are not at work, the newest first, then the models."""
    idle = [
        run for run in runs if run.kind == "train" and not run.archived and run.status not in ("running", "waiting")
    ]
    trained = [run for run in idle if (workspace.artifacts(run.id) / "adapter").is_dir()]
    about = [Subject(run.id, "run", f"{run.model} {run.method_label} {run.quant_label}") for run in trained]
    return [*about, *_models(workspace)]


def _models(workspace: Workspace) -> list[Subject]:
    rows = [
        Subject(row.name, "model", row.hub_id, model_folder(workspace, ModelOptions(name=row.name)) is not None)
        for row in MODELS.values()
    ]
    others = (path.parent for path in sorted(workspace.models.glob("*/config.json")))
    own = [
        Subject(f"models/{folder.name}", "model", "a folder here")
        for folder in others
        if folder.name not in MODELS and "--" not in folder.name
    ]
    return [*(row for row in rows if row.here), *own, *(row for row in rows if not row.here)]


def data_sets(workspace: Workspace) -> list[Asked]:
    """The data sets whose answers can be scored, those that are here first."""
    here = [
        Asked(one.id, str(one.manifest["task"]), int(one.manifest["counts"]["test"])) for one in prepared(workspace)
    ]
    names = {one.name for one in here}
    others = [Asked(row.name, row.task, None) for row in SOURCES.values() if row.name not in names]
    return [one for one in (*here, *others) if one.task != "chat"]  # no answer of a chat is right or wrong
