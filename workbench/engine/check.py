"""What is wrong with a profile on this machine: found in a second, before anything is loaded or written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec

from workbench.choices.adapters import FullOptions
from workbench.choices.optimizers import OPTIMIZERS
from workbench.choices.sources import BY_HUB_ID, SOURCES
from workbench.engine import datasets
from workbench.engine.check_model import check_model
from workbench.engine.doctor import gpus
from workbench.errors import Problem, nearest
from workbench.paths import Workspace
from workbench.profile import Profile, TrainOptions

FULL_LEARNING_RATE = 1e-4
"""Above it, full fine-tuning of these models usually forgets more than it learns."""


def check(profile: Profile, workspace: Workspace, where: str) -> list[Problem]:
    """What would keep the profile from running here, and what is probably not meant (``fatal=False``).

    Needs no hub, no GPU and none of the heavy libraries, and writes nothing. What only the rendered rows can
    show is found by the audit at the start of the run.

    Args:
        profile: What is checked.
        workspace: Where its files, data sets and models are.
        where: The profile's file, for the messages.
    """
    problems = [
        *check_model(profile, workspace),
        *_data(profile, workspace),
        *_adapter(profile),
        *_gpu(profile),
        *_train(profile),
        *_eval(profile, workspace),
    ]
    return [replace(problem, where=f"{where}: {problem.where}" if problem.where else where) for problem in problems]


def _data(profile: Profile, workspace: Workspace) -> Iterator[Problem]:
    data = profile.data
    if data.dataset and (data.train_file or data.test_file):
        yield Problem(
            "data.dataset",
            f'both a data set ("{data.dataset}") and a file ("{data.train_file or data.test_file}") are named.',
            'Remove one of them: data.dataset = "", or data.train_file = "" and data.test_file = "".',
        )
    elif not data.dataset and not data.train_file:
        yield Problem(
            "data.dataset",
            "there is nothing to train on.",
            "Name a data set (`workbench list datasets`), or give data.train_file.",
        )
    else:
        problems = datasets.check(workspace, data)
        yield from problems or _validation(profile, workspace)


def _validation(profile: Profile, workspace: Workspace) -> Iterator[Problem]:
    data, train = profile.data, profile.train
    if not data.validation_rows:
        if train.eval_steps != "auto":
            yield Problem(
                "train.eval_steps",
                "there are no validation rows to look at.",
                "Set data.validation_rows, or remove this key.",
                fatal=False,
            )
        return
    if train.max_steps == 0:
        yield Problem("data.validation_rows", "nothing is trained, so that nobody looks at them.", fatal=False)
        return
    rows = _chosen_rows(profile, workspace)
    problem = None if rows is None else datasets.too_many(data, rows)
    if problem:
        yield problem


def _chosen_rows(profile: Profile, workspace: Workspace) -> int | None:
    """The training rows with those for validation; None when the data set is not here yet."""
    wanted = profile.data.train_rows
    there = datasets.count_train_rows(workspace, profile.data)
    if there is None:
        return None if wanted == "all" else wanted
    return there if wanted == "all" else min(wanted, there)


def _adapter(profile: Profile) -> Iterator[Problem]:
    adapter, train = profile.adapter, profile.train
    if not isinstance(adapter, FullOptions):
        return
    if profile.model.dtype == "float16":
        yield Problem(
            "model.dtype",
            "full fine-tuning in float16 loses most updates: they are smaller than its smallest step.",
            'Set model.dtype = "bfloat16" or "float32".',
        )
    if train.learning_rate > FULL_LEARNING_RATE and train.max_steps != 0:
        yield Problem(
            "train.learning_rate",
            f"{train.learning_rate:g} is high for full fine-tuning, which usually wants 1e-5 to 5e-5.",
            fatal=False,
        )


def _gpu(profile: Profile) -> Iterator[Problem]:
    """Keys that need an NVIDIA GPU, where there is none."""
    _, reason = gpus()
    wanted = list(_needs_gpu(profile))
    if reason:
        for key, what, instead in wanted:
            yield Problem(key, f"{what} needs an NVIDIA GPU: {reason}.", instead)
    if profile.train.use_liger_kernel is True and find_spec("liger_kernel") is None:
        yield Problem("train.use_liger_kernel", "liger-kernel is not installed.", "pip install 'workbench[liger]'")
    if profile.model.attn_implementation == "flash_attention_2":
        if find_spec("flash_attn") is None:
            yield Problem("model.attn_implementation", "flash-attn is not installed.", 'Set it to "sdpa".')
        if profile.model.dtype == "float32":
            yield Problem("model.dtype", "flash attention works in bfloat16 and float16 only.")


def _needs_gpu(profile: Profile) -> Iterator[tuple[str, str, str]]:
    optimizer = OPTIMIZERS[profile.train.optim]
    if optimizer.needs_cuda and profile.train.max_steps != 0:
        yield "train.optim", f"{optimizer.name} ({optimizer.label})", 'Set train.optim = "adamw_torch_fused".'
    if profile.train.use_liger_kernel is True:
        yield "train.use_liger_kernel", "Liger", 'Set train.use_liger_kernel = "auto".'
    if profile.model.attn_implementation == "flash_attention_2":
        yield "model.attn_implementation", "flash attention", 'Set model.attn_implementation = "sdpa".'


def _train(profile: Profile) -> Iterator[Problem]:
    train = profile.train
    if isinstance(train.save_steps, int) and train.save_steps < 1:
        yield Problem("train.save_steps", f'this must be at least 1, or "auto" (it is {train.save_steps}).')
    if train.max_steps == 0:
        if not profile.eval.enabled:
            yield Problem(
                "train.max_steps", "0 steps and eval.enabled = false leave nothing to do.", "Change one of them."
            )
        return
    steps = _steps(profile)
    if steps is not None and train.warmup_steps >= 1 and train.warmup_steps >= steps:
        yield Problem(
            "train.warmup_steps",
            f"the warm-up of {train.warmup_steps:g} steps is as long as the whole run ({steps} steps): the learning "
            f"rate never reaches {train.learning_rate:g}.",
            "A value below 1 is a fraction of all steps.",
            fatal=False,
        )
    rows = _asked_rows(profile)
    if rows is not None and 0 < rows < train.rows_per_step:
        yield Problem(
            "data.train_rows",
            f"{rows} rows are fewer than the {train.rows_per_step} of one optimizer step.",
            "Lower train.gradient_accumulation_steps or train.per_device_train_batch_size.",
            fatal=False,
        )


def _steps(profile: Profile) -> int | None:
    """Optimizer steps of the whole run; None when that depends on a data set nobody has counted yet."""
    train, rows = profile.train, _asked_rows(profile)
    if train.max_steps > 0:
        return train.max_steps
    return None if rows is None else _epoch_steps(train, rows)


def _asked_rows(profile: Profile) -> int | None:
    """Rows that are trained on where a profile gives a number, those for validation taken out."""
    rows = profile.data.train_rows
    return None if rows == "all" else rows - profile.data.validation_rows


def _epoch_steps(train: TrainOptions, rows: int) -> int:
    batches = math.ceil(rows / train.micro_batch)
    return math.ceil(math.ceil(batches / train.gradient_accumulation_steps) * train.num_train_epochs)


def _eval(profile: Profile, workspace: Workspace) -> Iterator[Problem]:
    options = profile.eval
    if isinstance(options.max_new_tokens, int) and options.max_new_tokens < 1:
        yield Problem("eval.max_new_tokens", f'this must be at least 1, or "auto" (it is {options.max_new_tokens}).')
    if not options.enabled:
        return
    yield from _lm_eval(profile, workspace)
    known = {*SOURCES, *BY_HUB_ID, *(one.id for one in datasets.prepared(workspace))}
    for name in options.datasets:
        if name not in known:
            yield Problem("eval.datasets", f'there is no data set "{name}".', nearest(name, known))


def _lm_eval(profile: Profile, workspace: Workspace) -> Iterator[Problem]:
    tasks = profile.eval.lm_eval_tasks
    if tasks and find_spec("lm_eval") is None:
        yield Problem("eval.lm_eval_tasks", "lm-eval is not installed.", "pip install 'workbench[lm-eval]'")
    for task in tasks:
        if task.endswith((".yaml", ".yml")) and not datasets.locate(workspace, task).is_file():
            yield Problem("eval.lm_eval_tasks", f"there is no file {datasets.locate(workspace, task)}.")
