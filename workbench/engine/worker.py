"""The worker: a process of its own that carries one run out, from its profile to its result.

``python -m workbench.engine.worker WORKSPACE RUN-ID VERB``, started by ``launch``. It holds the run's lock for as
long as it lives, and says that it started before it imports anything heavy.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from workbench.engine.events import SCHEMA, EventLog, EventReader
from workbench.engine.locks import take_lock
from workbench.engine.out_of_memory import fixes
from workbench.engine.run import Run
from workbench.errors import InputError, RunFailed, RunStopped, WorkbenchError
from workbench.paths import Workspace


class StopRequest:
    """Whether somebody asked this worker to stop: by a signal or by the file ``stop`` in the run's folder."""

    def __init__(self, run: Run, log: EventLog) -> None:
        self._run = run
        self._log = log
        self._signalled = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._on_signal())

    def __call__(self) -> bool:
        """True once it was asked."""
        return self._signalled or self._run.stop_file.exists()

    def _on_signal(self) -> None:
        """The first asks; with a request already there, the second ends everything at once."""
        if not self():
            self._signalled = True
            return
        self._log.append("ended", status="stopped", reason="stopped at once, on request")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.killpg(os.getpgrp(), signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """Carry out a run; 0 when it finished, else the exit code of what ended it."""
    root, run_id, verb = arguments
    run = Run(Workspace(Path(root)), run_id)
    if take_lock(run.lock_file) is None:
        print(f"{run_id} has a worker already", file=sys.stderr)
        return InputError.exit_code
    log = EventLog(run.events_file)
    log.append("started", schema=SCHEMA, pid=os.getpid(), verb=verb)
    ended = _outcome(run, verb, log)
    for request in (run.stop_file, run.checkpoint_file):
        request.unlink(missing_ok=True)
    log.append("ended", **ended)
    return int(ended["exit_code"])


def _outcome(run: Run, verb: str, log: EventLog) -> dict[str, Any]:
    """The fields of the ``ended`` event."""
    try:
        from workbench.engine import line

        line.carry_out(run, verb, log, StopRequest(run, log))
    except Exception as error:  # noqa: BLE001 - whatever it is, the run must say how it ended
        return _ending(run, error)
    return {"status": "finished", "exit_code": 0}


def _ending(run: Run, error: Exception) -> dict[str, Any]:
    if isinstance(error, RunStopped):
        return {"status": "stopped", "reason": str(error), "exit_code": error.exit_code}
    if isinstance(error, WorkbenchError):
        return _failed(str(error), error.exit_code)
    traceback.print_exception(error)
    if _is_full_gpu(error):
        return _failed(f"The GPU has no memory left: {_first_line(error)}", RunFailed.exit_code, _fixes(run))
    if isinstance(error, MemoryError):
        return _failed("The machine has no memory left.", RunFailed.exit_code, _fixes(run))
    if _is_full_disk(error):
        fix = f"Make room, then `workbench resume {run.id}`: it goes on from the last whole checkpoint."
        return _failed(f"The disk that holds {run.workspace.root} is full.", InputError.exit_code, fix)
    return _failed(f"{type(error).__name__}: {_first_line(error)}", RunFailed.exit_code, "See worker.log.")


def _fixes(run: Run) -> str:
    stages = [event.fields.get("stage") for event in EventReader(run.events_file).read() if event.kind == "stage"]
    return fixes(run, training="train" in stages[-1:])


def _failed(reason: str, exit_code: int, fix: str = "") -> dict[str, Any]:
    return {"status": "failed", "reason": reason, "fix": fix, "exit_code": exit_code}


def _is_full_gpu(error: BaseException) -> bool:
    """torch's OutOfMemoryError by name, because torch may not be imported here."""
    return type(error).__name__ == "OutOfMemoryError" or "CUDA out of memory" in str(error)


def _is_full_disk(error: BaseException) -> bool:
    """Also as safetensors and torch wrap the system's error."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    said = ("No space left on device", "File too large", "unexpected pos", "file write failed")
    return full or any(words in str(error) for words in said)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # at once: taking a loaded model apart takes seconds in which the run looks alive
