"""Runs beside each other: scores with intervals, differences to a baseline, and ties shown as ties."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from workbench.engine import footer, marks
from workbench.engine.comparability import differences_to_say, latencies_to_say
from workbench.engine.compared_run import DAMAGED, ComparedRun, read
from workbench.engine.comparison import Block, Cell, Comparison, Line
from workbench.engine.pairing import Difference, same_protocol
from workbench.engine.reference import published
from workbench.engine.run import Run, find
from workbench.engine.run_state import state as state_of
from workbench.engine.seed_rows import over_seeds
from workbench.errors import InputError, nearest
from workbench.paths import Workspace

Group = list[tuple[ComparedRun, str]]
Differences = dict[str, Difference]


def compare(
    workspace: Workspace,
    runs: Sequence[Run],
    baseline: str = "",
    with_reference: bool = False,
    correction: str = "holm",
) -> Comparison:
    """The runs with a result, and the base models that they were measured against, beside each other.

    Args:
        workspace: Where the runs are.
        runs: What is compared.
        baseline: Run that differences are taken to; by default, for each data set, the base model that was asked it.
        with_reference: Add the study's published figures.
        correction: How p-values are adjusted for the number of rows, a key of marks.CORRECTIONS.

    Raises:
        InputError: There is no run of the baseline's name, or no such correction.
    """
    if correction not in marks.CORRECTIONS:
        raise InputError(f'There is no correction "{correction}". {nearest(correction, marks.CORRECTIONS)}')
    notes: list[str] = []
    pinned = find(workspace, baseline) if baseline else None
    shown = _readable([*runs, *([pinned] if pinned else [])], notes)
    base_ids = {run.base_run_id: None for run in shown if run.base_run_id}
    shown += _readable([Run(workspace, run_id) for run_id in base_ids], notes, known={run.id for run in shown})
    notes += [f"{run.id} was trained and has no scores" for run in shown if run.trained and not run.entries]
    shown = [run for run in shown if run.entries]
    blocks = []
    for group in _groups(shown):
        chosen = pinned.id if pinned else _own_base(group, base_ids, notes)
        blocks.append(_block(group, chosen, correction, notes))
    own = {block.baseline for block in blocks}
    common = pinned.id if pinned else own.pop() if len(own) == 1 else ""
    notes += [*footer.noise(shown), *latencies_to_say(shown, common)]
    n, rows = published() if with_reference else (0, [])
    return Comparison(common, tuple(blocks), tuple(dict.fromkeys(notes)), n, tuple(rows))


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
        except DAMAGED as error:
            notes.append(f"{run.id}: result.json or samples.jsonl is damaged ({error!r})")
    return list(found.values())


def _own_base(group: Group, base_ids: Collection[str], notes: list[str]) -> str:
    """The base model among the runs that were asked the same; empty where there is none or more than one."""
    there = [run.id for run, _ in group if run.id in base_ids]
    if len(there) == 1:
        return there[0]
    dataset, own = group[0][1], {run.base_run_id for run, _ in group if run.base_run_id in base_ids}
    if len(there) > 1:
        notes.append(f"{dataset}: several base models were asked this; pin one as the baseline")
    elif own:
        notes.append(_not_asked(dataset, ", ".join(sorted(own)), [run.id for run, _ in group]))
    elif len(group) > 1:
        notes.append(f"{dataset}: no base model was asked this; pin a run as the baseline")
    return ""


def _not_asked(dataset: str, baseline: str, runs: Iterable[str]) -> str:
    return f"{dataset}: {baseline} was not asked this, or was asked differently than {', '.join(runs)}: not paired"


def _groups(shown: Sequence[ComparedRun]) -> list[Group]:
    """Runs by what they were asked: a row never stands beside one that was asked otherwise."""
    groups: list[Group] = []
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


def _block(group: Group, baseline: str, correction: str, notes: list[str]) -> Block:
    dataset = group[0][1]
    runs = {run.id: run for run, _ in group}
    entry = group[0][0].entries[dataset]
    metrics = tuple({metric: None for run in runs.values() for metric in run.entries[dataset]["metrics"]})
    notes += differences_to_say(list(runs.values()), dataset)
    if baseline and baseline not in runs:
        notes.append(_not_asked(dataset, baseline, runs))
    lines = {run_id: _line(run, dataset) for run_id, run in runs.items()}
    losses = tuple(metric for metric in metrics if metric in entry.get("lower_is_better", ()))
    found: dict[str, Differences] = {}
    winners = {}
    for metric in metrics:
        found[metric] = _differences(runs, dataset, metric, baseline, notes) if baseline in runs else {}
        sign = -1 if metric in losses else 1
        lines = marks.marked(lines, metric, found[metric], baseline, correction, sign)
        lines, winners[metric] = marks.with_best(lines, runs, dataset, metric, sign)
    ranked = metrics[0]
    floor = max((values[ranked] for values in entry["floors"].values() if ranked in values), default=None)
    lines = {key: marks.flagged(line, lines.get(baseline), ranked, floor) for key, line in lines.items()}
    weakest = max(found[ranked].values(), key=lambda one: one.detectable, default=None)
    block = Block(
        dataset,
        entry["task"],
        entry["protocol"],
        entry["answer_format"],
        metrics,
        _ordered(lines, baseline, ranked, entry, losses),
        weakest.detectable if weakest else None,
        needed=tuple((effect, weakest.needed(effect)) for effect in footer.EFFECTS) if weakest and weakest.n else (),
        winner=winners[ranked],
        seeds=tuple(over_seeds(list(runs.values()), runs.get(baseline), dataset, losses)),
        lower_is_better=losses,
        baseline=baseline if baseline in runs else "",
    )
    return footer.with_footer(block, correction)


def _ordered(
    lines: Mapping[str, Line], baseline: str, ranked: str, entry: Mapping[str, Any], losses: Collection[str]
) -> tuple[Line, ...]:
    """The baseline, then by the ranked score, rows that collapsed or have no score behind, then the floors."""
    sign = 1 if ranked in losses else -1

    def place(line: Line) -> tuple[bool, bool, float]:
        cell = line.cells.get(ranked)
        return line.id != baseline, cell is None or marks.collapsed(line), sign * cell.value if cell else 0.0

    floors = [_floor(name, values, entry["n"]) for name, values in entry["floors"].items()]
    return (*sorted(lines.values(), key=place), *floors)


def _line(run: ComparedRun, dataset: str) -> Line:
    entry = run.entries[dataset]
    cells = {
        name: Cell(one["value"], one["low"], one["high"], _n(run, dataset, name))
        for name, one in entry["metrics"].items()
    }
    return Line(
        id=run.id,
        kind=run.kind,
        name=run.name,
        model=run.model,
        method=run.method,
        quant=run.quant,
        seed=run.seed,
        cells=cells,
        health=entry["health"],
        latency_s=entry["speed"]["latency_s"],
        train_memory_bytes=run.train_memory_bytes,
        eval_memory_bytes=_memory(entry["memory"]),
        memory_kind="allocated" if entry["memory"]["peak_allocated_bytes"] else "RSS",
        legacy=entry.get("legacy", {}),
        predicted_memory_bytes=run.predicted_memory_bytes,
        memory_deviation=run.memory_deviation,
        flags=marks.flags(run, dataset),
        origin=run.origin,
        ttft_s=run.median_s("ttft_s"),
        tpot_s=run.median_s("tpot_s"),
    )


def _n(run: ComparedRun, dataset: str, metric: str) -> int:
    """How many answers a metric stands on: those with a gold, those without, or all."""
    told = run.entries[dataset]["metrics"][metric].get("n")
    if told is not None or run.origin:
        return int(told or 0)
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
) -> Differences:
    found = {}
    for run_id, run in runs.items():
        if run_id == baseline:
            continue
        one = marks.between(runs[baseline], run, dataset, metric)
        if one is not None:
            found[run_id] = one
        elif all(metric in each.entries[dataset]["metrics"] for each in (run, runs[baseline])):
            notes.append(_why_not(run, runs[baseline], dataset))
    return found


def _why_not(run: ComparedRun, baseline: ComparedRun, dataset: str) -> str:
    if run.samples[dataset] and baseline.samples[dataset]:
        return f"{run.id} and {baseline.id} share less than 95 % of the questions of {dataset}: not paired"
    return f"{dataset}: {run.id} or {baseline.id} does not say on how many answers it stands: no difference is taken"
