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
    fp32_embedding: bool = False
    copies: int = 0
    largest_fp32: int = 0


BLOCK_SIZE_8BIT = 256
"""Numbers of an 8-bit state that share one scale of four bytes (bitsandbytes/optim/optimizer.py)."""
_8BIT = 2 * (1 + 4 / BLOCK_SIZE_8BIT)

OPTIMIZERS: Table[Optimizer] = Table(
    "optimizer",
    Optimizer("adamw_torch_fused", "AdamW", 8, False, "https://arxiv.org/abs/1711.05101"),
    # the roots of all second moments at once (torch/optim/adamw.py, _multi_tensor_adamw)
    Optimizer("adamw_torch", "AdamW, not fused", 8, False, "https://arxiv.org/abs/1711.05101", copies=1),
    Optimizer("adamw_bnb_8bit", "AdamW 8-bit", _8BIT, True, "https://arxiv.org/abs/2110.02861", fp32_embedding=True),
    Optimizer(
        "paged_adamw_8bit", "AdamW 8-bit, paged", _8BIT, True, "https://arxiv.org/abs/2305.14314", fp32_embedding=True
    ),
    Optimizer("paged_adamw_32bit", "AdamW, paged", 8, True, "https://arxiv.org/abs/2305.14314"),
    # its gradient, its square, the update and the weight (transformers/optimization.py, Adafactor.step)
    Optimizer("adafactor", "Adafactor", 0, False, "https://arxiv.org/abs/1804.04235", largest_fp32=4),
    Optimizer("sgd", "SGD", 0, False, ""),
)
