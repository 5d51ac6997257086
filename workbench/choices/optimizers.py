"""The optimizers, under the names that transformers gives them."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.choices.table import Table


@dataclass(frozen=True)
class Optimizer:
    """One optimizer.

    Args:
        name: Its value of ``train.optim``.
        label: Its name in tables.
        state_bytes: Bytes of state that it keeps for each trained number.
        needs_cuda: Whether it runs on an NVIDIA GPU only.
        paper: Where it was published.
        paged: Whether its state lies in managed memory, which moves to RAM when the card is full.
        embedding_state_bytes: What ``state_bytes`` is for an embedding, where transformers keeps that in fp32.
    """

    name: str
    label: str
    state_bytes: float
    needs_cuda: bool
    paper: str
    paged: bool = False
    embedding_state_bytes: float | None = None

    def total_bytes(self, trained: int, embedding: int = 0) -> float:
        """Bytes of state for so many trained numbers, some of them an embedding's.

        >>> OPTIMIZERS["adamw_bnb_8bit"].total_bytes(1000), OPTIMIZERS["adamw_bnb_8bit"].total_bytes(1000, 100)
        (2000, 2600)
        """
        of_embedding = self.state_bytes if self.embedding_state_bytes is None else self.embedding_state_bytes
        return (trained - embedding) * self.state_bytes + embedding * of_embedding


OPTIMIZERS: Table[Optimizer] = Table(
    "optimizer",
    Optimizer("adamw_torch_fused", "AdamW", 8, False, "https://arxiv.org/abs/1711.05101"),
    Optimizer("adamw_torch", "AdamW, not fused", 8, False, "https://arxiv.org/abs/1711.05101"),
    Optimizer("adamw_bnb_8bit", "AdamW 8-bit", 2, True, "https://arxiv.org/abs/2110.02861", False, 8),
    Optimizer("paged_adamw_8bit", "AdamW 8-bit, paged", 2, True, "https://arxiv.org/abs/2305.14314", True, 8),
    Optimizer("paged_adamw_32bit", "AdamW, paged", 8, True, "https://arxiv.org/abs/2305.14314", True),
    Optimizer("adafactor", "Adafactor", 0, False, "https://arxiv.org/abs/1804.04235"),
    Optimizer("sgd", "SGD", 0, False, ""),
)
