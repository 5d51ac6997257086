"""What the cells of one column can claim: better or worse than the baseline, and which are not beaten by any."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from workbench.engine import pairing, unpaired
from workbench.engine.compared_run import ComparedRun, Sample
from workbench.engine.comparison import Cell, Line
from workbench.engine.pairing import Difference
from workbench.engine.statistics import ALPHA, benjamini_hochberg, holm

EQUIVALENT = 0.02
"""A difference whose 90 % interval lies within plus or minus this is none: a fraction, of losses in nats."""
UNDERPOWERED = 0.05
"""A tie that could not have shown a difference of this size says so; the same units."""
COLLAPSED = 0.8
"""A row that answers less than this fraction of the questions can never be best."""
SHORT_OF_COVERAGE = 0.95
LOST_COVERAGE = 0.02
"""A row that answers this much less than the baseline is flagged."""
ONE_ANSWER = 0.9
"""A row that answers this fraction of the questions alike, though they are not, has collapsed too."""
COLLAPSE, ONE_ANSWER_COLLAPSE = "collapsed", "collapsed to one answer"
FEW = 10
"""Answers below which giving the same one says nothing."""

CORRECTIONS: dict[str, Callable[[Sequence[float]], list[float]]] = {
    "holm": holm,
    "benjamini-hochberg": benjamini_hochberg,
}
"""How p-values are adjusted for the number of rows; the first by default, the second for sweeps of more than 20."""


def between(first: ComparedRun, second: ComparedRun, dataset: str, metric: str) -> Difference | None:
    """Second minus first: paired where both have their answers, else as of independent samples.

    None when they share too few questions, or when one of them has no such score or says not on how many it stands.
    """
    if any(metric not in run.entries[dataset]["metrics"] for run in (first, second)):
        return None
    answers = _answers(first, second, dataset, metric)
    if answers:
        return pairing.difference(*answers, metric)
    one, two = (run.entries[dataset]["metrics"][metric] for run in (first, second))
    return unpaired.difference(one, two)


def _p_between(first: ComparedRun, second: ComparedRun, dataset: str, metric: str) -> float:
    """The p-value of ``between``; 1 where there is none, for nothing is shown then."""
    answers = _answers(first, second, dataset, metric)
    if answers:
        found = pairing.p_value(*answers, metric)
        return 1.0 if found is None else found
    one = between(first, second, dataset, metric)
    return one.p if one else 1.0


def _answers(
    first: ComparedRun, second: ComparedRun, dataset: str, metric: str
) -> tuple[dict[str, Sample], dict[str, Sample]] | None:
    """The answers of both, where both have some that the score is made of."""
    for run in (first, second):
        entry = run.entries[dataset]["metrics"].get(metric)
        if entry is None or not entry.get("per_sample", True) or not run.samples[dataset]:
            return None
    return first.samples[dataset], second.samples[dataset]


def marked(
    lines: Mapping[str, Line], metric: str, found: Mapping[str, Difference], baseline: str, correction: str, sign: int
) -> dict[str, Line]:
    """The lines with their difference to the baseline and what it can claim; the sign is -1 where lower is better."""
    adjusted = dict(zip(found, CORRECTIONS[correction]([one.p for one in found.values()]), strict=True))
    changed = dict(lines)
    for run_id, line in lines.items():
        cell = line.cells.get(metric)
        if cell is None:
            continue
        if run_id == baseline:
            cell = replace(cell, mark="baseline")
        elif run_id in found:
            cell = _marked(cell, found[run_id], adjusted[run_id], sign)
            if cell.mark == "better" and {COLLAPSE, ONE_ANSWER_COLLAPSE} & set(line.flags):
                cell = replace(cell, mark="")  # a trivial answer can beat a weak baseline; that is no skill
        changed[run_id] = replace(line, cells={**line.cells, metric: cell})
    return changed


def _marked(cell: Cell, one: Difference, p: float, sign: int) -> Cell:
    mark = mark_of(one.delta, one.low_90, one.high_90, p, sign)
    return replace(
        cell,
        delta=one.delta,
        delta_low=one.low,
        delta_high=one.high,
        p_holm=p,
        mark=mark,
        underpowered=mark == "tie" and one.detectable > UNDERPOWERED,
        unpaired=not one.paired,
    )


def mark_of(delta: float, low_90: float, high_90: float, p: float, sign: int) -> str:
    """What a difference with its 90 % interval and its adjusted p can claim; the sign is -1 where lower is better."""
    if p < ALPHA and delta != 0:
        return "better" if sign * delta > 0 else "worse"
    return "equivalent" if low_90 > -EQUIVALENT and high_90 < EQUIVALENT else "tie"


def with_best(
    lines: Mapping[str, Line], runs: Mapping[str, ComparedRun], dataset: str, metric: str, sign: int
) -> tuple[dict[str, Line], str]:
    """Mark the set of rows that no row is shown to beat; with it the one row that beats all others, if any does.

    A collapsed row is never in the set, and a single row beats nothing. One that cannot be tested against the top, for
    want of shared questions or of n, stays in it: nothing shows that it is worse.
    """
    able = [key for key, line in lines.items() if metric in line.cells and not collapsed(line)]
    if len(able) < 2:
        return dict(lines), ""
    top = max(able, key=lambda key: sign * lines[key].cells[metric].value)
    others = [key for key in able if key != top]
    p_values = holm([_p_between(runs[top], runs[other], dataset, metric) for other in others])
    best = {top, *(other for other, p in zip(others, p_values, strict=True) if p >= ALPHA)}
    changed = dict(lines)
    for key in best:
        line = lines[key]
        changed[key] = replace(line, cells={**line.cells, metric: replace(line.cells[metric], best=True)})
    return changed, top if best == {top} else ""


def collapsed(line: Line) -> bool:
    """Whether the row answered too little, here or, for a model that was trained, on another data set."""
    return any(flag.startswith("collapsed") for flag in line.flags)


def flags(run: ComparedRun, dataset: str) -> tuple[str, ...]:
    """Why a row can never be best: it answered too little of this data set, or training broke it on another."""
    broken = {name: why for name in run.entries if (why := _broken(run, name))}
    if dataset in broken:
        return (broken[dataset],)
    return tuple(f"collapsed on {name}" for name in broken) if run.trained else ()


def _broken(run: ComparedRun, dataset: str) -> str:
    if run.entries[dataset]["health"].get("coverage", 1.0) < COLLAPSED:
        return COLLAPSE
    samples = run.samples[dataset].values()
    said = [str(sample["parsed"]) for sample in samples if sample["parsed"] is not None]
    if len(said) < FEW or _modal_share(said) < ONE_ANSWER:
        return ""
    golds = [json.dumps(sample["gold"]) for sample in samples]
    return ONE_ANSWER_COLLAPSE if _modal_share(golds) < ONE_ANSWER else ""


def _modal_share(texts: Sequence[str]) -> float:
    return Counter(texts).most_common(1)[0][1] / len(texts)


def flagged(line: Line, baseline: Line | None, metric: str, floor: float | None) -> Line:
    """The line, flagged when it answers clearly less than all questions or than the baseline, or scores below a floor.

    Args:
        line: Of a run.
        baseline: The line that it is compared with; None without one.
        metric: The ranked score.
        floor: What the best trivial answer scores; None without one.
    """
    flags = list(line.flags)
    coverage, cell = line.health.get("coverage"), line.cells.get(metric)
    if coverage is not None and COLLAPSE not in flags:
        of_baseline = baseline.health.get("coverage") if baseline else None
        lost = of_baseline is not None and coverage < of_baseline - LOST_COVERAGE
        flags += ["low coverage"] if coverage < SHORT_OF_COVERAGE or lost else []
    if cell is not None and floor is not None and cell.value < floor:
        flags.append("below a floor")
    return replace(line, flags=tuple(flags))
