"""What lies on the GPU during the whole training, in closed form: weights, adapter, gradients, optimizer."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.choices.optimizers import Optimizer
from workbench.choices.quantizers import Int8Options, Nf4Options, NoQuantOptions
from workbench.engine.memory.config import Shape
from workbench.engine.memory.recipe import Recipe

NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Bytes a weight: half a byte, a scale of one byte every 64, and one of four every 64 * 256 (Dettmers et al. 2023)."""
NF4_PLAIN_BYTES = 0.5 + 4 / 64


@dataclass(frozen=True)
class Trained:
    """What is trained.

    Args:
        size_bytes: Of all of it, and so of its gradients.
        frozen_bytes: Of what an adapter adds beside it: VeRA's shared matrices.
        numbers: How many numbers are trained.
        largest: Numbers of the largest parameter.
        embedding: Numbers of the embedding; 0 where it is not trained.
    """

    size_bytes: int
    frozen_bytes: int
    numbers: int
    largest: int
    embedding: int = 0


def trained(shape: Shape, recipe: Recipe) -> Trained:
    """What a recipe trains on a decoder of that shape."""
    if recipe.full:
        numbers, embedding = _parameters(shape, recipe), shape.vocabulary * shape.hidden
        largest = max(embedding, shape.hidden * shape.intermediate)
        return Trained(numbers * recipe.trained, 0, numbers, largest, embedding)
    targets = [shape.linears()[name] for name in recipe.targets]
    widest_into, widest_out = max(into for into, _ in targets), max(out for _, out in targets)
    if recipe.method == "vera":
        numbers = shape.layers * sum(out + recipe.rank for _, out in targets)
        shared = 4 * recipe.rank * (widest_into + widest_out)
        return Trained(numbers * recipe.trained, shared, numbers, max(widest_out, recipe.rank))
    numbers = shape.layers * sum(recipe.rank * (into + out) for into, out in targets)
    magnitudes = shape.layers * sum(out for _, out in targets) if recipe.method == "dora" else 0
    size_bytes = numbers * recipe.trained + 4 * magnitudes
    return Trained(size_bytes, 0, numbers + magnitudes, recipe.rank * max(widest_into, widest_out))


def weights_bytes(quant: NoQuantOptions | Int8Options | Nf4Options, shape: Shape, recipe: Recipe) -> float:
    """Of the base model, scales included."""
    linear = _linear_parameters(shape)
    rest = _parameters(shape, recipe) - linear
    if isinstance(quant, Nf4Options):
        linear_bytes = linear * (NF4_BYTES if quant.bnb_4bit_use_double_quant else NF4_PLAIN_BYTES)
    elif isinstance(quant, Int8Options):
        linear_bytes = linear + 4 * shape.layers * sum(out for _, out in shape.linears().values())
    else:
        linear_bytes = linear * recipe.computed
    return linear_bytes + rest * recipe.outer


def states_bytes(optim: Optimizer, what: Trained) -> float:
    """What the optimizer keeps in torch's memory; of a paged one's states only the scales lie there."""
    if optim.name.startswith("adamw_torch"):
        return 2 * what.size_bytes
    scales = optim.scales_bytes(what.numbers, what.embedding)
    return scales if optim.paged else scales + optim.moments_bytes(what.numbers, what.embedding)


def temporaries_bytes(optim: Optimizer, what: Trained) -> float:
    """What the optimizer's step takes for a moment."""
    return optim.copies * what.size_bytes + 4 * optim.largest_fp32 * what.largest


def _linear_parameters(shape: Shape) -> int:
    return shape.layers * sum(into * out for into, out in shape.linears().values())


def _parameters(shape: Shape, recipe: Recipe) -> int:
    embeddings = shape.vocabulary * shape.hidden * (1 if shape.tied else 2)
    of_heads = 2 * shape.head_size if recipe.head_norms else 0
    return _linear_parameters(shape) + embeddings + shape.layers * (2 * shape.hidden + of_heads) + shape.hidden
