"""What the forward and the backward pass hold at each moment that may be the peak of a step, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.engine.memory.config import Shape
from workbench.engine.memory.holdings import Trained
from workbench.engine.memory.layer import Layer
from workbench.engine.memory.operations import backward_peak, forward_peak, kept, kept_from_start, passing_peak
from workbench.engine.memory.recipe import Recipe
from workbench.engine.memory.workload import Workload

TILE_ROWS, TILE_COLUMNS = 4096, 32768
"""Tokens and vocabulary of one tile of TRL's loss head (``head.FusedHead``)."""
STATISTICS = 7
"""Running figures a token that it keeps, in fp32."""

Moment = tuple[str, dict[str, float]]
"""A phase, and bytes by the names of ``estimate.PARTS``; what is there all the time is not counted."""


@dataclass(frozen=True)
class _Activations:
    """Bytes of the decoder layers' activations.

    Args:
        all: What all of them have kept when the forward pass is over.
        forward: The peak while the last one runs forward.
        top: The peak of its backward pass, while all those before it still keep theirs.
        bottom: The peak of the first one's backward pass, the last to come.
        lowered: Copies of the adapters that live as long as the forward pass.
    """

    all: float
    forward: float
    top: float
    bottom: float
    lowered: float = 0.0


def passes(layer: Layer, what: Trained, checkpointed: bool) -> list[Moment]:
    """The moments of a micro-batch.

    Args:
        layer: One decoder layer.
        what: What is trained.
        checkpointed: Whether activations are computed once more instead of kept.
    """
    shape, recipe, batch = layer.shape, layer.recipe, layer.workload
    stream, last = layer.stream_bytes, layer.norm()
    held = _checkpointed(layer, what) if checkpointed else _kept(layer)
    whole = held.all + last.kept
    forward = max(held.forward, whole + last.forward + stream) + held.lowered
    rows = stream * (1 if batch.micro_batch == 1 else 2)  # all positions but each row's last are copied together
    chosen = recipe.stream * shape.hidden * batch.label_tokens
    at_top, at_bottom, at_end = _gradients(shape, batch, recipe, what)
    return [
        ("forward", {"activations": forward}),
        ("loss", {"activations": whole + rows + held.lowered, "loss": chosen + _tiles(shape, batch, recipe)}),
        ("backward", {"activations": whole, "loss": chosen + _head_gradients(shape, batch, recipe)}),
        ("backward", {"activations": whole + last.backward + 2 * stream, "gradients": at_top}),
        ("backward", {"activations": held.top, "gradients": at_top}),
        ("backward", {"activations": held.bottom, "gradients": at_bottom}),
        ("backward", {"gradients": at_end}),
    ]


def _kept(layer: Layer) -> _Activations:
    """Every layer keeps what its operations keep."""
    operations = layer.operations()
    one = kept(operations)
    every = kept_from_start(operations) + (layer.shape.layers - 1) * one
    backward = backward_peak(operations)
    return _Activations(every, every - one + forward_peak(operations), every - one + backward, backward)


def _checkpointed(layer: Layer, what: Trained) -> _Activations:
    """A layer keeps the hidden states that it is given, and runs once more before its backward pass.

    Autocast makes the copies of the adapters once in a forward pass, and lets go of them at its end.
    """
    operations, stream = layer.operations(), layer.stream_bytes
    every = float(layer.shape.layers * stream)
    again = max(forward_peak(operations) + stream, backward_peak(operations))
    cached = layer.recipe.lowers_adapter and layer.recipe.method != "vera"
    lowered = float(layer.recipe.computed * what.numbers if cached else 0)
    return _Activations(every, every + passing_peak(operations), every + again, stream + again, lowered)


def _gradients(shape: Shape, batch: Workload, recipe: Recipe, what: Trained) -> tuple[float, float, float]:
    """Bytes of gradients, beside accumulated ones, when the last layer begins, when the first ends, and at the end.

    A tied embedding's gradient from the head waits until the embedding itself has added its own.
    """
    embedding = recipe.computed * what.embedding
    if batch.accumulation > 1:
        waiting = embedding if shape.tied else 0
        return waiting, waiting, waiting + embedding
    if shape.tied:
        return embedding, what.size_bytes, what.size_bytes + embedding
    return embedding, what.size_bytes - embedding, what.size_bytes


def _tiles(shape: Shape, batch: Workload, recipe: Recipe, chunks: int = 1) -> float:
    """One tile of scores, the figures, and ``chunks`` of the head's weight where it is not in the scores' dtype."""
    tile = recipe.computed * min(batch.label_tokens, TILE_ROWS) * TILE_COLUMNS
    chunk = recipe.computed * min(TILE_COLUMNS, shape.vocabulary) * shape.hidden
    lowered = chunks * chunk if recipe.outer != recipe.computed else 0
    return tile + lowered + 4 * STATISTICS * batch.label_tokens


def _head_gradients(shape: Shape, batch: Workload, recipe: Recipe) -> float:
    """What the loss head takes for its gradients, which it sums in fp32 and then casts."""
    rows = 4 * shape.hidden * batch.label_tokens
    cast = recipe.computed if recipe.computed < 4 else 0
    weight = (4 + cast) * shape.vocabulary * shape.hidden if recipe.full else 0
    return rows + weight + _tiles(shape, batch, recipe, chunks=2)
