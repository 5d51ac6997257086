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
        memory_gib: Memory on the box, in GiB.
    """

    name: str
    memory_gib: int

    @property
    def memory_bytes(self) -> int:
        """What NVML reports as its total is a little less than the box says: 99 %, as most drivers leave."""
        return int(self.memory_gib * GIB * 0.99)


CARDS: Table[CardModel] = Table(
    "card",
    CardModel("RTX 3050", 8),
    CardModel("RTX 3060", 12),
    CardModel("RTX 3060 Ti", 8),
    CardModel("RTX 3070", 8),
    CardModel("RTX 3080", 10),
    CardModel("RTX 3090", 24),
    CardModel("RTX 4060", 8),
    CardModel("RTX 4060 Ti", 8),
    CardModel("RTX 4060 Ti 16GB", 16),
    CardModel("RTX 4070", 12),
    CardModel("RTX 4070 Ti Super", 16),
    CardModel("RTX 4080", 16),
    CardModel("RTX 4090", 24),
    CardModel("RTX 5060 Ti", 8),
    CardModel("RTX 5060 Ti 16GB", 16),
    CardModel("RTX 5070", 12),
    CardModel("RTX 5070 Ti", 16),
    CardModel("RTX 5080", 16),
    CardModel("RTX 5090", 32),
    CardModel("RTX A4000", 16),
    CardModel("RTX A5000", 24),
    CardModel("RTX A6000", 48),
    CardModel("T4", 16),
    CardModel("L4", 24),
    CardModel("L40S", 48),
    CardModel("V100 16GB", 16),
    CardModel("V100 32GB", 32),
    CardModel("A10", 24),
    CardModel("A100 40GB", 40),
    CardModel("A100 80GB", 80),
    CardModel("H100", 80),
    CardModel("H200", 141),
)
