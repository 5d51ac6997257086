"""What a profile will take: steps from its rows, tokens and time from earlier runs that were like it.

Nothing here is guessed: what no file says is unknown, with the reason.
"""

from __future__ import annotations

import json
import math
import platform
import statistics
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.engine import datasets
from workbench.engine.doctor import gpus
from workbench.engine.run import Run, runs
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import Profile, TrainOptions

LOOK_BACK = 200
"""So many runs, the newest, are looked at."""
ROWS_KEYS = ("dataset", "train_file", "format", "task", "answer_format", "system", "system_turn")
"""Keys of [data] that decide how long a row is."""


@dataclass(frozen=True)
class Figure:
    """One number of a plan.

    Args:
        value: None when it is unknown.
        how: Where it comes from, or why it is unknown.
        low, high: What earlier runs span; None where there is nothing to span.
    """

    value: float | None
    how: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Plan:
    """What a training will take.

    Args:
        rows: Training rows; the audit may still drop some.
        steps: Optimizer steps.
        tokens: Prompt and answer tokens that go through the model, all epochs together.
        train_s: Seconds of training alone, without loading and evaluation.
    """

    rows: Figure
    steps: Figure
    tokens: Figure
    train_s: Figure


@dataclass(frozen=True)
class Earlier:
    """A finished training: its frozen profile, what it did, and the name of its device."""

    id: str
    frozen: dict[str, Any]
    training: dict[str, Any]
    device: str


def plan(profile: Profile, workspace: Workspace) -> Plan:
    """The plan of a profile, from its data set and the newest runs. Loads and writes nothing; raises nothing.

    Args:
        profile: What would be trained.
        workspace: Where its data and the earlier runs are.
    """
    if profile.train.max_steps == 0:
        nothing = Figure(0, "train.max_steps = 0: nothing is trained")
        return Plan(nothing, nothing, nothing, nothing)
    rows = _rows(profile, workspace)
    steps = _steps(rows, profile.train)
    earlier = list(_earlier(workspace, profile.model.name))
    tokens = _tokens(profile, workspace, rows, steps, earlier)
    return Plan(rows, steps, tokens, _time(profile, tokens, earlier))


def _rows(profile: Profile, workspace: Workspace) -> Figure:
    try:
        there = datasets.count_train_rows(workspace, profile.data)
    except InputError as error:
        return Figure(None, str(error))
    wanted, held_out = profile.data.train_rows, profile.data.validation_rows
    if there is None:
        return Figure(None, f"the data set is not here yet; `workbench data prepare {profile.data.dataset}` brings it")
    count, how = there, "all training rows"
    if wanted != "all" and wanted < there:
        count, how = wanted, f"a sample of {there:,}"
    if not held_out:
        return Figure(count, how)
    problem = datasets.too_many(profile.data, count)
    return Figure(None, str(problem)) if problem else Figure(count - held_out, f"{how}, less {held_out:,} to validate")


def _steps(rows: Figure, train: TrainOptions) -> Figure:
    if train.max_steps > 0:
        return Figure(train.max_steps, "train.max_steps")
    if rows.value is None:
        return Figure(None, rows.how)
    per_epoch = steps_per_epoch(int(rows.value), train)
    return Figure(math.ceil(train.num_train_epochs * per_epoch), f"{per_epoch:,} an epoch x {train.num_train_epochs:g}")


def steps_per_epoch(rows: int, train: TrainOptions) -> int:
    """Optimizer steps in which every row is seen once; the last of them may see fewer rows than the others.

    As transformers.Trainer.set_initial_training_values counts them, on one device.
    """
    batches = math.ceil(rows / train.micro_batch)
    return max(1, math.ceil(batches / train.gradient_accumulation_steps))


def _earlier(workspace: Workspace, model: str) -> Iterator[Earlier]:
    """Finished trainings of a model, the newest first; folders that cannot be read are passed over."""
    for run in reversed([run for run in runs(workspace) if not run.is_base][-LOOK_BACK:]):
        try:
            result = json.loads(run.result_file.read_bytes())
            if result["model"]["name"] == model and result["training"]:
                frozen = tomllib.loads(run.profile_file.read_text(encoding="utf-8"))
                yield Earlier(run.id, frozen, result["training"], str(result["device"]["name"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # unfinished or damaged: it says nothing about what comes


def _tokens(profile: Profile, workspace: Workspace, rows: Figure, steps: Figure, earlier: list[Earlier]) -> Figure:
    if rows.value is None or steps.value is None:
        return Figure(None, rows.how)
    wanted = _rows_shape(profile.model_dump())
    for run in earlier:
        mean = _mean_tokens(Run(workspace, run.id)) if _rows_shape(run.frozen) == wanted else None
        if mean:
            epochs = steps.value / steps_per_epoch(int(rows.value), profile.train)
            if profile.train.max_steps < 0:
                epochs = profile.train.num_train_epochs
            return Figure(round(mean * rows.value * epochs), f"{mean:.0f} a row, counted by the audit of {run.id}")
    at_most = f"at most {profile.train.max_length:,} a row (train.max_length)"
    return Figure(None, f"no earlier run of {profile.model.name} has counted these rows; {at_most}")


def _rows_shape(frozen: dict[str, Any]) -> list[Any]:
    """What decides how many tokens a row has."""
    return [frozen["train"]["max_length"], *(frozen["data"].get(key) for key in ROWS_KEYS)]


def _mean_tokens(run: Run) -> float | None:
    try:
        counted = json.loads(run.audit_file.read_bytes())
        return float(counted["tokens"] / counted["rows"])
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
        return None


def _time(profile: Profile, tokens: Figure, earlier: list[Earlier]) -> Figure:
    here = device_name()
    alike = [run for run in earlier if run.device == here and _method(run.frozen) == _method(profile.model_dump())]
    batch = _batch(profile.model_dump())
    same_batch = [run for run in alike if _batch(run.frozen) == batch]
    speeds = [float(run.training["tokens_per_s"]) for run in same_batch or alike if run.training.get("tokens_per_s")]
    if not speeds:
        what = f"{profile.adapter.method} on {profile.quant.method} weights of {profile.model.name}"
        return Figure(None, f"no earlier run of {what} was finished on this device ({here})")
    seen = f"{min(speeds):,.0f} to {max(speeds):,.0f}" if len(speeds) > 1 else f"{speeds[0]:,.0f}"
    how = f"from {len(speeds)} {'run' if len(speeds) == 1 else 'runs'} at {seen} tokens/s"
    if not same_batch:
        how += ", in batches of another size"
    if tokens.value is None:
        return Figure(None, f"the tokens are unknown ({how})")
    middle = statistics.median(speeds)
    return Figure(tokens.value / middle, how, tokens.value / max(speeds), tokens.value / min(speeds))


def device_name() -> str:
    """The name of the device that a worker would train on, as ``receipt.hardware`` writes it; loads no torch."""
    found, _ = gpus()
    return found[0].name if found else platform.processor() or platform.machine()


def _method(frozen: dict[str, Any]) -> list[Any]:
    return [frozen["adapter"]["method"], frozen["quant"]["method"]]


def _batch(frozen: dict[str, Any]) -> list[Any]:
    keys = ("per_device_train_batch_size", "gradient_checkpointing", "max_length")
    return [frozen["train"].get(key) for key in keys]
