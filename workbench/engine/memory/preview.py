"""The peak of training as a closed form: at once and without the heavy libraries, while a profile is being typed.

It adds up what lies on the GPU all the time and the largest of what comes and goes. It knows Llama-like decoders only,
and is a preview: `ERROR` says by how much it was off. The verdict is the simulation's.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.choices.adapters import FullOptions, VeraOptions
from workbench.choices.optimizers import OPTIMIZERS
from workbench.choices.quantizers import Int8Options, Nf4Options
from workbench.engine.memory.cards import Card
from workbench.engine.memory.config import Shape, model_config, shape_of
from workbench.engine.memory.estimate import Estimate, safe_margin
from workbench.engine.memory.machine import machine
from workbench.engine.memory.need import paged_bytes, paged_note
from workbench.engine.memory.workload import Workload, worst_case
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import Profile

ERROR = 0.15
"""Fraction that it was off at most on configurations that it was not fitted to; typically a tenth of that."""
TILE_ROWS, TILE_COLUMNS = 4096, 32768
"""Tokens and vocabulary of one tile of TRL's loss head."""
GIB = 2**30
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Bytes a weight: half a byte, a scale of one byte every 64, and one of four every 64 * 256 (Dettmers et al. 2023)."""
NF4_PLAIN_BYTES = 0.5 + 4 / 64


@dataclass(frozen=True)
class _Sizes:
    """Numbers that several terms need: trained ones, the embedding's among them, and bytes of one and of a weight."""

    trained: int
    embedding: int
    adapter: int
    trained_bytes: int
    dtype_bytes: int
    hidden_bytes: int


def preview(
    workspace: Workspace, profile: Profile, card: Card | None = None, workload: Workload | None = None
) -> Estimate:
    """The closed form's peak of training, in less than 50 ms.

    Args:
        workspace: Where models/ is.
        profile: What is to be trained.
        card: On what; it decides what CUDA itself takes.
        workload: The largest micro-batch; by default rows of ``max_length``.

    Raises:
        InputError: The model's shape is not known without asking the hub, or is none that the form covers.
    """
    if profile.train.max_steps == 0:
        raise InputError("The profile trains nothing; what evaluation takes is the simulation's to say.")
    shape = shape_of(model_config(workspace, profile.model, may_download=False))
    batch = workload or worst_case(profile.train)
    sizes = _sizes(profile, shape)
    around = machine(card)
    paged = paged_bytes(profile.train.optim, sizes.trained, sizes.embedding)
    parts = {
        "weights": _weights(profile, shape, sizes),
        "adapter": sizes.adapter * sizes.trained_bytes,
        "gradients": sizes.trained * sizes.trained_bytes if batch.accumulation > 1 else 0,
        "optimizer": _optimizer(profile, sizes),
    }
    phase, moving = _moving(profile, shape, batch, sizes)
    parts = {**parts, **moving, "workspace": around.workspace_bytes}
    allocated = sum(parts.values())
    return Estimate(
        source="preview",
        stage="train",
        allocated_bytes=allocated,
        reserved_bytes=None,
        process_bytes=allocated + around.context_bytes,
        phase=phase,
        parts={**parts, "context": around.context_bytes},
        error=ERROR,
        safe_margin=safe_margin(batch, profile),
        notes=(batch.source, *([paged_note(paged)] if paged else []), *around.notes),
        paged_bytes=paged,
    )


def _sizes(profile: Profile, shape: Shape) -> _Sizes:
    dtype_bytes = 4 if profile.model.dtype == "float32" else 2
    upcast = getattr(profile.quant, "upcast_embeddings", False)
    hidden_bytes = 4 if upcast or dtype_bytes == 4 else 2
    adapter = profile.adapter
    if isinstance(adapter, FullOptions):
        return _Sizes(_parameters(shape), shape.vocabulary * shape.hidden, 0, dtype_bytes, dtype_bytes, hidden_bytes)
    trained_bytes = 2 if profile.quant.method != "none" else 4
    linears = shape.linears()
    targets = [linears[name] for name in _targets(profile, linears)]
    if isinstance(adapter, VeraOptions):
        shared = adapter.r * (max(into for into, _ in targets) + max(out for _, out in targets))
        trained = shape.layers * sum(out + adapter.r for _, out in targets)
        return _Sizes(trained, 0, trained + shared, trained_bytes, dtype_bytes, hidden_bytes)
    trained = shape.layers * sum(adapter.r * (into + out) for into, out in targets)
    if adapter.method == "dora":
        trained += shape.layers * sum(out for _, out in targets)
    return _Sizes(trained, 0, trained, trained_bytes, dtype_bytes, hidden_bytes)


def _targets(profile: Profile, linears: dict[str, tuple[int, int]]) -> list[str]:
    """The adapted layers that a Llama-like decoder has.

    Raises:
        InputError: None of the named ones is there.
    """
    wanted = getattr(profile.adapter, "target_modules", "all-linear")
    names = list(linears) if wanted == "all-linear" else [name for name in wanted if name in linears]
    if not names:
        raise InputError(f"adapter.target_modules: the preview knows none of {', '.join(wanted)}.")
    return names


