"""Count what a CUDA allocator would hold while a model runs on tensors that have shapes and no contents.

The counting sits below autograd, as a dispatch mode: every tensor that an operation makes is seen once, and again when
its storage dies. Nothing is patched.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from workbench.engine.memory.workspaces import workspace_bytes

ROUNDING_BYTES = 512
"""CUDA's caching allocator hands out multiples of this (c10/cuda/CUDACachingAllocator.cpp, kMinBlockSize)."""
_DEVICE_OF = torch.ops.prim.device.default
_ADD = torch.ops.aten.add.Tensor


def rounded(size_bytes: int) -> int:
    """Bytes of the block that an allocation of this size takes.

    >>> rounded(1), rounded(512), rounded(513)
    (512, 512, 1024)
    """
    return max(1, -(-size_bytes // ROUNDING_BYTES)) * ROUNDING_BYTES


@dataclass
class Block:
    """One live storage: its rounded bytes and what it is for."""

    uid: int
    size_bytes: int
    part: str
    watch: Any = None


@dataclass(frozen=True)
class Step:
    """One move of the allocator: ``size_bytes`` of block ``uid`` are taken, or it is freed when they are 0."""

    uid: int
    size_bytes: int
    phase: str


@dataclass
class Tracker(TorchDispatchMode):
    """Live bytes by part, their peak in each phase, and the moves for a replay.

    Set ``part`` and ``phase`` with the context managers; what is allocated meanwhile counts there. ``steps`` are the
    moves since the last ``cut``.
    """

    part: str = "weights"
    phase: str = "build"
    live: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    peaks: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._blocks: dict[int, Block] = {}
        self._peak_bytes: dict[str, int] = {}
        self._total_bytes = 0
        self._uids = 0

    @contextmanager
    def within(self, part: str = "", phase: str = "") -> Iterator[None]:
        """Count under another part, in another phase, or both."""
        before = self.part, self.phase
        self.part, self.phase = part or self.part, phase or self.phase
        try:
            yield
        finally:
            self.part, self.phase = before

    def count(self, tensor: torch.Tensor, part: str = "") -> None:
        """Count a tensor's storage, once however many tensors share it."""
        storage = tensor.untyped_storage()
        key, size_bytes = storage._cdata, storage.nbytes()
        if size_bytes == 0 or key in self._blocks:
            return
        self._uids += 1
        block = Block(self._uids, rounded(size_bytes), part or self.part)
        block.watch = weakref.ref(storage, partial(self._freed_by, key, block.uid))
        self._blocks[key] = block
        self._grow(block.part, block.size_bytes)
        self.steps.append(Step(block.uid, block.size_bytes, self.phase))

    def move(self, tensor: torch.Tensor, part: str) -> None:
        """Count a live tensor under another part: a gradient is only known as one when it has arrived."""
        block = self._blocks.get(tensor.untyped_storage()._cdata)
        if block is None or block.part == part:
            return
        self.live[block.part] -= block.size_bytes
        self.live[part] = self.live.get(part, 0) + block.size_bytes
        block.part = part

    def cut(self) -> list[Step]:
        """The moves since the last cut."""
        moves, self.steps = self.steps, []
        return moves

    def peak_bytes(self, phase: str) -> int:
        """Live bytes at the peak of a phase; 0 if nothing was allocated in it."""
        return self._peak_bytes.get(phase, 0)

    def _grow(self, part: str, size_bytes: int) -> None:
        self.live[part] = self.live.get(part, 0) + size_bytes
        self._total_bytes += size_bytes
        if self._total_bytes > self._peak_bytes.get(self.phase, 0):
            self._peak_bytes[self.phase] = self._total_bytes
            self.peaks[self.phase] = {name: count for name, count in self.live.items() if count}

    def _borrow(self, size_bytes: int) -> None:
        """Take and give back at once."""
        self._uids += 1
        taken = rounded(size_bytes)
        self._grow("workspace", taken)
        self.steps += [Step(self._uids, taken, self.phase), Step(self._uids, 0, self.phase)]
        self.live["workspace"] -= taken
        self._total_bytes -= taken

    def _freed_by(self, key: int, uid: int, _: object) -> None:
        block = self._blocks.get(key)
        if block is None or block.uid != uid:
            return  # the address was given to another storage meanwhile
        del self._blocks[key]
        self.live[block.part] -= block.size_bytes
        self._total_bytes -= block.size_bytes
        self.steps.append(Step(uid, 0, self.phase))

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is _DEVICE_OF:
            return args[0].fake_device  # asked tens of thousands of times; the long way round costs seconds
        if func is _ADD and _accumulates(args):
            return args[0]
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        for one in result if isinstance(result, tuple | list) else (result,):
            if isinstance(one, torch.Tensor):
                self.count(one)
        inside = workspace_bytes(func, args, kwargs)
        if inside:
            self._borrow(inside)
        return result


def _accumulates(args: tuple[Any, ...]) -> bool:
    """Whether an addition is the autograd engine summing two gradients.

    It adds in place on a GPU, but out of place whenever a mode is active, as here. A weight gradient that came
    through ``weight.t()`` is a view, and the engine then really adds out of place.
    """
    first, second = args[0], args[1]
    return (
        not torch.is_grad_enabled()
        and torch._C._current_graph_task_id() != -1
        and isinstance(second, torch.Tensor)
        and first.shape == second.shape
        and first.dtype == second.dtype
        and not first._is_view()
    )
