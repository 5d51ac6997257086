"""An optimizer step that does not fit is done again in smaller pieces, over the same rows.

Between two optimizer steps neither the weights nor the optimizer's state change. So nothing is lost when a forward or
a backward pass runs out of memory: the gradients so far are dropped, the random numbers are set back to the start of
the step, and its micro-batches are done again in pieces of half as many rows. Neither a copy of the weights nor a
checkpoint is needed, no finished step is repeated, and the trainer, its sampler and its checkpoints go on as the
profile says. A step that has the memory for its gradients but not for the optimizer's state is not helped by smaller
pieces; it fails as it did before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from trl import SFTTrainer

from workbench.engine.model import free_unused

OUT_OF_MEMORY = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""How torch, Triton's kernels and cuBLAS say it; only torch has a class of its own for it."""


@dataclass(frozen=True)
class Recovery:
    """A step that was done again.

    Args:
        step: Number of the optimizer step, from 1.
        from_micro_batch, to_micro_batch: Rows that went through the model at once, before and from now on.
        from_accumulation, to_accumulation: How many such pieces make an optimizer step.
        repeated_micro_batches: How many micro-batches of the profile's size are done again, the failed one included.
        repeated_steps: How many finished optimizer steps are done again; always none.
        reason: What failed, in the words of the library.
    """

    step: int
    from_micro_batch: int
    to_micro_batch: int
    from_accumulation: int
    to_accumulation: int
    repeated_micro_batches: int
    reason: str
    repeated_steps: int = 0


@dataclass(frozen=True)
class _Failure:
    """The reason and the rows of the piece that did not fit; holds no tensor of it."""

    reason: str
    rows: int


@dataclass
class _Step:
    """The optimizer step at work.

    Args:
        batches: Its micro-batches, token ids and labels only.
        tokens: Counted by the trainer before it.
        random: State of the generators before its first micro-batch.
        done: Micro-batches whose gradients are there.
        loss: What the trainer was told of them so far.
    """

    batches: Sequence[Mapping[str, Any]] = ()
    tokens: int = 0
    random: list[torch.Tensor] = field(default_factory=list)
    done: int = 0
    loss: torch.Tensor | float = 0.0


class RecoveringTrainer(SFTTrainer):
    """TRL's trainer, which halves the rows that go through the model at once where they do not fit.

    Args:
        on_recovery: Called before a step is done again.
        micro_batch: Rows that may go through the model at once; at most the batch size of ``args``.
        settings: Those of SFTTrainer.
    """

    def __init__(self, *, on_recovery: Callable[[Recovery], None], micro_batch: int, **settings: Any) -> None:
        super().__init__(**settings)
        self._on_recovery = on_recovery
        self._micro_batch = micro_batch
        self._rows = 0
        self._step = _Step()

    def get_batch_samples(self, *arguments: Any, **settings: Any) -> tuple[list[Any], Any]:
        """The micro-batches of the next optimizer step, which are kept until it is done."""
        batches, items = super().get_batch_samples(*arguments, **settings)
        self._step = _Step(batches, self._total_train_tokens)
        return batches, items

    def training_step(
        self, model: torch.nn.Module, inputs: Mapping[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """The loss of a micro-batch, its gradients added; a loss of a step that was done again is corrected by it."""
        step = self._step
        if step.done == 0:
            step.random = random_state()
        before: torch.Tensor | float = 0.0
        attempted = self._attempt(model, [inputs], num_items_in_batch)
        while isinstance(attempted, _Failure):
            self._halve(attempted)
            self._rewind(model)
            before = step.loss
            attempted = self._attempt(model, step.batches[: step.done + 1], num_items_in_batch)
        loss = attempted - before
        step.done, step.loss = step.done + 1, step.loss + loss
        return loss

    def _attempt(
        self, model: torch.nn.Module, batches: Sequence[Mapping[str, Any]], items: Any
    ) -> torch.Tensor | _Failure:
        """The summed loss, or why it did not fit. The error itself is let go: it holds the tensors of its frames."""
        try:
            losses = [self._train_piece(model, piece, items) for batch in batches for piece in self._pieces(batch)]
        except RuntimeError as error:
            if not (is_out_of_memory(error) and self._can_halve(items)):
                raise
            return _Failure(str(error).strip().partition("\n")[0], self._rows)
        return torch.stack(losses).sum()

    def _pieces(self, batch: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        return pieces(batch, self._micro_batch)

    def _train_piece(self, model: torch.nn.Module, piece: Mapping[str, Any], items: Any) -> torch.Tensor:
        self._rows = len(piece["input_ids"])
        loss: torch.Tensor = super().training_step(model, dict(piece), items)
        return loss

    def _can_halve(self, items: Any) -> bool:
        """Whether pieces add up to their whole: each loss is divided by the labels of the whole step, on one GPU.

        On several, the others would wait for a rank that begins anew.
        """
        return self._rows > 1 and items is not None and self.args.world_size == 1 and self.args.n_gpu <= 1

    def _halve(self, failure: _Failure) -> None:
        before, self._micro_batch = self._micro_batch, min(self._micro_batch, failure.rows) // 2
        self._on_recovery(
            Recovery(
                step=self.state.global_step + 1,
                from_micro_batch=before,
                to_micro_batch=self._micro_batch,
                from_accumulation=self._accumulation(before),
                to_accumulation=self._accumulation(self._micro_batch),
                repeated_micro_batches=self._step.done + 1,
                reason=failure.reason,
            )
        )

    def _accumulation(self, micro_batch: int) -> int:
        whole: int = self.args.per_device_train_batch_size
        return int(self.args.gradient_accumulation_steps) * math.ceil(whole / micro_batch)

    def _rewind(self, model: torch.nn.Module) -> None:
        """Everything as it was before the step's first micro-batch, with the failed one's memory free."""
        model.zero_grad()
        free_unused()
        set_random_state(self._step.random)
        self._total_train_tokens = self._step.tokens
        self._metrics["train"].clear()


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that the GPU has no memory left."""
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in OUT_OF_MEMORY)


def pieces(batch: Mapping[str, Any], rows: int) -> Iterator[Mapping[str, Any]]:
    """A batch in pieces of at most so many rows, each without the columns in which all its rows are padded.

    A batch that has no more rows than that is its only piece, as it is.
    """
    total = len(batch["input_ids"])
    if total <= rows:
        yield batch
        return
    for start in range(0, total, rows):
        columns = _used_columns(batch, slice(start, start + rows))
        yield {name: _cut(value, total, slice(start, start + rows), columns) for name, value in batch.items()}


def _used_columns(batch: Mapping[str, Any], rows: slice) -> slice:
    mask = batch.get("attention_mask")
    if mask is None:
        return slice(None)
    used = mask[rows].any(dim=0).nonzero()
    return slice(int(used.min()), int(used.max()) + 1) if len(used) else slice(None)


def _cut(value: Any, total: int, rows: slice, columns: slice) -> Any:
    """The rows of a tensor that has one for each example; anything else as it is."""
    if not torch.is_tensor(value) or value.ndim == 0 or len(value) != total:
        return value
    return value[rows, columns] if value.ndim == 2 else value[rows]


def random_state() -> list[torch.Tensor]:
    """The states of the generators that dropout draws from: the CPU's and the GPU's, some kilobytes."""
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state()] if torch.cuda.is_available() else [])]


def set_random_state(states: Sequence[torch.Tensor]) -> None:
    """Set the generators back to what ``random_state`` gave."""
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1])
