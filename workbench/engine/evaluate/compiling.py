"""A step of decoding, compiled: the small kernels between two products of matrices become one.

A recorded step of an 8B model launches some two thousand kernels, most of which move a few kilobytes: norms, rotations,
casts. Compiled, about a quarter of them is left, and what takes time is reading the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers.cache_utils import Cache

from workbench.engine.evaluate.attention import inner
from workbench.engine.evaluate.decode import next_logits
from workbench.engine.evaluate.graphs import Forward

OPTIONS: dict[str, Any] = {"coordinate_descent_tuning": True}
"""For the compiler behind ``torch.compile``. Tuned, a product with one row is a sum that is fused with what stands
beside it: 6.3 instead of 7.1 ms a token of an 8B model on an H100, for 40 s more of compiling, once. None of them may
make it record graphs of its own."""
STRUCTURES = 64
"""So many kinds of models may be compiled in one process; by default the ninth would be refused."""

Compiler = Callable[..., Any]


def compiled(compiler: Compiler = torch.compile) -> Forward:
    """``decode.next_logits``, compiled at its first call, tuning included.

    It is compiled again only for a model of another structure or a cache of another room: models of one structure
    share what is compiled. All of it is compiled or it is an error, so that a way's name says what really ran.

    Args:
        compiler: ``torch.compile``, or what stands for it.
    """
    step = compiler(next_logits, fullgraph=True, dynamic=False, options=OPTIONS)

    def forward(
        model: Any, token: torch.Tensor, mask: torch.Tensor, position: torch.Tensor, cache: Cache
    ) -> torch.Tensor:
        from torch._dynamo import config  # slow to import, and most processes never compile

        with config.patch(recompile_limit=STRUCTURES):
            logits: torch.Tensor = step(inner(model), token, mask, position, cache)
        return logits

    return forward
