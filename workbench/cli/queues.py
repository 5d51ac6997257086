"""queue: the evaluations that wait for their turn."""

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import Json, workspace_of
from workbench.cli.output import NOT_AVAILABLE, emit, emit_json, emit_table, say
from workbench.engine.texts import GLYPHS
from workbench.errors import InputError, RunStopped
from workbench.paths import Workspace

if TYPE_CHECKING:
    from workbench.engine.queue import Task

POLL_S = 0.5


def queue(
    context: typer.Context,
    stop: Annotated[
        bool, typer.Option("--stop", help="Stop the one that runs, keep its answers, and cancel the others.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a queue whose process is gone.")] = False,
    as_json: Json = False,
) -> None:
    """Show the evaluations of the present batch: their order, how far they are, and which failed."""
    from workbench.engine import queue as queues

    workspace = workspace_of(context)
    if stop and resume:
        raise InputError("Give one of --stop and --resume.")
    if stop:
        queues.stop(workspace)
    if resume:
        queues.resume(workspace)
    tasks = list(queues.read(workspace).tasks.values())
    alive = queues.works(workspace)
    if as_json:
        emit_json({"alive": alive, "tasks": [_record(workspace, task) for task in tasks]})
        return
    if not tasks:
        say("Nothing has been queued; `workbench eval A B --detach` queues two.")
        return
    header = ["", "status", "evaluates", "run", "progress", "score", "reason"]
    emit_table(header, [_row(workspace, task) for task in tasks], right=("progress", "score"))
    if any(task.status in queues.OPEN for task in tasks) and not alive:
        say("the queue's process is gone; `workbench queue --resume` goes on")
    elif stop:
        say("the queue stops once the evaluation at hand has stopped")


def _record(workspace: Workspace, task: "Task") -> dict[str, Any]:
    return {**asdict(task), "progress": _progress(workspace, task)}


def _progress(workspace: Workspace, task: "Task") -> dict[str, Any] | None:
    """The last sample event of the task's run: dataset, done, total, metric, score."""
    from workbench.engine.run import Run
    from workbench.engine.run_state import state

    return state(Run(workspace, task.run_id)).fields.get("sample") if task.run_id else None


def _row(workspace: Workspace, task: "Task") -> list[str]:
    seen = _progress(workspace, task)
    far = f"{seen['dataset']} {seen['done']}/{seen['total']}" if seen else NOT_AVAILABLE
    score = f"{seen['metric']} {seen['score']:.3f}" if seen else NOT_AVAILABLE
    glyph = GLYPHS.get(task.status, "-")
    return [glyph, task.status, task.name, task.run_id, far, score, task.reason]


def attend_queue(workspace: Workspace, task_ids: list[str], detach: bool, as_json: bool) -> None:
    """Say how each of some tasks begins and ends, until all are over, or leave them alone.

    Raises:
        typer.Exit: With the worst of their exit codes.
    """
    from workbench.cli.ending import EXIT_CODES

    if detach:
        if as_json:
            emit_json({"tasks": task_ids})
        else:
            emit("\n".join(task_ids))
            say("queued; `workbench queue` shows them, `workbench queue --stop` stops them")
        return
    try:
        ended = _follow(workspace, task_ids)
    except KeyboardInterrupt:
        say("no longer watching; the queue goes on, `workbench queue --stop` stops it")
        return
    if as_json:
        emit_json({"tasks": [_record(workspace, task) for task in ended]})
    raise typer.Exit(max(EXIT_CODES.get(task.status, RunStopped.exit_code) for task in ended))


def _follow(workspace: Workspace, task_ids: list[str]) -> "list[Task]":
    from workbench.engine import queue as queues

    told: dict[str, str] = {}
    last: dict[str, Task] = {}
    while True:
        present = queues.read(workspace).tasks
        # a batch that was over is gone once somebody has added to the queue again
        last |= {task_id: present[task_id] for task_id in task_ids if task_id in present}
        tasks = list(last.values())
        for task in tasks:
            if told.get(task.id, "waiting") != task.status:
                told[task.id] = task.status
                say(" ".join(part for part in (task.name, task.status, task.reason and f"({task.reason})") if part))
        if not any(task_id in present and present[task_id].status in queues.OPEN for task_id in task_ids):
            return tasks
        if not queues.works(workspace):
            queues.ensure_worker(workspace)
        time.sleep(POLL_S)
