"""Rows of configurations that were trained with several seeds, each summed up over its runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from workbench.engine import seeds
from workbench.engine.compared_run import ComparedRun
from workbench.engine.comparison import Cell, Line
from workbench.engine.marks import UNDERPOWERED, mark_of
from workbench.engine.statistics import holm


def over_seeds(
    runs: Sequence[ComparedRun], baseline: ComparedRun | None, dataset: str, losses: Collection[str] = ()
) -> list[Line]:
    """A line for each configuration that was trained with enough seeds; of ``losses`` a lower value is better."""
    groups: dict[str, dict[int | None, ComparedRun]] = {}
    for run in runs:
        if run.configuration and run is not baseline:
            groups.setdefault(run.configuration, {})[run.seed] = run
    enough = [list(group.values()) for group in groups.values() if len(group) >= seeds.ENOUGH]
    lines = [_seeds_line(group, dataset) for group in enough]
    return lines if baseline is None else _against(lines, enough, baseline, dataset, losses)


def _seeds_line(group: Sequence[ComparedRun], dataset: str) -> Line:
    one = group[0]
    cells = {}
    for metric in one.entries[dataset]["metrics"]:
        found = seeds.score([run.samples[dataset] for run in group], metric)
        if found:
            cells[metric] = Cell(found.value, found.low, found.high, found.n)
    name = f"{one.name}, {len(group)} seeds"
    runs = tuple(run.id for run in group)
    return Line(
        f"seeds-{one.configuration[:8]}", "seeds", name, one.model, one.method, one.quant, cells=cells, runs=runs
    )


def _against(
    lines: Sequence[Line],
    groups: Sequence[Sequence[ComparedRun]],
    baseline: ComparedRun,
    dataset: str,
    losses: Collection[str],
) -> list[Line]:
    """The lines with their differences to the baseline, corrected for the number of configurations."""
    changed = list(lines)
    for metric in {name: None for line in lines for name in line.cells}:
        found = {}
        for place, group in enumerate(groups):
            one = seeds.difference([run.samples[dataset] for run in group], baseline.samples[dataset], metric)
            if one and metric in changed[place].cells:
                found[place] = one
        for (place, one), p in zip(found.items(), holm([one.p for one in found.values()]), strict=True):
            mark = mark_of(one.value, one.low_90, one.high_90, p, -1 if metric in losses else 1)
            cell = replace(
                changed[place].cells[metric],
                delta=one.value,
                delta_low=one.low,
                delta_high=one.high,
                p_holm=p,
                mark=mark,
                underpowered=mark == "tie" and one.high_90 - one.low_90 > 2 * UNDERPOWERED,
            )
            changed[place] = replace(changed[place], cells={**changed[place].cells, metric: cell})
    return changed
