"""The training stage: TRL's SFTTrainer over rows that were tokenised and audited before."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from safetensors import SafetensorError
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback
from trl import SFTConfig

from workbench.choices.optimizers import OPTIMIZERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine.events import EventLog, EventReader
from workbench.engine.model import device, dtype
from workbench.engine.pacing import Pace, TrainingClock
from workbench.engine.proof import ProofOfTraining, require_trainable, trainable
from workbench.engine.recorder import Recorder
from workbench.engine.recovery import RecoveringTrainer, Recovery
from workbench.engine.render import Encoded
from workbench.engine.result import validation_record
from workbench.engine.run import Run
from workbench.engine.validation import Validation, warn_of_overfitting
from workbench.profile import Profile, TrainOptions

DISK_BYTES_PER_S = 500e6
"""A guess that holds until the first checkpoint has been timed."""
UNFINISHED = "adapter.unfinished"


def training_arguments(profile: Profile, output: Path) -> SFTConfig:
    """The profile's [train] as TRL's arguments. Nothing is reported anywhere but to the events."""
    train = profile.train
    on_gpu = device().type == "cuda"
    passed = (
        *("learning_rate", "num_train_epochs", "max_steps", "per_device_train_batch_size"),
        *("gradient_accumulation_steps", "warmup_steps", "lr_scheduler_type", "optim", "weight_decay"),
        *("max_grad_norm", "gradient_checkpointing", "train_sampling_strategy", "seed", "save_total_limit"),
    )
    return SFTConfig(
        output_dir=str(output),
        **{key: getattr(train, key) for key in passed},
        gradient_checkpointing_kwargs={"use_reentrant": QUANTIZERS[profile.quant.method].reentrant},
        data_seed=train.seed,
        max_length=train.max_length,
        bf16=on_gpu and dtype(profile.model) == torch.bfloat16,
        fp16=on_gpu and dtype(profile.model) == torch.float16,
        use_cpu=not on_gpu,
        use_liger_kernel=uses_liger_here(train),
        save_strategy="no" if train.save_steps == "auto" else "steps",
        save_steps=500 if train.save_steps == "auto" else train.save_steps,
        logging_steps=1,
        logging_nan_inf_filter=False,  # a loss that is no number must be seen
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
    )


def uses_liger_here(train: TrainOptions) -> bool:
    """Whether Liger's kernels are used on this machine: as the profile says; "auto" only where they can run."""
    if train.use_liger_kernel != "auto":
        return train.use_liger_kernel
    return device().type == "cuda" and importlib.util.find_spec("liger_kernel") is not None


@dataclass(frozen=True)
class Trained:
    """What the training stage saw.

    Args:
        stopped: Whether it ended early because somebody asked.
        record: The ``training`` part of the result.
    """

    stopped: bool
    record: dict[str, Any]


