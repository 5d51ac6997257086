"""Ask for an evaluation: of a run that is trained already, or of a model that nobody trained."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from workbench import profile as profiles
from workbench.choices.models import MODELS
from workbench.engine import launch
from workbench.engine.check import check
from workbench.engine.run import Run, create, find, runs
from workbench.engine.run_state import state
from workbench.errors import InputError, ProblemsError
from workbench.paths import Workspace, write_atomically
from workbench.profile import Profile

OWN_SETS = ("arithmetic", "passages", "quiz")


def evaluate(workspace: Workspace, name: str, profile: Path | None = None, overrides: Iterable[str] = ()) -> Run:
    """The run that a worker is evaluating from now on.

    Args:
        workspace: Where everything lies.
        name: A run, or a model: a row of MODELS, a hub id or a folder.
        profile: What a model is asked; by default the project's own three sets.
        overrides: ``section.key=value``; for a run only of the section ``eval``.

    Raises:
        InputError: There is nothing of that name, or the run has trained nothing yet.
    """
    run, verb = prepared(workspace, name, profile, overrides)
    launch.start(run, verb)
    return run


def prepared(
    workspace: Workspace, name: str, profile: Path | None = None, overrides: Iterable[str] = ()
) -> tuple[Run, str]:
    """The run whose worker will evaluate, ready to be started, and the verb of that worker. As ``evaluate``."""
    if is_model(workspace, name):
        return create(workspace, for_model(name, profile, overrides)), "run"
    run = _trained(workspace, name)
    _change_questions(run, list(overrides))
    return run, "eval"


def checked(workspace: Workspace, name: str, profile: Path | None = None, overrides: Iterable[str] = ()) -> str:
    """The full name of what would be evaluated, without writing anything.

    Raises:
        InputError: It would be refused; the message says why.
    """
    if is_model(workspace, name):
        wanted = for_model(name, profile, overrides)
        fatal = [problem for problem in check(wanted, workspace, f"eval {name}") if problem.fatal]
        if fatal:
            raise ProblemsError(fatal)
        return name
    if profile is not None:
        raise InputError(f"--profile says what a model is asked, and {name} is none; change a run's [eval] with --set.")
    run = _trained(workspace, name)
    _changed(run, list(overrides))
    return run.id


def on_datasets(workspace: Workspace, name: str, datasets: Sequence[str]) -> list[str]:
    """The overrides that ask these data sets: a model nothing else, a run its own test rows too."""
    if not datasets:
        return []
    if not is_model(workspace, name):
        return [f"eval.datasets={json.dumps(list(datasets))}"]
    first, *others = datasets
    return [f"data.dataset={json.dumps(first)}", f"eval.datasets={json.dumps(others)}"]


def _trained(workspace: Workspace, name: str) -> Run:
    run = find(workspace, name)
    if not run.adapter.is_dir():
        raise InputError(f"{run.id} has trained nothing yet; `workbench resume {run.id}` goes on with it.")
    return run


def is_model(workspace: Workspace, name: str) -> bool:
    """Whether a name means a model rather than a run: a row of MODELS, a hub id or a folder with a config."""
    return name in MODELS or "/" in name or (workspace.root / name / "config.json").is_file()


def for_model(name: str, profile: Path | None, overrides: Iterable[str]) -> Profile:
    """The profile that trains nothing and asks a base model what ``profile`` asks."""
    train_nothing = [f'model.name="{name}"', "train.max_steps=0", *overrides]
    if profile is not None:
        return profiles.load(profile, train_nothing)
    slug = name.rstrip("/").rpartition("/")[2]
    first, *others = OWN_SETS
    text = f'[model]\nname = "{slug}"\n[data]\ndataset = "{first}"\n[eval]\ndatasets = {others}\n'
    return profiles.parse(text, name=f"eval-{slug}", where="--set", overrides=train_nothing)


def pending(workspace: Workspace) -> list[Run]:
    """Runs whose training is done and that have no scores, the oldest first; running ones are left alone."""
    return [run for run in runs(workspace) if run.adapter.is_dir() and _lacks_scores(run)]


def _lacks_scores(run: Run) -> bool:
    if state(run).status in ("running", "waiting"):
        return False
    result = run.result()
    # a run that was to be evaluated and has no scores has no question that could be scored
    return result is None or not (result["evaluation"] or run.profile().eval.enabled)


def _change_questions(run: Run, overrides: list[str]) -> None:
    """Write other [eval] keys into the frozen profile; what was trained stays as it is."""
    if overrides:
        write_atomically(run.profile_file, profiles.dump(_changed(run, overrides)))


def _changed(run: Run, overrides: list[str]) -> Profile:
    for override in overrides:
        if not override.startswith("eval."):
            raise InputError(f'"--set {override}": {run.id} is trained; only the section eval can change now.')
    text = run.profile_file.read_text(encoding="utf-8")
    return profiles.parse(text, run.profile().name, str(run.profile_file), overrides)
