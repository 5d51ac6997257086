"""The peak of training as a closed form: at once and without the heavy libraries, while a profile is being typed.

It adds up what lies on the GPU all the time and the largest of what comes and goes. It knows Llama-like decoders only,
and is a preview: `ERROR` says by how much it was off. The verdict is the simulation's.
"""

from __future__ import annotations

from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine.memory.cards import Card
from workbench.engine.memory.config import model_config, shape_of
from workbench.engine.memory.estimate import Estimate
from workbench.engine.memory.holdings import Trained, states_bytes, temporaries_bytes, trained, weights_bytes
from workbench.engine.memory.layer import Layer
from workbench.engine.memory.machine import machine
from workbench.engine.memory.need import allowance
from workbench.engine.memory.passes import Moment, passes
from workbench.engine.memory.recipe import recipe_of
from workbench.engine.memory.workload import Workload, worst_case
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import Profile

ERROR = 0.04
"""Fraction that it was off at most on the thirty-nine configurations that were measured, rounded up; nothing in it is
fitted to them (docs/memory.md)."""


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
    config = model_config(workspace, profile.model, may_download=False)
    shape = shape_of(config)
    layer = Layer(recipe_of(profile, shape), shape, workload or worst_case(profile.train))
    what, around = trained(shape, layer.recipe), machine(card)
    allowed = allowance(profile, config, layer.workload, what.numbers, what.embedding)
    phase, parts = _peak(profile, layer, what, around.workspace_bytes)
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
        safe_margin=allowed.safe_margin,
        spare_bytes=allowed.spare_bytes,
        paged_bytes=allowed.paged_bytes,
        notes=(layer.workload.source, *allowed.notes, *around.notes),
    )


def _peak(profile: Profile, layer: Layer, what: Trained, workspace_bytes: int) -> tuple[str, dict[str, int]]:
    """The phase in which most is held, and all that is held then, by part."""
    recipe, optim = layer.recipe, OPTIMIZERS[profile.train.optim]
    accumulates = layer.workload.accumulation > 1
    always = {
        "weights": weights_bytes(profile.quant, layer.shape, recipe),
        "adapter": 0 if recipe.full else what.size_bytes + what.frozen_bytes,
        "gradients": what.size_bytes if accumulates else 0,
        "optimizer": states_bytes(optim, what),
        "workspace": workspace_bytes,
    }
    made = 0 if accumulates else what.size_bytes
    step: Moment = ("optimizer", {"gradients": made, "optimizer": temporaries_bytes(optim, what)})
    moments = [*passes(layer, what, profile.train.gradient_checkpointing), step]
    phase, moving = max(moments, key=lambda moment: sum(moment[1].values()))
    names = (*always, "activations", "loss")
    return phase, {name: round(always.get(name, 0) + moving.get(name, 0)) for name in names}
