"""Cards that users own or rent, by what a CUDA program can have of their memory."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.choices.table import Table

GIB = 2**30


@dataclass(frozen=True)
class CardModel:
    """A GPU model.

    Args:
        name: What it is called.
        memory_gib: Memory as the maker says it, in GiB.
        capability: CUDA compute capability.
    """

    name: str
    memory_gib: int
    capability: tuple[int, int]

    @property
    def memory_bytes(self) -> int:
        """What a program can have: 1 % less than the maker says, about what drivers keep."""
        return int(self.memory_gib * GIB * 0.99)


CARDS: Table[CardModel] = Table(
    "card",
    CardModel("RTX 3050", 8, (8, 6)),
    CardModel("RTX 3060", 12, (8, 6)),
    CardModel("RTX 3060 Ti", 8, (8, 6)),
    CardModel("RTX 3070", 8, (8, 6)),
    CardModel("RTX 3080", 10, (8, 6)),
    CardModel("RTX 3090", 24, (8, 6)),
    CardModel("RTX 4060", 8, (8, 9)),
    CardModel("RTX 4060 Ti", 8, (8, 9)),
    CardModel("RTX 4060 Ti 16GB", 16, (8, 9)),
    CardModel("RTX 4070", 12, (8, 9)),
    CardModel("RTX 4070 Ti Super", 16, (8, 9)),
    CardModel("RTX 4080", 16, (8, 9)),
    CardModel("RTX 4090", 24, (8, 9)),
    CardModel("RTX 5060 Ti", 8, (12, 0)),
    CardModel("RTX 5060 Ti 16GB", 16, (12, 0)),
    CardModel("RTX 5070", 12, (12, 0)),
    CardModel("RTX 5070 Ti", 16, (12, 0)),
    CardModel("RTX 5080", 16, (12, 0)),
    CardModel("RTX 5090", 32, (12, 0)),
    CardModel("RTX A4000", 16, (8, 6)),
    CardModel("RTX A5000", 24, (8, 6)),
    CardModel("RTX A6000", 48, (8, 6)),
    CardModel("T4", 16, (7, 5)),
    CardModel("L4", 24, (8, 9)),
    CardModel("L40S", 48, (8, 9)),
    CardModel("V100 16GB", 16, (7, 0)),
    CardModel("V100 32GB", 32, (7, 0)),
    CardModel("A10", 24, (8, 6)),
    CardModel("A100 40GB", 40, (8, 0)),
    CardModel("A100 80GB", 80, (8, 0)),
    CardModel("H100", 80, (9, 0)),
    CardModel("H200", 140, (9, 0)),
)
