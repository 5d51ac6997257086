"""Replay a run's allocations through the policy of CUDA's caching allocator, for what it takes beyond what is asked.

Source: c10/cuda/CUDACachingAllocator.cpp of PyTorch 2.x, the native backend with default settings. Of free pieces of
one size the allocator takes the one of the lowest address; the driver gives each new segment a lower address than the
one before (seen on an H100), so that a newer segment is filled first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.engine.memory.tracker import ROUNDING_BYTES, Step

MIB = 2**20
SMALL_BYTES = MIB
"""Requests up to this come from small segments."""
SMALL_SEGMENT_BYTES = 2 * MIB
LARGE_SEGMENT_BYTES = 20 * MIB
"""Segment of a request under ``OWN_SEGMENT_BYTES``; larger ones get a segment of their own."""
OWN_SEGMENT_BYTES = 10 * MIB
OWN_ROUNDING_BYTES = 2 * MIB


@dataclass
class Piece:
    """A part of a segment, with its neighbours."""

    address: int
    size_bytes: int
    small: bool
    free: bool = False
    left: int | None = None
    right: int | None = None


@dataclass
class Allocator:
    """Best fit with splitting and merging; ``peaks`` is what was allocated at most in each phase."""

    reserved_bytes: int = 0
    allocated_bytes: int = 0
    peaks: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pieces: dict[int, Piece] = {}
        self._free: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
        self._held: dict[int, int] = {}
        self._lowest = 0

    def replay(self, steps: Iterable[Step]) -> Allocator:
        """Do all the moves; returns itself."""
        for step in steps:
            if step.size_bytes:
                self._take(step)
            else:
                self._give(step.uid)
        return self

    def _take(self, step: Step) -> None:
        small = step.size_bytes <= SMALL_BYTES
        address = self._fitting(step.size_bytes, small)
        piece = self._pieces[address]
        rest = piece.size_bytes - step.size_bytes
        if rest >= ROUNDING_BYTES if small else rest > SMALL_BYTES:
            self._split(address, step.size_bytes)
        piece.free = False
        self._held[step.uid] = address
        self.allocated_bytes += piece.size_bytes
        self.peaks[step.phase] = max(self.peaks.get(step.phase, 0), self.allocated_bytes)

    def _fitting(self, size_bytes: int, small: bool) -> int:
        """The smallest free piece that is large enough, of several the one of the lowest address, or a new segment."""
        free = self._free[small]
        place = bisect_left(free, (size_bytes, self._lowest))
        if place < len(free):
            return free.pop(place)[1]
        segment = _segment_bytes(size_bytes)
        self.reserved_bytes += segment
        self._lowest -= segment
        return self._new(Piece(self._lowest, segment, small))

    def _new(self, piece: Piece) -> int:
        self._pieces[piece.address] = piece
        return piece.address

    def _split(self, address: int, size_bytes: int) -> None:
        piece = self._pieces[address]
        left = piece.size_bytes - size_bytes
        rest = self._new(Piece(address + size_bytes, left, piece.small, True, address, piece.right))
        if piece.right is not None:
            self._pieces[piece.right].left = rest
        piece.right, piece.size_bytes = rest, size_bytes
        insort(self._free[piece.small], (left, rest))

    def _give(self, uid: int) -> None:
        address = self._held.pop(uid)
        piece = self._pieces[address]
        self.allocated_bytes -= piece.size_bytes
        if piece.right is not None and self._pieces[piece.right].free:
            self._swallow(address, piece.right)
        if piece.left is not None and self._pieces[piece.left].free:
            left = piece.left
            self._unlist(left)
            self._join(left, address)
            address = left
        self._pieces[address].free = True
        insort(self._free[piece.small], (self._pieces[address].size_bytes, address))

    def _swallow(self, address: int, right: int) -> None:
        self._unlist(right)
        self._join(address, right)

    def _join(self, address: int, right: int) -> None:
        piece, other = self._pieces[address], self._pieces.pop(right)
        piece.size_bytes += other.size_bytes
        piece.right = other.right
        if other.right is not None:
            self._pieces[other.right].left = address

    def _unlist(self, address: int) -> None:
        piece = self._pieces[address]
        free = self._free[piece.small]
        free.pop(bisect_left(free, (piece.size_bytes, address)))


def _segment_bytes(size_bytes: int) -> int:
    if size_bytes <= SMALL_BYTES:
        return SMALL_SEGMENT_BYTES
    if size_bytes < OWN_SEGMENT_BYTES:
        return LARGE_SEGMENT_BYTES
    return -(-size_bytes // OWN_ROUNDING_BYTES) * OWN_ROUNDING_BYTES
