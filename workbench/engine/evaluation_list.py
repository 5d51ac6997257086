"""All evaluations as rows of a list, one for each run and data set: finished, at work, waiting in the queue."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.engine import queue
from workbench.engine.answers import Score, answers_of, base_of
from workbench.engine.board import RunRow
from workbench.engine.events import EventReader
from workbench.engine.queue import Queue, Task
from workbench.engine.run import Run
from workbench.engine.tally import Tally
from workbench.paths import Workspace
from workbench.profile import read_value

AT_WORK = "evaluate"
"""How the stages begin in which answers are given."""
BASE_STAGE = "evaluate base"
UNFINISHED = ("running", "failed", "stopped", "lost")
ODD = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What reading a damaged file raises."""


@dataclass(frozen=True)
class Evaluation:
    """One data set asked of one model.

    Args:
        key: Tells it apart from all others; ``<run id>:<data set>`` for one that has begun.
        name: Of the run or model.
        status: waiting, running, finished, failed, stopped, lost, cancelled.
        run_id: The run that it is shown under; empty while it waits.
        dataset: Name of the entry, a data set as a rule; empty where only the profile says what will be asked.
        model: Name of the base model; empty while it waits.
        what: "base" for an untrained model, "imported" for another tool's result, else method and quantization.
        done, total: Answers so far and in the end; None when unknown.
        score: So far, or in the end.
        place: In the queue, from 1; 0 for none.
        task_id: Of the queue; empty for none.
        reason: Why it did not finish.
        started_s: When its run started.
        protocol_key: Of its samples; empty while it is not finished.
        of_base: Whether it is the untrained model that the run is compared with, asked before its training.
    """

    key: str
    name: str
    status: str
    run_id: str = ""
    dataset: str = ""
    model: str = ""
    what: str = ""
    done: int | None = None
    total: int | None = None
    score: Score | None = None
    place: int = 0
    task_id: str = ""
    reason: str = ""
    started_s: float | None = None
    of_base: bool = False
    protocol_key: str = ""


@dataclass
class _Live:
    """What was read of a run whose evaluation is not finished."""

    events: EventReader
    stage: str = ""
    seen: dict[tuple[bool, str], dict[str, Any]] = field(default_factory=dict)
    own: Tally = field(default_factory=Tally)
    base: Tally = field(default_factory=Tally)


