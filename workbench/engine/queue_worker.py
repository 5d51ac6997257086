"""The process that works on the queue: one evaluation after the other, each by a worker of its own.

``python -m workbench.engine.queue_worker WORKSPACE``, started by ``queue.ensure_worker``. When it is killed or the
machine goes down, nothing of the queue is lost: an evaluation at hand goes on by itself, and the next process of the
queue follows it to its end or begins it again.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from workbench.engine import evaluations, launch, queue
from workbench.engine.events import EventLog
from workbench.engine.follow import ENDED, follow
from workbench.engine.locks import alive, take_lock
from workbench.engine.queue import Files, Task
from workbench.engine.run import Run
from workbench.engine.run_state import RunState
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace


class QueueWorker:
    """One process at the queue.

    Args:
        workspace: Whose queue.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._files = Files(workspace)
        self._log = EventLog(self._files.log)

    def work(self) -> None:
        """Do everything that is in the queue.

        What is added after the last look is seen here or by whoever adds it: the lock is let go of before the look
        that ends this, and they look at the lock after they have added.
        """
        while queue.read(self._workspace).open:
            lock = take_lock(self._files.lock)
            if lock is None:
                return  # another process is at it, and sees what this one was to do
            self._log.append("works", pid=os.getpid())
            try:
                while tasks := queue.read(self._workspace).open:
                    self._next(tasks[0])
                self._files.stop.unlink(missing_ok=True)
            finally:
                os.close(lock)

    def _stopping(self) -> bool:
        return self._files.stop.exists()

    def _next(self, task: Task) -> None:
        """Carry one task out; whatever happens to it, the others get their turn."""
        run = Run(self._workspace, task.run_id) if task.run_id else None
        if self._stopping() and not (run and alive(run)):
            self._over(task, "stopped" if run else "cancelled", "the queue was stopped")
            return
        try:
            ended = self._follow(self._begun(task) if run is None else self._begun_before(task, run))
        except WorkbenchError as error:
            self._over(task, "failed", str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other tasks must get their turn
            traceback.print_exception(error)
            self._over(task, "failed", f"{type(error).__name__}: {error} (see {self._files.worker_log})")
        else:
            self._over(task, ended.status, ended.reason)

    def _begun(self, task: Task) -> Run:
        profile = Path(task.profile) if task.profile else None
        run, verb = evaluations.prepared(self._workspace, task.name, profile, task.overrides)
        self._log.append("begun", task=task.id, run_id=run.id, verb=verb)
        launch.start(run, verb)
        return run

    def _begun_before(self, task: Task, run: Run) -> Run:
        """The run of a task that an earlier process had begun: its worker goes on, or is started again."""
        if not alive(run):
            launch.start(run, task.verb)
        return run

    def _follow(self, run: Run) -> RunState:
        asked, now = False, RunState()
        for _, now in follow(run):
            if self._stopping() and not asked and now.status not in ENDED:
                asked = True
                _stop(run)
        return now

    def _over(self, task: Task, status: str, reason: str) -> None:
        self._log.append("over", task=task.id, status=status, reason=reason)


def _stop(run: Run) -> None:
    try:
        launch.stop(run)
    except InputError:
        return  # it has just ended by itself


def main(arguments: list[str]) -> int:
    """Work until the queue is empty."""
    QueueWorker(Workspace(Path(arguments[0]))).work()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