def _linear_parameters(shape: Shape) -> int:
    return shape.layers * sum(into * out for into, out in shape.linears().values())


def _embedding_parameters(shape: Shape) -> int:
    return shape.vocabulary * shape.hidden * (1 if shape.tied else 2)


def _parameters(shape: Shape) -> int:
    norms = shape.layers * (2 * shape.hidden + 2 * shape.head_size) + shape.hidden
    return _linear_parameters(shape) + _embedding_parameters(shape) + norms


def _weights(profile: Profile, shape: Shape, sizes: _Sizes) -> int:
    linear = _linear_parameters(shape)
    rest = _parameters(shape) - linear
    if isinstance(profile.quant, Nf4Options):
        linear_bytes = linear * (NF4_BYTES if profile.quant.bnb_4bit_use_double_quant else NF4_PLAIN_BYTES)
    elif isinstance(profile.quant, Int8Options):
        linear_bytes = linear + 4 * shape.layers * sum(out for _, out in shape.linears().values())
    else:
        linear_bytes = linear * sizes.dtype_bytes
    return round(linear_bytes + rest * sizes.hidden_bytes)


def _optimizer(profile: Profile, sizes: _Sizes) -> int:
    optim = OPTIMIZERS[profile.train.optim]
    if optim.paged:
        return 0
    if optim.name.startswith("adamw_torch"):
        return 2 * sizes.trained * sizes.trained_bytes
    return round(optim.total_bytes(sizes.trained, sizes.embedding))


def _moving(profile: Profile, shape: Shape, batch: Workload, sizes: _Sizes) -> tuple[str, dict[str, int]]:
    """The phase with the most that comes and goes, and its parts."""
    tokens = batch.micro_batch * batch.sequence_tokens
    layer = _layer_activations(profile, shape, sizes) * tokens
    checkpointed = profile.train.gradient_checkpointing
    kept = shape.layers * tokens * (shape.hidden * sizes.hidden_bytes if checkpointed else layer / tokens)
    unpacked = 2 * shape.hidden * shape.intermediate if profile.quant.method != "none" else 0
    full = isinstance(profile.adapter, FullOptions)
    embedding = shape.vocabulary * shape.hidden
    tile = 2 * min(batch.label_tokens, TILE_ROWS) * TILE_COLUMNS
    copies = 2 * sizes.adapter if sizes.trained_bytes == 4 and not full else 0  # autocast keeps a bf16 copy of each
    cast = 2 * TILE_COLUMNS * shape.hidden if sizes.hidden_bytes == 4 else 0
    gradients = 0 if batch.accumulation > 1 else sizes.trained * sizes.trained_bytes
    head_gradient = (4 + sizes.dtype_bytes) * embedding if full else 0
    tied_sum = 3 * embedding * sizes.dtype_bytes if full and shape.tied else 0
    phases = {
        "loss": {"activations": kept + copies, "loss": tile + cast},
        "backward": {
            "activations": kept + (1.3 if checkpointed else 0.25) * layer + unpacked,
            "gradients": gradients,
            "loss": 0.0,
        },
        "head": {"activations": kept, "loss": tile + 2 * cast + head_gradient},
        "end": {"activations": 0.0, "gradients": gradients + tied_sum, "loss": 0.0},
    }
    name = max(phases, key=lambda phase: sum(phases[phase].values()))
    found = {part: round(size) for part, size in phases[name].items()}
    if batch.accumulation > 1 and "gradients" in found:
        found["gradients"] += sizes.trained * sizes.trained_bytes
    return "backward" if name in ("head", "end") else name, found


def _layer_activations(profile: Profile, shape: Shape, sizes: _Sizes) -> float:
    """Bytes a token that one decoder layer keeps for its backward pass, all of it kept."""
    queries, keys = shape.heads * shape.head_size, shape.key_value_heads * shape.head_size
    if profile.train.use_liger_kernel is True:
        kept = 6 * shape.hidden + 4 * queries + 5 * keys + 6 * shape.intermediate
    else:
        kept = 16 * shape.hidden + 15 * queries + 13 * keys + 8 * shape.intermediate
    total = kept * (1.6 if sizes.hidden_bytes == 4 else 1.0)
    linears = shape.linears()
    if isinstance(profile.adapter, FullOptions):
        return total
    dropped = 1 if _dropout(profile) else 0
    for name in _targets(profile, linears):
        into, out = linears[name]
        total += (2 + dropped) * into + 2 * min(profile.adapter.r, into)
        total += 4 * out if profile.adapter.method == "dora" else 0
    return total


def _dropout(profile: Profile) -> bool:
    adapter = profile.adapter
    return bool(getattr(adapter, "lora_dropout", 0.0) or getattr(adapter, "vera_dropout", 0.0))
