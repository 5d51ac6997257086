"""What to change in a profile that does not fit: first what leaves the result as it is, then what costs quality."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine.run import Run
from workbench.profile import Profile


@dataclass(frozen=True)
class Fix:
    """One change.

    Args:
        said: What to change and what it costs.
        applies: Whether the profile has not done so already.
    """

    said: str
    applies: Callable[[Profile], bool] = lambda _: True


PAGED = "paged_adamw_8bit"


def _has_state(optim: str) -> bool:
    return OPTIMIZERS[optim].state_bytes > 0


TRAINING = (
    Fix('train.use_liger_kernel = "auto" (fused kernels)', lambda p: p.train.use_liger_kernel is False),
    Fix('model.attn_implementation = "sdpa"', lambda p: p.model.attn_implementation == "eager"),
    Fix("train.gradient_checkpointing = true (slower)", lambda p: not p.train.gradient_checkpointing),
    Fix('train.optim = "paged_adamw_8bit"', lambda p: _has_state(p.train.optim) and p.train.optim != PAGED),
    Fix('adapter.method = "lora" (trains an adapter alone)', lambda p: p.adapter.method == "full"),
    Fix('quant.method = "nf4"', lambda p: p.quant.method != "nf4" and p.adapter.method != "full"),
    Fix("a shorter train.max_length (cuts rows)"),
    Fix("a smaller model"),
)
"""Fewer rows at once were tried already, or could not have helped: the weights or the optimizer did not fit."""
EVALUATION = (
    Fix("a smaller eval.max_new_tokens", lambda p: p.eval.max_new_tokens != "auto"),
    Fix('quant.method = "nf4"', lambda p: p.quant.method != "nf4" and p.adapter.method != "full"),
    Fix("a smaller model"),
)
"""Where not even one prompt fits."""


def fixes(run: Run, training: bool) -> str:
    """What to do about a run that does not fit: the changes that are left, in the order in which to try them.

    Args:
        run: What did not fit.
        training: Whether it was trained or evaluated then.
    """
    profile = run.profile()
    left = [fix.said for fix in (TRAINING if training else EVALUATION) if fix.applies(profile)]
    return (
        f"If other programs hold memory, end them and `workbench resume {run.id}`. Else change the profile, in this "
        f"order: {'; '.join(left)}; and `workbench run` it anew, because a resumed run keeps its profile."
    )
