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
        state_bytes: Bytes of state that it keeps for each trained number, without scales.
        needs_cuda: Whether it runs on an NVIDIA GPU only.
        paper: Where it was published.
        scale_bytes: Bytes of the scales of each number's states; never paged.
        paged: Whether its state lies in managed memory, which moves to RAM when the card is full.
        fp32_embedding: Whether an embedding's two moments are kept in fp32 all the same (transformers, trainer.py,
            ``create_optimizer``).
        copies: Copies of all that is trained that a step makes for a moment.
        largest_fp32: fp32 copies of the largest parameter that a step makes for a moment.
    """

    name: str
    label: str
    state_bytes: float
    needs_cuda: bool
    paper: str
    scale_bytes: float = 0.0
    paged: bool = False
    fp32_embedding: bool = False
    copies: int = 0
    largest_fp32: int = 0

    def moments_bytes(self, trained: int, embedding: int = 0) -> float:
        """Bytes of state, without scales, for so many trained numbers, some of them an embedding's.

        >>> OPTIMIZERS["adamw_bnb_8bit"].moments_bytes(1000), OPTIMIZERS["adamw_bnb_8bit"].moments_bytes(1000, 100)
        (2000, 2600)
        """
        wide = embedding if self.fp32_embedding else 0
        return (trained - wide) * self.state_bytes + wide * 2 * 4

    def scales_bytes(self, trained: int, embedding: int = 0) -> float:
        """Bytes of scales for the same numbers."""
        return (trained - (embedding if self.fp32_embedding else 0)) * self.scale_bytes


BLOCK_SIZE_8BIT = 256
"""Numbers of an 8-bit state that share one scale of four bytes (bitsandbytes/optim/optimizer.py)."""
_8BIT = 2 * 4 / BLOCK_SIZE_8BIT

OPTIMIZERS: Table[Optimizer] = Table(
    "optimizer",
    Optimizer("adamw_torch_fused", "AdamW", 8, False, "https://arxiv.org/abs/1711.05101"),
    # the roots of all second moments at once (torch/optim/adamw.py, _multi_tensor_adamw)
    Optimizer("adamw_torch", "AdamW, not fused", 8, False, "https://arxiv.org/abs/1711.05101", copies=1),
    Optimizer("adamw_bnb_8bit", "AdamW 8-bit", 2, True, "https://arxiv.org/abs/2110.02861", _8BIT, fp32_embedding=True),
    Optimizer("paged_adamw_8bit", "AdamW 8-bit, paged", 2, True, "https://arxiv.org/abs/2305.14314", _8BIT, True, True),
    Optimizer("paged_adamw_32bit", "AdamW, paged", 8, True, "https://arxiv.org/abs/2305.14314", paged=True),
    # its gradient, its square, the update and the weight (transformers/optimization.py, Adafactor.step)
    Optimizer("adafactor", "Adafactor", 0, False, "https://arxiv.org/abs/1804.04235", largest_fp32=4),
    Optimizer("sgd", "SGD", 0, False, ""),
)
