"""The loaded weights and who speaks with them: the base model, and what a run made of it.

An adapter is switched off for the base side, so both sides share one model in memory. After full fine-tuning there are
two models, and the base is loaded when it is first asked, if there is room for it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import torch
from peft import PeftModel
from transformers import PreTrainedModel

from workbench.engine import fetch, model, receipt
from workbench.engine.chat.partner import BASE, TUNED, Partner
from workbench.engine.chat.sampling import Sampling
from workbench.engine.chat.stream import Piece, generate
from workbench.engine.render import conversation_text
from workbench.engine.texts import size_text
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace

RESERVE = 1.2
"""A second model must have this much more room than its weights take: for the cache of a conversation."""


class Sides:
    """Loads a partner.

    Args:
        workspace: Where runs and models are.
        partner: Whom to load.
        on_stage: Told what is being done.

    Raises:
        WorkbenchError: It cannot be loaded; the message says why.
    """

    def __init__(self, workspace: Workspace, partner: Partner, on_stage: Callable[[str], None]) -> None:
        begun = time.perf_counter()
        self._profile = partner.profile
        self._on_stage = on_stage
        self._folder = fetch.ensure(workspace, partner.profile.model, on_stage)
        self._tokenizer = model.load_tokenizer(self._folder, partner.profile.model)
        on_stage(f"loading {partner.name}")
        self._models: dict[str, PreTrainedModel | PeftModel] = {}
        if partner.run is None:
            self._models[BASE] = self._load(lambda: model.load_base(self._folder, self._profile))
        else:
            adapter = partner.run.adapter
            self._models[TUNED] = self._load(lambda: model.load_tuned(self._folder, adapter, self._profile))
        self._seconds = round(time.perf_counter() - begun, 2)

    @property
    def facts(self) -> dict[str, Any]:
        """What the numbers of this process hold for: device, dtype, context, how long the loading took."""
        loaded = next(iter(self._models.values()))
        hardware = receipt.hardware()
        return {
            "device": hardware["type"],
            "device_name": hardware["name"],
            "dtype": str(model.dtype(self._profile.model)).removeprefix("torch."),
            "quant": self._profile.quant.method,
            "context_tokens": _context(loaded),
            "gpu_bytes": torch.cuda.memory_allocated() if model.device().type == "cuda" else None,
            "seconds": self._seconds,
        }

    def answer(
        self,
        side: str,
        messages: list[dict[str, str]],
        settings: Sampling,
        on_begin: Callable[[int], None],
        on_piece: Callable[[Piece], None],
        should_stop: Callable[[], bool],
    ) -> dict[str, Any]:
        """What a side says, as ``stream.generate``; an answer that would not fit into the context is cut.

        Raises:
            WorkbenchError: The conversation is too long, or memory is; the message says how much.
        """
        text = conversation_text(self._tokenizer, messages, self._profile.data)
        prompt = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        on_begin(len(prompt))
        try:
            with self._speaking(side) as speaker:
                room = _room(speaker, len(prompt), settings.max_new_tokens)
                fitting = replace(settings, max_new_tokens=min(room, settings.max_new_tokens))
                done = generate(speaker, self._tokenizer, prompt, fitting, on_piece, should_stop)
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise WorkbenchError(f"out of GPU memory with {len(prompt)} prompt tokens: {error}") from error
        cut = done["finish"] == "length" and room < settings.max_new_tokens
        return {**done, "prompt_tokens": len(prompt), **({"finish": "context"} if cut else {})}

    @contextmanager
    def _speaking(self, side: str) -> Iterator[Any]:
        """The model of a side, for as long as it speaks."""
        tuned = self._models.get(TUNED)
        if side == BASE and isinstance(tuned, PeftModel):
            with tuned.disable_adapter():
                yield tuned
            return
        if side not in self._models:
            self._models[side] = self._second(side)
        yield self._models[side]

    def _second(self, side: str) -> PreTrainedModel | PeftModel:
        if side != BASE:
            raise InputError("there is no tuned side: this is a model as it is.")
        needed = int(weights_bytes(self._folder, model.dtype(self._profile.model)) * RESERVE)
        free = free_bytes()
        if needed > free:
            raise WorkbenchError(
                f"full fine-tuning made a second model, and the base needs {size_text(needed)} beside it; "
                f"{size_text(free)} are free. Chat with {self._profile.model.name} alone."
            )
        return self._load(lambda: model.load_base(self._folder, self._profile))

    def _load(self, load: Callable[[], PreTrainedModel | PeftModel]) -> PreTrainedModel | PeftModel:
        try:
            loaded = load().eval()
        except torch.OutOfMemoryError as error:
            raise WorkbenchError(f"the weights do not fit into the GPU's free memory: {error}") from error
        return loaded


def weights_bytes(folder: Path, dtype: torch.dtype) -> int:
    """What a model's weights take in memory, unquantized."""
    return model.parameters(folder) * dtype.itemsize


def free_bytes() -> int:
    """Memory that weights could take now: of the GPU, or of the machine where there is none."""
    if model.device().type == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)


def _context(loaded: Any) -> int | None:
    """Longest prompt and answer together, in tokens; None where the model does not tell."""
    with contextlib.suppress(AttributeError):
        return int(loaded.config.get_text_config().max_position_embeddings)
    return None


def _room(loaded: Any, prompt_tokens: int, wanted: int) -> int:
    """How many new tokens fit behind the prompt.

    Raises:
        InputError: None.
    """
    context = _context(loaded)
    if context is None:
        return wanted
    if prompt_tokens >= context:
        raise InputError(
            f"the conversation has {prompt_tokens} tokens and the model reads {context}: begin a new chat."
        )
    return context - prompt_tokens
