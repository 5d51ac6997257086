"""Proof that a run trains: parameters are trainable, finite gradients reach them, an optimizer step moves them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from workbench.errors import RunFailed


class NothingTrains(RunFailed):
    """The run cannot learn; the message says why."""


def trainable(model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Parameter]]:
    """Name and value of each parameter that the optimizer may change."""
    return ((name, value) for name, value in model.named_parameters() if value.requires_grad)


def require_trainable(model: torch.nn.Module) -> int:
    """How many numbers are trained.

    Raises:
        NothingTrains: None. A wrapped model that was frozen once more looks like this.
    """
    count = sum(value.numel() for _, value in trainable(model))
    if count == 0:
        raise NothingTrains(
            "Nothing would be trained: 0 parameters are trainable. The adapter is missing, or the model was "
            "frozen after it had been attached."
        )
    return count


CHUNK = 1 << 22
"""Numbers that are summed at once: torch widens what it sums to eight bytes, which must not raise the peak."""


def fingerprints(model: torch.nn.Module) -> dict[str, int]:
    """The sum of the bit patterns of each trainable tensor: a change of any weight changes it, nearly always.

    Takes at most 32 MiB, however large a tensor is.
    """
    return {name: _fingerprint(value.detach()) for name, value in trainable(model)}


def _fingerprint(value: torch.Tensor) -> int:
    integer = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[value.element_size()]
    chunks = torch.split(value.contiguous().view(integer).flatten(), CHUNK)
    return int(torch.stack([chunk.sum(dtype=torch.int64) for chunk in chunks]).sum())


class ProofOfTraining(TrainerCallback):
    """Looks at the first optimizer step whose learning rate is not zero, and stops a run that cannot learn.

    Warm-up starts at a learning rate of zero, so the first step that can move anything is often the second.
    ``record`` is what was seen, for the result; it stays empty until then.
    """

    def __init__(self) -> None:
        self.record: dict[str, Any] = {}
        self._at_start: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Refuse a model without trainable parameters."""
        require_trainable(kwargs["model"])
        self._at_start = fingerprints(kwargs["model"])

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look at the gradients that the optimizer is about to use."""
        learning_rate = kwargs["optimizer"].param_groups[0]["lr"]
        if self.record or learning_rate == 0:
            return
        model = kwargs["model"]
        gradients = {name: value.grad for name, value in trainable(model) if value.grad is not None}
        norms = {name: float(gradient.norm()) for name, gradient in gradients.items()}
        broken = [name for name, norm in norms.items() if not math.isfinite(norm)]
        if not any(norms.values()):
            raise NothingTrains(
                "Nothing would be trained: no trainable parameter receives a gradient other than zero. The loss "
                "does not depend on the adapter, or every label is masked."
            )
        if broken:
            raise NothingTrains(
                f"The gradient of {broken[0]} is not finite ({len(broken)} of {len(norms)} tensors). Lower "
                'train.learning_rate, or set model.dtype = "bfloat16" or "float32".'
            )
        self.record = {
            "step": state.global_step + 1,
            "learning_rate": learning_rate,
            "trainable_parameters": require_trainable(model),
            "trainable_tensors": sum(1 for _ in trainable(model)),
            "tensors_with_gradient": sum(1 for norm in norms.values() if norm > 0),
        }
        self._before = fingerprints(model)

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Compare the weights with those before the step."""
        if not self._before:
            return
        moved = _moved(self._before, fingerprints(kwargs["model"]))
        self._before = {}
        self.record["tensors_moved"] = moved
        if moved == 0:
            raise NothingTrains(
                "Nothing is trained: no weight changed in an optimizer step with a learning rate of "
                f"{self.record['learning_rate']:g}. The updates are smaller than the weights' dtype can hold, or "
                "the optimizer holds other tensors than the model."
            )

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Record how many tensors differ from the start."""
        self.record["tensors_moved_at_end"] = _moved(self._at_start, fingerprints(kwargs["model"]))


def _moved(before: dict[str, int], after: dict[str, int]) -> int:
    return sum(1 for name, value in after.items() if before.get(name) != value)
