"""Held-out loss: how surprised a model is by the right answers of rows that it was not trained on.

It needs no parsing and no fixed answer, so it measures chat too; and it moves before any accuracy does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

DRAWS = 2000


def summarize(samples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the losses of rows say: mean over all trained tokens in nats, and its exponential, with intervals.

    The intervals are percentile bootstraps of rows. A row without a trained token counts for neither, and its share
    is ``empty``; as nothing is answered, ``coverage`` is the share of rows that count.

    Args:
        samples: Each with ``nll``, the sum over its ``n_loss_tokens`` tokens.
    """
    counted = [sample for sample in samples if sample["n_loss_tokens"]]
    n = len(samples)
    empty = (n - len(counted)) / n if n else None
    health = {
        "coverage": None if empty is None else 1 - empty,
        "empty": empty,
        **dict.fromkeys(("unparsed", "truncated", "error"), 0.0 if n else None),
        "mean_new_tokens": 0.0 if n else None,
    }
    metrics: dict[str, Any] = {}
    if counted:
        metrics["loss"] = mean_loss([sample["nll"] for sample in counted], [s["n_loss_tokens"] for s in counted])
        facts = {key: metrics["loss"][key] for key in ("method", "n", "n_tokens")}
        metrics["perplexity"] = {key: perplexity(metrics["loss"][key]) for key in ("value", "low", "high")} | facts
    return {"metrics": metrics, "health": health, "legacy": {}, "floors": {}}


def mean_loss(nll: Sequence[float], tokens: Sequence[int]) -> dict[str, Any]:
    """The mean over all tokens of all rows in nats, ``value``, with the interval of rows drawn anew, low and high.

    Args:
        nll: Of each row, the sum over its tokens.
        tokens: How many they are, at least 1.
    """
    sums, counts = np.array(nll), np.array(tokens, dtype=np.float64)
    drawn = np.random.default_rng(0).integers(0, len(sums), (DRAWS, len(sums)))
    low, high = np.percentile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [2.5, 97.5])
    return {
        "value": float(sums.sum() / counts.sum()),
        "low": float(low),
        "high": float(high),
        "method": "bootstrap of rows",
        "n": len(sums),
        "n_tokens": int(counts.sum()),
    }


def perplexity(loss: float) -> float:
    """The exponential of a loss in nats; the largest number there is where it is larger.

    >>> perplexity(0.0), perplexity(1e6) > 1e300
    (1.0, True)
    """
    return math.exp(min(loss, 700.0))
