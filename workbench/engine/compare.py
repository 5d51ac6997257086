"""Runs beside each other: scores with intervals, paired differences to a baseline, and ties shown as ties."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.engine.compared_run import ComparedRun, read
from workbench.engine.comparison import Block, Cell, Comparison, Line
from workbench.engine.pairing import Difference, difference, same_protocol
from workbench.engine.reference import published
from workbench.engine.run import Run, find
from workbench.engine.run import state as state_of
from workbench.engine.statistics import holm
from workbench.paths import Workspace

SIGNIFICANT = 0.05
EQUIVALENT = 0.02
"""A difference whose 90 % interval lies within plus or minus this is none."""
UNDERPOWERED = 0.05
"""A tie that could not have shown a difference of this size says so."""
COLLAPSED = 0.8
"""A row that answers less than this fraction of the questions can never be best."""
SHORT_OF_COVERAGE = 0.95


def compare(workspace: Workspace, runs: Sequence[Run], baseline: str = "", with_reference: bool = False) -> Comparison:
    """The runs with a result, and the base models that they were measured against, beside each other.

    Args:
        workspace: Where the runs are.
        runs: What is compared.
        baseline: Run that differences are taken to; by default the base model that all share.
        with_reference: Add the study's published figures.

    Raises:
        InputError: There is no run of the baseline's name.
    """
    notes: list[str] = []
    pinned = find(workspace, baseline) if baseline else None
    shown = _readable([*runs, *([pinned] if pinned else [])], notes)
    base_ids = {run.base_run_id: None for run in shown if run.base_run_id}
    shown += _readable([Run(workspace, run_id) for run_id in base_ids], notes, known={run.id for run in shown})
    shown = [run for run in shown if run.entries]
    chosen = _baseline(pinned.id if pinned else "", shown, list(base_ids), notes)
    blocks = [_block(group, chosen, notes) for group in _groups(shown)]
    _note_noise(shown, notes)
    n, rows = published() if with_reference else (0, [])
    return Comparison(chosen, tuple(blocks), tuple(dict.fromkeys(notes)), n, tuple(rows))


def _readable(runs: Sequence[Run], notes: list[str], known: Collection[str] = ()) -> list[ComparedRun]:
    found: dict[str, ComparedRun] = {}
    for run in runs:
        if run.id in known or run.id in found:
            continue
        if not run.result_file.exists():
            now = state_of(run)
            notes.append(f"{run.id} is {now.status} and has no result{f': {now.reason}' if now.reason else ''}")
            continue
        try:
            found[run.id] = read(run)
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            notes.append(f"{run.id}: result.json or samples.jsonl is damaged ({error!r})")
    return list(found.values())


def _baseline(pinned: str, shown: Sequence[ComparedRun], base_ids: Sequence[str], notes: list[str]) -> str:
    if pinned:
        return pinned
    there = [run_id for run_id in base_ids if any(run.id == run_id for run in shown)]
    if len(there) == 1:
        return there[0]
    if len(there) > 1:
        notes.append("the runs were measured against several base models; pin one with --baseline")
    return ""


def _groups(shown: Sequence[ComparedRun]) -> list[list[tuple[ComparedRun, str]]]:
    """Runs by what they were asked: a row never stands beside one that was asked otherwise."""
    groups: list[list[tuple[ComparedRun, str]]] = []
    for run in shown:
        for dataset in run.entries:
            for group in groups:
                other, name = group[0]
                if name == dataset and same_protocol(run.entries[dataset], other.entries[name]):
                    group.append((run, dataset))
                    break
            else:
                groups.append([(run, dataset)])
    return groups


def _block(group: Sequence[tuple[ComparedRun, str]], baseline: str, notes: list[str]) -> Block:
    dataset = group[0][1]
    runs = {run.id: run for run, _ in group}
    entry = group[0][0].entries[dataset]
    metrics = tuple(entry["metrics"])
    lines = {run_id: _line(run, dataset) for run_id, run in runs.items()}
    if baseline and baseline not in runs:
        names = ", ".join(runs)
        notes.append(f"{dataset}: {baseline} was not asked this, or was asked differently than {names}: not paired")
    detectable = None
    for metric in metrics:
        paired = _differences(runs, dataset, metric, baseline, notes) if baseline in runs else {}
        lines = _marked(lines, metric, paired, baseline)
        lines = _with_best(lines, runs, dataset, metric)
        if metric == metrics[0] and paired:
            detectable = _detectable(paired)
    if baseline in runs:
        lines = {key: _flagged(line, lines[baseline]) for key, line in lines.items()}
    first = metrics[0]
    ordered = sorted(lines.values(), key=lambda line: (line.id != baseline, -line.cells[first].value))
    floors = [_floor(name, values, entry["n"]) for name, values in entry["floors"].items()]
    return Block(
        dataset, entry["task"], entry["protocol"], entry["answer_format"], metrics, (*ordered, *floors), detectable
    )


def _line(run: ComparedRun, dataset: str) -> Line:
    entry = run.entries[dataset]
    cells = {
        name: Cell(one["value"], one["low"], one["high"], _n(run, dataset, name))
        for name, one in entry["metrics"].items()
    }
    health = entry["health"]
    return Line(
        id=run.id,
        kind=run.kind,
        name=run.name,
        model=run.model,
        method=run.method,
        quant=run.quant,
        seed=run.seed,
        cells=cells,
        health=health,
        latency_s=entry["speed"]["latency_s"],
        train_memory_bytes=run.train_memory_bytes,
        eval_memory_bytes=_memory(entry["memory"]),
        memory_kind="allocated" if entry["memory"]["peak_allocated_bytes"] else "RSS",
        legacy=entry.get("legacy", {}),
        predicted_memory_bytes=run.predicted_memory_bytes,
        memory_deviation=run.memory_deviation,
        flags=("collapsed",) if health["coverage"] < COLLAPSED else (),
    )


def _n(run: ComparedRun, dataset: str, metric: str) -> int:
    """How many answers a metric stands on: those with a gold, those without, or all."""
    samples = run.samples[dataset].values()
    if metric.startswith(("has_ans", "no_ans")):
        wanted = metric.startswith("has_ans")
        return sum(bool(sample["gold"]) == wanted for sample in samples)
    return len(samples)


def _memory(memory: Mapping[str, Any]) -> int | None:
    peak: int | None = memory["peak_allocated_bytes"] or memory["peak_rss_bytes"]
    return peak


def _floor(name: str, values: Mapping[str, float], n: int) -> Line:
    cells = {metric: Cell(value, None, None, n) for metric, value in values.items()}
    return Line(id=name, kind="floor", name=name, cells=cells)


def _differences(
    runs: Mapping[str, ComparedRun], dataset: str, metric: str, baseline: str, notes: list[str]
) -> dict[str, Difference]:
    found = {}
    for run_id, run in runs.items():
        if run_id == baseline:
            continue
        paired = difference(runs[baseline].samples[dataset], run.samples[dataset], metric)
        if paired is None:
            notes.append(f"{run_id} and {baseline} share less than 95 % of the questions of {dataset}: not paired")
        else:
            found[run_id] = paired
    return found


def _marked(lines: Mapping[str, Line], metric: str, paired: Mapping[str, Difference], baseline: str) -> dict[str, Line]:
    adjusted = dict(zip(paired, holm([one.p for one in paired.values()]), strict=True))
    marked = {}
    for run_id, line in lines.items():
        cell = line.cells[metric]
        if run_id == baseline:
            cell = replace(cell, mark="baseline")
        elif run_id in paired:
            one = paired[run_id]
            cell = replace(
                cell,
                delta=one.delta,
                delta_low=one.low,
                delta_high=one.high,
                p_holm=adjusted[run_id],
                mark=(mark := _mark(one, adjusted[run_id])),
                underpowered=mark == "tie" and one.detectable > UNDERPOWERED,
            )
        marked[run_id] = replace(line, cells={**line.cells, metric: cell})
    return marked


def _mark(one: Difference, p: float) -> str:
    if p < SIGNIFICANT and one.delta != 0:
        return "better" if one.delta > 0 else "worse"
    if one.low_90 > -EQUIVALENT and one.high_90 < EQUIVALENT:
        return "equivalent"
    return "tie"


def _with_best(
    lines: Mapping[str, Line], runs: Mapping[str, ComparedRun], dataset: str, metric: str
) -> dict[str, Line]:
    """Mark the set of rows that no row is shown to beat; a collapsed row is never in it."""
    able = [run_id for run_id, line in lines.items() if "collapsed" not in line.flags]
    if not able:
        return dict(lines)
    top = max(able, key=lambda run_id: lines[run_id].cells[metric].value)
    others = [run_id for run_id in able if run_id != top]
    tests = [difference(runs[top].samples[dataset], runs[other].samples[dataset], metric) for other in others]
    p_values = holm([one.p if one else 1.0 for one in tests])
    best = {top, *(other for other, p in zip(others, p_values, strict=True) if p >= SIGNIFICANT)}
    return {
        run_id: replace(line, cells={**line.cells, metric: replace(line.cells[metric], best=run_id in best)})
        for run_id, line in lines.items()
    }


def _flagged(line: Line, baseline: Line) -> Line:
    coverage = line.health["coverage"]
    short = coverage < SHORT_OF_COVERAGE or coverage < baseline.health["coverage"] - EQUIVALENT
    if short and "collapsed" not in line.flags:
        return replace(line, flags=(*line.flags, "low coverage"))
    return line


def _detectable(paired: Mapping[str, Difference]) -> float:
    return max(one.detectable for one in paired.values())


def _note_noise(shown: Sequence[ComparedRun], notes: list[str]) -> None:
    trained = [run for run in shown if run.kind == "train"]
    if trained and len({run.seed for run in trained}) == 1:
        notes.append("one training seed: the intervals are of the questions asked; training varies too, unmeasured")
    if len({run.device for run in shown}) > 1:
        notes.append("the runs were measured on different devices: their latencies cannot be compared")
