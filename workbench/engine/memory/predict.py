"""From a profile to the predicted peaks of its training and its evaluation; runs where the heavy libraries are."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.choices.adapters import LoraOptions
from workbench.choices.quantizers import NoQuantOptions
from workbench.engine.evaluate.batching import LEAST_TOKENS
from workbench.engine.fetch import model_folder
from workbench.engine.memory import evaluation, simulate
from workbench.engine.memory.cache import rows_id
from workbench.engine.memory.config import MEASURED_FAMILIES
from workbench.engine.memory.estimate import Estimate, Machine, Prediction
from workbench.engine.memory.evaluation import Generation
from workbench.engine.memory.need import allowance
from workbench.engine.memory.recipe import uses_liger_on_a_gpu
from workbench.engine.memory.simulate import Simulated
from workbench.engine.memory.workload import Workload, longest, worst_case
from workbench.engine.model import load_tokenizer
from workbench.engine.preview import audited
from workbench.engine.versions import versions
from workbench.paths import Workspace
from workbench.profile import EvalOptions, Profile, TrainOptions, dump, parse

DEPTHS = (2, 4)
WHOLE_LAYERS = 48
"""Up to so many layers the whole model is simulated, which takes some seconds; deeper ones are extrapolated."""
ERROR = 0.02
"""What a simulation was off at most, as a fraction of what was measured; see docs/memory.md."""
NEW_TOKENS = 64
"""Answer tokens that are assumed when the profile leaves them to the task."""


def predict(
    workspace: Workspace, profile: Profile, config: dict[str, Any], machine: Machine, quick: bool = False
) -> Prediction:
    """The predicted peaks.

    Args:
        workspace: Where models/ and data/ are.
        profile: What is to be run.
        config: The model's config.json.
        machine: What CUDA and cuBLAS take on the card.
        quick: Extrapolate from few layers: a second instead of some, and a little less exact. Not where all gradients
            are made in one backward pass: with few layers the peak stands elsewhere in it than with many.

    Raises:
        InputError: The model's rows cannot be tokenised, or the adapter fits no layer of it.
    """
    _be_quiet()
    workload, generation = measured_workload(workspace, profile)
    train, trainable = None, 0
    if profile.train.max_steps != 0:
        train, trainable = predict_training(profile, config, workload, machine, quick)
    batched, single = (
        predict_evaluation(profile, config, batch, machine)
        for batch in (generation, Generation(1, generation.prompt_tokens, generation.new_tokens))
    )
    return Prediction(train, batched, single, workload, trainable, versions(), profile.eval.enabled)


def predict_training(
    profile: Profile, config: dict[str, Any], workload: Workload, machine: Machine, quick: bool = False
) -> tuple[Estimate, int]:
    """The predicted peak of training on a given micro-batch, and how many numbers are trained. Else as ``predict``."""
    fused = uses_liger_on_a_gpu(profile.train)
    quick = quick and not (profile.adapter.method == "full" and workload.accumulation == 1)
    step = _whole_model(config, quick, lambda layers: simulate.training_step(profile, config, workload, layers, fused))
    trained = step.trainable_parameters
    allowed = allowance(profile, config, workload, trained, _trained_embedding(profile, config))
    notes = [workload.source, *_notes(profile, config), *allowed.notes]
    estimate = replace(
        _estimate("train", step, machine, notes),
        safe_margin=allowed.safe_margin,
        spare_bytes=allowed.spare_bytes,
        paged_bytes=allowed.paged_bytes,
    )
    return estimate, trained


def _trained_embedding(profile: Profile, config: dict[str, Any]) -> int:
    """How many of the trained numbers are the embedding's: all of them or none."""
    text = config.get("text_config", config)
    return int(text["vocab_size"] * text["hidden_size"]) if profile.adapter.method == "full" else 0


def predict_evaluation(profile: Profile, config: dict[str, Any], batch: Generation, machine: Machine) -> Estimate:
    """The predicted peak of answering a given batch. Arguments as ``predict``."""
    return _estimate("evaluate", _answers(profile, config, batch), machine, _generation_notes(batch))


def _answers(profile: Profile, config: dict[str, Any], batch: Generation) -> Simulated:
    return _whole_model(config, True, lambda layers: evaluation.generation(profile, config, batch, layers))