class EvaluationList:
    """The evaluations of a workspace. One thread at a time may refresh it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._finished: dict[str, tuple[float | None, list[Evaluation]]] = {}
        self._live: dict[str, _Live] = {}
        self._queue = Queue()
        self._queue_reader = EventReader(queue.Files(workspace).log)

    def refresh(self, runs: Sequence[RunRow]) -> list[Evaluation]:
        """What is at work first, then what waits in its order, then the rest, the newest first.

        Args:
            runs: All runs, from ``Board.refresh``.
        """
        for event in self._queue_reader.read():
            self._queue = queue.fold(self._queue, event)
        rows = [row for run in runs if not run.archived for row in self._of_run(run)]
        for gone in self._live.keys() - {run.id for run in runs if run.status in UNFINISHED}:
            del self._live[gone]
        at_work = [row for row in rows if row.status == "running"]
        tasks = list(self._queue.tasks.values())
        waiting = [_waiting(task, place) for place, task in enumerate(_waiters(tasks), start=1)]
        unstarted = [_unstarted(task) for task in tasks if not task.run_id and task.status not in queue.OPEN]
        shown = {row.run_id for row in at_work}
        begun = [_unstarted(task) for task in tasks if task.status == "running" and task.run_id not in shown]
        return [*at_work, *begun, *waiting, *unstarted, *(row for row in rows if row.status != "running")]

    def queue_is_dead(self) -> bool:
        """Whether tasks of the queue are not over and nobody works on them any more."""
        return bool(self._queue.open) and not queue.works(self._workspace)

    def _of_run(self, run: RunRow) -> list[Evaluation]:
        if run.status == "finished":
            known = self._finished.get(run.id)
            if known is None or known[0] != run.last_s:
                known = self._finished[run.id] = (run.last_s, _results(self._workspace, run))
            return known[1]
        if run.status in UNFINISHED and run.stage.startswith(AT_WORK):
            return self._unfinished(run)
        return []

    def _unfinished(self, run: RunRow) -> list[Evaluation]:
        live = self._live.setdefault(run.id, _Live(EventReader(self._run(run).events_file)))
        for event in live.events.read():
            if event.kind == "started":
                live.seen.clear()
            elif event.kind == "stage":
                live.stage = str(event.fields.get("stage"))
            elif event.kind in ("asking", "sample"):
                live.seen[live.stage == BASE_STAGE, str(event.fields.get("dataset"))] = event.fields
        self._read_answers(run, live)
        return list(self._rows(run, live))

    def _read_answers(self, run: RunRow, live: _Live) -> None:
        """Keep the scores of what is being asked, of the untrained model too before the training."""
        own = self._run(run)
        live.own.read(answers_of(own).samples_file)
        if run.kind == "train" and live.stage == BASE_STAGE:
            base, _ = base_of(own)
            if base:
                live.base.read(base.samples_file)

    def _rows(self, run: RunRow, live: _Live) -> Iterator[Evaluation]:
        whole = Evaluation("", run.name, "finished", run.id, model=run.model, started_s=run.started_s)
        tuned = run.kind == "train"
        for (of_base, name), seen in live.seen.items():
            done, total = _count(seen.get("done")), _count(seen.get("total"))
            over = done is not None and done == total
            yield replace(
                whole,
                key=f"{run.id}:{name}{':base' if of_base and tuned else ''}",
                status="finished" if over else run.status,
                dataset=name,
                what="base" if of_base or not tuned else _what(run),
                done=done,
                total=total,
                score=(live.base if of_base and tuned else live.own).score(name) or _progress_score(seen),
                reason="" if over else run.reason,
                of_base=of_base and tuned,
            )
        if run.status != "running":
            return
        asked = {name.partition("/")[0] for of_base, name in live.seen if of_base == (live.stage == BASE_STAGE)}
        for name in _to_ask(self._run(run)):
            if name not in asked:
                what = "base" if live.stage == BASE_STAGE or not tuned else _what(run)
                yield replace(whole, key=f"{run.id}:{name}:next", status="waiting", dataset=name, what=what)

    def _run(self, run: RunRow) -> Run:
        return Run(self._workspace, run.id)


def _results(workspace: Workspace, run: RunRow) -> list[Evaluation]:
    try:
        entries = json.loads(workspace.run(run.id).joinpath("result.json").read_bytes())["evaluation"]
        return [_result(run, str(name), entry) for name, entry in entries.items()]
    except FileNotFoundError:
        return []
    except ODD as error:
        reason = f"result.json is damaged ({error!r})"
        return [Evaluation(f"{run.id}:", run.name, "damaged", run.id, model=run.model, reason=reason)]


def _result(run: RunRow, dataset: str, entry: dict[str, Any]) -> Evaluation:
    score = None
    for metric, found in entry["metrics"].items():
        value, low, high = (None if found[key] is None else float(found[key]) for key in ("value", "low", "high"))
        score = None if value is None else Score(metric, value, low, high, int(found["n"]))
        break
    return Evaluation(
        f"{run.id}:{dataset}",
        run.name,
        "finished",
        run.id,
        dataset,
        run.model,
        _what(run),
        int(entry["n"]),
        int(entry["n"]),
        score,
        started_s=run.started_s,
        protocol_key=str(entry.get("protocol_key", "")),
    )


def _what(run: RunRow) -> str:
    if run.kind == "imported":
        return "imported"
    if run.kind != "train":
        return "base" if run.quant in ("", "none") else f"base {run.quant_label}"
    return run.method_label if run.quant in ("", "none") else f"{run.method_label} {run.quant_label}"


def _progress_score(seen: dict[str, Any]) -> Score | None:
    """The score that the worker told, without an interval where only the answers could give one."""
    from workbench.engine.statistics import wilson

    value, done = seen.get("score"), _count(seen.get("done"))
    if not isinstance(value, int | float) or not done or seen.get("metric") != "accuracy":
        return None
    return Score("accuracy", float(value), *wilson(value * done, done), done)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _to_ask(run: Run) -> list[str]:
    """The data sets that a run's profile names."""
    try:
        frozen = tomllib.loads(run.profile_file.read_text(encoding="utf-8"))
        named = [frozen["data"].get("dataset"), *frozen.get("eval", {}).get("datasets", [])]
        return [str(name) for name in dict.fromkeys(named) if name]
    except ODD:
        return []


def _waiters(tasks: Sequence[Task]) -> list[Task]:
    return [task for task in tasks if task.status == "waiting"]


def _waiting(task: Task, place: int) -> Evaluation:
    return replace(_unstarted(task), place=place)


def _unstarted(task: Task) -> Evaluation:
    asked = ", ".join(_asked(task.overrides))
    return Evaluation(task.id, task.name, task.status, task.run_id, asked, task_id=task.id, reason=task.reason)


def _asked(overrides: Sequence[str]) -> Iterator[str]:
    """The data sets that a task's overrides name."""
    for override in overrides:
        path, _, value = override.partition("=")
        if path in ("data.dataset", "eval.datasets"):
            named = read_value(value)
            yield from [named] if isinstance(named, str) else named
