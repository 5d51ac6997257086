"""What training cost elsewhere: the scores on sets that the run did not train on, base beside tuned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engine.pairing import same_protocol


def forgetting(tuned: Mapping[str, Any], base: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One line for each evaluation of another set that both models have, by its ranked score.

    Whether a change is more than chance, ``compare`` says; here are only the two numbers.

    Args:
        tuned: ``evaluation`` of a run's result.
        base: The same of its base model.

    Returns:
        dataset, protocol, metric, base, tuned, change (tuned minus base), lower_is_better, n.
    """
    lines = []
    for name, after in tuned.items():
        before = base.get(name)
        if after.get("role") != "other" or before is None or not same_protocol(before, after):
            continue
        metric = next((one for one in after["metrics"] if one in before["metrics"]), None)
        if metric is None:
            continue
        first, second = (entry["metrics"][metric]["value"] for entry in (before, after))
        lines.append(
            {
                "dataset": after["dataset"],
                "protocol": after["protocol"],
                "metric": metric,
                "base": first,
                "tuned": second,
                "change": second - first,
                "lower_is_better": metric in after["lower_is_better"],
                "n": after["n"],
            }
        )
    return lines
