"""What the trainer does at each step, as events; and what others ask of it meanwhile: a stop, a checkpoint."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from workbench.engine.events import EventLog
from workbench.engine.model import device
from workbench.engine.pacing import Pace, TrainingClock
from workbench.errors import RunFailed

DIVERGED_STEPS = 3
"""So many losses in a row that are no number end a run."""


@dataclass
class Recorder(TrainerCallback):
    """Writes an event a step, asks for checkpoints, and carries a stop request to the trainer.

    Args:
        log: The run's events.
        should_stop: Whether somebody asked the run to stop.
        save_steps: Steps between checkpoints, or "auto".
        saving: When a checkpoint may come by itself.
        clock: Of the training; checkpoints are left out of it.
        requested: The file whose presence asks for a checkpoint.
    """

    log: EventLog
    should_stop: Callable[[], bool]
    save_steps: int | str
    saving: Pace
    clock: TrainingClock
    requested: Path
    losses: list[float] = field(default_factory=list)
    tokens: int = 0
    stopped: bool = False
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=20))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clocks."""
        self._times.append(self.clock())
        self.saving.begin()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Decide whether this step is followed by a checkpoint, or by the end."""
        due = self.save_steps == "auto" and self.saving.is_due()
        if state.global_step < state.max_steps and self.should_stop():
            self.stopped = True
            control.should_training_stop = True
            control.should_save = True
        elif state.global_step < state.max_steps and (self.requested.exists() or due):
            control.should_save = True

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Write the step's numbers."""
        logs: dict[str, float] = kwargs["logs"]
        if "loss" not in logs:
            return
        self._times.append(self.clock())
        new_tokens, self.tokens = int(logs.get("num_tokens", 0)) - self.tokens, int(logs.get("num_tokens", 0))
        step_s = (self._times[-1] - self._times[0]) / (len(self._times) - 1)
        self.losses.append(logs["loss"])
        self.log.append(
            "step",
            step=state.global_step,
            total_steps=state.max_steps,
            epoch=logs.get("epoch"),
            loss=logs["loss"],
            learning_rate=logs.get("learning_rate"),
            grad_norm=logs.get("grad_norm"),
            tokens=new_tokens,
            seconds=round(self._times[-1] - self._times[-2], 4),
            tokens_per_s=round(new_tokens / (self._times[-1] - self._times[-2]), 1),
            eta_s=round((state.max_steps - state.global_step) * step_s, 1),
            **allocator(),
        )
        if all(not math.isfinite(loss) for loss in self.losses[-DIVERGED_STEPS:]) and (
            len(self.losses) >= DIVERGED_STEPS
        ):
            raise RunFailed(
                f"The loss was no number in the last {DIVERGED_STEPS} steps: the training has diverged. Lower "
                "train.learning_rate or raise train.warmup_steps."
            )

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Write what was saved, and learn what it took; it is no time of training."""
        self.requested.unlink(missing_ok=True)
        took_s = self.clock() - self._times[-1]
        self.clock.leave_out(took_s)
        self.saving.done(took_s)
        self.log.append("saved", what="checkpoint", step=state.global_step, seconds=round(took_s, 3))


def allocator() -> dict[str, int]:
    """Bytes that torch holds on the GPU now and at most, empty on a CPU."""
    if device().type != "cuda":
        return {}
    return {
        "allocated_bytes": torch.cuda.memory_allocated(),
        "reserved_bytes": torch.cuda.memory_reserved(),
        "peak_allocated_bytes": torch.cuda.max_memory_allocated(),
        "peak_reserved_bytes": torch.cuda.max_memory_reserved(),
    }
