"""What every stage of one run looks at: its model, its questions, its log, and whoever samples its memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from workbench.engine import fetch, hashes, model, receipt
from workbench.engine.evaluate import protocol
from workbench.engine.evaluate.protocol import Questions
from workbench.engine.events import EventLog
from workbench.engine.monitor import Monitor, open_gpu
from workbench.engine.recorder import allocator
from workbench.engine.run import Run
from workbench.engine.spill import SpillWatch, spilling_system
from workbench.engine.versions import versions
from workbench.errors import RunStopped
from workbench.paths import write_atomically
from workbench.profile import Profile


@dataclass(frozen=True)
class Work:
    """What every stage of one run looks at.

    Args:
        run: The run that this worker carries out.
        profile: Its frozen profile.
        folder: Of the base model.
        tokenizer: Of the base model.
        identity: What the base model's answers depend on, from ``protocol.model_identity``.
        questions: What is asked before and after the training.
        log: The run's events.
        monitor: Samples memory.
        should_stop: Whether somebody asked the run to stop.
    """

    run: Run
    profile: Profile
    folder: Path
    tokenizer: PreTrainedTokenizerBase
    identity: dict[str, Any]
    questions: list[Questions]
    log: EventLog
    monitor: Monitor
    should_stop: Callable[[], bool]

    def note(self, text: str) -> None:
        """Tell whoever watches."""
        self.log.append("note", level="info", text=text)

    def stage(self, name: str) -> None:
        """Begin a stage: its memory is measured from here."""
        if self.should_stop():
            raise RunStopped(f"stopped before the stage: {name}")
        model.free_unused()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        self.log.append("stage", stage=name)
        self.monitor.record()

    def measure(self) -> None:
        """End a stage: write what it took."""
        self.monitor.record()
        self.log.append("memory", **allocator())


def prepare_work(run: Run, asked: bool, log: EventLog, monitor: Monitor, should_stop: Callable[[], bool]) -> Work:
    """What a run's stages look at: its model and its questions are here afterwards, and its receipt is written.

    Args:
        run: The run.
        asked: Whether it evaluates.
        log: Its events.
        monitor: Samples memory.
        should_stop: Whether somebody asked the run to stop.

    Raises:
        WorkbenchError: A model or a data set cannot be had.
    """
    profile = run.profile()
    log.append("stage", stage="data")
    questions = protocol.all_questions(run.workspace, profile) if asked else []
    folder = fetch.ensure(run.workspace, profile.model, lambda text: log.append("note", level="info", text=text))
    tokenizer = model.load_tokenizer(folder, profile.model)
    weights = hashes.of_weights(run.workspace, folder)
    words = hashes.of_weights(run.workspace, folder, hashes.TOKENIZER)
    identity = protocol.model_identity(profile, weights, str(tokenizer.chat_template), model.device_name(), words)
    work = Work(run, profile, folder, tokenizer, identity, questions, log, monitor, should_stop)
    _write_receipt(work)
    return work


def _write_receipt(work: Work) -> None:
    asked = [{"dataset": one.dataset, "sha256": one.dataset_sha256, "rows": len(one.rows)} for one in work.questions]
    content = {
        "versions": versions(),
        "device": receipt.hardware(),
        "model": work.identity,
        "questions": asked,
        "train_seed": work.profile.train.seed,
        "data_seed": work.profile.data.seed,
    }
    write_atomically(work.run.receipt_file, json.dumps(content, indent=2) + "\n")


def watching(log: EventLog) -> Monitor:
    """Samples memory into the log, and warns there once when it seems to have left the GPU."""
    uuid = model.gpu_uuid()
    gpu, _ = open_gpu(uuid)
    watch = SpillWatch(
        spilling_system(gpu.driver_model() if gpu else None),
        reserved_bytes=lambda: allocator().get("reserved_bytes"),
        tell=lambda text: log.append("note", level="warning", about="spill", text=text),
    )
    return Monitor(
        log,
        uuid,
        on_error=lambda text: log.append("note", level="warning", text=text),
        on_sample=watch.look,
    )
