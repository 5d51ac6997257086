"""One training step of the real model on tensors without contents, and the memory that it would take on a GPU.

transformers builds the model from its config, PEFT attaches the adapter, autograd runs the step; a tracker below them
counts. Nothing is downloaded and nothing is computed.
"""

from __future__ import annotations

import contextlib
import copy
import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.initialization import no_init_weights

from workbench.choices.quantizers import Int8Options, Nf4Options
from workbench.engine.memory import liger, quantized, states
from workbench.engine.memory.allocator import Allocator
from workbench.engine.memory.kernels import MASKED, PLAIN, CudaDropout
from workbench.engine.memory.practice import INSTALLED, Practice, gpu_dtype
from workbench.engine.memory.tracker import Tracker
from workbench.engine.memory.workload import Workload
from workbench.errors import InputError
from workbench.profile import Profile

PHASES = ("optimizer", "forward", "loss", "backward")
"""In the order in which a steady step goes through them: the states of the step before are there already."""
LENGTH_DEPENDENT_ROPE = ("dynamic", "longrope")
"""Rotations that look at the positions first, which have no values here; they take as much as the plain one."""


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
        if fused:
            liger.fuse(model)
            stack.enter_context(liger.fused_rotation(base))
        count_weights(model, tracker)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        stack.enter_context(tracker)
        stack.enter_context(CudaDropout())
        for parameter in trained:
            parameter.register_post_accumulate_grad_hook(lambda one: tracker.move(one.grad, "gradients"))
        _steady_step(base, profile, workload, trained, tracker, practice)
    return measured(tracker, PHASES, sum(parameter.numel() for parameter in trained))


def measured(tracker: Tracker, phases: Sequence[str], trainable_parameters: int) -> Simulated:
    """What a tracker saw, after a replay of its moves through the allocator."""
    replayed = Allocator().replay(tracker.steps)
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


def build(profile: Profile, config: dict[str, Any], layers: int, padded: bool) -> PreTrainedModel:
    """The base model without values, quantized if the profile says so; on the device that is the default now.

    Raises:
        InputError: transformers cannot build it, or not with attention that is simulated.
    """
    fused = profile.model.attn_implementation != "eager"
    attention = (MASKED if padded else PLAIN) if fused else "eager"
    wanted = gpu_dtype(profile)
    if profile.model.trust_remote_code and "auto_map" in config:
        raise InputError("model.name: a model with code of its own cannot be simulated from its config alone.")
    try:
        cut = _cut(config, layers)
        with no_init_weights(), _default_dtype(wanted):
            model: PreTrainedModel = AutoModelForCausalLM.from_config(cut, attn_implementation=attention)
    except (ValueError, KeyError, TypeError) as error:
        kind, first = config.get("model_type"), str(error).strip().splitlines()[0][:200]
        raise InputError(
            f"model.name: a model whose config says model_type = {kind!r} cannot be simulated with the installed "
            f"transformers: {first}"
        ) from error
    model.tie_weights()
    if isinstance(profile.quant, Int8Options | Nf4Options):
        quantized.quantize(model, profile.quant, wanted)
    return model


def _cut(config: dict[str, Any], layers: int) -> PreTrainedConfig:
    """The config with so many layers, and with nothing that reads a tensor's values."""
    cut: PreTrainedConfig = AutoConfig.for_model(**copy.deepcopy(config))
    text = cut.get_text_config()
    text.num_hidden_layers = layers
    if getattr(text, "layer_types", None):
        text.layer_types = text.layer_types[:layers]
    rope = getattr(text, "rope_parameters", None) or {}
    if rope.get("rope_type") in LENGTH_DEPENDENT_ROPE:
        text.rope_parameters = {"rope_type": "default", "rope_theta": rope.get("rope_theta", 10_000.0)}
    cut.use_cache = False
    return cut


@contextlib.contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def materialize(model: torch.nn.Module) -> None:
    """Give a model on the meta device fake CPU tensors instead; call it within a fake tensor mode.

    It is built on the meta device because PEFT moves its adapters to the base model's device and dtype, which fake
    parameters cannot do; it runs on fake CPU tensors because autocast knows no meta device.
    """
    made: dict[int, torch.Tensor] = {}

    def fake(tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) not in made:
            new = torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")
            is_parameter = isinstance(tensor, torch.nn.Parameter)
            made[id(tensor)] = torch.nn.Parameter(new, tensor.requires_grad) if is_parameter else new
        return made[id(tensor)]

    for module in model.modules():
        places: tuple[dict[str, Any], ...] = (module._parameters, module._buffers)
        for held in places:
            held.update({name: fake(tensor) for name, tensor in held.items() if tensor is not None})
        quantized.replace_hidden(module, fake)


def count_weights(model: torch.nn.Module, tracker: Tracker) -> None:
    """Count what lies on the GPU before the first step."""
    gc.collect()
    full = all(parameter.requires_grad for parameter in model.parameters())
    for parameter in model.parameters():
        tracker.count(parameter, "weights" if full or not parameter.requires_grad else "adapter")
    for name, buffer in model.named_buffers():
        tracker.count(buffer, "adapter" if "vera_" in name else "weights")
    for tensor in quantized.hidden_tensors(model):
        tracker.count(tensor, "weights")


def _steady_step(
    base: PreTrainedModel,
    profile: Profile,
    workload: Workload,
    trained: list[torch.nn.Parameter],
    tracker: Tracker,
    practice: Practice,
) -> None:
    """A micro-batch while the optimizer's state is there, with more than one a step the gradients too; then its step.

    Where every weight is trained, the very first micro-batch goes before: gradients and states then lie where it
    left room, and the allocator holds more than it hands out.
    """
    if profile.adapter.method == "full":
        _micro_batch(base, profile, workload, tracker, practice)
    elif workload.accumulation > 1:
        with tracker.within(part="gradients", phase="optimizer"):
            for parameter in trained:
                parameter.grad = torch.empty_like(parameter)
    with tracker.within(part="optimizer", phase="optimizer"):
        kept = states.keep_states(profile.train.optim, trained)
    if workload.accumulation == 1:
        for parameter in trained:
            parameter.grad = None
    _micro_batch(base, profile, workload, tracker, practice)
    with tracker.within(part="optimizer", phase="optimizer"):
        states.take_temporaries(profile.train.optim, trained)
    del kept


def _micro_batch(
    base: PreTrainedModel, profile: Profile, workload: Workload, tracker: Tracker, practice: Practice
) -> None:
    shape = (workload.micro_batch, workload.sequence_tokens)
    computed = practice.autocast(profile)
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
