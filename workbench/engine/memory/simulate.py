"""One training step of the real model on tensors without contents, and the memory that it would take on a GPU.

transformers builds the model from its config, PEFT attaches the adapter, autograd runs the step; a tracker below them
counts. Nothing is downloaded and nothing is computed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import PreTrainedModel

from workbench.engine.memory import liger, states
from workbench.engine.memory.allocator import Allocator
from workbench.engine.memory.hollow import build, count_weights, materialize
from workbench.engine.memory.kernels import CudaDropout
from workbench.engine.memory.practice import INSTALLED, Practice
from workbench.engine.memory.quantized import tell_of_autocast
from workbench.engine.memory.rehearsal import Rehearsal
from workbench.engine.memory.tracker import Step, Tracker
from workbench.engine.memory.workload import Workload
from workbench.engine.proof import CHUNK
from workbench.profile import Profile

PHASES = ("optimizer", "forward", "loss", "backward")
"""In the order in which a steady step goes through them: the states of the step before are there already."""


@dataclass(frozen=True)
class Simulated:
    """What a step takes, by phase.

    Args:
        live_bytes: Peak in each phase of what is asked for, in multiples of 512.
        allocated_bytes: The same with what the allocator adds by leaving blocks whole.
        parts: What was live at each peak, by part.
        reserved_bytes: What the allocator held at most.
        trainable_parameters: How many numbers are trained.
    """

    live_bytes: dict[str, int]
    allocated_bytes: dict[str, int]
    parts: dict[str, dict[str, int]]
    reserved_bytes: int
    trainable_parameters: int


@dataclass(frozen=True)
class Training:
    """What a step is simulated of.

    Args:
        base: The model below the adapter.
        profile: How it is trained.
        workload: The largest micro-batch.
        trained: What the optimizer changes.
        tracker: Counts; active.
        practice: How the trainer goes about it.
    """

    base: PreTrainedModel
    profile: Profile
    workload: Workload
    trained: list[torch.nn.Parameter]
    tracker: Tracker
    practice: Practice


def layers_of(config: Any) -> int:
    """How many decoder layers a config says."""
    return int(config.get_text_config().num_hidden_layers)


def training_step(
    profile: Profile,
    config: dict[str, Any],
    workload: Workload,
    layers: int,
    fused: bool,
    practice: Practice = INSTALLED,
) -> Simulated:
    """The memory of a steady training step of the model cut to ``layers`` decoder layers.

    Args:
        profile: What is trained, and how.
        config: The model's config.json.
        workload: The largest micro-batch.
        layers: How many of the model's layers are simulated.
        fused: Whether Liger's kernels are used.
        practice: How the trainer goes about it.
    """
    tracker = Tracker()
    with torch.device("meta"):
        base = build(profile, config, layers, workload.padded)
        model = practice.prepare(base, profile)
    with FakeTensorMode(allow_non_fake_inputs=True), contextlib.ExitStack() as stack:
        materialize(model)
        tell_of_autocast(model)
        if fused:
            liger.fuse(model)
            stack.enter_context(liger.fused_rotation(base))
        count_weights(model, tracker)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        stack.enter_context(tracker)
        stack.enter_context(CudaDropout())
        for parameter in trained:
            parameter.register_post_accumulate_grad_hook(lambda one: tracker.move(one.grad, "gradients"))
        step = _whole_step if profile.adapter.method == "full" else _steady_step
        moves = step(Training(base, profile, workload, trained, tracker, practice))
    return measured(tracker, moves, PHASES, sum(parameter.numel() for parameter in trained))


def measured(tracker: Tracker, moves: Sequence[Step], phases: Sequence[str], trainable_parameters: int) -> Simulated:
    """What a tracker saw, after a replay of its moves, or of what is made of them, through the allocator."""
    replayed = Allocator().replay(moves)
    return Simulated(
        live_bytes={phase: tracker.peak_bytes(phase) for phase in phases},
        allocated_bytes={phase: max(replayed.peaks.get(phase, 0), tracker.peak_bytes(phase)) for phase in phases},
        parts={phase: tracker.peaks.get(phase, {}) for phase in phases},
        reserved_bytes=replayed.reserved_bytes,
        trainable_parameters=trainable_parameters,
    )


def at_depth(shallow: Simulated, deep: Simulated, depths: tuple[int, int], layers: int) -> Simulated:
    """What a model of ``layers`` layers takes, from simulations of two depths.

    Each phase grows by the same amount with every layer; the peak over all phases does not. What the allocator
    adds by rounding is that of the deeper simulation, because it does not grow evenly.

    Args:
        shallow: The one of fewer layers.
        deep: The one of more.
        depths: Their numbers of layers.
        layers: How many the model has.
    """
    factor = (layers - depths[1]) / (depths[1] - depths[0])

    def grown(first: float, second: float) -> int:
        return round(second + (second - first) * factor)

    live = {phase: grown(shallow.live_bytes[phase], peak) for phase, peak in deep.live_bytes.items()}
    added = {phase: deep.allocated_bytes[phase] - peak for phase, peak in deep.live_bytes.items()}
    allocated = {phase: peak + added[phase] for phase, peak in live.items()}
    parts = {
        phase: {name: grown(shallow.parts[phase].get(name, 0), size) for name, size in held.items()}
        for phase, held in deep.parts.items()
    }
    reserved = max([grown(shallow.reserved_bytes, deep.reserved_bytes), *allocated.values()])
    trained = grown(shallow.trainable_parameters, deep.trainable_parameters)
    return Simulated(live, allocated, parts, reserved, trained)


def _steady_step(training: Training) -> list[Step]:
    """A micro-batch while the optimizer's state is there, with more than one a step the gradients too; then its step.

    Returns:
        The allocator's moves.
    """
    optim, trained, tracker = training.profile.train.optim, training.trained, training.tracker
    if training.workload.accumulation > 1:
        with tracker.within(part="gradients", phase="optimizer"):
            for parameter in trained:
                parameter.grad = torch.empty_like(parameter)
    with tracker.within(part="optimizer", phase="optimizer"):
        kept = states.keep_states(optim, trained)
    _micro_batch(training)
    with tracker.within(part="optimizer", phase="optimizer"):
        states.take_temporaries(optim, trained)
    del kept
    return tracker.cut()


def _whole_step(training: Training) -> list[Step]:
    """A micro-batch that makes the gradients, the states, a micro-batch among them, and the optimizer's step.

    Returns:
        The allocator's moves of two steps: the blocks of the first lie where its activations left room.
    """
    optim, trained, tracker = training.profile.train.optim, training.trained, training.tracker
    with tracker.within(part="workspace", phase="optimizer"):
        _look_at_weights(trained)
    weights = tracker.cut()
    _micro_batch(training)
    first = tracker.cut()
    with tracker.within(part="optimizer", phase="optimizer"):
        kept = states.keep_states(optim, trained, training.base.get_input_embeddings().weight)
    made = tracker.cut()
    if training.workload.accumulation == 1:
        for parameter in trained:
            parameter.grad = None
    tracker.cut()
    _micro_batch(training)
    later = tracker.cut()
    with tracker.within(part="optimizer", phase="optimizer"):
        states.take_temporaries(optim, trained)
        _look_at_weights(trained)
    moment = tracker.cut()
    del kept
    return Rehearsal(weights, first, later if training.workload.accumulation > 1 else [], made, moment).moves()


def _look_at_weights(trained: list[torch.nn.Parameter]) -> None:
    """What the proof of training takes for a moment, before training and after a step (``proof.fingerprints``)."""
    torch.empty(min(CHUNK, max(parameter.numel() for parameter in trained)), dtype=torch.int64)


def _micro_batch(training: Training) -> None:
    base, workload, tracker, practice = training.base, training.workload, training.tracker, training.practice
    shape = (workload.micro_batch, workload.sequence_tokens)
    computed = practice.autocast(training.profile)
    with torch.autocast("cpu", dtype=computed, enabled=computed != torch.float32):
        with tracker.within(part="activations", phase="forward"):
            mask = causal_mask(workload.micro_batch, workload.sequence_tokens) if workload.padded else None
            hidden = base.base_model(input_ids=torch.empty(shape, dtype=torch.long), use_cache=False).last_hidden_state
        with tracker.within(part="loss", phase="loss"):
            loss = practice.loss(hidden, base.get_output_embeddings().weight, workload.label_tokens)
            del hidden
    with tracker.within(part="activations", phase="backward"):
        _backward(loss)
    del mask


def causal_mask(rows: int, tokens: int, past_tokens: int = 0) -> torch.Tensor:
    """The mask of a padded batch, one byte a pair, which all layers share."""
    return torch.empty((rows, 1, tokens, past_tokens + tokens), dtype=torch.bool)


def _backward(loss: torch.Tensor) -> None:
    """``loss.backward()`` by the engine itself: the public call leaves the function mode, which recomputation needs."""
    engine = torch.autograd.Variable._execution_engine
    options = {"allow_unreachable": True, "accumulate_grad": True}
    engine.run_backward((loss,), (torch.ones_like(loss),), False, False, (), **options)
