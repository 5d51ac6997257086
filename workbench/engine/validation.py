"""The loss on rows that are not trained on, while others are: at the start, at the end, and between as often as asked.

It is the mean over all label tokens, as the protocol heldout_loss@1 has it, in the way in which the training computes
its own. A row goes through the model alone and without gradients, by the same head that makes no whole logits: that
needs far less memory than a training step, so that the prediction of a run's memory holds with it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from workbench.engine.datasets.sample import overlap
from workbench.engine.evaluate.heldout import mean_loss
from workbench.engine.events import EventLog
from workbench.engine.model import free_unused
from workbench.engine.pacing import Pace, TrainingClock
from workbench.engine.preview import Audited
from workbench.engine.recovery import is_out_of_memory, random_state, set_random_state
from workbench.engine.render import IGNORED, Encoded, encode_row
from workbench.errors import InputError
from workbench.profile import Profile


def validation_rows(
    audited: Audited, profile: Profile, tokenizer: PreTrainedTokenizerBase, log: EventLog
) -> list[Encoded]:
    """The rows held out of a profile's training as token ids, those without a label token left out; often none.

    Says in the log how many there are, and how many stand among the training rows too.

    Raises:
        InputError: None of them has a label token.
    """
    trained, rows = audited.trained, audited.held_out
    if not rows:
        return []
    encoded = [encode_row(tokenizer, row, profile.data, profile.train.max_length) for row in rows]
    counted = [row for row in encoded if any(label != IGNORED for label in row.labels[1:])]
    if not counted:
        raise InputError(
            f"data.validation_rows: no answer is left in any of the {len(rows)} rows once they are cut to "
            "train.max_length. Raise train.max_length."
        )
    text = f"{len(counted)} of {len(trained) + len(rows)} training rows are held out for validation"
    log.append("note", level="info", text=text)
    shared = overlap(trained, rows)["normalised"]
    if shared:
        text = f"{shared} of {len(rows)} validation rows are asked among the training rows too: eval_loss is too low"
        log.append("note", level="warning", text=text)
    return counted


@dataclass
class Validation(TrainerCallback):
    """Writes an event ``evaluated`` after the step that it belongs to, or before the first step of an attempt.

    An attempt that goes on from a checkpoint looks where it begins, which replaces what a lost attempt told from there
    on.

    Args:
        rows: From ``validation_rows``, not empty.
        log: The run's events.
        should_stop: Whether somebody asked the run to stop.
        eval_steps: Steps between two looks, or "auto".
        clock: Of the training; validation is left out of it.
    """

    rows: Sequence[Encoded]
    log: EventLog
    should_stop: Callable[[], bool]
    eval_steps: int | str
    clock: TrainingClock
    fits: bool = True
    _pace: Pace = field(default_factory=lambda: Pace(0.0))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look at the model as it is before the first step."""
        self._look(kwargs["model"], state.global_step)

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Look at the model if it is time, once the step has been told and before it is saved."""
        if "loss" not in kwargs["logs"]:  # what the trainer says of the whole training
            return
        if state.global_step >= state.max_steps or (not control.should_training_stop and self._is_due(state)):
            self._look(kwargs["model"], state.global_step)

    def _is_due(self, state: TrainerState) -> bool:
        if self.eval_steps == "auto":
            return self._pace.is_due()
        return bool(state.global_step % int(self.eval_steps) == 0)

    def _look(self, model: torch.nn.Module, step: int) -> None:
        if not self.fits:
            return
        begun, random = self._pace.now(), random_state()
        model.eval()
        try:
            losses = self._losses(model)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            losses = []
            self._give_up(error)
        finally:
            model.train()
            set_random_state(random)  # the training draws the same numbers with and without validation
        seconds = self._pace.now() - begun
        self.clock.leave_out(seconds)
        self._pace.done(seconds)
        if losses:
            self._tell(losses, step, seconds)

    @torch.no_grad()
    def _losses(self, model: torch.nn.Module) -> list[tuple[float, int]]:
        """Of each row the summed loss in nats and its label tokens; nothing when somebody asked to stop meanwhile."""
        device = next(model.parameters()).device
        losses = []
        for row in self.rows:
            if self.should_stop():
                return []
            ids, labels = (torch.tensor([values], device=device) for values in (row.input_ids, row.labels))
            output = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels, fused_lm_head=True)
            losses.append((-output.log_probs.double().sum().item(), int(output.label_mask.sum())))
        return losses

    def _tell(self, losses: Sequence[tuple[float, int]], step: int, seconds: float) -> None:
        nll, tokens = zip(*losses, strict=True)
        loss = mean_loss(nll, tokens)
        facts = {key: loss[key] for key in ("low", "high", "n", "n_tokens")}
        self.log.append("evaluated", step=step, eval_loss=loss["value"], **facts, seconds=round(seconds, 3))

    def _give_up(self, error: RuntimeError) -> None:
        """A look at a row too many must not end a training that fits."""
        self.fits = False
        error.__traceback__ = None  # its frames hold tensors
        free_unused()
        text = "a validation row did not fit into the GPU's memory: there is no eval_loss from here on"
        self.log.append("note", level="warning", text=text)


def warn_of_overfitting(validation: Mapping[str, Any] | None, log: EventLog) -> None:
    """Say that the loss has risen again, if it has: its last interval lies wholly above its lowest one.

    Args:
        validation: From ``result.validation_record``.
        log: The run's events.
    """
    if validation is None or validation["best"] is None:
        return
    best, last = validation["best"], validation["last"]
    if last["low"] is None or last["low"] <= best["high"]:
        return
    text = (
        f"eval_loss was lowest at step {best['step']} ({best['eval_loss']:.4f}) and was {last['eval_loss']:.4f} at the "
        "end: the model learns its training rows by heart. Fewer epochs or a lower train.learning_rate keep more."
    )
    log.append("note", level="warning", about="overfitting", text=text)