def train(
    run: Run,
    profile: Profile,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Sequence[Encoded],
    log: EventLog,
    should_stop: Callable[[], bool],
    held_out: Sequence[Encoded] = (),
) -> Trained:
    """Train, from the newest whole checkpoint if there is one, and save the adapter or model when done.

    Args:
        run: Whose checkpoints and events these are.
        profile: Its frozen profile.
        model: With what is trained attached.
        tokenizer: Saved beside it.
        encoded: The training rows.
        log: The run's events.
        should_stop: Whether somebody asked the run to stop.
        held_out: The validation rows.

    Raises:
        NothingTrains: The run cannot learn.
        RunFailed: The loss is no number any more.
    """
    require_trainable(model)
    proof = ProofOfTraining()
    clock = TrainingClock()
    saving = Pace(_checkpoint_guess_s(model, profile))
    recorder = Recorder(log, should_stop, profile.train.save_steps, saving, clock, run.checkpoint_file)
    validation = [Validation(held_out, log, should_stop, profile.train.eval_steps, clock)] if held_out else []
    rows = [{"input_ids": row.input_ids, "labels": row.labels} for row in encoded if row.has_labels]
    trainer = RecoveringTrainer(
        on_recovery=lambda recovery: _tell(recovery, log),
        micro_batch=_micro_batch(run, profile, log),
        model=model,
        args=training_arguments(profile, run.checkpoints),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[proof, recorder, *validation],  # in this order: a step is told before its eval_loss
    )
    trainer.remove_callback(PrinterCallback)  # the events say the same, in words
    checkpoint = newest_checkpoint(run.checkpoints)
    if checkpoint:
        log.append("note", level="info", text=f"goes on from {checkpoint.name}")
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if not recorder.stopped:
            _save(trainer, run, log)
    except (OSError, SafetensorError, RuntimeError):  # a full disk, in the words of whoever wrote
        newest_checkpoint(run.checkpoints)
        shutil.rmtree(run.artifacts / UNFINISHED, ignore_errors=True)
        raise
    _note_unmoved(proof, log)
    looks = [event.fields for event in EventReader(run.events_file).read() if event.kind == "evaluated"]
    warn_of_overfitting(validation_record(looks), log)
    record = {"steps": trainer.state.global_step, "train_rows": len(rows), "proof": proof.record}
    return Trained(recorder.stopped, record)


def _tell(recovery: Recovery, log: EventLog) -> None:
    log.append("recovered", **asdict(recovery))


def _micro_batch(run: Run, profile: Profile, log: EventLog) -> int:
    """Rows that go through the model at once: the profile's, or fewer when an attempt before this one needed that."""
    whole = tried = fitted = profile.train.micro_batch
    for event in EventReader(run.events_file).read():
        if event.kind == "recovered":
            tried = int(event.fields["to_micro_batch"])
        elif event.kind == "step":
            fitted = tried
        elif event.kind == "started":
            tried = fitted
    if fitted < whole:
        text = f"goes on with micro-batches of {fitted} instead of {whole}, which fitted before"
        log.append("note", level="info", text=text)
    return fitted


def _note_unmoved(proof: ProofOfTraining, log: EventLog) -> None:
    """Full fine-tuning in bf16 with a low learning rate rounds the steps of large weights away: say so."""
    moved, tensors = proof.record.get("tensors_moved_at_end", 0), proof.record.get("trainable_tensors", 0)
    if moved < tensors:
        text = (
            f"{tensors - moved} of {tensors} trained tensors did not change: the steps were too small for their dtype"
        )
        log.append("note", level="warning", text=text)


def _save(trainer: RecoveringTrainer, run: Run, log: EventLog) -> None:
    """Write the adapter beside its final place and rename it, so that it is whole or not there."""
    unfinished = run.artifacts / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    trainer.model.save_pretrained(unfinished, safe_serialization=True)
    trainer.processing_class.save_pretrained(unfinished)
    shutil.rmtree(run.adapter, ignore_errors=True)
    unfinished.rename(run.adapter)
    log.append("saved", what="adapter", path=f"models/{run.id}/adapter")
    shutil.rmtree(run.checkpoints, ignore_errors=True)  # nothing is left to resume


def newest_checkpoint(folder: Path) -> Path | None:
    """The last checkpoint that was written to its end; half-written ones are removed.

    The trainer writes ``trainer_state.json`` after everything else, so a checkpoint without it is not whole.
    """
    whole = []
    for path in folder.glob("checkpoint-*") if folder.is_dir() else ():
        if _is_whole(path):
            whole.append(path)
        else:
            shutil.rmtree(path)
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _checkpoint_guess_s(model: torch.nn.Module, profile: Profile) -> float:
    weights = sum(value.numel() * value.element_size() for _, value in trainable(model))
    count = sum(value.numel() for _, value in trainable(model))
    return float((weights + count * OPTIMIZERS[profile.train.optim].state_bytes) / DISK_BYTES_PER_S)
