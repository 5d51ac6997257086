"""The allocator's moves of two whole training steps, put together from one micro-batch of each kind.

In a first step, gradients and the optimizer's states settle into what activations left free; the second step finds
other gaps than the first did. Where every weight is trained these blocks are the largest there are, and what the
allocator holds depends on where they lie. Simulating both steps would take twice as long and show nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.engine.memory.tracker import Step

STEPS = 2
"""What is reserved no longer grows after them: the third step finds the gaps of the second."""


@dataclass(frozen=True)
class Rehearsal:
    """What was recorded, each as the moves of the allocator.

    Args:
        weights: What is there before training.
        first: The micro-batch that makes the gradients.
        later: One that adds to them; none when a step has a single micro-batch.
        states: The optimizer's states, which the first step makes.
        moment: What every optimizer step takes and gives back.
    """

    weights: Sequence[Step]
    first: Sequence[Step]
    later: Sequence[Step]
    states: Sequence[Step]
    moment: Sequence[Step]

    def moves(self) -> list[Step]:
        """All moves of two steps in order. Gradients go after each, as ``zero_grad`` lets them."""
        told = _Told()
        told.tell(self.weights)
        for number in range(STEPS):
            gradients = told.tell(self.first)
            told.tell(self.later)
            if number == 0:
                told.tell(self.states)
            told.tell(self.moment)
            told.give(gradients)
        return told.steps


class _Told:
    """Moves so far; every block that is taken gets a number of its own, however often its recording is told."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._numbers = 0

    def tell(self, recorded: Sequence[Step]) -> list[int]:
        """Tell a recording once more; the numbers of the blocks that outlive it."""
        known: dict[int, int] = {}
        for step in recorded:
            if step.size_bytes:
                self._numbers += 1
                known[step.uid] = self._numbers
                self.steps.append(replace(step, uid=self._numbers))
            elif step.uid in known:
                self.steps.append(replace(step, uid=known.pop(step.uid)))
        return list(known.values())

    def give(self, numbers: Sequence[int]) -> None:
        """Free blocks."""
        self.steps += [Step(number, 0, "optimizer") for number in numbers]
