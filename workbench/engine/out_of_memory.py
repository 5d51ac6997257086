"""What to change in a profile that did not fit: first what leaves the result as it is, then what costs quality."""

from __future__ import annotations

from workbench.engine.memory.rules import BATCH, RULES, said
from workbench.engine.run import Run
from workbench.profile import Profile

IN_EVALUATION = ("base weights in NF4",)
"""Names of the rules that help an answer too."""
LIGER = "train.use_liger_kernel"
LAST = "a smaller model"


def fixes(run: Run, training: bool) -> str:
    """What to do about a run that does not fit: the changes that are left, in the order in which to try them.

    Args:
        run: What did not fit.
        training: Whether it was trained or evaluated then.
    """
    profile = run.profile()
    left = [*(_training(profile) if training else _evaluation(profile)), LAST]
    return (
        f"If other programs hold memory, end them and `workbench resume {run.id}`. Else change the profile, in this "
        f"order: {'; '.join(left)}; and `workbench run` it anew, because a resumed run keeps its profile."
    )


def _training(profile: Profile) -> list[str]:
    """Fewer rows at once were tried already, or could not have helped: the weights or the optimizer did not fit."""
    found = [rule.values(profile) for rule in RULES]
    done = {LIGER: True} if profile.train.use_liger_kernel == "auto" else {}  # used already where it is installed
    return [said(values) for values in found if values and BATCH not in values and values != done]


def _evaluation(profile: Profile) -> list[str]:
    """Where not even one prompt fits."""
    shorter = [] if profile.eval.max_new_tokens == "auto" else ["a smaller eval.max_new_tokens"]
    found = [rule.values(profile) for rule in RULES if rule.name in IN_EVALUATION]
    return [*shorter, *(said(values) for values in found if values)]
