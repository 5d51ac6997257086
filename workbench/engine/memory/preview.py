"""The peak of training as a closed form: at once and without the heavy libraries, while a profile is being typed.

It adds up what lies on the GPU all the time and the largest of what comes and goes. It knows Llama-like decoders only,
and is a preview: `ERROR` says by how much it was off. The verdict is the simulation's.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.choices.optimizers import OPTIMIZERS
from workbench.choices.quantizers import Int8Options, Nf4Options
from workbench.engine.memory.cards import Card
from workbench.engine.memory.config import Shape, model_config, shape_of
from workbench.engine.memory.estimate import Estimate, safe_margin
from workbench.engine.memory.layer import Layer
from workbench.engine.memory.machine import machine
from workbench.engine.memory.operations import backward_peak, forward_peak, kept, kept_from_start, passing_peak
from workbench.engine.memory.recipe import Recipe, recipe_of
from workbench.engine.memory.workload import Workload, worst_case
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import Profile

ERROR = 0.15
"""Fraction that it was off at most on configurations that it was not fitted to; typically a tenth of that."""
TILE_ROWS, TILE_COLUMNS = 4096, 32768
"""Tokens and vocabulary of one tile of TRL's loss head."""
STATISTICS = 7
"""Running figures a token that the loss head keeps, in fp32."""
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Bytes a weight: half a byte, a scale of one byte every 64, and one of four every 64 * 256 (Dettmers et al. 2023)."""
NF4_PLAIN_BYTES = 0.5 + 4 / 64

Parts = dict[str, float]
"""Bytes by the names of ``estimate.PARTS``."""


@dataclass(frozen=True)
class _Sizes:
    """Bytes of what is trained and of the adapter, its part or not; numbers of all that is trained and the largest."""

    trained: int
    adapter: int
    numbers: int
    largest: int


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
    recipe = recipe_of(profile, shape)
    batch = workload or worst_case(profile.train)
    sizes = _sizes(shape, recipe)
    around = machine(card)
    always = {
        "weights": _weights(profile, shape, recipe),
        "adapter": sizes.adapter,
        "gradients": sizes.trained if batch.accumulation > 1 else 0,
        "optimizer": _states(profile, shape, recipe, sizes),
        "workspace": around.workspace_bytes,
    }
    phase, moving = _largest(profile, shape, batch, recipe, sizes)
    parts = {name: round(always.get(name, 0) + moving.get(name, 0)) for name in (*always, "activations", "loss")}
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
        notes=(batch.source, *around.notes),
    )


def _sizes(shape: Shape, recipe: Recipe) -> _Sizes:
    embedding = shape.vocabulary * shape.hidden
    if recipe.full:
        numbers = _parameters(shape, recipe)
        return _Sizes(numbers * recipe.trained, 0, numbers, max(embedding, shape.hidden * shape.intermediate))
    targets = [shape.linears()[name] for name in recipe.targets]
    widest = max(into for into, _ in targets), max(out for _, out in targets)
    if recipe.method == "vera":
        numbers = shape.layers * sum(out + recipe.rank for _, out in targets)
        shared = 4 * recipe.rank * sum(widest)
        return _Sizes(numbers * recipe.trained, numbers * recipe.trained + shared, numbers, max(widest))
    numbers = shape.layers * sum(recipe.rank * (into + out) for into, out in targets)
    magnitudes = shape.layers * sum(out for _, out in targets) if recipe.method == "dora" else 0
    trained = numbers * recipe.trained + magnitudes * 4
    return _Sizes(trained, trained, numbers + magnitudes, recipe.rank * max(widest))


def _linear_parameters(shape: Shape) -> int:
    return shape.layers * sum(into * out for into, out in shape.linears().values())


def _parameters(shape: Shape, recipe: Recipe) -> int:
    embeddings = shape.vocabulary * shape.hidden * (1 if shape.tied else 2)
    of_heads = 2 * shape.head_size if recipe.head_norms else 0
    return _linear_parameters(shape) + embeddings + shape.layers * (2 * shape.hidden + of_heads) + shape.hidden


def _weights(profile: Profile, shape: Shape, recipe: Recipe) -> float:
    linear = _linear_parameters(shape)
    rest = _parameters(shape, recipe) - linear
    if isinstance(profile.quant, Nf4Options):
        linear_bytes = linear * (NF4_BYTES if profile.quant.bnb_4bit_use_double_quant else NF4_PLAIN_BYTES)
    elif isinstance(profile.quant, Int8Options):
        linear_bytes = linear + 4 * shape.layers * sum(out for _, out in shape.linears().values())
    else:
        linear_bytes = linear * recipe.computed
    return linear_bytes + rest * recipe.outer


def _states(profile: Profile, shape: Shape, recipe: Recipe, sizes: _Sizes) -> float:
    """What the optimizer keeps on the GPU; a paged one's states lie outside torch's memory."""
    optim = OPTIMIZERS[profile.train.optim]
    if optim.name.startswith("paged_"):
        return 0
    if optim.name.startswith("adamw_torch"):
        return 2 * sizes.trained
    wide = shape.vocabulary * shape.hidden if recipe.full and optim.fp32_embedding else 0
    return (sizes.numbers - wide) * optim.state_bytes + wide * 2 * 4


def _temporaries(profile: Profile, sizes: _Sizes) -> float:
    """What the optimizer's step takes for a moment."""
    optim = OPTIMIZERS[profile.train.optim]
    return optim.copies * sizes.trained + 4 * optim.largest_fp32 * sizes.largest