def _be_quiet() -> None:
    """What the libraries say of a model without values helps nobody."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)


def measured_workload(workspace: Workspace, profile: Profile) -> tuple[Workload, Generation]:
    """The largest micro-batch and the largest batch of prompts, from the rows where model and data are here."""
    train = profile.train
    folder = model_folder(workspace, profile.model)
    workload = worst_case(train)
    if folder is not None and _data_is_here(workspace, profile):
        lengths, labels = _token_counts(workspace, folder, _rows_alone(profile), rows_id(workspace, profile))
        if lengths:
            workload = longest(train, lengths, labels)
    limit = profile.eval.max_new_tokens
    new_tokens = limit if isinstance(limit, int) else NEW_TOKENS
    wanted = profile.eval.batch_tokens
    tokens = LEAST_TOKENS if wanted == "auto" else wanted  # "auto" takes more only where the card has room for it
    rows = max(1, tokens // (workload.sequence_tokens + new_tokens))
    return workload, Generation(rows, workload.sequence_tokens, new_tokens)


def _rows_alone(profile: Profile) -> str:
    """The profile with nothing but what its rows' tokens depend on, as TOML."""
    plain = {"adapter": LoraOptions(), "quant": NoQuantOptions(), "eval": EvalOptions()}
    return dump(profile.model_copy(update={**plain, "train": TrainOptions(max_length=profile.train.max_length)}))


@lru_cache(maxsize=4)
def _token_counts(
    workspace: Workspace,
    folder: Path,
    profile_text: str,
    rows: tuple[str, ...],  # noqa: ARG001 - it is what the kept answer is found by
) -> tuple[list[int], list[int]]:
    """Tokens of each training row, and how many are trained; kept, since one question asks for many predictions.

    Args:
        workspace: Where the rows are.
        folder: Of the model, with its tokenizer.
        profile_text: From ``_rows_alone``.
        rows: From ``cache.rows_id``: it changes with the rows.
    """
    profile = parse(profile_text, "rows", "rows")
    encoded = audited(workspace, profile, load_tokenizer(folder, profile.model)).encoded
    trained = [row for row in encoded if row.has_labels]
    return [len(row.input_ids) for row in trained], [sum(label >= 0 for label in row.labels) for row in trained]


def _data_is_here(workspace: Workspace, profile: Profile) -> bool:
    """Whether rows can be read without asking the hub."""
    from workbench.choices.sources import BY_HUB_ID, SOURCES
    from workbench.engine import datasets

    if datasets.check(workspace, profile.data):
        return False
    name = profile.data.dataset
    source = SOURCES.get(name) or BY_HUB_ID.get(name)
    made_here = source is None or not source.hub_id
    return made_here or any(one.id == source.name for one in datasets.prepared(workspace) if source)


def _whole_model(config: dict[str, Any], quick: bool, at: Callable[[int], Simulated]) -> Simulated:
    layers = int(config.get("text_config", config)["num_hidden_layers"])
    if layers <= DEPTHS[1] or (layers <= WHOLE_LAYERS and not quick):
        return at(layers)
    return simulate.at_depth(at(DEPTHS[0]), at(DEPTHS[1]), DEPTHS, layers)


def _estimate(stage: str, step: Simulated, machine: Machine, notes: list[str]) -> Estimate:
    phase = max(step.allocated_bytes, key=step.allocated_bytes.__getitem__)
    allocated = step.allocated_bytes[phase] + machine.workspace_bytes
    reserved = max(step.reserved_bytes + machine.workspace_bytes, allocated)
    held = step.parts[phase]
    # what the allocator adds by rounding, what kernels borrow, and cuBLAS's own
    parts = {**held, "workspace": allocated - sum(size for part, size in held.items() if part != "workspace")}
    return Estimate(
        source="simulation",
        stage=stage,
        allocated_bytes=allocated,
        reserved_bytes=reserved,
        process_bytes=reserved + machine.context_bytes,
        phase=phase,
        parts={**parts, "context": machine.context_bytes},
        error=ERROR,
        notes=(*notes, *machine.notes),
    )


def _generation_notes(batch: Generation) -> list[str]:
    prompts = "1 prompt" if batch.rows == 1 else f"{batch.rows} prompts"
    return [f"{prompts} of up to {batch.prompt_tokens} tokens at once, answers of up to {batch.new_tokens}"]


def _notes(profile: Profile, config: dict[str, Any]) -> list[str]:
    found = []
    family = str(config.get("model_type", ""))
    if family not in MEASURED_FAMILIES:
        found.append(f"{family or 'this kind of model'} was never measured: best effort")
    if config.get("quantization_config"):
        found.append("the model's own quantization is not simulated: its weights are taken as 16-bit ones")
    if profile.train.use_liger_kernel == "auto":
        used = "used" if uses_liger_on_a_gpu(profile.train) else "not used: liger-kernel is not installed here"
        found.append(f'train.use_liger_kernel = "auto": {used}')
    if not profile.eval.enabled:
        found.append("eval.enabled = false: only the training counts")
    return found
