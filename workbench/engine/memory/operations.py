"""Operations that run one after another: what each keeps for its backward pass, and the peaks of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, dropwhile


@dataclass(frozen=True)
class Operation:
    """Bytes of a micro-batch that one operation accounts for.

    Args:
        kept: What stays until the operation's backward pass is over.
        forward: What it takes beside that while it runs.
        backward: What its backward pass takes beside that.
        trained: Whether something that is trained has a part in it.
    """

    kept: float = 0.0
    forward: float = 0.0
    backward: float = 0.0
    trained: bool = False


def kept(operations: Iterable[Operation]) -> float:
    """Bytes that operations keep when all of them have a gradient to hand on."""
    return sum(one.kept for one in operations)


def kept_from_start(operations: Iterable[Operation]) -> float:
    """The same when nothing before them is trained: the first of them then keep nothing, as nobody asks for gradients.

    >>> kept_from_start([Operation(kept=5), Operation(kept=2, trained=True), Operation(kept=1)])
    3
    """
    return kept(dropwhile(lambda one: not one.trained, operations))


def forward_peak(operations: Sequence[Operation]) -> float:
    """Most bytes while they run, with what those before have kept."""
    return max(sum(pair) for pair in zip(_so_far(operations), [one.forward for one in operations], strict=True))


def passing_peak(operations: Sequence[Operation]) -> float:
    """Most bytes while they run and keep nothing for a backward pass: what an operation would keep passes then."""
    return max(one.kept + one.forward for one in operations)


def backward_peak(operations: Sequence[Operation]) -> float:
    """Most bytes while their backward passes run, the last operation's first."""
    return max(sum(pair) for pair in zip(_so_far(operations), [one.backward for one in operations], strict=True))


def _so_far(operations: Sequence[Operation]) -> Iterable[float]:
    return accumulate(one.kept for one in operations)
