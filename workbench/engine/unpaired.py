"""The difference of two results of which the answers are not there to be paired: as of independent samples.

On the same questions two models agree more often than independent samples would, so that this finds less than a
paired test, never more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engine import statistics
from workbench.engine.pairing import Difference

Metric = Mapping[str, Any]


def difference(first: Metric, second: Metric) -> Difference | None:
    """Second minus first; None when one of them has no interval, for want of its number of answers.

    Scores with a count of right answers (``right``) are tested with Fisher's exact test, their interval is Newcombe's
    for independent samples. Of all others only the interval is known: both are put together by square-and-add, and
    tested as normal with the standard error that their widths amount to.

    Args:
        first: The baseline's entry of ``metrics``: value, low, high, n, and ``right`` where it is known.
        second: The other model's.
    """
    if first["low"] is None or second["low"] is None:
        return None
    wide, narrow = (_interval(first, second, level) for level in (0.95, 0.9))
    error = _standard_error(wide)
    return Difference(
        second["value"] - first["value"],
        *wide,
        *narrow,
        p=_p(first, second, error),
        n=min(first["n"] or 0, second["n"] or 0),
        detectable=min(1.0, statistics.detectable_by(error)),
        paired=False,
    )


def _interval(first: Metric, second: Metric, level: float) -> statistics.Interval:
    limits = [_limits(one, level) for one in (second, first)]
    return statistics.of_intervals(second["value"], limits[0], first["value"], limits[1])


def _limits(metric: Metric, level: float) -> statistics.Interval:
    if metric.get("right") is not None:
        return statistics.wilson(metric["right"], metric["n"], level)
    shrunk = statistics.normal_width(level) / statistics.normal_width(0.95)
    value = metric["value"]
    return value - (value - metric["low"]) * shrunk, value + (metric["high"] - value) * shrunk


def _standard_error(wide: statistics.Interval) -> float:
    return (wide[1] - wide[0]) / statistics.normal_width(0.95)


def _p(first: Metric, second: Metric, error: float) -> float:
    if first.get("right") is not None and second.get("right") is not None:
        return statistics.fisher(first["right"], first["n"], second["right"], second["n"])
    return statistics.normal_p((second["value"] - first["value"]) / error) if error else 1.0