def _largest(profile: Profile, shape: Shape, batch: Workload, recipe: Recipe, sizes: _Sizes) -> tuple[str, Parts]:
    """The phase in which most comes and goes, and its parts."""
    fresh = sizes.trained if batch.accumulation == 1 else 0
    moments = [
        *_passes(profile, shape, batch, recipe, sizes),
        ("optimizer", {"gradients": fresh, "optimizer": _temporaries(profile, sizes)}),
    ]
    return max(moments, key=lambda moment: sum(moment[1].values()))


def _passes(profile: Profile, shape: Shape, batch: Workload, recipe: Recipe, sizes: _Sizes) -> list[tuple[str, Parts]]:
    """What the forward and the backward pass hold at each moment that may be their peak.

    With checkpoints a layer keeps the hidden states that it is given, and runs once more before its backward pass.
    """
    layer = Layer(recipe, shape, batch)
    operations, last, stream = layer.operations(), layer.norm(), layer.stream_bytes
    forward, backward = forward_peak(operations), backward_peak(operations)
    lowered, below, bottom = 0.0, 0.0, 0.0
    if profile.train.gradient_checkpointing:
        below = whole = float(shape.layers * stream)
        bottom = float(stream)
        forward, backward = passing_peak(operations), max(forward + stream, backward)
        if recipe.lowers_adapter and recipe.method != "vera":  # autocast keeps its copies until its end
            lowered = recipe.computed * sizes.numbers
    else:
        whole = kept_from_start(operations) + (shape.layers - 1) * kept(operations)
        below = whole - kept(operations)
    whole += last.kept

    fresh = sizes.trained if batch.accumulation == 1 else 0
    embedding = recipe.computed * shape.vocabulary * shape.hidden if recipe.full else 0
    of_head = embedding if shape.tied or fresh else 0  # a tied one waits for what the embedding adds
    given = 0 if shape.tied else embedding
    summed = (shape.tied + (not fresh)) * embedding
    chosen = recipe.stream * shape.hidden * batch.label_tokens
    states = stream * (1 if batch.micro_batch == 1 else 2)  # rows but their last positions are copied together
    return [
        ("forward", {"activations": max(below + forward, whole + last.forward + stream) + lowered}),
        ("loss", {"activations": whole + states + lowered, "loss": chosen + _tiles(shape, batch, recipe)}),
        ("backward", {"activations": whole, "loss": chosen + _head_gradients(shape, batch, recipe)}),
        ("backward", {"activations": whole + last.backward + 2 * stream, "gradients": of_head}),
        ("backward", {"activations": below + backward, "gradients": of_head}),
        ("backward", {"activations": bottom + backward if fresh else 0, "gradients": fresh - given}),
        ("backward", {"gradients": fresh + summed}),
    ]


def _tiles(shape: Shape, batch: Workload, recipe: Recipe, chunks: int = 1) -> float:
    """One tile of scores, running figures, and ``chunks`` of the head's weight where it is not in the scores' dtype."""
    tile = recipe.computed * min(batch.label_tokens, TILE_ROWS) * TILE_COLUMNS
    lowered = (
        chunks * recipe.computed * min(TILE_COLUMNS, shape.vocabulary) * shape.hidden
        if recipe.outer != recipe.computed
        else 0
    )
    return tile + lowered + 4 * STATISTICS * batch.label_tokens


def _head_gradients(shape: Shape, batch: Workload, recipe: Recipe) -> float:
    """What the loss head takes for its gradients, which it sums in fp32 and then casts."""
    rows = 4 * shape.hidden * batch.label_tokens
    cast = recipe.computed if recipe.computed < 4 else 0
    trained = (4 + cast) * shape.vocabulary * shape.hidden if recipe.full else 0
    return rows + trained + _tiles(shape, batch, recipe, chunks=2)
